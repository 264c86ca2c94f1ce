package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// hostEvidence holds what was seen of one host.
type hostEvidence struct {
	Name, Sign, Word string
	// Optional marks a host that a pull can do without.
	Optional bool
	Hops     []hopEvidence
}

// hopEvidence is one hop in full.
type hopEvidence struct {
	ID                           int
	Name, Peer, Time, Sign, Word string
	Class, Seen                  string
	Blocks                       []evidenceBlock
}

// evidenceBlock is a part of a hop's evidence: lines as they went over the wire, or a
// table.
type evidenceBlock struct {
	Title  string
	Lines  []string
	Header []string
	Rows   [][]string
}

// evidenceByHost returns every hop that was made, host by host.
func (l ledger) evidenceByHost() []hostEvidence {
	byTarget := map[string][]hopEvidence{}
	for _, h := range l.trace.Hops {
		if h.State != evidence.Skipped && h.Op != evidence.OpSetting {
			byTarget[h.Target] = append(byTarget[h.Target], l.hopEvidence(h))
		}
	}
	var out []hostEvidence
	if hops := byTarget[""]; len(hops) > 0 {
		out = append(out, hostEvidence{Name: sharedLane, Hops: hops})
	}
	for _, t := range l.trace.Targets {
		if l.passing[t.ID] {
			continue
		}
		mark := outcomeMarks[outcomeOf(status(l.result, t))]
		out = append(out, hostEvidence{Name: t.ID, Sign: mark.sign, Word: mark.word, Optional: !t.Required, Hops: byTarget[t.ID]})
	}
	return out
}

func (l ledger) hopEvidence(h evidence.Hop) hopEvidence {
	outcome := l.outcome(h)
	mark := outcomeMarks[outcome]
	out := hopEvidence{ID: h.ID, Name: words.HopName(h), Peer: words.Peer(h), Time: words.Duration(h.TookMS),
		Class: mark.class, Sign: mark.sign, Word: hopWord(outcome), Seen: words.Join(words.Seen(h, true), leftOut(h))}
	switch d := h.Detail.(type) {
	case evidence.Resolve:
		out.Blocks = questionBlocks(d)
	case evidence.Tunnel:
		out.Blocks = []evidenceBlock{{Title: "CONNECT transcript", Lines: tunnelTranscript(d)}}
	case evidence.Handshake:
		out.Blocks = chainBlocks(d)
	case evidence.Request:
		out.Blocks = []evidenceBlock{{Title: "request and answer", Lines: requestTranscript(d)}}
	}
	out.Blocks = slices.DeleteFunc(out.Blocks, func(b evidenceBlock) bool { return len(b.Lines)+len(b.Rows) == 0 })
	return out
}

func questionBlocks(d evidence.Resolve) []evidenceBlock {
	b := evidenceBlock{Title: "questions and answers", Header: []string{"name", "type", "over", "rcode", "time", "answer"}}
	for _, q := range d.Questions {
		answer := slices.Concat(q.Aliases, q.Records)
		if q.ExtendedError >= 0 {
			answer = append(answer, fmt.Sprintf("extended error %d %s", q.ExtendedError, q.ExtendedText))
		}
		if q.Error != "" {
			answer = append(answer, q.Error)
		}
		b.Rows = append(b.Rows, []string{q.Name, q.Type, q.Transport, q.Rcode, words.Duration(q.TookMS), strings.Join(answer, ", ")})
	}
	return []evidenceBlock{b}
}

// sent and got mark the direction of a line, as curl -v does.
const (
	sent = "> "
	got  = "< "
)

func tunnelTranscript(d evidence.Tunnel) []string {
	var out []string
	for _, leg := range d.Legs {
		out = append(out, sent+d.Request)
		out = appendAuth(out, "Proxy-Authorization", leg.AuthSent)
		out = append(out, got+leg.StatusLine)
		for _, c := range leg.Challenges {
			out = append(out, got+"Proxy-Authenticate: "+challengeText(c))
		}
	}
	out = appendLine(out, sent, d.Request)
	if d.UserAgent != "" {
		out = append(out, sent+"User-Agent: "+d.UserAgent)
	}
	out = appendAuth(out, "Proxy-Authorization", d.AuthSent)
	if d.SOCKS != nil {
		out = appendLine(out, got, d.SOCKS.Said())
	}
	return append(out, answerLines(d.StatusLine, d.Headers, d.Body, d.FirstBytes)...)
}

func requestTranscript(d evidence.Request) []string {
	out := []string{sent + strings.TrimSpace(d.Method+" "+d.URL)}
	if d.UserAgent != "" {
		out = append(out, sent+"User-Agent: "+d.UserAgent)
	}
	out = appendAuth(out, "Authorization", d.AuthSent)
	out = append(out, answerLines(d.StatusLine, d.Headers, d.Body, d.FirstBytes)...)
	if d.FirstByteMS > 0 {
		out = append(out, "first byte after "+words.Duration(d.FirstByteMS))
	}
	if text := words.Token(d.Token); text != "" {
		out = append(out, text)
	}
	if text := words.Digest(d.Digest); text != "" {
		out = append(out, text)
	}
	return out
}

func answerLines(status string, headers []evidence.Header, body *evidence.Body, first string) []string {
	out := appendLine(nil, got, status)
	for _, h := range headers {
		out = append(out, got+h.Name+": "+h.Value)
	}
	if first != "" {
		out = append(out, got+"first bytes "+words.Quoted(first))
	}
	if body != nil {
		out = append(out, fmt.Sprintf("body of %s", words.Count(int(body.Bytes), "byte")))
		out = appendLine(out, "  title ", body.Title)
		out = appendLine(out, "  ", body.Text)
	}
	return out
}

func appendLine(lines []string, lead, text string) []string {
	if text == "" {
		return lines
	}
	return append(lines, lead+text)
}

func appendAuth(lines []string, field, scheme string) []string {
	if scheme == "" {
		return lines
	}
	return append(lines, sent+field+": "+scheme+" (redacted)")
}

func challengeText(c evidence.Challenge) string {
	text := c.Scheme
	for _, name := range slices.Sorted(maps.Keys(c.Params)) {
		text += fmt.Sprintf(" %s=%q", name, c.Params[name])
	}
	return text
}

// day is the form in which dates of certificates are written.
const day = time.DateOnly

func chainBlocks(d evidence.Handshake) []evidenceBlock {
	agreed := evidenceBlock{Title: "agreed", Header: []string{"asked for", "version", "cipher", "group", "sent", "received"},
		Rows: [][]string{{d.ServerName, words.TLSVersion(d), d.Cipher, d.Curve,
			words.Count(int(d.BytesSent), "byte"), words.Count(int(d.BytesReceived), "byte")}}}
	chain := evidenceBlock{Title: "chain as presented, anchor: " + anchorText(d),
		Header: []string{"", "subject", "issuer", "valid", "key", "SHA-256"}}
	for i, c := range d.Chain {
		valid := c.NotBefore.Format(day) + " to " + c.NotAfter.Format(day)
		chain.Rows = append(chain.Rows, []string{fmt.Sprint(i + 1), c.Subject, c.Issuer, valid, c.Key, cmp.Or(c.Problem, c.SHA256)})
	}
	stores := evidenceBlock{Title: "what each trust store says", Header: []string{"store", "aspect", "", "why"}}
	for _, j := range d.Judgements {
		word := "holds"
		if !j.OK {
			word = "does not hold"
		}
		stores.Rows = append(stores.Rows, []string{string(j.Store), string(j.Aspect), word, j.Error})
	}
	for _, c := range d.Clients {
		word := "trusts it"
		if !c.Trusted {
			word = "does not trust it"
		}
		stores.Rows = append(stores.Rows, []string{c.Client, "trust", word, ""})
	}
	return []evidenceBlock{agreed, chain, stores}
}

func anchorText(d evidence.Handshake) string {
	a := d.Anchor
	if d.TrustedBy != "" {
		return words.Join(a.Subject, "given by "+d.TrustedBy, "not in the client's own store")
	}
	kind := map[string]string{evidence.AnchorPublic: "a public root", evidence.AnchorLocal: "in a store of this host only",
		evidence.AnchorPresented: "presented by the peer, in no store", evidence.AnchorMissing: "none, the chain stops"}[a.Kind]
	store := ""
	if a.Store != "" {
		store = "store " + string(a.Store)
	}
	return words.Join(a.Subject, cmp.Or(kind, "not looked at"), store)
}

// settingRows returns the settings that decided each host's route, by source.
func (l ledger) settingRows() [][]string {
	var out [][]string
	for _, v := range l.trace.Run.ProxySettings {
		out = append(out, []string{cmp.Or(v.Source, "environment"), v.Name + "=" + v.Value, "set", ""})
	}
	for _, h := range l.trace.Hops {
		if h.Op != evidence.OpSetting {
			continue
		}
		d := evidence.DetailOf[evidence.Setting](h)
		out = append(out, []string{cmp.Or(d.Source, d.NoProxySource, "no setting"), words.Join(d.Variable, d.NoProxyVariable),
			words.Seen(h, true), cmp.Or(h.Target, d.URL)})
	}
	return out
}
