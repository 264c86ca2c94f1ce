//go:build linux

package testbed

import (
	"net"
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// Zone is what a name server knows: names without the final dot, in lower
// case, and their addresses.
type Zone map[string]netip.Addr

// recordTTL is short, as CDN records are.
const recordTTL = 60

// ProxyName resolves to corp in CorpZone.
const ProxyName = "proxy.corp"

// PublicZone returns the outside: all public hosts, each at an address of its own.
func PublicZone() Zone {
	zone := make(Zone)
	addr := netip.MustParseAddr(firstHostAddr)
	for _, host := range publicHosts {
		zone[host] = addr
		addr = addr.Next()
	}
	return zone
}

// CorpZone knows the names inside and nothing of the outside, as the name
// server of a network whose only way out is the proxy.
func CorpZone() Zone { return Zone{ProxyName: netip.MustParseAddr(CorpAddr)} }

// With returns the zone and the other one together.
func (z Zone) With(other Zone) Zone {
	both := make(Zone, len(z)+len(other))
	for _, zone := range []Zone{z, other} {
		for name, addr := range zone {
			both[name] = addr
		}
	}
	return both
}

// ServeNames answers DNS on port 53 of an address of the namespace, over UDP
// and TCP, until the test ends: NXDOMAIN for what the zone does not know, an
// empty answer for any type but A.
func (b *Bed) ServeNames(ns *Namespace, addr string, zone Zone) { b.ServeDNS(ns, addr, zone) }

// ServeDNS has a handler answer DNS on port 53 of an address of the namespace,
// over UDP and TCP, until the test ends.
func (b *Bed) ServeDNS(ns *Namespace, addr string, zone dns.Handler) {
	b.t.Helper()
	at := net.JoinHostPort(addr, "53")
	packets, err := ns.ListenPacket(at)
	if err != nil {
		b.t.Fatal(err)
	}
	streams, err := ns.Listen(at)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, server := range []*dns.Server{{PacketConn: packets, Handler: zone}, {Listener: streams, Handler: zone}} {
		started := make(chan struct{})
		ended := make(chan error, 1)
		server.NotifyStartedFunc = func() { close(started) }
		go func() { ended <- server.ActivateAndServe() }()
		select {
		case <-started:
		case err := <-ended:
			b.t.Fatalf("name server on %s: %v", at, err)
		}
		b.t.Cleanup(func() {
			_ = server.Shutdown() // the sockets are closed whatever it says
			if err := <-ended; err != nil {
				b.t.Errorf("name server on %s: %v", at, err)
			}
		})
	}
}

// ServeDNS answers one question; it is dns.Handler.
func (z Zone) ServeDNS(w dns.ResponseWriter, question *dns.Msg) {
	answer := new(dns.Msg).SetReply(question)
	answer.RecursionAvailable = true
	asked := question.Question[0]
	addr, known := z[strings.TrimSuffix(strings.ToLower(asked.Name), ".")]
	switch {
	case !known:
		answer.Rcode = dns.RcodeNameError
	case asked.Qtype == dns.TypeA:
		header := dns.RR_Header{Name: asked.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: recordTTL}
		answer.Answer = []dns.RR{&dns.A{Hdr: header, A: addr.AsSlice()}}
	}
	_ = w.WriteMsg(answer) // a client that went away needs no answer
}

// Names is a zone of names with several addresses, of both families.
type Names map[string][]netip.Addr

// ServeDNS answers one question; it is dns.Handler.
func (z Names) ServeDNS(w dns.ResponseWriter, question *dns.Msg) {
	answer := new(dns.Msg).SetReply(question)
	answer.RecursionAvailable = true
	asked := question.Question[0]
	addresses, known := z[strings.TrimSuffix(strings.ToLower(asked.Name), ".")]
	if !known {
		answer.Rcode = dns.RcodeNameError
	}
	for _, addr := range addresses {
		header := dns.RR_Header{Name: asked.Name, Rrtype: asked.Qtype, Class: dns.ClassINET, Ttl: recordTTL}
		switch {
		case asked.Qtype == dns.TypeA && addr.Is4():
			answer.Answer = append(answer.Answer, &dns.A{Hdr: header, A: addr.AsSlice()})
		case asked.Qtype == dns.TypeAAAA && addr.Is6():
			answer.Answer = append(answer.Answer, &dns.AAAA{Hdr: header, AAAA: addr.AsSlice()})
		}
	}
	_ = w.WriteMsg(answer) // a client that went away needs no answer
}
