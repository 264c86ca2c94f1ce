package tlsinspect

import (
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"pullpath/internal/evidence"
)

const (
	// maxTee is how much of the peer's first bytes is kept: enough for the title
	// of a plaintext page.
	maxTee = 4 << 10
	// maxFlight bounds what is kept of the server's first flight: the 64 KiB that
	// crypto/tls takes as a Certificate message, and what comes before it.
	maxFlight = 72 << 10
	// pagePatience is how long the rest of a plaintext page may take. That it
	// is plaintext is known by then.
	pagePatience = 300 * time.Millisecond
	// splitPause is between the two parts of a split ClientHello: longer than any
	// device gathers segments for, and than Nagle's algorithm holds one back
	// (docs/field-notes.md#split-clienthello).
	splitPause = 200 * time.Millisecond
)

// tee counts the bytes of a handshake and keeps the first ones received.
type tee struct {
	net.Conn
	sent, received atomic.Int64
	// firstWrite is the length of the ClientHello with its record header.
	firstWrite atomic.Int64
	// pause, where set, has the first write made in two parts and stands between
	// them.
	pause func()

	// delivered asks what became of what was sent, nil where nobody wants to know; delivery is
	// what it said, at the end.
	delivered func(net.Conn) *evidence.Delivery
	atEnd     sync.Once
	delivery  *evidence.Delivery

	mu   sync.Mutex
	kept []byte
	// over means that the handshake is over and nothing is kept any more.
	over bool
}

// NetConn returns the connection under it.
func (t *tee) NetConn() net.Conn { return t.Conn }

// Close ends the connection, which crypto/tls does where a handshake has no more time.
func (t *tee) Close() error {
	t.outcome()
	return t.Conn.Close()
}

// outcome returns what became of what was sent, asked once and while the connection is open.
func (t *tee) outcome() *evidence.Delivery {
	t.atEnd.Do(func() {
		if t.delivered != nil {
			t.delivery = t.delivered(t.Conn)
		}
	})
	return t.delivery
}

func (t *tee) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.received.Add(int64(n))
	t.mu.Lock()
	if room := maxFlight - len(t.kept); room > 0 && !t.over {
		t.kept = append(t.kept, p[:min(n, room)]...)
	}
	t.mu.Unlock()
	return n, err
}

func (t *tee) Write(p []byte) (int, error) {
	head := 0
	if t.pause != nil && t.sent.Load() == 0 {
		var err error
		if head, err = t.Conn.Write(p[:len(p)/2]); err != nil {
			t.sent.Add(int64(head))
			return head, err
		}
		t.pause()
	}
	n, err := t.Conn.Write(p[head:])
	t.sent.Add(int64(head + n))
	t.firstWrite.CompareAndSwap(0, int64(len(p)))
	return head + n, err
}

// pauseIn returns the pause of a split ClientHello, which a context ends early.
func pauseIn(ctx context.Context) func() {
	return func() {
		timer := time.NewTimer(splitPause)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// first returns the peer's first bytes, flight all that was kept.
func (t *tee) first() []byte {
	flight := t.flight()
	return flight[:min(len(flight), maxTee)]
}

func (t *tee) flight() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.kept
}

// release drops what was kept, for a connection that lives on.
func (t *tee) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept, t.over = nil, true
}

// page reads on where a peer spoke plain text, to keep its title.
func (o Options) page(ctx context.Context, t *tee) *evidence.Body {
	ctx, cancel := context.WithTimeout(ctx, pagePatience)
	defer cancel()
	// The connection is read for nothing after this.
	stop := context.AfterFunc(ctx, func() { _ = t.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	buf := make([]byte, maxTee)
	for len(t.first()) < maxTee {
		if _, err := t.Read(buf); err != nil {
			break
		}
	}
	text := t.first()
	if _, body, found := strings.Cut(string(text), "\r\n\r\n"); found && strings.HasPrefix(string(text), "HTTP/") {
		return o.Scribe.Body([]byte(body), "", len(text) >= maxTee)
	}
	return o.Scribe.Body(text, "", len(text) >= maxTee)
}

// isParse: crypto/tls reports a certificate that crypto/x509 cannot parse, or whose
// RSA key is larger than it takes, as a plain error with these texts
// (handshake_client.go, verifyServerCertificate).
func isParse(err error) bool {
	return strings.Contains(err.Error(), "failed to parse certificate") ||
		strings.Contains(err.Error(), "certificate containing RSA key larger than")
}

// isProtocol: the remaining errors of crypto/tls begin so.
func isProtocol(err error) bool { return strings.HasPrefix(err.Error(), "tls: ") }
