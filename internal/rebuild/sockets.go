package rebuild

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// lookups rebuilds what name servers answered that is not the plain truth.
func (b *builder) lookups() {
	for _, h := range b.trace.Hops {
		d := evidence.DetailOf[evidence.Resolve](h)
		if h.Op != evidence.OpResolve || h.State == evidence.Skipped {
			continue
		}
		place := slices.Index(b.site.Resolvers, d.Server) + 1
		switch {
		case d.Server == "hosts":
			if len(d.Addresses) > 0 {
				b.pin(d.Name, d.Addresses[0])
			}
		case d.Server == "go", d.Server == "getent", d.Server == "system", d.Server == "literal":
		case d.Server == "--resolve":
			b.cannot("the address that --resolve gave %s, for clients other than pullpath", d.Name)
		case place == 0 && !d.Default:
			b.cannot("the look-up of %s by %s: only the configured name servers are rebuilt", d.Name, d.Server)
		case place > 0:
			b.answers(h, d, place)
		}
	}
}

// answers rebuilds each answer of one look-up.
func (b *builder) answers(h evidence.Hop, d evidence.Resolve, place int) {
	if h.FailedWith(evidence.Unreachable) || h.FailedWith(evidence.Timeout) && b.deaf(d.Server) {
		b.resolverSocket(h, place)
		return
	}
	if d.CheckingDisabled {
		return // the proper answer is given to those that do not check
	}
	for _, q := range d.Questions {
		name := strings.ToLower(strings.TrimSuffix(q.Name, "."))
		f := fault.DNS{Name: name, Type: q.Type, Resolver: place, Unsigned: b.passesUnchecked(name, d.Server)}
		odd := true
		switch {
		case q.Rcode == "" && q.Strays > 0:
			f.WrongID = true
		case q.Rcode == "" && (q.Truncated || h.FailedWith(evidence.Truncated)):
			f.Truncate = true
			b.fault(fault.Socket{Host: fault.Resolver(place), Effect: tcpEffect(q.Error), TCPOnly: true})
		case q.Rcode == "":
			f.Silent = true
		default:
			odd = b.answer(&f, q)
		}
		if odd && !slices.ContainsFunc(b.world.Faults, func(o fault.Fault) bool { return sameQuestion(o, f) }) {
			b.fault(f)
		}
	}
}

func sameQuestion(o fault.Fault, f fault.DNS) bool {
	d, ok := o.(fault.DNS)
	return ok && d.Name == f.Name && d.Type == f.Type && d.Resolver == f.Resolver
}

// answer fills in an answer that came, and tells whether it is not what the
// World's own name server would say.
func (b *builder) answer(f *fault.DNS, q evidence.Question) bool {
	f.Rcode, f.Authority, f.Own, f.Truncate = q.Rcode, q.Authority, slices.Contains(q.Flags, "aa"), q.Truncated
	if q.ExtendedError >= 0 {
		f.ExtendedError, f.ExtendedText = uint16(q.ExtendedError), q.ExtendedText
	}
	for _, a := range q.Answers {
		if net.ParseIP(a.Address) == nil {
			b.cannot("the address %q that %s was given: none", a.Address, f.Name)
			continue
		}
		f.Addresses, f.Owner = append(f.Addresses, a.Address), a.Owner
	}
	if len(q.Aliases) > 0 {
		f.Alias = q.Aliases[len(q.Aliases)-1]
	}
	if took := millis(q.TookMS); took > slow {
		f.Delay = b.capped(took, "the answer for "+q.Name)
	}
	proper, known := b.proper(f.Name, q.Type == "AAAA")
	return f.Rcode != "NOERROR" || !known || !slices.Equal(proper, f.Addresses) || f.Alias != "" || f.Owner != "" || f.Own ||
		f.Truncate || f.Delay > 0 ||
		f.ExtendedError != 0 || f.Authority != ""
}

// proper returns the addresses of a family that the World's own name server gives for a
// name, and whether it knows the name.
func (b *builder) proper(name string, six bool) (addresses []string, known bool) {
	for _, h := range slices.Concat(b.hosts, b.site.Proxies) {
		if h.Name != name {
			continue
		}
		known = true
		for _, a := range h.Addresses() {
			if strings.Contains(a, ":") == six {
				addresses = append(addresses, a)
			}
		}
	}
	return addresses, known
}

// capped bounds a delay and says so.
func (b *builder) capped(d time.Duration, what string) time.Duration {
	if d > b.max {
		b.cannot("%s took %.1f s: it comes after %.1f s (--max-delay)", what, d.Seconds(), b.max.Seconds())
		return b.max
	}
	return d
}

// deaf reports whether a name server answered nothing in the whole run.
func (b *builder) deaf(server string) bool {
	return !slices.ContainsFunc(b.trace.Hops, func(h evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Resolve](h)
		return d.Server == server && slices.ContainsFunc(d.Questions, func(q evidence.Question) bool {
			return q.Rcode != "" || q.Strays > 0 || q.Truncated
		})
	})
}

// passesUnchecked reports whether the server answered the name when it was asked not
// to check signatures.
func (b *builder) passesUnchecked(name, server string) bool {
	return slices.ContainsFunc(b.trace.Hops, func(h evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Resolve](h)
		return d.CheckingDisabled && h.State == evidence.OK && d.Server == server && strings.EqualFold(d.Name, name)
	})
}

func (b *builder) resolverSocket(h evidence.Hop, place int) {
	effect := tcpEffect(h.Failure.Text)
	if effect == fault.NoRoute && !h.Unsent() {
		effect = fault.HostUnreachable // a router said so
	}
	b.once(fault.Socket{Host: fault.Resolver(place), Effect: effect})
}

// tcpEffect reads what an error's text says of a connection.
func tcpEffect(text string) fault.Effect {
	switch text = strings.ToLower(text); {
	case strings.Contains(text, "refused"):
		return fault.Refuse
	case strings.Contains(text, "no route"), strings.Contains(text, "unreachable"):
		return fault.NoRoute
	case strings.Contains(text, "permission"), strings.Contains(text, "not permitted"):
		return fault.DenyLocally
	}
	return fault.Drop
}

// routers places the devices that answered on some way, each at its place.
func (b *builder) routers() {
	for _, h := range b.trace.Hops {
		t := evidence.DetailOf[evidence.Dial](h).Trail
		if t == nil {
			continue
		}
		for _, s := range t.Steps {
			if s.Answer != evidence.TrailRouter || s.TTL < 1 || s.TTL > 64 || net.ParseIP(s.Sender).To4() == nil {
				continue
			}
			for len(b.site.Routers) < s.TTL {
				b.site.Routers = append(b.site.Routers, fmt.Sprintf("198.51.100.%d", len(b.site.Routers)+1))
			}
			b.site.Routers[s.TTL-1] = s.Sender
		}
	}
	for _, h := range b.trace.Hops {
		if m := evidence.DetailOf[evidence.Dial](h).ICMP; m != nil && !m.Own && net.ParseIP(m.Sender).To4() != nil && b.site.Routers == nil {
			b.site.Routers = []string{m.Sender}
		}
	}
}

// sockets rebuilds connections that were not made.
func (b *builder) sockets() {
	for _, h := range b.trace.Hops {
		if h.Op != evidence.OpDial || h.State != evidence.Failed || h.FailedWith(evidence.Budget) || b.answeredElse(h) {
			continue
		}
		host, port, err := net.SplitHostPort(h.Peer)
		if err != nil {
			continue
		}
		number, _ := strconv.Atoi(port)
		f := fault.Socket{Host: b.owner(host, h.Role), Address: host, Port: number, Effect: b.effect(h), Behind: b.behind(h, host)}
		if f.Effect == fault.Reset {
			f.Address, f.Port = "", 0
		}
		if f.Host == "" {
			b.stray(host, f.Effect)
			continue
		}
		if !slices.ContainsFunc(b.world.Faults, func(o fault.Fault) bool {
			s, ok := o.(fault.Socket)
			return ok && s.Host == f.Host && s.Address == f.Address && s.Port == f.Port
		}) {
			b.fault(f)
		}
	}
}

// answeredElse: the same address took another connection; what failed was a
// packet lost or a hop limit.
func (b *builder) answeredElse(h evidence.Hop) bool {
	if evidence.DetailOf[evidence.Dial](h).Trail != nil && h.Purpose == evidence.Probing {
		return true
	}
	return !h.FailedWith(evidence.Reset) && slices.ContainsFunc(b.trace.Hops, func(o evidence.Hop) bool {
		return o.Op == evidence.OpDial && o.State == evidence.OK && o.Peer == h.Peer && evidence.DetailOf[evidence.Dial](o).Trail == nil
	})
}

func (b *builder) stray(address string, effect fault.Effect) {
	if net.ParseIP(address) == nil {
		b.cannot("the connection to %q: no IP address", address)
		return
	}
	if b.site.Strays == nil {
		b.site.Strays = map[string]fault.Effect{}
	}
	b.site.Strays[address] = effect
}

// owner returns the name by which a fault means an address.
func (b *builder) owner(address string, role evidence.Role) string {
	place := 0
	for _, p := range b.site.Proxies {
		for _, a := range p.Addresses() {
			if place++; a == address && role == evidence.Proxy {
				return fault.ProxyNode(place)
			}
		}
	}
	for _, h := range b.hosts {
		if slices.Contains(h.Addresses(), address) {
			return h.Name
		}
	}
	return ""
}

func (b *builder) effect(h evidence.Hop) fault.Effect {
	m := evidence.DetailOf[evidence.Dial](h).ICMP
	switch h.Kind() {
	case evidence.Refused:
		return fault.Refuse
	case evidence.Reset:
		return fault.Reset
	case evidence.Prohibited:
		return fault.Prohibit
	case evidence.DeniedLocally:
		return fault.DenyLocally
	case evidence.NoRoute:
		switch {
		case m == nil || m.Own:
			return fault.NoRoute
		case m.Version == 4 && m.Code == 0 || m.Version == 6 && m.Code == 0:
			return fault.NetUnreachable
		}
		return fault.HostUnreachable
	}
	return fault.Drop
}

// behind returns the place of the router at which a connection ends, 0 for the host.
func (b *builder) behind(h evidence.Hop, host string) int {
	if m := evidence.DetailOf[evidence.Dial](h).ICMP; m != nil {
		return slices.Index(b.site.Routers, m.Sender) + 1
	}
	for _, o := range b.trace.Hops {
		t := evidence.DetailOf[evidence.Dial](o).Trail
		if address, _, _ := net.SplitHostPort(o.Peer); t == nil || address != host {
			continue
		}
		if last, ok := t.Last(); ok && last.TTL < len(b.site.Routers) {
			return last.TTL
		}
	}
	return 0
}
