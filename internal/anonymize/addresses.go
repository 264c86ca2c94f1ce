package anonymize

import (
	"fmt"
	"net/netip"
)

// address returns an address's pseudonym: of the same kind, and under the same
// prefix as its neighbours. Public addresses of others stay.
func (a *maker) address(addr netip.Addr) string {
	plain := addr.WithZone("").Unmap()
	switch {
	case plain.IsLoopback(), plain.IsUnspecified(), plain.Is4() && plain.IsLinkLocalUnicast(), plain.IsMulticast():
		return addr.String()
	case plain.Is4():
		return a.address4(plain)
	case plain.IsPrivate():
		return a.address6(plain, "fd00:0:0")
	case plain.IsLinkLocalUnicast():
		return a.address6(plain, "fe80::")
	case a.own[addr.String()]:
		return a.address6(plain, "2001:db8:ffff")
	}
	return addr.String()
}

// kept4 are the private ranges and how many of their octets stay (RFC 1918
// section 3, RFC 6598 section 7). The octet after these is counted from the
// range's own beginning.
var kept4 = []struct {
	prefix netip.Prefix
	octets int
	from   int
	size   int
}{
	{netip.MustParsePrefix("10.0.0.0/8"), 1, 0, 256},
	{netip.MustParsePrefix("172.16.0.0/12"), 1, 16, 16},
	{netip.MustParsePrefix("192.168.0.0/16"), 2, 0, 256},
	{netip.MustParsePrefix("100.64.0.0/10"), 1, 64, 64},
}

func (a *maker) address4(addr netip.Addr) string {
	octets := addr.As4()
	out := octets
	for _, k := range kept4 {
		if !k.prefix.Contains(addr) {
			continue
		}
		for i := k.octets; i < 4; i++ {
			from, size := 0, 256
			if i == k.octets {
				from, size = k.from, k.size
			}
			out[i] = byte(from + a.octet(octets[:i], int(octets[i])-from, size))
		}
		return netip.AddrFrom4(out).String()
	}
	if !a.own[addr.String()] || benchmarks.Contains(addr) {
		return addr.String()
	}
	// A company's own public addresses become ones that nobody has: those of RFC
	// 2544, which no rule of judgement treats as private.
	return fmt.Sprintf("198.18.%d.%d", a.octet([]byte{198}, 1+int(octets[0])<<16|int(octets[1])<<8|int(octets[2]), 256),
		a.octet(octets[:3], int(octets[3]), 256))
}

// benchmarks is the range of RFC 2544, which belongs to nobody. Pseudonyms are in it.
var benchmarks = netip.MustParsePrefix("198.18.0.0/15")

// octet numbers an octet under its prefix. 0 and the last stay: they are networks
// and broadcasts.
func (a *maker) octet(prefix []byte, value, size int) int {
	if value == 0 || value == size-1 {
		return value
	}
	group := fmt.Sprintf("octet %v", prefix)
	key := fmt.Sprintf("%s %d", group, value)
	if _, ok := a.pseudonyms[key]; !ok {
		a.counts[group]++
		a.pseudonyms[key] = fmt.Sprint(a.counts[group])
	}
	var n int
	_, _ = fmt.Sscan(a.pseudonyms[key], &n)
	return min(n, size-2)
}

func (a *maker) address6(addr netip.Addr, prefix string) string {
	octets := addr.As16()
	host := a.octet(octets[:8], int(octets[14])<<8|int(octets[15])+1, 1<<16)
	if prefix == "fe80::" {
		return fmt.Sprintf("fe80::%x", host)
	}
	subnet := a.octet([]byte{6}, int(octets[4])<<24|int(octets[5])<<16|int(octets[6])<<8|int(octets[7])+1, 1<<32)
	return fmt.Sprintf("%s:%x::%x", prefix, subnet, host)
}
