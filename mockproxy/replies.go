package mockproxy

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"pullpath/internal/fault"
)

// connectReply is the recorded answer to a request to the proxy.
func (n *Network) connectReply(r *http.Request, place int) (fault.ConnectReply, bool) {
	line := r.Method + " " + r.Host + " HTTP/1.1"
	if r.Method != http.MethodConnect {
		line = r.Method + " " + r.URL.String() + " HTTP/1.1"
	}
	auth := scheme(r.Header.Get("Proxy-Authorization"))
	return look(n, func(f fault.ConnectReply) bool {
		return (f.Request == line || f.AnyHost && r.Method == http.MethodConnect) && (f.Agent == "" || f.Agent == r.UserAgent()) && (f.AnyAuth || strings.EqualFold(f.Auth, auth)) &&
			(f.Node == 0 || f.Node == place)
	})
}

// tell plays a recorded answer of the proxy.
func (n *Network) tell(w http.ResponseWriter, f fault.ConnectReply) {
	if !n.wait(f.Delay) {
		return
	}
	conn := hijack(w)
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, f.Raw)
	switch f.Effect {
	case fault.Reset:
		reset(conn)
	case fault.Silence:
		hold(conn)
	}
}

// httpReply is the recorded answer to a request.
func (n *Network) httpReply(host string, r *http.Request) (fault.HTTPReply, bool) {
	auth := scheme(r.Header.Get("Authorization"))
	if auth == "" && r.Method == http.MethodPost {
		auth = "form"
	}
	return look(n, func(f fault.HTTPReply) bool {
		return scope(f.Host, host) && f.Method == r.Method && n.atPath(f, r.URL.Path) && strings.EqualFold(f.Auth, auth) &&
			(f.Agent == "" || f.Agent == r.UserAgent()) && headBytes(r) > f.OverHead && (f.Blob == "" || f.Blob == n.image.blobAt(r.URL.Path)) &&
			(!f.Bad || n.check(r.Header.Get("Authorization")) == nil)
	})
}

// atPath: one that ends in an asterisk is a beginning.
func (n *Network) atPath(f fault.HTTPReply, path string) bool {
	if prefix, open := strings.CutSuffix(f.Path, "*"); open {
		return strings.HasPrefix(path, prefix)
	}
	return f.Path == path
}

// again plays a recorded answer of a host.
func (n *Network) again(w http.ResponseWriter, r *http.Request, f fault.HTTPReply, next http.Handler) {
	if f.Proper {
		n.properly(w, r, f, n.granted(next, f))
		return
	}
	if f.Raw == "" {
		n.answer(w, r, fault.HTTP{Effect: f.Effect, Delay: f.Delay}, next)
		return
	}
	if !n.wait(f.Delay) {
		return
	}
	if f.Kept && keep(w, r, f.Raw) {
		return
	}
	if conn := hijack(w); conn != nil {
		_, _ = io.WriteString(conn, strings.Replace(f.Raw, "\r\n", "\r\nDate: "+w.Header().Get("Date")+"\r\n", 1))
		_ = conn.Close()
	}
}

// properly lets the proper answer stand, with what became of its body.
func (n *Network) properly(w http.ResponseWriter, r *http.Request, f fault.HTTPReply, next http.Handler) {
	if f.Effect != fault.Truncate && f.Effect != fault.Stall {
		if f.Over > 0 {
			w = &spreadWriter{ResponseWriter: w, network: n, over: f.Over}
		}
		n.answer(w, r, fault.HTTP{Effect: f.Effect, Delay: f.Delay}, next)
		return
	}
	if !n.wait(f.Delay) {
		return
	}
	next.ServeHTTP(&sharedWriter{cutWriter: cutWriter{ResponseWriter: w}, share: f.Share}, r)
	if f.Effect == fault.Stall {
		_ = http.NewResponseController(w).Flush()
		n.stay(r)
	}
	hangUp(w)
}

// announced is the length of a body as its head says; 0 where it does not.
func announced(h http.Header) int {
	size, err := strconv.Atoi(h.Get("Content-Length"))
	if err != nil {
		return 0
	}
	return size
}

// sharedWriter cuts an announced body behind a share of it, before its last byte.
type sharedWriter struct {
	cutWriter
	share float64
	begun bool
}

func (s *sharedWriter) WriteHeader(status int) {
	if s.begun {
		return
	}
	s.begun = true
	size := announced(s.Header())
	s.left = max(min(int(s.share*float64(size)), size-1), 0)
	s.ResponseWriter.WriteHeader(status)
}

func (s *sharedWriter) Write(p []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	return s.cutWriter.Write(p)
}

// spreadWriter takes so long for an announced body.
type spreadWriter struct {
	http.ResponseWriter
	network *Network
	over    time.Duration
}

func (s *spreadWriter) Write(p []byte) (int, error) {
	rate := 0
	if size := announced(s.Header()); size > 0 {
		rate = max(int(float64(size)/s.over.Seconds()), 1)
	}
	return s.network.paced(p, rate, func(drop []byte) (int, error) {
		n, err := s.ResponseWriter.Write(drop)
		_ = http.NewResponseController(s.ResponseWriter).Flush()
		return n, err
	})
}

func (s *spreadWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// keep writes an answer by way of the server, so that the connection stays open.
// The order of its fields is then the server's.
func keep(w http.ResponseWriter, r *http.Request, raw string) bool {
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(raw)), r)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
	return true
}

// granted is a host's proper answer where the report has one, whatever login the
// World's own would ask for.
func (n *Network) granted(next http.Handler, _ fault.HTTPReply) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case n.isRealm(r.URL.Path):
			_ = r.ParseForm()
			n.issueToken(w, r.Form["scope"])
		case strings.HasPrefix(r.URL.Path, "/v2/"):
			w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
			n.pull(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// issueToken answers with a token for scopes.
func (n *Network) issueToken(w http.ResponseWriter, scopes []string) {
	granted := grant(scopes)
	if n.world.NoAccess {
		granted = []access{}
	}
	token, err := n.sign(granted)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"token": token, "access_token": token,
		"expires_in": int(tokenLife.Seconds()), "issued_at": n.Now().UTC().Format(time.RFC3339)})
}
