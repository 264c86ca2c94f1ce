package transcript

import (
	"net/netip"
	"regexp"
	"strings"

	"pullpath/internal/evidence"
)

// nslookup reads what nslookup prints, of BIND, Windows and busybox, and host.
type nslookup struct {
	lookups
	// asked and server are those of the command line or of the head of the answer; given means
	// that the command names the server.
	asked, server string
	given         bool
	// head means that the next address is the server's, not an answer.
	head bool
	now  *lookup
	// more means that a list of addresses goes on.
	more bool
}

func newNslookup(r *reader) *nslookup { return &nslookup{lookups: lookups{r: r}} }

func (n *nslookup) form() string { return "nslookup" }

var (
	nsCommand = regexp.MustCompile(`(?:(?:^|[$#>\\]\s*|\s)nslookup|(?:^|[$#>\\%]\s*|sudo )host)(?:\.exe)? ((?:-\S+ )*)` +
		`([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+\.?)(?: (\S+))?\s*$`)
	nsServer  = regexp.MustCompile(`^Server:(?:\t+|  +)(\S*)`)
	nsAddress = regexp.MustCompile(`^(?:Address(?:es)?(?: \d+)?):\s+([0-9a-fA-F.:#]+)`)
	nsName    = regexp.MustCompile(`^Name:\s+(\S+)`)
	nsMore    = regexp.MustCompile(`^\s+([0-9a-fA-F.:]+)\s*$`)
	nsDenied  = regexp.MustCompile(`(?i)^\*\*\*? ?(?:(\S+) can't find|server can't find|can't find) (\S+?): (.+?)\.?$`)
	nsBusy    = regexp.MustCompile(`^nslookup: (?:can't resolve|write to|read:|connect:) ?'?([^':]*)'?`)
	nsLate    = regexp.MustCompile(`(?i)^(?:DNS request timed out|\*\*\* Request to \S+ timed-out|;; connection timed out|;; no servers ` +
		`could be reached|` +
		`;; communications error to (\S+): (.+)|\*\*\* No response from server)`)
	hostHas   = regexp.MustCompile(`^(\S+) has (IPv6 )?address ([0-9a-fA-F.:]+)$`)
	hostAlias = regexp.MustCompile(`^(\S+) is an alias for (\S+)$`)
	hostNot   = regexp.MustCompile(`^Host (\S+) not found: \d+\((\w+)\)`)
	hostNone  = regexp.MustCompile(`^(\S+) has no (A|AAAA) record`)
	nsRest    = regexp.MustCompile(`^(?:Non-authoritative answer|Authoritative answers|Using domain server|Aliases:|\s*$|timeout was` +
		`|\s+timeout was|` +
		`\S+\s+canonical name = |Default Server:|Name: |\s+(?:origin|mail addr|serial|refresh|retry|expire|minimum) = )`)
)

func (n *nslookup) begins(text string) bool {
	return nsServer.MatchString(text) || asksCommand(text) || strings.HasPrefix(text, "**") && nsDenied.MatchString(text) ||
		strings.Contains(text, " address ") && hostHas.MatchString(text) ||
		hostNot.MatchString(text) ||
		strings.HasPrefix(text, "Using domain server") || strings.HasPrefix(text, "DNS request timed out")
}

// maxCommand is how long a command line can be that is looked for: those of these tools have some
// tens of characters, and the lines of logs that name them are longer.
const maxCommand = 200

func asksCommand(text string) bool {
	return len(text) < maxCommand && (strings.Contains(text, "nslookup") || strings.Contains(text, "host ")) && nsCommand.MatchString(text)
}

func (n *nslookup) take(l line) bool {
	text := l.text
	if m := nsCommand.FindStringSubmatch(text); m != nil {
		n.flush()
		n.asked, n.server, n.given = m[2], "", m[3] != ""
		if m[3] != "" {
			n.server = dnsServer(m[3])
		}
		return true
	}
	if n.more {
		if m := nsMore.FindStringSubmatch(text); m != nil {
			n.address(m[1])
			return true
		}
		n.more = false
	}
	return n.named(l) || n.failed(l) || n.host(l) || nsRest.MatchString(text)
}

// named reads the server, the name and its addresses.
func (n *nslookup) named(l line) bool {
	text := l.text
	if m := nsServer.FindStringSubmatch(text); m != nil {
		if n.now != nil && n.now.server == "" && n.now.failure != nil {
			n.now = nil // Windows' question for the server's own name
		}
		n.flush()
		n.head = true
		if _, err := netip.ParseAddr(m[1]); err == nil {
			n.server = dnsServer(m[1])
		}
		return true
	}
	if strings.HasPrefix(text, "Using domain server") {
		n.head = true
		return true
	}
	if m := nsAddress.FindStringSubmatch(text); m != nil {
		if n.head {
			n.head, n.server = false, dnsServer(m[1])
			return true
		}
		n.more = true
		n.address(m[1])
		return true
	}
	if m := nsName.FindStringSubmatch(text); m != nil {
		if n.head { // of the server, as host has it
			return true
		}
		if n.now == nil || evidence.HostName(n.now.name) != evidence.HostName(m[1]) {
			n.flush()
			n.begin(l, m[1])
		}
		return true
	}
	return false
}

// begin opens a look-up.
func (n *nslookup) begin(l line, name string) {
	n.head = false
	n.now = &lookup{at: l, name: strings.TrimSuffix(name, "."), server: n.server, given: n.given}
}

func (n *nslookup) address(text string) {
	if n.now != nil {
		n.now.address(text)
	}
}

// failed reads what is said of a name without an address, and of a server without an answer.
func (n *nslookup) failed(l line) bool {
	text := l.text
	if m := nsDenied.FindStringSubmatch(text); m != nil {
		n.denied(l, m[2], m[3])
		return true
	}
	if m := nsLate.FindStringSubmatch(text); m != nil {
		if n.server == "" && m[1] != "" {
			n.server = dnsServer(m[1])
		}
		if n.now == nil {
			n.begin(l, n.asked)
		}
		if kind, ok := exchange(text); ok && n.now.failure == nil && len(n.now.addresses) == 0 {
			n.now.failure = n.r.failure(kind, strings.Trim(text, ";*. "))
		}
		return true
	}
	if m := nsBusy.FindStringSubmatch(text); m != nil {
		if n.now == nil {
			n.begin(l, n.asked)
		}
		if n.now.name == "" {
			n.now.name = m[1]
		}
		if n.now.failure == nil {
			n.now.failure = n.r.failure(evidence.Unknown, text)
		}
		return true
	}
	return false
}

// denied is the server's answer in words: BIND's are the names of the codes, Windows has
// sentences.
func (n *nslookup) denied(l line, name, why string) {
	name = strings.TrimSuffix(name, ".")
	if n.now == nil || evidence.HostName(n.now.name) != evidence.HostName(name) {
		n.flush()
		n.begin(l, name)
	}
	if len(n.now.addresses) > 0 || n.now.failure != nil {
		return
	}
	rcode := strings.ToUpper(why)
	switch low := strings.ToLower(why); {
	case strings.Contains(low, "non-existent"):
		rcode = "NXDOMAIN"
	case strings.Contains(low, "server failed"):
		rcode = "SERVFAIL"
	case strings.Contains(low, "refused"):
		rcode = "REFUSED"
	case strings.Contains(low, "no answer"), strings.Contains(low, "no internal type"), strings.Contains(low, "no address"):
		rcode = "NOERROR"
	case strings.Contains(low, "no response"), strings.Contains(low, "timed"):
		n.now.failure = n.r.failure(evidence.Timeout, why)
		return
	}
	if strings.ContainsAny(rcode, " '") || len(rcode) > len("NOTIMPLEMENTED") {
		n.now.failure = n.r.failure(evidence.Unknown, why)
		return
	}
	n.answer("A", rcode)
}

// answer notes the code of an answer, once for each type.
func (n *nslookup) answer(kind, rcode string) {
	for _, q := range n.now.questions {
		if q.Type == kind {
			return
		}
	}
	n.now.questions = append(n.now.questions, evidence.Question{Name: n.r.scribe.Short(n.now.name, maxQuote), Type: kind,
		Rcode: n.r.scribe.Short(rcode, maxQuote), ExtendedError: -1})
}

// host reads the lines of host(1).
func (n *nslookup) host(l line) bool {
	text := l.text
	if m := hostHas.FindStringSubmatch(text); m != nil {
		n.of(l, m[1])
		n.address(m[3])
		return true
	}
	if m := hostNot.FindStringSubmatch(text); m != nil {
		n.of(l, m[1])
		if len(n.now.addresses) == 0 {
			n.answer("A", m[2])
		}
		return true
	}
	if m := hostNone.FindStringSubmatch(text); m != nil {
		n.of(l, m[1])
		n.answer(m[2], "NOERROR")
		return true
	}
	if m := hostAlias.FindStringSubmatch(text); m != nil {
		if n.now == nil {
			n.begin(l, m[1])
		}
		return true
	}
	return strings.Contains(text, " mail is handled by ")
}

// of is the look-up of a name, the one under way where that is it, or an alias of it.
func (n *nslookup) of(l line, name string) {
	if n.now == nil || n.now.failure != nil {
		n.flush()
		n.begin(l, name)
	}
}

// flush ends the look-up under way.
func (n *nslookup) flush() {
	now := n.now
	n.now, n.head, n.more = nil, false, false
	if now != nil {
		n.add(*now)
	}
}

func (n *nslookup) end() {
	n.flush()
	n.keep()
	n.asked, n.server, n.given = "", "", false
}
