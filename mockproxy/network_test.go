package mockproxy

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pullpath/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, world fault.World) *Network {
	t.Helper()
	n, err := Start(world)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}

// client is a plain net/http client that uses the network's proxy.
func client(t *testing.T, n *Network) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(n.ClientRoots()) {
		t.Fatal("no roots")
	}
	transport := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: n.ProxyAddress()}),
		TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestEveryListenerIsOnLoopback(t *testing.T) {
	n := start(t, fault.World{})
	for address, route := range n.Map().Routes {
		host, _, err := net.SplitHostPort(route.To)
		if err != nil || host != "127.0.0.1" {
			t.Errorf("%s leads to %q", address, route.To)
		}
	}
}

func TestNetHTTPMeetsTheSameNetwork(t *testing.T) {
	n := start(t, fault.World{Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Status: 403}}})
	resp, err := client(t, n).Get("https://registry.redhat.io/v2/")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	challenge := resp.Header.Get("Www-Authenticate")
	if resp.StatusCode != 401 || !strings.Contains(challenge, `realm="https://sso.redhat.com/auth/realms/rhcc`) ||
		!strings.Contains(string(body), "UNAUTHORIZED") {
		t.Errorf("%d, %s, %s", resp.StatusCode, challenge, body)
	}
	// Go drops all of a refused CONNECT but its phrase (docs/field-notes.md#connect-in-go).
	if _, err := client(t, n).Get("https://sso.redhat.com/"); err == nil || !strings.HasSuffix(err.Error(), ": Forbidden") {
		t.Errorf("a refused CONNECT reads %v", err)
	}
}

// A name server that cannot serve is an error, and not a wait.
func TestANameServerThatCannotServeIsTold(t *testing.T) {
	n := start(t, fault.World{})
	pc, l, err := listenDNS("")
	if err != nil {
		t.Fatal(err)
	}
	_ = pc.Close()
	if err := n.runPlainDNS(1, pc, l); err == nil {
		t.Error("a socket that is closed is served")
	}
}

// The first so many handshakes stay the first, however many events came behind them.
func TestTheFirstHandshakesAreCounted(t *testing.T) {
	j := journal{now: time.Now}
	for range 3 {
		j.add(Event{Kind: "handshake", Host: "a"})
	}
	for range maxEvents {
		j.add(Event{Kind: "tcp", Host: "a"})
	}
	for _, row := range []struct {
		first int
		host  string
		among bool
	}{{3, "a", false}, {4, "a", true}, {1, "b", true}, {0, "a", true}} {
		if got := j.among(row.first, row.host); got != row.among {
			t.Errorf("among the first %d of %s: %v", row.first, row.host, got)
		}
	}
	if n := len(j.all()); n > maxEvents {
		t.Errorf("%d events are kept", n)
	}
}

func TestTwoNetworksSideBySide(t *testing.T) {
	a, b := start(t, fault.World{}), start(t, fault.World{})
	if string(a.PublicRoots()) == string(b.PublicRoots()) || a.ProxyAddress() == b.ProxyAddress() {
		t.Error("two networks share keys or ports")
	}
}

func TestPassIsPrivateAndWhole(t *testing.T) {
	n := start(t, fault.World{WrongPassword: true})
	path, err := n.Pass().Save(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p, err := LoadPass(path)
	if err != nil {
		t.Fatal(err)
	}
	if p.User != fault.AccountUser || p.Password == fault.AccountPassword || len(p.Map.Routes) != len(n.Map().Routes) {
		t.Errorf("%+v", p)
	}
	if _, err := LoadPass(path + "x"); err == nil || !strings.Contains(err.Error(), "the mock network has ended; unset the variable") {
		t.Error(err)
	}
}
