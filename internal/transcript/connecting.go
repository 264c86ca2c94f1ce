package transcript

import (
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"

	"pullpath/internal/evidence"
)

// connecting reads what people try a port with: nc in its four kinds, telnet, bash's /dev/tcp,
// PowerShell's Test-NetConnection, and what ping says of ICMP messages.
type connecting struct {
	r *reader
	// asked is the host and port of the command line, or of the head that a tool prints, trying
	// the address that is under way.
	asked, trying string
	table         map[string]string // of Test-NetConnection
	pinged        bool
}

func newConnecting(r *reader) *connecting { return &connecting{r: r} }

func (c *connecting) form() string { return "port test" }

// portForms are lines that say how a connection came out, the more particular first. Their groups
// are named host, addr, port, and why, where it failed.
var portForms = sync.OnceValue(func() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`^nc[.\w]*: connect to (?P<host>\S+)(?: \((?P<addr>[0-9a-fA-F.:]+)\))? port (?P<port>\d+) \(\w+\) ` +
			`(?P<why>(?:failed|timed out): .+)$`),
		regexp.MustCompile(`^Connection to (?P<host>\S+?)(?: \((?P<addr>[0-9a-fA-F.:]+)\))? (?P<port>\d+) port \[[^\]]*\] succeeded`),
		regexp.MustCompile(`^nc[.\w]*: getaddrinfo(?: for host "(?P<host>[^"]+)" port (?P<port>\d+))?: (?P<why>.+)$`),
		regexp.MustCompile(`^(?P<host>\S+) \[(?P<addr>[0-9a-fA-F.:]+)\] (?P<port>\d+) \([^)]*\) (?:open|: (?P<why>.+))$`),
		regexp.MustCompile(`^(?P<host>\S+): (?P<why>(?:forward|inverse) host lookup failed: .+)$`),
		regexp.MustCompile(`^nc: (?P<host>\S+) \((?P<addr>[0-9a-fA-F.]+):(?P<port>\d+)\): (?P<why>.+)$`),
		regexp.MustCompile(`^(?P<host>\S+) \((?P<addr>[0-9a-fA-F.]+):(?P<port>\d+)\) open$`),
		regexp.MustCompile(`^nc[.\w]*: (?P<why>bad address '(?P<host>[^']+)')`),
		regexp.MustCompile(`^Ncat: Connected to (?P<addr>[0-9a-fA-F.:]+):(?P<port>\d+)\.`),
		regexp.MustCompile(`^Ncat: (?P<why>Could not resolve hostname "(?P<host>[^"]+)".*)$`),
		regexp.MustCompile(`^Ncat: (?P<why>(?:Connection|No route|TIMEOUT|Network|Operation).*?)(?: QUITTING)?\.?$`),
		regexp.MustCompile(`^telnet: connect to address (?P<addr>[0-9a-fA-F.:]+): (?P<why>.+)$`),
		regexp.MustCompile(`^telnet: (?P<why>Unable to connect to remote host: .+)$`),
		regexp.MustCompile(`^telnet: (?P<why>could not resolve (?P<host>[^/]+)/(?P<port>\d+): .+)$`),
		regexp.MustCompile(`^(?P<why>Server lookup failure:\s+(?P<host>[^:]+):(?P<port>\d+), .+)$`),
		regexp.MustCompile(`^telnet: (?P<host>\S+): (?P<why>(?:Name or service|nodename|Temporary|Unknown|No address).+)$`),
		regexp.MustCompile(`^(?:.*: )?/dev/tcp/(?P<host>[^/]+)/(?P<port>\d+): (?P<why>.+)$`),
		regexp.MustCompile(`(?P<why>Could not open connection to the host, on port (?P<port>\d+): Connect failed)`),
		regexp.MustCompile(`^(?:WARNING: )?(?P<why>Name resolution of (?P<host>\S+) failed)`),
	}
})

var (
	portCommand = regexp.MustCompile(`(?:^|[$#>]\s*|\s)(?:nc|ncat|netcat|telnet|tnc|Test-NetConnection)(?:\.exe)?(?:\s+-\w+(?:\s+\d+)?` +
		`)*\s+(?:-ComputerName\s+)?` +
		`([A-Za-z0-9_.:-]+)\s+(?:-Port\s+)?(\d{1,5})\b`)
	telnetOpen = regexp.MustCompile(`^(?:Trying ([0-9a-fA-F.:]+)\.\.\.|Connected to (\S+?)\.)\s*$`)
	ncRefused  = regexp.MustCompile(`^nc[.\w]*: Proxy error: "(?:HTTP/1\.\d )?(\d{3}) ?([^"]*)"`)
	pingHead   = regexp.MustCompile(`^PING (\S+) ?\(?([0-9a-fA-F.:]+)?\)?.*bytes`)
	pingSays   = regexp.MustCompile(`^From (\S+?)(?: \(([0-9a-fA-F.:]+)\))?:? ?icmp_seq[= ]\d+ (.+)$`)
	testField  = regexp.MustCompile(`^(ComputerName|RemoteAddress|RemotePort|SourceAddress|TcpTestSucceeded|InterfaceAlias|PingSucceeded` +
		`|NameResolutionResults|PingReplyDetails[^:]*)\s+: (.*)$`)
)

func (c *connecting) begins(text string) bool {
	_, found := portSaid(text)
	return found || triesCommand(text) || telnetOpen.MatchString(text) || ncRefused.MatchString(text) || pingHead.MatchString(text) ||
		pingSays.MatchString(text) || strings.HasPrefix(text, "ComputerName ") || strings.HasPrefix(text, "bash: connect: ")
}

func triesCommand(text string) bool {
	return len(text) < maxCommand && (strings.Contains(text, "nc ") || strings.Contains(text, "net ") || strings.Contains(text, "cat ") ||
		strings.Contains(text, "Connection ")) && portCommand.MatchString(text)
}

// portCues are texts of which one is in every line that a form takes.
var portCues = []string{"nc: ", "nc.", "Ncat: ", "Connection to ", "telnet: ", "lookup fail", "/dev/tcp/", ") open", ") : ",
	"Could not open connection", "Name resolution of "}

// portSaid finds the form that a line has, and its groups by name.
func portSaid(text string) (map[string]string, bool) {
	if len(text) > maxQuote || !slices.ContainsFunc(portCues, func(c string) bool { return strings.Contains(text, c) }) {
		return nil, false
	}
	text = strings.TrimSpace(text)
	for _, f := range portForms() {
		m := f.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		out := map[string]string{}
		for i, name := range f.SubexpNames() {
			if name != "" && m[i] != "" {
				out[name] = m[i]
			}
		}
		return out, true
	}
	return nil, false
}

func (c *connecting) take(l line) bool {
	text := strings.TrimRight(l.text, " ")
	if m := portCommand.FindStringSubmatch(text); m != nil {
		c.end()
		c.asked, c.trying = net.JoinHostPort(m[1], m[2]), ""
		return true
	}
	if m := testField.FindStringSubmatch(text); m != nil {
		c.field(l, m[1], strings.TrimSpace(m[2]))
		return true
	}
	if found, ok := portSaid(text); ok {
		c.outcome(l, found)
		return true
	}
	switch {
	case ncRefused.MatchString(text):
		c.refused(l, ncRefused.FindStringSubmatch(text))
	case telnetOpen.MatchString(text):
		c.telnet(l, telnetOpen.FindStringSubmatch(text))
	case pingHead.MatchString(text):
		c.pinged = true
		m := pingHead.FindStringSubmatch(text)
		c.asked, c.trying = m[1], m[2]
	case pingSays.MatchString(text):
		c.ping(l, pingSays.FindStringSubmatch(text))
	default:
		return strings.HasPrefix(text, "Escape character") || strings.HasPrefix(text, "Ncat: ") || strings.HasPrefix(text, "bash: connect: ") ||
			c.pinged && (strings.HasPrefix(text, "--- ") || strings.Contains(text, " packets transmitted, "))
	}
	return true
}

// telnet says whom it tries and that it is connected.
func (c *connecting) telnet(l line, m []string) {
	if m[1] != "" {
		c.trying = m[1]
		return
	}
	c.outcome(l, map[string]string{"host": m[2], "addr": c.trying})
}

// outcome is a connection that stands, or why it does not.
func (c *connecting) outcome(l line, found map[string]string) {
	host, port := found["host"], found["port"]
	askedHost, askedPort, err := net.SplitHostPort(c.asked)
	if err == nil {
		if host == "" || net.ParseIP(host) != nil || host == "localhost" {
			host = askedHost
		}
		if port == "" {
			port = askedPort
		}
	}
	addr := found["addr"]
	if addr == "" && net.ParseIP(host) != nil {
		addr = host
	}
	if host == "" {
		host = addr
	}
	why := strings.TrimPrefix(found["why"], "failed: ")
	if why == "" {
		c.dial(l, host, addr, port, nil)
		return
	}
	p, ok := phraseIn(why)
	if !ok || p.op == "" && p.kind != evidence.Timeout && p.kind != evidence.Reset {
		p = phrase{op: evidence.OpDial, kind: evidence.Unknown}
	}
	if strings.Contains(why, "Invalid argument") {
		return // bash, behind the line that says why
	}
	if p.op == evidence.OpResolve || strings.Contains(why, "resolution of") {
		c.unresolved(l, host, port, why)
		return
	}
	c.dial(l, host, addr, port, c.r.failure(kindFor(evidence.OpDial, p.kind), why))
}

func (c *connecting) dial(l line, host, addr, port string, failed *evidence.Failure) {
	h := evidence.Hop{Op: evidence.OpDial, State: evidence.OK, Origin: l.origin(c.r.scribe), Failure: failed}
	if failed != nil {
		h.State = evidence.Failed
	}
	if _, err := netip.ParseAddr(addr); err == nil && port != "" {
		h.Peer = net.JoinHostPort(addr, port)
	}
	h.Detail = evidence.Dial{Address: h.Peer}
	c.keep(l, host, port, h)
}

func (c *connecting) unresolved(l line, host, port, why string) {
	c.keep(l, host, port, evidence.Hop{Op: evidence.OpResolve, State: evidence.Failed, Failure: c.r.failure(evidence.Unknown, why),
		Detail: evidence.Resolve{Name: c.r.scribe.Short(host, maxQuote)}, Origin: l.origin(c.r.scribe)})
}

func (c *connecting) keep(l line, host, port string, h evidence.Hop) {
	a := attempt{at: l, host: host, role: evidence.Registry}
	if port != "" && host != "" {
		a.host = net.JoinHostPort(host, port)
	}
	a.add(h)
	c.r.keep(a)
}

// refused is what a proxy said to nc -X connect.
func (c *connecting) refused(l line, m []string) {
	a := attempt{at: l, host: c.asked, role: evidence.Registry, proxied: true}
	c.r.refusedConnect(&a, m[1], m[2], l.text)
	c.r.keep(a)
}

// icmpWords are ping's words for ICMP messages (iputils, ping_common.c) with type and code of
// RFC 792 and RFC 1812.
var icmpWords = []struct {
	says string
	code uint8
	kind evidence.Kind
}{
	{"Destination Net Unreachable", 0, evidence.NoRoute}, {"Destination Host Unreachable", 1, evidence.NoRoute},
	{"Destination Net Prohibited", 9, evidence.Prohibited}, {"Destination Host Prohibited", 10, evidence.Prohibited},
	{"Packet filtered", 13, evidence.Prohibited}, {"Communication Prohibited", 13, evidence.Prohibited},
}

// destinationUnreachable is ICMP's type 3 (RFC 792).
const destinationUnreachable = 3

// ping is an ICMP message that came in place of an answer: no connection would get further.
func (c *connecting) ping(l line, m []string) {
	sender := m[1]
	if m[2] != "" {
		sender = m[2]
	}
	for _, w := range icmpWords {
		if !strings.HasPrefix(m[3], w.says) {
			continue
		}
		h := evidence.Hop{Op: evidence.OpDial, State: evidence.Failed, Failure: c.r.failure(w.kind, l.text), Origin: l.origin(c.r.scribe),
			Detail: evidence.Dial{ICMP: &evidence.ICMP{Version: 4, Type: destinationUnreachable, Code: w.code, Name: strings.ToLower(w.says),
				Sender: c.r.scribe.Short(sender, maxQuote)}}}
		c.keep(l, c.asked, "", h)
		return
	}
}

// field is a line of Test-NetConnection's table; TcpTestSucceeded is the last.
func (c *connecting) field(l line, name, value string) {
	if name == "ComputerName" || c.table == nil {
		c.table = map[string]string{}
	}
	c.table[name] = value
	if name != "TcpTestSucceeded" {
		return
	}
	var failed *evidence.Failure
	if !strings.EqualFold(value, "True") {
		failed = c.r.failure(evidence.Unknown, l.text)
	}
	c.dial(l, c.table["ComputerName"], c.table["RemoteAddress"], c.table["RemotePort"], failed)
	c.table = nil
}

func (c *connecting) end() {
	c.asked, c.trying, c.table, c.pinged = "", "", nil, false
}
