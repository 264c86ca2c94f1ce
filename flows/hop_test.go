package flows

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
	"pullpath/resolve"
	"pullpath/tlsinspect"
	"pullpath/tunnel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testRun is a run without a network, of two minutes with hops of five seconds.
func testRun(ctx context.Context, watch func(Event)) *run {
	cfg := Config{Timeout: 2 * time.Minute, HopTimeout: 5 * time.Second, Scribe: evidence.Scribe{Secrets: &redact.Secrets{}}}
	return &run{cfg: cfg, ctx: ctx, net: Net{Now: time.Now, Resolver: &resolve.Resolver{}}, rec: newRecorder(time.Now, watch, cfg.Scribe),
		walks: map[string]*walk{}, names: map[string]*lookup{}}
}

// A hop is begun, does its work, and ends as the work did.
func TestHopFromBeginningToEnd(t *testing.T) {
	refused := evidence.Fail(evidence.Refused, "connection refused", nil)
	for name, row := range map[string]struct {
		failure *evidence.Failure
		state   evidence.State
	}{
		"the work succeeds": {nil, evidence.OK},
		"the work fails":    {refused, evidence.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			var stages []string
			r := testRun(t.Context(), func(e Event) { stages = append(stages, e.Stage) })
			near, far := net.Pipe()
			defer func() { _, _ = near.Close(), far.Close() }()
			s := step{op: evidence.OpDial, role: evidence.Registry, probe: evidence.ProbeDirect, peer: "192.0.2.1:443"}
			n := r.hop(t.Context(), s, near, func(context.Context, *openHop) (evidence.Detail, *evidence.Failure) {
				return evidence.Dial{Address: "192.0.2.1:443"}, row.failure
			})
			if n.State != row.state || n.Failure != row.failure || n.Detail != (evidence.Dial{Address: "192.0.2.1:443"}) {
				t.Errorf("%s, failure %v, detail %v", n.State, n.Failure, n.Detail)
			}
			if n.Local != near.LocalAddr().String() || n.Purpose != evidence.Probing || n.Peer != s.peer {
				t.Errorf("local %q, purpose %q, peer %q", n.Local, n.Purpose, n.Peer)
			}
			if !slices.Equal(stages, []string{Begun, Ended}) {
				t.Errorf("stages %q", stages)
			}
		})
	}
}

// A step of the path has the client's time where that was asked for, a side probe never.
func TestHopLimits(t *testing.T) {
	for name, row := range map[string]struct {
		step  step
		own   bool
		spent time.Duration
		want  time.Duration
	}{
		"a dial of the path":                    {step{op: evidence.OpDial}, false, 0, 5 * time.Second},
		"a dial of the path, the client's time": {step{op: evidence.OpDial}, true, 0, 30 * time.Second},
		"a dial of a probe, the client's time":  {step{op: evidence.OpDial, probe: evidence.ProbeDirect}, true, 0, 5 * time.Second},
		"a handshake, the client's time":        {step{op: evidence.OpHandshake}, true, 0, 10 * time.Second},
		"a CONNECT has the run but for a tenth": {step{op: evidence.OpTunnel}, false, 0, 108 * time.Second},
		"a CONNECT that begins late":            {step{op: evidence.OpTunnel}, false, 60 * time.Second, 48 * time.Second},
		"a CONNECT near the end has the rest":   {step{op: evidence.OpTunnel}, false, 110 * time.Second, 10 * time.Second},
		"a CONNECT, the client's time":          {step{op: evidence.OpTunnel}, true, 0, time.Minute},
		"a CONNECT of a probe":                  {step{op: evidence.OpTunnel, probe: evidence.ProbeControl}, false, 0, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				r := testRun(ctx, nil)
				r.cfg.ClientPatience = row.own
				if row.spent > 0 {
					time.Sleep(row.spent)
				}
				r.hop(ctx, row.step, nil, func(ctx context.Context, _ *openHop) (evidence.Detail, *evidence.Failure) {
					deadline, _ := ctx.Deadline()
					if got := time.Until(deadline); got != row.want {
						t.Errorf("the hop has %s, want %s", got, row.want)
					}
					return nil, nil
				})
			})
		})
	}
}

// What ended because the run ended says nothing about the peer.
func TestHopAtTheEndOfTheRun(t *testing.T) {
	silent := evidence.Fail(evidence.Timeout, "no answer", nil)
	for name, row := range map[string]struct {
		end     func(context.CancelFunc)
		failure *evidence.Failure
		want    evidence.Kind
		text    string
	}{
		"the run goes on": {func(context.CancelFunc) {}, silent, evidence.Timeout, "no answer"},
		"the time is up": {func(context.CancelFunc) { time.Sleep(2 * time.Minute) }, silent, evidence.Budget,
			"the run's time limit ended while this was under way"},
		"the user interrupts": {func(cancel context.CancelFunc) { cancel() }, silent, evidence.Budget,
			"the run was interrupted while this was under way"},
		"a refusal is a refusal": {func(cancel context.CancelFunc) { cancel() }, evidence.Fail(evidence.Refused, "refused", nil),
			evidence.Refused, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				r := testRun(ctx, nil)
				n := r.hop(ctx, step{op: evidence.OpDial}, nil, func(context.Context, *openHop) (evidence.Detail, *evidence.Failure) {
					row.end(cancel)
					return nil, row.failure
				})
				if n.Kind() != row.want || n.Failure.Text != row.text {
					t.Errorf("%v, want %s: %s", n.Failure, row.want, row.text)
				}
			})
		})
	}
}

// tlsPair is a client's and a server's configuration for a host.
func tlsPair(t *testing.T, hosts ...string) (pool *x509.CertPool, server *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: hosts, IsCA: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(cert)
	return pool, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// proxyOn answers one connection by a script and returns its address.
func proxyOn(t *testing.T, answer func(net.Conn)) net.Conn {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		answer(conn)
		_ = conn.Close()
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = conn.Close(), l.Close(); <-done })
	return conn
}

// says answers a request with a text, however it was asked.
func says(text string) func(net.Conn) {
	return func(conn net.Conn) {
		buf := make([]byte, 4096)
		if _, err := conn.Read(buf); err == nil {
			_, _ = io.WriteString(conn, text)
			_, _ = io.Copy(io.Discard, conn)
		}
	}
}

// Every tunnel is asked for in the same way: a proxy that ends the connection by a TLS
// alert because it wants a certificate is recorded, on the path as in each side probe.
func TestConnect(t *testing.T) {
	pool, server := tlsPair(t, "proxy.example")
	server.ClientAuth, server.MinVersion = tls.RequireAnyClientCert, tls.VersionTLS13
	wantsCertificate := func(conn net.Conn) {
		_ = tls.Server(conn, server).Handshake()
		_, _ = io.Copy(io.Discard, conn)
	}
	// Closing a connection with unread bytes would reset it.
	reads := func(conn net.Conn) { _, _ = http.ReadRequest(bufio.NewReader(conn)) }
	for name, row := range map[string]struct {
		proxy  string
		answer func(net.Conn)
		opens  bool
		kind   evidence.Kind
		code   int
		alert  int
	}{
		"a tunnel": {"http://proxy.example", says("HTTP/1.1 200 OK\r\n\r\n"), true, "", 200, 0},
		"a refusal": {"http://proxy.example", says("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), false,
			evidence.ProxyStatus, 403, 0},
		"an end without a word": {"http://proxy.example", reads, false, evidence.Closed, 0, 0},
		"a tunnel by SOCKS":     {"socks5://proxy.example", says("\x05\xff"), false, evidence.ProxyStatus, 0, 0},
		"a wish for the client": {"https://proxy.example", wantsCertificate, false, evidence.Closed, 0, 116},
	} {
		for _, probe := range []evidence.Probe{"", evidence.ProbeThroughProxy, evidence.ProbeControl} {
			t.Run(name+" "+string(probe), func(t *testing.T) {
				r := testRun(t.Context(), nil)
				r.cfg.Stores = tlsinspect.Stores{Client: pool}
				conn := proxyOn(t, row.answer)
				u, err := url.Parse(row.proxy)
				if err != nil {
					t.Fatal(err)
				}
				s := step{role: evidence.Proxy, probe: probe, via: row.proxy}
				if u.Scheme == "https" {
					res, n := r.shakeHands(s, conn, r.tlsOptions("proxy.example"))
					if res.Failure != nil {
						t.Fatal(res.Failure)
					}
					conn, s.parent = res.Conn, n
				}
				tunnelled, n, answer := r.connect(s, conn, u, connectAsk{Request: tunnel.Request{Target: "registry.example:443"}})
				if (tunnelled != nil) != row.opens || n.Kind() != row.kind && !(row.alert > 0 && n.Failure != nil) {
					t.Errorf("tunnel %t, failure %v, want %t and %q", tunnelled != nil, n.Failure, row.opens, row.kind)
				}
				if answer.Code != row.code || answer.Alert != row.alert || evidence.DetailOf[evidence.Tunnel](n.Hop).Alert != row.alert {
					t.Errorf("status %d and alert %d, want %d and %d", answer.Code, answer.Alert, row.code, row.alert)
				}
				if n.Op != evidence.OpTunnel || n.Probe != probe || n.Local != conn.LocalAddr().String() {
					t.Errorf("recorded as %s of %q at %s", n.Op, n.Probe, n.Local)
				}
				if tunnelled != nil {
					_ = tunnelled.Close()
				}
			})
		}
	}
}
