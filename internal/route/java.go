package route

import (
	"net/netip"
	"net/url"
	"strings"
)

// javaDialect is Java's HttpURLConnection and java.net.http: they read system
// properties, never the variables; the properties can come from
// JAVA_TOOL_OPTIONS (sun/net/spi/DefaultProxySelector.java).
func javaDialect(v version) Dialect {
	return Dialect{Name: "java-" + v.text, Family: "java", rules: rules{
		choose: func(env Environment, scheme string) Variable { return javaProperty(env, scheme+".proxyHost") },
		list:   func(env Environment) Variable { return javaProperty(env, "http.nonProxyHosts") },
		own:    javaImplicit, exempt: javaExempt, read: javaReading,
		refuses: func(_ Environment, _ string, target *url.URL) string {
			if !ascii(target.Hostname()) {
				return "java.net.URI takes ASCII only"
			}
			return ""
		},
		notRead: func(string) string { return "Java reads system properties, not the variables" },
	}}
}

// javaProperty returns a -D option of JAVA_TOOL_OPTIONS as a variable of that name.
// The port goes with the host, for one value is what the rest reads.
func javaProperty(env Environment, name string) Variable {
	options := env.lookup("JAVA_TOOL_OPTIONS")
	find := func(property string) string {
		for word := range strings.FieldsSeq(options.Value) {
			if value, ok := strings.CutPrefix(word, "-D"+property+"="); ok {
				return strings.Trim(value, `"'`)
			}
		}
		return ""
	}
	value := find(name)
	if value == "" {
		return Variable{}
	}
	if prefix, ok := strings.CutSuffix(name, "Host"); ok {
		if port := find(prefix + "Port"); port != "" {
			value += ":" + port
		}
	}
	return Variable{Name: "-D" + name, Value: value, Source: options.Source}
}

func javaImplicit(target *url.URL) string {
	host := hostOf(target)
	addr, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && addr.IsLoopback() {
		return "localhost, 127/8 and ::1 are never proxied"
	}
	return ""
}

// javaExempt: entries are separated by a bar, * stands at the ends only.
func javaExempt(list string, target *url.URL) (string, bool) {
	host := hostOf(target)
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	for entry := range strings.SplitSeq(list, "|") {
		e := strings.ToLower(entry)
		tail, front := strings.CutPrefix(e, "*")
		head, back := strings.CutSuffix(e, "*")
		switch {
		case e == "":
		case e == "*", e == host, front && !back && strings.HasSuffix(host, tail), back && !front && strings.HasPrefix(host, head):
			return entry, true
		}
	}
	return "", false
}

func javaReading(value string, target *url.URL) reading {
	name, port, ok := cutPort(value)
	if !ok {
		return ignored()
	}
	fallback := "443"
	if target.Scheme == "http" {
		fallback = "80"
	}
	return dials("http", name, port, fallback, nil)
}
