package desktop

import (
	"path"
	"regexp"
	"strings"

	"pullpath/internal/hostproxy"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// localCluster is the name of a context or a cluster that kind or k3d writes into a kubeconfig.
var localCluster = regexp.MustCompile(`(?m)^\s*(?:- )?name:\s*"?((?:kind|k3d)-[A-Za-z0-9._-]{1,60})"?\s*$`)

// nodes returns the engines in containers that stand for nodes or build: they pull from inside a
// container, where 127.0.0.1 is the container's own.
func nodes(h settings.Host) []settings.Client {
	var out []settings.Client
	if data, ok := read(h, path.Join(h.Home, ".kube/config")); ok {
		seen := map[string]bool{}
		for _, m := range localCluster.FindAllStringSubmatch(string(data), -1) {
			if !seen[m[1]] && len(seen) < maxNodes {
				seen[m[1]] = true
				out = append(out, node(h, m[1]))
			}
		}
	}
	return append(out, builders(h)...)
}

// maxNodes bounds the clusters and builders that are shown; people have a handful.
const maxNodes = 20

// node is a cluster of kind or k3d. kind gives its nodes the proxy variables of the shell that
// creates them (https://kind.sigs.k8s.io/docs/user/quick-start/#configure-kind-to-use-a-proxy); k3d
// gives those that --env names, which is in no file.
func node(h settings.Host, cluster string) settings.Client {
	kind, name, _ := strings.Cut(cluster, "-")
	container := map[string]string{"kind": name + "-control-plane", "k3d": "k3d-" + name + "-server-0"}[kind]
	m := settings.Machine{Name: "the node of " + cluster, Inside: "docker exec " + container + " env",
		Source: kind + ", from the variables of the shell that created it"}
	c := settings.Client{Tool: "containerd in " + cluster, Installed: true, Machine: &m}
	if kind == "k3d" {
		why := "k3d gives its nodes the variables that --env named when the cluster was created, and they are in no file"
		c = goInside(c, nil)
		c.Unknown, c.Find = why, "run: "+m.Inside
		return c
	}
	env := proxyEnv(h.Env)
	m.Told = told(env, "")
	c = goInside(c, env)
	shellUnknown(h, &c)
	lose(&c, env, "the node of "+cluster)
	return c
}

// lose marks an engine in a container that is told the host's loopback.
func lose(c *settings.Client, env route.Environment, where string) {
	if lost, is := loopbackLost(env); is {
		r := ownLoopback(lost, where)
		c.Remarks, c.Lost = append(c.Remarks, r), r.Text
	}
}

// builders are the containers of docker buildx that build: each has the variables of its own
// driver options (https://docs.docker.com/build/builders/drivers/docker-container/).
func builders(h settings.Host) []settings.Client {
	var out []settings.Client
	for _, name := range h.Root.Glob(path.Join(h.Home, ".docker/buildx/instances/*")) {
		data, ok := read(h, name)
		if !ok || len(out) >= maxNodes {
			continue
		}
		env, inContainer, err := hostproxy.ParseBuilder(name, data)
		if err != nil || !inContainer {
			continue
		}
		title := path.Base(name)
		m := settings.Machine{Name: "the builder " + title, Source: "docker buildx create", Told: told(env, ""),
			Inside: "docker exec buildx_buildkit_" + title + "0 env"}
		c := goInside(settings.Client{Tool: "buildkitd in " + title, Installed: true, Machine: &m, Scope: "builds"}, env)
		lose(&c, env, "the builder "+title)
		out = append(out, c)
	}
	return out
}
