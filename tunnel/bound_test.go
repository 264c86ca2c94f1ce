package tunnel

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"pullpath/internal/evidence"
)

// late is a connection at which the end of a limit and the last byte of an answer
// meet: the deadline of the past is under way and lands when the answer was read.
type late struct {
	net.Conn
	// answer is how long it is.
	answer int
	// ended is closed when the limit has ended, heard with the answer's last byte,
	// landed when the deadline is set.
	ended, heard, landed chan struct{}
	once                 sync.Once
}

func (l *late) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if l.answer -= n; l.answer <= 0 {
		l.once.Do(func() { close(l.heard) })
	}
	return n, err
}

func (l *late) SetDeadline(t time.Time) error {
	if t.IsZero() {
		return l.Conn.SetDeadline(t)
	}
	defer close(l.landed)
	close(l.ended)
	<-l.heard
	return l.Conn.SetDeadline(t)
}

// A tunnel that was given as the limit ended is good for what follows.
func TestALimitThatEndsWithTheAnswerIsLifted(t *testing.T) {
	for _, row := range []struct {
		name, scheme string
		answers      []string
		greeting     time.Duration
	}{
		{"CONNECT", "http", []string{"HTTP/1.1 200 OK\r\n\r\n"}, 0},
		{"SOCKS", "socks5h", []string{"\x05\x00", "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"}, 0},
		{"the first word of SOCKS", "socks5h", []string{"\x05\x00", "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"}, time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			conn := &late{ended: make(chan struct{}), heard: make(chan struct{}), landed: make(chan struct{})}
			for _, text := range row.answers {
				conn.answer += len(text)
			}
			real, err := net.Dial("tcp", peer(t, func(c net.Conn) {
				buf := make([]byte, 512)
				for _, text := range row.answers {
					_, _ = c.Read(buf)
					if row.greeting == 0 {
						cancel()
					}
					<-conn.ended
					_, _ = io.WriteString(c, text)
				}
				_, _ = io.Copy(c, c)
			}))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = real.Close() }()
			conn.Conn = real
			tunnelled, _, failure := Open(ctx, conn, &url.URL{Scheme: row.scheme},
				Request{Target: "h:443", UserAgent: "a", Greeting: row.greeting, Now: time.Now})
			if failure != nil {
				t.Fatal(failure)
			}
			<-conn.landed
			buf := make([]byte, len("ping"))
			if _, err := io.WriteString(tunnelled, "ping"); err != nil {
				t.Error("writing into the tunnel:", err)
			}
			if _, err := io.ReadFull(tunnelled, buf); err != nil || string(buf) != "ping" {
				t.Errorf("read %q from the tunnel: %v", buf, err)
			}
		})
	}
}

// A limit that ended in time holds until it is lifted, and lifting twice is lifting.
func TestALimitEndsWhatIsUnderWay(t *testing.T) {
	conn, err := net.Dial("tcp", peer(t, func(c net.Conn) { _, _ = io.Copy(c, c) }))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	lift := Bound(ctx, conn)
	cancel()
	_, err = conn.Read(make([]byte, 1))
	if kind, _ := ClassifyStream(err); kind != evidence.Timeout {
		t.Error("reading behind the limit:", err)
	}
	lift()
	lift()
	if _, err := io.WriteString(conn, "x"); err != nil {
		t.Error("the limit outlives its lifting:", err)
	}
}
