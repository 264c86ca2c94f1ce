package mockproxy

import (
	"crypto/tls"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"pullpath/internal/fault"
	"pullpath/internal/httphead"
	"pullpath/internal/redact"
)

// withFaults returns the seam of the HTTP exchange: a fault that fits the request
// answers in the handler's place.
func (n *Network) withFaults(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The World's time, not that of the machine that plays it.
		w.Header().Set("Date", n.Now().UTC().Format(http.TimeFormat))
		e := Event{Kind: "request", Host: host, What: r.Method + " " + r.URL.Path, Auth: scheme(r.Header.Get("Authorization")),
			Peer: r.RemoteAddr, Headers: shown(r.Header)}
		x, w := n.exchange(w, e)
		defer x.end()
		f, ok := strike(n, func(f fault.HTTP) bool { return n.fits(f, host, r) })
		if !ok {
			x.meets(nil)
			next.ServeHTTP(w, r)
			return
		}
		x.meets(f)
		n.answer(w, r, f, next)
	})
}

// fits reports whether a request to a host is one that the fault is about.
func (n *Network) fits(f fault.HTTP, host string, r *http.Request) bool {
	path := r.URL.Path
	login := loginOf(r.Header.Get("Authorization"))
	if login == fault.NoLogin && r.Method == http.MethodPost {
		login = fault.Form
	}
	return scope(f.Host, host) && fitsForm(f, r) &&
		strings.HasPrefix(path, f.Path) && (!f.Whole || path == f.Path) &&
		(f.Blob == "" || f.Blob == n.image.blobAt(path)) &&
		(f.Method == "" || f.Method == r.Method) && strings.Contains(r.UserAgent(), f.Agent) && httphead.Bytes(r) > f.OverHead &&
		n.fitsLogin(f, login, r)
}

// fitsForm reports whether a request is of the form that the fault is about.
func fitsForm(f fault.HTTP, r *http.Request) bool {
	return (!f.Plain || r.TLS == nil) && (!f.HTTP2 || r.ProtoMajor == 2) && (!f.Ranged || r.Header.Get("Range") != "")
}

// fitsLogin reports whether the login of a request is one that the fault is about.
func (n *Network) fitsLogin(f fault.HTTP, login string, r *http.Request) bool {
	return (f.Login == "" || f.Login == login) && (!f.BadToken || login == fault.Token && n.check(r.Header.Get("Authorization")) == nil)
}

// loginOf returns the login of a credentials field as faults name it.
func loginOf(authorization string) string {
	switch s := strings.ToLower(scheme(authorization)); s {
	case "":
		return fault.NoLogin
	case "bearer":
		return fault.Token
	default:
		return s
	}
}

func scheme(authorization string) string {
	s, _, _ := strings.Cut(authorization, " ")
	return s
}

// answer plays a fault in the place of the proper answer.
func (n *Network) answer(w http.ResponseWriter, r *http.Request, f fault.HTTP, next http.Handler) {
	if f.Delay > 0 && !n.linger(r, time.After(f.Delay)) {
		return
	}
	if f.Granted {
		next = n.granted(next)
	}
	switch {
	case f.Raw != "":
		n.write(w, r, f)
	case f.Says != "":
		said, _ := fault.SayingNamed(f.Says)
		reply(w, said.Status, []string{"Content-Type: " + said.Kind}, said.Body)
	case f.Effect == fault.Reset, f.Effect == fault.Close, f.Effect == fault.Silence:
		n.endAnswer(w, r, f.Effect)
	case f.Status != 0 && f.Effect == "":
		reply(w, f.Status, located(f.Headers, strings.ReplaceAll(f.To, "{path}", r.URL.RequestURI())), f.Body)
	default:
		if f.Effect == fault.Strip {
			r.Header.Del(f.Field)
		}
		s := &shaped{ResponseWriter: w, network: n, request: r, f: f}
		next.ServeHTTP(s, r)
		s.WriteHeader(http.StatusOK) // for an answer without a body
		s.end()
	}
}

// endAnswer resets or ends the connection of a request, or says nothing more on it.
func (n *Network) endAnswer(w http.ResponseWriter, r *http.Request, effect fault.Effect) {
	if effect == fault.Silence {
		n.stay(r)
		return
	}
	if r.ProtoMajor == 2 {
		panic(http.ErrAbortHandler) // resets the stream (net/http, server.go)
	}
	conn := hijack(w)
	switch {
	case conn == nil:
	case effect == fault.Reset:
		reset(underTLS(conn))
	default: // without the end of its TLS
		_ = underTLS(conn).Close()
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

// underTLS returns what a connection's TLS is spoken over, and itself without any.
func underTLS(conn net.Conn) net.Conn {
	for c := conn; c != nil; c = under(c) {
		if t, ok := c.(*tls.Conn); ok {
			return t.NetConn()
		}
	}
	return conn
}

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
