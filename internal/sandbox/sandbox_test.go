//go:build linux

package sandbox

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pullpath/internal/fault"
)

func TestRunGivesTheCommandsStatus(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -9 $$": 128 + 9, `test "$A" = b`: 0, `test -n "$HOME"`: 1} {
		got, err := Run(Command{Args: []string{"/bin/sh", "-c", script}, Env: []string{"A=b"}})
		if err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", script, got, err, want)
		}
	}
	if _, err := Run(Command{Args: []string{"/no/such/command"}}); err == nil || !strings.Contains(err.Error(), "run /no/such/command") {
		t.Error(err)
	}
}

// TestSignalsReachTheCommand sends this process a signal once the command says that
// it waits for one.
func TestSignalsReachTheCommand(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		if _, err := r.Read(make([]byte, 1)); err == nil {
			_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
		}
	}()
	got, err := Run(Command{Args: []string{"/bin/sh", "-c", "trap 'exit 9' TERM; echo; while :; do read x <" + fifo(t) + "; done"}, Out: w})
	_ = w.Close()
	if err != nil || got != 9 {
		t.Errorf("%d, %v", got, err)
	}
}

// fifo returns a pipe that nobody writes to.
func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLayoutIsWrittenForTheTools(t *testing.T) {
	a, b, c := netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("203.0.113.2"), netip.MustParseAddr("203.0.113.3")
	six := netip.MustParseAddr("2001:db8::1")
	stub := netip.MustParseAddr("127.0.0.53")
	l := Layout{Resolvers: []netip.Addr{c}, Hosts: map[netip.Addr][]string{b: {"two", "one"}}, Places: []Place{
		{Address: stub, Effect: fault.Refuse, Port: 53, Ways: []Way{{"udp", 53, netip.MustParseAddrPort("127.0.0.1:5353")}}},
		{Address: a, Ways: []Way{{"udp", 53, netip.MustParseAddrPort("127.0.0.1:5353")}}},
		{Address: a, Effect: fault.Prohibit, Port: 443, TCP: true, MTU: 900,
			Ways: []Way{{"tcp", 80, netip.MustParseAddrPort("127.0.0.1:8080")}, {"tcp", 0, netip.MustParseAddrPort("127.0.0.1:8443")}}},
		{Address: six, Effect: fault.HostUnreachable, Port: 443, MTU: 1300, Ways: []Way{{"tcp", 0, netip.MustParseAddrPort("[::1]:8443")}}},
		{Address: netip.MustParseAddr("2001:db8::2"), Effect: fault.NoRoute}, {Address: netip.IPv6Loopback(), Effect: fault.Refuse, Port: 53},
		{Address: netip.MustParseAddr("203.0.113.4"), Effect: fault.Drop},
		{Address: netip.MustParseAddr("203.0.113.5"), Effect: fault.Drop, Port: 53},
		{Address: b, Effect: fault.NoRoute}, {Address: c, Effect: fault.Refuse,
			Ways: []Way{{"udp", 53, netip.MustParseAddrPort("127.0.0.1:5353")}}}}}
	if got, want := l.addresses(), "link set lo mtu 1500 up\naddress add 203.0.113.1/32 dev lo\naddress add 2001:db8::1/128 dev lo nodad\n"+
		"route add unreachable 2001:db8::2/128\naddress add 203.0.113.4/32 dev lo\naddress add 203.0.113.5/32 dev lo\n"+
		"route add unreachable 203.0.113.2/32\naddress add 203.0.113.3/32 dev lo\n"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	const want = `table ip pullpath {
  chain broken {
    type filter hook output priority -150; policy accept;
    ip daddr 127.0.0.53 tcp dport 53 tcp flags & (syn | ack | rst) == syn reject with tcp reset
    ip daddr 127.0.0.53 udp dport 53 reject with icmp type port-unreachable
    ip daddr 203.0.113.1 ip length > 900 drop
    ip daddr 203.0.113.1 tcp dport 443 tcp flags & (syn | ack | rst) == syn reject with icmp type admin-prohibited
    ip daddr 203.0.113.4 tcp flags & (syn | ack | rst) == syn drop
    ip daddr 203.0.113.5 tcp dport 53 tcp flags & (syn | ack | rst) == syn drop
    ip daddr 203.0.113.3 tcp flags & (syn | ack | rst) == syn reject with tcp reset
    ip daddr 203.0.113.3 meta l4proto udp reject with icmp type port-unreachable
  }
  chain lost {
    type filter hook input priority 0; policy accept;
    ct original ip daddr 203.0.113.4 meta l4proto udp drop
    ct original ip daddr 203.0.113.5 meta l4proto udp ct original proto-dst 53 drop
  }
  chain ways {
    type nat hook output priority -100; policy accept;
    ip daddr 127.0.0.53 udp dport 53 dnat to 127.0.0.1:5353
    ip daddr 203.0.113.1 udp dport 53 dnat to 127.0.0.1:5353
    ip daddr 203.0.113.1 tcp dport 80 dnat to 127.0.0.1:8080
    ip daddr 203.0.113.3 udp dport 53 dnat to 127.0.0.1:5353
    ip daddr 203.0.113.1 meta l4proto tcp dnat to 127.0.0.1:8443
  }
}
table ip6 pullpath {
  chain broken {
    type filter hook output priority -150; policy accept;
    ip6 daddr 2001:db8::1 ip6 length > 1260 drop
    ip6 daddr 2001:db8::1 tcp dport 443 tcp flags & (syn | ack | rst) == syn reject with icmpv6 type addr-unreachable
    ip6 daddr 2001:db8::1 udp dport 443 reject with icmpv6 type addr-unreachable
    ip6 daddr ::1 tcp dport 53 tcp flags & (syn | ack | rst) == syn reject with tcp reset
    ip6 daddr ::1 udp dport 53 reject with icmpv6 type port-unreachable
  }
  chain lost {
    type filter hook input priority 0; policy accept;
  }
  chain ways {
    type nat hook output priority -100; policy accept;
    ip6 daddr 2001:db8::1 meta l4proto tcp dnat to [::1]:8443
  }
}
`
	if got := l.rules(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	for what, pair := range map[string][2]string{
		"resolv.conf": {l.resolvConf(), "nameserver 203.0.113.3\n"},
		"hosts":       {l.hostsFile(), "127.0.0.1 localhost\n::1 localhost\n203.0.113.2 one two\n"},
		"nsswitch.conf": {switchConf("passwd: files\n hosts: files resolve [!UNAVAIL=return] dns\nnetworks: files"),
			"hosts: files dns\npasswd: files\nnetworks: files"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
		}
	}
}

// TestOnlyANewNamespaceIsFurnished: this process has the machine's network.
func TestOnlyANewNamespaceIsFurnished(t *testing.T) {
	if all, err := os.ReadFile("/proc/net/dev"); err != nil || bytes.Count(all, []byte(":")) < 2 {
		t.Skip("this machine's network looks like a new one")
	}
	if err := (Layout{}).Apply(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a new network namespace") {
		t.Error(err)
	}
}
