package transcript

import (
	"context"
	"strings"
	"testing"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
)

func har(entries ...string) string {
	return "{\n  \"log\": {\n    \"version\": \"1.2\",\n    \"creator\": {\"name\": \"WebInspector\", \"entries\": \"no list\"},\n    \"" +
		"pages\": [],\n    \"entries\": [" +
		strings.Join(entries, ",\n") + "]\n  }\n}\n"
}

func harOf(url, response string) string {
	return `{"startedDateTime": "2026-11-30T16:38:24.000Z", "time": 12.5, "request": {"method": "GET", "url": "` + url +
		`", "httpVersion": "HTTP/2", "headers": [` +
		`{"name": "Authorization", "value": "Bearer geheim-7f3a91"}]}, "response": ` + response + `, "serverIPAddress": "192.0.2.1"}`
}

func TestHAR(t *testing.T) {
	const failed = `{"status": 0, "statusText": "", "headers": [], "content": {}, "_error": "net::%"}`
	say := func(name string) string { return strings.Replace(failed, "%", name, 1) }
	const url = "https://r.example/v2/x/manifests/1"
	for _, tt := range []struct{ name, entry, want string }{
		{"served", harOf(url, `{"status": 200, "statusText": "OK", "headers": [], "content": {"text": "{}"}}`),
			"request ok of=r.example:443 peer=192.0.2.1:443 method=GET url=" + url + " code=200 auth=Bearer"},
		{"refused by the registry", harOf(url, `{"status": 403, "statusText": "Forbidden", "httpVersion": "http/1.1", "headers": [{"name": `+
			`"Content-Type", "value": "application/json"}],`+
			` "content": {"text": "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"geheim-7f3a91 may not\"}]}"}}`),
			"request failed kind=unexpected_answer of=r.example:443 peer=192.0.2.1:443 method=GET url=" + url +
				" code=403 auth=Bearer error=DENIED"},
		{"no name", harOf(url, say("ERR_NAME_NOT_RESOLVED")), "resolve failed kind=unknown of=r.example:443 name=r.example"},
		{"refused", harOf(url, say("ERR_CONNECTION_REFUSED")), "dial failed kind=refused of=r.example:443"},
		{"a proxy refuses", harOf(url, say("ERR_TUNNEL_CONNECTION_FAILED")), "tunnel failed kind=proxy_status of=r.example:443 role=proxy"},
		{"no proxy", harOf(url, say("ERR_PROXY_CONNECTION_FAILED")), "dial failed kind=unknown of=r.example:443 role=proxy"},
		{"untrusted", harOf(url, say("ERR_CERT_AUTHORITY_INVALID")), "handshake failed kind=untrusted of=r.example:443 sni=r.example"},
		{"reset", harOf(url, say("ERR_CONNECTION_RESET")), "handshake failed kind=unknown of=r.example:443 sni=r.example"},
		{"given up by the browser", harOf(url, say("ERR_ABORTED")), ""},
		{"no answer and no word why", harOf(url, `{"status": 0, "headers": [], "content": {}}`), ""},
		{"no request to a host", harOf("data:text/plain,x", `{"status": 200, "headers": [], "content": {}}`), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			trace := reading(t, har(tt.entry))
			same(t, sketch(trace), tt.want)
			if formOf(trace) != "HTTP archive" || trace.Texts.Files[0].Lines != 8 {
				t.Errorf("recognised %q, %d lines", formOf(trace), trace.Texts.Files[0].Lines)
			}
			for _, h := range trace.Hops {
				if d := evidence.DetailOf[evidence.Request](h); d.Body != nil && strings.Contains(d.Body.Text, "geheim") {
					t.Error("a secret was kept")
				}
			}
		})
	}
}

func TestDamagedHAR(t *testing.T) {
	whole := har(harOf("https://r.example/", `{"status": 200, "headers": [], "content": {}}`), harOf("https://q.example/",
		`{"status": 200, "headers": [], "content": {}}`))
	for _, tt := range []struct{ name, text, fails string }{
		{"cut in the second entry", whole[:strings.Index(whole, "q.example")], ""},
		{"no entries", `{"log": {"version": "1.2"}}`, "the archive cannot be read"},
		{"not JSON behind the beginning", `{"log": {"entries": [ {"request": 7} ]}}`, "entry 1 of the archive cannot be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Read(context.Background(), nil, []Source{{Name: "f", Data: strings.NewReader(tt.text)}},
				evidence.Scribe{Secrets: &redact.Secrets{}},
				func(string) bool { return false })
			if tt.fails == "" && err != nil || tt.fails != "" && (err == nil || !strings.Contains(err.Error(), tt.fails)) {
				t.Errorf("error %v, want %q", err, tt.fails)
			}
		})
	}
}

// Proxies for debugging, and this program, have CONNECT as an entry.
func TestArchiveWithACONNECT(t *testing.T) {
	const archive = `{"log": {"entries": [{"startedDateTime": "2026-11-30T10:00:00Z", "time": 3,
		"request": {"method": "CONNECT", "url": "https://sso.redhat.com:443/", "headers": []},
		"response": {"status": 403, "statusText": "Forbidden", "httpVersion": "HTTP/1.1", "headers": [{"name": "Server", "value": "squid/5.7"}],
			"content": {"text": "Access denied"}}}]}}`
	trace, err := Read(t.Context(), nil, []Source{{Name: "run.har", Data: strings.NewReader(archive)}},
		evidence.Scribe{Secrets: &redact.Secrets{}}, func(string) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range trace.Hops {
		if d, ok := h.Detail.(evidence.Tunnel); ok && h.Op == evidence.OpTunnel && h.FailedWith(evidence.ProxyStatus) && d.Code == 403 {
			return
		}
	}
	t.Errorf("no refused CONNECT in %+v", trace.Hops)
}
