package desktop

import (
	"path"
	"strings"

	"pullpath/internal/hostproxy"
	"pullpath/internal/redact"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// Programs returns the rows of `settings` about the engines that products bring.
func Programs() []settings.Program {
	var out []settings.Program
	for _, p := range products() {
		read := p.Engine
		p.Engine = func(h settings.Host) []settings.Client {
			found := read(h)
			for i, c := range found {
				found[i].Remarks = append(c.Remarks, lackingRemark(h, c)...)
			}
			return found
		}
		out = append(out, p)
	}
	return out
}

func products() []settings.Program {
	return []settings.Program{
		{Tool: DockerDesktop, Engine: dockerDesktop}, {Tool: PodmanMachine, Engine: podmanMachine},
		{Tool: RancherDesktop, Engine: rancherDesktop}, {Tool: Colima, Engine: colima}, {Tool: Lima, Engine: lima},
		{Tool: OrbStack, Engine: orbStack}, {Tool: AppleContainer, Engine: appleContainer},
		{Tool: WSLShell, Engine: wslShell}, {Tool: "Windows services", Engine: services},
		{Tool: Nodes, Engine: nodes}, {Tool: RemoteDocker, Engine: remoteDocker},
	}
}

// The engines, as their rows are called.
const (
	DockerDesktop  = "Docker Desktop"
	PodmanMachine  = "podman machine"
	RancherDesktop = "Rancher Desktop"
	Colima         = "colima"
	Lima           = "lima"
	OrbStack       = "OrbStack"
	AppleContainer = "container"
	WSLShell       = "a shell in WSL"
	Nodes          = "nodes in containers"
	RemoteDocker   = "the engine of DOCKER_HOST"
)

// engine returns the client that pulls in a machine by an outer step.
func engine(h settings.Host, tool string, m settings.Machine, o outer) settings.Client {
	c := settings.Client{Tool: tool, Installed: true, Machine: &m, Env: o.Env, Dialect: route.ForSystem(o.rules()),
		Unknown: o.unknown, Find: o.find, Unread: o.unread}
	if c.Unknown == "" {
		c.Find = ""
	}
	if o.PAC.Name != "" && c.Unknown == "" {
		c.PAC = &settings.PAC{URL: o.PAC.Value, Variable: o.PAC.Name, Source: o.PAC.Source, Script: o.Script}
		withScript(h, &c)
	}
	return c
}

// rules is the family by which the outer step reads its exceptions.
func (o outer) rules() string {
	if o.Rules == "" {
		return route.ProductProxies
	}
	return o.Rules
}

// read returns a file of a product, false where it is not there or cannot be read.
func read(h settings.Host, name string) ([]byte, bool) {
	data, err := h.Root.ReadData(name, maxExport)
	return data, err == nil
}

// unreadable is the outer step where a file that decides is there and cannot be read.
func unreadable(tool, name string, err error) outer {
	why := redact.Text(name, 200) + " cannot be read: " + redact.Text(err.Error(), 200)
	return outer{unknown: why, find: "look at the settings of " + tool,
		unread: []settings.Unread{{Place: redact.Text(name, 200), Decides: tool, Why: why, Find: "look at the settings of " + tool}}}
}

// under returns the product's directory of the user on each system.
func under(h settings.Host, windows, mac, linux string) string {
	switch h.Root.System() {
	case settings.Windows:
		return path.Join(h.Home, windows)
	case settings.MacOS:
		return path.Join(h.Home, mac)
	}
	return path.Join(h.Home, linux)
}

// proxyEnv are the variables of an environment that name a proxy or exceptions.
func proxyEnv(env []route.Variable) route.Environment {
	var out route.Environment
	for _, v := range env {
		if route.IsVariable(v.Name) {
			out = append(out, v)
		}
	}
	return out
}

// merged puts one layer of variables over another, name by name without regard to case.
func merged(below route.Environment, above []route.Variable) route.Environment {
	out := route.Environment{}
	for _, v := range below {
		over := false
		for _, a := range above {
			over = over || strings.EqualFold(a.Name, v.Name)
		}
		if !over {
			out = append(out, v)
		}
	}
	return append(out, above...)
}

// told returns the proxy of an environment for https, as a machine inside is told it: what names
// the host's own loopback becomes the name that the host has inside, empty for none.
func told(env route.Environment, inside string) string {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "ALL_PROXY"} {
		if v, ok := env.Last(name); ok && v.Value != "" {
			text := redact.ProxyURL(v.Value)
			if inside != "" && hostproxy.OnLoopback(v.Value) {
				for _, own := range []string{"127.0.0.1", "localhost", "[::1]"} {
					text = strings.Replace(text, own, inside, 1)
				}
			}
			return text
		}
	}
	return ""
}

// loopbackLost is the failure of an engine that is told the loopback of the host as its own.
func loopbackLost(env route.Environment) (route.Variable, bool) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy"} {
		if v, ok := env.Last(name); ok && hostproxy.OnLoopback(v.Value) {
			return v, true
		}
	}
	return route.Variable{}, false
}
