package report

import (
	"fmt"
	"strings"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// sample is a made-up run and what a judge would make of it.
type sample struct {
	name   string
	trace  *evidence.Trace
	result diagnosis.Result
}

func samples() []sample {
	return []sample{
		healthyProxied(), connectDenied(), proxyNameUnresolved(), directNotFound(),
		interceptedUntrusted(), tokenRefused(), interrupted(), warnedOnly(), settingsInvalid(), hostile(),
	}
}

const (
	proxyURL  = "http://proxy.corp:3128"
	proxyPeer = "10.20.9.1:3128"
)

var begin = time.Date(2026, 11, 23, 22, 53, 10, 412e6, time.UTC)

// walk builds a trace hop by hop.
type walk struct{ t *evidence.Trace }

func newWalk(kind string, hosts ...string) walk {
	offset := 12.0
	t := &evidence.Trace{
		Schema: evidence.Schema, Tool: evidence.Tool{Version: "0.1.0"}, Started: begin, DurationMS: 104, Seed: "5f3a",
		Vantage: evidence.Vantage{Hostname: "build-07", OS: "linux", Addresses: []string{"10.20.3.7"},
			Resolvers: []string{"10.20.0.53:53"}, ClockOffsetMS: &offset},
		Run: evidence.Run{Profile: "redhat", Client: "podman", Credentials: "given", TimeoutMS: 30000, HopTimeoutMS: 5000},
	}
	for _, host := range hosts {
		target := evidence.Target{ID: host + ":443", Endpoint: evidence.Endpoint{Host: host, Port: 443}, Role: roleOf(host), Required: true,
			Public: true, FoundBy: "profile", Route: evidence.Route{Kind: kind}, Status: "skipped"}
		if kind == "proxy" {
			target.Route.Proxy, target.Route.Source = proxyURL, "HTTPS_PROXY"
		}
		t.Targets = append(t.Targets, target)
	}
	return walk{t}
}

func roleOf(host string) evidence.Role {
	switch {
	case strings.HasPrefix(host, "registry"):
		return evidence.Registry
	case strings.HasPrefix(host, "sso"):
		return evidence.Auth
	}
	return evidence.Blob
}

var everyHost = []string{"registry.redhat.io", "sso.redhat.com", "cdn.quay.io", "cdn01.quay.io", "cdn02.quay.io",
	"cdn03.quay.io", "cdn04.quay.io", "cdn05.quay.io", "cdn06.quay.io"}

// add appends a hop; an empty target makes it a proxy's.
func (w walk) add(host string, took float64, d evidence.Detail, change ...func(*evidence.Hop)) int {
	h := evidence.Hop{ID: len(w.t.Hops) + 1, Role: roleOf(host), Purpose: evidence.Path, State: evidence.OK,
		At: begin.Add(time.Duration(len(w.t.Hops)) * time.Millisecond), BeganMS: float64(len(w.t.Hops)), TookMS: took, Detail: d}
	if host != "" {
		h.Target = host + ":443"
	}
	switch d.(type) {
	case evidence.Setting:
		h.Op = evidence.OpSetting
	case evidence.Resolve:
		h.Op = evidence.OpResolve
	case evidence.Dial:
		h.Op = evidence.OpDial
	case evidence.Tunnel:
		h.Op = evidence.OpTunnel
	case evidence.Handshake:
		h.Op = evidence.OpHandshake
	case evidence.Request:
		h.Op = evidence.OpRequest
	}
	for _, c := range change {
		c(&h)
	}
	w.t.Hops = append(w.t.Hops, h)
	return h.ID
}

// hopOf makes one hop of a detail.
func hopOf(d evidence.Detail, change ...func(*evidence.Hop)) evidence.Hop {
	w := newWalk("direct", "a.example")
	w.add("a.example", 1, d, change...)
	return w.t.Hops[0]
}

func failed(kind evidence.Kind, text string) func(*evidence.Hop) {
	return func(h *evidence.Hop) { h.State, h.Failure = evidence.Failed, evidence.Fail(kind, text, nil) }
}

func skipped(because int) func(*evidence.Hop) {
	return func(h *evidence.Hop) {
		h.State, h.Because, h.Detail, h.TookMS, h.Peer = evidence.Skipped, because, nil, 0, ""
	}
}

func peer(p string) func(*evidence.Hop) {
	return func(h *evidence.Hop) { h.Peer, h.Local = p, "10.20.3.7:51544" }
}

func viaProxy(h *evidence.Hop) { h.Via, h.Peer, h.Local = proxyURL, proxyPeer, "10.20.3.7:51544" }

func toProxy(h *evidence.Hop) { viaProxy(h); h.Role = evidence.Proxy }

func probing(name evidence.Probe) func(*evidence.Hop) {
	return func(h *evidence.Hop) { h.Purpose, h.Probe = evidence.Probing, name }
}

func lookUp(name string, addresses ...string) evidence.Resolve {
	return evidence.Resolve{Name: name, Server: "10.20.0.53:53", Transport: "udp", Addresses: addresses,
		Questions: []evidence.Question{{Name: name, Type: "A", Rcode: "NOERROR", ExtendedError: -1, Records: addresses}}}
}

func noSuchName(name string) evidence.Resolve {
	d := lookUp(name)
	d.Questions = []evidence.Question{{Name: name, Type: "A", Rcode: "NXDOMAIN", ExtendedError: -1},
		{Name: name, Type: "AAAA", Rcode: "NXDOMAIN", ExtendedError: -1}}
	return d
}

// proxyName looks the proxy's name up.
func (w walk) proxyName() int {
	return w.add("", 1, lookUp("proxy.corp", "10.20.9.1", "10.20.9.2"), toProxy, peer("10.20.0.53:53"))
}

func connected(host string) evidence.Tunnel {
	return evidence.Tunnel{Request: "CONNECT " + host + ":443 HTTP/1.1", StatusLine: "HTTP/1.1 200 Connection established",
		Code: 200, Phrase: "Connection established"}
}

func publicTLS(host string) evidence.Handshake {
	d := evidence.Handshake{ServerName: host, Version: "TLS 1.3", SCTs: 2, Anchor: evidence.Anchor{Kind: evidence.AnchorPublic},
		Chain: []evidence.Certificate{{Subject: "CN=" + host, SubjectCN: host, Issuer: "CN=DigiCert TLS,O=DigiCert",
			IssuerOrg: []string{"DigiCert"}, NotBefore: begin, NotAfter: begin.AddDate(1, 0, 0), Key: "RSA 2048", Serial: "0a",
			SHA256: strings.Repeat("ab", 32), SPKI: strings.Repeat("cd", 32)}}}
	for _, aspect := range []evidence.Aspect{evidence.AspectName, evidence.AspectDates, evidence.AspectTrust, evidence.AspectUsage} {
		d.Judgements = append(d.Judgements, evidence.Judgement{Store: evidence.StorePublic, Aspect: aspect, OK: true},
			evidence.Judgement{Store: evidence.StoreClient, Aspect: aspect, OK: true})
	}
	return d
}

// tunnel walks a proxied host as far as a sound handshake.
func (w walk) tunnel(host string) {
	w.add(host, 0.4, evidence.Setting{Dialect: "go-1.26", Decision: "proxy", Proxy: proxyURL, Variable: "HTTPS_PROXY"})
	w.add(host, 2, noSuchName(host), probing(evidence.ProbeLocalLookup), failed(evidence.NXDomain, "no such host"), peer("10.20.0.53:53"))
	w.add(host, 1, evidence.Dial{Address: proxyPeer}, toProxy)
	w.add(host, 9, connected(host), viaProxy)
	w.add(host, 21, publicTLS(host), viaProxy)
}

func ping() evidence.Request {
	return evidence.Request{Method: "GET", URL: "https://registry.redhat.io/v2/", Step: "ping", Code: 401,
		StatusLine: "HTTP/1.1 401 Unauthorized", Challenges: []evidence.Challenge{{Scheme: "Bearer",
			Params: map[string]string{"realm": "https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth"}}}}
}

func tokenRequest() evidence.Request {
	return evidence.Request{Method: "GET",
		URL:  "https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth?service=docker-registry",
		Step: "token", AuthSent: "Basic", Code: 200, StatusLine: "HTTP/1.1 200 OK", Token: &evidence.Token{Length: 1462, ExpiresIn: 300}}
}

// conversation returns the healthy talk with registry and token server.
func (w walk) conversation() {
	w.add("registry.redhat.io", 24, ping(), viaProxy)
	w.add("sso.redhat.com", 31, tokenRequest(), viaProxy)
	w.add("registry.redhat.io", 18, evidence.Request{Method: "GET", URL: "https://registry.redhat.io/v2/", Step: "ping-authorized",
		AuthSent: "Bearer", Code: 200, StatusLine: "HTTP/1.1 200 OK"}, viaProxy)
}

// judged returns the result of a walk: each target passes but those named.
func judged(w walk, verdict string, statuses map[string]string, findings ...diagnosis.Finding) diagnosis.Result {
	r := diagnosis.Result{Findings: findings, Targets: map[string]string{}, Verdict: diagnosis.Verdict{Status: verdict,
		Summary: fmt.Sprintf("the path of the pull is clear: %d of %d hosts pass", len(w.t.Targets), len(w.t.Targets))}}
	for _, t := range w.t.Targets {
		r.Targets[t.ID] = diagnosis.StatusPass
		if s := statuses["*"]; s != "" {
			r.Targets[t.ID] = s
		}
		if s := statuses[t.Host]; s != "" {
			r.Targets[t.ID] = s
		}
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		f.ID, f.Docs = i+1, f.Code
		if f.MaskedBy == "" && f.Severity == diagnosis.Error {
			r.Verdict.RootCauses = append(r.Verdict.RootCauses, f.Code)
		}
	}
	r.Verdict.Counts = counted(w.t, r)
	if len(findings) > 0 && verdict != diagnosis.StatusPass {
		r.Verdict.Summary = findings[0].Title
	}
	return r
}

// counted counts the targets of a hand-made result by their statuses, all of them required.
func counted(t *evidence.Trace, r diagnosis.Result) diagnosis.Counts {
	n := diagnosis.Counts{Hosts: len(t.Targets)}
	for _, s := range r.Targets {
		switch s {
		case diagnosis.StatusFail:
			n.Blocked++
		case diagnosis.StatusSkipped:
			n.Unchecked++
		default:
			n.Passed++
		}
	}
	for _, f := range r.Unmasked() {
		if f.Severity == diagnosis.Warning {
			n.Warnings++
		}
	}
	return n
}

func allIDs(w walk) []string {
	var out []string
	for _, t := range w.t.Targets {
		out = append(out, t.ID)
	}
	return out
}
