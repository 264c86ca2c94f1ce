package grid

import (
	"testing"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/mockproxy"
)

// skippedBecause lists the targets with a path hop that was skipped because of one
// of another host.
func skippedBecause(w walked) []string {
	var out []string
	for _, h := range w.trace.Hops {
		because, _ := w.trace.Hop(h.Because)
		if h.State == evidence.Skipped && because.Target != h.Target {
			out = append(out, string(h.Op)+" "+h.Target)
		}
	}
	return out
}

// A login that the proxy has accepted is right: a refusal behind it is about its
// host (CONTRACT.md 4.4). One before is about the login for all that is known, as
// some proxies answer 403 to a wrong one, and it is not sent again (CONTRACT.md
// 4.1). The registry connects anew once the refusal is there.
func TestRefusalBehindAnAcceptedProxyLogin(t *testing.T) {
	const first, later = "registry.redhat.io", "cdn.quay.io"
	for name, row := range map[string]struct {
		refusal fault.Connect
		revokes bool
	}{
		"403 for a later host": {fault.Connect{Host: later, Status: 403}, false},
		"407 for a later host": {fault.Connect{Host: later, Status: 407, Headers: []string{`Proxy-Authenticate: Basic realm="corp"`}}, false},
		"403 for the first":    {fault.Connect{Host: first, Status: 403}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := walk(fault.World{ProxyLogin: "right", Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Basic"}, Realm: "corp"}, row.refusal,
				fault.HTTP{Host: first, Headers: []string{"Connection: close"}}, fault.HTTP{Host: "sso.redhat.com", Delay: 200 * time.Millisecond}}})
			if w.err != nil {
				t.Fatal(w.err)
			}
			skipped := skippedBecause(w)
			sent := count(w.events, func(e mockproxy.Event) bool { return e.Kind == "connect" && e.Auth == "Basic" })
			switch {
			case row.revokes && (sent != 1 || len(skipped) < len(w.trace.Targets)-1):
				t.Errorf("the login was sent %d times, want 1; skipped elsewhere: %v", sent, skipped)
			case !row.revokes && (sent < len(w.trace.Targets)+1 || len(skipped) > 0):
				t.Errorf("the login was sent %d times to %d hosts; skipped elsewhere: %v", sent, len(w.trace.Targets), skipped)
			}
		})
	}
}
