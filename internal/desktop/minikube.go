package desktop

import (
	"cmp"
	"path"
	"slices"

	"pullpath/internal/hostproxy"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// minikubes are the clusters of minikube: those that it keeps a profile of, and those of which only
// the container was seen.
func minikubes(h settings.Host, all []hostproxy.Container) []settings.Client {
	var out []settings.Client
	seen := map[string]bool{}
	for _, name := range h.Root.Glob(path.Join(h.Home, ".minikube/profiles/*/config.json")) {
		data, ok := read(h, name)
		if !ok || len(out) >= maxNodes {
			continue
		}
		if m, err := hostproxy.ParseMinikube(name, data); err == nil && m.Name != "" {
			seen[m.Name] = true
			out = append(out, minikube(h, m, containerEnv(h, all, m)))
		}
	}
	for _, c := range all {
		kind, of := c.Engine()
		if kind != hostproxy.MinikubeNode || seen[of] || len(out) >= maxNodes {
			continue
		}
		seen[of] = true
		n := nodeOf(h, kind, of)
		row := goInside(n.client(nil), nil)
		row.Unknown = "its profile (~/.minikube/profiles/" + of + "/config.json) names the variables of --docker-env, and was not read"
		row.Find = "run: " + n.inside
		out = append(out, row)
	}
	return out
}

// containerEnv is what the container of a node has of proxies: its entry point hands them to every
// service in it (kubernetes/minikube, deploy/kicbase/entrypoint, configure_proxy). The docker command
// gives it those of its config.json.
func containerEnv(h settings.Host, all []hostproxy.Container, m hostproxy.Minikube) route.Environment {
	if m.Driver != "docker" && m.Driver != "podman" {
		return nil
	}
	i := slices.IndexFunc(all, func(c hostproxy.Container) bool {
		kind, of := c.Engine()
		return kind == hostproxy.MinikubeNode && of == m.Name
	})
	if i >= 0 {
		return proxyEnv(all[i].Env)
	}
	return runProxies(h)
}

// minikube is one cluster. minikube gives the proxies of the shell that starts it, but those on
// loopback, and the variables of --docker-env to dockerd alone (kubernetes/minikube,
// pkg/minikube/proxy/proxy.go, SetDockerEnv, and pkg/provision/buildroot.go): containerd and CRI-O
// get none from it.
func minikube(h settings.Host, m hostproxy.Minikube, below route.Environment) settings.Client {
	n := nodeOf(h, hostproxy.MinikubeNode, m.Name)
	runtime := map[string]string{"": "dockerd", "docker": "dockerd", "crio": "CRI-O", "cri-o": "CRI-O"}[m.Runtime]
	if runtime == "" {
		runtime = "containerd"
	}
	n.inside = "minikube ssh -p " + m.Name + " -- systemctl show " + cmp.Or(m.Runtime, "docker") + " --property=Environment"
	n.tool, n.onHost = runtime+" in "+label("minikube", m.Name, "minikube"), m.Driver == "none"
	env := below
	if runtime == "dockerd" {
		env = merged(below, proxyEnv(m.Env))
	} else {
		n.change = "minikube hands proxies to dockerd alone: minikube delete, then minikube start --container-runtime=docker --docker-env " +
			"HTTPS_PROXY=http://ADDRESS:PORT; with the driver docker also the key proxies of ~/.docker/config.json counts"
	}
	c := goInside(n.client(env), env)
	n.lose(&c, env)
	switch {
	case c.Machine.Told != "":
	case runtime != "dockerd":
		c.Why = "minikube hands proxies to dockerd alone, and the runtime of this cluster is " + runtime
	case onHostsLoopback(proxyEnv(h.Env)):
		c.Why = "minikube hands over no proxy on 127.0.0.1 of the host, as the shell has it, and --docker-env named none"
	}
	return c
}

func onHostsLoopback(env route.Environment) bool {
	_, is := loopbackLost(env)
	return is
}
