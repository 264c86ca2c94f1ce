package resolve

import (
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
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pullpath/internal/cost"

	"github.com/miekg/dns"

	"pullpath/internal/evidence"
)

// sequence returns a name server that takes its answers in turn; the last one stays.
func sequence(t *testing.T, answers ...func(dns.ResponseWriter, *dns.Msg)) string {
	t.Helper()
	var asked atomic.Int32
	return serve(t, func(w dns.ResponseWriter, m *dns.Msg) {
		answers[min(int(asked.Add(1)), len(answers))-1](w, m)
	})
}

func TestALostPacketIsNoDeadServer(t *testing.T) {
	t.Parallel()
	r := resolver(sequence(t, silent, addresses))
	r.Family = 4
	a, _ := chosen(t, r, "x.example", ample)
	if a.Failure != nil || a.Detail.Questions[0].Tries < 2 {
		t.Errorf("%v after %d tries", a.Failure, a.Detail.Questions[0].Tries)
	}
}

func TestStrayAnswersArePassedOver(t *testing.T) {
	t.Parallel()
	wrongID := func(w dns.ResponseWriter, m *dns.Msg) { m.Id = ^m.Id; _ = w.WriteMsg(m) }
	wrongName := func(w dns.ResponseWriter, m *dns.Msg) { m.Question[0].Name = "other.example."; _ = w.WriteMsg(m) }
	for name, stray := range map[string]func(dns.ResponseWriter, *dns.Msg){"wrong ID": wrongID, "wrong question": wrongName} {
		r := resolver(serve(t, func(w dns.ResponseWriter, m *dns.Msg) {
			stray(w, m.Copy())
			addresses(w, m)
		}))
		if a, _ := chosen(t, r, "x.example", ample); a.Failure != nil || a.Detail.Questions[0].Strays == 0 {
			t.Errorf("%s, then the right one: %v, %d strays", name, a.Failure, a.Detail.Questions[0].Strays)
		}
		if a, _ := chosen(t, resolver(serve(t, stray)), "x.example", brief); kind(a) != evidence.Malformed {
			t.Errorf("%s alone: %v", name, a.Failure)
		}
	}
}

func TestAnAnswerThatIsNoDNS(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w dns.ResponseWriter, m *dns.Msg) {
		data, _ := m.Pack()
		_, _ = w.Write(append(data[:12], "garbage that is no question"...))
	})
	if a, _ := chosen(t, resolver(server), "x.example", ample); kind(a) != evidence.Malformed {
		t.Errorf("%v", a.Failure)
	}
}

func TestTruncationWithoutTCP(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w dns.ResponseWriter, m *dns.Msg) { m.Truncated = true; _ = w.WriteMsg(m) })
	for name, dialTCP := range map[string]func(context.Context) (net.Conn, error){
		"dropped": func(ctx context.Context) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() },
		"refused": func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:1")
		},
	} {
		r := resolver(server)
		r.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if network == "tcp" {
				return dialTCP(ctx)
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		}
		a, _ := chosen(t, r, "x.example", brief)
		if q := a.Detail.Questions[0]; kind(a) != evidence.Truncated || !q.Truncated || q.Error == "" {
			t.Errorf("%s: %v, %+v", name, a.Failure, q)
		}
	}
}

func TestWhatIsKeptOfAnAnswer(t *testing.T) {
	server := serve(t, func(w dns.ResponseWriter, m *dns.Msg) {
		m.RecursionAvailable, m.AuthenticatedData = true, true
		for _, text := range []string{"x.example. 60 IN CNAME Cdn.Example.", "cdn.example. 30 IN CNAME edge.example.",
			"edge.example. 7 IN A 192.0.2.9"} {
			rr, err := dns.NewRR(text)
			if err != nil {
				t.Error(err)
				return
			}
			m.Answer = append(m.Answer, rr)
		}
		soa, _ := dns.NewRR("Example. 60 IN SOA ns.example. host.example. 1 2 3 4 5")
		m.Ns = append(m.Ns, soa)
		_ = w.WriteMsg(m)
	})
	r := resolver(server)
	r.Family = 4
	a, _ := chosen(t, r, "x.example", ample)
	q := a.Detail.Questions[0]
	if !slices.Equal(q.Aliases, []string{"cdn.example", "edge.example"}) || !slices.Equal(q.Flags, []string{"ra", "ad"}) ||
		!slices.Equal(q.Answers, []evidence.AddressRecord{{Address: "192.0.2.9", TTL: 7}}) || q.Authority != "example" || q.Size == 0 {
		t.Errorf("%+v", q)
	}
}

// Every server is asked, and the order decides, not who is first.
func TestTheOrderDecides(t *testing.T) {
	good := func(w dns.ResponseWriter, m *dns.Msg) { addresses(w, m) }
	late := func(w dns.ResponseWriter, m *dns.Msg) {
		timer := time.NewTimer(100 * time.Millisecond)
		defer timer.Stop()
		<-timer.C
		addresses(w, m)
	}
	for name, row := range map[string]struct {
		answers []func(dns.ResponseWriter, *dns.Msg)
		chosen  int
		kind    evidence.Kind
	}{
		"the first is slower":          {[]func(dns.ResponseWriter, *dns.Msg){late, good}, 0, ""},
		"the first knows no such name": {[]func(dns.ResponseWriter, *dns.Msg){rcode(dns.RcodeNameError), good}, 0, evidence.NXDomain},
		"the first fails":              {[]func(dns.ResponseWriter, *dns.Msg){rcode(dns.RcodeServerFailure), late, good}, 1, ""},
		"the first is silent":          {[]func(dns.ResponseWriter, *dns.Msg){silent, good}, 1, ""},
		"all fail, one with an answer": {[]func(dns.ResponseWriter, *dns.Msg){silent, rcode(dns.RcodeRefused)}, 1, evidence.Refused},
		"all are silent":               {[]func(dns.ResponseWriter, *dns.Msg){silent, silent}, 0, evidence.Timeout},
		"the first fails, then nobody's": {[]func(dns.ResponseWriter, *dns.Msg){rcode(dns.RcodeRefused), rcode(dns.RcodeNameError)},
			1, evidence.NXDomain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var servers []string
			for _, answer := range row.answers {
				servers = append(servers, serve(t, answer))
			}
			limit := ample
			if row.kind == evidence.Timeout || row.kind == evidence.Refused { // one is silent to the end
				limit = brief
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			sources := resolver(servers...).Ask(ctx, "x.example", Options{All: true})
			cancel()
			for i, s := range sources {
				if a := s.Answer(); a.Chosen != (i == row.chosen) || a.Chosen && kind(a) != row.kind {
					t.Errorf("server %d: chosen %v, %q", i, a.Chosen, kind(a))
				}
			}
			if len(sources) != len(servers) {
				t.Errorf("%d sources", len(sources))
			}
		})
	}
}

func TestNobodyWaitsForAServerBehind(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sources := resolver(serve(t, addresses), serve(t, silent)).Ask(ctx, "x.example", Options{All: true})
	if !sources[0].Answer().Chosen || sources[1].Answered() {
		t.Error("the second server was waited for")
	}
	cancel()
	if a := sources[1].Answer(); kind(a) != evidence.Timeout {
		t.Error(a.Failure)
	}
}

// The hosts file decides, and the servers are asked to compare.
func TestAPinIsHeldAgainstTheServers(t *testing.T) {
	r := resolver(serve(t, addresses))
	r.Hosts = map[string][]netip.Addr{"x.example": {netip.MustParseAddr("192.0.2.77")}}
	sources := r.Ask(t.Context(), "x.example", Options{All: true})
	if len(sources) != 2 || sources[0].Answer().Detail.Server != "hosts" || !sources[0].Answer().Chosen || sources[1].Answer().Failure != nil {
		t.Errorf("%d sources", len(sources))
	}
	if n := len(r.Ask(t.Context(), "x.example", Options{})); n != 1 {
		t.Errorf("%d sources where nothing is compared", n)
	}
}

func TestUnchecked(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w dns.ResponseWriter, m *dns.Msg) { addresses(w, m) })
	bogus := serve(t, func(w dns.ResponseWriter, m *dns.Msg) {
		if !m.CheckingDisabled {
			m.Rcode = dns.RcodeServerFailure
			_ = w.WriteMsg(m)
			return
		}
		addresses(w, m)
	})
	r := resolver(server)
	if a := r.AskUnchecked(t.Context(), bogus, "x.example"); a.Failure != nil || !a.Detail.CheckingDisabled {
		t.Errorf("%v, %v", a.Failure, a.Detail.CheckingDisabled)
	}
	if a, _ := chosen(t, resolver(bogus), "x.example", ample); kind(a) != evidence.ServFail {
		t.Errorf("%v", a.Failure)
	}
}

// certified makes a certificate for a name and the pool that holds it.
func certified(t *testing.T, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func serveTLS(t *testing.T, cert tls.Certificate) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	s := &dns.Server{Listener: l, Net: "tcp-tls", Handler: dns.HandlerFunc(func(w dns.ResponseWriter,
		q *dns.Msg) {
		addresses(w, new(dns.Msg).SetReply(q))
	})}
	ready, ended := make(chan struct{}), make(chan struct{})
	s.NotifyStartedFunc = func() { close(ready) }
	go func() { defer close(ended); _ = s.ActivateAndServe() }()
	<-ready
	t.Cleanup(func() { _ = s.Shutdown(); <-ended })
	return l.Addr().String()
}

func TestOverTLS(t *testing.T) {
	t.Parallel()
	cert, pool := certified(t, "dns.example")
	address := serveTLS(t, cert)
	for server, want := range map[string]evidence.Kind{"tls://" + address: "", "tls://" + address + "#dns.example": "",
		"tls://" + address + "#other.example": evidence.Unreachable} {
		r := resolver(server)
		r.Roots = pool
		a, _ := chosen(t, r, "x.example", ample)
		if kind(a) != want || a.Detail.Transport != TLS || a.Detail.Server != server {
			t.Errorf("%s: %v, %+v", server, a.Failure, a.Detail)
		}
	}
	r := resolver("tls://" + address)
	r.Roots = x509.NewCertPool()
	if a, _ := chosen(t, r, "x.example", ample); kind(a) != evidence.Unreachable {
		t.Errorf("unknown issuer: %v", a.Failure)
	}
}

func TestOverHTTPS(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		q := new(dns.Msg)
		if err := q.Unpack(body); err != nil || q.Id != 0 || req.URL.Path != "/dns-query" || req.Header.Get("Content-Type") != messageType {
			http.Error(w, "bad", http.StatusBadRequest)
			return
		}
		m := new(dns.Msg).SetReply(q)
		if q.Question[0].Qtype == dns.TypeA {
			rr, _ := dns.NewRR(q.Question[0].Name + " 60 IN A 192.0.2.1")
			m.Answer = append(m.Answer, rr)
		}
		data, _ := m.Pack()
		w.Header().Set("Content-Type", messageType)
		_, _ = w.Write(data)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	for path, want := range map[string]evidence.Kind{"": "", "/other": evidence.Malformed} {
		r := resolver(s.URL + path)
		r.Roots = pool
		a, _ := chosen(t, r, "x.example", ample)
		if kind(a) != want || a.Detail.Transport != HTTPS {
			t.Errorf("%q: %v, %+v", path, a.Failure, a.Detail)
		}
	}
	// By name: the system looks it up, and the certificate must be for it.
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	r := resolver("https://example.com:" + port + "/dns-query")
	r.Roots = pool
	r.System = func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}
	if a, _ := chosen(t, r, "x.example", ample); a.Failure != nil {
		t.Errorf("by name: %v", a.Failure)
	}
}

// A look-up over HTTPS that is given up leaves no dial behind that would go on to
// write of it.
func TestOverHTTPSEndsWithItsDial(t *testing.T) {
	t.Parallel()
	var under atomic.Int32
	r := resolver("https://192.0.2.53/dns-query")
	r.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		under.Add(1)
		defer under.Add(-1)
		<-ctx.Done()
		time.Sleep(20 * time.Millisecond) // a connect(2) that succeeds all the same
		near, far := net.Pipe()
		_ = far.Close()
		return near, nil
	}
	for range 5 {
		a, _ := chosen(t, r, "x.example", 20*time.Millisecond)
		if n := under.Load(); n != 0 || kind(a) != evidence.Timeout {
			t.Errorf("%d dials under way behind %v", n, a.Failure)
		}
	}
}

// Whatever a server sends: it is taken for our answer only if it is, and what is
// kept of it is bounded.
func FuzzAnswer(f *testing.F) {
	question := new(dns.Msg)
	question.SetQuestion("x.example.", dns.TypeA)
	question.Id = 0x1234
	answer := new(dns.Msg).SetReply(question)
	rr, _ := dns.NewRR("x.example. 60 IN A 192.0.2.1")
	answer.Answer = append(answer.Answer, rr)
	seed, err := answer.Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(seed[:12])
	f.Fuzz(func(t *testing.T, data []byte) {
		cost.Linear(t, len(data), func() {
			in, err := unpack(data, question)
			if err != nil {
				return
			}
			if in.Id != question.Id || !in.Response {
				t.Errorf("taken for the answer: %v", in)
			}
			p := reply{question: evidence.Question{ExtendedError: -1}}
			(&Resolver{}).read(in, &p)
			if len(p.question.Records) > maxRecords || len(p.addrs) > maxRecords || len(p.question.ExtendedText) > 1000 {
				t.Errorf("%+v", p.question)
			}
			for _, text := range append(slices.Clone(p.question.Records), p.question.Aliases...) {
				if strings.ContainsAny(text, "\x00\x1b\n") || len(text) > 2000 {
					t.Errorf("%q is kept", text)
				}
			}
			var r Resolver
			if len(p.addrs) == 0 && r.classify(t.Context(), []evidence.Question{p.question}, nil).Kind == "" {
				t.Error("an answer without address has no kind")
			}
		})
	})
}
