package settings

import (
	"path"
	"slices"

	"pullpath/internal/route"
)

// PACIgnored marks a proxy auto-config file that the host's own settings name, and that a client
// without a proxy of its own ignores.
const PACIgnored Code = "proxy-is-pac-file"

// hostPACs returns the PAC files that the files of a Linux host name: a connection of NetworkManager
// (nm-settings-keyfile(5), [proxy]), KDE's setting (kioslaverc, ProxyType 2 and its script), and what
// the network offers by DHCP, which browsers take where they are told to look for it.
func hostPACs(root *Root, home string) []PAC {
	var out []PAC
	for _, name := range root.Glob("/etc/NetworkManager/system-connections/*.nmconnection") {
		if v := iniValue(root, name, "proxy", "pac-url"); v.Value != "" {
			out = append(out, PAC{URL: v.Value, Variable: "pac-url", Source: v.Source})
		}
	}
	name := path.Join(home, ".config/kioslaverc")
	if kind := iniValue(root, name, "Proxy Settings", "ProxyType"); kind.Value == "2" {
		if v := iniValue(root, name, "Proxy Settings", "Proxy Config Script"); v.Value != "" {
			out = append(out, PAC{URL: v.Value, Variable: "Proxy Config Script", Source: v.Source})
		}
	}
	if leased, found := LeasedPAC(root); found {
		out = append(out, leased)
	}
	return out
}

// iniValue is the value of a key in a section of a file.
func iniValue(root *Root, name, section, key string) route.Variable {
	if !root.Exists(name) {
		return route.Variable{}
	}
	text, _ := root.text(name)
	keys, err := parseINI(text, "=")
	if err != nil {
		return route.Variable{}
	}
	i := slices.IndexFunc(keys, func(k iniKey) bool { return k.section == section && k.key == key })
	if i < 0 {
		return route.Variable{}
	}
	return route.Variable{Name: key, Value: keys[i].value, Source: at(name, keys[i].line)}
}

// withPACIgnored remarks on the PAC files that the host names, at clients that go direct for want of
// a setting of their own. No container client evaluates one (golang/go#21943).
func (h Host) withPACIgnored(clients []Client) []Client {
	pacs := hostPACs(h.Root, h.Home)
	if h.PACs != nil {
		pacs = append(pacs, h.PACs(h)...)
	}
	for i := range clients {
		c := &clients[i]
		if c.Handed != nil {
			c.Remarks = append(c.Remarks, pacRemark(*c.Handed, "the host's setting, which "+c.Machine.Name+" is not given: "+c.Tool+" has no proxy"))
			continue
		}
		if c.PAC != nil || c.Machine != nil || c.Unknown != "" || len(c.PerURL) > 0 || slices.ContainsFunc(proxyNames(), func(name string) bool {
			v, set := c.Env.Last(name)
			return set && v.Value != ""
		}) {
			continue
		}
		for _, p := range pacs {
			c.Remarks = append(c.Remarks, pacRemark(p, "it is for browsers; clients of containers ignore it, and have no proxy of "+
				"their own here"))
		}
	}
	return clients
}

func pacRemark(p PAC, text string) Remark {
	return Remark{Code: PACIgnored, Source: p.Source, Variable: p.Variable, Value: quoted(p.URL), Text: text,
		Write: "pullpath settings --pac " + quoted(p.URL) + " prints the variables that say the same"}
}
