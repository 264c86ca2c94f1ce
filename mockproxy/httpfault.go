package mockproxy

import (
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"time"

	"pullpath/internal/fault"
)

// withFaults is the seam of the HTTP exchange: a fault that fits the request
// answers in the handler's place.
func (n *Network) withFaults(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The World's time, not that of the machine that plays it.
		w.Header().Set("Date", n.Now().UTC().Format(http.TimeFormat))
		e := Event{Kind: "request", Host: host, What: r.Method + " " + r.URL.Path, Auth: scheme(r.Header.Get("Authorization"))}
		if f, ok := n.httpReply(host, r); ok {
			e.Fault = "recorded"
			n.journal.add(e)
			n.again(w, r, f, next)
			return
		}
		f, ok := find(n.world.Faults, func(f fault.HTTP) bool { return fits(f, host, r) })
		if !ok {
			n.journal.add(e)
			next.ServeHTTP(w, r)
			return
		}
		e.Fault = "http " + strings.TrimSpace(string(f.Effect)+" "+http.StatusText(f.Status))
		n.journal.add(e)
		answer(w, r, f, next)
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

func answer(w http.ResponseWriter, r *http.Request, f fault.HTTP, next http.Handler) {
	if f.Delay > 0 {
		select {
		case <-time.After(f.Delay):
		case <-r.Context().Done():
			return
		}
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
		if conn := hijack(w); conn != nil {
			_ = underTLS(conn).Close()
		}
	case fault.Silence:
		<-r.Context().Done()
	case fault.Truncate:
		next.ServeHTTP(&halfWriter{ResponseWriter: w}, r)
		if conn := hijack(w); conn != nil {
			_ = underTLS(conn).Close()
		}
	case fault.NotTheBody:
		next.ServeHTTP(&alteringWriter{w}, r)
	default:
		if f.Status == 0 {
			next.ServeHTTP(w, r)
			return
		}
		reply(w, f.Status, f.Headers, f.Body)
	}
}

// reply writes an answer whose header lines are "Name: value".
func reply(w http.ResponseWriter, status int, headers []string, body string) {
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ":")
		w.Header().Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

func hijack(w http.ResponseWriter) net.Conn {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil
	}
	return conn
}

func underTLS(conn net.Conn) net.Conn {
	if t, ok := conn.(*tls.Conn); ok {
		return t.NetConn()
	}
	return conn
}

// halfWriter passes the first half of each write on and drops the rest, so
// that the body ends before its announced length.
type halfWriter struct{ http.ResponseWriter }

func (h *halfWriter) Write(p []byte) (int, error) {
	if _, err := h.ResponseWriter.Write(p[:len(p)/2]); err != nil {
		return 0, err
	}
	_ = http.NewResponseController(h.ResponseWriter).Flush()
	return len(p), nil
}

func (h *halfWriter) Unwrap() http.ResponseWriter { return h.ResponseWriter }

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
