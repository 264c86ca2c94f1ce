package diagnosis

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
)

// maxLines bounds the find and reproduce lines of one finding: the first few
// hosts stand for all, the hops list the rest.
const maxLines = 3

// findLines returns what a log is searched by: UTC time, both ends, and the
// request that was made. What never left this host is in nobody's log.
func findLines(v *View, ids []int) []string {
	var out []string
	for _, id := range ids {
		h, ok := v.trace.Hop(id)
		if len(out) == maxLines {
			break
		}
		if !ok || h.Peer == "" || severalConnections(h) || h.Unsent() || h.At.IsZero() && h.Local == "" {
			continue
		}
		line := ""
		if !h.At.IsZero() {
			line = h.At.UTC().Format("2006-01-02T15:04:05.000Z") + " "
		}
		if bySquid(h) {
			line += fmt.Sprintf("(access.log: %d.%03d) ", h.At.Unix(), h.At.Nanosecond()/int(time.Millisecond))
		}
		if h.Local != "" {
			line += h.Local + " > "
		}
		line += h.Peer
		if what := asked(h); what != "" {
			line += " " + what
		}
		if !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

// bySquid reports whether a Squid answered. Its log has the time as seconds since 1970
// (http://www.squid-cache.org/Doc/config/logformat/, the format "squid"), so that nobody
// finds another form of it there.
func bySquid(h evidence.Hop) bool {
	headers := slices.Concat(evidence.DetailOf[evidence.Tunnel](h).Headers, evidence.DetailOf[evidence.Request](h).Headers)
	server, _ := evidence.HeaderValue(headers, "Server")
	_, says := evidence.HeaderValue(headers, "X-Squid-Error")
	return says || strings.HasPrefix(strings.ToLower(server), "squid")
}

// severalConnections reports whether a hop stands for several connections, none of which
// is logged under its own values.
func severalConnections(h evidence.Hop) bool {
	trail := evidence.DetailOf[evidence.Dial](h).Trail
	return trail != nil && trail.Said != ""
}

func asked(h evidence.Hop) string {
	switch d := h.Detail.(type) {
	case evidence.Tunnel:
		return d.Request
	case evidence.Handshake:
		if d.ServerName == "" {
			return "no SNI"
		}
		return "SNI " + d.ServerName
	case evidence.Request:
		return d.Method + " " + d.URL
	case evidence.Resolve:
		return "query " + d.Name
	case evidence.Dial:
		return "SYN"
	}
	return ""
}

// reproduce gives commands that show the same without this tool. Credentials
// stand in them as shell variables.
func reproduce(v *View, ids []int) []string {
	var out []string
	onPath := slices.ContainsFunc(ids, func(id int) bool {
		h, ok := v.trace.Hop(id)
		return ok && h.OnPath()
	})
	for _, id := range ids {
		h, ok := v.trace.Hop(id)
		if len(out) == maxLines {
			break
		}
		if !ok || !h.OnPath() && onPath {
			continue
		}
		line := command(v, h)
		if line != "" && !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

func command(v *View, h evidence.Hop) string {
	switch d := h.Detail.(type) {
	case evidence.Setting:
		if !h.OnPath() {
			return "" // the way of another client; the file and line are the proof
		}
	case evidence.Resolve:
		return dig(d)
	case evidence.Request:
		if d.URL == "" { // a text need not have it
			return ""
		}
		line := curl(h.Via, d.AuthSent, strings.ToUpper(d.Method), d.URL)
		if part, ok := strings.CutPrefix(d.Range, "bytes="); ok {
			return strings.Replace(line, "curl -v", "curl -v -r "+Quote(part), 1)
		}
		return line
	}
	target := v.Target(h.Target)
	if target.ID == "" {
		return ""
	}
	via := h.Via
	if d, ok := h.Detail.(evidence.Tunnel); ok && d.AuthSent != "" {
		return throughProxy(via, d.AuthSent, "https://"+target.URLHost()+"/")
	}
	if target.Route.Kind == "proxy" {
		via = target.Route.Proxy
	}
	return curl(via, "", "GET", "https://"+target.URLHost()+"/")
}

// WithoutLogin gives the command that makes a request again without the login that it had.
func WithoutLogin(h evidence.Hop) string {
	return curl(h.Via, "", "GET", evidence.DetailOf[evidence.Request](h).URL)
}

// dig asks a server as the hop did; where the name was looked up without a server,
// getent asks.
func dig(d evidence.Resolve) string {
	name := Quote(cmp.Or(d.Name, "HOST")) // a text may not tell it
	scheme, server, ok := strings.Cut(d.Server, "://")
	if !ok {
		scheme, server = "", d.Server
	}
	server, path, _ := strings.Cut(server, "/")
	server, _, _ = strings.Cut(server, "#")
	host, port, err := net.SplitHostPort(server)
	if err != nil {
		return "getent ahosts " + name
	}
	line := "dig " + Quote("@"+host)
	usual := map[string]string{"tls": "853", "https": "443"}[scheme]
	if usual == "" {
		usual = "53"
	}
	if port != usual {
		line += " -p " + Quote(port)
	}
	switch scheme {
	case "tcp", "tls":
		line += " +" + scheme
	case "https":
		line += " " + Quote("+https=/"+path)
	}
	if d.CheckingDisabled {
		line += " +cd"
	}
	return line + " " + name
}

// throughProxy returns the request with the proxy's login as it was made.
func throughProxy(via, scheme, url string) string {
	flag := map[string]string{"Digest": " --proxy-digest", "NTLM": " --proxy-ntlm", "Negotiate": " --proxy-negotiate"}[scheme]
	return "curl -v -x " + Quote(strings.Replace(via, redact.Mark+"@", "", 1)) + flag + ` -U "$PROXY_USER:$PROXY_PASSWORD" ` + Quote(url)
}

func curl(via, auth, method, url string) string {
	line := "curl -v"
	switch {
	case via == "":
		line += " --noproxy '*'"
	default:
		line += " -x " + Quote(via)
	}
	switch method {
	case "GET", "":
	case "HEAD": // with -X curl waits for a body
		line += " -I"
	default:
		line += " -X " + Quote(method)
	}
	switch auth {
	case "Basic":
		line += ` -u "$USERNAME:$PASSWORD"`
	case "Bearer":
		line += ` -H "Authorization: Bearer $TOKEN"`
	}
	return line + " " + Quote(url)
}

// Quote makes a word safe for a POSIX shell; plain words stay bare.
func Quote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._~:/@%+,=", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// sourceAddress returns the address by which the far side knows this host: the
// socket's own end, else the first address of the host.
func sourceAddress(h evidence.Hop, t *evidence.Trace) string {
	if host, _, err := net.SplitHostPort(h.Local); err == nil {
		return host
	}
	if len(t.Vantage.Addresses) > 0 {
		return t.Vantage.Addresses[0]
	}
	return "this host"
}
