package words

import (
	"time"

	"pullpath/internal/evidence"
)

const proxyURL = "http://proxy.corp:3128"

var begin = time.Date(2026, 11, 23, 22, 53, 10, 412e6, time.UTC)

// hopOf makes one hop of a detail.
func hopOf(d evidence.Detail, change ...func(*evidence.Hop)) evidence.Hop {
	h := evidence.Hop{ID: 1, Purpose: evidence.Path, State: evidence.OK, TookMS: 1, Detail: d}
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
	return h
}

func failed(kind evidence.Kind, text string) func(*evidence.Hop) {
	return func(h *evidence.Hop) { h.State, h.Failure = evidence.Failed, evidence.Fail(kind, text, nil) }
}

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

func publicTLS(host string) evidence.Handshake {
	d := evidence.Handshake{ServerName: host, Version: "TLS 1.3", Anchor: evidence.Anchor{Kind: evidence.AnchorPublic},
		Chain: []evidence.Certificate{{Subject: "CN=" + host, SubjectCN: host, Issuer: "CN=DigiCert TLS,O=DigiCert",
			IssuerOrg: []string{"DigiCert"},
			NotBefore: begin, NotAfter: begin.AddDate(1, 0, 0)}}}
	for _, aspect := range []evidence.Aspect{evidence.AspectName, evidence.AspectDates, evidence.AspectTrust, evidence.AspectUsage} {
		d.Judgements = append(d.Judgements, evidence.Judgement{Store: evidence.StorePublic, Aspect: aspect, OK: true})
	}
	return d
}

func ping() evidence.Request {
	return evidence.Request{Method: "GET", URL: "https://registry.redhat.io/v2/", Step: evidence.StepPing, Code: 401,
		StatusLine: "HTTP/1.1 401 Unauthorized", Challenges: []evidence.Challenge{{Scheme: "Bearer",
			Params: map[string]string{"realm": "https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth"}}}}
}

func tokenRequest() evidence.Request {
	return evidence.Request{Method: "GET", URL: "https://sso.redhat.com/auth", Step: evidence.StepToken, AuthSent: "Basic", Code: 200,
		StatusLine: "HTTP/1.1 200 OK", Token: &evidence.Token{Length: 1462, ExpiresIn: 300}}
}
