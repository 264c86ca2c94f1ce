package allowlist

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"pullpath/internal/profile"
)

// squid writes ACLs and the rules that use them (http://www.squid-cache.org/Doc/config/acl/,
// dstdomain: a leading dot stands for the name and all below it).
func squid(out io.Writer, p profile.Profile) ([]string, error) {
	hosts, left := domains(p)
	text := heading("#", p) + "# Put these lines before \"http_access deny all\".\n"
	for _, port := range ports(hosts) {
		name := fmt.Sprintf("%s_%d", word(p), port)
		all := uncovered(at(port, hosts))
		for _, h := range needed(all, true) {
			text += fmt.Sprintf("acl %s dstdomain %s\n", name, strings.TrimPrefix(h.Host, "*"))
		}
		if optional := needed(all, false); len(optional) > 0 {
			text += "# " + isOptional + "\n"
			for _, h := range optional {
				text += fmt.Sprintf("acl %s dstdomain %s\n", name, strings.TrimPrefix(h.Host, "*"))
			}
		}
		text += fmt.Sprintf("acl %s_port port %d\n", name, port)
		text += fmt.Sprintf("http_access allow CONNECT %s %s_port\n", name, name)
		if port != 443 {
			text += fmt.Sprintf("# Without this line \"http_access deny CONNECT !SSL_ports\" refuses the port.\nacl SSL_ports port %d\n", port)
		}
	}
	_, err := io.WriteString(out, text)
	return left, err
}

// uncovered leaves out the names that a pattern of the list holds: Squid complains of both.
// A pattern that holds a required name is required.
func uncovered(hosts []profile.Host) []profile.Host {
	var out []profile.Host
	for _, h := range hosts {
		if slices.ContainsFunc(hosts, func(o profile.Host) bool { return holds(o, h) }) {
			continue
		}
		h.Required = h.Required || slices.ContainsFunc(hosts, func(o profile.Host) bool { return o.Required && holds(h, o) })
		out = append(out, h)
	}
	return out
}

// holds reports whether one host of a list is a pattern of another's name.
func holds(pattern, h profile.Host) bool {
	suffix, open := strings.CutPrefix(pattern.Host, "*")
	return open && pattern.Host != h.Host && strings.HasSuffix("."+strings.TrimPrefix(h.Host, "*."), suffix)
}

// pacProxy stands in a PAC file for the proxy, which a profile does not know.
const pacProxy = "PROXY proxy.corp.example:3128"

// pac writes a function as browsers call it
// (https://developer.mozilla.org/docs/Web/HTTP/Guides/Proxy_servers_and_tunneling).
func pac(out io.Writer, p profile.Profile) ([]string, error) {
	hosts, left := domains(p)
	var exact, below []profile.Host
	known := map[string]bool{}
	for _, required := range []bool{true, false} {
		for _, h := range needed(hosts, required) {
			h.Host = strings.ToLower(h.Host)
			suffix, open := strings.CutPrefix(h.Host, "*")
			switch {
			case known[h.Host]:
			case open:
				below = append(below, profile.Host{Host: suffix, Required: h.Required})
			default:
				exact = append(exact, h)
			}
			known[h.Host] = true
		}
	}
	text := heading("//", p) + "function FindProxyForURL(url, host) {\n" +
		"  var proxy = " + quoted(pacProxy) + "; // write your own\n" +
		"  var names = " + list(exact) + ";\n" +
		"  var below = " + list(below) + ";\n" + `  host = host.toLowerCase();
  for (var i = 0; i < names.length; i++) if (host === names[i]) return proxy;
  for (var j = 0; j < below.length; j++) if (dnsDomainIs(host, below[j])) return proxy;
  return "DIRECT";
}
`
	_, err := io.WriteString(out, text)
	return append(left, "the proxy in it is an example: "+pacProxy), err
}

// list writes names as JavaScript reads an array, the optional ones behind a comment.
func list(hosts []profile.Host) string {
	text, marked := "[", false
	for i, h := range hosts {
		if i > 0 {
			text += ","
		}
		if !h.Required && !marked {
			text, marked = text+"\n    // "+isOptional, true
		}
		if i > 0 || marked {
			text += "\n    "
		}
		text += quoted(h.Host)
	}
	return text + "]"
}

// quoted writes a text as JavaScript reads it.
func quoted(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		return `""`
	}
	return string(out)
}

// edl writes a URL list: a name in a line, without a scheme, and with a slash at its end, so
// that no longer name begins with it
// (https://docs.paloaltonetworks.com/network-security/security-policy/administration/objects,
// "Formatting Guidelines for an External Dynamic List"). Such a list has no comments.
func edl(out io.Writer, p profile.Profile) ([]string, error) {
	hosts, left := domains(p)
	text := ""
	for _, h := range hosts {
		entry := h.Host
		if h.Port != 443 && h.Port != 80 {
			entry += fmt.Sprintf(":%d", h.Port)
		}
		if line := entry + "/\n"; !strings.Contains("\n"+text, "\n"+line) {
			text += line
		}
	}
	_, err := io.WriteString(out, text)
	return left, err
}
