package transcript

import (
	"regexp"
	"strings"

	"pullpath/internal/evidence"
)

// coreDNS reads the log of CoreDNS, the name server of a cluster: the errors of its plugins
// (https://coredns.io/plugins/errors/), and the answers that its plugin log writes, as far as they are
// failures of a server. That a name does not exist it says of each search domain in turn, and tells nothing.
type coreDNS struct{ r *reader }

func newCoreDNS(r *reader) *coreDNS { return &coreDNS{r: r} }

func (c *coreDNS) form() string { return "CoreDNS's log" }

var (
	coreError = regexp.MustCompile(`\[ERROR\] plugin/errors: \d+ (\S+?)\.? ([A-Z0-9]+): ((?:read|write|dial) (?:udp|tcp) .*|.+)$`)
	coreEnds  = regexp.MustCompile(`^(?:(?:read|write) (?:udp|tcp) [^\s>]+->|dial (?:udp|tcp) )([^\s]+:\d+): (.+)$`)
	coreSaid  = regexp.MustCompile(`\[INFO\] \S+ - \d+ "(A|AAAA) IN (\S+?)\.? (?:udp|tcp) [^"]*" (SERVFAIL|REFUSED) `)
)

func (c *coreDNS) begins(text string) bool {
	return strings.Contains(text, "[ERROR] plugin/errors: ") && coreError.MatchString(text) || strings.Contains(text, "[INFO] ") &&
		coreSaid.MatchString(text)
}

func (c *coreDNS) take(l line) bool {
	if m := coreError.FindStringSubmatch(l.text); m != nil {
		c.fails(l, m[1], m[2], m[3])
		return true
	}
	m := coreSaid.FindStringSubmatch(l.text)
	if m == nil {
		return strings.Contains(l.text, "[INFO] ") // what it did besides
	}
	c.keep(l, m[2], "", c.r.failure(rcodeKind(m[3]), "rcode "+m[3]))
	return true
}

// fails is a question that the server behind CoreDNS did not answer. Of type HINFO it is CoreDNS's own,
// of a name made at random, by which it looks for loops.
func (c *coreDNS) fails(l line, name, kind, why string) {
	server := ""
	if m := coreEnds.FindStringSubmatch(why); m != nil {
		server, why = m[1], m[2]
	}
	failed := evidence.Unknown
	switch p, _ := phraseIn(why); p.kind {
	case evidence.Timeout:
		failed = evidence.Timeout
	case evidence.Refused, evidence.NoRoute:
		failed = evidence.Unreachable
	}
	if kind == "HINFO" {
		name = ""
	}
	c.keep(l, name, server, c.r.failure(failed, why))
}

func (c *coreDNS) keep(l line, name, server string, failed *evidence.Failure) {
	if strings.HasSuffix(name, ".cluster.local") {
		return
	}
	a := attempt{at: l, host: name, role: evidence.Registry}
	h := evidence.Hop{Op: evidence.OpResolve, State: evidence.Failed, Failure: failed, Origin: l.origin(c.r.scribe),
		Detail: evidence.Resolve{Name: c.r.scribe.Short(name, maxQuote), Server: c.r.scribe.Short(server, maxQuote)}}
	if server != "" {
		h.Peer = dnsServer(server)
	}
	a.add(h)
	c.r.keep(a)
}

func (c *coreDNS) end() {}
