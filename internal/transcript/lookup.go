package transcript

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"pullpath/internal/evidence"
)

// lookup is one name asked of one server, as a program printed it.
type lookup struct {
	at   line
	name string
	// server is host:port, or the word for a way of this host; given means that it was named on
	// the command line, and is not the one that this host asks.
	server    string
	given     bool
	transport string
	questions []evidence.Question
	addresses []string
	// failure is that of an exchange without an answer, nil for one with an answer.
	failure *evidence.Failure
	tookMS  float64
	// origin and moment are where and when it stands in a capture, nil and zero elsewhere.
	origin *evidence.Origin
	moment time.Time
	// proxy means that the name is that of a proxy.
	proxy bool
}

// lookups are those of one program's output.
type lookups struct {
	r    *reader
	list []lookup
}

// add takes a look-up, or the other family of one that is there.
func (c *lookups) add(l lookup) {
	if l.name == "" || len(l.questions) == 0 && l.failure == nil && len(l.addresses) == 0 {
		return
	}
	for i := range c.list {
		if known := &c.list[i]; evidence.HostName(known.name) == evidence.HostName(l.name) && known.server == l.server && known.takes(l) {
			known.questions = append(known.questions, l.questions...)
			known.addresses = append(known.addresses, l.addresses...)
			return
		}
	}
	if len(c.list) == maxAttempts {
		c.r.trace.Texts.LeftOut++
		return
	}
	c.list = append(c.list, l)
}

// takes reports whether another look-up of the same name asks for what this one does not.
func (l *lookup) takes(other lookup) bool {
	if l.failure != nil || other.failure != nil || len(other.questions) == 0 {
		return false
	}
	return !slices.ContainsFunc(l.questions, func(q evidence.Question) bool {
		return slices.ContainsFunc(other.questions, func(o evidence.Question) bool { return o.Type == q.Type })
	})
}

// keep makes an attempt of each. Of several servers for one name the one that this host asks by
// itself is on the path, else the first.
func (c *lookups) keep() {
	path := map[string]int{}
	for i, l := range c.list {
		name := evidence.HostName(l.name)
		if first, ok := path[name]; !ok || c.list[first].given && !l.given {
			path[name] = i
		}
	}
	for i, l := range c.list {
		h, ok := c.hop(l)
		if !ok {
			continue
		}
		if first := path[evidence.HostName(l.name)]; first != i && c.list[first].server != l.server {
			h.Purpose, h.Probe = evidence.Probing, evidence.ProbeFurtherResolver
		}
		a := attempt{at: l.at, host: strings.TrimSuffix(l.name, "."), role: evidence.Registry}
		if l.proxy {
			a.host, h.Role = "", evidence.Proxy
		}
		a.add(h)
		c.r.keep(a)
	}
	c.list = nil
}

// hop is a look-up as evidence, false for one that tells nothing of addresses: where only IPv6
// was asked for, no answer is none of a failure.
func (c *lookups) hop(l lookup) (evidence.Hop, bool) {
	short := func(text string) string { return c.r.scribe.Short(text, maxQuote) }
	d := evidence.Resolve{Name: short(strings.TrimSuffix(l.name, ".")), Server: short(l.server), Transport: l.transport,
		Questions: l.questions,
		Addresses: c.r.scribe.Each(l.addresses, maxNames, maxQuote)}
	h := evidence.Hop{Op: evidence.OpResolve, State: evidence.OK, Origin: l.at.origin(c.r.scribe), TookMS: l.tookMS, At: l.moment}
	if l.origin != nil {
		h.Origin = l.origin
	}
	if _, err := netip.ParseAddrPort(l.server); err == nil {
		h.Peer = l.server
	}
	if len(l.addresses) == 0 {
		h.State, h.Failure = evidence.Failed, l.failure
		if h.Failure == nil {
			h.Failure = c.unanswered(l)
		}
		if h.Failure == nil {
			return h, false
		}
	}
	h.Detail = d
	return h, true
}

// unanswered classifies answers without an address.
func (c *lookups) unanswered(l lookup) *evidence.Failure {
	rcode, ipv4 := "NOERROR", false
	extended := ""
	for _, q := range l.questions {
		ipv4 = ipv4 || q.Type != "AAAA"
		if q.Rcode != "NOERROR" {
			rcode = q.Rcode
		}
		if q.ExtendedError >= 0 && extended == "" {
			extended = strings.TrimRight(fmt.Sprintf(", extended error %d %s", q.ExtendedError, q.ExtendedText), " ")
		}
	}
	kind, text := rcodeKind(rcode), "rcode "+rcode
	if kind == evidence.NoData {
		if !ipv4 {
			return nil
		}
		text = "no address records (rcode NOERROR)"
	}
	return c.r.failure(kind, text+extended)
}

// rcodeKind is the kind of an answer that has a code and no address (RFC 1035 section 4.1.1).
func rcodeKind(rcode string) evidence.Kind {
	switch rcode {
	case "NXDOMAIN":
		return evidence.NXDomain
	case "SERVFAIL":
		return evidence.ServFail
	case "REFUSED":
		return evidence.Refused
	case "NOERROR":
		return evidence.NoData
	}
	return evidence.Rcode
}

// exchange is how a question ended that got no answer, in the words of BIND's tools.
func exchange(text string) (evidence.Kind, bool) {
	low := strings.ToLower(text)
	for _, e := range []struct {
		says string
		kind evidence.Kind
	}{
		{"connection refused", evidence.Unreachable}, {"host unreachable", evidence.Unreachable}, {"network unreachable", evidence.Unreachable},
		{"no route to host", evidence.Unreachable}, {"network is unreachable", evidence.Unreachable}, {"permission denied",
			evidence.Unreachable},
		{"operation not permitted", evidence.Unreachable}, {"end of file", evidence.Malformed}, {"connection reset", evidence.Unreachable},
		{"timed out", evidence.Timeout}, {"no servers could be reached", evidence.Timeout},
		{"timed-out", evidence.Timeout}, {"no response from server", evidence.Timeout},
	} {
		if strings.Contains(low, e.says) {
			return e.kind, true
		}
	}
	return "", false
}

// dnsServer is a server as the tools name it, host#port or an address, as host:port.
func dnsServer(text string) string {
	text = strings.TrimSpace(text)
	if host, port, ok := strings.Cut(text, "#"); ok {
		port, _, _ = strings.Cut(port, "(")
		return net.JoinHostPort(strings.Trim(host, "[]"), strings.Trim(port, " )"))
	}
	if _, err := netip.ParseAddrPort(text); err == nil {
		return text
	}
	if text == "" || strings.ContainsAny(text, " ") {
		return text
	}
	return net.JoinHostPort(strings.Trim(text, "[]"), "53")
}

// hostRecord reports whether a type of record is one of addresses.
func hostRecord(kind string) bool { return kind == "A" || kind == "AAAA" || kind == "ANY" }
