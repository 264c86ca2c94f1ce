package sandbox

import (
	"fmt"
	"net/netip"
	"strings"

	"pullpath/internal/fault"
)

// Layout is the network inside a namespace.
type Layout struct {
	Places []Place
	// Resolvers are the name servers of resolv.conf.
	Resolvers []netip.Addr
}

// Place is one address and what is there.
type Place struct {
	Address netip.Addr
	// Ways lead its ports to listeners.
	Ways []Way
	// Effect is what happens to connections to it, one of those of [fault.Socket];
	// to one port alone where Port is not 0, and to TCP alone where TCP is set.
	Effect fault.Effect
	Port   int
	TCP    bool
	// MTU is the size of the longest packet that gets there; 0 means any.
	MTU int
}

// Way leads one port of an address, or with 0 all that have no way of their own,
// to a listener.
type Way struct {
	// Protocol is "tcp" or "udp".
	Protocol string
	Port     int
	To       netip.AddrPort
}

// table is the name of ours in nftables.
const table = "pullpath"

// addresses is the batch for ip(8): every address is one of the loopback
// interface, except for those to which no route leads. Ethernet's MTU lets packets
// have the size that they have elsewhere.
func (l Layout) addresses() string {
	var b strings.Builder
	b.WriteString("link set lo mtu 1500 up\n")
	for _, p := range l.Places {
		switch p.Effect {
		case fault.NoRoute:
			fmt.Fprintf(&b, "route add unreachable %s/32\n", p.Address)
		case fault.DenyLocally:
			fmt.Fprintf(&b, "route add prohibit %s/32\n", p.Address)
		default:
			fmt.Fprintf(&b, "address add %s/32 dev lo\n", p.Address)
		}
	}
	return b.String()
}

// rules is the file for nft(8): first what breaks, then the ways. Both hang in the
// output hook, since all that is here begins here.
func (l Layout) rules() string {
	var broken, ways strings.Builder
	for _, p := range l.Places {
		if p.MTU > 0 {
			fmt.Fprintf(&broken, "    ip daddr %s ip length > %d drop\n", p.Address, p.MTU)
		}
		for _, rule := range p.verdicts() {
			fmt.Fprintf(&broken, "    ip daddr %s %s\n", p.Address, rule)
		}
		for _, w := range p.Ways {
			match := "meta l4proto " + w.Protocol
			if w.Port != 0 {
				match = fmt.Sprintf("%s dport %d", w.Protocol, w.Port)
			}
			fmt.Fprintf(&ways, "    ip daddr %s %s dnat to %s\n", p.Address, match, w.To)
		}
	}
	return fmt.Sprintf("table ip %s {\n  chain broken {\n    type filter hook output priority -150; policy accept;\n%s  }\n"+
		"  chain ways {\n    type nat hook output priority -100; policy accept;\n%s  }\n}\n", table, broken.String(), ways.String())
}

// verdicts are the rules for an effect, after the address.
func (p Place) verdicts() []string {
	// A SYN alone: source and destination are the same address here, so a rule for
	// all would meet the RST that it sends.
	tcp, udp := "tcp flags & (syn | ack | rst) == syn", "meta l4proto udp"
	if p.Port != 0 {
		tcp, udp = fmt.Sprintf("tcp dport %d %s", p.Port, tcp), fmt.Sprintf("udp dport %d", p.Port)
	}
	what := map[fault.Effect]string{
		fault.Drop:            "drop",
		fault.Prohibit:        "reject with icmp type admin-prohibited",
		fault.HostUnreachable: "reject with icmp type host-unreachable",
		fault.NetUnreachable:  "reject with icmp type net-unreachable",
	}[p.Effect]
	switch {
	case p.Effect == fault.Refuse && p.TCP:
		return []string{tcp + " reject with tcp reset"}
	case p.Effect == fault.Refuse:
		return []string{tcp + " reject with tcp reset", udp + " reject with icmp type port-unreachable"}
	case what == "":
		return nil
	case p.TCP:
		return []string{tcp + " " + what}
	}
	return []string{tcp + " " + what, udp + " " + what}
}

// resolvConf is the file of that name (resolv.conf(5)).
func (l Layout) resolvConf() string {
	var b strings.Builder
	for _, r := range l.Resolvers {
		fmt.Fprintf(&b, "nameserver %s\n", r)
	}
	return b.String()
}
