package mockproxy

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"pullpath/internal/fault"
)

// write answers with the bytes of a fault, and with the World's time.
func (n *Network) write(w http.ResponseWriter, r *http.Request, f fault.HTTP) {
	if f.Kept && keep(w, r, f.Raw) {
		return
	}
	date := w.Header().Get("Date")
	conn := hijack(w)
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, strings.Replace(f.Raw, "\r\n", "\r\nDate: "+date+"\r\n", 1))
	switch f.Effect {
	case fault.Reset:
		reset(underTLS(conn))
	case fault.Silence:
		hold(conn)
	}
}

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

// granted returns a host's proper answer where the report has one, whatever login the
// World's own would ask for.
func (n *Network) granted(next http.Handler) http.Handler {
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
		"expires_in": int(n.tokenLife().Seconds()), "issued_at": n.Now().UTC().Format(time.RFC3339)})
}
