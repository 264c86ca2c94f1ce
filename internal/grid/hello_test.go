package grid

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pullpath/flows"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// helloProbes are the side probes that shake hands, by target.
func helloProbes(t *evidence.Trace) map[string][]evidence.Hop {
	out := map[string][]evidence.Hop{}
	for _, h := range t.Hops {
		if h.Op == evidence.OpHandshake && !h.OnPath() && h.State != evidence.Skipped {
			out[h.Target] = append(out[h.Target], h)
		}
	}
	return out
}

// breakHello are Worlds in which a handshake fails, one for each kind.
func breakHello() map[string]fault.World {
	broken := func(f fault.Handshake) fault.World {
		f.Host = "sso.redhat.com"
		return fault.World{Direct: true, Flags: []string{"--hop-timeout=" + quickHop.String()}, Faults: []fault.Fault{f}}
	}
	return map[string]fault.World{
		"reset":   broken(fault.Handshake{Effect: fault.Reset}),
		"closed":  broken(fault.Handshake{Effect: fault.Close}),
		"silence": broken(fault.Handshake{Effect: fault.Silence}),
		"alert":   broken(fault.Handshake{Effect: fault.Alert, Alert: 40}),
	}
}

// quickHop is the hop limit where nothing answers.
const quickHop = 1500 * time.Millisecond

// docs/rules.md, rule 7: at most 12 extra handshakes for a representative, with --deep
// too, each of a kind once, and three representatives at the most.
func TestHandshakesOfSideProbesAreBounded(t *testing.T) {
	for name, world := range breakHello() {
		for _, tool := range []string{"podman", "containerd"} {
			t.Run(name+" "+tool, func(t *testing.T) {
				t.Parallel()
				w := walk(world, func(c *flows.Config) { c.Deep = true; c.Client, _ = flows.ShapeOf(tool, "") })
				got := helloProbes(w.trace)["sso.redhat.com:443"]
				var kinds []evidence.Probe
				for _, h := range got {
					if slices.Contains(kinds, h.Probe) {
						t.Errorf("%s twice", h.Probe)
					}
					kinds = append(kinds, h.Probe)
				}
				if len(got) > 12 || len(got) < 9 {
					t.Errorf("%d handshakes: %q", len(got), kinds)
				}
			})
		}
	}
	w := walk(fault.World{Direct: true, Faults: []fault.Fault{fault.Handshake{Host: fault.Everyone, Effect: fault.Reset}}})
	if got := len(helloProbes(w.trace)); got != 3 {
		t.Errorf("%d targets are probed of nine that look alike, want 3", got)
	}
}

// The probe set costs one hop timeout: all of its handshakes are under way before
// the first of them is given up.
func TestHandshakesOfSideProbesRunSideBySide(t *testing.T) {
	w := walk(breakHello()["silence"])
	first, last := 0.0, 0.0
	for _, h := range helloProbes(w.trace)["sso.redhat.com:443"] {
		if !h.FailedWith(evidence.Timeout) {
			continue
		}
		if end := h.BeganMS + h.TookMS; first == 0 || end < first {
			first = end
		}
		last = max(last, h.BeganMS)
	}
	if first == 0 || last >= first {
		t.Errorf("the last begins at %.0f ms, the first is given up at %.0f ms", last, first)
	}
	trails := 0
	for _, h := range w.trace.Hops {
		if d := evidence.DetailOf[evidence.Dial](h); d.Trail != nil {
			trails += d.Trail.Sent
		}
	}
	if trails == 0 || trails > 64 {
		t.Errorf("%d connections with a hop limit, want some and at most 64", trails)
	}
}

// docs/rules.md, rule 7: the target's SNI goes to another host's address only with --deep,
// and inside a tunnel no other SNI than the CONNECT's host is ever sent (4.8).
func TestNamesOfSideProbes(t *testing.T) {
	t.Parallel()
	reset := []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset}}
	for name, row := range map[string]struct {
		world fault.World
		deep  bool
		want  []evidence.Probe
	}{
		"direct": {fault.World{Direct: true, Faults: reset}, false, []evidence.Probe{evidence.ProbeControlSNI, evidence.ProbeNoSNI}},
		"direct, deep": {fault.World{Direct: true, Faults: reset}, true,
			[]evidence.Probe{evidence.ProbeControlSNI, evidence.ProbeNoSNI, evidence.ProbeSNIElsewhere}},
		"in a tunnel": {fault.World{Faults: reset}, true, nil},
		"https:// proxy": {fault.World{Env: map[string]string{"HTTPS_PROXY": "https://" + fault.ProxyName + ":3128"},
			Faults: []fault.Fault{fault.ProxyPort{Effect: fault.SpeaksTLS}, fault.Handshake{Host: fault.TheProxy, Effect: fault.Reset}}}, true, nil},
		"healthy, direct": {fault.World{Direct: true}, false, nil},
	} {
		w := walk(row.world, func(c *flows.Config) { c.Deep = row.deep })
		var got []evidence.Probe
		for _, h := range w.trace.Hops {
			if h.Op == evidence.OpHandshake && strings.Contains(string(h.Probe), "sni") && !slices.Contains(got, h.Probe) {
				got = append(got, h.Probe)
			}
			if h.Via != "" && h.Op == evidence.OpHandshake && h.Role != evidence.Proxy &&
				!strings.HasPrefix(h.Target, evidence.DetailOf[evidence.Handshake](h).ServerName+":") {
				t.Errorf("%s: SNI %s inside the tunnel to %s", name, evidence.DetailOf[evidence.Handshake](h).ServerName, h.Target)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}

// docs/rules.md, rule 7: where no host passed, the host of --control is the control.
func TestControlOfTheCommandLine(t *testing.T) {
	t.Parallel()
	world := fault.World{Direct: true, Targets: []string{"sso.redhat.com"},
		Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, Only: fault.Hello{OwnName: true}}}}
	for control, want := range map[string]string{"": "tls-reset", "registry.redhat.io:443": "tls-sni-blocked"} {
		w := walk(world, func(c *flows.Config) { c.Control = control })
		if got := visible(w.result); !slices.Equal(got, []string{want}) {
			t.Errorf("control %q: %q, want %s", control, got, want)
		}
	}
}

// docs/rules.md, rule 8: a control that passes proves nothing without a repeat that fails.
func TestControlNeedsARepeatThatFails(t *testing.T) {
	t.Parallel()
	world := fault.World{Direct: true, Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, First: 1}}}
	w := walk(world)
	if got := visible(w.result); !slices.Equal(got, []string{"tls-reset"}) {
		t.Errorf("once: %q", got)
	}
	w = walk(world, func(c *flows.Config) { c.NoProbes = true })
	if got := visible(w.result); !slices.Equal(got, []string{"tls-reset"}) {
		t.Errorf("without probes: %q", got)
	}
}

// docs/rules.md, rule 8: the path's ClientHello has the client's size (measured with
// containers/image and containerd, Go 1.26), and no ALPN.
func TestPathHandshakeHasTheClientsShape(t *testing.T) {
	for tool, want := range map[string]int64{"podman": 1502, "skopeo": 1502, "docker": 1502, "crio": 1502, "containerd": 1510} {
		w := walk(fault.World{Direct: true}, func(c *flows.Config) { c.Client, _ = flows.ShapeOf(tool, "") })
		for _, h := range w.trace.Hops {
			d := evidence.DetailOf[evidence.Handshake](h)
			if h.OnPath() && h.Op == evidence.OpHandshake && d.ServerName == "registry.redhat.io" &&
				(d.HelloBytes != want || d.ALPN != "" || d.Curve != "X25519MLKEM768") {
				t.Errorf("%s: %d bytes, ALPN %q, group %s; want %d", tool, d.HelloBytes, d.ALPN, d.Curve, want)
			}
		}
		if w.trace.Run.NotModelled != "" {
			t.Errorf("%s: not modelled: %s", tool, w.trace.Run.NotModelled)
		}
		if w.result.Verdict.Status != diagnosis.StatusPass {
			t.Errorf("%s: %s", tool, w.result.Verdict.Summary)
		}
	}
}

// What cannot be imitated is said.
func TestClientHelloThatIsNotModelled(t *testing.T) {
	for _, tool := range []string{"curl"} {
		w := walk(fault.World{Direct: true}, func(c *flows.Config) { c.Client, _ = flows.ShapeOf(tool, "") })
		if !strings.Contains(w.trace.Run.NotModelled, tool+"'s ClientHello") {
			t.Errorf("%s: %q", tool, w.trace.Run.NotModelled)
		}
	}
}

// With --deep a run that holds tries other ClientHellos too, of one target, and
// finds nothing wrong.
func TestDeepTriesOtherHellos(t *testing.T) {
	w := walk(fault.World{Direct: true, Flags: []string{"--deep"}})
	probed := helloProbes(w.trace)
	if len(probed) != 1 || w.result.Verdict.Status != diagnosis.StatusPass {
		t.Errorf("%d targets probed; %s", len(probed), w.result.Verdict.Summary)
	}
	for target, hops := range probed {
		if len(hops) < 7 || len(hops) > 12 {
			t.Errorf("%s: %d handshakes", target, len(hops))
		}
	}
}

// Where the system cannot limit segments or hops, the report says that it was not
// looked at.
func TestWithoutSegmentsAndHopLimits(t *testing.T) {
	t.Parallel()
	w := walkWith(breakHello()["silence"], func(n *flows.Net) { n.DialSegments, n.Speak = nil, nil })
	not := map[evidence.Probe]bool{}
	for _, h := range w.trace.Hops {
		if d := evidence.DetailOf[evidence.Dial](h); d.NotLooked != "" {
			not[h.Probe] = h.State == evidence.Skipped
		}
	}
	for _, probe := range []evidence.Probe{evidence.ProbeSegments536, evidence.ProbeRisingHello} {
		if !not[probe] {
			t.Errorf("%s: nothing says that it was not looked at", probe)
		}
	}
	if got := visible(w.result); !slices.Equal(got, []string{"tls-timeout"}) {
		t.Errorf("%q", got)
	}
}

// An answer that is cut is no ClientHello that was dropped, though a small one passes:
// the answer to that is shorter.
func TestACutAnswerIsNoDroppedHello(t *testing.T) {
	t.Parallel()
	for effect, want := range map[fault.Effect]string{fault.Reset: "fail tls-reset", fault.Close: "fail tls-closed"} {
		w := walk(fault.World{Direct: true, Targets: []string{"sso.redhat.com"},
			Faults: []fault.Fault{fault.Stream{Host: "sso.redhat.com", Effect: effect, Bytes: 2500}}})
		if got := told(w); got != want {
			t.Errorf("%s: %s, want %s", effect, got, want)
		}
	}
}

// A plain proxy may answer one ClientHello, by the chance of its random bytes, and wait
// for the end of a line in another: that is one finding about one proxy.
func TestAPlainProxyIsOneFinding(t *testing.T) {
	t.Parallel()
	w := walk(fault.World{Flags: []string{"--hop-timeout=300ms"},
		Env:    map[string]string{"HTTPS_PROXY": "https://" + fault.ProxyName + ":" + fault.ProxyTCPPort},
		Faults: []fault.Fault{fault.Counted{Fault: fault.ProxyPort{Effect: fault.PlainAlone}, Every: 2}}})
	kinds := map[evidence.Kind]bool{}
	for _, h := range w.trace.Hops {
		if h.OnPath() && h.Op == evidence.OpHandshake {
			kinds[h.Kind()] = true
		}
	}
	if got := told(w); got != "fail proxy-speaks-plaintext" || len(kinds) < 2 {
		t.Errorf("%s of %v", got, kinds)
	}
}
