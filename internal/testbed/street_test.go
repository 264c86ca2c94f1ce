//go:build linux

package testbed_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"pullpath/internal/testbed"
)

// middleRules are what the second of three routers does, each to one address.
const middleRules = `
table inet middle {
	chain pass {
		type filter hook forward priority 0; policy accept;
		ip daddr 203.0.113.21 tcp dport { 80, 443 } drop
		ip daddr 203.0.113.22 tcp dport 443 drop
		ip daddr 203.0.113.23 tcp dport 443 reject with tcp reset
		ip daddr 203.0.113.24 reject with icmp admin-prohibited
		ip daddr 203.0.113.25 reject with icmp host-prohibited
		ip daddr 203.0.113.32 reject with icmp port-unreachable
		ip daddr 203.0.113.33 drop
		ip6 daddr 2001:db8::35 drop
		ip6 daddr 2001:db8::36 reject with icmpv6 admin-prohibited
	}
}
`

// clientRules are the client's own firewall.
const clientRules = `
table inet own {
	chain out {
		type filter hook output priority 0; policy accept;
		ip daddr 203.0.113.30 reject with icmp admin-prohibited
		ip daddr 203.0.113.31 drop
	}
}
`

// routed are what pullpath must say of a connection that a router or this host
// breaks. All run as nobody: nothing here needs a privilege.
var routed = []struct {
	name      string
	addresses []string
	flags     []string
	code      string   // the one tcp or ipv6 code; empty: none
	seen      []string // what the finding or, without a code, the report must hold
	not       []string
	audience  string
}{
	{name: "dropped", addresses: []string{"203.0.113.21"}, code: "tcp-timeout", audience: "network-team",
		seen: []string{"the last device that answers is 10.78.2.2 (hop 2)", "(possible"}, not: []string{"likely"}},
	{name: "dropped on one port", addresses: []string{"203.0.113.22"}, code: "tcp-timeout", audience: "network-team",
		seen: []string{"the last device that answers is 10.78.2.2 (hop 2)", "(likely), while port 80 is answered by 203.0.113.22 at hop 4"}},
	{name: "reset by a router", addresses: []string{"203.0.113.23"}, code: "tcp-refused", audience: "network-team",
		seen: []string{"the reset comes at hop limit 3", "at hop 4", "likely a firewall"}},
	{name: "refused by the host", addresses: []string{"203.0.113.38"}, flags: []string{"--connect-to", "::203.0.113.38:444"},
		code:     "tcp-refused",
		audience: "network-team", seen: []string{"the reset comes at hop limit 4", "at hop 4"}, not: []string{"likely a firewall"}},
	{name: "admin prohibited", addresses: []string{"203.0.113.24"}, code: "tcp-prohibited", audience: "network-team",
		seen: []string{"ICMP communication administratively prohibited, from 10.78.2.2"}},
	{name: "host prohibited", addresses: []string{"203.0.113.25"}, code: "tcp-prohibited", audience: "network-team",
		seen: []string{"ICMP host administratively prohibited, from 10.78.2.2"}},
	{name: "admin prohibited, IPv6", addresses: []string{"2001:db8::36"}, code: "tcp-prohibited", audience: "network-team",
		seen: []string{"ICMP communication administratively prohibited, from " + testbed.MiddleAddr6}},
	{name: "host unreachable", addresses: []string{"203.0.113.26"}, code: "tcp-no-route", audience: "network-team",
		seen: []string{"ICMP host unreachable, from 10.78.3.2"}},
	{name: "network unreachable", addresses: []string{"203.0.113.27"}, code: "tcp-no-route", audience: "network-team",
		seen: []string{"ICMP network unreachable, from 10.78.2.2"}},
	{name: "port unreachable", addresses: []string{"203.0.113.32"}, code: "tcp-refused", audience: "network-team",
		seen: []string{"ICMP port unreachable, from 10.78.2.2"}},
	{name: "nobody has the address", addresses: []string{"10.78.1.77"}, code: "tcp-no-route", audience: "host-admin",
		seen: []string{"ICMP host unreachable, from this host itself"}},
	{name: "a prohibit route", addresses: []string{"203.0.113.28"}, code: "tcp-denied-locally", audience: "host-admin",
		seen: []string{"permission denied"}},
	{name: "a blackhole route", addresses: []string{"203.0.113.29"}, code: "tcp-denied-locally", audience: "host-admin",
		seen: []string{"invalid argument"}},
	{name: "an own rule that rejects", addresses: []string{"203.0.113.30"}, code: "tcp-denied-locally", audience: "host-admin",
		seen: []string{"prohibited, from this host itself"}},
	{name: "an own rule that drops", addresses: []string{"203.0.113.31"}, code: "tcp-timeout", audience: "host-admin",
		seen: []string{"no device answers, not even the first"}},
	{name: "one of two addresses", addresses: []string{"203.0.113.33", "203.0.113.34"}, code: "tcp-some-addresses-down",
		audience: "network-team", seen: []string{"203.0.113.33:443: no answer", "203.0.113.34:443 answers"}},
	{name: "IPv6 is dead", addresses: []string{"2001:db8::35", "203.0.113.35"}, code: "ipv6-broken", audience: "network-team",
		seen: []string{"[2001:db8::35]:443: no answer"}},
	{name: "both families hold", addresses: []string{"2001:db8::37", "203.0.113.37"}, flags: []string{"--trace"},
		seen: []string{`"sender":"10.78.1.2"`, `"sender":"10.78.2.2"`, `"sender":"10.78.3.2"`, `"sender":"fd78:1::2"`,
			`"sender":"` + testbed.MiddleAddr6 + `"`, `"sender":"fd78:3::2"`, `"ttl":4,"answer":"open"`}},
}

// TestRouters meets three routers in a row and the client's own kernel.
func TestRouters(t *testing.T) {
	testbed.Require(t, "nftables")
	t.Parallel()
	s := testbed.NewStreet(t)
	names := testbed.Names{}
	for _, r := range routed {
		for name, addresses := range testbed.HostZone(hostOf(r.name), r.addresses...) {
			names[name] = addresses
		}
	}
	s.ServeDNS(s.Near, testbed.NearAddr, names)
	s.Accept("80", "443")
	s.Rules(s.Middle, middleRules)
	s.Rules(s.Client, clientRules)
	s.Route(s.Distant, "unreachable", "203.0.113.26/32")
	s.Route(s.Middle, "throw", "203.0.113.27/32")
	s.Route(s.Client, "prohibit", "203.0.113.28/32")
	s.Route(s.Client, "blackhole", "203.0.113.29/32")
	testbed.PullPath(t) // built before the clock of the first walk runs
	t.Run("walk", func(t *testing.T) {
		for _, r := range routed {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				// Longer than the kernel looks for a neighbour: three times a second.
				args := append([]string{"check", "-o", "json", "--anonymous", "--hop-timeout", "3500ms"}, r.flags...)
				raw := asNobody(t, s, append(args, hostOf(r.name))...)
				sameToCurl(t, s, raw, hostOf(r.name), otherToCurl[r.name])
				codes, text, audience := tcpFindings(t, raw, r.code)
				if strings.Join(codes, " ") != r.code {
					t.Errorf("tcp codes %q, want %q", codes, r.code)
				}
				if audience != r.audience {
					t.Errorf("audience %q, want %q", audience, r.audience)
				}
				for _, want := range r.seen {
					if !strings.Contains(text, want) {
						t.Errorf("%q lacks %q", text, want)
					}
				}
				for _, no := range r.not {
					if strings.Contains(text, no) {
						t.Errorf("%q has %q", text, no)
					}
				}
			})
		}
	})
}

func hostOf(name string) string {
	return strings.NewReplacer(" ", "-", ",", "").Replace(strings.ToLower(name)) + ".corp.example"
}

// asNobody runs pullpath in the client's house without any privilege and
// returns its report, which comes back.
func asNobody(t *testing.T, s *testbed.Street, args ...string) []byte {
	t.Helper()
	return asNobodyWith(t, s, nil, args...)
}

// asNobodyWith is asNobody with further variables, NAME=VALUE.
func asNobodyWith(t *testing.T, s *testbed.Street, env []string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), walkTimeout)
	defer cancel()
	drop := []string{"--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "env"}
	drop = append(append(drop, env...), testbed.PullPath(t))
	cmd := s.Command(ctx, s.Client, "setpriv", append(drop, args...)...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	var status *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &status) || ctx.Err() != nil {
		t.Fatalf("pullpath: %v: %s", errors.Join(err, ctx.Err()), said.Bytes())
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("pullpath %q:\n%s%s", args, said.Bytes(), out.Bytes())
		}
	})
	comesBack(t, testbed.PullPath(t), out.Bytes())
	return out.Bytes()
}

// tcpFindings returns the unmasked tcp codes of a report and what is said of the one that
// is asked for, of the whole report where none is.
func tcpFindings(t *testing.T, raw []byte, code string) (codes []string, text, audience string) {
	t.Helper()
	var got struct {
		Findings []struct {
			Code, Layer, Seen, Audience string
			MaskedBy                    string `json:"masked_by"`
		}
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("no report: %v", err)
	}
	for _, f := range got.Findings {
		if f.Layer != "tcp" || f.MaskedBy != "" {
			continue
		}
		codes = append(codes, f.Code)
		if f.Code == code {
			text, audience = f.Seen, f.Audience
		}
	}
	if code == "" {
		var flat bytes.Buffer
		if err := json.Compact(&flat, raw); err != nil {
			t.Fatal(err)
		}
		text = flat.String()
	}
	return codes, text, audience
}

// TestResetTooFast: a device right before the host resets in its name. Only that it
// is so much faster than the host tells; where the host is as near, nothing does.
func TestResetTooFast(t *testing.T) {
	testbed.Require(t, "nftables")
	for name, row := range map[string]struct {
		delay  time.Duration
		likely bool
	}{"the host is far away": {250 * time.Millisecond, true}, "the host is as near": {0, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testbed.NewStreet(t)
			s.ServeDNS(s.Near, testbed.NearAddr, testbed.HostZone("far.example", "203.0.113.40"))
			s.Accept("80", "443")
			if row.delay > 0 {
				s.Delay(row.delay)
			}
			s.Rules(s.Distant, resetBeforeHost)
			testbed.PullPath(t)
			raw := asNobody(t, s, "check", "-o", "json", "--anonymous", "--hop-timeout", "3500ms", "far.example")
			codes, text, _ := tcpFindings(t, raw, "tcp-refused")
			if strings.Join(codes, " ") != "tcp-refused" || strings.Contains(text, "likely a firewall") != row.likely {
				t.Errorf("codes %q, %q; want likely: %v", codes, text, row.likely)
			}
			for _, want := range []string{"the reset comes at hop limit 4", "at hop 4"} {
				if !strings.Contains(text, want) {
					t.Errorf("%q lacks %q", text, want)
				}
			}
		})
	}
}

const resetBeforeHost = `
table inet distant {
	chain pass {
		type filter hook forward priority 0; policy accept;
		iifname "to-middle" tcp dport 443 reject with tcp reset
	}
}
`
