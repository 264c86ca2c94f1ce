package flows

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"pullpath/internal/evidence"
)

// session is the connection to a target after its path was walked. The
// connection that was inspected is the one that requests use.
type session struct {
	mu sync.Mutex
	// hop is the handshake that the connection stands on.
	hop *openHop
	// broken is the newest hop that left the target without a connection. It stays when
	// a later one holds: it is on record as failed, and side probes look into it.
	broken *openHop
	// trusted means that the client under test accepts the chain; without it no
	// credential is sent. public means that the chain is one of the public web.
	trusted, public bool
	// unverified means that the client was told to take any chain, and this is none of the
	// public web.
	unverified bool
	// plain means that the connection has no TLS, and absolute that a proxy is asked over it
	// for URLs.
	plain, absolute bool
	// refused means that the newest chain is one that the client refuses. A
	// handshake that broke before it came to one changes nothing.
	refused bool

	conn net.Conn
	// h2 speaks HTTP/2 over the connection, nil for HTTP/1.1.
	h2 *http.ClientConn
	br *bufio.Reader
	in *allowance
	// patience is how long the exchange in hand waits for the next byte.
	patience time.Duration
}

// replyBuffer is the read buffer of a connection: one TLS record.
const replyBuffer = 16 << 10

func (s *session) attach(conn net.Conn) {
	s.conn, s.in = conn, &allowance{r: conn}
	s.br = bufio.NewReaderSize(s.in, replyBuffer)
	s.takeHTTP2(conn)
}

// write sends a request, to a proxy in the form for a proxy (RFC 9112 section 3.2.2).
func (s *session) write(req *http.Request) error {
	if s.absolute {
		return req.WriteProxy(s.conn)
	}
	return req.Write(s.conn)
}

// openTo says why no login goes over a connection which its client may use.
func (s *session) openTo() string {
	if s.plain {
		return evidence.PlainHTTP
	}
	return evidence.Unverified
}

// errHeadTooLong ends the reading of an answer's head that will not end.
var errHeadTooLong = errors.New("status line and headers exceed the limit")

// allowance is a reader that gives out a limited number of bytes: net/http's parser of
// answers has no bound.
type allowance struct {
	r    io.Reader
	left int64
	// ended is how reading the connection ended: the parser reports that a line was cut,
	// but not why.
	ended error
}

func (a *allowance) Read(p []byte) (int, error) {
	if a.left <= 0 {
		return 0, errHeadTooLong
	}
	n, err := a.r.Read(p[:min(int64(len(p)), a.left)])
	a.left -= int64(n)
	if err != nil {
		a.ended = err
	}
	return n, err
}

// accepted reports whether the client accepts the chain of the newest handshake.
func (s *session) accepted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trusted
}

// refuses reports whether a login would meet a chain that the client refuses, for all
// that is known.
func (s *session) refuses() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// standsOn returns the newest handshake, nil before there was one.
func (s *session) standsOn() *openHop {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hop
}

// alive reports whether a request can be made without dialling again.
func (s *session) alive() bool { return s.conn != nil }

// drop ends the connection after an exchange that cannot be followed by another.
func (s *session) drop() {
	if s.h2 != nil {
		_ = s.h2.Close()
	}
	if s.conn != nil {
		_ = s.conn.Close()
		s.conn, s.h2, s.br, s.in = nil, nil, nil, nil
	}
}

func (s *session) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
}
