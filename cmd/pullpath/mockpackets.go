package main

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"pullpath/internal/packets"
	"pullpath/internal/sandbox"
	"pullpath/mockproxy"
)

// mockPackets is the file of mock's --pcap; nil for none.
type mockPackets struct {
	path      string
	recording *packets.Recording
	// names are who listens at an address, as a comment calls them.
	names map[netip.AddrPort]string
	// hosts are who has an address of the World.
	hosts map[netip.Addr]string
}

// recordMock begins to write the packets of all connections with a network.
func recordMock(path string, n *mockproxy.Network) (*mockPackets, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // no recording is no error
	}
	p := &mockPackets{path: path, names: map[netip.AddrPort]string{}, hosts: map[netip.Addr]string{}}
	who := map[netip.AddrPort][]string{}
	routes := n.Map().Routes
	for address, route := range routes {
		if at, err := netip.ParseAddr(address); err == nil {
			p.hosts[at] = strings.Join(route.Hosts, ", ")
		}
		if at, err := netip.ParseAddrPort(route.To); err == nil {
			who[at] = append(who[at], strings.Join(route.Hosts, ", ")+" ("+address+")")
		}
	}
	who[netip.MustParseAddrPort(n.Plain())] = []string{"the hosts' plain HTTP"}
	var ports []uint16
	for at, names := range who {
		slices.Sort(names)
		p.names[at] = strings.Join(names, "; ")
		ports = append(ports, at.Port())
	}
	slices.Sort(ports)
	var err error
	if p.recording, err = record(path, slices.Compact(ports)); err != nil {
		return nil, err
	}
	for at := range p.names {
		p.recording.Serves(at)
	}
	if sandbox.Inside() { // the namespace is the mock's, and answers come from the World's addresses
		p.recording.All()
	}
	return p, nil
}

// finish ends the file, and says what is in it.
func (p *mockPackets) finish(s streams) error {
	if p == nil {
		return nil
	}
	sum, err := p.recording.Finish(p.comment, nil)
	if err != nil {
		return fmt.Errorf("--pcap %s: %w", p.path, err)
	}
	notePackets(s, p.path, sum, false)
	return nil
}

// comment names whom of the network a connection is with.
func (p *mockPackets) comment(c packets.Conn) (text string, own bool) {
	if name := cmp.Or(p.names[c.Remote], p.hosts[c.Remote.Addr()]); name != "" {
		return "mock: " + name, true
	}
	return "", true
}
