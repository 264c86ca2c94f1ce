package main

import (
	"net/netip"
	"testing"

	"pullpath/internal/evidence"
	"pullpath/internal/packets"
)

func TestTcpdumpLine(t *testing.T) {
	for want, c := range map[string]struct {
		path  string
		ports []uint16
	}{
		"tcpdump -i any -s 0 -U -w run.pcapng 'icmp or icmp6 or port 53 or port 443 or port 3128'": {"run.pcapng", []uint16{53, 443, 3128}},
		`tcpdump -i any -s 0 -U -w 'Bob'\''s run' 'icmp or icmp6 or port 53'`:                      {"Bob's run", nil},
	} {
		if got := tcpdumpLine(c.path, c.ports); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// Every connection names the hops that stand on it, in the report's order.
func TestComments(t *testing.T) {
	resolved := func(id int, peer, local string) evidence.Hop {
		return evidence.Hop{ID: id, Op: evidence.OpResolve, Target: "h:443", Peer: peer, Local: local, State: evidence.OK,
			Detail: evidence.Resolve{Name: "h"}}
	}
	made := &tap{hops: map[int]evidence.Hop{
		1: resolved(1, "10.0.0.53:53", "10.0.0.2:1000"), 2: resolved(2, "10.0.0.54:53", "10.0.0.2:2000"),
		9: {ID: 4, Op: evidence.OpTunnel, Target: "h:443", Local: "10.0.0.2:3000", State: evidence.Failed,
			Failure: &evidence.Failure{Kind: evidence.ProxyStatus}},
		7: {ID: 3, Op: evidence.OpDial, Target: "h:443", Local: "10.0.0.2:3000", State: evidence.OK},
		8: {ID: 5, Op: evidence.OpDial, Target: "h:443", State: evidence.Failed, Probe: evidence.ProbeFurtherAddress,
			Failure: &evidence.Failure{Kind: evidence.Timeout}},
	}}
	conn := func(serial int, network, local, remote string) packets.Conn {
		return packets.Conn{Serial: serial, Network: network, Local: netip.MustParseAddrPort(local), Remote: netip.MustParseAddrPort(remote)}
	}
	for want, c := range map[string]packets.Conn{
		"h:443: hop 1 DNS h": conn(1, "udp", "10.0.0.2:1000", "10.0.0.53:53"),
		"h:443: hop 2 DNS h": conn(1, "udp", "10.0.0.2:2001", "10.0.0.54:53"), // its second question
		"h:443: hop 3 TCP; hop 4 CONNECT, failed: proxy_status":         conn(7, "tcp", "10.0.0.2:3000", "10.0.0.3:3128"),
		"h:443: hop 5 TCP, side probe further-address, failed: timeout": conn(8, "tcp", "10.0.0.2:4000", "10.0.0.9:443"),
		"of this run, and none of its hops":                             conn(99, "tcp", "10.0.0.2:5000", "10.0.0.9:443"),
	} {
		if got, own := made.comment(c); got != want || own != (c.Serial > 0) {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
}
