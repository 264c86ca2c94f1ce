package words

import (
	"testing"

	"pullpath/internal/evidence"
)

func TestSeen(t *testing.T) {
	untrusted := publicTLS("a.example")
	untrusted.Chain[0].IssuerOrg, untrusted.Chain[0].IssuerCN = nil, "Corp CA"
	for _, c := range []struct {
		hop  evidence.Hop
		want string
	}{
		{hopOf(evidence.Setting{Decision: "proxy", Proxy: proxyURL, Variable: "HTTPS_PROXY", Source: "/etc/environment"}),
			"proxy http://proxy.corp:3128 from HTTPS_PROXY in /etc/environment"},
		{hopOf(evidence.Setting{Decision: "direct", NoProxyVariable: "NO_PROXY", Token: ".example"}), `direct, NO_PROXY contains ".example"`},
		{hopOf(evidence.Setting{Decision: "direct", Implicit: "loopback"}), "direct, loopback"},
		{hopOf(evidence.Setting{Decision: "direct", Outcome: evidence.OutcomeUnknown, Why: "its unit cannot be read"}),
			"not known, its unit cannot be read"},
		{hopOf(evidence.Resolve{Name: "a.example", Addresses: []string{"10.0.0.1"}, Questions: []evidence.Question{
			{Name: "a.example.corp.example", Rcode: "NOERROR", ExtendedError: -1, Answers: []evidence.AddressRecord{{Address: "10.0.0.1"}}}}}),
			"10.0.0.1, as a.example.corp.example, by the search list"},
		{hopOf(lookUp("a", "10.0.0.1", "10.0.0.2")), "10.0.0.1, 10.0.0.2"},
		{hopOf(noSuchName("a"), failed(evidence.NXDomain, "no such host")), "NXDOMAIN, no such host"},
		{hopOf(noSuchName("a"), failed(evidence.NXDomain, "NXDOMAIN from 10.0.0.53")), "NXDOMAIN from 10.0.0.53"},
		{hopOf(evidence.Resolve{Questions: []evidence.Question{{Rcode: "NXDOMAIN", ExtendedError: 15, ExtendedText: "Blocked"}}},
			failed(evidence.NXDomain, "")), "NXDOMAIN, extended error 15 Blocked, nxdomain"},
		{hopOf(evidence.Dial{}), ""},
		{hopOf(evidence.Dial{}, failed(evidence.Refused, "connect: connection refused")), "connect: connection refused"},
		{hopOf(evidence.Tunnel{Code: 200, Phrase: "OK", Headers: []evidence.Header{{Name: "via", Value: "1.1 edge"}}}), "200 OK, Via: 1.1 edge"},
		{hopOf(evidence.Tunnel{Code: 407, Phrase: "Auth", AuthSent: "Basic",
			Challenges: []evidence.Challenge{{Scheme: "Negotiate"}, {Scheme: "NTLM"}}},
			failed(evidence.ProxyStatus, "407")), "407 Auth, asks for Negotiate, NTLM, Basic sent"},
		{hopOf(evidence.Tunnel{Code: 302, Phrase: "Found", Headers: []evidence.Header{{Name: "Server", Value: "x"},
			{Name: "Location", Value: "http://login/"}}},
			failed(evidence.ProxyStatus, "302")), "302 Found, Location: http://login/"},
		{hopOf(evidence.Tunnel{}, failed(evidence.Reset, "connection reset by peer")), "connection reset by peer"},
		{hopOf(evidence.Tunnel{FirstBytes: "SSH-2.0"}, failed(evidence.NotHTTP, "no status line")), `no status line, first bytes "SSH-2.0"`},
		{hopOf(evidence.Tunnel{SOCKS: &evidence.SOCKS{Offered: []int{0}, Login: -1, ResolvedBy: evidence.ByProxy}}),
			"SOCKS5, the proxy looks up the name"},
		{hopOf(evidence.Tunnel{SOCKS: &evidence.SOCKS{Offered: []int{0}, Login: -1, ResolvedBy: evidence.ByClient, Address: "192.0.2.1:443"}}),
			"SOCKS5, looked up here: 192.0.2.1:443"},
		{hopOf(evidence.Tunnel{SOCKS: &evidence.SOCKS{Offered: []int{0}, Login: -1, Reply: 2, ResolvedBy: evidence.ByProxy}},
			failed(evidence.ProxyStatus, "socks connect tcp: unknown error")),
			"SOCKS5, the proxy looks up the name, reply 2, connection not allowed by ruleset"},
		{hopOf(evidence.Tunnel{FirstBytes: "HTTP/1.1 400", SOCKS: &evidence.SOCKS{Offered: []int{0}, Method: -1, Login: -1, Reply: -1,
			ResolvedBy: evidence.ByProxy}},
			failed(evidence.NotHTTP, "unexpected version")), `SOCKS5, the proxy looks up the name, unexpected version, first bytes "HTTP/1.1 400"`},
		{hopOf(evidence.Tunnel{SOCKS: &evidence.SOCKS{Offered: []int{2}, Method: 2, Login: -1, Reply: -1}}, probing(evidence.ProbeSOCKSPassword)),
			"probe socks-password: the server accepts name and password (none was sent)"},
		{hopOf(evidence.Tunnel{SOCKS: &evidence.SOCKS{Offered: []int{1}, Method: 255, Login: -1, Reply: -1}}, probing(evidence.ProbeSOCKSGSSAPI),
			failed(evidence.ProxyStatus, "not taken")), "probe socks-gssapi: GSSAPI, no acceptable method"},
		{hopOf(evidence.Handshake{}, failed(evidence.Reset, "read tcp 10.0.0.2:50000->10.0.0.1:3128: read: connection reset by peer")),
			"connection reset by peer, 0 bytes sent, 0 received"},
		{hopOf(publicTLS("a.example")), "TLS 1.3, CN=a.example, issued by DigiCert, publicly trusted"},
		{hopOf(untrusted, failed(evidence.Untrusted, "x509: unknown authority")), `TLS 1.3, CN=a.example, issued by Corp CA, not trusted`},
		{hopOf(untrusted, failed(evidence.Expired, "x509: expired")), "TLS 1.3, CN=a.example, issued by Corp CA, x509: expired"},
		{hopOf(evidence.Handshake{AlertName: "unrecognized_name"}, failed(evidence.Alert, "alert 112")), "alert 112, alert unrecognized_name"},
		{hopOf(ping()), "401, Bearer realm https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth"},
		{hopOf(tokenRequest()), "200, token of 1462 characters, 300 s, Basic sent"},
		{hopOf(evidence.Request{Code: 302, Location: "https://cdn01.quay.io/x"}), "302 to https://cdn01.quay.io/x"},
		{hopOf(evidence.Request{Code: 503, StatusLine: "HTTP/1.1 503 Service Unavailable", Body: &evidence.Body{Title: "Blocked"}},
			failed(evidence.UnexpectedAnswer, "503, expected 200")), `503 Service Unavailable, page "Blocked"`},
		{hopOf(evidence.Request{Code: 200, Token: &evidence.Token{Problem: "no token field"}}), "200, no token: no token field"},
		{hopOf(evidence.Request{Code: 200, Digest: &evidence.Digest{Want: "sha256:a", Got: "sha256:a", Bytes: 12}}),
			"200, 12 bytes, digest matches"},
		{hopOf(evidence.Request{Code: 206, Digest: &evidence.Digest{Want: "sha256:a", Bytes: 12, Of: 99}}), "206, 12 of 99 bytes read"},
		{hopOf(evidence.Request{Code: 200, Digest: &evidence.Digest{Want: "a", Got: "b", Bytes: 1}},
			failed(evidence.DigestMismatch, "digest differs")),
			"200, 1 byte, digest b, expected a, digest differs"},
		{hopOf(evidence.Dial{}, probing(evidence.ProbeRisingTTL), failed(evidence.Timeout, "no answer")), "probe rising-ttl: no answer"},
	} {
		if got := Seen(c.hop, false); got != c.want {
			t.Errorf("seen %T\n got %s\nwant %s", c.hop.Detail, got, c.want)
		}
	}
}

func TestSeenVerboseKeepsTheRawText(t *testing.T) {
	h := hopOf(evidence.Tunnel{Code: 403, Phrase: "Forbidden"}, failed(evidence.ProxyStatus, "HTTP/1.1 403 raw"))
	if got, want := Seen(h, true), "403 Forbidden, HTTP/1.1 403 raw"; got != want {
		t.Errorf("verbose: %q, want %q", got, want)
	}
	if got, want := Seen(h, false), "403 Forbidden"; got != want {
		t.Errorf("terse: %q, want %q", got, want)
	}
}

func TestOutcome(t *testing.T) {
	corp := publicTLS("a.example")
	corp.Chain[0].IssuerOrg, corp.Chain[0].IssuerCN = nil, "Corp CA"
	at := func(h *evidence.Hop) { h.Peer = "192.0.2.1:443" }
	for _, c := range []struct {
		hop  evidence.Hop
		want string
	}{
		{hopOf(evidence.Setting{Decision: "proxy", Proxy: proxyURL, Variable: "HTTPS_PROXY"}), "proxy http://proxy.corp:3128"},
		{hopOf(evidence.Setting{Decision: "direct"}), "direct"},
		{hopOf(evidence.Setting{Proxy: "http://a b"}, failed(evidence.Invalid, "a blank in the host")), "a blank in the host"},
		{hopOf(lookUp("a", "10.0.0.1", "10.0.0.2")), "10.0.0.1, 10.0.0.2"},
		{hopOf(noSuchName("a"), failed(evidence.NXDomain, "rcode NXDOMAIN")), "rcode NXDOMAIN"},
		{hopOf(evidence.Dial{}, at), "192.0.2.1:443"},
		{hopOf(evidence.Dial{}, at, failed(evidence.Refused, "dial tcp 192.0.2.1:443: connect: connection refused")),
			"192.0.2.1:443: connection refused"},
		{hopOf(evidence.Tunnel{Code: 200, Phrase: "OK"}), "200 OK"},
		{hopOf(evidence.Tunnel{Code: 403, Phrase: "Forbidden", Headers: []evidence.Header{{Name: "Server", Value: "squid/5.7"}}},
			failed(evidence.ProxyStatus, "403")),
			"403 Forbidden, Server: squid/5.7"},
		{hopOf(publicTLS("a.example")), "issued by DigiCert"},
		{hopOf(corp, failed(evidence.Untrusted, "x509: unknown authority")), "issued by Corp CA, not trusted"},
		{hopOf(publicTLS("a.example"), failed(evidence.Expired, "x509: certificate has expired or is not yet valid: current time …")),
			"issued by DigiCert, expired"},
		{hopOf(evidence.Handshake{BytesSent: 500}, failed(evidence.Timeout, "i/o timeout")), "no answer"},
		{hopOf(ping()), "GET /v2/ 401"},
		{hopOf(evidence.Request{Method: "GET", Step: evidence.StepToken, Code: 503, StatusLine: "HTTP/1.1 503 Service Unavailable"},
			failed(evidence.UnexpectedAnswer, "503")), "GET token 503 Service Unavailable"},
		{hopOf(evidence.Request{Method: "GET", Step: evidence.StepToken, Code: 404, StatusLine: "404 Not Found"},
			failed(evidence.UnexpectedAnswer, "404")), "GET token 404 Not Found"},
		{hopOf(evidence.Request{Method: "GET", Step: evidence.StepToken}, failed(evidence.Closed, "EOF")), "GET token: EOF"},
		{hopOf(evidence.Request{Method: "GET", Step: evidence.StepLayer, Code: 200, StatusLine: "HTTP/1.1 200 OK",
			Digest: &evidence.Digest{Bytes: 100, Of: 300}}, failed(evidence.Timeout, "no answer in 5s")),
			"GET layer 200 OK, 100 of 300 bytes read, no complete answer"},
		{hopOf(evidence.Request{Method: "GET", Step: evidence.StepLayer, Code: 200, StatusLine: "HTTP/1.1 200 OK",
			Digest: &evidence.Digest{Bytes: 300, Of: 300, Got: "b", Want: "a"}},
			failed(evidence.DigestMismatch, "the content hashes to b, not to a")),
			"GET layer 200 OK, the content hashes to b, not to a"},
	} {
		if got := Outcome(c.hop); got != c.want {
			t.Errorf("outcome of %T\n got %s\nwant %s", c.hop.Detail, got, c.want)
		}
	}
}

func TestReason(t *testing.T) {
	for _, c := range []struct {
		hop  evidence.Hop
		want string
	}{
		{hopOf(evidence.Dial{}), ""},
		{hopOf(evidence.Dial{}, failed(evidence.Refused, "")), "refused"},
		{hopOf(evidence.Dial{}, failed(evidence.Timeout, "dial tcp: 192.0.2.1:443: i/o timeout: context deadline exceeded")), "no answer"},
		{hopOf(evidence.Tunnel{FirstBytes: "HTTP/1.1 "}, failed(evidence.Timeout, "i/o timeout")), "no complete answer"},
		{hopOf(evidence.Handshake{BytesReceived: 5}, failed(evidence.Timeout, "i/o timeout")), "no complete answer"},
		{hopOf(evidence.Request{StatusLine: "HTTP/1.1 200 OK"}, failed(evidence.Timeout, "i/o timeout")), "no complete answer"},
		{hopOf(evidence.Tunnel{}, failed(evidence.Reset, "write: broken pipe")), "connection reset by peer"},
		{hopOf(evidence.Dial{}, failed(evidence.Refused, "dial tcp 192.0.2.1:443: connect: connection refused")), "connection refused"},
		{hopOf(evidence.Request{}, failed(evidence.Closed, "Get: read tcp 10.0.0.2:5->10.0.0.1:443: read: EOF")), "Get: EOF"},
		{hopOf(evidence.Handshake{}, failed(evidence.Expired, "x509: certificate has expired")), "x509: certificate has expired"},
	} {
		if got := Reason(c.hop); got != c.want {
			t.Errorf("reason %q of %T, want %q", got, c.hop.Detail, c.want)
		}
	}
}

func TestMostTelling(t *testing.T) {
	fields := func(names ...string) []evidence.Header {
		var out []evidence.Header
		for _, n := range names {
			out = append(out, evidence.Header{Name: n, Value: "x"})
		}
		return out
	}
	for _, c := range []struct {
		code    int
		headers []evidence.Header
		want    string
	}{
		{403, nil, ""},
		{403, fields("Via", "Server", "X-Squid-Error"), "X-Squid-Error: x"},
		{403, fields("Server", "Location"), "Location: x"},
		{503, fields("Via", "Proxy-Agent"), "Proxy-Agent: x"},
		{302, fields("X-Squid-Error", "Location"), "Location: x"},
		{302, fields("via"), "Via: x"},
	} {
		if got := MostTelling(evidence.Tunnel{Code: c.code, Headers: c.headers}); got != c.want {
			t.Errorf("%d with %v: %q, want %q", c.code, c.headers, got, c.want)
		}
	}
}
