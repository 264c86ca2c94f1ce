package desktop

import (
	"path"
	"slices"
	"strings"

	"pullpath/internal/hostproxy"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// wslconfig returns the user's .wslconfig, its defaults where there is none.
func wslconfig(h settings.Host) (hostproxy.WSLConfig, bool) {
	names := []string{path.Join(h.Home, ".wslconfig")}
	if h.Root.WSL() {
		names = h.Root.Glob("/mnt/c/Users/*/.wslconfig")
	}
	for _, name := range names {
		if data, ok := read(h, name); ok {
			return hostproxy.ParseWSLConfig(data), true
		}
	}
	return hostproxy.ParseWSLConfig(nil), false
}

// mirrored reports whether 127.0.0.1 of Windows and of its distributions is the same.
func mirrored(h settings.Host) bool {
	c, _ := wslconfig(h)
	return c.Mirrored
}

// wslShell returns what a shell in a distribution below WSL is handed over
// (https://learn.microsoft.com/windows/wsl/troubleshooting#considerations-when-using-autoproxy-for-httpproxy-mirroring-in-wsl).
func wslShell(h settings.Host) []settings.Client {
	if h.Root.System() != settings.Windows || !usesWSL(h) {
		return nil
	}
	config, _ := wslconfig(h)
	o := system(h)
	m := settings.Machine{Name: "a distribution below WSL", Source: "WSL, from the proxy settings of Windows", Inside: "wsl -- env",
		Reaches: wslGateway, Change: "autoProxy in .wslconfig with the proxy of Windows' settings, or the variables in the distribution itself",
		CAs: settings.CAs{Whose: settings.OwnRoots, Why: "a distribution below WSL has a store of its own",
			Install: "in the distribution: put it into /usr/local/share/ca-certificates/NAME.crt and run update-ca-certificates " +
				"(Fedora: /etc/pki/ca-trust/source/anchors/ and update-ca-trust)"}}
	env, why := config.HandedOver(o.Proxies)
	env = asVariables(env)
	m.Told = told(env, "")
	c := goInside(engine(h, WSLShell, m, outer{unknown: o.unknown, find: o.find, unread: o.unread}), env)
	c.Scope = "what is started from it"
	c.Machine = &m
	switch {
	case !config.AutoProxy:
		c.Unknown, c.Find, c.Why = "", "", why
	case c.Unknown == "":
		c.Why = why
	}
	if o.PAC.Name != "" && !o.Names() && config.AutoProxy {
		c.Handed = &settings.PAC{URL: o.PAC.Value, Variable: o.PAC.Name, Source: o.PAC.Source, Script: o.Script}
	}
	return []settings.Client{c}
}

// usesWSL reports whether the user has anything below WSL.
func usesWSL(h settings.Host) bool {
	if _, found := wslconfig(h); found {
		return true
	}
	for _, place := range []string{"AppData/Local/wsl", "AppData/Local/Packages/*Ubuntu*", "AppData/Local/Packages/*Debian*",
		"AppData/Local/Docker/wsl", ".config/containers/podman/machine/wsl"} {
		if len(h.Root.Glob(path.Join(h.Home, place))) > 0 {
			return true
		}
	}
	return false
}

// windowsServices are the services of Windows that pull, or start what pulls.
func windowsServices() []string { return []string{"docker", "containerd", "kubelet", "rke2"} }

// services returns the engines of Windows containers, which are services: they find the
// environment of the machine and that of their own key, and dockerd puts daemon.json over it.
func services(h settings.Host) []settings.Client {
	if h.Root.System() != settings.Windows {
		return nil
	}
	r := registryOf(h)
	var out []settings.Client
	for _, name := range windowsServices() {
		own, installed := hostproxy.ServiceEnvironment(r, name)
		daemon := "/ProgramData/docker/config/daemon.json"
		if !installed && (name != "docker" || !h.Root.Exists(daemon)) {
			continue
		}
		c := settings.Client{Tool: serviceTool(name), Installed: true, Daemon: true, Dialect: route.Go(), Assumed: true,
			Change: serviceProxy(name),
			Env:    kept(hostproxy.Environment(r, sessionKey), own)}
		if name == "docker" {
			d := settings.ReadDaemonFile(h.Root, daemon)
			c.Env, c.Remarks = append(c.Env, d.Env...), append(c.Remarks, d.Remarks...)
		}
		if name == "kubelet" {
			c.Scope = "credential plugins; it does not pull"
		}
		if !slices.ContainsFunc(c.Env, func(v route.Variable) bool { return strings.EqualFold(v.Name, "HTTPS_PROXY") }) && !r.Has(sessionKey) {
			c.Unknown, c.Find = "the environment of the machine is in no export in this folder, and may name a proxy",
				`reg query "HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"`
		}
		out = append(out, c)
	}
	return out
}

// serviceProxy says how a service of Windows is given a proxy
// (https://learn.microsoft.com/virtualization/windowscontainers/manage-docker/configure-docker-daemon).
func serviceProxy(service string) string {
	out := `the value Environment of its service: reg add HKLM\SYSTEM\CurrentControlSet\Services\` + service +
		` /v Environment /t REG_MULTI_SZ /d "HTTPS_PROXY=http://PROXY:PORT\0NO_PROXY=LIST"`
	if service == "docker" {
		out += ", or proxies in C:\\ProgramData\\docker\\config\\daemon.json"
	}
	return out + "; then Restart-Service " + service
}

func serviceTool(service string) string {
	if service == "docker" {
		return "dockerd of Windows"
	}
	return service + " of Windows"
}
