package desktop

import (
	"path"
	"slices"
	"strings"

	"pullpath/internal/hostproxy"
	"pullpath/internal/redact"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// goInside makes a client whose variables a Go program reads inside a machine.
func goInside(c settings.Client, env route.Environment) settings.Client {
	c.Env, c.Dialect, c.Assumed = env, route.Go().ForImages(), true
	return c
}

// shellUnknown makes a client unknown whose variables come from a shell that was not read.
func shellUnknown(h settings.Host, c *settings.Client) {
	if h.EnvUnread != "" && c.Unknown == "" {
		c.Unknown = h.EnvUnread + " cannot be read from here, and " + c.Tool + " takes the variables of the shell that starts it"
		c.Find = "run on that host: " + c.Machine.Inside
	}
}

// podmanMachine returns the machines of podman. One gets the proxy variables of the process that
// starts it, with the loopback of the host under the name that the host has inside, but in WSL
// (https://github.com/containers/podman/blob/v5.6.0/pkg/machine/proxyenv/env.go). [engine] env of
// containers.conf and Podman Desktop give that process theirs.
func podmanMachine(h settings.Host) []settings.Client {
	machines := h.Root.Glob(path.Join(h.Home, ".config/containers/podman/machine/*/*.json"))
	conf := under(h, ".local/share/containers/podman-desktop/configuration/settings.json",
		".local/share/containers/podman-desktop/configuration/settings.json",
		".local/share/containers/podman-desktop/configuration/settings.json")
	if len(machines) == 0 && (!h.Root.Exists(conf) || h.Root.System() == settings.Linux) {
		return nil
	}
	wsl := slices.ContainsFunc(machines, func(name string) bool { return strings.Contains(name, "/machine/wsl/") })
	wsl = wsl || len(machines) == 0 && h.Root.System() == settings.Windows
	inside := "host.containers.internal"
	if wsl {
		inside = ""
	}
	m := settings.Machine{Name: "the podman machine", Source: "podman machine start, from the variables of its shell",
		Inside: "podman machine ssh env"}
	m.CAs = podmanCAs(h, machines, conf)
	if m.Change = "podman machine stop, then podman machine start from a shell with " + another; wsl {
		m.Reaches = wslGateway
	}
	c := settings.Client{Tool: PodmanMachine, Installed: true, Machine: &m}
	env := podmanEnv(h, &c, conf)
	m.Told = told(env, inside)
	c = goInside(c, env)
	if len(env) == 0 {
		shellUnknown(h, &c)
	}
	if lost, is := loopbackLost(env); is && wsl && !mirrored(h) {
		c.Unknown, c.Remarks = "", append(c.Remarks, ownLoopback(lost, "the distribution of the podman machine"))
		c.Lost = ownLoopback(lost, "the distribution of the podman machine").Text
	}
	c.Unread = append(c.Unread, settings.Unread{Place: "the variables that the podman machine was started with", Decides: PodmanMachine,
		Why: "they are in the machine, and were those of the shell or program that started it", Find: m.Inside})
	return []settings.Client{c}
}

// podmanCAs are those of the machine's own system, unless it was told to import the host's (podman 6 and
// later, https://github.com/containers/podman/blob/main/docs/tutorials/podman-install-certificate-authority.md)
// or Podman Desktop copied them, of which no file tells
// (https://github.com/podman-desktop/podman-desktop/pull/18114).
func podmanCAs(h settings.Host, machines []string, conf string) settings.CAs {
	for _, name := range machines {
		if data, ok := read(h, name); ok && hostproxy.ImportsNativeCA(data) {
			return settings.CAs{Whose: settings.HostRoots, Why: "ImportNativeCA is true in " + name + ": it takes the host's roots when it starts",
				Install: h.Root.System().AddRoot() + ", then podman machine stop and podman machine start"}
		}
	}
	if h.Root.Exists(conf) {
		return settings.CAs{}
	}
	return settings.CAs{Whose: settings.OwnRoots, Why: "the machine takes the host's CAs only with --import-native-ca, which was not given",
		Install: "podman machine set --import-native-ca (podman 6); before that podman machine ssh, put it into " +
			"/etc/pki/ca-trust/source/anchors/ and run update-ca-trust"}
}

// podmanEnv are the variables of the process that starts the machine.
func podmanEnv(h settings.Host, c *settings.Client, conf string) route.Environment {
	env := proxyEnv(h.Env)
	c.Env = env
	h.FillFromContainersConf(c)
	if h.Root.System() == settings.Windows {
		fill := settings.ReadContainersFile(h.Root, path.Join(h.Home, "AppData/Roaming/containers/containers.conf"))
		c.Env = merged(fill.Engine, c.Env)
	}
	env = proxyEnv(c.Env)
	data, ok := read(h, conf)
	if !ok {
		return env
	}
	mode, p, err := hostproxy.ParsePodmanDesktop(conf, data)
	switch {
	case err != nil:
		c.Unknown, c.Find = conf+" is "+err.Error(), "look at Settings, Proxy of Podman Desktop"
	case len(env) > 0 || p.Off:
	case mode == hostproxy.Manual:
		return p.Env
	default:
		o := system(h)
		if o.unknown != "" || o.PAC.Name != "" {
			c.Unread = append(c.Unread, o.unread...)
			return env
		}
		return asVariables(o.Env)
	}
	return env
}

// ownLoopback says that an engine is told the host's loopback, which is its own there.
func ownLoopback(v route.Variable, where string) settings.Remark {
	return settings.Remark{Code: settings.ProxyOnLoopback, Source: v.Source, Variable: v.Called(),
		Value: told(route.Environment{{Name: "HTTPS_PROXY", Value: v.Value}}, ""),
		Text:  "127.0.0.1 in " + where + " is that machine's own loopback, and the proxy is on the host's"}
}

// asVariables writes a system's list of exceptions as variables have it: names below a domain
// without the asterisk.
func asVariables(env route.Environment) route.Environment {
	var out route.Environment
	for _, v := range env {
		if v.Name == "NO_PROXY" {
			var entries []string
			for e := range strings.FieldsFuncSeq(v.Value, func(r rune) bool { return strings.ContainsRune(",; \t", r) }) {
				if e != "<local>" {
					entries = append(entries, strings.TrimPrefix(e, "*"))
				}
			}
			v.Value = strings.Join(entries, ",")
		} else if !strings.Contains(v.Value, "://") {
			v.Value = "http://" + v.Value
		}
		out = append(out, v)
	}
	return out
}

// wslGateway is the host as a distribution below WSL in NAT mode reaches it
// (https://learn.microsoft.com/windows/wsl/networking#accessing-windows-networking-apps-from-linux-host-ip).
const wslGateway = "the address that ip route show default prints in it, or " +
	"networkingMode=mirrored in .wslconfig, where 127.0.0.1 is the same"

// limaGateway is the host as a guest of lima reaches it
// (https://lima-vm.io/docs/config/network/user/#host-ip-19216852).
const limaGateway = "192.168.5.2"

// limaGuest returns a guest of lima. It gets the system's static proxies, over them the variables
// of its file, over these those of the shell that starts it; loopback becomes the gateway, and a
// PAC file is not handed over (https://github.com/lima-vm/lima/blob/v1.0.0/pkg/cidata/cidata.go,
// setupEnv).
func limaGuest(h settings.Host, tool, name string, m settings.Machine) settings.Client {
	m.Source = "lima, from the system's proxies, " + path.Base(name) + " and the variables of its shell"
	config := hostproxy.LimaConfig{Propagates: true}
	c := settings.Client{Tool: tool, Installed: true, Machine: &m}
	if data, ok := read(h, name); ok {
		var err error
		if config, err = hostproxy.ParseLima(name, data); err != nil {
			c.Unknown, c.Find = name+" is "+err.Error(), "look at it"
		}
	}
	m.CAs, m.Reaches = limaCAs(tool, config), limaGateway
	switch {
	case strings.HasPrefix(tool, Colima):
		m.Change = "HTTPS_PROXY below env: in " + path.Base(name) + ", then colima restart"
	case tool == RancherDesktop:
		m.Change = "HTTPS_PROXY below env: in lima/_config/override.yaml of Rancher Desktop, then restart it"
	default:
		m.Change = "HTTPS_PROXY below env: in lima.yaml, then limactl stop and limactl start"
	}
	o := system(h)
	env := merged(asVariables(o.Env), limaConfig(h, "default.yaml"))
	env = merged(merged(env, config.Env), limaConfig(h, "override.yaml"))
	if config.Propagates {
		env = merged(env, proxyEnv(h.Env))
	}
	asWritten := false
	if strings.HasPrefix(tool, Colima) {
		env, asWritten = colimaEnv(h, config, env)
	}
	for _, key := range config.Ignored {
		c.Remarks = append(c.Remarks, settings.Remark{Code: settings.DesktopDaemonJSON, Source: name, Variable: redact.Text(key, maxAnswer),
			Text:  "dockerd reads http-proxy, https-proxy and no-proxy here; default with httpProxy is the form of ~/.docker/config.json",
			Write: "docker: {proxies: {https-proxy: URL}}"})
	}
	env = slices.DeleteFunc(env, func(v route.Variable) bool { return v.Value == "" || !route.IsVariable(v.Name) })
	if m.Told = told(env, limaGateway); asWritten {
		m.Told = told(env, "")
	}
	c = goInside(c, env)
	if lost, is := loopbackLost(env); is && asWritten {
		r := ownLoopback(lost, m.Name)
		r.Write, c.Lost = limaGateway, r.Text
		c.Remarks = append(c.Remarks, r)
	}
	switch {
	case m.Told != "" || c.Unknown != "":
	case o.unknown != "":
		c.Unknown, c.Find, c.Unread = o.unknown, o.find, o.unread
	case o.PAC.Name != "":
		c.Handed = &settings.PAC{URL: o.PAC.Value, Variable: o.PAC.Name, Source: o.PAC.Source, Script: o.Script}
		c.Why = "only " + c.Handed.Where() + " decides on the host, and lima hands none over"
	case config.Propagates:
		shellUnknown(h, &c)
	}
	return c
}

// colimaEnv is what dockerd in colima goes by. colima writes its daemon.json: with the proxies of env in
// its file or, where that has none of a name, of the shell that starts it, with loopback as the gateway;
// without these the proxies below docker stay as they are written
// (https://github.com/abiosoft/colima/blob/main/environment/container/docker/daemon.go, createDaemonFile,
// and proxy.go; https://github.com/abiosoft/colima/issues/956).
func colimaEnv(h settings.Host, config hostproxy.LimaConfig, below route.Environment) (env route.Environment, asWritten bool) {
	if config.Runtime != "" && config.Runtime != "docker" {
		return below, false
	}
	var own route.Environment
	names := false
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"} {
		for _, spelled := range []string{strings.ToLower(name), name} {
			v, found := route.Environment(config.Env).Last(spelled)
			if !found {
				v, found = h.Env.Last(spelled)
				found = found && v.Value != ""
			}
			if found {
				v.Name, v.Key = name, v.Called()
				own, names = append(own, v), names || name != "NO_PROXY" && v.Value != ""
				break
			}
		}
	}
	if names {
		return merged(below, own), false
	}
	_, asWritten = loopbackLost(config.Docker)
	return merged(below, config.Docker), asWritten
}

// limaCAs are those of the guest's own system, and what caCerts of its file adds
// (https://lima-vm.io/docs/examples/, templates/default.yaml). colima adds those of the user's folder
// for registries (https://github.com/abiosoft/colima/blob/main/environment/vm/lima/certs.go), Rancher
// Desktop those of the host (rancher-sandbox/rancher-desktop, pkg/rancher-desktop/backend/lima.ts,
// installCACerts).
func limaCAs(tool string, config hostproxy.LimaConfig) settings.CAs {
	switch {
	case tool == RancherDesktop:
		return rancherCAs()
	case strings.HasPrefix(tool, Colima):
		return settings.CAs{Whose: settings.OwnRoots, Why: "colima copies no CA of the host into its VM but those of ~/.docker/certs.d",
			Install: "put it into ~/.docker/certs.d/REGISTRY/ca.crt and run colima restart"}
	case config.CACerts:
		return settings.CAs{}
	}
	return settings.CAs{Whose: settings.OwnRoots, Why: "lima copies no CA of the host into a guest but those of caCerts in lima.yaml",
		Install: "name it below caCerts: files: in lima.yaml, then limactl stop and start"}
}

// rancherCAs are the host's, which Rancher Desktop copies into its machine when it starts
// (rancher-sandbox/rancher-desktop, pkg/rancher-desktop/backend/wsl.ts and lima.ts, installCACerts).
func rancherCAs() settings.CAs {
	return settings.CAs{Whose: settings.HostRoots, Why: "Rancher Desktop copies the host's roots into its machine when it starts",
		Install: "add it to the host's own store, then restart Rancher Desktop"}
}

// limaConfig are the variables that lima takes for every guest
// (https://lima-vm.io/docs/reference/limactl_edit/, $LIMA_HOME/_config).
func limaConfig(h settings.Host, name string) []route.Variable {
	file := path.Join(h.Home, ".lima/_config", name)
	data, ok := read(h, file)
	if !ok {
		return nil
	}
	config, err := hostproxy.ParseLima(file, data)
	if err != nil {
		return nil
	}
	return config.Env
}

// lima returns the guests of lima itself.
func lima(h settings.Host) []settings.Client {
	var out []settings.Client
	for _, name := range h.Root.Glob(path.Join(h.Home, ".lima/*/lima.yaml")) {
		guest := path.Base(path.Dir(name))
		if strings.HasPrefix(guest, "_") {
			continue
		}
		out = append(out, limaGuest(h, label(Lima, guest, "default"), name,
			settings.Machine{Name: "the guest " + guest + " of lima", Inside: "limactl shell " + guest + " env"}))
	}
	return out
}

// label names an instance of a product, the usual one by the product's name alone.
func label(tool, instance, usual string) string {
	if instance == usual {
		return tool
	}
	return tool + " " + instance
}

// colima returns the guests of colima, which are lima's.
func colima(h settings.Host) []settings.Client {
	var out []settings.Client
	for _, pattern := range []string{".colima/*/colima.yaml", ".config/colima/*/colima.yaml"} {
		for _, name := range h.Root.Glob(path.Join(h.Home, pattern)) {
			profile := path.Base(path.Dir(name))
			if strings.HasPrefix(profile, "_") {
				continue
			}
			out = append(out, limaGuest(h, label(Colima, profile, "default"), name,
				settings.Machine{Name: "the VM of colima", Inside: "colima ssh -- env"}))
		}
	}
	return out
}

// rancherDesktop returns the engine of Rancher Desktop: a guest of lima on macOS and Linux, a
// distribution below WSL on Windows, which gets the proxy of its own settings and no other
// (https://github.com/rancher-sandbox/rancher-desktop/issues/4603).
func rancherDesktop(h settings.Host) []settings.Client {
	name := path.Join(under(h, "AppData/Roaming/rancher-desktop", "Library/Preferences/rancher-desktop", ".config/rancher-desktop"),
		"settings.json")
	if !h.Root.Exists(name) {
		return nil
	}
	m := settings.Machine{Name: "the VM of Rancher Desktop", Inside: "rdctl shell env", CAs: rancherCAs()}
	if h.Root.System() != settings.Windows {
		guest := path.Join(under(h, "", "Library/Application Support/rancher-desktop/lima", ".local/share/rancher-desktop/lima"), "0/lima.yaml")
		return []settings.Client{limaGuest(h, RancherDesktop, guest, m)}
	}
	data, err := h.Root.ReadData(name, maxExport)
	var p hostproxy.Proxies
	if err == nil {
		p, err = hostproxy.ParseRancherDesktop(name, data)
	}
	if err != nil {
		return []settings.Client{engine(h, RancherDesktop, m, unreadable(RancherDesktop, name, err))}
	}
	m.Source, m.Told = "Rancher Desktop's settings", told(p.Env, "")
	m.Reaches, m.Change = wslGateway, "Preferences, WSL, Proxy of Rancher Desktop"
	c := goInside(engine(h, RancherDesktop, m, outer{Proxies: p}), p.Env)
	if o := system(h); m.Told == "" && o.PAC.Name != "" && !o.Names() {
		c.Handed = &settings.PAC{URL: o.PAC.Value, Variable: o.PAC.Name, Source: o.PAC.Source, Script: o.Script}
	}
	if m.Told == "" {
		c.Why = "the proxy of Rancher Desktop's settings is off (Preferences, WSL, Proxy), and its distribution does not take that of Windows"
	}
	if lost, is := loopbackLost(p.Env); is && !mirrored(h) {
		r := ownLoopback(lost, "Rancher Desktop's distribution")
		c.Remarks, c.Lost = append(c.Remarks, r), r.Text
	}
	return []settings.Client{c}
}

// orbInside is the proxy that OrbStack's machines are given, a program of OrbStack on the host.
const orbInside = "a proxy of OrbStack on the host"

// orbStack returns OrbStack's engine. It follows the system's proxies, PAC files included, or a
// setting of its own (https://docs.orbstack.dev/machines/network#proxies-vpns).
func orbStack(h settings.Host) []settings.Client {
	dir := path.Join(h.Home, ".orbstack")
	if !h.Root.Exists(dir) || h.Root.System() != settings.MacOS {
		return nil
	}
	m := settings.Machine{Name: "the VM of OrbStack", Told: orbInside, Source: "OrbStack", Inside: "orb config get network_proxy",
		Change: "orb config set network_proxy http://ADDRESS:PORT"}
	name := path.Join(dir, "vmconfig.json")
	data, ok := read(h, name)
	if !ok {
		return []settings.Client{engine(h, OrbStack, m, system(h))}
	}
	mode, p, err := hostproxy.ParseOrbStack(name, data)
	switch {
	case err != nil:
		return []settings.Client{engine(h, OrbStack, m, unreadable(OrbStack, name, err))}
	case mode == hostproxy.BySystem:
		return []settings.Client{engine(h, OrbStack, m, system(h))}
	}
	if p.Off {
		m.Told = ""
	}
	return []settings.Client{engine(h, OrbStack, m, outer{Proxies: p})}
}

// appleContainer returns Apple's container, whose images a service of launchd pulls, on the host
// itself. The command that starts it writes the proxy variables of its shell into the service's property
// list (apple/container, SystemStart.swift and PluginLoader.swift, filterEnvironment).
func appleContainer(h settings.Host) []settings.Client {
	dir := path.Join(h.Home, "Library/Application Support/com.apple.container")
	if h.Root.System() != settings.MacOS || !h.Root.Exists(dir) {
		return nil
	}
	m := settings.Machine{Name: "the service of container", Source: "container system start, from the variables of its shell",
		Inside: "launchctl print gui/$(id -u)/com.apple.container.apiserver",
		Change: "container system stop, then container system start from a shell with " + another}
	lists := append(h.Root.Glob(path.Join(dir, "plugin-state/*images*/service.plist")), path.Join(dir, "apiserver/apiserver.plist"))
	for _, name := range lists {
		data, ok := read(h, name)
		if !ok {
			continue
		}
		if label, _, own, err := hostproxy.ParseLaunchd(name, data); err == nil && label != "" {
			env := proxyEnv(own)
			m.Told = told(env, "")
			return []settings.Client{engine(h, AppleContainer, m, outer{Proxies: hostproxy.Proxies{Env: env}})}
		}
	}
	why := "its service goes by the variables that it was started with, and its property list (apiserver/apiserver.plist) was not read"
	return []settings.Client{engine(h, AppleContainer, m, outer{unknown: why, find: "run: " + m.Inside,
		unread: []settings.Unread{{Place: "the environment of container's service", Decides: AppleContainer, Why: why, Find: m.Inside}}})}
}
