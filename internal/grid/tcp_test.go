package grid

import (
	"slices"
	"testing"

	"pullpath/flows"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// probes counts the hops of a side probe.
func probes(t *evidence.Trace, name evidence.Probe) int {
	n := 0
	for _, h := range t.Hops {
		if h.Probe == name {
			n++
		}
	}
	return n
}

// A host without IPv6, or with a name that has eight addresses that all answer,
// is healthy. Every address has its hop.
func TestSeveralAddressesAreHealthy(t *testing.T) {
	t.Parallel()
	many := []string{"203.0.113.201", "203.0.113.202", "203.0.113.203", "2001:db8::201", "2001:db8::202", "2001:db8::203", "2001:db8::204"}
	for name, world := range map[string]fault.World{
		"eight addresses": {Direct: true, Hosts: fault.WithAddresses("sso.redhat.com", many...)},
		"both families":   {Direct: true, Hosts: fault.BothFamilies()},
		"no IPv6 here": {Direct: true, Hosts: fault.BothFamilies(),
			Faults: []fault.Fault{fault.Socket{Host: fault.Everyone, Family: 6, Effect: fault.NoRoute}}},
		"two addresses of the proxy": {ProxyNodes: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := walk(world)
			var want []string
			if world.ProxyNodes > 1 {
				want = []string{"proxy-nodes-unasked"}
			}
			if got := codes(w.result.Findings); w.err != nil || !slices.Equal(got, want) {
				t.Fatalf("%v, findings %v", w.err, got)
			}
			for _, target := range w.trace.Targets {
				var path, further []string
				for _, h := range w.trace.Hops {
					switch {
					case h.Target != target.ID || h.Op != evidence.OpDial:
					case h.OnPath():
						path = append(path, h.Peer)
					case h.Probe == evidence.ProbeFurtherAddress:
						further = append(further, h.Peer)
					}
				}
				if len(path) != 1 || slices.Contains(further, path[0]) {
					t.Errorf("%s: path %q, beside it %q", target.ID, path, further)
				}
				if target.Host == "sso.redhat.com" && name == "eight addresses" && len(further) != len(many) {
					t.Errorf("%d further addresses, want %d", len(further), len(many))
				}
			}
		})
	}
}

// Nobody waits for an address that is silent while another one answers: the path goes on
// with its next hop before the silent address is given up.
func TestThePathDoesNotWaitForASilentAddress(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"tcp-some-addresses-down", "ipv6-broken"} {
		w := walkOf(code)
		waited := 0
		for _, silent := range w.trace.Hops {
			if silent.Probe != evidence.ProbeFurtherAddress || !silent.FailedWith(evidence.Timeout) {
				continue
			}
			waited++
			next, givenUp := afterTheDial(w.trace, silent.Target), silent.BeganMS+silent.TookMS
			if next.BeganMS >= givenUp {
				t.Errorf("%s: hop %d begins after %.0f ms, the silent address was given up after %.0f ms", code, next.ID, next.BeganMS, givenUp)
			}
		}
		if waited == 0 {
			t.Errorf("%s: no address was silent", code)
		}
	}
}

// afterTheDial returns the hop of a target's path that follows its first connection.
func afterTheDial(trace *evidence.Trace, target string) evidence.Hop {
	dialled := false
	for _, h := range trace.Hops {
		switch {
		case h.Target != target || !h.OnPath():
		case dialled:
			return h
		case h.Op == evidence.OpDial && h.State == evidence.OK:
			dialled = true
		}
	}
	return evidence.Hop{}
}

// With --no-probes the run tries addresses as a client does and sends no SYN besides.
func TestNoProbesTriesAddressesInTurn(t *testing.T) {
	t.Parallel()
	world := fault.World{Direct: true, Hosts: fault.WithAddresses("sso.redhat.com", "203.0.113.202"),
		Faults: []fault.Fault{fault.Socket{Host: "cdn.quay.io", Effect: fault.Refuse}}}
	w := walk(world, func(c *flows.Config) { c.NoProbes = true })
	if w.err != nil {
		t.Fatal(w.err)
	}
	for _, h := range w.trace.Hops {
		if h.Purpose == evidence.Probing {
			t.Errorf("hop %d is the probe %s to %s", h.ID, h.Probe, h.Peer)
		}
	}
}

// docs/rules.md, rule 7: one trail for each group of equal failures, 64 SYNs in all.
func TestOneTrailForEachGroup(t *testing.T) {
	t.Parallel()
	for name, world := range map[string]fault.World{
		"all hosts": {Direct: true, Faults: []fault.Fault{fault.Socket{Host: fault.Everyone, Effect: fault.Refuse}}},
		"the proxy": {Faults: []fault.Fault{fault.Socket{Host: fault.TheProxy, Effect: fault.Refuse}}},
	} {
		w := walk(world)
		if w.err != nil {
			t.Fatal(w.err)
		}
		if a, b := probes(w.trace, evidence.ProbeRisingTTL), probes(w.trace, evidence.ProbeRisingTTLControl); a != 1 || b != 1 {
			t.Errorf("%s: %d trails and %d controls, want one of each", name, a, b)
		}
		sent := 0
		for _, h := range w.trace.Hops {
			if trail := evidence.DetailOf[evidence.Dial](h).Trail; trail != nil {
				sent += trail.Sent
			}
		}
		if sent == 0 || sent > 64 {
			t.Errorf("%s: %d SYNs", name, sent)
		}
	}
}

// The flag --trace shows the way to each address of a healthy run, once.
func TestTraceOfAHealthyRun(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		world fault.World
		want  int
	}{"direct": {fault.World{Direct: true}, len(fault.Hosts())}, "proxied": {fault.World{}, 1}} {
		w := walk(row.world, func(c *flows.Config) { c.Trace = true })
		if w.err != nil || w.result.Verdict.Status != diagnosis.StatusPass {
			t.Fatalf("%v, %s", w.err, w.result.Verdict.Summary)
		}
		if got := probes(w.trace, "trace"); got != row.want {
			t.Errorf("%s: %d trails, want %d", name, got, row.want)
		}
		for _, h := range w.trace.Hops {
			trail := evidence.DetailOf[evidence.Dial](h).Trail
			if h.Probe == evidence.ProbeTrace && (trail == nil || len(trail.Steps) != len(fault.Routers())+1 ||
				trail.Steps[1].Sender != fault.Routers()[1]) {
				t.Errorf("%s: hop %d: %+v", name, h.ID, trail)
			}
		}
	}
	if w := walk(fault.World{Direct: true}); probes(w.trace, "trace") > 0 {
		t.Error("a trail that nobody asked for")
	}
}
