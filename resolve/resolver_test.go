package resolve

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pullpath/internal/cost"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"pullpath/internal/evidence"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve answers questions on UDP, and on TCP of the same port where it is free.
func serve(t *testing.T, answer func(w dns.ResponseWriter, m *dns.Msg)) string {
	t.Helper()
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) { answer(w, new(dns.Msg).SetReply(q)) })
	for range 20 {
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", pc.LocalAddr().String())
		if err != nil {
			_ = pc.Close()
			continue
		}
		for _, s := range []*dns.Server{{PacketConn: pc, Handler: handler}, {Listener: l, Handler: handler}} {
			ready := make(chan struct{})
			s.NotifyStartedFunc = func() { close(ready) }
			go func() { _ = s.ActivateAndServe() }()
			<-ready
			t.Cleanup(func() { _ = s.Shutdown() })
		}
		return pc.LocalAddr().String()
	}
	t.Fatal("no port is free for both UDP and TCP")
	return ""
}

func rcode(code int) func(dns.ResponseWriter, *dns.Msg) {
	return func(w dns.ResponseWriter, m *dns.Msg) { m.Rcode = code; _ = w.WriteMsg(m) }
}

func addresses(w dns.ResponseWriter, m *dns.Msg) {
	q := m.Question[0]
	switch q.Qtype {
	case dns.TypeA:
		m.Answer = append(m.Answer, &dns.A{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(192, 0, 2, 1)})
	case dns.TypeAAAA:
		m.Answer = append(m.Answer, &dns.AAAA{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeAAAA, Class: dns.ClassINET},
			AAAA: net.ParseIP("2001:db8::1")})
	}
	_ = w.WriteMsg(m)
}

func silent(dns.ResponseWriter, *dns.Msg) {}

// ample is a limit for what answers. brief is one for what does not, which a test
// waits for: long enough for an answer before the silence to come on a slow machine.
const (
	ample = time.Minute
	brief = time.Second
)

func resolver(servers ...string) *Resolver {
	var d net.Dialer
	return &Resolver{Servers: servers, Dial: d.DialContext, Now: time.Now}
}

// chosen asks a name and returns the one answer that counts.
func chosen(t *testing.T, r *Resolver, name string, limit time.Duration) (Answer, []Answer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	all := r.Lookup(ctx, name)
	var out []Answer
	for _, a := range all {
		if a.Chosen {
			out = append(out, a)
		}
	}
	if len(out) != 1 {
		t.Fatalf("%d answers are chosen", len(out))
	}
	return out[0], all
}

func kind(a Answer) evidence.Kind {
	if a.Failure == nil {
		return ""
	}
	return a.Failure.Kind
}

func TestAnswersAreToldApart(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer func(dns.ResponseWriter, *dns.Msg)
		kind   evidence.Kind
		addrs  []string
	}{
		"both families": {addresses, "", []string{"192.0.2.1", "2001:db8::1"}},
		"nxdomain":      {rcode(dns.RcodeNameError), evidence.NXDomain, nil},
		"servfail":      {rcode(dns.RcodeServerFailure), evidence.ServFail, nil},
		"refused":       {rcode(dns.RcodeRefused), evidence.Refused, nil},
		"notimp":        {rcode(dns.RcodeNotImplemented), evidence.Rcode, nil},
		"nodata":        {rcode(dns.RcodeSuccess), evidence.NoData, nil},
		"silence":       {silent, evidence.Timeout, nil},
		"truncated": {func(w dns.ResponseWriter, m *dns.Msg) {
			if w.RemoteAddr().Network() == "udp" {
				m.Truncated = true
				_ = w.WriteMsg(m)
				return
			}
			addresses(w, m)
		}, "", []string{"192.0.2.1", "2001:db8::1"}},
	} {
		t.Run(name, func(t *testing.T) {
			limit := ample
			if name == "silence" {
				limit = brief
			}
			a, _ := chosen(t, resolver(serve(t, row.answer)), "registry.redhat.io", limit)
			if kind(a) != row.kind || !slices.Equal(a.Detail.Addresses, row.addrs) {
				t.Errorf("kind %q addresses %v, want %q %v", kind(a), a.Detail.Addresses, row.kind, row.addrs)
			}
			if want := map[bool]string{true: "tcp", false: "udp"}[name == "truncated"]; a.Detail.Transport != want {
				t.Errorf("transport %s, want %s", a.Detail.Transport, want)
			}
		})
	}
}

func TestExtendedErrorIsKept(t *testing.T) {
	server := serve(t, func(w dns.ResponseWriter, m *dns.Msg) {
		m.Rcode = dns.RcodeRefused
		opt := m.SetEdns0(1232, false).IsEdns0()
		opt.Option = append(opt.Option, &dns.EDNS0_EDE{InfoCode: 15, ExtraText: "policy"})
		_ = w.WriteMsg(m)
	})
	a, _ := chosen(t, resolver(server), "x.example", ample)
	if q := a.Detail.Questions[0]; q.ExtendedError != 15 || q.ExtendedText != "policy" || !strings.Contains(a.Failure.Text, "15") {
		t.Errorf("%+v, %v", q, a.Failure)
	}
}

func TestFurtherServersAreAskedWhenTheFirstIsOfNoUse(t *testing.T) {
	t.Parallel()
	good := serve(t, addresses)
	for name, first := range map[string]func(dns.ResponseWriter, *dns.Msg){"refused": rcode(dns.RcodeRefused),
		"servfail": rcode(dns.RcodeServerFailure), "silent": silent} {
		a, all := chosen(t, resolver(serve(t, first), good), "x.example", ample)
		if a.Failure != nil || a.Detail.Server != good || len(all) != 2 {
			t.Errorf("%s: %s answered (%v), %d asked", name, a.Detail.Server, a.Failure, len(all))
		}
	}
	// The first server's word that there is none is final.
	a, all := chosen(t, resolver(serve(t, rcode(dns.RcodeNameError)), good), "x.example", ample)
	if kind(a) != evidence.NXDomain || len(all) != 1 {
		t.Errorf("nxdomain: %q, %d asked", kind(a), len(all))
	}
}

func TestClosedPortIsUnreachable(t *testing.T) {
	t.Parallel()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = pc.Close()
	if a, _ := chosen(t, resolver(pc.LocalAddr().String()), "x.example", ample); kind(a) != evidence.Unreachable {
		t.Errorf("%q (%v)", kind(a), a.Failure)
	}
}

// said is a router's message, as a dialer's error has it.
type said struct{ error }

func (s said) Unwrap() error { return s.error }

func (said) ICMP() (version int, typ, code uint8, sender netip.Addr, own bool) {
	return 4, 3, 0, netip.MustParseAddr("192.0.2.1"), false
}

// What this host itself ends is told from what the far side or a router ends.
func TestUnsentQuestions(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		err    error
		unsent bool
	}{
		"no route":            {syscall.ENETUNREACH, true},
		"no neighbour":        {syscall.EHOSTUNREACH, true},
		"no IPv6":             {syscall.EADDRNOTAVAIL, true},
		"a rule of this host": {syscall.EPERM, true},
		"a blackhole route":   {syscall.EINVAL, true},
		"refused":             {syscall.ECONNREFUSED, false},
		"a router says so":    {said{syscall.ENETUNREACH}, false},
	} {
		for _, server := range []string{"192.0.2.53:53", "tcp://192.0.2.53"} {
			r := resolver(server)
			r.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, row.err }
			a, _ := chosen(t, r, "x.example", ample)
			hop := evidence.Hop{State: evidence.Failed, Failure: a.Failure, Detail: a.Detail}
			if kind(a) != evidence.Unreachable || hop.Unsent() != row.unsent {
				t.Errorf("%s, %s: %q (%v), unsent %t", name, server, kind(a), a.Failure, hop.Unsent())
			}
		}
	}
}

func TestLocalSourcesNeedNoServer(t *testing.T) {
	r := resolver("192.0.2.53:53")
	r.Hosts = ParseHosts(strings.NewReader("10.1.1.1 Registry.corp reg # comment\nbad line\n::1 localhost\n10.1.1.2 reg\n"))
	for name, want := range map[string][]string{"192.0.2.7": {"192.0.2.7"}, "[2001:db8::7]": {"2001:db8::7"},
		"registry.CORP.": {"10.1.1.1"}, "reg": {"10.1.1.1", "10.1.1.2"}} {
		if a, _ := chosen(t, r, name, ample); !slices.Equal(a.Detail.Addresses, want) || a.Peer != "" {
			t.Errorf("%s: %v, want %v", name, a.Detail.Addresses, want)
		}
	}
}

// What needs no server can be looked up, though nobody knows which servers are asked.
func TestOnlyKnownServersAreAsked(t *testing.T) {
	hosts := map[string][]netip.Addr{"registry.corp.example": {netip.MustParseAddr("192.0.2.9")}}
	for unknown, want := range map[string]string{"": "true true true", "no resolv.conf": "true true false"} {
		r := Resolver{Now: time.Now, Hosts: hosts, Unknown: unknown}
		if got := fmt.Sprint(r.CanAsk("Registry.corp.example."), r.CanAsk("[2001:db8::1]"), r.CanAsk("quay.io")); got != want {
			t.Errorf("%q: %s, want %s", unknown, got, want)
		}
	}
}

func TestFamilyAndSearchList(t *testing.T) {
	server := serve(t, func(w dns.ResponseWriter, m *dns.Msg) {
		if m.Question[0].Name != "proxy.corp.example." {
			rcode(dns.RcodeNameError)(w, m)
			return
		}
		addresses(w, m)
	})
	r := resolver(server)
	var err error
	if r.Conf, err = ParseResolvConf(strings.NewReader("nameserver 192.0.2.53\nsearch corp.example\n")); err != nil {
		t.Fatal(err)
	}
	r.Family = 4
	if a, _ := chosen(t, r, "proxy", ample); !slices.Equal(a.Detail.Addresses, []string{"192.0.2.1"}) {
		t.Errorf("%v (%v)", a.Detail.Addresses, a.Failure)
	}
	r.Family = 6
	if a, _ := chosen(t, r, "proxy", ample); !slices.Equal(a.Addresses(), []netip.Addr{netip.MustParseAddr("2001:db8::1")}) {
		t.Errorf("%v (%v)", a.Detail.Addresses, a.Failure)
	}
}

// As in Go, a candidate of the search list that a server refuses or fails to look up does not
// end the list, and the failure is that of the name itself.
func TestTheSearchListGoesOn(t *testing.T) {
	for _, row := range []struct {
		made, bare string
		ndots      int
		want       evidence.Kind
		asked      int
	}{
		{"SERVFAIL", "NOERROR", 5, "", 2},
		{"REFUSED", "NOERROR", 5, "", 2},
		{"NXDOMAIN", "NOERROR", 5, "", 2},
		{"NXDOMAIN", "SERVFAIL", 5, evidence.ServFail, 2},
		{"SERVFAIL", "NXDOMAIN", 5, evidence.NXDomain, 2},
		{"REFUSED", "NXDOMAIN", 1, evidence.NXDomain, 2},
		{"NOERROR", "SERVFAIL", 1, "", 2},
		{"NOERROR", "NOERROR", 5, "", 1},
		{"NXDOMAIN", "NOERROR", 1, "", 1},
	} {
		r := resolver(serve(t, func(w dns.ResponseWriter, m *dns.Msg) {
			code := row.bare
			if m.Question[0].Name == "registry.example.corp.example." {
				code = row.made
			}
			if code == "NOERROR" {
				addresses(w, m)
				return
			}
			rcode(dns.StringToRcode[code])(w, m)
		}))
		r.Family = 4
		var err error
		if r.Conf, err = ParseResolvConf(strings.NewReader(fmt.Sprintf("search corp.example\noptions ndots:%d\n", row.ndots))); err != nil {
			t.Fatal(err)
		}
		a, _ := chosen(t, r, "registry.example", ample)
		if kind(a) != row.want || len(a.Detail.Questions) != row.asked || (kind(a) == "") != (len(a.Detail.Addresses) > 0) {
			t.Errorf("%+v: %v, addresses %v, asked %d", row, a.Failure, a.Detail.Addresses, len(a.Detail.Questions))
		}
		if made := a.Detail.SearchName(); (made == "") != (row.made != "NOERROR" || row.ndots == 1 && row.bare == "NOERROR") {
			t.Errorf("%+v: the answer is that of %q", row, made)
		}
	}
}

// A server that answers with the other family alone gave no address.
func TestAnAnswerOfTheOtherFamilyIsNone(t *testing.T) {
	for _, row := range []struct {
		family int
		record string
		kind   evidence.Kind
	}{
		{4, "AAAA 2001:db8::1", evidence.NoData},
		{4, "A 192.0.2.1", ""},
		{6, "A 192.0.2.1", evidence.NoData},
		{6, "AAAA 2001:db8::1", ""},
		{0, "A 192.0.2.1", ""},
	} {
		r := resolver(serve(t, func(w dns.ResponseWriter, m *dns.Msg) {
			rr, err := dns.NewRR(m.Question[0].Name + " 60 IN " + row.record)
			if err != nil {
				t.Error(err)
			}
			m.Answer = append(m.Answer, rr)
			_ = w.WriteMsg(m)
		}))
		r.Family = row.family
		a, _ := chosen(t, r, "x.example", ample)
		if kind(a) != row.kind || len(a.Addresses()) == 0 != (row.kind != "") {
			t.Errorf("family %d, %s: %v, addresses %v", row.family, row.record, a.Failure, a.Detail.Addresses)
		}
	}
}

func FuzzParseHosts(f *testing.F) {
	f.Add("127.0.0.1 localhost\n# x\n\xff\xfe 1")
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			for name, addrs := range ParseHosts(strings.NewReader(text)) {
				if name != strings.ToLower(name) || len(addrs) == 0 {
					t.Errorf("%q: %v", name, addrs)
				}
			}
		})
	})
}

// Records about another name are told apart; which clients take them is theirs.
func TestAddressesOfOtherNames(t *testing.T) {
	a := func(name string, last byte) dns.RR {
		return &dns.A{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(192, 0, 2, last)}
	}
	alias := func(name, target string) dns.RR {
		return &dns.CNAME{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET}, Target: target}
	}
	for name, row := range map[string]struct {
		records   []dns.RR
		owners    []string
		ofGo, ofC []string // the addresses that Go's resolver takes, and glibc's
	}{
		"its own": {[]dns.RR{a("X.example.", 1)}, []string{""}, []string{"192.0.2.1"}, []string{"192.0.2.1"}},
		"an alias's": {[]dns.RR{alias("x.example.", "y.example."), alias("y.example.", "z.example."), a("z.example.", 1)}, []string{""},
			[]string{"192.0.2.1"}, []string{"192.0.2.1"}},
		"aliases in a ring": {[]dns.RR{alias("x.example.", "y.example."), alias("y.example.", "x.example."), a("x.example.", 1)}, []string{""},
			[]string{"192.0.2.1"}, []string{"192.0.2.1"}},
		"another's": {[]dns.RR{a("other.example.", 1)}, []string{"other.example"}, []string{"192.0.2.1"}, nil},
		"both": {[]dns.RR{a("other.example.", 1), a("x.example.", 2)}, []string{"other.example", ""},
			[]string{"192.0.2.1", "192.0.2.2"}, []string{"192.0.2.2"}},
		"another's alias": {[]dns.RR{alias("w.example.", "z.example."), a("z.example.", 1)}, []string{"z.example"}, []string{"192.0.2.1"}, nil},
	} {
		server := serve(t, func(w dns.ResponseWriter, m *dns.Msg) {
			if m.Question[0].Qtype == dns.TypeA {
				m.Answer = row.records
			}
			_ = w.WriteMsg(m)
		})
		for ownNames, want := range map[bool][]string{false: row.ofGo, true: row.ofC} {
			r := resolver(server)
			r.OwnNames, r.Family = ownNames, 4
			got, _ := chosen(t, r, "x.example", ample)
			if diff := cmp.Diff(want, got.Detail.Addresses); diff != "" {
				t.Errorf("%s, own names %v (-want +got):\n%s", name, ownNames, diff)
			}
			var owners []string
			for _, record := range got.Detail.Questions[0].Answers {
				owners = append(owners, record.Owner)
			}
			if diff := cmp.Diff(row.owners, owners); diff != "" {
				t.Errorf("%s: owners (-want +got):\n%s", name, diff)
			}
		}
	}
}
