package desktop

import (
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"pullpath/internal/hostproxy"
	"pullpath/internal/redact"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// outer is the step of a way that is on the host: what a setting of the system or of a product
// says, and what of it could not be read.
type outer struct {
	hostproxy.Proxies
	// unknown says why it cannot be told, find how to find out; empty where it can.
	unknown, find string
	unread        []settings.Unread
}

// maxExport bounds a registry export and a hive, in bytes. The keys that are read have some KiB, a
// whole user's export some MiB.
const maxExport = 16 << 20

// system returns what the host's own settings say to programs that ask the system.
func system(h settings.Host) outer {
	return settings.Remember(h.Root, "desktop.system", func() outer {
		switch h.Root.System() {
		case settings.Windows:
			return windowsProxies(h)
		case settings.MacOS:
			return macProxies(h)
		}
		return linuxProxies(h)
	})
}

// files returns the files of an export or a support bundle that match a pattern, at the top of the
// folder, one directory below, and in the user's home.
func files(h settings.Host, pattern string) []string {
	if h.Root.Here() {
		return nil // what lies about on a running machine is not what it does
	}
	var out []string
	for _, dir := range []string{"/", "/*", h.Home} {
		for _, name := range h.Root.Glob(path.Join(dir, pattern)) {
			if !slices.Contains(out, name) && h.Root.IsFile(name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// registryOf returns what is known of a Windows registry: the running machine's, or that of the
// exports in a folder.
func registryOf(h settings.Host) hostproxy.Registry {
	return settings.Remember(h.Root, "desktop.registry", func() hostproxy.Registry {
		if h.Root.Here() {
			return liveRegistry()
		}
		out := hives(h)
		for _, name := range slices.Concat(files(h, "*.reg"), files(h, "*.txt")) {
			data, err := h.Root.ReadData(name, maxExport)
			if err != nil {
				continue // it is among the remarks of the root
			}
			if part, err := hostproxy.ParseRegistry(name, data); err == nil {
				out.Add(part)
			}
		}
		return out
	})
}

// hiveFiles are the hives of a Windows disk: where each stands in the registry, and what is read of
// it.
func hiveFiles(h settings.Host) []struct {
	name, below string
	keys        []string
} {
	settingsKeys := func(prefix string) []string {
		base := strings.TrimPrefix(hostproxy.InternetSettings, prefix)
		return []string{base, base + `\Connections`, strings.Replace(base, "Microsoft", `Policies\Microsoft`, 1)}
	}
	services := []string{`CurrentControlSet\Control\Session Manager\Environment`, `CurrentControlSet\Services`}
	for _, service := range windowsServices() {
		services = append(services, `CurrentControlSet\Services\`+service)
	}
	software := settingsKeys(`Software\`)
	user := append(settingsKeys(""), "Environment")
	for _, store := range append(hostproxy.RootStores("HKCU"), hostproxy.RootStore{Key: hostproxy.Disallowed}) {
		if rest, ofUser := strings.CutPrefix(store.Key, `HKCU\`); ofUser {
			user = append(user, rest+`\*`)
		} else {
			software = append(software, strings.TrimPrefix(store.Key, `HKLM\SOFTWARE\`)+`\*`)
		}
	}
	const config = "/Windows/System32/config/"
	return []struct {
		name, below string
		keys        []string
	}{
		{path.Join(h.Home, "NTUSER.DAT"), "HKCU", user},
		{config + "SOFTWARE", `HKLM\SOFTWARE`, software}, {config + "SYSTEM", `HKLM\SYSTEM`, services},
	}
}

// hives returns what the hives of a Windows disk hold of proxies, services and variables.
func hives(h settings.Host) hostproxy.Registry {
	out := hostproxy.Registry{}
	for _, f := range hiveFiles(h) {
		_ = h.Root.ReadParts(f.name, func(file io.ReaderAt, size int64) error { // what fails is among the remarks of the root
			part, err := hostproxy.ParseHive(f.name, file, size, f.below, f.keys)
			out.Add(part)
			if errors.Is(err, hostproxy.ErrNoHive) {
				return nil
			}
			return err
		})
	}
	return out
}

// userHive is the hive of the user whose settings are read: HKCU, else the first of HKU that has
// Internet settings.
func userHive(r hostproxy.Registry) string {
	if r.Has(`HKCU\`+hostproxy.InternetSettings) || r.Has(`HKCU\Environment`) {
		return "HKCU"
	}
	for key := range r {
		parts := strings.Split(key, `\`)
		if len(parts) > 2 && parts[0] == "hku" && strings.HasPrefix(parts[1], "s-1-5-21-") && !strings.HasSuffix(parts[1], "_classes") {
			return `HKU\` + parts[1]
		}
	}
	return "HKCU"
}

const askWindows = `reg query "HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings" and netsh winhttp show proxy`

// windowsProxies are WinINET's; services ask WinHTTP, which netsh sets.
func windowsProxies(h settings.Host) outer {
	r := registryOf(h)
	hive := userHive(r)
	if !r.Has(hive + `\` + hostproxy.InternetSettings) {
		why := "no export of the registry with the user's Internet Settings is in this folder"
		return outer{unknown: "WinINET decides, and was not read: " + why, find: "run on that host: " + askWindows,
			unread: []settings.Unread{{Place: "WinINET (the user's Internet Settings in the registry)",
				Decides: "Docker Desktop, WSL, Rancher Desktop and Python", Why: why, Find: askWindows}}}
	}
	return decided(hostproxy.WinINET(r, hive), askWindows)
}

// winHTTP is what services of Windows are told, false where that is not known.
func winHTTP(h settings.Host) (hostproxy.Proxies, bool) {
	for _, name := range files(h, "*.txt") {
		if data, err := h.Root.ReadData(name, maxExport); err == nil {
			if p, found := hostproxy.ParseNetsh(name, data); found {
				return p, true
			}
		}
	}
	return hostproxy.WinHTTP(registryOf(h))
}

// decided is the outer step of a place that was read. Where the place asks the network for a PAC
// file, nobody here knows the answer: beside another setting that is noted, alone it decides.
func decided(p hostproxy.Proxies, find string) outer {
	out := outer{Proxies: p, find: find}
	if p.Detect.Name == "" {
		return out
	}
	why := p.Detect.Name + " is on (" + p.Detect.Source + "): the network is asked for a PAC file (WPAD), and that was not done from here"
	if !p.Names() && p.PAC.Name == "" {
		out.unknown, out.find = why, "look whether the name wpad has an address in that network, and "+find
	}
	out.unread = []settings.Unread{{Place: "the network's answer to WPAD", Decides: "what asks " + p.Place, Why: why, Find: find}}
	return out
}

const askMac = "scutil --proxy"

// macProxies are the proxies in force where scutil printed them, else those of the first network
// service.
func macProxies(h settings.Host) outer {
	if p, found := scutil(h); found {
		return decided(p, askMac)
	}
	const name = "/Library/Preferences/SystemConfiguration/preferences.plist"
	place := settings.Unread{Place: "the proxies of the network services (SystemConfiguration)",
		Decides: "Docker Desktop, lima, colima, OrbStack and Python", Find: askMac}
	var services []hostproxy.Service
	for _, file := range append([]string{name}, files(h, "preferences.plist")...) {
		data, err := h.Root.ReadData(file, maxExport)
		if err != nil {
			continue
		}
		if services, err = hostproxy.ParsePreferences(file, data); err != nil {
			place.Why = redact.Text(file, 200) + " is " + err.Error()
			break
		}
	}
	switch {
	case len(services) == 0:
		if place.Why == "" {
			place.Why = "neither " + name + " nor what scutil --proxy prints (scutil-proxy.txt) is in this folder"
		}
		return outer{unknown: place.Place + " decide, and were not read: " + place.Why, find: "run on that host: " + askMac,
			unread: []settings.Unread{place}}
	case !sameProxies(services):
		place.Why = "its services have different proxies, those of " + services[0].Name + ", the first in order, are taken, and which one had " +
			"the network is in no file"
		out := decided(services[0].Proxies, askMac)
		out.unread = append(out.unread, place)
		return out
	}
	return decided(services[0].Proxies, askMac)
}

// sameProxies reports whether it does not matter which service has the network.
func sameProxies(services []hostproxy.Service) bool {
	return !slices.ContainsFunc(services, func(s hostproxy.Service) bool {
		return s.PAC.Value != services[0].PAC.Value || (s.Detect.Name == "") != (services[0].Detect.Name == "") ||
			!slices.EqualFunc(s.Env, services[0].Env, func(a, b route.Variable) bool { return a.Name == b.Name && a.Value == b.Value })
	})
}

// scutil is what scutil printed: on the running machine, or in a file of a bundle.
func scutil(h settings.Host) (hostproxy.Proxies, bool) {
	if h.Root.Here() {
		return liveScutil()
	}
	for _, name := range files(h, "*.txt") {
		if data, err := h.Root.ReadData(name, maxExport); err == nil {
			if p, found := hostproxy.ParseScutil(name, data); found {
				return p, true
			}
		}
	}
	return hostproxy.Proxies{}, false
}

// linuxProxies are those of the desktop: GNOME's or KDE's.
func linuxProxies(h settings.Host) outer {
	for _, name := range append(files(h, "*.txt"), h.Root.Glob("/etc/dconf/db/*.d/*")...) {
		if data, err := h.Root.ReadData(name, maxExport); err == nil {
			if p, found := hostproxy.ParseGSettings(name, data); found {
				return decided(p, "gsettings list-recursively org.gnome.system.proxy")
			}
		}
	}
	name := path.Join(h.Home, ".config/kioslaverc")
	if data, err := h.Root.ReadData(name, maxExport); err == nil {
		if p, found := hostproxy.ParseKIO(name, data); found {
			return decided(p, "kreadconfig6 --file kioslaverc --group \"Proxy Settings\" --key ProxyType")
		}
	}
	if base := path.Join(h.Home, ".config/dconf/user"); h.Root.Exists(base) {
		if h.Root.Here() {
			if p, found := liveGSettings(); found {
				return decided(p, "gsettings list-recursively org.gnome.system.proxy")
			}
		}
		why := base + " is a database of dconf, which is read by gsettings on the running machine alone"
		return outer{unknown: "GNOME's proxy settings decide: " + why, find: "run: gsettings list-recursively org.gnome.system.proxy",
			unread: []settings.Unread{{Place: "GNOME's proxy settings", Decides: "Docker Desktop", Why: why,
				Find: "gsettings list-recursively org.gnome.system.proxy"}}}
	}
	return outer{}
}
