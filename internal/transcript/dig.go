package transcript

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"pullpath/internal/evidence"
)

// dig reads what dig prints, of BIND 9 and of kdig, whose forms are alike.
type dig struct {
	lookups
	now *digAnswer
}

func newDig(r *reader) *dig { return &dig{lookups: lookups{r: r}} }

func (d *dig) form() string { return "dig" }

// digAnswer is one question under way.
type digAnswer struct {
	lookup
	q evidence.Question
	// short means +short: bare records are what is printed.
	short   bool
	section string
	// ended is the error of the exchange, empty for none.
	ended string
}

var (
	digBanner  = regexp.MustCompile(`^; <<>> (?:DiG|dig) \S+ <<>>(.*)$`)
	digCommand = regexp.MustCompile(`(?:^|[$#>]\s*|\s)k?dig((?:\s+\S+)*\s+\+short\b.*)$`)
	digHeader  = regexp.MustCompile(`^;; ->>HEADER<<- opcode: \w+[,;] status: (\w+)`)
	digFlags   = regexp.MustCompile(`^;; [fF]lags: ([a-z ]+);`)
	digExtra   = regexp.MustCompile(`^;;? ?EDE: (\d+) ?(?:\([^)]*\))?:? ?(.*)$`)
	digOption  = regexp.MustCompile(`^; OPT=15: ([0-9a-f]{2}) ?([0-9a-f]{2})(?: (.*))?$`)
	digAsked   = regexp.MustCompile(`^;+\s*(\S+?)\s+(?:IN|CH)\s+(\S+)$`)
	digRecord  = regexp.MustCompile(`^(\S+)\s+(\d+)\s+IN\s+(\S+)\s+(.+)$`)
	digSection = regexp.MustCompile(`^;; (QUESTION|ANSWER|AUTHORITY|ADDITIONAL|OPT PSEUDO)\s?SECTION`)
	digServer  = regexp.MustCompile(`^;; SERVER: (\S+?)(?:\(\S*\))?(?: \((\w+)\))?$`)
	digFails   = regexp.MustCompile(`^;; (?:communications error to (\S+): (.+)|(?:UDP|TCP) setup with (\S+?)\(.* failed: (.+)|connection ` +
		`timed out|no servers could be reached|` +
		`WARNING: response timeout for .*|Connection to (\S+?)\(.* failed: (.+))`)
	digNobody = regexp.MustCompile(`^;; (?:connection timed out; )?no servers could be reached`)
	digTime   = regexp.MustCompile(`^;; Query time: (\d+) (m|u)sec`)
	digWhen   = regexp.MustCompile(`^;; (?:WHEN:|Time) (.+?)\s*$`)
)

func (d *dig) begins(text string) bool {
	return digBanner.MatchString(text) || digHeader.MatchString(text) || strings.HasPrefix(text, ";; Got answer") ||
		strings.HasPrefix(text, ";; communications error to ") || digNobody.MatchString(text) ||
		strings.Contains(text, "+short") && digCommand.MatchString(text)
}

func (d *dig) take(l line) bool {
	text := strings.TrimRight(l.text, " ")
	if m := digCommand.FindStringSubmatch(text); m != nil && !strings.HasPrefix(text, "; <<>>") {
		d.ask(l, m[1])
		d.now.short = true
		return true
	}
	if m := digBanner.FindStringSubmatch(text); m != nil {
		ended := ""
		if d.now != nil && d.now.name == "" { // newer ones print the error first
			ended = d.now.ended
		}
		d.ask(l, m[1])
		d.now.ended = ended
		return true
	}
	if d.now != nil && d.now.short && !strings.HasPrefix(text, ";") {
		return d.bare(text)
	}
	if strings.HasPrefix(text, ";") {
		d.comment(l, text)
		return true
	}
	if m := digRecord.FindStringSubmatch(text); m != nil && d.now != nil {
		d.record(m[1], m[2], m[3], m[4])
		return true
	}
	if rest, ok := strings.CutPrefix(text, "dig: "); ok { // couldn't get address for 'ns'
		d.current(l).ended = rest
		return true
	}
	return strings.TrimSpace(text) == ""
}

// ask begins the question of a command line.
func (d *dig) ask(l line, arguments string) {
	d.flush()
	now := d.current(l)
	port := "53"
	fields := strings.Fields(arguments)
	for i := 0; i < len(fields); i++ {
		f := strings.Trim(fields[i], `'"`)
		if value, ok := digOptions[f]; ok && i+1 < len(fields) {
			i++
			switch value {
			case "port":
				port = fields[i]
			case "type":
				now.q.Type = strings.ToUpper(fields[i])
			case "name":
				now.name = fields[i]
			}
			continue
		}
		now.word(f)
	}
	if now.server != "" {
		now.server = dnsServer(now.server + "#" + port)
	}
}

// digOptions are dig's options with a value, and what that is; empty for one that tells nothing here.
var digOptions = map[string]string{"-p": "port", "-t": "type", "-q": "name", "-x": "", "-b": "", "-k": "", "-c": "", "-f": "", "-y": ""}

// word is a word of the command line that is no option with a value.
func (a *digAnswer) word(f string) {
	switch {
	case strings.HasPrefix(f, "@"):
		a.server, a.given = f[1:], true
	case strings.HasPrefix(f, "-"), strings.HasPrefix(f, "+"):
	case strings.Contains(f, ".") && a.name == "":
		a.name = f
	case a.name != "" && f == strings.ToUpper(f), hostRecord(strings.ToUpper(f)):
		a.q.Type = strings.ToUpper(f)
	}
}

// current is the answer under way.
func (d *dig) current(l line) *digAnswer {
	if d.now == nil {
		d.now = &digAnswer{lookup: lookup{at: l}, q: evidence.Question{Type: "A", ExtendedError: -1}}
	}
	return d.now
}

// comment reads a line that begins with a semicolon: all that is no record.
func (d *dig) comment(l line, text string) {
	now := d.current(l)
	switch {
	case digHeader.MatchString(text):
		d.header(l, digHeader.FindStringSubmatch(text)[1])
	case digFlags.MatchString(text):
		now.flags(digFlags.FindStringSubmatch(text)[1])
	case digSection.MatchString(text):
		now.section = digSection.FindStringSubmatch(text)[1]
	case digExtra.MatchString(text), digOption.MatchString(text):
		d.extended(now, text)
	case digServer.MatchString(text):
		m := digServer.FindStringSubmatch(text)
		now.server, now.transport = dnsServer(m[1]), strings.ToLower(m[2])
	case digTime.MatchString(text):
		now.took(digTime.FindStringSubmatch(text))
	case digWhen.MatchString(text):
		now.moment = digMoment(digWhen.FindStringSubmatch(text)[1])
	case strings.HasPrefix(text, ";; Truncated"):
		now.q.Truncated = true
	case digFails.MatchString(text):
		d.fails(now, text)
	case now.section == "QUESTION" && digAsked.MatchString(text):
		m := digAsked.FindStringSubmatch(text)
		now.name, now.q.Type = strings.TrimSuffix(m[1], "."), m[2]
	}
}

// digMoment is when an answer came, as dig and kdig write it; zero where the zone is not told, or is one
// of the short names, which do not say how far they are from UTC.
func digMoment(text string) time.Time {
	if !strings.Contains(text, "UTC") && !strings.Contains(text, "GMT") {
		return time.Time{}
	}
	for _, layout := range []string{"Mon Jan _2 15:04:05 MST 2006", "2006-01-02 15:04:05 MST"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// flags are those of the answer's header that say something.
func (a *digAnswer) flags(list string) {
	for f := range strings.FieldsSeq(list) {
		if f != "qr" && f != "rd" {
			a.q.Flags = append(a.q.Flags, f)
		}
	}
}

// took is the time of the exchange.
func (a *digAnswer) took(m []string) {
	a.tookMS, _ = strconv.ParseFloat(m[1], 64) // a pattern found the digits
	if m[2] == "u" {
		a.tookMS /= 1000
	}
	a.q.TookMS = a.tookMS
}

// header begins an answer. One command may have several.
func (d *dig) header(l line, status string) {
	if d.now.q.Rcode != "" {
		given, server := d.now.given, d.now.server
		d.flush()
		d.current(l).given, d.now.server = given, server
	}
	d.now.q.Rcode, d.now.ended = status, ""
}

func (d *dig) fails(now *digAnswer, text string) {
	m := digFails.FindStringSubmatch(text)
	if server := m[1] + m[3] + m[5]; server != "" && now.server == "" {
		now.server = dnsServer(server)
	}
	if now.ended == "" || strings.Contains(now.ended, "no servers") {
		now.ended = strings.TrimPrefix(text, ";; ")
	}
}

func (d *dig) extended(now *digAnswer, text string) {
	if now.q.ExtendedError >= 0 {
		return
	}
	if m := digOption.FindStringSubmatch(text); m != nil {
		if n, err := strconv.ParseUint(m[1]+m[2], 16, 16); err == nil {
			now.q.ExtendedError, now.q.ExtendedText = int(n), d.r.scribe.Short(m[3], maxQuote)
		}
		return
	}
	m := digExtra.FindStringSubmatch(text)
	now.q.ExtendedError = number(m[1])
	now.q.ExtendedText = d.r.scribe.Short(strings.TrimSpace(strings.Trim(m[2], "():")), maxQuote)
}

// record is a resource record of one of the sections.
func (d *dig) record(owner, ttl, kind, value string) {
	now := d.now
	owner, value = strings.TrimSuffix(owner, "."), strings.TrimSpace(value)
	if kind == "SOA" && now.section != "ANSWER" {
		now.q.Authority = d.r.scribe.Short(strings.ToLower(owner), maxQuote)
	}
	if now.section != "ANSWER" || len(now.q.Records) == maxNames {
		return
	}
	now.q.Records = append(now.q.Records, d.r.scribe.Short(strings.Join([]string{owner, ttl, "IN", kind, value}, " "), maxQuote))
	switch kind {
	case "CNAME":
		now.q.Aliases = append(now.q.Aliases, d.r.scribe.Short(strings.ToLower(strings.TrimSuffix(value, ".")), maxQuote))
	case "A", "AAAA":
		if addr, err := netip.ParseAddr(value); err == nil {
			seconds, _ := strconv.ParseUint(ttl, 10, 32)
			now.q.Answers = append(now.q.Answers, evidence.AddressRecord{Address: addr.String(), TTL: uint32(seconds)})
			now.addresses = append(now.addresses, addr.String())
		}
	}
}

// bare is a line of +short, false for one that is none of it.
func (d *dig) bare(text string) bool {
	text = strings.TrimSpace(text)
	if addr, err := netip.ParseAddr(text); err == nil {
		d.now.addresses, d.now.q.Rcode = append(d.now.addresses, addr.String()), "NOERROR"
		return true
	}
	if text == "" || strings.HasSuffix(text, ".") && !strings.Contains(text, " ") {
		return true
	}
	d.flush()
	return false
}

// flush ends the question under way.
func (d *dig) flush() {
	now := d.now
	d.now = nil
	if now == nil || !hostRecord(now.q.Type) {
		return
	}
	now.q.Name = d.r.scribe.Short(now.name, maxQuote)
	if now.ended != "" && now.q.Rcode == "" {
		kind, ok := exchange(now.ended)
		if !ok {
			kind = evidence.Unknown
		}
		if now.q.Truncated {
			kind = evidence.Truncated
		}
		now.failure = d.r.failure(kind, now.ended)
		now.q.Error = d.r.scribe.Short(now.ended, maxQuote)
	}
	if now.q.Rcode != "" || now.q.Error != "" {
		now.questions = []evidence.Question{now.q}
	}
	d.add(now.lookup)
}

func (d *dig) end() {
	silent := d.now
	d.flush()
	if len(d.list) == 0 && silent != nil && silent.failure != nil { // a paste without its first lines: no name is known
		d.list = append(d.list, silent.lookup)
	}
	d.keep()
}
