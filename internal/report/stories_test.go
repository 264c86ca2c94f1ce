package report

import (
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

func healthyProxied() sample {
	w := newWalk("proxy", everyHost...)
	w.t.Vantage.Network = "mock"
	w.proxyName()
	for _, host := range everyHost {
		w.tunnel(host)
	}
	w.conversation()
	return sample{"healthy-proxied", w.t, judged(w, diagnosis.StatusPass, nil, diagnosis.Finding{
		Code: "dns-left-to-proxy", Severity: diagnosis.Info, Strength: diagnosis.Proven, Layer: diagnosis.DNS, Targets: allIDs(w),
		Hops: []int{3, 8}, Audience: diagnosis.HostAdmin,
		Title: "The names of 9 hosts do not resolve here, and need not: the proxy resolves them",
		Seen:  "10.20.0.53 says NXDOMAIN", Explanation: "The proxy resolves.", Remedy: "nothing",
	})}
}

func connectDenied() sample {
	w := newWalk("proxy", "registry.redhat.io", "sso.redhat.com", "cdn01.quay.io")
	w.proxyName()
	w.tunnel("registry.redhat.io")
	w.add("registry.redhat.io", 24, ping(), viaProxy)
	w.add("sso.redhat.com", 1, evidence.Dial{Address: proxyPeer}, toProxy)
	denied := w.add("sso.redhat.com", 2, evidence.Tunnel{Request: "CONNECT sso.redhat.com:443 HTTP/1.1", StatusLine: "HTTP/1.1 403 Forbidden",
		Code: 403, Phrase: "Forbidden", Headers: []evidence.Header{{Name: "Server", Value: "squid/5.7"},
			{Name: "X-Squid-Error", Value: "ERR_ACCESS_DENIED 0"}}}, viaProxy, failed(evidence.ProxyStatus, "403 Forbidden"))
	w.add("sso.redhat.com", 0, evidence.Handshake{}, skipped(denied))
	w.add("sso.redhat.com", 0, evidence.Request{}, skipped(denied))
	w.add("registry.redhat.io", 0, evidence.Request{}, skipped(denied))
	w.tunnel("cdn01.quay.io")
	return sample{"connect-denied", w.t, judged(w, diagnosis.StatusFail,
		map[string]string{"sso.redhat.com": "fail", "registry.redhat.io": "skipped"},
		diagnosis.Finding{
			Code: "proxy-connect-denied", Severity: diagnosis.Error, Strength: diagnosis.Proven, Layer: diagnosis.Proxy,
			Targets: []string{"sso.redhat.com:443"}, Hops: []int{denied}, Audience: diagnosis.ProxyAdmin,
			Title: "The proxy refuses a tunnel to sso.redhat.com:443",
			Seen: `10.20.9.1:3128 answered "403 Forbidden" with X-Squid-Error ERR_ACCESS_DENIED 0; ` +
				"registry.redhat.io:443 passes on the same proxy",
			Explanation: "The host is not on the proxy's allow-list. It is no credential problem: none was sent.",
			Remedy:      "allow CONNECT sso.redhat.com:443 for 10.20.3.7",
			Find:        []string{"2026-11-23T22:53:10.412Z 10.20.3.7:51544 > 10.20.9.1:3128 CONNECT sso.redhat.com:443 HTTP/1.1"},
			Reproduce:   []string{`curl -v -x http://proxy.corp:3128 -H "Authorization: Bearer $TOKEN" https://sso.redhat.com/auth/realms`},
			Values:      map[string]string{"status": "403"},
		})}
}

func proxyNameUnresolved() sample {
	w := newWalk("proxy", everyHost...)
	dns := w.add("", 3, noSuchName("proxy.corp"), toProxy, peer("10.20.0.53:53"), failed(evidence.NXDomain, "proxy.corp: NXDOMAIN"))
	for _, host := range everyHost {
		w.add(host, 0, evidence.Dial{}, toProxy, skipped(dns))
		w.add(host, 0, evidence.Tunnel{}, viaProxy, skipped(dns))
		w.add(host, 0, evidence.Handshake{}, viaProxy, skipped(dns))
	}
	return sample{"proxy-name-unresolved", w.t, judged(w, diagnosis.StatusFail, map[string]string{"*": "fail"}, diagnosis.Finding{
		Code: "proxy-name-unresolved", Severity: diagnosis.Error, Strength: diagnosis.Proven, Layer: diagnosis.Proxy, Targets: allIDs(w),
		Hops: []int{dns}, Audience: diagnosis.HostAdmin, Title: "The proxy's own name proxy.corp does not resolve",
		Seen: "10.20.0.53 says NXDOMAIN for proxy.corp", Explanation: "Nothing can be reached before the proxy is.",
		Remedy: "correct the proxy's name in HTTPS_PROXY, or have it entered in DNS", Reproduce: []string{"dig @10.20.0.53 proxy.corp"},
	})}
}

func directNotFound() sample {
	w := newWalk("direct", "registry.redhat.io", "cdn01.quay.io")
	w.t.Run.ProxySettings = []evidence.UnusedVariable{{Name: "HTTP_PROXY", Value: proxyURL, Why: "https"}}
	var hops []int
	for _, host := range []string{"registry.redhat.io", "cdn01.quay.io"} {
		id := w.add(host, 2, noSuchName(host), peer("10.20.0.53:53"), failed(evidence.NXDomain, "lookup "+host+": no such host"))
		w.add(host, 0, evidence.Dial{}, skipped(id))
		w.add(host, 0, evidence.Handshake{}, skipped(id))
		hops = append(hops, id)
	}
	return sample{"direct-not-found", w.t, judged(w, diagnosis.StatusFail, map[string]string{"*": "fail"},
		diagnosis.Finding{Code: "https-proxy-missing", Severity: diagnosis.Error, Strength: diagnosis.Likely, Layer: diagnosis.Settings,
			Targets: allIDs(w), Hops: hops, Audience: diagnosis.HostAdmin,
			Title: "HTTP_PROXY is set and HTTPS_PROXY is not: https goes direct, and direct does not work here",
			Seen:  "HTTP_PROXY=http://proxy.corp:3128, no HTTPS_PROXY", Explanation: "Registries are https.", Remedy: "set HTTPS_PROXY too"},
		diagnosis.Finding{Code: "dns-name-not-found", Severity: diagnosis.Error, Strength: diagnosis.Proven, Layer: diagnosis.DNS,
			Targets: allIDs(w), Hops: hops, Audience: diagnosis.NetworkTeam, Title: "No such name", Seen: "s", Explanation: "m", Remedy: "r",
			MaskedBy: "https-proxy-missing"})}
}

func interceptedUntrusted() sample {
	w := newWalk("direct", "registry.redhat.io")
	w.add("registry.redhat.io", 2, lookUp("registry.redhat.io", "23.40.41.42"), peer("10.20.0.53:53"))
	w.add("registry.redhat.io", 8, evidence.Dial{Address: "23.40.41.42:443"}, peer("23.40.41.42:443"))
	d := publicTLS("registry.redhat.io")
	d.Judgements, d.SCTs, d.Anchor.Kind = []evidence.Judgement{{Store: "client", Aspect: "trust",
		Error: "unknown authority"}}, 0, evidence.AnchorPresented
	d.Chain[0].IssuerOrg, d.Chain[0].IssuerCN = nil, "Corp Proxy CA"
	id := w.add("registry.redhat.io", 30, d, peer("23.40.41.42:443"),
		failed(evidence.Untrusted, "x509: certificate signed by unknown authority"))
	w.add("registry.redhat.io", 12, ping(), peer("23.40.41.42:443"), probing(evidence.ProbeBehindRefused))
	return sample{"intercepted-untrusted", w.t, judged(w, diagnosis.StatusFail, map[string]string{"*": "fail"}, diagnosis.Finding{
		Code: "tls-intercepted-untrusted", Severity: diagnosis.Error, Strength: diagnosis.Likely, Layer: diagnosis.TLS, Targets: allIDs(w),
		Hops:     []int{id},
		Audience: diagnosis.HostAdmin, Title: "TLS to registry.redhat.io is intercepted, and this client does not trust the interceptor",
		Seen: `chain ends in "Corp Proxy CA", presented by the peer`, Explanation: "A device decrypts.",
		Remedy: "install the CA, or exempt the host"})}
}

func tokenRefused() sample {
	w := newWalk("proxy", "registry.redhat.io", "sso.redhat.com")
	w.proxyName()
	w.tunnel("registry.redhat.io")
	w.tunnel("sso.redhat.com")
	w.add("registry.redhat.io", 24, ping(), viaProxy)
	d := tokenRequest()
	d.Code, d.StatusLine, d.Token = 401, "HTTP/1.1 401 Unauthorized", nil
	d.Errors = []evidence.APIError{{Code: "UNAUTHORIZED", Message: "invalid username or password"}}
	id := w.add("sso.redhat.com", 40, d, viaProxy, failed(evidence.UnexpectedAnswer, "401, expected 200"))
	w.add("registry.redhat.io", 0, evidence.Request{}, skipped(id))
	w.add("registry.redhat.io", 0, evidence.Request{}, skipped(id))
	return sample{"token-refused", w.t, judged(w, diagnosis.StatusFail, map[string]string{"*": "fail"}, diagnosis.Finding{
		Code: "auth-credentials-rejected", Severity: diagnosis.Error, Strength: diagnosis.Proven, Layer: diagnosis.Auth, Targets: allIDs(w),
		Hops:     []int{id},
		Audience: diagnosis.AccountOwner, Title: "The token server refuses the user name or password", Seen: "401 UNAUTHORIZED",
		Explanation: "The path is fine.", Remedy: "use a registry service account",
		Reproduce: []string{`curl -v -u "$USERNAME:$PASSWORD" https://sso.redhat.com/auth/realms/rhcc`}})}
}

func interrupted() sample {
	w := newWalk("proxy", "registry.redhat.io", "sso.redhat.com", "cdn.quay.io")
	w.t.Run.Ended = "interrupted"
	w.proxyName()
	w.tunnel("registry.redhat.io")
	w.add("sso.redhat.com", 1, evidence.Dial{Address: proxyPeer}, toProxy)
	w.add("sso.redhat.com", 4000, evidence.Tunnel{Request: "CONNECT sso.redhat.com:443 HTTP/1.1"}, viaProxy,
		failed(evidence.Budget, "interrupted after 4 s"))
	w.add("sso.redhat.com", 0, evidence.Handshake{}, skipped(0))
	w.t.DurationMS = 4100
	return sample{"interrupted", w.t, judged(w, diagnosis.StatusIncomplete,
		map[string]string{"sso.redhat.com": "skipped", "cdn.quay.io": "skipped"})}
}

func warnedOnly() sample {
	w := newWalk("direct", "registry.redhat.io", "cdn01.quay.io")
	w.t.Targets[1].Route = evidence.Route{Kind: "proxy", Proxy: proxyURL, Source: "HTTPS_PROXY"}
	w.add("registry.redhat.io", 2, lookUp("registry.redhat.io", "23.40.41.42", "2001:db8::42"), peer("10.20.0.53:53"))
	w.add("registry.redhat.io", 5000, evidence.Dial{Address: "[2001:db8::42]:443"}, peer("[2001:db8::42]:443"),
		probing(evidence.ProbeFurtherAddress),
		failed(evidence.Timeout, "connect: no answer in 5 s"))
	w.add("registry.redhat.io", 8, evidence.Dial{Address: "23.40.41.42:443"}, peer("23.40.41.42:443"))
	d := publicTLS("registry.redhat.io")
	d.Judgements = []evidence.Judgement{{Store: "client", Aspect: "trust", OK: true}}
	id := w.add("registry.redhat.io", 30, d, peer("23.40.41.42:443"))
	w.proxyName()
	w.add("cdn01.quay.io", 1, evidence.Dial{Address: proxyPeer}, toProxy)
	w.add("cdn01.quay.io", 9, connected("cdn01.quay.io"), viaProxy)
	w.add("cdn01.quay.io", 21, publicTLS("cdn01.quay.io"), viaProxy)
	return sample{"warned", w.t, judged(w, diagnosis.StatusWarn, map[string]string{"registry.redhat.io": "warn"},
		diagnosis.Finding{Code: "tcp-some-addresses-down", Severity: diagnosis.Warning, Strength: diagnosis.Possible, Layer: diagnosis.TCP,
			Targets: []string{"registry.redhat.io:443"}, Hops: []int{2}, Audience: diagnosis.NetworkTeam,
			Title: "One address of two does not answer",
			Seen:  "no answer in 5 s", Explanation: "m", Remedy: "r"},
		diagnosis.Finding{Code: "tls-intercepted-trusted", Severity: diagnosis.Warning, Strength: diagnosis.Proven, Layer: diagnosis.TLS,
			Targets: []string{"registry.redhat.io:443"}, Hops: []int{id}, Audience: diagnosis.HostAdmin,
			Title: "TLS is intercepted by a trusted device",
			Seen:  "s", Explanation: "m", Remedy: "r"})}
}

func settingsInvalid() sample {
	w := newWalk("proxy", "registry.redhat.io", "cdn01.quay.io")
	var hops []int
	for _, host := range []string{"registry.redhat.io", "cdn01.quay.io"} {
		id := w.add(host, 0, evidence.Setting{Dialect: "go-1.26", Decision: "error", Variable: "HTTPS_PROXY", Value: "http://proxy corp:3128",
			Problems: []evidence.SettingProblem{{Code: "space", Text: "a blank in the host"}}},
			failed(evidence.Invalid, "invalid character \" \" in host name"))
		w.add(host, 0, evidence.Tunnel{}, skipped(id))
		w.add(host, 0, evidence.Handshake{}, skipped(id))
		hops = append(hops, id)
	}
	return sample{"settings-invalid", w.t, judged(w, diagnosis.StatusFail, map[string]string{"*": "fail"}, diagnosis.Finding{
		Code: "proxy-url-invalid", Severity: diagnosis.Error, Strength: diagnosis.Proven, Layer: diagnosis.Settings, Targets: allIDs(w),
		Hops:     hops,
		Audience: diagnosis.HostAdmin, Title: "HTTPS_PROXY is no URL", Seen: "a blank in the host", Explanation: "m", Remedy: "r"})}
}

// poison is what a hostile peer or report would like to print.
const poison = "\x1b[2J\x1b]0;owned\a\r\n| FAKE | ok |\u202egnp.exe\u2066\u200b\u2028</details><script>alert(1)</script>`id`\x9b\xff"

func hostile() sample {
	w := newWalk("proxy", "registry.redhat.io")
	w.t.Vantage.Hostname, w.t.Run.Profile = poison, poison
	w.t.Targets[0].Route.Proxy = "http://" + poison + ":3128"
	long := strings.Repeat("abcdefghij", 1000)
	id := w.add("registry.redhat.io", 1e300, evidence.Tunnel{Request: poison, Code: 403, Phrase: poison, FirstBytes: long,
		Headers: []evidence.Header{{Name: "Server", Value: poison}}, Body: &evidence.Body{Title: "界界界" + poison}},
		failed(evidence.NotHTTP, poison+long), func(h *evidence.Hop) { h.Peer, h.Via = poison, poison })
	w.add("registry.redhat.io", 0, evidence.Handshake{}, skipped(2))
	w.add("registry.redhat.io", 0, evidence.Handshake{}, skipped(2))
	return sample{"hostile", w.t, judged(w, diagnosis.StatusFail, map[string]string{"*": "fail"}, diagnosis.Finding{
		Code: "unexplained", Severity: diagnosis.Error, Strength: diagnosis.Proven, Layer: diagnosis.Any, Targets: allIDs(w), Hops: []int{id},
		Audience: diagnosis.NetworkTeam, Title: poison, Seen: poison + long, Explanation: poison, Remedy: poison, Find: []string{poison},
		Reproduce: []string{"curl " + poison}},
		diagnosis.Finding{Code: poison, MaskedBy: "b", Targets: allIDs(w)}, diagnosis.Finding{Code: "b", MaskedBy: poison})}
}
