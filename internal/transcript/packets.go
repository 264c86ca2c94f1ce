package transcript

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"pullpath/internal/evidence"
)

const (
	// maxFlows bounds the connections of a capture in text that are told apart.
	maxFlows = 2048
	// patience is how long after a packet a text must go on for its answer to be missing: the
	// first retransmission of a SYN comes after one second (RFC 6298), and three are more than
	// any way around the world takes.
	patience = 3.0
)

// packets reads what tcpdump and tshark print of connections and questions. One connection is one
// attempt. What a capture does not show may have come after its end, so silence counts only where
// the sender tried again or the text goes on for long enough.
type packets struct {
	r     *reader
	flows map[string]*flow
	order []*flow
	asked map[string]*packetQuestion
	list  []*packetQuestion
	names map[string]string // by the address that a name was given
	now   float64
	// head is the time of a packet whose ends stand in the next line.
	head   float64
	headed bool
}

// packet is one line.
type packet struct {
	at       line
	time     float64
	from, to string // host:port, or an address alone
	info     string
	// flags are tcpdump's: S, F, R, P and a dot for an acknowledgement.
	flags  string
	length int
	tcp    bool
}

// flow is a TCP connection from the one who began it.
type flow struct {
	at             line
	client, server string
	began, spoke   float64
	syns           int
	accepted       bool
	sent, got      int
	again          int
	acked          bool
	ended          string // how the server ended it: "R" or "F"
	icmp           *evidence.ICMP
	icmpText       string
	name           string // of the ClientHello
	connect, reply string // of a CONNECT that the tool shows
	alert          string
}

// packetQuestion is a question to a name server.
type packetQuestion struct {
	at        line
	name      string
	kind      string
	server    string
	time      float64
	times     int
	rcode     string
	addresses []string
}

func newPackets(r *reader) *packets {
	p := &packets{r: r}
	p.clear()
	return p
}

func (p *packets) clear() {
	p.flows, p.order, p.asked, p.list, p.names = map[string]*flow{}, nil, map[string]*packetQuestion{}, nil, map[string]string{}
	p.now, p.headed = 0, false
}

func (p *packets) form() string { return "packets as text" }

func (p *packets) begins(text string) bool {
	return strings.HasPrefix(text, "listening on ") && strings.Contains(text, "link-type") ||
		strings.Contains(text, "IP") && (dumpLine.MatchString(text) || dumpHead.MatchString(text)) || sharkLine.MatchString(text)
}

func (p *packets) take(l line) bool {
	if dumpHead.MatchString(l.text) {
		p.head, p.headed = seconds(dumpHead.FindStringSubmatch(l.text)[1]), true
		return true
	}
	k, ok := readPacket(l.text)
	if !ok {
		rest := strings.TrimSpace(l.text)
		return rest == "" || strings.HasPrefix(l.text, "\t") || strings.HasPrefix(rest, "listening on") || strings.HasPrefix(rest,
			"tcpdump: ") ||
			strings.HasPrefix(rest, "Capturing on") || strings.HasSuffix(rest, " packets captured")
	}
	if p.headed && k.time == 0 {
		k.time = p.head
	}
	p.headed = false
	k.at = l
	p.now = max(p.now, k.time)
	switch {
	case k.tcp:
		p.segment(k)
	case strings.Contains(k.info, "ICMP") || strings.HasPrefix(k.info, "Destination unreachable"):
		p.unreachable(k)
	case isQuestion(k.info):
		p.question(k)
	default:
		p.payload(k)
	}
	return true
}

// segment is one of TCP.
func (p *packets) segment(k packet) {
	if k.flags == "S" || k.flags == "SEW" {
		p.syn(k)
		return
	}
	if f, ok := p.flows[k.from+" "+k.to]; ok {
		p.fromClient(f, k)
	} else if f, ok := p.flows[k.to+" "+k.from]; ok {
		p.fromServer(f, k)
	}
}

func (p *packets) syn(k packet) {
	key := k.from + " " + k.to
	if f, ok := p.flows[key]; ok && !f.accepted {
		f.syns++
		return
	}
	if len(p.order) == maxFlows {
		p.r.trace.Texts.LeftOut++
		return
	}
	f := &flow{at: k.at, client: k.from, server: k.to, began: k.time, syns: 1}
	p.flows[key], p.order = f, append(p.order, f)
}

func (p *packets) fromClient(f *flow, k packet) {
	if k.length == 0 {
		return
	}
	if f.got == 0 && f.sent > 0 && strings.Contains(k.info, "etransmission") {
		f.again++
		return
	}
	if f.sent == 0 {
		f.spoke = k.time
	}
	f.sent += k.length
	p.said(f, k, true)
}

func (p *packets) fromServer(f *flow, k packet) {
	switch {
	case strings.Contains(k.flags, "S"):
		f.accepted = true
	case strings.Contains(k.flags, "R"), strings.Contains(k.flags, "F"):
		if f.ended == "" {
			f.ended = "F"
			if strings.Contains(k.flags, "R") {
				f.ended = "R"
			}
		}
	case f.sent > 0 && k.length == 0:
		f.acked = true
	}
	f.got += k.length
	p.said(f, k, false)
}

// said is what the tool shows of the payload.
func (p *packets) said(f *flow, k packet, byClient bool) {
	if m := helloName.FindStringSubmatch(k.info); m != nil && byClient {
		f.name = m[1]
	}
	if m := connectLine.FindStringSubmatch(k.info); m != nil && byClient {
		f.connect = m[1]
	}
	if m := statusLine.FindStringSubmatch(k.info); m != nil && !byClient && f.reply == "" {
		f.reply = m[1]
	}
	if m := alertName.FindStringSubmatch(k.info); m != nil && !byClient && f.alert == "" {
		f.alert = m[1]
	}
}

// payload is a line that shows what was said without its ports (Wireshark): it belongs to the
// last connection between the two.
func (p *packets) payload(k packet) {
	for i := len(p.order) - 1; i >= 0; i-- {
		f := p.order[i]
		client, server := endHost(f.client), endHost(f.server)
		switch {
		case client == endHost(k.from) && server == endHost(k.to):
			if f.sent == 0 {
				f.spoke = k.time
			}
			f.sent += max(k.length, 1)
			p.said(f, k, true)
			return
		case client == endHost(k.to) && server == endHost(k.from):
			f.got += max(k.length, 1)
			p.said(f, k, false)
			return
		}
	}
}

// unreachable is an ICMP message: it ends the connections that were begun to the address that it
// names and are not accepted yet.
func (p *packets) unreachable(k packet) {
	m, about, port := icmpMessage(k)
	if m == nil {
		return
	}
	for i := len(p.order) - 1; i >= 0; i-- {
		f := p.order[i]
		host, number, _ := net.SplitHostPort(f.server)
		if f.accepted || f.icmp != nil || about != "" && about != host || about == "" && endHost(f.client) != endHost(k.to) || port != "" &&
			port != number {
			continue
		}
		f.icmp, f.icmpText = m, strings.TrimSpace(k.info)
		if about == "" {
			return
		}
	}
}

// end makes an attempt of each connection and of each question.
func (p *packets) end() {
	p.questions()
	for _, f := range p.order {
		p.keep(f)
	}
	p.clear()
}

func (p *packets) keep(f *flow) {
	a := attempt{at: f.at, host: f.server, role: evidence.Registry}
	if name := p.names[endHost(f.server)]; name != "" {
		_, port, _ := net.SplitHostPort(f.server)
		a.host = net.JoinHostPort(name, port)
	}
	if f.name != "" {
		_, port, _ := net.SplitHostPort(f.server)
		a.host = net.JoinHostPort(f.name, port)
	}
	role := evidence.Registry
	if f.connect != "" {
		a.via, a.host, a.proxied, role = "http://"+f.server, f.connect, true, evidence.Proxy
	}
	dial, ok := p.dialHop(f)
	if !ok {
		return
	}
	dial.Role = role
	a.add(dial)
	if dial.State == evidence.OK {
		if h, ok := p.nextHop(f, a.host); ok {
			a.add(h)
		}
	}
	p.r.keep(a)
}

// dialHop is the connection itself, false where the capture does not show how it came out.
func (p *packets) dialHop(f *flow) (evidence.Hop, bool) {
	h := evidence.Hop{Op: evidence.OpDial, State: evidence.Failed, Peer: f.peer(), Origin: f.at.origin(p.r.scribe)}
	d := evidence.Dial{Address: h.Peer, ICMP: f.icmp}
	kind, text := evidence.Unknown, ""
	switch {
	case f.accepted && f.ended == "R" && f.sent == 0 && f.got == 0:
		kind, text = evidence.Reset, "SYN-ACK, then RST before anything was sent"
	case f.accepted:
		h.State = evidence.OK
	case f.icmp != nil:
		kind, text = icmpKind(f.icmp), f.icmpText
	case f.ended == "R":
		kind, text = evidence.Refused, "RST to the SYN"
	case f.syns > 1, p.now-f.began >= patience:
		kind, text = evidence.Timeout, fmt.Sprintf("no answer to the SYN, sent %d times", f.syns)
		h.TookMS = max(p.now-f.began, 0) * 1000
	default:
		return h, false
	}
	if h.State == evidence.Failed {
		h.Failure = p.r.failure(kind, text)
	}
	h.Detail = d
	return h, true
}

// peer is the far end where it is an address and not a name.
func (f *flow) peer() string {
	if _, err := netip.ParseAddr(endHost(f.server)); err == nil {
		return f.server
	}
	return ""
}

// nextHop is what followed on a connection that stands: the CONNECT, or the handshake.
func (p *packets) nextHop(f *flow, host string) (evidence.Hop, bool) {
	h := evidence.Hop{State: evidence.Failed, Peer: f.peer(), Origin: f.at.origin(p.r.scribe)}
	kind, text := evidence.Unknown, ""
	switch {
	case f.got == 0 && f.sent > 0 && f.ended == "R":
		kind, text = evidence.Reset, fmt.Sprintf("RST behind the first %d bytes of the client, before any answer", f.sent)
	case f.got == 0 && f.sent > 0 && f.ended == "F":
		kind, text = evidence.Closed, fmt.Sprintf("FIN behind the first %d bytes of the client, before any answer", f.sent)
	case f.got == 0 && f.sent > 0 && (f.again > 0 || p.now-f.spoke >= patience):
		kind, text = evidence.Timeout, fmt.Sprintf("no answer to the first %d bytes of the client", f.sent)
		h.TookMS = max(p.now-f.spoke, 0) * 1000
	}
	if f.connect != "" {
		return p.connectHop(f, h, kind, text)
	}
	if f.alert != "" {
		h.Op, h.Failure = evidence.OpHandshake, p.r.failure(evidence.Alert, "alert: "+f.alert)
		h.Detail = evidence.Handshake{ServerName: f.name, Alert: alertNumber(f.alert)}
		return h, true
	}
	if text == "" {
		return h, false
	}
	name, _, _ := net.SplitHostPort(host)
	d := evidence.Handshake{ServerName: p.r.scribe.Short(name, maxQuote), BytesSent: int64(f.sent)}
	if f.acked && f.again == 0 {
		d.Delivery = &evidence.Delivery{Acked: int64(f.sent)}
	} else if f.again > 0 {
		d.Delivery = &evidence.Delivery{Unacked: int64(f.sent), SentAgain: f.again}
	}
	h.Op, h.Detail, h.Failure = evidence.OpHandshake, d, p.r.failure(kind, text)
	return h, true
}

func (p *packets) connectHop(f *flow, h evidence.Hop, kind evidence.Kind, text string) (evidence.Hop, bool) {
	h.Op, h.Role = evidence.OpTunnel, evidence.Proxy
	d := evidence.Tunnel{Request: p.r.scribe.Short("CONNECT "+f.connect+" HTTP/1.1", maxQuote)}
	if f.reply != "" {
		answer := p.r.head([]string{f.reply})
		d.StatusLine, d.Code, d.Phrase = answer.line, answer.code, answer.phrase
		kind, text = evidence.ProxyStatus, f.reply
		if d.Code >= 200 && d.Code < 300 {
			h.State, h.Detail = evidence.OK, d
			return h, true
		}
	}
	h.Detail = d
	if text == "" {
		return h, false
	}
	h.Failure = p.r.failure(kind, text)
	return h, true
}
