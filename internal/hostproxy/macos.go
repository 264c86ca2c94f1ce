package hostproxy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"howett.net/plist"

	"pullpath/internal/route"
)

// maxPlist bounds a property list, in bytes: preferences.plist of a laptop with years of networks
// has some 100 KiB.
const maxPlist = 1 << 20

// dictionary is a dictionary of a property list.
type dictionary map[string]any

// parsePlist reads a property list in any of its forms.
func parsePlist(data []byte) (out dictionary, err error) {
	if len(data) > maxPlist {
		return nil, fmt.Errorf("more than %d bytes", maxPlist)
	}
	defer func() {
		if r := recover(); r != nil { // the library panics on some broken files
			out, err = nil, errors.New("not a property list")
		}
	}()
	if _, err := plist.Unmarshal(data, &out); err != nil {
		return nil, errors.New("not a property list")
	}
	return out, nil
}

func (d dictionary) dict(key string) dictionary {
	switch v := d[key].(type) {
	case map[string]any:
		return v
	case dictionary:
		return v
	}
	return nil
}

func (d dictionary) text(key string) string {
	switch v := d[key].(type) {
	case string:
		return v
	case uint64, int64, float64:
		return fmt.Sprint(v)
	}
	return ""
}

// on reports whether a number or a truth value is set.
func (d dictionary) on(key string) bool {
	if b, ok := d[key].(bool); ok {
		return b
	}
	return d.text(key) != "" && d.text(key) != "0"
}

func (d dictionary) list(key string) []string {
	var out []string
	if all, ok := d[key].([]any); ok {
		for _, v := range all {
			if s, ok := v.(string); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

// Service is a network service of macOS with its proxies.
type Service struct {
	Name string
	Proxies
}

// ParsePreferences reads SystemConfiguration's preferences.plist: the services of the current set,
// in their order. The proxies in force are those of the first service that has a network.
func ParsePreferences(name string, data []byte) ([]Service, error) {
	root, err := parsePlist(data)
	if err != nil {
		return nil, err
	}
	all := root.dict("NetworkServices")
	order := root.order()
	if len(order) == 0 {
		order = sortedKeys(all)
	}
	var out []Service
	for _, id := range order {
		service := all.dict(id)
		if service == nil || service.on("__INACTIVE__") {
			continue
		}
		title := service.text("UserDefinedName")
		if title == "" {
			title = id
		}
		out = append(out, Service{title, macProxies("the proxies of the network service "+title, service.dict("Proxies"), name)})
	}
	return out, nil
}

// order is the order of the services of the current set.
func (d dictionary) order() []string {
	set := d
	for part := range strings.SplitSeq(strings.Trim(d.text("CurrentSet"), "/"), "/") {
		set = set.dict(part)
	}
	return set.dict("Network").dict("Global").dict("IPv4").list("ServiceOrder")
}

// macProxies reads a dictionary of proxies
// (https://developer.apple.com/documentation/systemconfiguration/network-proxies-entity-keys).
func macProxies(place string, d dictionary, source string) Proxies {
	out := Proxies{Place: place, Rules: route.MacOSProxies}
	for _, kind := range [][2]string{{"HTTPS", "HTTPS_PROXY"}, {"HTTP", "HTTP_PROXY"}, {"SOCKS", "ALL_PROXY"}} {
		host := d.text(kind[0] + "Proxy")
		if !d.on(kind[0]+"Enable") || host == "" {
			continue
		}
		if port := d.text(kind[0] + "Port"); port != "" {
			host += ":" + port
		}
		if kind[0] == "SOCKS" {
			host = "socks5://" + host
		}
		out.set(kind[1], kind[0]+"Proxy", host, source)
	}
	exceptions := d.list("ExceptionsList")
	if d.on("ExcludeSimpleHostnames") {
		exceptions = append(exceptions, "<local>")
	}
	if out.Names() {
		out.set("NO_PROXY", "ExceptionsList", strings.Join(exceptions, ","), source)
	}
	if d.on("ProxyAutoConfigEnable") {
		out.pac("ProxyAutoConfigURLString", d.text("ProxyAutoConfigURLString"), source)
		if script := d.text("ProxyAutoConfigJavaScript"); script != "" {
			out.PAC, out.Script = route.Variable{Name: "ProxyAutoConfigJavaScript", Source: source}, []byte(script)
		}
	}
	if d.on("ProxyAutoDiscoveryEnable") {
		out.Detect = route.Variable{Name: "ProxyAutoDiscoveryEnable", Value: "1", Source: source}
	}
	return out
}

// ParseScutil reads what `scutil --proxy` prints: the proxies in force.
func ParseScutil(name string, data []byte) (Proxies, bool) {
	lines := strings.Split(decode(data), "\n")
	start := -1
	for i, line := range lines {
		if strings.HasSuffix(strings.TrimSpace(line), "<dictionary> {") {
			start = i
			break
		}
	}
	if start < 0 {
		return Proxies{}, false
	}
	d, _ := scutilDictionary(lines[start+1:], 0)
	return macProxies("the proxies in force (scutil --proxy)", d, name), true
}

// maxScutil bounds how deep dictionaries stand in each other: those of interfaces have two levels.
const maxScutil = 8

// scutilDictionary reads lines up to the brace that ends a dictionary, and returns how many.
func scutilDictionary(lines []string, depth int) (dictionary, int) {
	out := dictionary{}
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		key, value, _ := strings.Cut(line, " : ")
		switch {
		case line == "}" || depth > maxScutil:
			return out, i + 1
		case value == "<dictionary> {":
			d, n := scutilDictionary(lines[i+1:], depth+1)
			out[key], i = d, i+n
		case value == "<array> {":
			d, n := scutilDictionary(lines[i+1:], depth+1)
			out[key], i = d.elements(), i+n
		case value != "":
			out[key] = value
		}
	}
	return out, len(lines)
}

// elements are the values of an array, which stand under their numbers.
func (d dictionary) elements() []any {
	var out []any
	for i := 0; ; i++ {
		v, found := d[strconv.Itoa(i)]
		if !found {
			return out
		}
		out = append(out, v)
	}
}

// ParseLaunchd reads the variables of a launchd job that sets them for all programs, by launchctl
// setenv, or for its own program (launchd.plist(5), EnvironmentVariables).
func ParseLaunchd(name string, data []byte) (label string, forAll, own []route.Variable, err error) {
	d, err := parsePlist(data)
	if err != nil {
		return "", nil, nil, err
	}
	env := d.dict("EnvironmentVariables")
	for _, key := range sortedKeys(env) {
		own = append(own, route.Variable{Name: key, Value: env.text(key), Source: name})
	}
	return d.text("Label"), setenv(name, d.list("ProgramArguments")), own, nil
}

// setenv finds launchctl setenv NAME VALUE in the words of a command, also of one that a shell
// runs.
func setenv(source string, words []string) []route.Variable {
	var out []route.Variable
	words = strings.Fields(strings.NewReplacer(";", " ", "&&", " ", `"`, "", "'", "").Replace(strings.Join(words, " ")))
	for i := 0; i+2 < len(words); i++ {
		if words[i] == "setenv" {
			out = append(out, route.Variable{Name: words[i+1], Value: words[i+2], Source: source})
		}
	}
	return out
}

// ParseLaunchctl reads what `launchctl export` prints: NAME="value"; export NAME;
func ParseLaunchctl(name string, data []byte) []route.Variable {
	var out []route.Variable
	n := 0
	for line := range strings.Lines(decode(data)) {
		n++
		key, rest, found := strings.Cut(strings.TrimSpace(line), "=")
		if !found || strings.ContainsAny(key, " \t") {
			continue
		}
		value, _, _ := strings.Cut(rest, "; export ")
		out = append(out, route.Variable{Name: key, Value: strings.Trim(value, `"`), Source: name + ":" + strconv.Itoa(n)})
	}
	return out
}
