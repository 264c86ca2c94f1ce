package profile

import (
	"encoding/binary"
	"net/netip"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// World returns the hosts of a made-up network in which every host of the profile
// answers as it expects: those of the healthy World and the walkable ones of the profile.
func (p Profile) World() []fault.Host {
	out := fault.Hosts()
	known := map[string]bool{}
	for _, h := range out {
		known[h.Name] = true
	}
	for i, h := range p.Hosts {
		if known[h.Host] || !h.Walkable() {
			continue
		}
		known[h.Host] = true
		host := fault.Host{Name: h.Host, Role: string(h.Role), Address: address(i), Private: !h.Public}
		if h.Expect != nil {
			host.Service = h.Expect.Service
			if len(h.Expect.Realm) > 0 {
				host.Realm = h.Expect.Realm[0]
			}
		}
		if h.Role == evidence.Service {
			host.Role = string(evidence.Blob) // it has no conversation of its own
		}
		out = append(out, host)
	}
	return out
}

// ranges are those that RFC 5737 keeps for examples and, where they end, the one that RFC
// 2544 keeps for measurements, each with the first address that is free in it and how
// many are: the healthy World's own hosts lie below the first range's, a router of every
// World on 198.51.100.1. They are more than a World has hosts ([fault.MaxHosts]).
var ranges = []struct {
	first string
	free  int
}{{"203.0.113.120", 135}, {"192.0.2.1", 254}, {"198.51.100.2", 253}, {"198.18.0.1", 2<<16 - 2}}

// address returns the address of the i-th host, one of its own.
func address(i int) string {
	for _, r := range ranges {
		if i < r.free {
			first := netip.MustParseAddr(r.first).As4()
			return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, binary.BigEndian.Uint32(first[:])+uint32(i)))).String()
		}
		i -= r.free
	}
	return ""
}
