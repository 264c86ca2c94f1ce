package tunnel

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"pullpath/internal/evidence"
)

// device is an ICMP message as a made-up network plays it.
type device struct {
	error
	version   int
	typ, code uint8
	sender    string
	own       bool
}

func (d device) Unwrap() error { return d.error }
func (d device) ICMP() (version int, typ, code uint8, sender netip.Addr, own bool) {
	return d.version, d.typ, d.code, netip.MustParseAddr(d.sender), d.own
}

func TestDialKeepsWhoSentTheICMP(t *testing.T) {
	for name, row := range map[string]struct {
		err  error
		kind evidence.Kind
		icmp string
	}{
		"prohibited": {device{syscall.EHOSTUNREACH, 4, 3, 13, "10.1.0.1", false}, evidence.Prohibited,
			"communication administratively prohibited"},
		"host prohibited": {device{syscall.EHOSTUNREACH, 4, 3, 10, "10.1.0.1", false}, evidence.Prohibited, "host administratively prohibited"},
		"by this host": {device{syscall.EHOSTUNREACH, 4, 3, 13, "10.1.0.2", true}, evidence.DeniedLocally,
			"communication administratively prohibited"},
		"host unreachable": {device{syscall.EHOSTUNREACH, 4, 3, 1, "10.1.0.1", false}, evidence.NoRoute, "host unreachable"},
		"net unreachable":  {device{syscall.ENETUNREACH, 4, 3, 0, "10.1.0.1", false}, evidence.NoRoute, "network unreachable"},
		"port unreachable": {device{syscall.ECONNREFUSED, 4, 3, 3, "10.1.0.1", false}, evidence.Refused, "port unreachable"},
		"too big":          {device{syscall.EMSGSIZE, 4, 3, 4, "10.1.0.1", false}, evidence.Unknown, "fragmentation needed"},
		"IPv6": {device{syscall.EACCES, 6, 1, 1, "2001:db8::1", false}, evidence.Prohibited,
			"communication administratively prohibited"},
		"unheard of":     {device{syscall.EHOSTUNREACH, 4, 3, 99, "10.1.0.1", false}, evidence.NoRoute, "type 3 code 99"},
		"no message":     {syscall.EHOSTUNREACH, evidence.NoRoute, ""},
		"prohibit route": {syscall.EACCES, evidence.DeniedLocally, ""},
	} {
		dial := func(context.Context, string, string) (net.Conn, error) { return nil, row.err }
		_, detail, failure := Dial(context.Background(), dial, "192.0.2.1:443", evidence.Scribe{})
		got := ""
		if detail.ICMP != nil {
			got = detail.ICMP.Name
		}
		if failure.Kind != row.kind || got != row.icmp {
			t.Errorf("%s: %s, message %q; want %s, %q", name, failure.Kind, got, row.kind, row.icmp)
		}
	}
}

func TestWalkNamesEachDevice(t *testing.T) {
	routers := []string{"10.0.0.1", "10.0.1.1", "10.0.2.1"}
	passing := func(limit int) error {
		if limit <= len(routers) {
			return device{syscall.EHOSTUNREACH, 4, 11, 0, routers[limit-1], false}
		}
		return syscall.ECONNREFUSED
	}
	beyond := func(hop int, what error) func(int) error {
		return func(limit int) error {
			if limit <= hop {
				return passing(limit)
			}
			return what
		}
	}
	const r, s = evidence.TrailRouter, evidence.TrailSilence
	for name, row := range map[string]struct {
		answer func(int) error
		want   []string
		last   string
	}{
		"reaches the end": {passing, []string{r, r, r, evidence.TrailRefused}, "10.0.2.1"},
		"dies behind two": {beyond(2, context.DeadlineExceeded), []string{r, r, s}, "10.0.1.1"},
		"nobody answers":  {beyond(0, context.DeadlineExceeded), []string{s}, ""},
		"reset near":      {beyond(1, syscall.ECONNREFUSED), []string{r, evidence.TrailRefused}, "10.0.0.1"},
		"prohibited by two": {beyond(2, device{syscall.EHOSTUNREACH, 4, 3, 13, "10.0.1.1", false}),
			[]string{r, r, evidence.TrailUnreachable}, "10.0.1.1"},
		"not sent": {beyond(0, syscall.EPERM), []string{evidence.TrailUnsent}, ""},
	} {
		dial := func(_ context.Context, _, _ string, limit int) (net.Conn, error) { return nil, row.answer(limit) }
		trail, _ := Walk(context.Background(), dial, netip.MustParseAddrPort("192.0.2.1:443"), TrailLength, time.Now)
		var got []string
		for _, step := range trail.Steps {
			got = append(got, step.Answer)
		}
		last, _ := trail.Last()
		if !slices.Equal(got, row.want) || last.Sender != row.last {
			t.Errorf("%s: %q, last %q", name, got, last.Sender)
		}
	}
}

func TestWhatIsNotLookedAtIsTold(t *testing.T) {
	dial := func(context.Context, string, string) (net.Conn, error) {
		return nil, &unseenError{syscall.ECONNREFUSED, "the ICMP answer"}
	}
	_, detail, failure := Dial(context.Background(), dial, "192.0.2.1:443", evidence.Scribe{})
	if detail.NotLooked != "the ICMP answer" || failure.Kind != evidence.Refused || !errors.Is(failure, syscall.ECONNREFUSED) {
		t.Errorf("%+v, %v", detail, failure)
	}
}
