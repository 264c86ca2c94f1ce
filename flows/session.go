package flows

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// session is the connection to a target after its path was walked. The
// connection that was inspected is the one that requests use.
type session struct {
	mu sync.Mutex
	// node is the handshake that the connection stands on.
	node *node
	// broken is the newest hop that left the target without a connection. It stays when
	// a later one holds: it is on record as failed, and side probes look into it.
	broken *node
	// trusted tells that the client under test accepts the chain; without it no
	// credential is sent. public tells that the chain is one of the public web.
	trusted, public bool
	// refused tells that the newest chain is one that the client refuses. A
	// handshake that broke before it came to one changes nothing.
	refused bool

	conn net.Conn
	br   *bufio.Reader
	in   *allowance
	// patience is how long the exchange in hand waits for the next byte.
	patience time.Duration
}

// replyBuffer is the read buffer of a connection: one TLS record.
const replyBuffer = 16 << 10

func (s *session) attach(conn *tls.Conn) {
	s.conn, s.in = conn, &allowance{r: conn}
	s.br = bufio.NewReaderSize(s.in, replyBuffer)
}

// errHeadTooLong ends the reading of an answer's head that will not end.
var errHeadTooLong = errors.New("status line and headers exceed the limit")

// allowance is a reader that gives out so many bytes: net/http's parser of
// answers has no bound of its own.
type allowance struct {
	r    io.Reader
	left int64
	// ended is how reading the connection ended: the parser tells of a line that was
	// cut, and not why.
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

// accepted tells that the client accepts the chain of the newest handshake.
func (s *session) accepted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trusted
}

// refuses tells that a login would meet a chain that the client refuses, for all
// that is known.
func (s *session) refuses() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// standsOn is the newest handshake, nil before there was one.
func (s *session) standsOn() *node {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.node
}

// alive tells that a request can be made without dialling again.
func (s *session) alive() bool { return s.conn != nil }

// drop ends the connection after an exchange that cannot be followed by another.
func (s *session) drop() {
	if s.conn != nil {
		_ = s.conn.Close()
		s.conn, s.br, s.in = nil, nil, nil
	}
}

func (s *session) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
}
