package desktop

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"pullpath/internal/hostproxy"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// maxNodes bounds the clusters, builders and containers that are shown; people have a handful.
const maxNodes = 20

// nodes returns the engines in containers that stand for nodes, that build, or that are docker in
// docker: they pull from inside a container, where 127.0.0.1 is the container's own. What the engine
// on the host knows of a container decides; a cluster of which it was not read is shown by what its
// tool does.
func nodes(h settings.Host) []settings.Client {
	all := containers(h)
	out, seen := inspected(h, all)
	out = slices.Concat(out, clusters(h, seen), minikubes(h, all), builders(h, seen))
	return out[:min(len(out), maxNodes)]
}

// localCluster is the name of a context or a cluster that kind or k3d writes into a kubeconfig.
var localCluster = regexp.MustCompile(`(?m)^\s*(?:- )?name:\s*"?((?:kind|k3d)-[A-Za-z0-9._-]{1,60})"?\s*$`)

// clusters are those of kind and k3d that the user's kubeconfig has.
func clusters(h settings.Host, seen map[string]bool) []settings.Client {
	data, ok := read(h, path.Join(h.Home, ".kube/config"))
	if !ok {
		return nil
	}
	var out []settings.Client
	for _, m := range localCluster.FindAllStringSubmatch(string(data), -1) {
		if !seen[m[1]] && len(out) < maxNodes {
			seen[m[1]] = true
			out = append(out, cluster(h, m[1]))
		}
	}
	return out
}

// cluster is one of kind or k3d of whose containers nothing was read. kind gives its nodes the proxy
// variables of the shell that creates them (kubernetes-sigs/kind, pkg/cluster/internal/providers/common/
// proxy.go), and docker adds those of its config.json; k3d gives those that --env names.
func cluster(h settings.Host, named string) settings.Client {
	kind, name, _ := strings.Cut(named, "-")
	n := nodeOf(h, hostproxy.EngineKind(kind), name)
	if kind == "k3d" {
		why := "k3d gives its nodes the variables that --env named when the cluster was created, and its containers could not be looked at"
		c := goInside(n.client(nil), nil)
		c.Unknown, c.Find = why, "run: "+n.inside
		return c
	}
	n.source += ", from the variables of the shell that created it"
	env := merged(runProxies(h), proxyEnv(h.Env))
	c := goInside(n.client(env), env)
	shellUnknown(h, &c)
	n.lose(&c, env)
	return c
}

// runProxies are the variables that the docker command gives each container that it starts
// (https://docs.docker.com/engine/cli/proxy/).
func runProxies(h settings.Host) route.Environment {
	for _, p := range settings.ReadDockerConfig(h.Root, settings.DockerConfigPath(h.Home, h.Env)).Proxies {
		if p.Host == "default" {
			return p.Env
		}
	}
	return nil
}

// builders are the containers of docker buildx that build: each has the variables of its own
// driver options (https://docs.docker.com/build/builders/drivers/docker-container/).
func builders(h settings.Host, seen map[string]bool) []settings.Client {
	var out []settings.Client
	for _, name := range h.Root.Glob(path.Join(h.Home, ".docker/buildx/instances/*")) {
		data, ok := read(h, name)
		if !ok || len(out) >= maxNodes || seen["buildkit-"+path.Base(name)] {
			continue
		}
		b, err := hostproxy.ParseBuilder(name, data)
		if err != nil || !b.InContainer {
			continue
		}
		n := nodeOf(h, hostproxy.Builder, path.Base(name))
		n.onHost = b.OnHost
		c := goInside(n.client(b.Env), b.Env)
		c.Scope = "builds"
		n.lose(&c, b.Env)
		out = append(out, c)
	}
	return out
}
