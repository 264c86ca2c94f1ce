package mockproxy

import (
	"crypto/tls"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"pullpath/internal/fault"
	"pullpath/internal/redact"
)

// withFaults is the seam of the HTTP exchange: a fault that fits the request
// answers in the handler's place.
func (n *Network) withFaults(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The World's time, not that of the machine that plays it.
		w.Header().Set("Date", n.Now().UTC().Format(http.TimeFormat))
		e := Event{Kind: "request", Host: host, What: r.Method + " " + r.URL.Path, Auth: scheme(r.Header.Get("Authorization")),
			Peer: r.RemoteAddr, Headers: shown(r.Header)}
		x, w := n.exchange(w, e)
		defer x.end()
		if f, ok := n.httpReply(host, r); ok {
			x.meets(f)
			n.again(w, r, f, next)
			return
		}
		f, ok := strike(n, func(f fault.HTTP) bool { return fits(f, host, r) })
		if !ok {
			x.meets(nil)
			next.ServeHTTP(w, r)
			return
		}
		x.meets(f)
		n.answer(w, r, f, next)
	})
}

func fits(f fault.HTTP, host string, r *http.Request) bool {
	auth := scheme(r.Header.Get("Authorization"))
	return scope(f.Host, host) && strings.HasPrefix(r.URL.Path, f.Path) && (f.Method == "" || f.Method == r.Method) && headBytes(r) > f.OverHead &&
		(!f.WithToken || auth == "Bearer") && (!f.WithBasic || auth == "Basic")
}

func scheme(authorization string) string {
	s, _, _ := strings.Cut(authorization, " ")
	return s
}

// headBytes is the length of a request's line and fields as they came in.
func headBytes(r *http.Request) int {
	n := len(r.Method) + len(" ") + len(r.RequestURI) + len(" HTTP/1.1\r\nHost: \r\n") + len(r.Host)
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(": ") + len(v) + len("\r\n")
		}
	}
	return n
}

func (n *Network) answer(w http.ResponseWriter, r *http.Request, f fault.HTTP, next http.Handler) {
	if f.Delay > 0 && !n.linger(r, time.After(f.Delay)) {
		return
	}
	switch f.Effect {
	case fault.Strip:
		r.Header.Del(f.Field)
		next.ServeHTTP(w, r)
	case fault.Trickle:
		next.ServeHTTP(&tricklingWriter{w, r}, r)
	case fault.Reset:
		if conn := hijack(w); conn != nil {
			reset(underTLS(conn))
		}
	case fault.Close:
		hangUp(w)
	case fault.Silence:
		n.stay(r)
	case fault.Truncate:
		if cut(w, r, f, next) {
			hangUp(w)
		}
	case fault.Stall:
		if !cut(w, r, f, next) {
			return
		}
		_ = http.NewResponseController(w).Flush()
		n.stay(r)
	case fault.NotTheBody:
		next.ServeHTTP(&alteringWriter{w}, r)
	default:
		if f.Status == 0 {
			changing := &changingWriter{ResponseWriter: w, f: f, network: n}
			next.ServeHTTP(changing, r)
			changing.WriteHeader(http.StatusOK) // for an answer without a body
			return
		}
		reply(w, f.Status, f.Headers, f.Body)
	}
}

// linger waits, and tells false where the client or the network ended meanwhile.
func (n *Network) linger(r *http.Request, until <-chan time.Time) bool {
	select {
	case <-until:
		return true
	case <-r.Context().Done():
	case <-n.done:
	}
	return false
}

// stay says nothing more until the client or the network ends. That a client has gone
// is seen only behind the body of its request; one that asks first whether to send it
// would hear something.
func (n *Network) stay(r *http.Request) {
	if r.Header.Get("Expect") == "" {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	n.linger(r, nil)
}

// reply writes an answer whose header lines are "Name: value".
func reply(w http.ResponseWriter, status int, headers []string, body string) {
	addFields(w.Header(), headers)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// addFields adds lines of "Name: value". Of a field that an answer has once it replaces
// the proper one.
func addFields(h http.Header, lines []string) {
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		switch name, value = http.CanonicalHeaderKey(strings.TrimSpace(name)), strings.TrimSpace(value); name {
		case "Age", "Content-Length", "Content-Type", "Date", "Docker-Content-Digest", "Docker-Distribution-Api-Version", "Etag", "Expires",
			"Last-Modified", "Location", "Retry-After", "Server":
			h.Set(name, value)
		default:
			h.Add(name, value)
		}
	}
}

func hijack(w http.ResponseWriter) net.Conn {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil
	}
	return conn
}

// hangUp ends the connection of an answer, without the end of its TLS.
func hangUp(w http.ResponseWriter) {
	if conn := hijack(w); conn != nil {
		_ = underTLS(conn).Close()
	}
}

// underTLS is what a connection's TLS is spoken over, and itself without any.
func underTLS(conn net.Conn) net.Conn {
	for c := conn; c != nil; c = under(c) {
		if t, ok := c.(*tls.Conn); ok {
			return t.NetConn()
		}
	}
	return conn
}

// cut sends the proper answer up to where a Truncate or Stall begins. It tells false for
// a body that is no longer than that: such an answer is whole.
func cut(w http.ResponseWriter, r *http.Request, f fault.HTTP, next http.Handler) bool {
	c := &cutWriter{ResponseWriter: w, left: f.Bytes, half: f.Bytes == 0 && f.Effect == fault.Truncate}
	next.ServeHTTP(c, r)
	return c.dropped || f.Bytes == 0
}

// cutWriter passes so many bytes on, or the first half of each write, and drops
// the rest, so that the body ends before its announced length.
type cutWriter struct {
	http.ResponseWriter
	left int
	half bool
	// dropped tells that there was more.
	dropped bool
}

func (c *cutWriter) Write(p []byte) (int, error) {
	size := min(c.left, len(p))
	if c.half {
		size = len(p) / 2
	}
	c.left -= size
	if size > 0 {
		if _, err := c.ResponseWriter.Write(p[:size]); err != nil {
			return 0, err
		}
	}
	if size < len(p) {
		c.dropped = true
		_ = http.NewResponseController(c.ResponseWriter).Flush()
	}
	return len(p), nil
}

func (c *cutWriter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// changingWriter sends the proper answer with other fields, another body, or at a
// rate.
type changingWriter struct {
	http.ResponseWriter
	f       fault.HTTP
	network *Network
	begun   bool
}

func (c *changingWriter) WriteHeader(status int) {
	if c.begun {
		return
	}
	c.begun = true
	if c.f.Body != "" {
		c.Header().Set("Content-Length", strconv.Itoa(len(c.f.Body)))
	}
	for _, name := range c.f.Remove {
		// One that is there without a value is not made up by the server.
		c.Header()[http.CanonicalHeaderKey(name)] = nil
	}
	addFields(c.Header(), c.f.Headers)
	c.ResponseWriter.WriteHeader(status)
	if length, set := c.Header()["Content-Length"]; set && length == nil {
		// Nor is a length, of what goes out before its end.
		_ = http.NewResponseController(c.ResponseWriter).Flush()
	}
	if c.f.Body != "" {
		_, _ = io.WriteString(c.ResponseWriter, c.f.Body)
	}
}

func (c *changingWriter) Write(p []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	if c.f.Body != "" {
		return len(p), nil
	}
	return c.network.paced(p, c.f.Rate, func(drop []byte) (int, error) {
		n, err := c.ResponseWriter.Write(drop)
		if c.f.Rate != 0 {
			_ = http.NewResponseController(c.ResponseWriter).Flush()
		}
		return n, err
	})
}

func (c *changingWriter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// shown are header fields for a log, without secrets.
func shown(h http.Header) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			out = append(out, name+": "+redact.Header(name, value))
		}
	}
	return out
}

// tricklingWriter sends a body in drops of ten bytes, ten in a second, until
// the client has had enough.
type tricklingWriter struct {
	http.ResponseWriter
	request *http.Request
}

func (t *tricklingWriter) Write(p []byte) (int, error) {
	const drop, gap = 10, 100 * time.Millisecond
	for sent := 0; sent < len(p); sent += drop {
		if _, err := t.ResponseWriter.Write(p[sent:min(sent+drop, len(p))]); err != nil {
			return sent, err
		}
		_ = http.NewResponseController(t.ResponseWriter).Flush()
		select {
		case <-time.After(gap):
		case <-t.request.Context().Done():
			return sent, t.request.Context().Err()
		}
	}
	return len(p), nil
}

func (t *tricklingWriter) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// alteringWriter flips a bit of every byte: same length, other content.
type alteringWriter struct{ http.ResponseWriter }

func (a *alteringWriter) Write(p []byte) (int, error) {
	q := make([]byte, len(p))
	for i, b := range p {
		q[i] = b ^ 1
	}
	return a.ResponseWriter.Write(q)
}
