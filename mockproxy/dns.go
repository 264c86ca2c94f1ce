package mockproxy

import (
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"pullpath/internal/fault"
)

// ttl of the made-up records, in seconds; short, so that no cache outlives a run.
const ttl = 5

func (n *Network) answerDNS(place int, w dns.ResponseWriter, q *dns.Msg) {
	if len(q.Question) != 1 {
		return
	}
	question := q.Question[0]
	name := strings.ToLower(strings.TrimSuffix(question.Name, "."))
	e := Event{Kind: "dns", Host: n.resolverName(place), What: name + " " + dns.TypeToString[question.Qtype], Peer: w.RemoteAddr().String()}
	m := new(dns.Msg).SetReply(q)
	m.RecursionAvailable = true
	f, broken := strike(n, func(f fault.DNS) bool {
		return (strings.EqualFold(f.Name, name) || scope(f.Name, fault.Everyone) && !n.world.IsProxy(name)) &&
			(f.Resolver == 0 || f.Resolver == place) &&
			(f.Type == "" || f.Type == dns.TypeToString[question.Qtype]) &&
			!(f.Unsigned && q.CheckingDisabled)
	})
	if broken {
		e.Fault = fault.Name(f)
	}
	n.journal.add(e)
	if broken && (f.Silent || !n.wait(f.Delay)) {
		return
	}
	if !broken || f.Rcode == "" {
		n.properAnswer(m, name, question)
	}
	if broken {
		breakAnswer(m, q, f, w.RemoteAddr().Network() == "udp")
	}
	_ = w.WriteMsg(m)
}

// resolverName returns what events call a name server: by its place where there are
// several.
func (n *Network) resolverName(place int) string {
	if len(n.world.ResolverAddresses()) > 1 {
		return fault.Resolver(place)
	}
	return fault.TheResolver
}

// wait passes the time, false when the network ended meanwhile.
func (n *Network) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-n.done:
		return false
	}
}

func breakAnswer(m, q *dns.Msg, f fault.DNS, udp bool) {
	if f.Rcode != "" {
		m.Rcode = dns.StringToRcode[f.Rcode]
	}
	m.Authoritative = f.Own
	owner := q.Question[0].Name
	if f.Alias != "" {
		m.Answer = append(m.Answer, &dns.CNAME{Hdr: dns.RR_Header{Name: owner, Class: dns.ClassINET, Ttl: ttl,
			Rrtype: dns.TypeCNAME}, Target: dns.Fqdn(f.Alias)})
		owner = dns.Fqdn(f.Alias)
	}
	if f.Owner != "" {
		owner = dns.Fqdn(f.Owner)
	}
	for _, a := range f.Addresses {
		if rr := record(owner, a); rr.Header().Rrtype == q.Question[0].Qtype {
			m.Answer = append(m.Answer, rr)
		}
	}
	if f.Authority != "" {
		m.Ns = append(m.Ns, startOfAuthority(f.Authority))
	}
	if f.ExtendedError != 0 && q.IsEdns0() != nil {
		opt := m.SetEdns0(1232, false).IsEdns0()
		opt.Option = append(opt.Option, &dns.EDNS0_EDE{InfoCode: f.ExtendedError, ExtraText: f.ExtendedText})
	}
	if f.Truncate && udp {
		m.Truncated, m.Answer = true, nil
	}
	if f.WrongID {
		m.Id = ^m.Id
	}
}

// properAnswer gives the right answer. A name that does not exist is denied by the zone
// that would have it, as RFC 2308 wants it.
func (n *Network) properAnswer(m *dns.Msg, name string, q dns.Question) {
	addresses, ok := n.names[name]
	if !ok {
		m.Rcode = dns.RcodeNameError
		m.Ns = append(m.Ns, startOfAuthority(name[strings.LastIndex(name, ".")+1:]))
		return
	}
	for _, address := range addresses {
		if rr := record(q.Name, address); rr.Header().Rrtype == q.Qtype {
			m.Answer = append(m.Answer, rr)
		}
	}
}

func record(name, address string) dns.RR {
	header := dns.RR_Header{Name: name, Class: dns.ClassINET, Ttl: ttl, Rrtype: dns.TypeA}
	addr := netip.MustParseAddr(address)
	if addr.Is6() {
		header.Rrtype = dns.TypeAAAA
		return &dns.AAAA{Hdr: header, AAAA: net.IP(addr.AsSlice())}
	}
	return &dns.A{Hdr: header, A: net.IP(addr.AsSlice())}
}

func startOfAuthority(owner string) dns.RR {
	owner = dns.Fqdn(owner)
	return &dns.SOA{Hdr: dns.RR_Header{Name: owner, Class: dns.ClassINET, Ttl: ttl, Rrtype: dns.TypeSOA},
		Ns: "ns." + strings.TrimPrefix(owner, "."), Mbox: "hostmaster." + strings.TrimPrefix(owner, "."), Minttl: ttl}
}
