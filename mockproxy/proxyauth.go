package mockproxy

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	httpdigest "github.com/icholy/digest"

	"pullpath/internal/fault"
	"pullpath/internal/ntlm"
)

// loginKey is the place of a connection's login in its context: NTLM is a
// dialogue on one connection (goproxy itself closes a refused one, so the
// handler before it owns this).
type loginKey struct{}

// login is how far a connection's dialogue is, and the connection.
type login struct {
	challenge *ntlm.Challenge
	conn      net.Conn
}

// serveKeeping serves HTTP with a login for each connection.
func (n *Network) serveKeeping(l net.Listener, h http.Handler) {
	n.serveWith(l, &http.Server{Handler: h, ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, loginKey{}, &login{conn: conn})
	}})
}

// nonce is the mock's one Digest nonce; it protects nothing.
const nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"

// schemesOf returns the fault with the schemes that it has.
func schemesOf(auth fault.ProxyAuth) fault.ProxyAuth {
	if len(auth.Schemes) == 0 {
		auth.Schemes = []string{"Basic"}
	}
	return auth
}

// accepted checks credentials against the World's proxy account.
func accepted(r *http.Request, auth fault.ProxyAuth) bool {
	sent := r.Header.Get("Proxy-Authorization")
	if !slices.ContainsFunc(auth.Schemes, func(s string) bool { return strings.EqualFold(s, scheme(sent)) }) {
		return false
	}
	switch strings.ToLower(scheme(sent)) {
	case "basic":
		return sent == "Basic "+base64.StdEncoding.EncodeToString([]byte(fault.ProxyUser+":"+fault.ProxyPassword))
	case "digest":
		return acceptedDigest(r, sent)
	case "ntlm":
		return acceptedNTLM(r, sent)
	case "negotiate":
		// Windows clients without a ticket speak NTLM under this name (MS-N2HT 1.3).
		return string(token68(sent)) == fault.ProxyTicket || acceptedNTLM(r, sent)
	}
	return false
}

func acceptedDigest(r *http.Request, sent string) bool {
	got, err := httpdigest.ParseCredentials(sent)
	if err != nil || got.Nonce != nonce || got.Username != fault.ProxyUser {
		return false
	}
	want, err := httpdigest.Digest(&httpdigest.Challenge{Realm: got.Realm, Nonce: nonce, QOP: []string{"auth"}}, httpdigest.Options{
		Method: r.Method, URI: got.URI, Count: got.Nc, Cnonce: got.Cnonce, Username: fault.ProxyUser, Password: fault.ProxyPassword})
	return err == nil && got.URI == r.Host && want.Response == got.Response
}

func acceptedNTLM(r *http.Request, sent string) bool {
	state, ok := r.Context().Value(loginKey{}).(*login)
	if !ok || state.challenge == nil {
		return false
	}
	_, err := state.challenge.Verify(token68(sent), func(user string) (string, bool) {
		return fault.ProxyPassword, user == fault.ProxyUser
	})
	state.challenge = nil
	return err == nil
}

// token68 returns what stands behind a scheme (RFC 9110 section 11.2), empty where it is
// none.
func token68(sent string) []byte {
	_, blob, _ := strings.Cut(sent, " ")
	message, _ := base64.StdEncoding.DecodeString(blob)
	return message
}

// demand answers with what is on offer, or with the next step of a dialogue.
func demand(w http.ResponseWriter, r *http.Request, auth fault.ProxyAuth) {
	var headers []string
	for _, s := range auth.Schemes {
		line := "Proxy-Authenticate: " + s
		switch s {
		case "Basic":
			line += fmt.Sprintf(" realm=%q", auth.Realm)
		case "Digest":
			line += fmt.Sprintf(" realm=%q, nonce=%q, qop=\"auth\"", auth.Realm, nonce)
		case "NTLM", "Negotiate":
			if strings.EqualFold(scheme(r.Header.Get("Proxy-Authorization")), s) {
				line += challengeFor(r, auth)
			}
		}
		headers = append(headers, line)
	}
	if auth.HangsUp {
		headers = append(headers, "Connection: close")
	}
	reply(w, http.StatusProxyAuthRequired, append(headers, "Content-Type: text/html"),
		"<html><head><title>Proxy authentication required</title></head><body>Sign in to use this proxy.</body></html>")
}

// challengeFor returns what stands behind the scheme in the answer to a client's first
// NTLM message.
func challengeFor(r *http.Request, auth fault.ProxyAuth) string {
	state, ok := r.Context().Value(loginKey{}).(*login)
	if !ok || !ntlm.IsNegotiate(token68(r.Header.Get("Proxy-Authorization"))) {
		return ""
	}
	c, err := ntlm.New()
	if err != nil {
		return ""
	}
	state.challenge = &c
	message := c.Message()
	if auth.Garbled {
		// The offset of the target's name points behind the end.
		copy(message[16:20], []byte{0xaa, 0xaa, 0xaa, 0x00})
	}
	return " " + base64.StdEncoding.EncodeToString(message)
}
