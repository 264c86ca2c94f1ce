package resolve

import (
	"bufio"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"pullpath/internal/evidence"
)

// Limits and defaults of resolv.conf(5) as Go has them (net/dnsconfig_unix.go).
const (
	maxServers      = 3
	defaultTimeout  = 5 * time.Second
	defaultAttempts = 2
	defaultNdots    = 1
	maxNdots        = 15
	// maxConfBytes bounds the file; real ones have a few hundred bytes.
	maxConfBytes = 64 << 10
	// maxName is the longest name in text, with the final dot.
	maxName = 254
)

// Conf is what a resolv.conf(5) says. The zero value is not usable, see
// [DefaultConf].
type Conf struct {
	// Servers are host:port, in order, at most three.
	Servers []string
	// Default means that none is configured and Servers are those that a client
	// then asks.
	Default bool
	// Search are the suffixes, each with a final dot.
	Search []string
	// Ndots is how many dots make a name be asked as it is first.
	Ndots int
	// Timeout is one server's time for one question, Attempts the rounds.
	Timeout  time.Duration
	Attempts int
	// Rotate begins each look-up at another server.
	Rotate bool
	// TCP asks over TCP alone (use-vc).
	TCP bool
}

// DefaultServers are asked where none is configured (resolv.conf(5); Go's
// net/dnsconfig.go, defaultNS).
func DefaultServers() []string { return []string{"127.0.0.1:53", "[::1]:53"} }

// DefaultConf returns what an empty resolv.conf means.
func DefaultConf() Conf {
	return Conf{Servers: DefaultServers(), Default: true, Ndots: defaultNdots, Timeout: defaultTimeout, Attempts: defaultAttempts}
}

// ParseResolvConf reads a resolv.conf(5) as Go does: it ignores what it does not
// know. It fails only where the reader does.
func ParseResolvConf(r io.Reader) (Conf, error) {
	c := DefaultConf()
	c.Servers, c.Default = nil, false
	lines := bufio.NewScanner(io.LimitReader(r, maxConfBytes))
	for lines.Scan() {
		text := lines.Text()
		if text == "" || text[0] == '#' || text[0] == ';' {
			continue
		}
		fields := strings.Fields(text)
		if len(fields) < 2 {
			continue
		}
		switch fields[0] {
		case "nameserver":
			if len(c.Servers) < maxServers && isAddress(fields[1]) {
				c.Servers = append(c.Servers, net.JoinHostPort(fields[1], "53"))
			}
		case "domain":
			c.Search = suffixes(fields[1:2])
		case "search":
			c.Search = suffixes(fields[1:])
		case "options":
			c.options(fields[1:])
		}
	}
	if len(c.Servers) == 0 {
		c.Servers, c.Default = DefaultServers(), true
	}
	return c, lines.Err()
}

func suffixes(fields []string) []string {
	var out []string
	for _, f := range fields {
		if f = strings.Trim(f, "."); f != "" {
			out = append(out, f+".")
		}
	}
	return out
}

func (c *Conf) options(fields []string) {
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ":")
		n, err := strconv.Atoi(value)
		switch {
		case name == "rotate":
			c.Rotate = true
		case name == "use-vc", name == "usevc", name == "tcp":
			c.TCP = true
		case err != nil:
		case name == "ndots":
			c.Ndots = min(max(n, 0), maxNdots)
		case name == "timeout":
			c.Timeout = time.Duration(min(max(n, 1), int(time.Hour/time.Second))) * time.Second
		case name == "attempts":
			c.Attempts = min(max(n, 1), 1<<10)
		}
	}
}

// Names returns what is asked for a name, in order (Go's conf.nameList): the name
// itself first where it has enough dots, the suffixes, else the name last.
func (c Conf) Names(name string) []string {
	rooted := strings.HasSuffix(name, ".")
	name = strings.TrimSuffix(name, ".")
	if rooted || len(name) >= maxName {
		return []string{name}
	}
	var out []string
	dotted := strings.Count(name, ".") >= c.Ndots
	if dotted {
		out = append(out, name)
	}
	for _, suffix := range c.Search {
		if full := name + "." + strings.TrimSuffix(suffix, "."); len(full) < maxName {
			out = append(out, full)
		}
	}
	if !dotted {
		out = append(out, name)
	}
	return out
}

// Stub returns the configuration as evidence.
func (c Conf) Stub() *evidence.Stub {
	s := &evidence.Stub{TimeoutMS: milliseconds(c.Timeout), Attempts: c.Attempts, Ndots: c.Ndots, Rotate: c.Rotate, TCP: c.TCP}
	for _, suffix := range c.Search {
		s.Search = append(s.Search, strings.TrimSuffix(suffix, "."))
	}
	return s
}
