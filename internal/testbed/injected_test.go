//go:build linux

package testbed_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"

	"pullpath/internal/testbed"
)

// injectors are who ends the handshake, and where the reader of the packets finds them. The host is
// behind three routers.
var injectors = []struct {
	name  string
	code  string
	where string
}{
	{"near", "tcp-reset-injected", "3 hops before the host (0 routers from the place of the capture, the host 3 routers)"},
	{"middle", "tcp-reset-injected", "2 hops before the host (1 router from the place of the capture, the host 3 routers)"},
	{"distant", "tcp-reset-injected", "1 hop before the host (2 routers from the place of the capture, the host 3 routers)"},
	{"host", "tls-reset", ""},
}

// resetRules reset the ClientHello to an address in the host's name.
const resetRules = `
table inet injector {
	chain pass {
		type filter hook forward priority 0; policy accept;
		ip daddr %s tcp dport 443 @ih,0,8 0x16 reject with tcp reset
	}
}
`

// TestInjectedResets has real routers reset connections, and a host reset one itself: the packets
// tell them apart.
func TestInjectedResets(t *testing.T) {
	testbed.Require(t, "nftables", "tshark", "curl")
	t.Parallel()
	s := testbed.NewStreet(t)
	at, names := map[string]string{}, testbed.Names{}
	addr := netip.MustParseAddr("203.0.113.60")
	for _, i := range injectors {
		addr = addr.Next()
		at[i.name], names[i.name+".corp.example"] = addr.String(), []netip.Addr{addr}
		resetsHellos(t, s, addr.String())
	}
	s.ServeDNS(s.Near, testbed.NearAddr, names)
	s.Rules(s.Near, fmt.Sprintf(resetRules, at["near"]))
	s.Rules(s.Middle, fmt.Sprintf(resetRules, at["middle"]))
	s.Rules(s.Distant, fmt.Sprintf(resetRules, at["distant"]))
	for _, i := range injectors {
		t.Run(i.name, func(t *testing.T) {
			stop, far := s.Capture(s.Client), s.Capture(s.Far)
			out, err := s.Command(t.Context(), s.Client, "curl", "-sS", "--max-time", "10", "https://"+i.name+".corp.example/v2/").CombinedOutput()
			if err == nil || !strings.Contains(string(out), "reset") {
				t.Errorf("curl: %v: %s", err, out)
			}
			client := stop()
			sideBySide(t, client, far(), i.where != "")
			raw, err := exec.Command(testbed.PullPath(t), "diagnose", "-o", "json", client).Output()
			var got struct {
				Findings []struct{ Code, Explanation, Seen string }
			}
			if json.Unmarshal(raw, &got) != nil || len(got.Findings) == 0 {
				t.Fatalf("no report: %v: %s", err, raw)
			}
			if f := got.Findings[0]; f.Code != i.code || !strings.Contains(f.Explanation, i.where) {
				t.Errorf("%s: %s; %s", f.Code, f.Seen, f.Explanation)
			}
			if i.where == "" && strings.Contains(string(raw), "injected") {
				t.Errorf("the host's own reset is somebody else's: %s", raw)
			}
		})
	}
}

// sideBySide compares the captures of both sides: a reset that a router makes is in one of them alone
// for each end, the host's own in both.
func sideBySide(t *testing.T, client, far string, made bool) {
	t.Helper()
	raw, err := exec.Command(testbed.PullPath(t), "compare", client, far, "-o", "json").Output()
	said := string(raw)
	if made != strings.Contains(said, "something between sends it") || made == strings.Contains(said, "the reset is in both") {
		t.Errorf("side by side: %v: %s", err, said)
	}
}

// resetsHellos has a host accept connections, read what is said and end them with a reset.
func resetsHellos(t *testing.T, s *testbed.Street, address string) {
	t.Helper()
	l, err := s.Far.Listen(net.JoinHostPort(address, "443"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed, at the end
			}
			_, _ = conn.Read(make([]byte, 1024)) // whatever comes
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // so that it ends with a reset
			}
			_ = conn.Close()
		}
	}()
}
