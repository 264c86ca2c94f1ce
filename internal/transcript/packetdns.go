package transcript

import (
	"net/netip"
	"regexp"
	"strings"

	"pullpath/internal/evidence"
)

var (
	// tcpdump: "1234+ [1au] A? r.example. (50)"; the answer "1234 NXDomain* 0/1/1 (100)" or
	// "1234 2/0/1 CNAME c.example., A 192.0.2.1 (54)", with -v "q: A? r.example. 1/0/0 …" between.
	dumpAsks    = regexp.MustCompile(`^(?:\[[^\]]*\] )?(\d+)[+%]* (?:\[[^\]]*\] )?(A|AAAA)\? (\S+?)\.? \(\d+\)`)
	dumpAnswers = regexp.MustCompile(`^(?:\[[^\]]*\] )?(\d+)[*|$-]* ?(NXDomain|ServFail|Refused|FormErr|NotImp)?[*|$-]* ?(?:q: \S+ \S+ ` +
		`)?(\d+)/\d+/\d+ ?(.*)$`)
	// tshark: "Standard query 0x1234 A r.example", and "Standard query response 0x1234 No such name A r.example …".
	sharkAsks    = regexp.MustCompile(`^Standard query (0x[0-9a-f]+) (A|AAAA) (\S+)`)
	sharkAnswers = regexp.MustCompile(`^Standard query response (0x[0-9a-f]+) (No such name |Server failure |Refused )?(?:A|AAAA) \S+ ?(.*` +
		`)$`)
	dnsAddress = regexp.MustCompile(`\b(?:A|AAAA) ([0-9a-fA-F.:]{3,})`)
)

func isQuestion(info string) bool {
	return dumpAsks.MatchString(info) || dumpAnswers.MatchString(info) || sharkAsks.MatchString(info) || sharkAnswers.MatchString(info)
}

// question is a question to a name server, or its answer.
func (p *packets) question(k packet) {
	for _, form := range []*regexp.Regexp{dumpAsks, sharkAsks} {
		if m := form.FindStringSubmatch(k.info); m != nil {
			p.asks(k, m[1], m[2], m[3])
			return
		}
	}
	if m := dumpAnswers.FindStringSubmatch(k.info); m != nil {
		rcode := map[string]string{"": "NOERROR", "NXDomain": "NXDOMAIN", "ServFail": "SERVFAIL", "Refused": "REFUSED",
			"FormErr": "FORMERR", "NotImp": "NOTIMP"}[m[2]]
		p.answers(k, m[1], rcode, m[4])
		return
	}
	if m := sharkAnswers.FindStringSubmatch(k.info); m != nil {
		rcode := map[string]string{"": "NOERROR", "No such name ": "NXDOMAIN", "Server failure ": "SERVFAIL", "Refused ": "REFUSED"}[m[2]]
		p.answers(k, m[1], rcode, m[3])
	}
}

func (p *packets) asks(k packet, id, kind, name string) {
	key := id + endHost(k.from) + endHost(k.to)
	if q, ok := p.asked[key]; ok && q.name == name && q.kind == kind {
		q.times++
		return
	}
	if len(p.list) == maxFlows {
		p.r.trace.Texts.LeftOut++
		return
	}
	q := &packetQuestion{at: k.at, name: name, kind: kind, server: serverOf(k.to), time: k.time, times: 1}
	p.asked[key], p.list = q, append(p.list, q)
}

// serverOf is a name server as host:port; tshark shows no port.
func serverOf(end string) string {
	if endHost(end) == end {
		return dnsServer(end)
	}
	return end
}

// answers notes an answer and the addresses that it gives.
func (p *packets) answers(k packet, id, rcode, records string) {
	q, ok := p.asked[id+endHost(k.to)+endHost(k.from)]
	if !ok || q.rcode != "" {
		return
	}
	q.rcode = rcode
	for _, m := range dnsAddress.FindAllStringSubmatch(records, maxNames) {
		if addr, err := netip.ParseAddr(strings.TrimRight(m[1], ".:")); err == nil {
			q.addresses = append(q.addresses, addr.String())
			p.names[addr.String()] = q.name
		}
	}
}

// questions makes look-ups of the questions.
func (p *packets) questions() {
	c := lookups{r: p.r}
	for _, q := range p.list {
		l := lookup{at: q.at, name: q.name, server: q.server, transport: "udp", addresses: q.addresses}
		asked := evidence.Question{Name: p.r.scribe.Short(q.name, maxQuote), Type: q.kind, Rcode: q.rcode, ExtendedError: -1, Tries: q.times}
		switch {
		case q.rcode != "":
			l.questions = []evidence.Question{asked}
		case q.times > 1 || p.now-q.time >= patience:
			l.failure = p.r.failure(evidence.Timeout, "no answer to the question")
			asked.Error = "no answer"
			l.questions = []evidence.Question{asked}
		}
		c.add(l)
	}
	c.keep()
}
