package tunnel

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pullpath/internal/evidence"
)

// queued makes a control message as the kernel puts it into the error queue.
func queued(level, kind int32, origin, typ, code byte, family uint16, sender []byte) unix.SocketControlMessage {
	data := make([]byte, 16)
	data[atOrigin], data[atType], data[atCode] = origin, typ, code
	data = binary.NativeEndian.AppendUint16(data, family)
	data = append(data, 0, 0)
	if family == unix.AF_INET6 {
		data = append(data, 0, 0, 0, 0)
	}
	return unix.SocketControlMessage{Header: unix.Cmsghdr{Level: level, Type: kind}, Data: append(data, sender...)}
}

func TestParseExtended(t *testing.T) {
	six := netip.MustParseAddr("2001:db8::1").As16()
	for name, row := range map[string]struct {
		message unix.SocketControlMessage
		version int
		sender  string
		ok      bool
	}{
		"prohibited": {queued(unix.IPPROTO_IP, unix.IP_RECVERR, unix.SO_EE_ORIGIN_ICMP, 3, 13, unix.AF_INET, []byte{10, 1, 0, 1}),
			4, "10.1.0.1", true},
		"IPv6": {queued(unix.IPPROTO_IPV6, unix.IPV6_RECVERR, unix.SO_EE_ORIGIN_ICMP6, 1, 1, unix.AF_INET6, six[:]), 6,
			"2001:db8::1", true},
		"cut sender": {queued(unix.IPPROTO_IP, unix.IP_RECVERR, unix.SO_EE_ORIGIN_ICMP, 3, 1, unix.AF_INET, []byte{10}), 4,
			"invalid IP", true},
		"local error": {queued(unix.IPPROTO_IP, unix.IP_RECVERR, unix.SO_EE_ORIGIN_LOCAL, 0, 0, unix.AF_UNSPEC, nil), 0, "", false},
		"other message": {queued(unix.SOL_SOCKET, unix.SO_TIMESTAMP, unix.SO_EE_ORIGIN_ICMP, 3, 13, unix.AF_INET, []byte{10, 1, 0, 1}), 0,
			"", false},
		"nothing inside": {unix.SocketControlMessage{Header: unix.Cmsghdr{Level: unix.IPPROTO_IP, Type: unix.IP_RECVERR}}, 0, "", false},
	} {
		got, ok := parseExtended(row.message)
		if ok != row.ok || ok && (got.version != row.version || got.sender.String() != row.sender) {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
}

// A plain RST leaves the queue empty: refused, and no device is named.
func TestDialerOnLoopback(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	open := l.Addr().String()
	conn, err := Dialer{}.DialContext(context.Background(), "tcp", open)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	_ = l.Close()
	_, detail, failure := Dial(context.Background(), Dialer{}.DialContext, open, evidence.Scribe{})
	if failure == nil || failure.Kind != evidence.Refused || detail.Errno != "ECONNREFUSED" || detail.ICMP != nil || detail.NotLooked != "" {
		t.Errorf("%+v, %v", detail, failure)
	}
	if !errors.Is(failure, syscall.ECONNREFUSED) {
		t.Error("the errno is lost")
	}
	trail, _ := Walk(context.Background(), Dialer{}.DialLimited, netip.MustParseAddrPort(open), TrailLength, time.Now)
	if end, ok := trail.End(); !ok || end.TTL != 1 || end.Answer != evidence.TrailRefused {
		t.Errorf("trail %+v", trail)
	}
}
