package report

import (
	"testing"

	"pullpath/internal/evidence"
)

// hopOf makes one hop of a detail.
func hopOf(d evidence.Detail, change ...func(*evidence.Hop)) evidence.Hop {
	w := newWalk("direct", "a.example")
	w.add("a.example", 1, d, change...)
	return w.t.Hops[0]
}

func TestSeen(t *testing.T) {
	untrusted := publicTLS("a.example")
	untrusted.Chain[0].IssuerOrg, untrusted.Chain[0].IssuerCN = nil, "Corp CA"
	for _, c := range []struct {
		hop  evidence.Hop
		want string
	}{
		{hopOf(evidence.Setting{Decision: "proxy", Proxy: proxyURL, Variable: "HTTPS_PROXY", Source: "/etc/environment"}),
			"proxy http://proxy.corp:3128 from HTTPS_PROXY in /etc/environment"},
		{hopOf(evidence.Setting{Decision: "direct", NoProxyVariable: "NO_PROXY", Token: ".example"}), `direct, NO_PROXY has ".example"`},
		{hopOf(evidence.Setting{Decision: "direct", Implicit: "loopback"}), "direct, loopback"},
		{hopOf(lookUp("a", "10.0.0.1", "10.0.0.2")), "10.0.0.1, 10.0.0.2"},
		{hopOf(noSuchName("a"), failed(evidence.NXDomain, "no such host")), "NXDOMAIN, no such host"},
		{hopOf(noSuchName("a"), failed(evidence.NXDomain, "NXDOMAIN from 10.0.0.53")), "NXDOMAIN from 10.0.0.53"},
		{hopOf(evidence.Resolve{Questions: []evidence.Question{{Rcode: "NXDOMAIN", ExtendedError: 15, ExtendedText: "Blocked"}}},
			failed(evidence.NXDomain, "")), "NXDOMAIN, extended error 15 Blocked, nxdomain"},
		{hopOf(evidence.Dial{}), ""},
		{hopOf(evidence.Dial{}, failed(evidence.Refused, "connect: connection refused")), "connect: connection refused"},
		{hopOf(evidence.Tunnel{Code: 200, Phrase: "OK", Headers: []evidence.Header{{Name: "via", Value: "1.1 edge"}}}), "200 OK, Via: 1.1 edge"},
		{hopOf(evidence.Tunnel{Code: 407, Phrase: "Auth", AuthSent: "Basic", Challenges: []evidence.Challenge{{Scheme: "Negotiate"}, {Scheme: "NTLM"}}},
			failed(evidence.ProxyStatus, "407")), "407 Auth, asks for Negotiate, NTLM, Basic sent"},
		{hopOf(evidence.Tunnel{Code: 302, Phrase: "Found", Headers: []evidence.Header{{Name: "Server", Value: "x"}, {Name: "Location", Value: "http://login/"}}},
			failed(evidence.ProxyStatus, "302")), "302 Found, Location: http://login/"},
		{hopOf(evidence.Tunnel{}, failed(evidence.Reset, "connection reset by peer")), "connection reset by peer"},
		{hopOf(evidence.Tunnel{FirstBytes: "SSH-2.0"}, failed(evidence.NotHTTP, "no status line")), `no status line, first bytes "SSH-2.0"`},
		{hopOf(evidence.Tunnel{SOCKS: &evidence.SOCKS{Offered: []int{0}, Login: -1, ResolvedBy: evidence.ByProxy}}), "SOCKS5, name left to the proxy"},
		{hopOf(evidence.Tunnel{SOCKS: &evidence.SOCKS{Offered: []int{0}, Login: -1, ResolvedBy: evidence.ByClient, Address: "192.0.2.1:443"}}),
			"SOCKS5, resolved here: given 192.0.2.1:443"},
		{hopOf(evidence.Tunnel{SOCKS: &evidence.SOCKS{Offered: []int{0}, Login: -1, Reply: 2, ResolvedBy: evidence.ByProxy}},
			failed(evidence.ProxyStatus, "socks connect tcp: unknown error")), "SOCKS5, name left to the proxy, reply 2, connection not allowed by ruleset"},
		{hopOf(evidence.Tunnel{FirstBytes: "HTTP/1.1 400", SOCKS: &evidence.SOCKS{Offered: []int{0}, Method: -1, Login: -1, Reply: -1, ResolvedBy: evidence.ByProxy}},
			failed(evidence.NotHTTP, "unexpected version")), `SOCKS5, name left to the proxy, unexpected version, first bytes "HTTP/1.1 400"`},
		{hopOf(evidence.Tunnel{SOCKS: &evidence.SOCKS{Offered: []int{2}, Method: 2, Login: -1, Reply: -1}}, probing("socks-password")),
			"probe socks-password: name and password: the server would take it (not sent)"},
		{hopOf(evidence.Tunnel{SOCKS: &evidence.SOCKS{Offered: []int{1}, Method: 255, Login: -1, Reply: -1}}, probing("socks-gssapi"),
			failed(evidence.ProxyStatus, "not taken")), "probe socks-gssapi: GSSAPI, no acceptable method"},
		{hopOf(evidence.Handshake{}, failed(evidence.Reset, "read tcp 10.0.0.2:50000->10.0.0.1:3128: read: connection reset by peer")), "connection reset by peer, 0 bytes sent, 0 received"},
		{hopOf(publicTLS("a.example")), "TLS 1.3, CN=a.example, issued by DigiCert, publicly trusted"},
		{hopOf(untrusted, failed(evidence.Untrusted, "x509: unknown authority")), `TLS 1.3, CN=a.example, not trusted: issuer "Corp CA"`},
		{hopOf(untrusted, failed(evidence.Expired, "x509: expired")), "TLS 1.3, CN=a.example, issued by Corp CA, x509: expired"},
		{hopOf(evidence.Handshake{AlertName: "unrecognized_name"}, failed(evidence.Alert, "alert 112")), "alert 112, alert unrecognized_name"},
		{hopOf(ping()), "401, Bearer realm https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth"},
		{hopOf(tokenRequest()), "200, token of 1462 characters, 300 s, Basic sent"},
		{hopOf(evidence.Request{Code: 302, Location: "https://cdn01.quay.io/x"}), "302 to https://cdn01.quay.io/x"},
		{hopOf(evidence.Request{Code: 503, StatusLine: "HTTP/1.1 503 Service Unavailable", Body: &evidence.Body{Title: "Blocked"}},
			failed(evidence.UnexpectedAnswer, "503, expected 200")), `503 Service Unavailable, page "Blocked"`},
		{hopOf(evidence.Request{Code: 200, Token: &evidence.Token{Problem: "no token field"}}), "200, no token: no token field"},
		{hopOf(evidence.Request{Code: 200, Digest: &evidence.Digest{Want: "sha256:a", Got: "sha256:a", Bytes: 12}}), "200, 12 bytes, digest holds"},
		{hopOf(evidence.Request{Code: 206, Digest: &evidence.Digest{Want: "sha256:a", Bytes: 12, Of: 99}}), "206, 12 of 99 bytes read"},
		{hopOf(evidence.Request{Code: 200, Digest: &evidence.Digest{Want: "a", Got: "b", Bytes: 1}}, failed(evidence.DigestMismatch, "digest differs")),
			"200, 1 byte, digest b, wanted a, digest differs"},
		{hopOf(evidence.Dial{}, probing("rising-ttl"), failed(evidence.Timeout, "no answer")), "probe rising-ttl: no answer"},
	} {
		if got := seen(c.hop, false); got != c.want {
			t.Errorf("seen %T\n got %s\nwant %s", c.hop.Detail, got, c.want)
		}
	}
}

func TestSeenVerboseKeepsTheRawText(t *testing.T) {
	h := hopOf(evidence.Tunnel{Code: 403, Phrase: "Forbidden"}, failed(evidence.ProxyStatus, "HTTP/1.1 403 raw"))
	if got, want := seen(h, true), "403 Forbidden, HTTP/1.1 403 raw"; got != want {
		t.Errorf("verbose: %q, want %q", got, want)
	}
	if got, want := seen(h, false), "403 Forbidden"; got != want {
		t.Errorf("terse: %q, want %q", got, want)
	}
}
