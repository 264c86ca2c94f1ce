package rebuild_test

import (
	"slices"
	"strings"
	"testing"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/rebuild"
	"pullpath/internal/redact"
	"pullpath/internal/transcript"
)

// A client's words become the network in which it prints them, and what stands for what they do not tell is
// said. Names resolve unless the words say that they do not.
func TestWords(t *testing.T) {
	t.Parallel()
	const asked = `Get "https://r.example/v2/": `
	for text, want := range map[string][]string{
		asked + "Forbidden": {"connect-raw:host=r.example,port=443,login=none,raw=HTTP/1.1 403 Forbidden",
			"! the proxy of r.example:443: the text does not name it, and proxy.corp.example stands for it"},
		asked + "Blocked by rule 7": {"connect-raw:host=r.example,port=443,login=none,raw=HTTP/1.1 403 Blocked by rule 7",
			`! the number of the proxy's answer "Blocked by rule 7": 403 stands for it`},
		asked + "Proxy Authentication Required": {"connect-raw:host=r.example,port=443,login=none,raw=HTTP/1.1 407 Proxy",
			"! the scheme by which the proxy wants a login: Basic stands for it"},
		asked + "proxyconnect tcp: dial tcp 192.0.2.3:3128: connect: connection refused": {"tcp-refuse:host=proxy-1,address=192.0.2.3"},
		asked + "dial tcp: lookup r.example on 198.51.100.5:53: no such host":            {"dns-rcode:host=r.example,type=A,resolver=1"},
		asked + "dial tcp: lookup r.example on 198.51.100.5:53: server misbehaving":      {"rcode=SERVFAIL"},
		asked + "dial tcp 192.0.2.7:443: i/o timeout":                                    {"tcp-drop:host=r.example,address=192.0.2.7"},
		asked + "x509: certificate signed by unknown authority":                          {"tls-private:host=r.example"},
		`Get "https://quay.io/v2/": x509: certificate signed by unknown authority`:       {"tls-intercept:host=quay.io"},
		asked + "x509: certificate has expired or is not yet valid":                      {"tls-expired:host=r.example"},
		asked + "x509: certificate is valid for q.example, not r.example":                {"tls-wrong-name:host=r.example"},
		asked + "x509: certificate relies on legacy Common Name field, use SANs instead": {"no-names=yes"},
		asked + "EOF": {"tls-close:host=r.example"},
		asked + "read tcp 192.0.2.2:40000->192.0.2.7:443: read: connection reset by peer": {"tls-reset:host=r.example"},
		"unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 502 Bad Gateway": {
			"http-raw:host=r.example,path=/v2/a/manifests/1,whole=yes,method=HEAD,login=none,raw=HTTP/1.1 502 Bad Gateway"},
		"manifest for r.example/team/app:9 not found: manifest unknown": {
			"path=/v2/team/app/manifests/9", "HTTP/1.1 404 Not Found"},
		"curl: (28) Failed to connect to r.example port 443 after 9 ms: Couldn't connect to server": {"tcp-drop:host=r.example,port=443"},
		"curl: (7) Failed to connect to r.example port 443 after 9 ms: Couldn't connect to server":  {"tcp-refuse:host=r.example,port=443"},
		"curl: (56) x EOF\n" + asked + "Forbidden":                                                  {"! what t:1 says of no host"},
	} {
		trace, err := transcript.Read(t.Context(), nil, []transcript.Source{{Name: "t", Data: strings.NewReader(text)}},
			evidence.Scribe{Secrets: &redact.Secrets{}}, nil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		world, problems := rebuild.World(trace, rebuild.DefaultDelay)
		var got []string
		for _, f := range world.Faults {
			got = append(got, fault.Text(f))
		}
		for _, p := range problems {
			got = append(got, "! "+p)
		}
		for _, w := range want {
			if !slices.ContainsFunc(got, func(g string) bool { return strings.Contains(g, w) }) {
				t.Errorf("%s: got %q, want %q", text, got, w)
			}
		}
		if world.NoResolver {
			t.Errorf("%s: no name resolves", text)
		}
	}
}
