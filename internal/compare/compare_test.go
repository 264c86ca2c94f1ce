package compare

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pullpath/internal/evidence"
)

// Traces of hostile reports: hosts that one lacks, hops without details.
func TestTracesWithoutDetails(t *testing.T) {
	a := &evidence.Trace{Targets: []evidence.Target{{ID: "a:443", Endpoint: evidence.Endpoint{Host: "a"}}}}
	for _, op := range operations() {
		a.Hops = append(a.Hops, evidence.Hop{ID: len(a.Hops) + 1, Op: op, Target: "a:443", Purpose: evidence.Path, State: evidence.OK},
			evidence.Hop{ID: len(a.Hops) + 2, Op: op, Target: "a:443", Purpose: evidence.Path, State: evidence.Failed,
				Failure: evidence.Fail(evidence.Unknown, "x", nil)})
	}
	b := &evidence.Trace{Targets: []evidence.Target{{ID: "b:443", Endpoint: evidence.Endpoint{Host: "b"}}}}
	r := Traces([]string{"a", "b"}, []*evidence.Trace{a, b})
	if r.Same() || len(r.Hosts) != 2 || r.Hosts[0].Cells[1].Walked {
		t.Errorf("%+v", r)
	}
	if same := Traces([]string{"a", "a"}, []*evidence.Trace{a, a}); !same.Same() {
		t.Errorf("a report differs from itself: %+v", same.Findings)
	}
}

func TestRotatedAnswersAreAlike(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{{"1.1.1.1 2.2.2.2", "2.2.2.2 3.3.3.3", true}, {"1.1.1.1", "2.2.2.2", false}, {"", "1.1.1.1", false}} {
		if got := alike(evidence.OpResolve, c.a, c.b); got != c.same {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}

// handshakeWith returns a report in which a host presented a chain of so many
// certificates, which ends in a way.
func handshakeWith(issuer, anchor string, certificates int, offset *float64) *evidence.Trace {
	d := evidence.Handshake{Anchor: evidence.Anchor{Kind: anchor}}
	for range certificates {
		d.Chain = append(d.Chain, evidence.Certificate{IssuerOrg: []string{issuer}})
	}
	return &evidence.Trace{Vantage: evidence.Vantage{ClockOffsetMS: offset},
		Targets: []evidence.Target{{ID: "a:443", Endpoint: evidence.Endpoint{Host: "a"}}},
		Hops:    []evidence.Hop{{ID: 1, Op: evidence.OpHandshake, Target: "a:443", Purpose: evidence.Path, State: evidence.OK, Detail: d}}}
}

// Only a whole chain of an authority that is not public stands for inspection; a
// server that forgets a certificate does not.
func TestAuthoritiesAreNotAccused(t *testing.T) {
	for name, c := range map[string]struct {
		anchor       string
		certificates int
		want         string
	}{
		"of a local store":            {evidence.AnchorLocal, 1, Inspected},
		"presented with its root":     {evidence.AnchorPresented, 2, Inspected},
		"signed by itself":            {evidence.AnchorPresented, 1, OtherAuthority},
		"an intermediate is missing":  {evidence.AnchorMissing, 1, OtherAuthority},
		"of another public authority": {evidence.AnchorPublic, 2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := Traces([]string{"a", "b"}, []*evidence.Trace{handshakeWith("DigiCert Inc", evidence.AnchorPublic, 2, nil),
				handshakeWith("Corp", c.anchor, c.certificates, nil)})
			expect(t, r, c.want)
		})
	}
	t.Run("two local ones", func(t *testing.T) {
		r := Traces([]string{"a", "b"}, []*evidence.Trace{handshakeWith("Corp", evidence.AnchorLocal, 2, nil),
			handshakeWith("Branch", evidence.AnchorLocal, 2, nil)})
		expect(t, r, OtherAuthority)
	})
}

func expect(t *testing.T, r Result, want string) {
	t.Helper()
	if want == "" && len(r.Findings) != 0 || want != "" && (len(r.Findings) != 1 || r.Findings[0].Code != want) {
		t.Errorf("%+v, want %q alone", r.Findings, want)
	}
}

// A clock that was not measured is not a right clock.
func TestClocks(t *testing.T) {
	for name, c := range map[string]struct {
		a, b *float64
		text string
	}{
		"behind":       {new(0.0), new(3.6e6), "the clocks differ. a: within a minute of the servers. b: 3600 s behind the servers."},
		"ahead":        {new(-3.6e6), new(900.0), "the clocks differ. a: 3600 s ahead of the servers. b: within a minute of the servers."},
		"not measured": {nil, new(3.6e6), "a clock is wrong. a: not measured. b: 3600 s behind the servers."},
		"nobody knows": {nil, nil, ""},
		"near":         {new(-20e3), new(20e3), ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := Traces([]string{"a", "b"}, []*evidence.Trace{handshakeWith("X", evidence.AnchorPublic, 2, c.a),
				handshakeWith("X", evidence.AnchorPublic, 2, c.b)})
			switch {
			case c.text == "" && len(r.Findings) > 0:
				t.Errorf("%+v", r.Findings)
			case c.text != "" && (len(r.Findings) != 1 || r.Findings[0].Code != OtherClock || r.Findings[0].Text != c.text):
				t.Errorf("%+v, want %q", r.Findings, c.text)
			}
		})
	}
}

// path is a report of hosts, each with the hops given; every hop is on the path, and one
// with a kind failed.
type path struct {
	hosts []string
	proxy string
	hops  []evidence.Hop
}

func (p path) trace() *evidence.Trace {
	t := &evidence.Trace{}
	for _, host := range p.hosts {
		target := evidence.Target{ID: host, Endpoint: evidence.Endpoint{Host: host}, Route: evidence.Route{Kind: "direct"}}
		if p.proxy != "" {
			target.Route = evidence.Route{Kind: "proxy", Proxy: p.proxy}
		}
		t.Targets = append(t.Targets, target)
	}
	for i, h := range p.hops {
		h.ID, h.Purpose = i+1, evidence.Path
		t.Hops = append(t.Hops, h)
	}
	return t
}

func passed(target string, d evidence.Detail) evidence.Hop {
	return evidence.Hop{Op: opOf(d), Target: target, State: evidence.OK, Detail: d}
}

func failedAt(target string, kind evidence.Kind, d evidence.Detail) evidence.Hop {
	return evidence.Hop{Op: opOf(d), Target: target, State: evidence.Failed, Failure: evidence.Fail(kind, "x", nil), Detail: d}
}

func skippedAt(target string, d evidence.Detail) evidence.Hop {
	return evidence.Hop{Op: opOf(d), Target: target, State: evidence.Skipped, Detail: d}
}

func opOf(d evidence.Detail) evidence.Op {
	switch d.(type) {
	case evidence.Setting:
		return evidence.OpSetting
	case evidence.Resolve:
		return evidence.OpResolve
	case evidence.Dial:
		return evidence.OpDial
	case evidence.Tunnel:
		return evidence.OpTunnel
	case evidence.Handshake:
		return evidence.OpHandshake
	}
	return evidence.OpRequest
}

// refused returns a proxy's 403 with the server's own name.
func refused(server string) evidence.Hop {
	return failedAt("a", evidence.ProxyStatus, evidence.Tunnel{StatusLine: "HTTP/1.1 403 Forbidden", Code: 403,
		Headers: []evidence.Header{{Name: "Server", Value: server}}})
}

// The first operation in which reports differ is named, whatever differs after it.
func TestFirstDifference(t *testing.T) {
	resolve := func(address string) evidence.Hop {
		return passed("a", evidence.Resolve{Addresses: []string{address}})
	}
	ping := func(code int) evidence.Hop { return passed("a", evidence.Request{Step: "ping", Code: code}) }
	for name, c := range map[string]struct {
		a, b []evidence.Hop
		want evidence.Op
	}{
		"nothing": {[]evidence.Hop{resolve("1.1.1.1"), ping(200)}, []evidence.Hop{resolve("1.1.1.1"), ping(200)}, ""},
		"the answer": {[]evidence.Hop{resolve("1.1.1.1"), ping(200)}, []evidence.Hop{resolve("1.1.1.1"), ping(401)},
			evidence.OpRequest},
		"the name, and more": {[]evidence.Hop{resolve("1.1.1.1"), ping(200)}, []evidence.Hop{resolve("2.2.2.2"), ping(401)},
			evidence.OpResolve},
		"before it, whatever": {[]evidence.Hop{ping(200), resolve("1.1.1.1")}, []evidence.Hop{ping(401), resolve("2.2.2.2")},
			evidence.OpResolve},
		"one more request": {[]evidence.Hop{ping(200)}, []evidence.Hop{ping(200), ping(200)}, evidence.OpRequest},
		"skipped after failure": {[]evidence.Hop{failedAt("a", evidence.Closed, evidence.Request{Step: "ping"})},
			[]evidence.Hop{failedAt("a", evidence.Closed, evidence.Request{Step: "ping"}), skippedAt("a", evidence.Request{Step: "token"})}, ""},
		"not reached": {[]evidence.Hop{resolve("1.1.1.1"), ping(200)}, []evidence.Hop{resolve("1.1.1.1")}, evidence.OpRequest},
		"another's hop": {[]evidence.Hop{ping(200)}, []evidence.Hop{ping(200),
			passed("b", evidence.Resolve{Addresses: []string{"9.9.9.9"}})}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := Traces([]string{"a", "b"}, []*evidence.Trace{path{hosts: []string{"a"}, hops: c.a}.trace(),
				path{hosts: []string{"a"}, hops: c.b}.trace()})
			if got := r.Hosts[0].Differs; got != c.want {
				t.Errorf("differs at %q, want %q: %+v", got, c.want, r.Hosts[0].Cells)
			}
		})
	}
}

// The look-up of the proxy's name belongs to every host that is reached through this
// proxy, and to no other host.
func TestSharedHopsAreEveryHosts(t *testing.T) {
	shared := passed("", evidence.Resolve{Addresses: []string{"10.0.0.1"}})
	shared.Via = "http://p:1"
	for proxy, want := range map[string]int{"http://p:1": 1, "http://q:1": 0, "": 0} {
		for _, host := range Traces([]string{"a"}, []*evidence.Trace{path{[]string{"a", "b"}, proxy, []evidence.Hop{shared}}.trace()}).Hosts {
			if got := len(host.Cells[0].Steps); got != want {
				t.Errorf("%s behind %q has %d steps, want %d", host.Target, proxy, got, want)
			}
		}
	}
}

func TestSeveralRequestsAreOneStep(t *testing.T) {
	hops := []evidence.Hop{passed("a", evidence.Request{Step: "ping", Code: 401}),
		failedAt("a", evidence.UnexpectedAnswer, evidence.Request{Step: "token", StatusLine: "HTTP/1.1 403"}), skippedAt("a",
			evidence.Request{Step: "manifest"})}
	got := Traces([]string{"a"}, []*evidence.Trace{path{hosts: []string{"a"}, hops: hops}.trace()}).Hosts[0].Cells[0].Steps
	if len(got) != 1 || got[0].Saw != "GET /v2/ 401, GET token HTTP/1.1 403" || !got[0].Fail || got[0].Hop != 1 {
		t.Errorf("%+v", got)
	}
}

func TestAHostThatOneReportLacks(t *testing.T) {
	a, b := path{hosts: []string{"a", "b"}}.trace(), path{hosts: []string{"a"}}.trace()
	r := Traces([]string{"here", "there"}, []*evidence.Trace{a, b})
	expect(t, r, NotWalked)
	const text = "there does not contain these hosts; it says nothing about them."
	if f := r.Findings[0]; len(f.Targets) != 1 || f.Targets[0] != "b" || f.Text != text {
		t.Errorf("%+v", f)
	}
	if r.Hosts[1].Differs != "" {
		t.Error("what nobody looked at differs")
	}
}

func TestTheSameRefusalByAnotherDevice(t *testing.T) {
	of := func(h evidence.Hop) *evidence.Trace {
		return path{[]string{"a"}, "http://p:1", []evidence.Hop{h}}.trace()
	}
	for name, c := range map[string]struct {
		b    evidence.Hop
		want string
		text string
	}{
		"the same device": {refused("squid"), "", ""},
		"another device": {refused("tinyproxy"), OtherDevice,
			"the same refusal comes from different devices. a: Server: squid. b: Server: tinyproxy."},
		"no refusal": {passed("a", evidence.Tunnel{Code: 200}), Refused,
			"the proxy answers CONNECT differently. a: HTTP/1.1 403 Forbidden. b: the tunnel opens."},
		"not asked": {skippedAt("a", evidence.Tunnel{}), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := Traces([]string{"a", "b"}, []*evidence.Trace{of(refused("squid")), of(c.b)})
			expect(t, r, c.want)
			if c.want != "" && len(r.Findings) == 1 && r.Findings[0].Text != c.text {
				t.Errorf("%q, want %q", r.Findings[0].Text, c.text)
			}
		})
	}
}

// Of three reports those that agree stand together, and who stands alone is named.
func TestThreeReports(t *testing.T) {
	of := func(server string) *evidence.Trace {
		return path{[]string{"a"}, "http://p:1", []evidence.Hop{refused(server)}}.trace()
	}
	r := Traces([]string{"x", "y", "z"}, []*evidence.Trace{of("squid"), of("tiny"), of("squid")})
	expect(t, r, OtherDevice)
	if want := "the same refusal comes from different devices. x, z: Server: squid. only y: Server: tiny."; r.Findings[0].Text != want {
		t.Errorf("%q, want %q", r.Findings[0].Text, want)
	}
	r = Traces([]string{"x", "y", "z"}, []*evidence.Trace{of("squid"), path{hosts: []string{"b"}}.trace(), of("squid")})
	if len(r.Findings) != 3 || r.Findings[0].Code != NotWalked {
		t.Errorf("%+v, want that each lacks a host", r.Findings)
	}
}

// Only one site is inspected: the finding names it, and the certificate authorities are
// not reported as a second difference.
func TestOnlyOneSiteIsInspected(t *testing.T) {
	public := handshakeWith("DigiCert Inc", evidence.AnchorPublic, 2, nil)
	r := Traces([]string{"x", "y", "z"}, []*evidence.Trace{public, public, handshakeWith("Corp", evidence.AnchorLocal, 2, nil)})
	expect(t, r, Inspected)
	if want := "x, y: a publicly trusted chain. only z: issued by Corp."; !strings.HasSuffix(r.Findings[0].Text, want) {
		t.Errorf("%q, want %q", r.Findings[0].Text, want)
	}
}

// What one text says of several hosts is said once.
func TestEqualDifferencesAreFolded(t *testing.T) {
	a, b := path{[]string{"a", "b"}, "http://p:1", nil}.trace(), path{hosts: []string{"a", "b"}}.trace()
	r := Traces([]string{"a", "b"}, []*evidence.Trace{a, b})
	expect(t, r, OtherRoute)
	if !slices.Equal(r.Findings[0].Targets, []string{"a", "b"}) {
		t.Errorf("%+v", r.Findings[0])
	}
}

// A clock offset beyond what a duration holds keeps its sign.
func TestOffsetsBeyondADuration(t *testing.T) {
	for offset, want := range map[float64]string{1e308: "3153600000 s behind the servers", -1e308: "3153600000 s ahead of the servers"} {
		if got, far := clockOf(handshakeWith("X", evidence.AnchorPublic, 2, &offset)); got != want || !far {
			t.Errorf("%g: %q, %v", offset, got, far)
		}
	}
}

// Two reports of many hosts, each on its own route, are compared without going through
// one report for each host of the other.
func TestManyHosts(t *testing.T) {
	compared := func(hosts int) time.Duration {
		var a, b path
		for i := range hosts {
			host := fmt.Sprint("h", i)
			a.hosts, b.hosts = append(a.hosts, host), append(b.hosts, host)
			a.hops = append(a.hops, failedAt(host, evidence.ProxyStatus, evidence.Tunnel{StatusLine: "HTTP/1.1 403 " + host}))
			b.hops = append(b.hops, failedAt(host, evidence.ProxyStatus, evidence.Tunnel{StatusLine: "HTTP/1.1 503 " + host}))
		}
		traces := []*evidence.Trace{a.trace(), b.trace()}
		began := time.Now()
		if r := Traces([]string{"a", "b"}, traces); len(r.Findings) != hosts {
			t.Errorf("%d findings for %d hosts", len(r.Findings), hosts)
		}
		return time.Since(began)
	}
	few, many := time.Hour, time.Hour
	for range 5 { // the best of five: a machine may be busy
		few, many = min(few, compared(200)), min(many, compared(6000))
	}
	// 30 times the hosts; 900 times the work if each met each. A slow machine is slow for
	// few too, a busy one stretches the longer of the two, though not to seconds.
	if many > 300*few && many > time.Second {
		t.Errorf("200 hosts took %v, 6000 took %v", few, many)
	}
}

// The report that stands out is marked; where each saw something else, all are.
func TestTheOddOneIsMarked(t *testing.T) {
	with := func(kinds ...evidence.Kind) Result {
		var names []string
		var traces []*evidence.Trace
		for i, kind := range kinds {
			h := evidence.Hop{ID: 1, Op: evidence.OpDial, Role: evidence.Registry, Target: "a:443", Purpose: evidence.Path, State: evidence.OK}
			if kind != "" {
				h.State, h.Failure = evidence.Failed, evidence.Fail(kind, "x", nil)
			}
			names = append(names, fmt.Sprint(i))
			traces = append(traces, &evidence.Trace{Targets: []evidence.Target{{ID: "a:443", Endpoint: evidence.Endpoint{Host: "a"}}},
				Hops: []evidence.Hop{h}})
		}
		return Traces(names, traces)
	}
	for want, r := range map[string]Result{
		"false false true": with("", "", evidence.Refused), "true true": with("", evidence.Refused),
		"false true false false": with(evidence.Timeout, "", evidence.Timeout, evidence.Timeout),
		"true true true":         with("", evidence.Refused, evidence.Timeout), "false false": with("", ""),
	} {
		var got []string
		for _, c := range r.Hosts[0].Cells {
			got = append(got, fmt.Sprint(c.Odd))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%v, want %s", got, want)
		}
	}
}

// A refusal by one device is not a refusal by another, whatever reason it gives; and a
// different refusal is not the same one.
func TestSameRefusalOtherDevice(t *testing.T) {
	by := func(status int, headers ...evidence.Header) *evidence.Trace {
		d := evidence.Tunnel{Code: status, StatusLine: fmt.Sprint("HTTP/1.1 ", status), Headers: headers}
		return &evidence.Trace{Targets: []evidence.Target{{ID: "a:443", Endpoint: evidence.Endpoint{Host: "a"}}},
			Hops: []evidence.Hop{{ID: 1, Op: evidence.OpTunnel, Target: "a:443", Purpose: evidence.Path,
				State: evidence.Failed, Failure: evidence.Fail(evidence.ProxyStatus, "x", nil), Detail: d}}}
	}
	squid, tiny := evidence.Header{Name: "Server", Value: "squid/5.7"}, evidence.Header{Name: "Server", Value: "tinyproxy/1.11"}
	denied, failed := evidence.Header{Name: "X-Squid-Error", Value: "ERR_ACCESS_DENIED 0"}, evidence.Header{Name: "X-Squid-Error",
		Value: "ERR_CONNECT_FAIL 110"}
	for name, c := range map[string]struct {
		reports []*evidence.Trace
		want    []string
	}{
		"two reasons of one device":       {[]*evidence.Trace{by(403, squid, denied), by(403, squid, failed)}, nil},
		"two refusals of one device":      {[]*evidence.Trace{by(403, squid, denied), by(503, squid, failed)}, []string{Refused}},
		"two refusals of two devices":     {[]*evidence.Trace{by(403, squid), by(407, tiny)}, []string{Refused}},
		"one refusal of two devices":      {[]*evidence.Trace{by(403, squid), by(403, tiny)}, []string{OtherDevice}},
		"one of three is another refusal": {[]*evidence.Trace{by(403, squid), by(403, tiny), by(502, tiny)}, []string{Refused, OtherDevice}},
	} {
		r := Traces([]string{"a", "b", "c"}[:len(c.reports)], c.reports)
		var got []string
		for _, f := range r.Findings {
			got = append(got, f.Code)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// A login at the same proxy is not another route, and trust concerns one authority.
func TestLoginAndTrust(t *testing.T) {
	for _, proxy := range []string{"http://REDACTED@proxy.corp:3128", "http://proxy.corp:3128"} {
		if got := withoutLogin(proxy); got != "http://proxy.corp:3128" {
			t.Error(got)
		}
	}
	refused := handshakeWith("Corp", evidence.AnchorPresented, 2, nil)
	refused.Hops[0].State, refused.Hops[0].Failure = evidence.Failed, evidence.Fail(evidence.Untrusted, "x", nil)
	expect(t, Traces([]string{"a", "b"}, []*evidence.Trace{handshakeWith("Corp", evidence.AnchorPresented, 2, nil), refused}), OtherTrust)
}

// An answer that stops and one that is cut off have the status of a good one.
func TestUnfinishedAnswersDiffer(t *testing.T) {
	layer := func(kind evidence.Kind) *evidence.Trace {
		h := evidence.Hop{ID: 1, Op: evidence.OpRequest, Target: "a:443", Purpose: evidence.Path, State: evidence.Failed,
			Failure: evidence.Fail(kind, "x", nil), Detail: evidence.Request{Step: evidence.StepLayer, Code: 200, StatusLine: "HTTP/1.1 200 OK"}}
		return &evidence.Trace{Targets: []evidence.Target{{ID: "a:443", Endpoint: evidence.Endpoint{Host: "a"}}}, Hops: []evidence.Hop{h}}
	}
	stalled, cutOff := layer(evidence.Timeout), layer(evidence.Truncated)
	if Traces([]string{"a", "b"}, []*evidence.Trace{stalled, cutOff}).Same() {
		t.Error("an answer that stalled is the same as one that was cut off")
	}
	if !Traces([]string{"a", "b"}, []*evidence.Trace{stalled, layer(evidence.Timeout)}).Same() {
		t.Error("two that stalled differ")
	}
}
