package hostproxy

import (
	"encoding/binary"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"pullpath/internal/route"
)

// The keys of the Internet settings.
const (
	InternetSettings = `Software\Microsoft\Windows\CurrentVersion\Internet Settings`
	internetPolicies = `Software\Policies\Microsoft\Windows\CurrentVersion\Internet Settings`
)

// WinINET returns what Windows says to programs that ask for a user's proxy settings: those of the
// user, or of the machine where a policy says that they are the same for all users
// (ProxySettingsPerUser, the policy "Make proxy settings per-machine (rather than per-user)").
// hive is that of the user: HKCU, or HKU\SID.
func WinINET(r Registry, hive string) Proxies {
	place, base := "WinINET of the user", hive+`\`+InternetSettings
	if v, found := r.Value(`HKLM\`+internetPolicies, "ProxySettingsPerUser"); found && v.Number == 0 {
		place, base = "WinINET of the machine (policy)", `HKLM\`+InternetSettings
	}
	out := Proxies{Place: place, Rules: route.WinINET}
	out.connection(r, base)
	out.values(r, base)
	for _, policy := range []string{hive + `\` + internetPolicies, `HKLM\` + internetPolicies} {
		out.values(r, policy)
	}
	return out
}

// values takes the single values of a key: what stands there replaces what was known.
func (p *Proxies) values(r Registry, base string) {
	server, set := r.Value(base, "ProxyServer")
	enable, said := r.Value(base, "ProxyEnable")
	if said && (set || enable.Number == 0) {
		p.Env = nil
	}
	if said && enable.Number == 1 && set {
		p.server("ProxyServer", server.Text, server.Source)
		if override, found := r.Value(base, "ProxyOverride"); found {
			p.set("NO_PROXY", "ProxyOverride", override.Text, override.Source)
		}
	}
	if v, found := r.Value(base, "AutoConfigURL"); found {
		p.pac("AutoConfigURL", v.Text, v.Source)
	}
	if v, found := r.Value(base, "AutoDetect"); found {
		p.Detect = route.Variable{}
		if v.Number == 1 {
			p.Detect = route.Variable{Name: "AutoDetect", Value: "1", Source: v.Source}
		}
	}
}

// server takes a ProxyServer apart: one proxy for all schemes, or one for each, between
// semicolons or blanks: http=a:80;https=b:443;socks=c:1080
// (https://learn.microsoft.com/windows/win32/wininet/enabling-internet-functionality#listing-proxy-servers).
func (p *Proxies) server(key, text, source string) {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == ' ' || r == '\t' }) {
		scheme, value, split := strings.Cut(part, "=")
		if !split {
			p.set("HTTPS_PROXY", key, part, source)
			p.set("HTTP_PROXY", key, part, source)
			continue
		}
		switch strings.ToLower(scheme) {
		case "http":
			p.set("HTTP_PROXY", key, value, source)
		case "https":
			p.set("HTTPS_PROXY", key, value, source)
		case "socks":
			if !strings.Contains(value, "://") {
				value = "socks4://" + value
			}
			p.set("ALL_PROXY", key, value, source)
		}
	}
}

// The flags of a connection's settings.
const (
	flagProxy  = 2
	flagPAC    = 4
	flagDetect = 8
)

// connection reads Connections\DefaultConnectionSettings, which the system's own dialogues write
// beside the single values: a version, a counter, flags, then proxy, exceptions and PAC file, each
// with its length.
func (p *Proxies) connection(r Registry, base string) {
	v, found := r.Value(base+`\Connections`, "DefaultConnectionSettings")
	if !found {
		return
	}
	if c, ok := parseConnection(v.Binary); ok {
		p.take("DefaultConnectionSettings", c, v.Source)
	}
}

// take takes over the settings of a connection.
func (p *Proxies) take(key string, c connection, source string) {
	if c.flags&flagProxy != 0 {
		p.server(key, c.proxy, source)
		p.set("NO_PROXY", key, c.bypass, source)
	}
	if c.flags&flagPAC != 0 {
		p.pac(key, c.pac, source)
	}
	if c.flags&flagDetect != 0 {
		p.Detect = route.Variable{Name: key, Value: "auto-detect", Source: source}
	}
}

// connection is a binary value of connection settings.
type connection struct {
	flags              uint32
	proxy, bypass, pac string
}

// parseConnection reads a binary value. WinHttpSettings has the same form without a PAC file.
func parseConnection(data []byte) (connection, bool) {
	if len(data) < 12 {
		return connection{}, false
	}
	c := connection{flags: binary.LittleEndian.Uint32(data[8:])}
	rest := data[12:]
	for _, field := range []*string{&c.proxy, &c.bypass, &c.pac} {
		if len(rest) < 4 {
			break
		}
		n := uint64(binary.LittleEndian.Uint32(rest))
		if n > uint64(len(rest)-4) {
			return connection{}, false
		}
		*field, rest = strings.TrimRight(string(rest[4:4+n]), "\x00"), rest[4+n:]
	}
	return c, true
}

// WinHTTP returns what Windows says to services: netsh winhttp sets it for the machine.
func WinHTTP(r Registry) (Proxies, bool) {
	out := Proxies{Place: "WinHTTP of the machine", Rules: route.WinINET}
	v, found := r.Value(`HKLM\`+InternetSettings+`\Connections`, "WinHttpSettings")
	if !found {
		return out, false
	}
	c, ok := parseConnection(v.Binary)
	if ok {
		out.take("WinHttpSettings", c, v.Source)
		out.Off = c.flags&(flagProxy|flagPAC|flagDetect) == 0
	}
	return out, ok
}

// ParseNetsh reads what `netsh winhttp show proxy` prints.
func ParseNetsh(name string, data []byte) (Proxies, bool) {
	out := Proxies{Place: "WinHTTP of the machine", Rules: route.WinINET}
	found := false
	n := 0
	for line := range strings.Lines(decode(data)) {
		n++
		at := name + ":" + strconv.Itoa(n)
		label, value, _ := strings.Cut(strings.TrimSpace(line), " :")
		switch value = strings.TrimSpace(value); {
		case strings.HasPrefix(label, "Direct access"):
			out.Off, found = true, true
		case strings.HasPrefix(label, "Proxy Server(s)"):
			out.server("Proxy Server(s)", value, at)
			found = true
		case strings.HasPrefix(label, "Bypass List") && value != "(none)":
			out.set("NO_PROXY", "Bypass List", value, at)
		}
	}
	return out, found
}

// FileOfURL returns the path of a PAC file that a URL names on the machine itself, in the form of
// a root's paths.
func FileOfURL(text string) (string, bool) {
	u, err := url.Parse(strings.ReplaceAll(text, `\`, "/"))
	if err != nil || u.Scheme != "file" || u.Host != "" && u.Host != "localhost" {
		return "", false
	}
	p := u.Path
	if len(p) > 2 && p[0] == '/' && p[2] == ':' {
		p = p[3:]
	}
	return p, p != ""
}

// Environment returns the variables of a key whose values are variables: HKCU\Environment, that of
// the machine.
func Environment(r Registry, key string) []route.Variable {
	var out []route.Variable
	values := r[strings.ToLower(key)]
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if v := values[name]; v.Text != "" {
			out = append(out, route.Variable{Name: strings.ToUpper(name), Value: v.Text, Source: v.Source})
		}
	}
	return out
}

// ServiceEnvironment returns the variables that a service of Windows is started with (its value
// Environment, https://learn.microsoft.com/windows/win32/services/service-environment-variables).
func ServiceEnvironment(r Registry, service string) (env []route.Variable, installed bool) {
	key := `HKLM\SYSTEM\CurrentControlSet\Services\` + service
	v, found := r.Value(key, "Environment")
	if !found {
		return nil, r.Has(key)
	}
	for _, line := range v.List {
		if name, value, ok := strings.Cut(line, "="); ok {
			env = append(env, route.Variable{Name: strings.ToUpper(name), Value: value, Source: v.Source})
		}
	}
	return env, true
}
