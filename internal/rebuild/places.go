package rebuild

import (
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// places sets the names of the network and their addresses.
func (b *builder) places() {
	for _, h := range b.trace.Hops {
		if h.Via != "" {
			b.proxy(h.Via)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.world.Env)) {
		value := b.world.Env[name]
		if u, err := url.Parse(value); err == nil && u.Host != "" {
			b.proxy(value)
		}
	}
	for _, t := range b.trace.Targets {
		b.host(t.Host, string(t.Role), !t.Public)
	}
	for _, h := range b.trace.Hops {
		d := evidence.DetailOf[evidence.Handshake](h)
		if name := d.ServerName; name != "" && h.Role != evidence.Proxy && len(d.Chain) > 0 {
			b.host(name, "blob", true)
		}
	}
	if len(b.site.Proxies) == 0 {
		b.site.Proxies = []fault.Host{{Name: fault.ProxyName, Address: b.free()}}
	}
	b.nameServers()
	b.realms()
	b.routers()
	b.split()
}

// nameServers adds those that were configured. One that is called by name has a
// place that no report tells.
func (b *builder) nameServers() {
	b.world.NoResolver = len(b.trace.Vantage.Resolvers) == 0 || slices.ContainsFunc(b.trace.Hops, func(h evidence.Hop) bool {
		return evidence.DetailOf[evidence.Resolve](h).Default
	})
	if b.world.NoResolver {
		return
	}
	for _, text := range b.trace.Vantage.Resolvers {
		if err := fault.CheckResolver(text); err != nil || len(b.site.Resolvers) == fault.MaxServers {
			b.cannot("the name server %q: no address that it could have, or one too many", text)
			continue
		}
		b.site.Resolvers = append(b.site.Resolvers, text)
	}
	for _, text := range b.site.Resolvers {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || net.ParseIP(u.Hostname()) != nil {
			continue
		}
		b.pin(u.Hostname(), b.free())
	}
}

// pin adds an entry of the hosts file.
func (b *builder) pin(name, address string) {
	if !fault.HostName(name) || net.ParseIP(address) == nil {
		b.cannot("the entry %q at %q of the hosts file: not a name at an address", name, address)
		return
	}
	if b.world.Pins == nil {
		b.world.Pins = map[string]string{}
	}
	b.world.Pins[name] = address
}

// free returns an address that nobody in the report has, of those kept for documents
// (RFC 5737) and, where a report has more hosts, for benchmarks (RFC 2544).
func (b *builder) free() string {
	for {
		switch {
		case !b.last.IsValid():
			b.last = netip.MustParseAddr("192.0.2.0")
		case b.last == netip.MustParseAddr("192.0.2.254"):
			b.last = netip.MustParseAddr("198.18.0.0")
		}
		if b.last = b.last.Next(); !b.taken()[b.last.String()] {
			return b.last.String()
		}
	}
}

// taken returns the addresses that somebody in the report has.
func (b *builder) taken() map[string]bool {
	if b.addresses != nil {
		return b.addresses
	}
	b.addresses = map[string]bool{}
	for _, h := range b.trace.Hops {
		b.addresses[peerHost(h)] = true
		for _, a := range evidence.DetailOf[evidence.Resolve](h).Addresses {
			b.addresses[a] = true
		}
	}
	for _, text := range b.trace.Vantage.Resolvers {
		host, _, _ := net.SplitHostPort(text)
		b.addresses[host] = true
	}
	return b.addresses
}

func (b *builder) proxy(via string) {
	u, err := url.Parse(via)
	if err != nil || u.Hostname() == "" {
		return
	}
	name := strings.ToLower(u.Hostname())
	if slices.ContainsFunc(b.site.Proxies, func(p fault.Host) bool { return p.Name == name }) {
		return
	}
	if !b.servable(name, len(b.site.Proxies), maxProxies) {
		return
	}
	b.site.Proxies = append(b.site.Proxies, b.placed(fault.Host{Name: name, Private: true}))
}

func (b *builder) host(name, role string, private bool) {
	name = strings.ToLower(name)
	if role == string(evidence.Service) || !fault.HasRole(role) {
		role = string(evidence.Blob) // it has no conversation of its own
	}
	if slices.ContainsFunc(b.hosts, func(h fault.Host) bool { return h.Name == name }) || !b.servable(name, len(b.hosts), maxHosts) {
		return
	}
	b.hosts = append(b.hosts, b.placed(fault.Host{Name: name, Role: role, Private: private, Plain: b.withoutTLS(name)}))
}

// withoutTLS reports whether a host was spoken to in plain HTTP and never by TLS.
func (b *builder) withoutTLS(name string) bool {
	var plain, secure bool
	for _, t := range b.trace.Targets {
		plain = plain || t.Plain && strings.EqualFold(t.Host, name)
	}
	for _, h := range b.trace.Hops {
		d := evidence.DetailOf[evidence.Handshake](h)
		secure = secure || d.Completed() && strings.EqualFold(d.ServerName, name)
	}
	return plain && !secure
}

// placed gives a host its addresses: those that any server gave, and those that
// were dialled for it; a made-up one where the report has none.
func (b *builder) placed(h fault.Host) fault.Host {
	all := b.addressesOf(h.Name, h.Role == "")
	if len(all) == 0 {
		all = []string{b.free()}
	}
	if len(all) > maxAddresses {
		b.cannot("%d addresses of %s: the first %d are rebuilt", len(all), h.Name, maxAddresses)
		all = all[:maxAddresses]
	}
	h.Address = all[0]
	if len(all) > 1 {
		h.Further = all[1:]
	}
	return h
}

func (b *builder) addressesOf(name string, proxy bool) []string {
	var out []string
	add := func(address string) {
		if address != "" && !slices.Contains(out, address) && !b.isNowhere(address, proxy) {
			out = append(out, address)
		}
	}
	for _, h := range b.trace.Hops {
		if d := evidence.DetailOf[evidence.Resolve](h); strings.EqualFold(d.Name, name) && h.State == evidence.OK {
			for _, a := range d.Addresses {
				add(a)
			}
		}
	}
	if ip := net.ParseIP(name); ip != nil {
		add(name)
	}
	for _, h := range b.trace.Hops {
		if h.Op != evidence.OpDial || (h.Role == evidence.Proxy) != proxy ||
			h.Probe == evidence.ProbeSNIElsewhere { // that one went to another host
			continue
		}
		target, _ := b.trace.Target(h.Target)
		switch {
		case proxy && strings.EqualFold(evidence.ProxyHost(h.Via), name), !proxy && h.Via == "" && strings.EqualFold(target.Host, name):
			add(peerHost(h))
		}
	}
	return out
}

// isNowhere: an address that leads to no host. A proxy may well be on loopback: the
// client's own helper, such as px, cntlm or an agent of the company. So is a host there
// that took a connection: a registry or a tunnel on the machine itself.
func (b *builder) isNowhere(address string, proxy bool) bool {
	ip := net.ParseIP(address)
	return ip == nil || ip.IsUnspecified() || ip.IsLoopback() && !proxy && !slices.ContainsFunc(b.trace.Hops, func(h evidence.Hop) bool {
		return h.Op == evidence.OpDial && h.State == evidence.OK && peerHost(h) == address
	})
}

// split makes a host of its own of an address at which a name has another chain
// than at the address where the chain is right: a block page's server, a mirror.
func (b *builder) split() {
	right := map[string]string{}
	for _, h := range b.trace.Hops {
		d := evidence.DetailOf[evidence.Handshake](h)
		if ok, _ := d.Judged(evidence.StorePublic, evidence.AspectName); ok && len(d.Chain) > 0 && h.Via == "" {
			right[strings.ToLower(d.ServerName)] = d.Chain[0].SPKI
		}
	}
	for _, h := range b.trace.Hops {
		d := evidence.DetailOf[evidence.Handshake](h)
		name, address := strings.ToLower(d.ServerName), peerHost(h)
		if own := right[name]; own == "" || len(d.Chain) == 0 || h.Via != "" || d.Chain[0].SPKI == own ||
			slices.ContainsFunc(b.hosts, func(o fault.Host) bool { return o.Name == address }) {
			continue
		}
		for i, o := range b.hosts {
			rest := slices.DeleteFunc(o.Addresses(), func(a string) bool { return a == address })
			if o.Name == name && len(rest) > 0 && len(rest) < len(o.Addresses()) {
				b.hosts[i].Address, b.hosts[i].Further = rest[0], rest[1:]
				b.hosts = append(b.hosts, fault.Host{Name: address, Role: o.Role, Address: address, Private: true, Realm: o.Realm, Service: o.Service})
			}
		}
	}
}

func peerHost(h evidence.Hop) string {
	host, _, _ := net.SplitHostPort(h.Peer)
	return host
}

// at returns the host at which a hop was: its target, or the one that was split off.
func (b *builder) at(h evidence.Hop, name string) string {
	address := peerHost(h)
	if h.Via == "" && address != name && slices.ContainsFunc(b.hosts, func(o fault.Host) bool { return o.Name == address }) {
		return address
	}
	return name
}
