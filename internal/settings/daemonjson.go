package settings

import (
	"slices"
	"strings"

	"pullpath/internal/redact"
	"pullpath/internal/route"
)

// DaemonFile is what dockerd makes of its daemon.json (moby,
// daemon/config/config.go, getConflictFreeConfiguration; Engine 23.0 or later).
type DaemonFile struct {
	Path    string
	Found   bool
	Refused bool              // dockerd does not start with this file
	Env     route.Environment // what dockerd puts into its own environment: HTTP_PROXY, HTTPS_PROXY, NO_PROXY
	Mirrors []route.Variable  // registry-mirrors: hosts that are asked first for docker.io
	// Insecure are hosts or networks for which plain HTTP or an unknown
	// certificate is accepted.
	Insecure []route.Variable
	Remarks  []Remark
}

// DaemonFiles returns the paths of daemon.json: the default, the snap's, and the
// rootless one below a home directory (docs.docker.com, "Docker daemon
// configuration overview"; docker snap).
func DaemonFiles(home string) []string {
	return []string{"/etc/docker/daemon.json", "/var/snap/docker/current/config/daemon.json", home + "/.config/docker/daemon.json"}
}

// daemonKeys are the keys of "proxies", which are names of flags as well, and
// the variable that dockerd sets for each.
var daemonKeys = map[string]string{"http-proxy": "HTTP_PROXY", "https-proxy": "HTTPS_PROXY", "no-proxy": "NO_PROXY"}

// ReadDaemonFile reads a daemon.json.
func ReadDaemonFile(root *Root, name string) DaemonFile {
	d := DaemonFile{Path: clean(name)}
	text, ok := root.text(name)
	if !ok {
		return d
	}
	d.Found = true
	d.parse(text)
	env, remarks := judged(root, d.Path, d.Env)
	d.Env, d.Remarks = env, append(d.Remarks, remarks...)
	return d
}

// parse applies the content. An empty file is not an error.
func (d *DaemonFile) parse(text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	values, line, err := parseJSON(text)
	if err != nil || len(values) > 0 && len(values[0].path) == 0 && values[0].kind != '{' {
		d.refuse(refused(err, Remark{Code: Syntax, Source: at(d.Path, line), Text: "not a JSON object: dockerd does not start"}))
		return
	}
	for _, v := range values {
		d.take(v)
	}
	if d.Refused {
		d.Env = nil
	}
}

func (d *DaemonFile) refuse(m Remark) {
	d.Refused = true
	d.Remarks = append(d.Remarks, m)
}

// take applies one leaf.
func (d *DaemonFile) take(v jsonValue) {
	if len(v.path) == 0 {
		return
	}
	source := at(d.Path, v.line)
	switch key := v.path[0]; {
	case strings.EqualFold(key, "proxies"):
		d.takeProxies(v, source)
	case key == "registry-mirrors" && v.kind == 's':
		d.Mirrors = append(d.Mirrors, route.Variable{Name: key, Value: v.text, Source: source})
	case key == "insecure-registries" && v.kind == 's':
		d.Insecure = append(d.Insecure, route.Variable{Name: key, Value: v.text, Source: source})
	case daemonKeys[key] != "":
		m := d.remark(DaemonKeyIgnored, key, v, `at the top level dockerd accepts the key and ignores it; it is read in "proxies" only`)
		m.Write = corrected(`"proxies": {"`+key+`": "`, key, v.text, `"}`)
		d.Remarks = append(d.Remarks, m)
	case isProxy(key) || isNoProxy(key):
		d.refuse(d.remark(DaemonRefused, key, v, "no configuration option has this name: dockerd does not start"))
	}
}

// takeProxies applies a leaf of "proxies".
func (d *DaemonFile) takeProxies(v jsonValue, source string) {
	key := ""
	if len(v.path) > 1 {
		key = v.path[1]
	}
	name, known := daemonKeys[key]
	switch {
	case known && len(v.path) == 2 && v.kind == 's':
		d.Env = append(d.Env, route.Variable{Name: name, Value: v.text, Source: source, Key: "proxies." + key})
	case v.kind == 'v' && v.text == "null" && (known || key == ""):
	case known:
		d.refuse(d.remark(DaemonRefused, key, v, "is not a string: dockerd does not start"))
	case key == "" && v.kind == '{':
	default:
		m := d.remark(DaemonRefused, key, v, `"proxies" has only http-proxy, https-proxy and no-proxy here `+
			`(httpProxy and "default" belong in the client's config.json): dockerd does not start`)
		if write, ok := daemonKeyFor(v.path); ok {
			m.Write = corrected(`"proxies": {"`+write+`": "`, write, v.text, `"}`)
		}
		d.refuse(m)
	}
}

// remark returns a remark on a key. Only a string's value is shown.
func (d *DaemonFile) remark(code Code, key string, v jsonValue, text string) Remark {
	m := Remark{Code: code, Source: at(d.Path, v.line), Variable: quoted(key), Text: text}
	if last := v.path[len(v.path)-1]; v.kind == 's' {
		m.Value = redact.Mark
		if _, meant := daemonKeyFor(v.path); meant {
			m.Value = shown(last, v.text)
		}
	}
	return m
}

// daemonKeyFor returns the right key for a wrong one.
func daemonKeyFor(path []string) (string, bool) {
	switch normal(path[len(path)-1]) {
	case "httpproxy", "http_proxy":
		return "http-proxy", true
	case "httpsproxy", "https_proxy":
		return "https-proxy", true
	case "noproxy", "no_proxy":
		return "no-proxy", true
	}
	return "", false
}

// DaemonConflicts returns a remark for each proxy that is given both as a flag
// of the unit and in daemon.json, which dockerd refuses ("specified both as a
// flag and in the configuration file").
func DaemonConflicts(s Service, d DaemonFile) []Remark {
	var remarks []Remark
	for _, flag := range s.Flags {
		name := daemonKeys[strings.TrimPrefix(flag.Name, "--")]
		if i := slices.IndexFunc(d.Env, func(v route.Variable) bool { return v.Name == name }); i >= 0 {
			remarks = append(remarks, remarkOn(DaemonFlagAndKey, flag, "is given in "+d.Env[i].Source+" as well: dockerd refuses to start with a "+
				"flag and a key for the same setting"))
		}
	}
	return remarks
}

// IgnoredDaemonProxies returns remarks on the proxies of a daemon.json whose engine does not read
// them there; text says why.
func IgnoredDaemonProxies(root *Root, name, text string) []Remark {
	d := ReadDaemonFile(root, name)
	var out []Remark
	for _, v := range d.Env {
		m := remarkOn(DesktopDaemonJSON, v, text)
		m.Variable, m.Write = v.Called(), "set it where the product has its proxy settings"
		out = append(out, m)
	}
	return out
}
