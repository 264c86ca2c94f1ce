package grid

import (
	"strings"
	"testing"
	"time"

	"pullpath/flows"
	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/mockproxy"
	"pullpath/resolve"
)

// A CDN gives everybody other addresses: servers that differ in these agree.
func TestOtherAddressesAreNoDisagreement(t *testing.T) {
	t.Parallel()
	for name, world := range map[string]fault.World{
		"two name servers": {Direct: true, Resolvers: 2},
		"proxied":          {Resolvers: 3},
		"another CDN edge": {Direct: true, Resolvers: 2, Faults: []fault.Fault{fault.DNS{Name: "cdn.quay.io", Resolver: 2, Rcode: "NOERROR",
			Addresses: []string{"203.0.113.119"}}}},
		"another family too": {Direct: true, Resolvers: 2, Faults: []fault.Fault{fault.DNS{Name: "cdn.quay.io", Resolver: 2, Rcode: "NOERROR",
			Addresses: []string{"203.0.113.110", "2001:db8::110"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if w := walk(world); w.err != nil || len(w.result.Findings) > 0 {
				t.Errorf("%v, findings %v", w.err, codes(w.result.Findings))
			}
		})
	}
}

// A name that is left to the proxy is never a fault, whatever is said of it here.
func TestNamesLeftToTheProxyAreNoFault(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fault.Fault{
		"no such name": fault.DNS{Rcode: "NXDOMAIN"}, "refused": fault.DNS{Rcode: "REFUSED"}, "failed": fault.DNS{Rcode: "SERVFAIL"},
		"no address": fault.DNS{Rcode: "NOERROR"}, "silent": fault.DNS{Silent: true}, "slow": fault.DNS{Delay: quickEnough},
		"filtered": fault.DNS{Rcode: "NXDOMAIN", ExtendedError: 15}, "policy zone": fault.DNS{Rcode: "NXDOMAIN", Authority: "rpz.corp.example"},
		"sinkhole":  fault.DNS{Rcode: "NOERROR", Addresses: []string{"0.0.0.0"}},
		"private":   fault.DNS{Rcode: "NOERROR", Addresses: []string{"10.1.2.3"}},
		"wrong ID":  fault.DNS{WrongID: true},
		"truncated": fault.DNS{Truncate: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := walk(fault.World{Resolvers: 2, Pins: map[string]string{"sso.redhat.com": "0.0.0.0"}, Faults: []fault.Fault{f}})
			if w.err != nil || w.result.Verdict.Status != diagnosis.StatusPass {
				t.Errorf("%v, verdict %s, findings %v", w.err, w.result.Verdict.Status, codes(w.result.Findings))
			}
		})
	}
}

// quickEnough is longer than the grace of what runs beside the paths.
const quickEnough = 600 * time.Millisecond

// A server behind the one that answers is given up with the paths, and then is
// not taken for dead unless it had its time.
func TestAServerBehindIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	w := walk(fault.World{Direct: true, Resolvers: 2, Faults: []fault.Fault{fault.DNS{Resolver: 2, Silent: true}}})
	if w.err != nil {
		t.Fatal(w.err)
	}
	n := 0
	for _, h := range w.trace.Hops {
		if h.Probe != evidence.ProbeFurtherResolver {
			continue
		}
		n++
		if h.State != evidence.Skipped && h.TookMS < float64(resolve.Hedge.Milliseconds()) {
			t.Errorf("hop %d: %s after %.0f ms", h.ID, h.State, h.TookMS)
		}
		if h.OnPath() {
			t.Errorf("hop %d is on the path", h.ID)
		}
	}
	if n != len(w.trace.Targets) {
		t.Errorf("%d answers of the second server for %d targets", n, len(w.trace.Targets))
	}
}

// --no-probes asks the servers that the client would ask.
func TestNoProbesAsksOneServer(t *testing.T) {
	t.Parallel()
	asked := func(w walked, place int) int {
		return count(w.events, func(e mockproxy.Event) bool { return e.Kind == "dns" && e.Host == fault.Resolver(place) })
	}
	none := func(c *flows.Config) { c.NoProbes = true }
	if w := walk(fault.World{Direct: true, Resolvers: 2}, none); asked(w, 1) == 0 || asked(w, 2) > 0 {
		t.Errorf("healthy: %d and %d questions", asked(w, 1), asked(w, 2))
	}
	broken := fault.World{Direct: true, Resolvers: 2, Faults: []fault.Fault{fault.DNS{Resolver: 1, Rcode: "REFUSED"}}}
	if w := walk(broken, none); asked(w, 2) == 0 || w.result.Verdict.Status == diagnosis.StatusFail {
		t.Errorf("the first refuses: %d questions to the second, verdict %s", asked(w, 2), w.result.Verdict.Status)
	}
}

// How long the client waits follows from this host's resolv.conf.
func TestTheWaitFollowsResolvConf(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		code string
		stub *evidence.Stub
		want string
		not  string
	}{
		"the usual": {"dns-resolver-down", &evidence.Stub{TimeoutMS: 5000, Attempts: 2},
			"waits 5 s for this one, in each look-up, and a pull makes 3 of them one after the other: 15 s", "rotate"},
		"impatient": {"dns-resolver-down", &evidence.Stub{TimeoutMS: 1000, Attempts: 5}, "waits 1 s for this one", "5 s"},
		"rotate": {"dns-resolver-down", &evidence.Stub{TimeoutMS: 5000, Attempts: 2, Rotate: true},
			"that begins with it (options rotate)", "the next"},
		"unknown":      {"dns-resolver-down", nil, "waits for this one, in each look-up", " s "},
		"none answers": {"dns-resolver-unreachable-2", &evidence.Stub{TimeoutMS: 5000, Attempts: 2}, "waits 10 s for each name", "limit"},
		"one round":    {"dns-resolver-unreachable-2", &evidence.Stub{TimeoutMS: 3000, Attempts: 1}, "waits 3 s for each name", "limit"},
		"a search list": {"dns-resolver-unreachable-2", &evidence.Stub{TimeoutMS: 5000, Attempts: 1, Search: []string{"a", "b"}},
			"waits 15 s for each name", "limit"},
		"above the dial": {"dns-resolver-unreachable-2", &evidence.Stub{TimeoutMS: 5000, Attempts: 2, Search: []string{"a", "b", "c"}},
			"waits 30 s for each name before it gives up: its dial limit; resolv.conf would allow 40 s", "waits 40 s"},
		"refused at once": {"dns-resolver-unreachable", &evidence.Stub{TimeoutMS: 5000, Attempts: 2}, "Nothing can be looked up", "waits"},
	} {
		trace := *walkOf(row.code).trace
		trace.Vantage.Stub = row.stub
		for _, f := range diagnosis.Diagnose(&trace, catalogue.All()).Unmasked() {
			if f.Code == codeOf(row.code) && (!strings.Contains(f.Explanation, row.want) || strings.Contains(f.Explanation, row.not)) {
				t.Errorf("%s: %q, want %q and not %q", name, f.Explanation, row.want, row.not)
			}
		}
	}
}
