package mockproxy

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/go-ntlmssp"

	"pullpath/internal/fault"
)

// asking is one connection to a proxy.
type asking struct {
	t    *testing.T
	conn net.Conn
	read *bufio.Reader
}

// connect asks for a tunnel and returns the status and what the scheme offers.
func (a asking) connect(scheme, token string) (int, string) {
	a.t.Helper()
	_, _ = fmt.Fprintf(a.conn, "CONNECT sso.redhat.com:443 HTTP/1.1\r\nHost: sso.redhat.com:443\r\n"+
		"Proxy-Authorization: %s %s\r\n\r\n", scheme, token)
	resp, err := http.ReadResponse(a.read, &http.Request{Method: http.MethodConnect})
	if err != nil {
		a.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		_, _ = a.read.Discard(int(resp.ContentLength))
	}
	for _, line := range resp.Header.Values("Proxy-Authenticate") {
		if rest, ok := strings.CutPrefix(line, scheme); ok {
			return resp.StatusCode, strings.TrimSpace(rest)
		}
	}
	return resp.StatusCode, ""
}

// NTLM is a dialogue of three messages, under its own name and under Negotiate's.
func TestNTLMDialogue(t *testing.T) {
	n := start(t, fault.World{Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Negotiate", "NTLM"}}}})
	for _, scheme := range []string{"NTLM", "Negotiate"} {
		for password, want := range map[string]int{fault.ProxyPassword: 200, "guess": 407} {
			conn, err := net.Dial("tcp", n.ProxyAddress())
			if err != nil {
				t.Fatal(err)
			}
			a := asking{t, conn, bufio.NewReader(conn)}
			first, err := ntlmssp.NewNegotiateMessage("", "")
			if err != nil {
				t.Fatal(err)
			}
			status, offer := a.connect(scheme, base64.StdEncoding.EncodeToString(first))
			challenge, err := base64.StdEncoding.DecodeString(offer)
			if status != 407 || err != nil || len(challenge) == 0 {
				t.Fatalf("%s: %d, challenge %q", scheme, status, offer)
			}
			last, err := ntlmssp.NewAuthenticateMessage(challenge, fault.ProxyUser, password, nil)
			if err != nil {
				t.Fatal(err)
			}
			if status, _ = a.connect(scheme, base64.StdEncoding.EncodeToString(last)); status != want {
				t.Errorf("%s with password %q: %d, want %d", scheme, password, status, want)
			}
			_ = conn.Close()
		}
	}
}

// A ticket is taken once it is the made-up one, and never a Basic login in its place.
func TestMadeUpTicket(t *testing.T) {
	n := start(t, fault.World{Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Negotiate"}}}})
	for token, want := range map[string]int{fault.ProxyTicket: 200, fault.ProxyTicket + "-wrong": 407, "": 407} {
		conn, err := net.Dial("tcp", n.ProxyAddress())
		if err != nil {
			t.Fatal(err)
		}
		a := asking{t, conn, bufio.NewReader(conn)}
		if status, offer := a.connect("Negotiate", base64.StdEncoding.EncodeToString([]byte(token))); status != want || offer != "" {
			t.Errorf("ticket %q: %d, offer %q; want %d", token, status, offer, want)
		}
		_ = conn.Close()
	}
}
