package grid

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pullpath/flows"
	"pullpath/internal/credentials"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/rebuild"
)

// What a report tells of a step that codes do not show comes back too.
func TestRebuiltFaults(t *testing.T) {
	t.Parallel()
	const cdn = "cdn01.quay.io"
	for name, row := range map[string]struct {
		world fault.World
		// has looks for one of the faults, whose zero fields count for nothing.
		has fault.Fault
	}{
		"a layer that stops after a third": {anImage(fault.HTTP{Host: cdn, Effect: fault.Stall, Bytes: 54}),
			fault.HTTP{Host: cdn, Blob: "config", Granted: true, Effect: fault.Stall, Share: 54. / 163}},
		"a layer that is cut": {anImage(fault.HTTP{Host: cdn, Effect: fault.Truncate, Bytes: 54}),
			fault.HTTP{Host: cdn, Blob: "config", Granted: true, Effect: fault.Truncate, Share: 54. / 163}},
		"a token that stops": {fault.World{Direct: true, Faults: []fault.Fault{fault.HTTP{Host: "sso.redhat.com",
			Effect: fault.Stall, Bytes: 30}}},
			fault.HTTP{Host: "sso.redhat.com", Granted: true, Effect: fault.Stall}},
		"a refused login is refused for every host": {fault.World{ProxyLogin: "wrong",
			Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Basic"}, Realm: "corp"}}},
			fault.Connect{Login: "basic"}},
		"a tunnel that takes long": {fault.World{Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Delay: time.Second}}},
			fault.Connect{Host: "sso.redhat.com"}},
		"a certificate that takes long": {fault.World{Direct: true,
			Faults: []fault.Fault{fault.Stream{Host: "sso.redhat.com", Delay: time.Second}}},
			fault.Stream{Host: "sso.redhat.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row.world.Flags = []string{"--hop-timeout=2s"}
			w := walk(row.world)
			if w.err != nil {
				t.Fatal(w.err)
			}
			world, cannot := rebuild.World(saved(t, w), time.Minute)
			if !slices.ContainsFunc(world.Faults, func(f fault.Fault) bool { return covers(f, row.has) }) {
				t.Errorf("no %#v among %#v; not rebuilt: %q", row.has, world.Faults, cannot)
			}
			if again := walk(world); again.err != nil || !slices.Equal(caused(again.result), caused(w.result)) {
				t.Errorf("rebuilt: %v, %v, before: %v", caused(again.result), again.err, caused(w.result))
			}
		})
	}
}

// covers tells that a fault is of another's kind and has the fields that are set in it.
func covers(f, want fault.Fault) bool {
	a, b := reflect.ValueOf(f), reflect.ValueOf(want)
	if a.Type() != b.Type() {
		return false
	}
	for i := range a.NumField() {
		if !b.Field(i).IsZero() && !a.Field(i).Equal(b.Field(i)) {
			return false
		}
	}
	return true
}

// A layer that came in slowly comes in as slowly as the reader has patience for.
func TestRebuiltPace(t *testing.T) {
	t.Parallel()
	world := anImage(fault.HTTP{Host: "cdn01.quay.io", Rate: 2000})
	world.LayerBytes = 100 // some 2,000 with what is around it
	w := walk(world)
	rebuilt, cannot := rebuild.World(saved(t, w), 700*time.Millisecond)
	if !slices.ContainsFunc(rebuilt.Faults, func(f fault.Fault) bool {
		r, ok := f.(fault.HTTP)
		return ok && r.Blob == "layer" && r.Over == 700*time.Millisecond
	}) || !slices.ContainsFunc(cannot, func(line string) bool { return strings.Contains(line, "--max-delay") }) {
		t.Errorf("%#v, %q", rebuilt.Faults, cannot)
	}
}

// A report without the client's settings has the proxy in its routes.
func TestRebuiltWithoutSettings(t *testing.T) {
	t.Parallel()
	w := walk(fault.World{Env: map[string]string{"HTTPS_PROXY": "http://proxy.corp.example:3128", "NO_PROXY": "cdn.quay.io"},
		Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Status: 403}}})
	trace := saved(t, w)
	trace.Run.ProxySettings = nil
	world, _ := rebuild.World(trace, time.Minute)
	again := walk(world)
	if again.err != nil || !slices.Equal(caused(again.result), caused(w.result)) {
		t.Errorf("rebuilt: %v, %v, before: %v", caused(again.result), again.err, caused(w.result))
	}
	for i, target := range again.trace.Targets {
		if target.Route.Kind != w.trace.Targets[i].Route.Kind {
			t.Errorf("%s goes by %s, before by %s", target.ID, target.Route.Kind, w.trace.Targets[i].Route.Kind)
		}
	}
}

// A blob host comes back at its own port, and two logins at one token server are named
// as answered alike.
func TestRebuiltPortsAndLogins(t *testing.T) {
	t.Parallel()
	w := walk(fault.World{Direct: true, Targets: []string{fault.Image + ":" + fault.ImageTag}, BlobHosts: []string{"cdn01.quay.io:8443"}})
	world, _ := rebuild.World(saved(t, w), time.Minute)
	again := walk(world)
	if again.err != nil || again.result.Targets["cdn01.quay.io:8443"] == "" || len(again.trace.Targets) != len(w.trace.Targets) {
		t.Errorf("%v, %v, before %v", again.err, again.result.Targets, w.result.Targets)
	}
	right := credentials.NewLogin(credentials.Password, fault.AccountUser, fault.AccountPassword)
	for password, named := range map[string]bool{fault.AccountPassword: false, fault.AccountPassword + "-wrong": true} {
		w = walk(fault.World{Direct: true, Targets: []string{"registry.redhat.io", "registry.redhat.io:8443"}, Anonymous: true},
			func(c *flows.Config) {
				c.Logins = map[string]credentials.Answer{"registry.redhat.io:443": {Login: right},
					"registry.redhat.io:8443": {Login: credentials.NewLogin(credentials.Password, fault.AccountUser, password)}}
			})
		_, cannot := rebuild.World(saved(t, w), time.Minute)
		if slices.ContainsFunc(cannot, func(line string) bool { return strings.Contains(line, "answered alike") }) != named {
			t.Errorf("%v: %q", named, cannot)
		}
	}
}

// What a run did not wait for is named as not rebuilt.
func TestUnfinishedRunIsNamed(t *testing.T) {
	t.Parallel()
	w := walk(fault.World{Flags: []string{"--timeout=300ms"}, Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io",
		Effect: fault.Silence}}})
	if w.trace.Run.Ended != "budget" {
		t.Fatal(w.trace.Run.Ended)
	}
	if _, cannot := rebuild.World(saved(t, w), time.Minute); !slices.ContainsFunc(cannot,
		func(line string) bool { return strings.Contains(line, "when the run ended (budget)") }) {
		t.Errorf("%q", cannot)
	}
}

// A RST of the host goes through the proxy, in a tunnel of either kind.
func TestResetGoesThroughTheProxy(t *testing.T) {
	t.Parallel()
	for _, proxy := range []string{"http://proxy.corp.example:3128", "socks5h://proxy.corp.example:1080"} {
		w := walk(fault.World{Env: map[string]string{"HTTPS_PROXY": proxy}, Targets: []string{"registry.redhat.io"},
			Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Effect: fault.Reset}}})
		if !slices.ContainsFunc(w.trace.Hops, func(h evidence.Hop) bool {
			return h.OnPath() && h.Op == evidence.OpRequest && h.FailedWith(evidence.Reset)
		}) {
			t.Errorf("%s: no request was reset", proxy)
		}
		for effect, want := range map[fault.Effect]evidence.Kind{fault.Reset: evidence.Reset, fault.Close: evidence.Closed} {
			w := walk(fault.World{Env: map[string]string{"HTTPS_PROXY": proxy}, Targets: []string{"sso.redhat.com"},
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: effect}}})
			if !slices.ContainsFunc(w.trace.Hops, func(h evidence.Hop) bool {
				return h.OnPath() && h.Op == evidence.OpHandshake &&
					h.FailedWith(want)
			}) {
				t.Errorf("%s, %s: no handshake failed with %s", proxy, effect, want)
			}
		}
	}
}
