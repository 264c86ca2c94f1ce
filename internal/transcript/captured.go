package transcript

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"pullpath/internal/capture"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/tlsinspect"
)

// captured makes evidence of the connections and questions of a capture. One connection is one
// attempt. What a capture does not show may have been all the same, so silence counts only where
// packets to the client are in it, and the sender tried again or the capture goes on for long
// enough.
type captured struct {
	r    *reader
	file *file
	// failed and passed are attempts with a failure and without one, each once. They are kept at
	// the end: what failed first, and in front of it the look-ups of names.
	failed, passed kinds
	// asked are the names that were looked up, each outcome once.
	asked []lookup
	known map[string]bool
	// left counts connections that are left out, by why; ports those to ports of other services.
	oneWay, midway, unseen int
	// sealed means that a handshake completed, behind which nothing can be read.
	sealed bool
	public *x509.CertPool
	keys   *tlsinspect.KeyLog
	ports  map[uint16]int
}

// kinds are attempts that differ.
type kinds struct {
	list  []attempt
	times map[string]int
	more  int
}

// add takes an attempt, or counts one that says the same.
func (k *kinds) add(a attempt) {
	key := a.key()
	switch {
	case k.times[key] > 0:
		k.times[key]++
		k.idles(key, a)
	case len(k.list) == maxAttempts:
		k.more++
	default:
		if k.times == nil {
			k.times = map[string]int{}
		}
		k.list, k.times[key] = append(k.list, a), 1
	}
}

// captured reads a capture.
func (r *reader) captured(ctx context.Context, f *file, in io.Reader, keys []byte) error {
	k := &captured{r: r, file: f, known: map[string]bool{}, ports: map[uint16]int{}, keys: tlsinspect.ReadKeyLog(keys)}
	own := func(inside []byte) { k.keys = tlsinspect.ReadKeyLog(append(inside, keys...)) }
	found := capture.Found{Connection: k.connection, Question: k.question}
	sum, err := capture.Read(ctx, in, capture.Options{Keyed: len(keys) > 0, Keys: own}, found)
	if err != nil {
		return hint.New("the capture cannot be read: "+r.scribe.Short(err.Error(), maxQuote), "it must be pcap or pcapng, as tcpdump -w "+
			"and Wireshark write it")
	}
	k.keep()
	f.recognised("packets")
	r.trace.Texts.Files = append(r.trace.Texts.Files, evidence.TextFile{Name: f.name, Forms: f.forms, Frames: sum.Frames})
	r.trace.Texts.Lacks = append(r.trace.Texts.Lacks, k.lacks(sum)...)
	return nil
}

// origin names the frame of a step, with what stands there.
func (k *captured) origin(at capture.Moment, text string) *evidence.Origin {
	return &evidence.Origin{Place: fmt.Sprint(k.file.name, evidence.FramePlace, at.Frame), Text: k.r.scribe.Short(text, maxQuote)}
}

// hop begins a step of a connection.
func (k *captured) hop(c *capture.Connection, at capture.Moment, text string) evidence.Hop {
	return evidence.Hop{State: evidence.OK, Peer: c.Server.String(), Local: c.Client.String(), At: at.At.UTC(), Origin: k.origin(at, text)}
}

// fail makes a step a failed one.
func (k *captured) fail(h *evidence.Hop, kind evidence.Kind, text string) {
	h.State, h.Failure = evidence.Failed, k.r.failure(kind, text)
}

// connection makes an attempt of a connection.
func (k *captured) connection(c *capture.Connection) {
	if c.Midway && len(c.Turns) == 0 && c.Reset == nil {
		k.midway++
		return
	}
	if c.OneWay || c.Unseen && c.Down.Packets == 0 {
		k.oneWay++
		return
	}
	if !k.concerns(c) {
		k.ports[c.Server.Port()]++
		return
	}
	if c.Unseen {
		k.unseen++
	}
	v := newConversation(k, c)
	v.read()
	if len(v.a.steps) == 0 {
		return
	}
	v.packets()
	if slices.ContainsFunc(v.a.steps, func(h evidence.Hop) bool { return h.State == evidence.Failed }) {
		k.failed.add(v.a)
	} else {
		k.passed.add(v.a)
	}
}

// maxIdles bounds the times for which connections were idle: a few tell whether they are alike.
const maxIdles = 16

// idles adds for how long the connection of an attempt was idle to the one that says the same.
func (k *kinds) idles(key string, a attempt) {
	took := idleIn(a)
	if took == nil {
		return
	}
	for _, first := range k.list {
		if list := idleIn(first); list != nil && len(*list) < maxIdles && first.key() == key {
			*list = append(*list, *took...)
			return
		}
	}
}

// idleIn are the times in an attempt, nil for one that was in use.
func idleIn(a attempt) *[]float64 {
	for _, h := range a.steps {
		if h.Packets != nil && len(h.Packets.IdleMS) > 0 {
			return &h.Packets.IdleMS
		}
	}
	return nil
}

// seen are the names that a capture's attempts are about.
type seen struct {
	// hosts are those that are spoken to, proxied those of them for which a proxy is asked, and
	// proxies the names of proxies, and the ends at which they listen.
	hosts, proxied, proxies map[string]bool
}

func (k *captured) seen() seen {
	out := seen{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for _, a := range slices.Concat(k.failed.list, k.passed.list) {
		at, ok := a.endpoint()
		if ok {
			out.hosts[at.Host] = true
		}
		if u := parseURL(a.via); u != nil {
			out.proxied[at.Host] = out.proxied[at.Host] || ok
			out.proxies[evidence.HostName(u.Hostname())] = true
			for _, h := range a.steps {
				out.proxies[h.Peer] = true
			}
		}
	}
	return out
}

// keep makes evidence of all that was found.
func (k *captured) keep() {
	is := k.seen()
	c := lookups{r: k.r}
	for _, l := range k.answeredFirst() {
		name := evidence.HostName(l.name)
		l.proxy = is.proxies[name]
		if k.concernsName(is, l, name) {
			c.add(l)
		}
	}
	c.keep()
	for _, list := range []kinds{k.failed, k.passed} {
		for _, a := range list.list {
			times := list.times[a.key()]
			key := k.r.keep(is.withProxy(a))
			for range times - 1 {
				k.r.again(key)
			}
		}
		k.r.trace.Texts.LeftOut += list.more
	}
}

// concernsName reports whether a look-up is one on which something depends: of a host that is
// spoken to, or one that failed. A name that a proxy is asked for need not be known here, and one
// of the domain invalid must not (RFC 2606).
func (k *captured) concernsName(is seen, l lookup, name string) bool {
	if len(l.addresses) > 0 {
		return is.hosts[name] || l.proxy
	}
	return !is.proxied[name] && !k.ofSearchList(name) && !strings.HasSuffix(name, ".invalid")
}

// withProxy marks an attempt that speaks TLS to what others ask for tunnels: it is one with the
// proxy itself.
func (is seen) withProxy(a attempt) attempt {
	if a.proxied || len(a.steps) == 0 || !is.proxies[a.steps[0].Peer] {
		return a
	}
	a.via, a.proxied, a.direct = "https://"+a.steps[0].Peer, true, false
	a.steps = slices.Clone(a.steps)
	for i := range a.steps {
		if a.steps[i].Op == evidence.OpDial || a.steps[i].Op == evidence.OpHandshake {
			a.steps[i].Role = evidence.Proxy
		}
	}
	return a
}

// answeredFirst are the look-ups in their order, but of one name those with an answer first: where
// one server answered and another did not, the client went on with what it got.
func (k *captured) answeredFirst() []lookup {
	place := map[string]int{}
	for i, l := range k.asked {
		if _, known := place[evidence.HostName(l.name)]; !known {
			place[evidence.HostName(l.name)] = i
		}
	}
	out := slices.Clone(k.asked)
	slices.SortStableFunc(out, func(a, b lookup) int {
		return cmp.Or(cmp.Compare(place[evidence.HostName(a.name)], place[evidence.HostName(b.name)]),
			cmp.Compare(min(len(b.addresses), 1), min(len(a.addresses), 1)))
	})
	return out
}

// ofSearchList reports whether a name is one that was looked up too, with a suffix: systems try
// those of their search list in turn, and that most of them do not exist is no failure.
func (k *captured) ofSearchList(name string) bool {
	return slices.ContainsFunc(k.asked, func(l lookup) bool {
		return len(l.addresses) > 0 && strings.HasPrefix(name, evidence.HostName(l.name)+".")
	})
}

// webPorts are those at which registries, their mirrors and proxies listen: IANA's and the ports
// that the documentation of Squid, Zscaler, BlueCoat, Harbor, Nexus and docker-registry gives.
var webPorts = []uint16{80, 443, 1080, 3128, 3129, 5000, 5001, 8000, 8008, 8080, 8081, 8082, 8083, 8088, 8118, 8443, 8888, 9090, 9400,
	9443, 10080, 10443}

// concerns reports whether a connection is of the kind that a pull makes: it speaks so, or it goes
// to a port, or to a name that was looked up in this capture, where that can be expected.
func (k *captured) concerns(c *capture.Connection) bool {
	if form := speechOf(c.Up.Head); form != speaksOther {
		return form != speaksNothing || c.Name != "" || slices.Contains(webPorts, c.Server.Port())
	}
	return c.Up.Cut && slices.Contains(webPorts, c.Server.Port())
}

// lacks says what the capture does not show and would matter.
func (k *captured) lacks(sum *capture.Summary) []string {
	var out []string
	add := func(n int, one, many, rest string) {
		switch {
		case n == 1:
			out = append(out, k.file.name+": 1 "+one+rest)
		case n > 1:
			out = append(out, fmt.Sprintf("%s: %d %s%s", k.file.name, n, many, rest))
		}
	}
	add(k.oneWay, "connection shows", "connections show", " the client's packets alone: what it was sent is not in the capture. "+
		"Capture where both directions pass, best on the client: tcpdump -i any -w FILE.")
	add(k.unseen, "connection lacks", "connections lack", " packets that the client acknowledged: the capture dropped them, or they went "+
		"another way.")
	add(k.midway, "connection began", "connections began", " before the capture and said nothing that can be read.")
	if len(k.ports) > 0 {
		total := 0
		for _, n := range k.ports {
			total += n
		}
		add(total, "connection is", "connections are", " left out: no pull speaks so, or goes to such a port ("+portList(k.ports)+").")
	}
	for _, reason := range slices.Sorted(maps.Keys(sum.Skipped)) {
		if reason != otherProtocols {
			add(sum.Skipped[reason], "frame", "frames", " not read: "+reason+".")
		}
	}
	if k.sealed {
		out = append(out, k.file.name+": what is said inside TLS is not in the packets. With a key log of the client it is: SSLKEYLOGFILE "+
			"of curl, --keylog of pullpath check, then pullpath diagnose --keylog FILE.")
	}
	if sum.Ended != "" {
		out = append(out, fmt.Sprintf("%s: the reading ended at frame %d: %s.", k.file.name, sum.Frames, k.r.scribe.Short(sum.Ended, maxQuote)))
	}
	add(sum.Early, "connection was", "connections were", " judged before the end, because too many are open at a time.")
	return out
}

// otherProtocols is the reason that needs no mention: ARP and the like.
const otherProtocols = "other protocols"

// maxPorts bounds the ports that are named.
const maxPorts = 8

// portList names ports, the busiest first.
func portList(ports map[uint16]int) string {
	var list []uint16
	for p := range ports {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b uint16) int {
		if ports[a] != ports[b] {
			return ports[b] - ports[a]
		}
		return int(a) - int(b)
	})
	var out []string
	for _, p := range list[:min(len(list), maxPorts)] {
		out = append(out, fmt.Sprint(p))
	}
	if len(list) > maxPorts {
		out = append(out, "…")
	}
	return strings.Join(out, ", ")
}

// question makes a look-up of a question.
func (k *captured) question(q *capture.Question) {
	l := lookup{at: line{file: k.file, no: q.Asked.Frame}, name: q.Name, server: q.Server.String(), transport: q.Transport,
		origin: k.origin(q.Asked, fmt.Sprintf("%s > %s: %s? %s", q.Client, q.Server, q.Type, q.Name)), moment: q.Asked.At.UTC()}
	asked := evidence.Question{Name: k.r.scribe.Short(q.Name, maxQuote), Type: q.Type, ExtendedError: -1, Tries: q.Times,
		Transport: q.Transport}
	switch {
	case len(q.Answers) > 0:
		asked = k.answers(q, &l)
	case q.ICMP != nil:
		l.failure = k.r.failure(evidence.Unreachable, "ICMP from "+q.ICMP.Sender.String()+": "+icmpName(*q.ICMP))
		asked.Error = "unreachable"
	case q.OneWay:
		k.oneWay++
		return
	case q.Times > 1 || q.Until.Sub(q.Asked.At).Seconds() >= patience:
		waited := min(q.Until.Sub(q.Asked.At).Seconds(), resolverPatience)
		l.failure, l.tookMS = k.r.failure(evidence.Timeout, "no answer to the question"), waited*1000
		asked.Error = "no answer"
	default:
		return
	}
	l.questions = []evidence.Question{asked}
	key := fmt.Sprint(evidence.HostName(l.name), l.server, q.Type, asked.Rcode, l.addresses, l.failure != nil, len(asked.Rivals))
	if !k.known[key] && len(k.asked) < maxLookups {
		k.known[key], k.asked = true, append(k.asked, l)
	}
}

// maxLookups bounds the look-ups that wait for the connections that they belong to.
const maxLookups = 4 * maxAttempts

// resolverPatience is how long a client waits for a name server before it asks the next, in
// seconds (resolv.conf(5), timeout).
const resolverPatience = 5

// answers reads the first answer to a question, and notes those that differ from it.
func (k *captured) answers(q *capture.Question, l *lookup) evidence.Question {
	first := q.Answers[0]
	out := first.Question
	out.Tries, out.Transport, out.HopLimit, out.TookMS = q.Times, q.Transport, int(first.HopLimit), milliseconds(first.At.Sub(q.Asked.At))
	l.tookMS, l.addresses = out.TookMS, texts(first.Addresses)
	for _, a := range q.Answers[1:] {
		rival := evidence.Rival{HopLimit: int(a.HopLimit), TookMS: milliseconds(a.At.Sub(q.Asked.At)), Rcode: a.Question.Rcode,
			Addresses: texts(a.Addresses)}
		if !slices.Equal(rival.Addresses, l.addresses) || rival.Rcode != out.Rcode {
			out.Rivals = append(out.Rivals, rival)
		}
	}
	return out
}

func texts(addresses []netip.Addr) []string {
	var out []string
	for _, a := range addresses {
		out = append(out, a.String())
	}
	return out
}

// icmpName says a message's type and code in words (RFC 792, RFC 1812, RFC 4443).
func icmpName(m capture.ICMP) string {
	v4 := map[uint8]string{0: "network unreachable", 1: "host unreachable", 2: "protocol unreachable", 3: "port unreachable",
		4: "fragmentation needed", 9: "network administratively prohibited", 10: "host administratively prohibited",
		13: "communication administratively prohibited"}
	v6 := map[uint8]string{0: "no route to destination", 1: "communication administratively prohibited", 3: "address unreachable",
		4: "port unreachable", 5: "source address failed policy", 6: "reject route to destination"}
	name := v4[m.Code]
	if m.Version == 6 {
		name = v6[m.Code]
		if m.Type == 2 {
			name = "packet too big"
		}
	}
	if name == "" {
		return fmt.Sprintf("type %d code %d", m.Type, m.Code)
	}
	return name
}

// icmpOf is a message as evidence.
func icmpOf(m capture.ICMP, client netip.Addr) *evidence.ICMP {
	return &evidence.ICMP{Version: m.Version, Type: m.Type, Code: m.Code, Name: icmpName(m), Sender: m.Sender.String(),
		Own: m.Sender == client}
}
