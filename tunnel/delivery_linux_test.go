package tunnel

import (
	"crypto/tls"
	"net"
	"testing"
)

// What a peer that says nothing acknowledged is known, under TLS and without.
func TestDelivered(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if d := Delivered(conn); d == nil || d.Acked != 0 || d.Unacked != 0 {
		t.Fatalf("before a byte: %+v", d)
	}
	if _, err := conn.Write(make([]byte, 517)); err != nil {
		t.Fatal(err)
	}
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = far.Close() }()
	if _, err := far.Read(make([]byte, 517)); err != nil {
		t.Fatal(err)
	}
	if d := Delivered(tls.Client(conn, &tls.Config{ServerName: "x"})); d == nil || d.Acked != 517 || !d.Whole() {
		t.Errorf("%+v, want 517 bytes acknowledged", d)
	}
	if near, far := net.Pipe(); Delivered(near) != nil {
		_ = far.Close()
		t.Error("a pipe has no TCP")
	}
	if d := Delivered(lost{conn}); d == nil || d.Whole() || d.SentAgain != 3 {
		t.Errorf("a connection that tells itself: %+v", d)
	}
}

type lost struct{ net.Conn }

func (lost) Delivered() (acked, unacked int64, again int) { return 0, 517, 3 }
