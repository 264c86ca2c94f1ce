package transcript

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"pullpath/internal/evidence"
)

// resolvectl reads resolvectl query, which was systemd-resolve before.
type resolvectl struct {
	lookups
	now *lookup
}

func newResolvectl(r *reader) *resolvectl { return &resolvectl{lookups: lookups{r: r}} }

func (s *resolvectl) form() string { return "resolvectl" }

var (
	resolvedFail = regexp.MustCompile(`^(\S+): resolve call failed: (.+)$`)
	resolvedName = regexp.MustCompile(`^(\S+): ([0-9a-fA-F.:]+)(?:%\S+)?(?:\s+-- link: \S+)?\s*$`)
	resolvedMore = regexp.MustCompile(`^\s+([0-9a-fA-F.:]+)(?:%\S+)?(?:\s+-- link: \S+)?\s*$`)
	resolvedCode = regexp.MustCompile(`returned error (\w+)`)
)

func (s *resolvectl) begins(text string) bool {
	return strings.Contains(text, ": ") && (resolvedFail.MatchString(text) || strings.Contains(text, "-- link:") &&
		resolvedName.MatchString(text))
}

func (s *resolvectl) take(l line) bool {
	text := l.text
	if m := resolvedFail.FindStringSubmatch(text); m != nil {
		s.flush()
		s.now = &lookup{at: l, name: m[1], server: "systemd-resolved"}
		s.failed(m[2])
		return true
	}
	if m := resolvedName.FindStringSubmatch(text); m != nil && strings.Contains(text, "-- link:") {
		s.flush()
		s.now = &lookup{at: l, name: m[1], server: "systemd-resolved"}
		s.address(m[2])
		return true
	}
	if m := resolvedMore.FindStringSubmatch(text); m != nil && s.now != nil {
		s.address(m[1])
		return true
	}
	return strings.HasPrefix(text, "-- ") || strings.TrimSpace(text) == "" || strings.HasPrefix(text, "   ")
}

func (s *resolvectl) address(text string) { s.now.address(text) }

// address notes one, once.
func (l *lookup) address(text string) {
	if addr, err := netip.ParseAddr(text); err == nil && !slices.Contains(l.addresses, addr.String()) && len(l.addresses) < maxNames {
		l.addresses = append(l.addresses, addr.String())
	}
}

// failed is resolved's reason (systemd, src/libsystemd/sd-bus/bus-common-errors.c and
// src/resolve/resolved-bus.c, whose sentences these are).
func (s *resolvectl) failed(why string) {
	low := strings.ToLower(why)
	rcode := ""
	switch m := resolvedCode.FindStringSubmatch(why); {
	case m != nil:
		rcode = strings.ToUpper(m[1])
	case strings.Contains(low, "not found"):
		rcode = "NXDOMAIN"
	case strings.Contains(low, "does not have any rr"):
		rcode = "NOERROR"
	case strings.Contains(low, "dnssec validation failed"):
		rcode = "SERVFAIL"
	case strings.Contains(low, "no appropriate name servers"):
		s.now.server = "system"
		s.now.failure = s.r.failure(evidence.Unreachable, why)
		return
	case strings.Contains(low, "timed out"), strings.Contains(low, "all attempts to contact name servers"):
		s.now.failure = s.r.failure(evidence.Timeout, why)
		return
	default:
		s.now.failure = s.r.failure(evidence.Unknown, why)
		return
	}
	s.now.failure = s.r.failure(rcodeKind(rcode), why)
	s.now.questions = []evidence.Question{{Name: s.r.scribe.Short(s.now.name, maxQuote), Type: "A", Rcode: s.r.scribe.Short(rcode,
		maxQuote), ExtendedError: -1}}
}

func (s *resolvectl) flush() {
	if s.now != nil {
		s.add(*s.now)
		s.now = nil
	}
}

func (s *resolvectl) end() {
	s.flush()
	s.keep()
}

// getent reads what the C library says, by getent hosts and ahosts. It prints nothing of a name
// that it does not find, and its lines are those of a hosts file: they count behind the command.
type getent struct {
	lookups
	now *lookup
}

func newGetent(r *reader) *getent { return &getent{lookups: lookups{r: r}} }

func (g *getent) form() string { return "getent" }

var (
	getentCommand = regexp.MustCompile(`(?:^|[$#>]\s*|\s)getent (?:-\S+ )?(?:hosts|ahosts|ahostsv4|ahostsv6) (\S+)\s*$`)
	getentLine    = regexp.MustCompile(`^([0-9a-fA-F.:]+)\s+(?:STREAM|DGRAM|RAW|\S)`)
)

func (g *getent) begins(text string) bool {
	return strings.Contains(text, "getent ") && getentCommand.MatchString(text)
}

func (g *getent) take(l line) bool {
	if m := getentCommand.FindStringSubmatch(l.text); m != nil {
		g.flush()
		g.now = &lookup{at: l, name: m[1], server: "getent"}
		return true
	}
	m := getentLine.FindStringSubmatch(l.text)
	if m != nil && g.now != nil {
		g.now.address(m[1])
	}
	return m != nil
}

func (g *getent) flush() {
	if g.now != nil {
		g.add(*g.now)
		g.now = nil
	}
}

func (g *getent) end() {
	g.flush()
	g.keep()
}
