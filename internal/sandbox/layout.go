package sandbox

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"pullpath/internal/fault"
)

// Layout is the network inside a namespace.
type Layout struct {
	Places []Place
	// Resolvers are the name servers of resolv.conf.
	Resolvers []netip.Addr
	// Hosts are the entries of the hosts file, without localhost.
	Hosts map[netip.Addr][]string
}

// Place is one address with its listeners and faults.
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

// family is one of the two of IP, as nft(8) names what it has.
type family struct {
	name, icmp string
	// uncounted is what its length field leaves out, in bytes: RFC 8200 section 3
	// counts without the header, RFC 791 section 3.1 with it.
	uncounted int
	// says are the messages of a router.
	says map[fault.Effect]string
}

func families() []family {
	return []family{
		{"ip", "icmp", 0, map[fault.Effect]string{fault.Prohibit: "admin-prohibited", fault.HostUnreachable: "host-unreachable",
			fault.NetUnreachable: "net-unreachable"}},
		{"ip6", "icmpv6", 40, map[fault.Effect]string{fault.Prohibit: "admin-prohibited", fault.HostUnreachable: "addr-unreachable",
			fault.NetUnreachable: "no-route"}},
	}
}

// of reports whether an address is of the family.
func (f family) of(at netip.Addr) bool { return at.Is6() == (f.name == "ip6") }

// table is the name of ours in nftables.
const table = "pullpath"

// addresses returns the batch for ip(8): every address is one of the loopback
// interface, except for those to which no route leads. Ethernet's MTU lets packets
// have the size that they have elsewhere.
func (l Layout) addresses() string {
	var b strings.Builder
	b.WriteString("link set lo mtu 1500 up\n")
	made := map[netip.Addr]bool{}
	for _, p := range l.Places {
		if made[p.Address] || p.Address.IsLoopback() { // 127.0.0.0/8 and ::1 are there already
			continue
		}
		made[p.Address] = true
		alone, nodad := netip.PrefixFrom(p.Address, p.Address.BitLen()), ""
		if p.Address.Is6() {
			nodad = " nodad" // looking for duplicates takes a second or two
		}
		switch p.Effect {
		case fault.NoRoute:
			fmt.Fprintf(&b, "route add unreachable %s\n", alone)
		case fault.DenyLocally:
			fmt.Fprintf(&b, "route add prohibit %s\n", alone)
		default:
			fmt.Fprintf(&b, "address add %s dev lo%s\n", alone, nodad)
		}
	}
	return b.String()
}

// rules returns the file for nft(8), a table for each family that is there.
func (l Layout) rules() string {
	var b strings.Builder
	for _, f := range families() {
		places := slices.DeleteFunc(slices.Clone(l.Places), func(p Place) bool { return !f.of(p.Address) })
		if len(places) > 0 {
			b.WriteString(f.rules(places))
		}
	}
	return b.String()
}

// rules returns one table: first what breaks, then the ways. They hang in the output
// hook, since all traffic here begins here. A datagram is dropped where it arrives: the
// output hook would return EPERM to its sender, who would then not wait for an answer.
func (f family) rules(places []Place) string {
	var broken, lost, ways, rest strings.Builder
	for _, p := range places {
		if p.MTU > 0 {
			fmt.Fprintf(&broken, "    %s daddr %s %s length > %d drop\n", f.name, p.Address, f.name, p.MTU-f.uncounted)
		}
		for _, rule := range p.verdicts(f) {
			fmt.Fprintf(&broken, "    %s daddr %s %s\n", f.name, p.Address, rule)
		}
		if rule := p.lost(); rule != "" {
			fmt.Fprintf(&lost, "    ct original %s daddr %s %s drop\n", f.name, p.Address, rule)
		}
		for _, w := range p.Ways {
			// The first rule that matches is taken; ports of their own come first.
			into, match := &ways, fmt.Sprintf("%s dport %d", w.Protocol, w.Port)
			if w.Port == 0 {
				into, match = &rest, "meta l4proto "+w.Protocol
			}
			fmt.Fprintf(into, "    %s daddr %s %s dnat to %s\n", f.name, p.Address, match, w.To)
		}
	}
	return fmt.Sprintf("table %s %s {\n  chain broken {\n    type filter hook output priority -150; policy accept;\n%s  }\n"+
		"  chain lost {\n    type filter hook input priority 0; policy accept;\n%s  }\n"+
		"  chain ways {\n    type nat hook output priority -100; policy accept;\n%s%s  }\n}\n", f.name, table, broken.String(), lost.String(),
		ways.String(), rest.String())
}

// verdicts returns the rules for an effect, after the address.
func (p Place) verdicts(f family) []string {
	// A SYN alone: source and destination are the same address here, so a rule for
	// all would meet the RST that it sends.
	tcp := "tcp flags & (syn | ack | rst) == syn"
	if p.Port != 0 {
		tcp = fmt.Sprintf("tcp dport %d %s", p.Port, tcp)
	}
	what := f.says[p.Effect]
	if p.Effect == fault.Drop {
		what = "drop"
	} else if what != "" {
		what = "reject with " + f.icmp + " type " + what
	}
	switch {
	case p.Effect == fault.Refuse && p.TCP:
		return []string{tcp + " reject with tcp reset"}
	case p.Effect == fault.Refuse:
		return []string{tcp + " reject with tcp reset", p.datagrams() + " reject with " + f.icmp + " type port-unreachable"}
	case what == "":
		return nil
	case p.TCP, p.Effect == fault.Drop:
		return []string{tcp + " " + what}
	}
	return []string{tcp + " " + what, p.datagrams() + " " + what}
}

// datagrams match those to the place.
func (p Place) datagrams() string {
	if p.Port != 0 {
		return fmt.Sprintf("udp dport %d", p.Port)
	}
	return "meta l4proto udp"
}

// lost matches the datagrams that do not arrive; empty for none. The port is the one
// that they were sent to.
func (p Place) lost() string {
	switch {
	case p.Effect != fault.Drop || p.TCP:
		return ""
	case p.Port != 0:
		return fmt.Sprintf("meta l4proto udp ct original proto-dst %d", p.Port)
	}
	return p.datagrams()
}

// resolvConf returns the file of that name (resolv.conf(5)).
func (l Layout) resolvConf() string {
	var b strings.Builder
	for _, r := range l.Resolvers {
		fmt.Fprintf(&b, "nameserver %s\n", r)
	}
	return b.String()
}

// hostsFile returns the file of that name (hosts(5)).
func (l Layout) hostsFile() string {
	var b strings.Builder
	b.WriteString("127.0.0.1 localhost\n::1 localhost\n")
	for _, at := range slices.SortedFunc(maps.Keys(l.Hosts), netip.Addr.Compare) {
		fmt.Fprintf(&b, "%s %s\n", at, strings.Join(slices.Sorted(slices.Values(l.Hosts[at])), " "))
	}
	return b.String()
}

// switchConf is nsswitch.conf(5) with names looked up in the hosts file and by DNS alone.
// Other ways, resolve(8) for one, lead to a process outside of the namespace.
func switchConf(own string) string {
	const line = "hosts: files dns\n"
	var b strings.Builder
	b.WriteString(line)
	for l := range strings.Lines(own) {
		if !strings.HasPrefix(strings.TrimSpace(l), "hosts:") {
			b.WriteString(l)
		}
	}
	return b.String()
}
