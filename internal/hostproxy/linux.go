package hostproxy

import (
	"strconv"
	"strings"

	"pullpath/internal/route"
)

// ParseGSettings reads what `gsettings list-recursively org.gnome.system.proxy` prints, or a
// keyfile of dconf with the same settings
// (https://gitlab.gnome.org/GNOME/gsettings-desktop-schemas, org.gnome.system.proxy).
func ParseGSettings(name string, data []byte) (Proxies, bool) {
	values, at := map[string]string{}, map[string]string{}
	schema, n := "", 0
	for line := range strings.Lines(decode(data)) {
		n++
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			schema = strings.ReplaceAll(strings.Trim(line, "[]"), "/", ".")
			continue
		}
		key, value, found := strings.Cut(line, "=")
		path := schema + "." + strings.TrimSpace(key)
		if words := strings.SplitN(line, " ", 3); len(words) == 3 && strings.HasPrefix(words[0], "org.gnome.system.proxy") {
			path, value, found = words[0]+"."+words[1], words[2], true
		}
		path, inside := strings.CutPrefix(strings.TrimPrefix(path, "system.proxy."), "org.gnome.system.proxy.")
		if found && (inside || strings.HasPrefix(schema, "system.proxy")) {
			values[path], at[path] = strings.TrimSpace(value), name+":"+strconv.Itoa(n)
		}
	}
	return gnome(values, at), len(values) > 0
}

func gnome(values, at map[string]string) Proxies {
	out := Proxies{Place: "GNOME's proxy settings", Rules: route.ProductProxies}
	switch text(values["mode"]) {
	case "none":
		out.Off = true
	case "auto":
		out.pac("autoconfig-url", text(values["autoconfig-url"]), at["autoconfig-url"])
		if out.PAC.Name == "" {
			out.Detect = route.Variable{Name: "mode", Value: "auto", Source: at["mode"]}
		}
	case "manual":
		for _, kind := range [][2]string{{"https", "HTTPS_PROXY"}, {"http", "HTTP_PROXY"}, {"socks", "ALL_PROXY"}} {
			host, port := text(values[kind[0]+".host"]), text(values[kind[0]+".port"])
			if host == "" || port == "0" {
				continue
			}
			if port != "" {
				host += ":" + port
			}
			if kind[0] == "socks" {
				host = "socks5://" + host
			}
			out.set(kind[1], kind[0]+".host", host, at[kind[0]+".host"])
		}
		list := strings.NewReplacer("[", "", "]", "", "'", "", "@as ", "", " ", "").Replace(values["ignore-hosts"])
		if out.Names() {
			out.set("NO_PROXY", "ignore-hosts", list, at["ignore-hosts"])
		}
	}
	return out
}

// text takes the quotes off a GVariant string.
func text(value string) string {
	return strings.Trim(strings.TrimPrefix(strings.TrimPrefix(value, "uint32 "), "int32 "), "'")
}

// ParseKIO reads KDE's kioslaverc: 0 none, 1 by hand, 2 a PAC file, 3 found by the network, 4
// variables (https://invent.kde.org/frameworks/kio, KProtocolManager::ProxyType).
func ParseKIO(name string, data []byte) (Proxies, bool) {
	out := Proxies{Place: "KDE's proxy settings", Rules: route.ProductProxies}
	values, section, n := map[string]string{}, "", 0
	at := map[string]string{}
	for line := range strings.Lines(decode(data)) {
		n++
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = line
			continue
		}
		if key, value, found := strings.Cut(line, "="); found && section == "[Proxy Settings]" {
			key, _, _ = strings.Cut(strings.TrimSpace(key), "[") // ProxyType[$i] is fixed by an administrator
			values[key], at[key] = strings.TrimSpace(value), name+":"+strconv.Itoa(n)
		}
	}
	switch values["ProxyType"] {
	case "", "4":
		return out, false
	case "0":
		out.Off = true
	case "1":
		for _, kind := range [][2]string{{"httpsProxy", "HTTPS_PROXY"}, {"httpProxy", "HTTP_PROXY"}, {"socksProxy", "ALL_PROXY"}} {
			out.set(kind[1], kind[0], strings.Replace(values[kind[0]], " ", ":", 1), at[kind[0]])
		}
		out.set("NO_PROXY", "NoProxyFor", values["NoProxyFor"], at["NoProxyFor"])
	case "2":
		out.pac("Proxy Config Script", values["Proxy Config Script"], at["Proxy Config Script"])
	case "3":
		out.Detect = route.Variable{Name: "ProxyType", Value: "3", Source: at["ProxyType"]}
	}
	return out, true
}
