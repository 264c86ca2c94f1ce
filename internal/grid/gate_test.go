package grid

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pullpath/flows"
	"pullpath/internal/credentials"
	"pullpath/internal/diagnosis"
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
// host (docs/rules.md, rule 4). One before is about the login for all that is known, as
// some proxies answer 403 to a wrong one, and it is not sent again (docs/rules.md,
// rule 1). The registry connects anew once the refusal is there.
func TestRefusalBehindAnAcceptedProxyLogin(t *testing.T) {
	t.Parallel()
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

// A proxy that does not want the login never tells whether it holds, so that each
// connection made anew waits for its turn: it gets one.
func TestProxyLoginThatIsNotWanted(t *testing.T) {
	t.Parallel()
	closes := fault.HTTP{Host: fault.Everyone, Headers: []string{"Connection: close"}}
	socks := map[string]string{"HTTPS_PROXY": "socks5h://" + fault.ProxyUser + ":" + fault.ProxyPassword + "@" + fault.ProxyName +
		":" + fault.ProxyTCPPort}
	for name, world := range map[string]fault.World{
		"Digest": {ProxyLogin: "right", Flags: []string{"--proxy-digest"}},
		"NTLM":   {ProxyLogin: "right", Flags: []string{"--proxy-ntlm"}},
		"SOCKS":  {Env: socks},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			world.Targets, world.Faults = []string{fault.Image + ":" + fault.ImageTag}, []fault.Fault{closes}
			world.Flags = append(world.Flags, "--timeout=10s")
			w := walk(world)
			if w.err != nil || w.result.Verdict.Status != diagnosis.StatusPass {
				t.Errorf("%v, verdict %s: %s", w.err, w.result.Verdict.Status, w.result.Verdict.Summary)
			}
		})
	}
}

// --retry-rejected lets each host try behind a refusal, and each connection made
// anew; without it the first refusal is the last attempt.
func TestRetryRejectedTriesEachHost(t *testing.T) {
	t.Parallel()
	const first = "registry.redhat.io:8443"
	for retry, want := range map[bool]string{true: diagnosis.StatusPass, false: diagnosis.StatusSkipped} {
		w := walk(fault.World{ProxyLogin: "right", Flags: []string{"--timeout=10s"}, Targets: []string{first, "registry.redhat.io"},
			Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Basic"}, Realm: "corp"},
				fault.Counted{Fault: fault.Connect{Port: 8443, Status: 403}, Times: 1},
				fault.HTTP{Host: fault.Everyone, Headers: []string{"Connection: close"}}}}, func(c *flows.Config) { c.RetryRejected = retry })
		if w.err != nil {
			t.Fatal(w.err)
		}
		if a, b := w.result.Targets[first], w.result.Targets["registry.redhat.io:443"]; a != diagnosis.StatusFail || b != want {
			t.Errorf("retry %t: %s and %s, want fail and %s", retry, a, b, want)
		}
	}
}

// withRegistries adds registries whose token server is the article's.
func withRegistries(names ...string) []fault.Host {
	out := fault.Hosts()
	for i, name := range names {
		out = append(out, fault.Host{Name: name, Role: "registry", Address: fmt.Sprintf("203.0.113.%d", 150+i),
			Realm: "https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth", Service: "docker-registry"})
	}
	return out
}

// A login that did not go along is not one that was refused: the token server ends
// each connection, and the one that the second registry needs breaks before it holds.
// The third registry sends the same login all the same.
func TestLoginThatWasNotSent(t *testing.T) {
	t.Parallel()
	const second, third = "second.corp.example", "third.corp.example"
	right := credentials.Answer{Login: credentials.NewLogin(credentials.Password, fault.AccountUser, fault.AccountPassword)}
	w := walk(fault.World{Direct: true, Anonymous: true, Hosts: withRegistries(second, third),
		Targets: []string{"registry.redhat.io", second, third},
		Faults: []fault.Fault{fault.HTTP{Host: "sso.redhat.com", Headers: []string{"Connection: close"}},
			fault.Counted{Fault: fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset}, After: 1, Times: 1},
			fault.HTTP{Host: second, Delay: 100 * time.Millisecond}, fault.HTTP{Host: third, Delay: 200 * time.Millisecond}}},
		func(c *flows.Config) {
			c.NoProbes = true
			c.Logins = map[string]credentials.Answer{second + ":443": right, third + ":443": right}
		})
	if w.err != nil {
		t.Fatal(w.err)
	}
	sent := count(w.events, func(e mockproxy.Event) bool { return e.Kind == "request" && e.Auth == "Basic" })
	if a, b := w.result.Targets[second+":443"], w.result.Targets[third+":443"]; sent != 1 || a != diagnosis.StatusSkipped ||
		b != diagnosis.StatusPass {
		t.Errorf("the login was sent %d times, want 1; second registry %s, want skipped; third %s, want pass", sent, a, b)
	}
}

// tokenScopes lists what the login was sent for, in order.
func tokenScopes(w walked) []string {
	var out []string
	for _, h := range w.trace.Hops {
		r := evidence.DetailOf[evidence.Request](h)
		if u, err := url.Parse(r.URL); err == nil && r.Step == "token" && r.AuthSent != "" {
			out = append(out, u.Query().Get("scope"))
		}
	}
	return out
}

// Registries that share a token server and a login send it in the plan's order,
// whichever is there first; those with another token server are not held up, nor
// does a registry that is silent hold others up for longer than a hop may take.
func TestLoginsGoInPlanOrder(t *testing.T) {
	t.Parallel()
	const first, second = "first.corp.example", "second.corp.example"
	shared := withRegistries(first, second)
	apart := slices.Clone(shared)
	apart[len(apart)-1].Realm = ""
	slow := fault.HTTP{Host: first, Delay: 300 * time.Millisecond}
	for name, row := range map[string]struct {
		hosts []fault.Host
		fault fault.Fault
		wrong bool
		want  []string
		// by is when the second registry's token is there.
		by float64
	}{
		"the first answers late": {shared, slow, true, []string{"repository:a:pull"}, 0},
		"the first's token comes late": {apart, fault.HTTP{Host: "sso.redhat.com", Delay: time.Second}, false,
			[]string{"repository:a:pull", "repository:b:pull"}, 900},
		"the first never answers": {shared, fault.HTTP{Host: first, Effect: fault.Silence}, false, []string{"repository:b:pull"}, 1900},
		"the first has no way": {shared, fault.Certificate{Host: first, Issuer: "interceptor"}, false,
			[]string{"repository:b:pull"}, 900},
		"its tunnel is never made":       {shared, fault.Connect{Host: first, Effect: fault.Silence}, false, []string{"repository:b:pull"}, 1900},
		"the first breaks in the middle": {shared, fault.HTTP{Host: first, Effect: fault.Close}, false, []string{"repository:b:pull"}, 900},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := walk(fault.World{Hosts: row.hosts, WrongPassword: row.wrong, Targets: []string{first + "/a:1", second + "/b:1"},
				Flags:  []string{"--hop-timeout=1.2s", "--timeout=3s"},
				Faults: []fault.Fault{row.fault}}, func(c *flows.Config) { c.NoProbes = true })
			if w.err != nil {
				t.Fatal(w.err)
			}
			if diff := cmp.Diff(row.want, tokenScopes(w)); diff != "" {
				t.Errorf("tokens that the login was sent for (-want +got):\n%s", diff)
			}
			for _, h := range w.trace.Hops {
				r := evidence.DetailOf[evidence.Request](h)
				if row.by > 0 && r.Step == "token" && strings.Contains(r.URL, "%3Ab%3A") && h.BeganMS+h.TookMS > row.by {
					t.Errorf("the second registry's token came after %.0f ms, want %.0f", h.BeganMS+h.TookMS, row.by)
				}
			}
		})
	}
}

// What registries share is told in the plan's order, whichever of them found it and
// asked there first: hosts, and what was asked of them.
func TestSharedHostsAreToldInPlanOrder(t *testing.T) {
	t.Parallel()
	const first, second = "first.corp.example", "second.corp.example"
	told := func(late string, anonymous bool) []string {
		w := walk(fault.World{Direct: true, Anonymous: anonymous, Hosts: withRegistries(first, second),
			Targets: []string{first + "/ubi9/ubi:latest", second + "/rhel:latest"},
			Faults:  []fault.Fault{fault.HTTP{Host: late, Delay: 60 * time.Millisecond}}})
		if w.err != nil {
			t.Fatal(w.err)
		}
		var out []string
		for _, h := range w.trace.Hops {
			out = append(out, string(h.Op)+" "+h.Target+" "+evidence.DetailOf[evidence.Request](h).URL)
		}
		return out
	}
	for _, anonymous := range []bool{false, true} {
		if diff := cmp.Diff(told(second, anonymous), told(first, anonymous)); diff != "" {
			t.Errorf("anonymous %t: where the second is late and where the first is (-second +first):\n%s", anonymous, diff)
		}
	}
}
