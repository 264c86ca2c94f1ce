package grid

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pullpath/flows"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/mockproxy"
)

// count counts events by kind and host; an empty host counts all.
func count(events []mockproxy.Event, keep func(mockproxy.Event) bool) int {
	n := 0
	for _, e := range events {
		if keep(e) {
			n++
		}
	}
	return n
}

// A healthy run makes one TCP connection and one handshake per host: the
// connection that was inspected is the one that is used.
func TestHealthyRunDialsEachHostOnce(t *testing.T) {
	t.Parallel()
	for name, world := range map[string]fault.World{"direct": {Direct: true}, "proxied": {}, "own realm": ownRealm(),
		"image": {Targets: []string{fault.Image + ":" + fault.ImageTag}}} {
		w := walk(world)
		if w.err != nil {
			t.Fatal(w.err)
		}
		for _, target := range w.trace.Targets {
			for _, kind := range []string{"tcp", "handshake"} {
				got := count(w.events, func(e mockproxy.Event) bool { return e.Kind == kind && e.Host == target.Host })
				if got != 1 {
					t.Errorf("%s: %d %s events at %s, want 1", name, got, kind, target.Host)
				}
			}
		}
		if !world.Direct {
			got := count(w.events, func(e mockproxy.Event) bool { return e.Kind == "tcp" && e.Host == fault.TheProxy })
			if want := len(w.trace.Targets); got != want {
				t.Errorf("%s: %d connections to the proxy for %d targets", name, got, want)
			}
		}
	}
}

// The critical path has seven round trips through a proxy: its name, TCP,
// CONNECT, TLS 1.3, /v2/, the token (whose host was prepared beside), and /v2/
// with it. They are counted at the network: each step that waits for an answer
// of the one before adds one.
func TestRoundTripsOfTheCriticalPath(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		world fault.World
		want  int
	}{
		{fault.World{}, 7},
		{fault.World{Direct: true}, 6},
		// Manifest, config's redirect, then at the CDN: CONNECT, TLS, config; the
		// layer's redirect and the layer. The proxy's name is known and its TCP
		// connection is the CDN's own: two more.
		{fault.World{Targets: []string{fault.Image + ":" + fault.ImageTag}}, 7 + 2 + 4 + 2},
	} {
		w := walk(row.world)
		if got := longestChain(w.trace); got != row.want {
			t.Errorf("direct=%v image=%v: %d round trips in sequence, want %d", row.world.Direct, row.world.Targets, got, row.want)
		}
	}
}

// longestChain is the length of the longest chain of path hops of which each
// began after the one before had ended. Settings cost no round trip.
func longestChain(t *evidence.Trace) int {
	best := make([]int, len(t.Hops))
	longest := 0
	for i, h := range t.Hops {
		best[i] = chainTo(t, h, map[int]int{})
		longest = max(longest, best[i])
	}
	return longest
}

func chainTo(t *evidence.Trace, h evidence.Hop, known map[int]int) int {
	if n, ok := known[h.ID]; ok {
		return n
	}
	own := 0
	if h.Op != evidence.OpSetting && h.OnPath() {
		own = 1
	}
	before := 0
	for _, p := range waitsFor(t, h) {
		before = max(before, chainTo(t, p, known))
	}
	known[h.ID] = before + own
	return before + own
}

// conversation is the order in which requests wait for each other.
var conversation = []evidence.Step{evidence.StepPing, evidence.StepToken, evidence.StepPingAuthorized,
	evidence.StepManifest, evidence.StepConfig, evidence.StepLayer}

// waitsFor gives the hops that had to end before this one could begin: the one
// it stands on, and for a request the one before it in the conversation; for a
// host found by a redirect the redirect.
func waitsFor(t *evidence.Trace, h evidence.Hop) []evidence.Hop {
	var out []evidence.Hop
	if p, ok := t.Hop(h.Parent); ok {
		out = append(out, p)
	}
	target, _ := t.Target(h.Target)
	for _, o := range t.Hops {
		switch {
		case h.Op == evidence.OpRequest && o.Op == evidence.OpRequest && precedes(o, h):
			out = append(out, o)
		case h.Op == evidence.OpDial && target.FoundBy == "redirect" && o.Op == evidence.OpRequest &&
			evidence.DetailOf[evidence.Request](o).Step == "config" && o.Role == evidence.Registry:
			out = append(out, o)
		}
	}
	return out
}

func precedes(a, b evidence.Hop) bool {
	x, y := place(a), place(b)
	return x < y || x == y && a.Role == evidence.Registry && b.Role == evidence.Blob
}

func place(h evidence.Hop) int {
	for i, s := range conversation {
		if evidence.DetailOf[evidence.Request](h).Step == s {
			return i
		}
	}
	return -1
}

// docs/rules.md, rule 1: nine hosts and a wrong proxy password make exactly one attempt
// with it, whatever the scheme; an NTLM dialogue of two messages is one.
func TestRejectedProxyPasswordIsSentOnce(t *testing.T) {
	t.Parallel()
	for scheme, row := range map[string]struct {
		world fault.World
		sent  int
	}{
		"Basic": {fault.World{ProxyLogin: "wrong", Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Basic"}, Realm: "corp"}}}, 1},
		"Digest": {fault.World{ProxyLogin: "wrong", Flags: []string{"--proxy-digest"},
			Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Digest"}, Realm: "corp"}}}, 1},
		"NTLM": {fault.World{ProxyLogin: "wrong", Flags: []string{"--proxy-ntlm"},
			Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"NTLM"}}}}, 2},
		"SOCKS": {fault.World{Env: map[string]string{"HTTPS_PROXY": "socks5h://" + fault.ProxyUser + ":wrong-one@" + fault.ProxyName + ":1080"},
			Faults: []fault.Fault{fault.ProxyAuth{}}}, 1},
	} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			w := walk(row.world)
			sent := count(w.events, func(e mockproxy.Event) bool { return e.Kind == "connect" && e.Auth == scheme })
			if sent != row.sent {
				t.Errorf("the pair was sent %d times, want %d", sent, row.sent)
			}
			var skipped int
			for _, h := range w.trace.Hops {
				if h.Op == evidence.OpTunnel && h.State == evidence.Skipped && h.Because != 0 {
					skipped++
				}
			}
			if want := len(w.trace.Targets) - 1; skipped != want {
				t.Errorf("%d tunnels skipped because of the rejection, want %d", skipped, want)
			}
		})
	}
}

// docs/rules.md, rule 1, the other side: an accepted pair is used by all.
func TestAcceptedProxyPasswordIsReused(t *testing.T) {
	t.Parallel()
	for scheme, each := range map[string]int{"Basic": 1, "Digest": 1, "NTLM": 2} {
		w := walk(fault.World{ProxyLogin: "right", Flags: []string{"--proxy-" + strings.ToLower(scheme)},
			Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{scheme}, Realm: "corp"}}})
		sent := count(w.events, func(e mockproxy.Event) bool { return e.Kind == "connect" && e.Auth == scheme })
		if want := each * len(w.trace.Targets); sent != want {
			t.Errorf("%s: sent %d times, want %d for each host: %d", scheme, sent, each, want)
		}
		if n := count(w.events, func(e mockproxy.Event) bool { return e.Kind == "request" }); n == 0 {
			t.Errorf("%s: no request was made behind the login", scheme)
		}
	}
}

// docs/rules.md, rule 1: a rejected login is sent once to its realm, images included.
func TestRejectedLoginIsSentOnce(t *testing.T) {
	t.Parallel()
	w := walk(fault.World{WrongPassword: true, Targets: []string{"registry.redhat.io/ubi9/ubi:latest", "registry.redhat.io/rhel:latest"}})
	sent := count(w.events, func(e mockproxy.Event) bool { return e.Kind == "request" && e.Auth == "Basic" })
	if sent != 1 {
		t.Errorf("the login was sent %d times, want 1", sent)
	}
}

// No credential goes over a chain that the client would refuse, and the run
// still tells what a request without one gets.
func TestNoCredentialOverARefusedChain(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"registry.redhat.io", "sso.redhat.com", fault.Everyone} {
		w := walk(fault.World{Faults: []fault.Fault{fault.Certificate{Host: host, Issuer: "interceptor"}}})
		refused := func(h string) bool { return host == fault.Everyone || h == host }
		for _, e := range w.events {
			if e.Kind == "request" && e.Auth != "" && refused(e.Host) {
				t.Errorf("refused chain of %s: %s with %s credentials", host, e.What, e.Auth)
			}
		}
		told := false
		for _, h := range w.trace.Hops {
			told = told || h.Probe == evidence.ProbeBehindRefused && h.Op == evidence.OpRequest
		}
		if !told {
			t.Errorf("refused chain of %s: no request without credentials was made", host)
		}
	}
}

// A redirect never receives credentials.
func TestRedirectGetsNoCredentials(t *testing.T) {
	t.Parallel()
	w := walk(fault.World{Targets: []string{fault.Image + ":" + fault.ImageTag}})
	for _, e := range w.events {
		if e.Kind == "request" && strings.HasSuffix(e.Host, "quay.io") && e.Auth != "" {
			t.Errorf("%s got %s credentials", e.Host, e.Auth)
		}
	}
}

// A host that ends the connection after each answer is asked again over another one,
// for the second blob as for the second registry that shares it.
func TestHostsThatEndEachConnection(t *testing.T) {
	t.Parallel()
	w := walk(fault.World{Direct: true, Targets: []string{fault.Image + ":" + fault.ImageTag,
		"registry.redhat.io:8443/ubi9/ubi:" + fault.ImageTag},
		Faults: []fault.Fault{fault.HTTP{Host: fault.Everyone, Headers: []string{"Connection: close"}}}})
	if w.err != nil {
		t.Fatal(w.err)
	}
	steps := map[evidence.Step]int{}
	for _, h := range w.trace.Hops {
		if r := evidence.DetailOf[evidence.Request](h); h.Op == evidence.OpRequest && h.State == evidence.OK && r.Code == 200 {
			steps[r.Step]++
		}
	}
	want := map[evidence.Step]int{"token": 2, "ping-authorized": 2, "manifest": 2, "config": 2, "layer": 2}
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Errorf("requests that brought what was asked for (-want +got):\n%s", diff)
	}
	if w.result.Verdict.Status != diagnosis.StatusPass {
		t.Errorf("verdict %s", w.result.Verdict.Status)
	}
}

// A blob host that broke the connection, and again when the client asked for the rest, is not
// asked for the next blob, and the report says so.
func TestNoBlobBehindABrokenOne(t *testing.T) {
	t.Parallel()
	w := walk(fault.World{Targets: []string{fault.Image + ":" + fault.ImageTag},
		Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io", Effect: fault.Truncate}}})
	if w.err != nil {
		t.Fatal(w.err)
	}
	var config, layer evidence.Hop
	for _, h := range w.trace.Hops {
		switch step := evidence.DetailOf[evidence.Request](h).Step; {
		case h.Target == "cdn01.quay.io:443" && step == "config":
			config = h
		case h.Target == "cdn01.quay.io:443" && step == "layer":
			layer = h
		}
	}
	if config.State != evidence.Failed || layer.State != evidence.Skipped || layer.Because != config.ID {
		t.Errorf("config %s, layer %s because of hop %d, want failed and skipped because of hop %d", config.State, layer.State,
			layer.Because, config.ID)
	}
	if n := count(w.events, func(e mockproxy.Event) bool { return e.Kind == "request" && e.Host == "cdn01.quay.io" }); n != 2 {
		t.Errorf("%d requests at the blob host, want 2", n)
	}
}

// A host that is on the list alone gets no request over a public chain.
func TestAllowListHostsGetNoRequest(t *testing.T) {
	t.Parallel()
	w := walk(fault.World{})
	if n := count(w.events, func(e mockproxy.Event) bool { return e.Kind == "request" && strings.HasSuffix(e.Host, "quay.io") }); n != 0 {
		t.Errorf("%d requests to blob hosts that no redirect named", n)
	}
}

// The run never outlasts its limit by more than a second, whatever is silent.
func TestBudgetEndsTheRun(t *testing.T) {
	t.Parallel()
	silent := []fault.Fault{
		fault.Socket{Host: fault.TheResolver, Effect: fault.Drop}, fault.Socket{Host: fault.TheProxy, Effect: fault.Drop},
		fault.Connect{Effect: fault.Silence}, fault.Handshake{Host: fault.Everyone, Effect: fault.Silence},
		fault.HTTP{Effect: fault.Silence},
	}
	for _, f := range silent {
		w := inTime(t, fault.World{Flags: []string{"--timeout=700ms", "--hop-timeout=1m0s"}, Faults: []fault.Fault{f}})
		if err := w.trace.Check(); err != nil {
			t.Errorf("%T: %v", f, err)
		}
		for _, finding := range w.result.Unmasked() {
			if finding.Code == string(diagnosis.Unexplained) {
				t.Errorf("%T: the run's own end is reported as unexplained", f)
			}
		}
		if s := w.result.Verdict.Status; s != diagnosis.StatusIncomplete && s != diagnosis.StatusFail {
			t.Errorf("%T: verdict %s", f, s)
		}
	}
}

// inTime walks a World and fails when the run outlasts its limit by more than a
// second. A machine that is busy otherwise may be late itself, so one run of
// three in time is enough: what hangs is late every time.
func inTime(t *testing.T, world fault.World) walked {
	t.Helper()
	var w walked
	for range 3 {
		if w = walk(world); w.err != nil {
			t.Fatal(w.err)
		}
		if w.trace.DurationMS <= w.trace.Run.TimeoutMS+1000 {
			return w
		}
	}
	t.Errorf("%T: the run took %.0f ms", world.Faults[0], w.trace.DurationMS)
	return w
}

// Two runs of the same World give the same targets, hops and findings in the
// same order, whatever the timing.
func TestOrderDoesNotDependOnTiming(t *testing.T) {
	t.Parallel()
	shape := func(w walked) string {
		var b strings.Builder
		for _, h := range w.trace.Hops {
			b.WriteString(string(h.Op) + " " + h.Target + " " + string(h.State) + " " + string(h.Probe) + "\n")
		}
		for _, f := range w.result.Findings {
			b.WriteString(f.Code + " " + strings.Join(f.Targets, ",") + "\n")
		}
		return b.String()
	}
	for _, world := range []fault.World{{}, {Direct: true, Targets: []string{fault.Image + ":" + fault.ImageTag}},
		{Faults: []fault.Fault{fault.DNS{Rcode: "NXDOMAIN"}, fault.Connect{Host: "cdn03.quay.io", Status: 403}}}} {
		first := shape(walk(world))
		for range 3 {
			if again := shape(walk(world)); again != first {
				t.Errorf("order differs:\n%s\nbefore:\n%s", again, first)
			}
		}
	}
}

// --no-probes sends only what the pull itself would send.
func TestNoProbesSendsOnlyThePull(t *testing.T) {
	t.Parallel()
	w := walk(fault.World{Direct: true, Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset}}},
		func(c *flows.Config) { c.NoProbes = true })
	for _, h := range w.trace.Hops {
		if h.Purpose == evidence.Probing {
			t.Errorf("hop %d is the probe %s", h.ID, h.Probe)
		}
	}
}

// docs/rules.md, rule 7: a name that cannot exist is asked for with --deep alone, and once.
func TestInvalidNameIsAskedOnceAndOnlyDeep(t *testing.T) {
	t.Parallel()
	for deep, want := range map[bool]int{true: 1, false: 0} {
		w := walk(fault.World{Flags: []string{"--deep=" + strconv.FormatBool(deep)}, Faults: []fault.Fault{fault.Connect{Status: 403}}})
		asked := count(w.events, func(e mockproxy.Event) bool { return strings.Contains(e.What, ".invalid") })
		if asked != want {
			t.Errorf("deep %t: asked %d times, want %d", deep, asked, want)
		}
	}
}

// Which login a SOCKS server wants is asked without one: nine hosts that are
// refused make one greeting of each kind, and what the proxy was not seen to
// accept never goes along.
func TestSOCKSMethodsAreAskedWithoutALogin(t *testing.T) {
	t.Parallel()
	for login, want := range map[string]int{"": 2, fault.ProxyUser + ":" + fault.ProxyPassword + "@": 1} {
		env := map[string]string{"HTTPS_PROXY": "socks5h://" + login + fault.ProxyName + ":" + fault.ProxyTCPPort}
		w := walk(fault.World{Env: env, Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{fault.SOCKSGSSAPI}}}})
		probes := 0
		for _, h := range w.trace.Hops {
			if h.Op == evidence.OpTunnel && (h.Probe == evidence.ProbeSOCKSPassword || h.Probe == evidence.ProbeSOCKSGSSAPI) {
				probes++
			}
		}
		if probes != want {
			t.Errorf("%d methods asked alone, want %d", probes, want)
		}
		if n := count(w.events, func(e mockproxy.Event) bool { return e.Auth != "" }); n > 0 {
			t.Errorf("%d logins reached the server", n)
		}
	}
}

// A SOCKS server gets what the client under test would give it: curl's own look-up
// for socks5://, the name from everybody else.
func TestWhoLooksUpForSOCKS(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ client, scheme, by string }{
		{"curl", "socks5", evidence.ByClient}, {"curl", "socks5h", evidence.ByProxy},
		{"podman", "socks5", evidence.ByProxy}, {"docker", "socks5h", evidence.ByProxy},
	} {
		w := walk(fault.World{Flags: []string{"--client=" + row.client},
			Env: map[string]string{"https_proxy": row.scheme + "://" + fault.ProxyName + ":" + fault.ProxyTCPPort}})
		if w.err != nil || w.result.Verdict.Status != diagnosis.StatusPass {
			t.Fatalf("%s, %s: %v, %s", row.client, row.scheme, w.err, w.result.Verdict.Summary)
		}
		for _, h := range w.trace.Hops {
			if h.Op == evidence.OpTunnel && evidence.DetailOf[evidence.Tunnel](h).SOCKS.ResolvedBy != row.by {
				t.Errorf("%s, %s: hop %d was resolved by %s", row.client, row.scheme, h.ID, evidence.DetailOf[evidence.Tunnel](h).SOCKS.ResolvedBy)
			}
		}
		named := count(w.events, func(e mockproxy.Event) bool { return e.What == "SOCKS registry.redhat.io:443" })
		if (named > 0) != (row.by == evidence.ByProxy) {
			t.Errorf("%s, %s: the server was given the name %d times", row.client, row.scheme, named)
		}
	}
}

// A host that fails behind its tunnel may owe it to the proxy node in between: the others
// are asked then, each once. Where all passes nobody is asked more, and that is said.
func TestProxyNodesAreAskedWhereAHostFails(t *testing.T) {
	t.Parallel()
	denies := fault.Connect{Node: 2, Status: 403}
	broken := fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", Status: 503}
	for name, row := range map[string]struct {
		faults []fault.Fault
		codes  []string
		asked  int
	}{
		"a host fails behind the tunnel": {[]fault.Fault{denies, broken}, []string{"proxy-nodes-disagree", "http-server-error"}, 1},
		"all hosts pass":                 {[]fault.Fault{denies}, []string{"proxy-nodes-unasked"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := walk(fault.World{ProxyNodes: 2, Faults: row.faults})
			if w.err != nil {
				t.Fatal(w.err)
			}
			asked := 0
			for _, h := range w.trace.Hops {
				if h.Op == evidence.OpTunnel && h.Probe == evidence.ProbeProxyNode {
					asked++
				}
			}
			if got := visible(w.result); !slices.Equal(got, row.codes) || asked != row.asked {
				t.Errorf("%v, want %v; %d further tunnels, want %d", got, row.codes, asked, row.asked)
			}
		})
	}
}

// A dead address of the proxy is told apart from one that serves: the other takes the
// connection, and that is all where it refuses every tunnel.
func TestADeadNodeBesideOneThatDenies(t *testing.T) {
	t.Parallel()
	dead := fault.Socket{Host: fault.ProxyNode(1), Effect: fault.Refuse}
	for name, row := range map[string]struct {
		faults []fault.Fault
		passes bool
	}{
		"the other serves": {[]fault.Fault{dead}, true},
		"the other denies": {[]fault.Fault{dead, fault.Connect{Node: 2, Status: 403}}, false},
	} {
		w := walk(fault.World{ProxyNodes: 2, Faults: row.faults})
		found := false
		for _, f := range w.result.Findings {
			if f.Code == "proxy-nodes-disagree" {
				found = true
				if strings.Contains(f.Explanation, "so they pass") != row.passes || strings.Contains(f.Remedy, "in line with") != row.passes {
					t.Errorf("%s: %s; %s", name, f.Explanation, f.Remedy)
				}
			}
		}
		if !found || w.err != nil {
			t.Errorf("%s: the dead address is not named: %v, %v", name, codes(w.result.Findings), w.err)
		}
	}
}
