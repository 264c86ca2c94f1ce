package mockproxy

import (
	"net"
	"net/netip"
	"strings"

	"github.com/miekg/dns"

	"pullpath/internal/fault"
)

// ttl of the made-up records, in seconds; short, so that no cache outlives a run.
const ttl = 5

// portTries is how often a port that is free for both UDP and TCP is looked for;
// on a busy machine a few ports in a row may be taken for one of the two.
const portTries = 20

// listenDNS binds UDP and TCP to one loopback port.
func listenDNS() (net.PacketConn, net.Listener, error) {
	var last error
	for range portTries {
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return nil, nil, err
		}
		l, err := net.Listen("tcp", pc.LocalAddr().String())
		if err == nil {
			return pc, l, nil
		}
		_ = pc.Close()
		last = err
	}
	return nil, nil, last
}

// startDNS serves the World's names on UDP and TCP of one loopback port.
func (n *Network) startDNS() error {
	pc, l, err := listenDNS()
	if err != nil {
		return err
	}
	n.resolver = pc.LocalAddr().String()
	for _, s := range []*dns.Server{{PacketConn: pc, Handler: dns.HandlerFunc(n.answerDNS)}, {Listener: l, Handler: dns.HandlerFunc(n.answerDNS)}} {
		ready := make(chan struct{})
		s.NotifyStartedFunc = func() { close(ready) }
		n.closers = append(n.closers, func() { _ = s.Shutdown() })
		n.wg.Go(func() { _ = s.ActivateAndServe() })
		<-ready
	}
	return nil
}

func (n *Network) answerDNS(w dns.ResponseWriter, q *dns.Msg) {
	if len(q.Question) != 1 {
		return
	}
	question := q.Question[0]
	name := strings.ToLower(strings.TrimSuffix(question.Name, "."))
	e := Event{Kind: "dns", Host: fault.TheResolver, What: name + " " + dns.TypeToString[question.Qtype]}
	m := new(dns.Msg).SetReply(q)
	m.RecursionAvailable = true
	f, broken := find(n.world.Faults, func(f fault.DNS) bool {
		return f.Name == name || f.Name == "" && name != fault.ProxyName
	})
	switch {
	case broken && f.Silent:
		e.Fault = "dns silent"
		n.journal.add(e)
		return
	case broken:
		e.Fault = "dns " + f.Rcode
		breakAnswer(m, q, f)
	default:
		n.properAnswer(m, name, question)
	}
	n.journal.add(e)
	_ = w.WriteMsg(m)
}

func breakAnswer(m, q *dns.Msg, f fault.DNS) {
	m.Rcode = dns.StringToRcode[f.Rcode]
	for _, a := range f.Addresses {
		if q.Question[0].Qtype == dns.TypeA {
			m.Answer = append(m.Answer, record(q.Question[0].Name, a))
		}
	}
	if f.ExtendedError != 0 && q.IsEdns0() != nil {
		opt := m.SetEdns0(1232, false).IsEdns0()
		opt.Option = append(opt.Option, &dns.EDNS0_EDE{InfoCode: f.ExtendedError})
	}
}

func (n *Network) properAnswer(m *dns.Msg, name string, q dns.Question) {
	address, ok := n.names[name]
	if !ok {
		m.Rcode = dns.RcodeNameError
		return
	}
	if q.Qtype == dns.TypeA {
		m.Answer = append(m.Answer, record(q.Name, address))
	}
}

func record(name, address string) dns.RR {
	header := dns.RR_Header{Name: name, Class: dns.ClassINET, Ttl: ttl, Rrtype: dns.TypeA}
	return &dns.A{Hdr: header, A: net.IP(netip.MustParseAddr(address).AsSlice())}
}
