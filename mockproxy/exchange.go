package mockproxy

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"pullpath/internal/fault"
)

// exchange is a request with its answer. It is kept when it arrives, like every event,
// and logged when it is answered.
type exchange struct {
	network *Network
	e       Event
	w       *answered
}

// exchange begins one. Without a log the writer is the server's own.
func (n *Network) exchange(w http.ResponseWriter, e Event) (*exchange, http.ResponseWriter) {
	e.pending, e.At = true, n.Now()
	x := &exchange{network: n, e: e}
	if n.journal.log == nil || !n.journal.begin() {
		return x, w
	}
	x.w = &answered{ResponseWriter: w}
	return x, x.w
}

// meets keeps the event, with the fault that struck, nil for none.
func (x *exchange) meets(f fault.Fault) {
	if f != nil {
		x.e.Fault = fault.Name(f)
	}
	x.network.journal.add(x.e)
}

// end logs the exchange.
func (x *exchange) end() {
	if x.w == nil {
		return
	}
	x.e.Status, x.e.Bytes = x.w.sum()
	if strings.HasPrefix(x.e.What, http.MethodConnect+" ") && strings.HasPrefix(x.e.Status, "2") {
		x.e.Bytes = 0 // what follows is the tunnel's
	}
	x.e.Took = x.network.Now().Sub(x.e.At)
	x.network.journal.tell(x.e)
	x.network.journal.open.Done()
}

// answered is an answer of which status and length of the body are noted, also where it
// is written on the bare connection.
type answered struct {
	http.ResponseWriter

	mu     sync.Mutex // a tunnel goes on beside the handler
	status int
	bytes  int64
	// head is what was written of a bare answer as long as its head has no end.
	head []byte
	open bool
}

// maxAnswerHead bounds the head that is looked at.
const maxAnswerHead = 64 << 10

// WriteHeader notes the status. One of 1xx is not the answer.
func (a *answered) WriteHeader(status int) {
	if status >= http.StatusOK {
		a.note(status, 0)
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answered) Write(p []byte) (int, error) {
	n, err := a.ResponseWriter.Write(p)
	a.note(http.StatusOK, n)
	return n, err
}

// note adds to the answer; its first status is the one.
func (a *answered) note(status, size int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.status == 0 {
		a.status = status
	}
	a.bytes += int64(size)
}

// Flush sends what is there.
func (a *answered) Flush() { _ = http.NewResponseController(a.ResponseWriter).Flush() }

// Hijack returns the connection, on which the answer is then written as it stands.
func (a *answered) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(a.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open = a.status == 0
	return &bare{conn, a}, rw, nil
}

// Unwrap is for [http.ResponseController].
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// wrote looks at what was written on the bare connection: a head up to its empty line, of
// which the status is taken, and a body.
func (a *answered) wrote(p []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.open {
		a.bytes += int64(len(p))
		return
	}
	a.head = append(a.head, p...)
	head, body, ended := bytes.Cut(a.head, []byte("\r\n\r\n"))
	if !ended && len(a.head) < maxAnswerHead {
		return
	}
	a.status, a.open, a.head = statusOf(head), false, nil
	if a.bytes = int64(len(body)); a.status == 0 {
		a.bytes = int64(len(head) + len(body))
	}
}

// statusOf returns the status of an HTTP/1 head; 0 for what is none.
func statusOf(head []byte) int {
	version, rest, _ := bytes.Cut(head, []byte(" "))
	if !bytes.HasPrefix(version, []byte("HTTP/1.")) || len(rest) < 3 {
		return 0
	}
	status, _ := strconv.Atoi(string(rest[:3]))
	return status
}

// sum returns the status, "-" for an answer without one, and the bytes of the body so
// far.
func (a *answered) sum() (string, int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open { // it ended within its head
		a.status, a.bytes = statusOf(a.head), int64(len(a.head))
	}
	if a.status == 0 {
		return "-", a.bytes
	}
	return strconv.Itoa(a.status), a.bytes
}

// bare is a connection that an answer is written on.
type bare struct {
	net.Conn
	a *answered
}

func (b *bare) Write(p []byte) (int, error) {
	n, err := b.Conn.Write(p)
	b.a.wrote(p[:n])
	return n, err
}

// NetConn returns the connection under it.
func (b *bare) NetConn() net.Conn { return b.Conn }
