package resolve

import (
	"bufio"
	"io"
	"net"
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// ParseHosts reads a hosts file (hosts(5)): an address, then its names. Lines
// that are none are passed over, as the C library does.
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

// ParseResolvConf reads a resolv.conf(5): the servers as host:port, and the
// function that expands a name by its search list.
func ParseResolvConf(r io.Reader) (servers []string, candidates func(string) []string, err error) {
	config, err := dns.ClientConfigFromReader(r)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range config.Servers {
		servers = append(servers, net.JoinHostPort(s, config.Port))
	}
	candidates = func(name string) []string {
		var out []string
		for _, n := range config.NameList(name) {
			out = append(out, strings.TrimSuffix(n, "."))
		}
		return out
	}
	return servers, candidates, nil
}
