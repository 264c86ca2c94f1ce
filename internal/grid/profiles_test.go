package grid

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"

	"pullpath/flows"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/profile"
)

// ofProfile is a World with the hosts of a profile.
func ofProfile(p profile.Profile) fault.World {
	return fault.World{Title: "the hosts of profile " + p.Name, Direct: true, Anonymous: true, Hosts: p.World()}
}

// Every host of every built-in profile is walked to TLS, those that no pull talks to
// without a request; what cannot be walked is no target.
func TestProfilesAreWalked(t *testing.T) {
	t.Parallel()
	for _, p := range profile.BuiltIn() {
		w := walk(ofProfile(p), func(c *flows.Config) { c.Profile = p })
		if w.err != nil {
			t.Fatal(w.err)
		}
		if w.result.Verdict.Status != diagnosis.StatusPass {
			t.Errorf("%s: %s, %v", p.Name, w.result.Verdict.Status, codes(w.result.Findings))
		}
		shaken := map[string]bool{}
		for _, h := range w.trace.Hops {
			if h.Op == evidence.OpHandshake && h.OnPath() && h.State == evidence.OK {
				shaken[h.Target] = true
			}
			if target, _ := w.trace.Target(h.Target); h.Op == evidence.OpRequest && target.Role == evidence.Service {
				t.Errorf("%s: a request to %s, which no pull talks to", p.Name, h.Target)
			}
		}
		for _, h := range p.Hosts {
			if id := fmt.Sprintf("%s:%d", h.Host, h.Port); shaken[id] != h.Walkable() {
				t.Errorf("%s: %s was walked to TLS: %v, want %v", p.Name, id, shaken[id], h.Walkable())
			}
		}
	}
}

// A list of forty hosts costs the time of one: the connection to each is begun
// before that to any other is there. Every dial waits here for all the others; one
// after the other they would wait for ever.
func TestHostsOfAListAreDialledSideBySide(t *testing.T) {
	t.Parallel()
	p, err := profile.Load("openshift")
	if err != nil {
		t.Fatal(err)
	}
	world := ofProfile(p)
	hosts := map[string]bool{}
	for _, h := range world.Hosts {
		hosts[h.Address] = true
	}
	var mu sync.Mutex
	all := make(chan struct{})
	gather := func(address string) {
		mu.Lock()
		defer mu.Unlock()
		if host, _, _ := net.SplitHostPort(address); hosts[host] {
			if delete(hosts, host); len(hosts) == 0 {
				close(all)
			}
		}
	}
	w := walkWith(world, func(n *flows.Net) {
		dial := n.Dial
		n.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if network == "udp" {
				return dial(ctx, network, address)
			}
			gather(address)
			select {
			case <-all:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			return dial(ctx, network, address)
		}
	}, func(c *flows.Config) { c.Profile = p })
	if w.err != nil {
		t.Fatal(w.err)
	}
	if len(hosts) > 0 || w.result.Verdict.Status != diagnosis.StatusPass {
		t.Errorf("%d hosts were not dialled beside the others; %s %v", len(hosts), w.result.Verdict.Status, codes(w.result.Findings))
	}
	// The longest chain of answers that wait for one another is that of one registry
	// alone: name, TCP, TLS, /v2/, and at its token server, which is another host.
	if got, want := longestChain(w.trace), 5; got > want {
		t.Errorf("%d round trips in sequence for %d hosts, want %d", got, len(world.Hosts), want)
	}
}

// With --all-required a host that the profile marks as optional fails the run. The flag may
// stand in a World.
func TestAllRequired(t *testing.T) {
	t.Parallel()
	refused := fault.World{Faults: []fault.Fault{fault.Connect{Host: "registry.redhat.io", Status: 403}, fault.Connect{Host: "sso.redhat.com",
		Status: 403}}}
	strict := refused
	strict.Flags = []string{"--all-required"}
	for _, row := range []struct {
		world fault.World
		want  diagnosis.Counts
	}{
		{refused, diagnosis.Counts{Hosts: 9, Passed: 7, Blocked: 1, OptionalFailed: 1, OptionalRefused: 1}},
		{strict, diagnosis.Counts{Hosts: 9, Passed: 7, Blocked: 2}},
	} {
		if w := walk(row.world); w.err != nil || w.result.Verdict.Counts != row.want {
			t.Errorf("%q: %+v, want %+v (%v)", row.world.Flags, w.result.Verdict.Counts, row.want, w.err)
		}
	}
}
