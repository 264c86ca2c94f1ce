package diagnosis

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pullpath/internal/evidence"
)

// Reading is what one sign in a text may mean. It is for steps that were read and of which the
// evidence does not hold what an entry needs: the same entries judge a text as a walk,
// and a reading says which of them remain, in which order, and what would tell them apart.
type Reading struct {
	// Sign is what the text shows, as half a sentence.
	Sign string
	// Op and Kinds are those of the failed steps that it is about; without kinds, of all.
	Op    evidence.Op
	Kinds []evidence.Kind
	// When narrows it; nil takes all. The first reading that takes a step has it.
	When func(*View, evidence.Hop) bool
	// Doubts are entries that match such a step and that a text alone does not carry: they
	// stand among the causes in place of a finding.
	Doubts []Code
	// Causes are what it may be, the most likely first.
	Causes []Cause
}

// Cause is one thing that a sign may mean.
type Cause struct {
	Code Code
	// Unless is a contradiction: the cause is left out where the text shows it.
	Unless func(*View, evidence.Hop) bool
	// Speaks is evidence for this cause in particular: it comes before those without.
	Speaks func(*View, evidence.Hop) bool
	// Because is what speaks for it in this text, Tell the command that would decide it. Both
	// may hold {values}: those of [readingValues].
	Because string
	Tell    string
	// Remedy is the change to ask for, in place of the entry's, of which a text seldom has the
	// values. With it the cause becomes a finding where nothing else remains.
	Remedy string
}

// Candidate is a cause that what was read may have.
type Candidate struct {
	Code    string `json:"code"`
	Because string `json:"because"`
	// Tell is a command that tells it from the others, empty where none does.
	Tell string `json:"tell,omitempty"`
	// Title, Audience and Remedy are the entry's, Hops the steps that it would explain.
	Title    string   `json:"title"`
	Audience Audience `json:"audience"`
	Remedy   string   `json:"remedy"`
	Hops     []int    `json:"hops"`

	layer Layer
	score float64
}

// read judges the steps of a text that no finding explains, by the readings and, where none
// takes a step, by what the entries' clients print.
func (j *judge) read() {
	j.withdraw()
	explained := j.pointedAt()
	for _, h := range j.trace.Hops {
		if !h.OnPath() || h.State != evidence.Failed || explained[h.ID] {
			continue
		}
		causes := j.causes(h)
		if len(causes) == 0 {
			j.unexplainedHop(h)
			continue
		}
		if only := causes[0]; len(causes) == 1 && only.Remedy != "" {
			j.decide(h, only)
			continue
		}
		j.suspect(h, causes)
	}
	slices.SortStableFunc(j.candidates, func(a, b Candidate) int { return cmp.Compare(b.score, a.score) })
}

// withdraw takes back the findings that a text does not carry.
func (j *judge) withdraw() {
	j.findings = slices.DeleteFunc(j.findings, func(f Finding) bool {
		return slices.ContainsFunc(f.Hops, func(id int) bool {
			h, _ := j.trace.Hop(id)
			r, ok := j.reading(h)
			return ok && slices.Contains(r.Doubts, Code(f.Code))
		})
	})
}

// pointedAt are the hops that findings point at.
func (j *judge) pointedAt() map[int]bool {
	out := map[int]bool{}
	for _, f := range j.findings {
		for _, id := range f.Hops {
			out[id] = true
		}
	}
	return out
}

// reading returns the one that takes a step.
func (j *judge) reading(h evidence.Hop) (Reading, bool) {
	for _, r := range j.byCode[Unexplained].Readings {
		if r.Op == h.Op && h.FailedWith(r.Kinds...) && (r.When == nil || r.When(j.view, h)) {
			return r, true
		}
	}
	return Reading{}, false
}

// causes are what a step may come from, best first: those that something in the text speaks
// for, then the rest in the reading's order.
func (j *judge) causes(h evidence.Hop) []Cause {
	r, ok := j.reading(h)
	if !ok {
		return j.printed(h, nil)
	}
	var front, rest []Cause
	for _, c := range r.Causes {
		switch {
		case c.Unless != nil && c.Unless(j.view, h):
		case c.Speaks != nil && c.Speaks(j.view, h):
			front = append(front, c)
		default:
			rest = append(rest, c)
		}
	}
	if own := append(front, rest...); len(own) > 1 || len(own) == 1 && own[0].Remedy == "" {
		return append(own, j.printed(h, own)...)
	} else if len(own) == 1 {
		return own
	}
	return j.printed(h, nil)
}

// maxPrinted bounds the causes that are known by what clients print alone: more say nothing.
const maxPrinted = 6

// printed are the further causes of which a client prints what was read.
func (j *judge) printed(h evidence.Hop, known []Cause) []Cause {
	if h.Failure == nil {
		return nil
	}
	var entries []Entry
	for _, e := range j.byCode {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(string(a.Code), string(b.Code)) })
	var out []Cause
	for _, f := range BySymptom(entries, h.Failure.Text) {
		there := slices.ContainsFunc(known, func(c Cause) bool { return c.Code == f.Entry.Code })
		if len(out) < maxPrinted && !there {
			out = append(out, Cause{Code: f.Entry.Code, Because: "clients print " + Quote(f.Symptom.Text) + " then"})
		}
	}
	return out
}

// decide makes the finding of a sign that has one cause.
func (j *judge) decide(h evidence.Hop, c Cause) {
	e := j.byCode[c.Code]
	for i, f := range j.findings {
		if f.Code == string(c.Code) && slices.Equal(f.Targets, targetsOf(h)) {
			j.findings[i].Hops = append(f.Hops, h.ID)
			return
		}
	}
	values := j.readingValues(h)
	title := e.Title
	if placeholder.MatchString(fill(title, values)) { // the text does not tell a value of it
		title = Unfilled(fill(title, values))
	}
	j.add(Entry{Code: e.Code, Layer: e.Layer, Severity: e.Severity, Strength: Likely, Audience: e.Audience,
		Title: title, Seen: "{where}: {text}", Means: upper(c.Because) + ".", Remedy: c.Remedy},
		Match{Hops: []int{h.ID}, Values: values})
}

func targetsOf(h evidence.Hop) []string {
	if h.Target == "" {
		return nil
	}
	return []string{h.Target}
}

// weightOfMirror: what a client is sent to in place of the named registry is what was meant to serve
// it; that the named one fails as well is then the rule of a closed network.
const weightOfMirror = 2

// nameless: what a line says of no host counts half beside one that names its host: it may be of
// another program, or repeat what another line tells in full.
const nameless = 2

// suspect adds the causes of a step to the candidates.
func (j *judge) suspect(h evidence.Hop, causes []Cause) {
	weight := 1.0
	if h.Role == evidence.Mirror {
		weight = weightOfMirror
	}
	if h.Target == "" {
		weight /= nameless
	}
	values := j.readingValues(h)
	known := maps.Clone(values)
	if known["proxy"] == unknownProxy { // an example stands there then
		delete(known, "proxy")
	}
	for rank, c := range causes {
		score := weight / float64(rank+1)
		i := slices.IndexFunc(j.candidates, func(known Candidate) bool { return known.Code == string(c.Code) })
		if i >= 0 {
			j.candidates[i].score += score
			j.candidates[i].Hops = append(j.candidates[i].Hops, h.ID)
			continue
		}
		e := j.byCode[c.Code]
		j.candidates = append(j.candidates, Candidate{Code: string(c.Code), Because: fill(c.Because, values), Tell: fill(c.Tell, values),
			Title: sentence(Unfilled(fill(e.Title, values)), e.Title), Audience: e.Audience,
			Remedy: Unfilled(fill(cmp.Or(c.Remedy, e.Remedy), known)),
			Hops:   []int{h.ID}, layer: e.Layer, score: score})
	}
}

// unknownProxy stands for the proxy where the text does not name it.
const unknownProxy = "PROXY:PORT"

// readingValues are what the texts of a reading may name: host, port, url, proxy, peer, server
// (of names), image, the text itself and where it stands. What the text does not tell stands
// in capitals, as the thing to put in.
func (j *judge) readingValues(h evidence.Hop) map[string]string {
	t := j.view.Target(h.Target)
	out := map[string]string{"host": cmp.Or(t.Host, "HOST"), "port": "443", "peer": cmp.Or(h.Peer, "ADDRESS:443"), "proxy": unknownProxy,
		"server": "NAMESERVER", "image": "IMAGE", "url": "https://" + cmp.Or(t.URLHostOr(""), "HOST") + "/v2/", "text": "", "where": "the text",
		"hosts": cmp.Or(t.ID, "the host"), "targets": cmp.Or(t.ID, "the host"), "registry": cmp.Or(t.Host, "the registry"),
		"client": "the client"}
	if t.Port != 0 {
		out["port"] = fmt.Sprint(t.Port)
	}
	if len(t.Images) > 0 {
		out["image"] = t.Images[0]
	}
	if h.Failure != nil {
		out["text"] = h.Failure.Text
	}
	if h.Origin != nil {
		out["where"] = h.Origin.Place
	}
	if via := cmp.Or(h.Via, onlyProxy(h)); via != "" {
		out["proxy"] = strings.TrimSuffix(via[strings.Index(via, "://")+1:], "/")
		out["proxy"] = strings.TrimPrefix(out["proxy"], "//")
	}
	if d, ok := h.Detail.(evidence.Resolve); ok {
		out["host"], out["server"] = cmp.Or(d.Name, out["host"]), cmp.Or(strings.TrimSuffix(d.Server, ":53"), out["server"])
	}
	if d, ok := h.Detail.(evidence.Request); ok && d.URL != "" {
		out["url"] = d.URL
	}
	if d, ok := h.Detail.(evidence.Handshake); ok && d.Leaf != nil {
		out["names"], out["issuer"] = strings.Join(d.Leaf.Names, ", "), d.Leaf.Issuer
	}
	return out
}

// onlyProxy is the far end of a step to the proxy.
func onlyProxy(h evidence.Hop) string {
	if h.Role == evidence.Proxy {
		return h.Peer
	}
	return ""
}

func upper(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
