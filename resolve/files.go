package resolve

import (
	"bufio"
	"io"
	"net/netip"
	"strings"
)

// ParseHosts reads a hosts file (hosts(5)): an address, then its names. It
// ignores other lines, as the C library does.
func ParseHosts(r io.Reader) map[string][]netip.Addr {
	out := map[string][]netip.Addr{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		text, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(text)
		if len(fields) < 2 {
			continue
		}
		addr, err := netip.ParseAddr(fields[0])
		if err != nil {
			continue
		}
		for _, name := range fields[1:] {
			name = strings.ToLower(strings.TrimSuffix(name, "."))
			out[name] = append(out[name], addr)
		}
	}
	return out
}
