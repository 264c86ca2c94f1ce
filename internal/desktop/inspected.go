package desktop

import (
	"slices"
	"strings"

	"pullpath/internal/hostproxy"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// stored is where dockerd keeps a file of each container.
const stored = "/var/lib/docker/containers"

// containers are those of which the engine on the host keeps a file, or whose inspection lies in the
// folder; running ones first.
func containers(h settings.Host) []hostproxy.Container {
	names := files(h, "*inspect*.json") // a bundle has other and larger JSON, which is none of this
	if h.Root.Exists(stored) {
		names = append(names, h.Root.Glob(stored+"/*/config.v2.json")...)
	}
	var out []hostproxy.Container
	for _, name := range names {
		if data, ok := read(h, name); ok {
			if found, err := hostproxy.ParseContainers(name, data); err == nil {
				out = append(out, found...)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b hostproxy.Container) int {
		switch {
		case a.Running == b.Running:
			return strings.Compare(a.Name, b.Name)
		case a.Running:
			return -1
		}
		return 1
	})
	return out
}

// inspected returns the engines in containers that the engine on the host knows, one for each cluster
// and builder, and under which names they were seen. minikube keeps more of its nodes in its profiles.
func inspected(h settings.Host, all []hostproxy.Container) ([]settings.Client, map[string]bool) {
	seen := map[string]bool{}
	var out []settings.Client
	for _, c := range all {
		kind, of := c.Engine()
		key := string(kind) + "-" + of
		if kind == "" || kind == hostproxy.MinikubeNode || seen[key] || len(out) >= maxNodes {
			continue
		}
		seen[key] = true
		n := nodeOf(h, kind, of)
		out = append(out, n.known(h, c, kind))
	}
	return out, seen
}

// known is the row of an engine whose container is known.
func (n node) known(h settings.Host, c hostproxy.Container, kind hostproxy.EngineKind) settings.Client {
	n.onHost, n.inside, n.source = c.OnHost, "docker exec "+c.Name+" env", "the variables of its container"
	if c.Gateway != "" && h.Root.System() == settings.Linux {
		n.reaches = c.Gateway + ", this host on its network"
	}
	env := proxyEnv(c.Env)
	if kind == hostproxy.K3dNode {
		env = proxyEnv(settings.ForContainerd(c.Env))
	}
	out := goInside(n.client(env), env)
	if out.Running = c.Running; kind == hostproxy.Builder {
		out.Scope = "builds"
	}
	n.lose(&out, env)
	return out
}

// node is an engine in a container, and how its tool gives it a proxy.
type node struct {
	tool, machine, source, inside, container string
	// reaches is the host as it is reached from inside, change what gives the engine another proxy.
	reaches, change string
	// install is how a CA gets into it.
	install string
	// onHost tells that it shares the host's network.
	onHost bool
}

// another stands in what is to be typed for the proxy that the reader has to put in.
const another = "HTTPS_PROXY=http://ADDRESS:PORT"

// nodeOf is what is known of an engine by its kind and the cluster or builder that it belongs to.
func nodeOf(h settings.Host, kind hostproxy.EngineKind, of string) node {
	n := node{reaches: "the Gateway that docker network inspect shows for its network"}
	if h.Root.System() != settings.Linux {
		n.reaches = "host.docker.internal"
	}
	full := string(kind) + "-" + of
	switch kind {
	case hostproxy.KindNode:
		n.tool, n.machine, n.container, n.source = "containerd in "+full, "the node of "+full, of+"-control-plane", "kind"
		n.change = "kind delete cluster --name " + of + ", then kind create cluster --name " + of + " from a shell with " + another
		n.install = "docker cp FILE " + n.container + ":/usr/local/share/ca-certificates/corp.crt, then in it update-ca-certificates and " +
			"systemctl restart containerd; an image of the node with it lasts longer"
	case hostproxy.K3dNode:
		n.tool, n.machine, n.container, n.source = "containerd in "+full, "the node of "+full, "k3d-"+of+"-server-0", "k3d"
		n.change = "k3d cluster delete " + of + ", then k3d cluster create " + of + " --env \"" + another + "@all\""
		n.install = "k3d cluster create " + of + " --volume FILE:/etc/ssl/certs/corp.pem@all"
	case hostproxy.MinikubeNode:
		named := label("minikube", of, "minikube")
		n.tool, n.machine, n.source = "dockerd in "+named, "the node of "+named, "minikube start"
		n.inside, n.reaches = "minikube ssh -p "+of+" -- systemctl show docker --property=Environment", "host.minikube.internal"
		n.change = "minikube delete -p " + of + ", then minikube start -p " + of + " --docker-env " + another
		n.install = "put it into ~/.minikube/certs and run minikube start --embed-certs"
		return n
	case hostproxy.Builder:
		n.tool, n.machine, n.container, n.source = "buildkitd in "+of, "the builder "+of, "buildx_buildkit_"+of+"0", "docker buildx create"
		n.change = "docker buildx rm " + of + ", then docker buildx create --name " + of + " --driver-opt env." + another
		n.install = "docker buildx create --buildkitd-config FILE, which names it: [registry.\"HOST\"] and ca=[\"CA FILE\"]"
	default:
		n.tool, n.machine, n.container = "dockerd in "+of, "the container "+of+" (docker in docker)", of
		n.change = "start that container with -e " + another + " (in GitLab: as variables of the job or of its service in .gitlab-ci.yml)"
		n.install = "start that container with -v FILE:/etc/docker/certs.d/REGISTRY/ca.crt"
	}
	n.inside = "docker exec " + n.container + " env"
	return n
}

// client is the row of the engine with an environment.
func (n node) client(env route.Environment) settings.Client {
	m := settings.Machine{Name: n.machine, Source: n.source, Told: told(env, ""), Inside: n.inside, Reaches: n.reaches, Change: n.change,
		CAs: settings.CAs{Whose: settings.OwnRoots, Why: n.machine + " has the roots of its own image", Install: n.install}}
	return settings.Client{Tool: n.tool, Installed: true, Machine: &m}
}

// lose marks an engine that is told the host's loopback, unless it has the host's network.
func (n node) lose(c *settings.Client, env route.Environment) {
	if lost, is := loopbackLost(env); is && !n.onHost {
		r := ownLoopback(lost, n.machine)
		r.Write = n.reaches
		c.Remarks, c.Lost = append(c.Remarks, r), r.Text
	}
}
