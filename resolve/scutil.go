package resolve

import (
	"bufio"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Domain is a resolver of macOS for the names below a domain, or for all others.
type Domain struct {
	// Name is the domain, with a dot at its end; empty for the default.
	Name string
	// Servers are host:port, in their order.
	Servers []string
	// Multicast means that mDNS is asked, and no server.
	Multicast bool
	// Order says which of two for the same domain comes first: the smaller.
	Order int
	// Timeout is how long one server may be silent, 0 for the system's own.
	Timeout time.Duration
	search  []string
}

// maxDomains bounds the resolvers that are read; a VPN with split DNS brings some dozens.
const maxDomains = 500

// ParseScutilDNS reads what `scutil --dns` prints on macOS (scutil(8), resolver(5)): the servers of
// /etc/resolv.conf are not all that counts there. The resolvers for one interface, which come
// after "for scoped queries", serve only who binds to that interface, and are left out.
func ParseScutilDNS(r io.Reader) ([]Domain, error) {
	var out []Domain
	var ports []int
	lines := bufio.NewScanner(io.LimitReader(r, maxConfBytes))
	for lines.Scan() {
		text := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(text, "DNS configuration (for scoped") {
			break
		}
		if strings.HasPrefix(text, "resolver #") {
			if len(out) == maxDomains {
				break
			}
			out, ports = append(out, Domain{}), append(ports, 53)
			continue
		}
		key, value, found := strings.Cut(text, ":")
		if !found || len(out) == 0 {
			continue
		}
		d, n := &out[len(out)-1], len(out)-1
		if key = strings.TrimSpace(key); key == "port" {
			if p, err := strconv.ParseUint(strings.TrimSpace(value), 10, 16); err == nil && p > 0 {
				ports[n] = int(p)
			}
			continue
		}
		d.take(key, strings.TrimSpace(value))
	}
	for i := range out {
		for j, s := range out[i].Servers {
			out[i].Servers[j] = net.JoinHostPort(s, strconv.Itoa(ports[i]))
		}
	}
	return out, lines.Err()
}

// take reads one line of a resolver.
func (d *Domain) take(key, value string) {
	switch name, _, _ := strings.Cut(key, "["); name {
	case "nameserver":
		if a, err := netip.ParseAddr(value); err == nil && len(d.Servers) < maxServers {
			d.Servers = append(d.Servers, a.String())
		}
	case "domain":
		d.Name = strings.ToLower(strings.Trim(value, ".")) + "."
	case "search domain":
		d.search = append(d.search, suffixes([]string{value})...)
	case "options":
		d.Multicast = d.Multicast || slices.Contains(strings.Fields(value), "mdns")
	case "order":
		d.Order, _ = strconv.Atoi(value)
	case "timeout":
		if s, err := strconv.Atoi(value); err == nil && s > 0 && s < 3600 {
			d.Timeout = time.Duration(s) * time.Second
		}
	}
}

// DomainFor returns the resolver that macOS takes for a name: of those whose domain it is below the one
// with the most labels, of equals the first by order; else the default. It is false where there is
// none.
func DomainFor(list []Domain, name string) (Domain, bool) {
	best, labels := -1, -1
	name = "." + strings.ToLower(strings.TrimSuffix(name, ".")) + "."
	for i, d := range list {
		if d.Name != "" && !strings.HasSuffix(name, "."+d.Name) || len(d.Servers) == 0 && !d.Multicast {
			continue
		}
		n := strings.Count(d.Name, ".")
		if best < 0 || n > labels || n == labels && d.Order < list[best].Order {
			best, labels = i, n
		}
	}
	if best < 0 {
		return Domain{}, false
	}
	return list[best], true
}

// ByDomain returns the resolver with the order of macOS: the default's servers and search list in the
// place of resolv.conf's, and the servers of each domain for the names below it.
func (r *Resolver) ByDomain(list []Domain) *Resolver {
	own := *r
	own.Domains = list
	// A name that is in no domain of its own finds the default, if there is one.
	if d, ok := DomainFor(list, ""); ok && d.Name == "" && len(d.Servers) > 0 {
		own.Servers, own.Default = d.Servers, false
		own.Conf.Servers, own.Conf.Search = d.Servers, d.search
		if d.Timeout > 0 {
			own.Conf.Timeout = d.Timeout
		}
	}
	return &own
}

// forName is the resolver for a name: of a domain with multicast alone the system's own look-up.
func (r *Resolver) forName(name string) *Resolver {
	d, ok := DomainFor(r.Domains, name)
	if !ok || d.Name == "" {
		return r
	}
	own := *r
	own.Domains, own.Servers = nil, d.Servers
	if d.Timeout > 0 {
		own.Conf.Timeout = d.Timeout
	}
	if d.Multicast {
		own.Servers = nil
	}
	return &own
}
