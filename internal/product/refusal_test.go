package product

import (
	"testing"

	"pullpath/internal/cost"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// refusal is an answer to CONNECT and what it says.
type refusal struct {
	name string
	in   fault.Connect
	want Cause
}

// squidSays returns a bare reply of Squid that names the page it stands for.
func squidSays(code int, page string) fault.Connect {
	return connect(code, "x", "", "Server: squid/5.7", "X-Squid-Error: "+page)
}

func squidRefusals() []refusal {
	return []refusal{
		{"login", squidSays(407, "ERR_CACHE_ACCESS_DENIED 0"), None},
		{"squid, rule", squidSays(403, "ERR_ACCESS_DENIED 0"), Denied},
		{"squid, page of its own for 403", squidSays(403, "ERR_FIREWALL_BLOCKED 0"), Denied},
		{"squid, page of its own for 503", squidSays(503, "ERR_FIREWALL_BLOCKED 0"), None},
		{"squid, name", squidSays(503, "ERR_DNS_FAIL 0"), CannotResolve},
		{"squid, no parent, or a name as 5.7 says it of CONNECT", squidSays(500, "ERR_CANNOT_FORWARD 0"), NoWay},
		{"squid of old, no parent", squidSays(503, "ERR_CANNOT_FORWARD 0"), NoWay},
		{"squid, its header taken away", connect(500, "x", "<body id=ERR_CANNOT_FORWARD>", "Server: squid/5.7"), NoWay},
		{"squid, name, old status", squidSays(404, "ERR_DNS_FAIL 0"), CannotResolve},
		{"squid, refused", squidSays(503, "ERR_CONNECT_FAIL 111"), CannotReach},
		{"squid, no route", squidSays(503, "ERR_CONNECT_FAIL 113"), CannotReach},
		{"squid, timeout", squidSays(503, "ERR_CONNECT_FAIL 110"), UpstreamTimeout},
		{"squid, timeout on FreeBSD", squidSays(503, "ERR_CONNECT_FAIL 60"), UpstreamTimeout},
		{"squid, no answer", squidSays(504, "ERR_READ_TIMEOUT 0"), UpstreamTimeout},
		{"squid, its own trouble", squidSays(500, "ERR_CANNOT_SOMETHING 0"), None},
	}
}

func otherRefusals() []refusal {
	return []refusal{
		{"bare 403", connect(403, "Forbidden", ""), None},
		{"bare 502", connect(502, "Bad Gateway", ""), None},
		{"bare 503", connect(503, "Service Unavailable", ""), None},
		{"bare 504", connect(504, "Gateway Timeout", ""), None},
		{"accepted", connect(200, "Connection established", "", "X-Squid-Error: ERR_DNS_FAIL 0"), None},
		{"tinyproxy, filter", connect(403, "Filtered", "The request you made has been filtered"), Denied},
		{"tinyproxy, unreachable", connect(500, "Unable to connect", "Tinyproxy was unable to connect to the remote web server."), NoWay},
		{"apache, name", connect(502, "Proxy Error", "DNS lookup failure for: registry.example"), CannotResolve},
		{"apache, rule", connect(403, "Forbidden", "Connect to remote machine blocked"), Denied},
		{"3proxy", connect(502, "Bad Gateway", "<h3>Host Not Found or connection failed</h3>"), NoWay},
		{"blue coat, name", connect(503, "x", "<big>Network Error (dns_unresolved_hostname)</big>"), CannotResolve},
		{"blue coat, rule", connect(403, "x", "<big>Access Denied (policy_denied)</big>"), Denied},
		{"zscaler", connect(403, "Forbidden", "", "Server: Zscaler/6.2"), Denied},
		{"zscaler, not a 403", connect(503, "x", "", "Server: Zscaler/6.2"), None},
		{"fortiguard", connect(403, "Forbidden", "<p>FortiGuard Web Filtering</p>"), Denied},
		{"azure", connect(470, "status code 470", ""), Denied},
		{"tmg, rule behind a 502", connect(502, "Proxy Error ( Forefront TMG denied the specified Uniform Resource Locator (URL).  )", ""),
			Denied},
		{"tmg, other", connect(502, "Proxy Error ( The ISA Server is tired.  )", ""), None},
		{"go, name", connect(502, "Bad Gateway", "dial tcp: lookup registry.example on 192.0.2.53:53: no such host"), CannotResolve},
		{"go, resolver is silent", connect(502, "Bad Gateway", "dial tcp: lookup registry.example on 192.0.2.53:53: read udp: i/o timeout"),
			CannotResolve},
		{"go, refused", connect(502, "Bad Gateway", "dial tcp 192.0.2.1:443: connect: connection refused"), CannotReach},
		{"go, timeout", connect(502, "Bad Gateway", "dial tcp 192.0.2.1:443: i/o timeout"), UpstreamTimeout},
		{"a 403 that talks of names", connect(403, "Forbidden", "x: no such host"), None},
		{"contradiction", connect(503, "x", "FortiGuard Web Filtering", "X-Squid-Error: ERR_DNS_FAIL 0"), None},
	}
}

func TestRefusal(t *testing.T) {
	for _, tt := range append(squidRefusals(), otherRefusals()...) {
		if got := Refusal(tunnelOf(tt.in)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestWebServerAndTLSPort(t *testing.T) {
	for _, tt := range []struct {
		name   string
		in     fault.Connect
		server string
		tls    bool
	}{
		{"nginx", connect(405, "Not Allowed", "", "Server: nginx/1.22.1"), "nginx", false},
		{"nginx of old", connect(400, "Bad Request", "", "Server: nginx"), "nginx", false},
		{"nginx as a proxy", connect(200, "OK", "", "Server: nginx/1.31.0"), "", false},
		{"nginx as a proxy without upstream", connect(502, "Bad Gateway", "", "Server: nginx/1.31.0"), "", false},
		{"apache", connect(405, "Method Not Allowed", "", "Server: Apache/2.4.57 (Debian)"), "Apache httpd", false},
		{"apache as a proxy", connect(403, "Forbidden", "", "Server: Apache/2.4.57 (Debian)"), "", false},
		{"iis", connect(404, "Not Found", "", "Server: Microsoft-HTTPAPI/2.0"), "Microsoft IIS", false},
		{"caddy", connect(405, "Method Not Allowed", "", "Server: Caddy"), "Caddy", false},
		{"python", connect(501, "Unsupported method ('CONNECT')", "", "Server: SimpleHTTP/0.6 Python/3.12.3"), "Python http.server", false},
		{"cloudfront", connect(400, "Bad Request", "", "Server: CloudFront"), "Amazon CloudFront", false},
		{"squid before nginx", connect(400, "Bad Request", "", "Server: nginx", "Via: 1.1 p (squid/5.7)"), "", false},
		{"haproxy may stand before a proxy", connect(400, "Bad Request", "Your browser sent an invalid request."), "", false},
		{"bare 405", connect(405, "Method Not Allowed", ""), "", false},
		{"bare 400", connect(400, "Bad Request", "<p>nginx is great</p>"), "", false},
		{"nginx with TLS", connect(400, "Bad Request", "<title>400 The plain HTTP request was sent to HTTPS port</title>", "Server: nginx"),
			"", true},
		{"go with TLS", connect(400, "Bad Request", "Client sent an HTTP request to an HTTPS server.\n"), "", true},
		{"apache with TLS", connect(400, "Bad Request", "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />"), "", true},
		{"tomcat with TLS", connect(400, "", "Bad Request\r\nThis combination of host and port requires TLS.\r\n"), "", true},
	} {
		server, ok := WebServer(tunnelOf(tt.in))
		if server != tt.server || ok != (tt.server != "") {
			t.Errorf("%s: web server %q, %v, want %q", tt.name, server, ok, tt.server)
		}
		if got := TLSPort(tunnelOf(tt.in)); got != tt.tls {
			t.Errorf("%s: TLS port %v, want %v", tt.name, got, tt.tls)
		}
	}
}

func TestBlockPage(t *testing.T) {
	for _, tt := range []struct {
		page string
		want bool
	}{
		{"<title>Internet Security by Zscaler</title>", true},
		{"<p>FortiGuard Web Filtering</p>", true},
		{"<html><body id=ERR_ACCESS_DENIED></html>", true},
		{"<html><body id=ERR_DNS_FAIL></html>", false},
		{"<p>Tinyproxy was unable to connect to the remote web server.</p>", false},
		{"<title>Sign in</title>", false},
		{`{"errors":[{"code":"DENIED"}]}`, false},
	} {
		b := scribe().Body([]byte(tt.page), "text/html", false)
		if got := BlockPage(b.Markers, b.Title); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.page, got, tt.want)
		}
	}
	if !BlockPage(nil, "Internet Security by Zscaler") {
		t.Error("the title alone is not enough")
	}
}

// FuzzAnswer holds that nothing that comes from the wire breaks the naming,
// and that certainty only falls along the list.
func FuzzAnswer(f *testing.F) {
	for _, r := range Rows() {
		for _, c := range r.Connects {
			name, value := "", ""
			if h := headersOf(c.Headers); len(h) > 0 {
				name, value = h[0].Name, h[0].Value
			}
			f.Add(c.Phrase, c.Status, name, value, c.Body)
		}
	}
	f.Fuzz(func(t *testing.T, line string, code int, name, value, text string) {
		cost.Linear(t, len(line)+len(name)+len(value)+len(text), func() {
			headers := []evidence.Header{{Name: name, Value: value}, {Name: "Via", Value: value}, {Name: "Server", Value: value}}
			body := scribe().Body([]byte(text), value, false)
			tunnel := evidence.Tunnel{StatusLine: line, Code: code, Headers: headers, Body: body}
			matches := OfTunnel(tunnel)
			for i := 1; i < len(matches); i++ {
				if matches[i-1].Grade == Memory && matches[i].Grade != Memory {
					t.Errorf("memory before knowledge: %q", names(matches))
				}
			}
			server, ok := WebServer(tunnel)
			if ok && (server == "" || TLSPort(tunnel)) {
				t.Errorf("web server %q", server)
			}
			if c := Refusal(tunnel); c != None && code < 300 {
				t.Errorf("status %d is refused as %q", code, c)
			}
			OfRequest(evidence.Request{StatusLine: line, Code: code, Headers: headers, Location: value, Body: body})
			OfChain([]evidence.Certificate{{IssuerCN: value, IssuerOrg: []string{text}}, {SubjectCN: line, CA: true}})
		})
	})
}
