package grid

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/golden"
)

// claimsFile has every sentence that a row says under "means", "ask" and "or", and what it
// stands on, in a line "code | ground | sentence". A {value} stands as in the row, and … for
// what differs from case to case. go test -update adds the sentences that are new with the
// ground ?, which fails until somebody says what they stand on. The grounds:
//
//	perhaps   the sentence itself leaves it open (it has one of the words of [openWords])
//	known     it is so in every case, by what the row cites; it speaks of nothing seen here
//	asks      it asks for a change
//	shown X   the finding's own hops show it. X is one or more sights, joined by "+":
//	          op/kind or op/ok (handshake/completed whatever the chain is worth), with @probe
//	          for a side probe, after "any:" for a hop that the finding does not point at; or a name of [namedSights]
const claimsFile = "claims.txt"

// claim is a sentence of a row and its ground.
type claim struct{ code, ground, sentence string }

func (c claim) line() string { return c.code + " | " + c.ground + " | " + c.sentence }

// form matches the sentence as a match says it.
func (c claim) form() *regexp.Regexp {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(c.sentence), "…", ".+") + "$")
}

var claims = sync.OnceValues(func() ([]claim, error) {
	data, err := os.ReadFile(filepath.Join("testdata", claimsFile))
	if err != nil {
		return nil, err
	}
	var out []claim
	for line := range strings.Lines(string(data)) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), " | ", 3)
		if len(parts) != 3 {
			return nil, fmt.Errorf("%s: a line is not of three parts: %s", claimsFile, line)
		}
		out = append(out, claim{parts[0], parts[1], parts[2]})
	}
	return out, nil
})

// claimOf is the line about a sentence of a row.
func claimOf(all []claim, code, sentence string) (claim, bool) {
	i := slices.IndexFunc(all, func(c claim) bool { return c.code == code && c.form().MatchString(sentence) })
	if i < 0 {
		return claim{}, false
	}
	return all[i], true
}

// claimsStandOnEvidence: every sentence that a match says is in the table, and what is shown
// there the match shows.
func claimsStandOnEvidence(t *testing.T, _ string, w walked) {
	all, err := claims()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range spoken(w) {
		c, ok := claimOf(all, s.code, s.sentence)
		if !ok {
			t.Errorf("%s: no line of %s says what this stands on: %q (go test -update adds it)", s.code, claimsFile, s.sentence)
			continue
		}
		for _, sight := range sightsOf(c.ground) {
			if !shows(w.trace, s.hops, sight) {
				t.Errorf("%s says %q, and no hop of the match shows %q", s.code, s.sentence, sight)
			}
		}
	}
}

// said is a sentence with the hops that it is said of.
type saidOf struct {
	code, sentence string
	hops           []evidence.Hop
}

// spoken are the sentences of all matches in a World.
func spoken(w walked) []saidOf {
	var out []saidOf
	for _, e := range catalogue.All() {
		if e.Match == nil {
			continue
		}
		for _, m := range e.Match(diagnosis.NewView(w.trace, catalogue.All())) {
			var hops []evidence.Hop
			for _, id := range m.Hops {
				h, _ := w.trace.Hop(id)
				hops = append(hops, h)
			}
			or := e.Or
			if m.Remedy != "" {
				or = m.Or
			}
			for _, text := range []string{cmp.Or(m.Means, e.Means), cmp.Or(m.Remedy, e.Remedy), or.Remedy} {
				for _, s := range claimsIn(withClaims(text, m.Values)) {
					out = append(out, saidOf{string(e.Code), s, hops})
				}
			}
		}
	}
	return out
}

// claimValues are the values of texts that are sentences or parts of one, and no names.
var claimValues = strings.Fields(`owner cost wait whose cause forbidden what refused broken repair lost validity effect workaround manner
	cause clients missing fetch until`)

func withClaims(text string, values map[string]string) string {
	for _, name := range claimValues {
		if v, ok := values[name]; ok {
			text = strings.ReplaceAll(text, "{"+name+"}", v)
		}
	}
	return text
}

// sentenceEnds are the ends of sentences and of the half sentences that stand by themselves.
var sentenceEnds = regexp.MustCompile(`[.;]\s+|\.$`)

func claimsIn(text string) []string {
	var out []string
	for _, s := range sentenceEnds.Split(text, -1) {
		if s = strings.TrimSpace(steady(s)); placeholder.ReplaceAllString(s, "") != "" {
			out = append(out, s)
		}
	}
	return out
}

// sightsOf are those that a ground names, none where it is not "shown".
func sightsOf(ground string) []string {
	shown, ok := strings.CutPrefix(ground, "shown ")
	if !ok {
		return nil
	}
	return strings.Split(shown, " + ")
}

// namedSights are what one field of a hop shows.
var namedSights = map[string]func(evidence.Hop) bool{
	"delivered": func(h evidence.Hop) bool { return evidence.DetailOf[evidence.Handshake](h).Delivery.Whole() },
	"undelivered": func(h evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Handshake](h).Delivery
		return d != nil && !d.Whole()
	},
	"icmp":   func(h evidence.Hop) bool { return evidence.DetailOf[evidence.Dial](h).ICMP != nil },
	"unsent": evidence.Hop.Unsent,
	"trail": func(h evidence.Hop) bool {
		return evidence.DetailOf[evidence.Dial](h).Trail != nil
	},
	"chain":         func(h evidence.Hop) bool { return len(evidence.DetailOf[evidence.Handshake](h).Chain) > 0 },
	"refused-chain": func(h evidence.Hop) bool { return h.Op == evidence.OpHandshake && h.State == evidence.Failed },
	"tunnel-login": func(h evidence.Hop) bool {
		return evidence.DetailOf[evidence.Tunnel](h).AuthSent != "" || evidence.DetailOf[evidence.Tunnel](h).SOCKS != nil
	},
	"no-tunnel-login": func(h evidence.Hop) bool {
		return h.Op == evidence.OpTunnel && evidence.DetailOf[evidence.Tunnel](h).AuthSent == ""
	},
	"early-bytes":    func(h evidence.Hop) bool { return evidence.DetailOf[evidence.Tunnel](h).EarlyBytes != "" },
	"proxy-said-why": func(h evidence.Hop) bool { return saysWhy(evidence.DetailOf[evidence.Tunnel](h)) },
	"socks":          func(h evidence.Hop) bool { return evidence.DetailOf[evidence.Tunnel](h).SOCKS != nil },
	"loopback": func(h evidence.Hop) bool {
		return strings.HasPrefix(h.Peer, "127.") || strings.HasPrefix(h.Peer, "[::1]")
	},
	"digest": func(h evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Request](h).Digest
		return d != nil && d.Want != d.Got
	},
	"login": func(h evidence.Hop) bool { return evidence.DetailOf[evidence.Request](h).AuthSent != "" },
	"no-login": func(h evidence.Hop) bool {
		return h.Op == evidence.OpRequest && evidence.DetailOf[evidence.Request](h).AuthSent == ""
	},
	"status":  func(h evidence.Hop) bool { return evidence.DetailOf[evidence.Request](h).Code != 0 },
	"remark":  func(h evidence.Hop) bool { return len(evidence.DetailOf[evidence.Setting](h).Remarks) > 0 },
	"stored":  func(h evidence.Hop) bool { return evidence.DetailOf[evidence.Setting](h).Login != nil },
	"warning": func(h evidence.Hop) bool { return len(evidence.DetailOf[evidence.Handshake](h).Warnings) > 0 },
	"alert":   func(h evidence.Hop) bool { return evidence.DetailOf[evidence.Handshake](h).Alert != 0 },
	"date": func(h evidence.Hop) bool {
		_, ok := evidence.DetailOf[evidence.Request](h).ServedAt()
		return ok
	},
	"extended-error": func(h evidence.Hop) bool {
		return slices.ContainsFunc(evidence.DetailOf[evidence.Resolve](h).Questions,
			func(q evidence.Question) bool { return q.ExtendedError >= 0 })
	},
	"authority": func(h evidence.Hop) bool {
		return slices.ContainsFunc(evidence.DetailOf[evidence.Resolve](h).Questions, func(q evidence.Question) bool { return q.Authority != "" })
	},
	"authoritative": func(h evidence.Hop) bool {
		return slices.ContainsFunc(evidence.DetailOf[evidence.Resolve](h).Questions,
			func(q evidence.Question) bool { return slices.Contains(q.Flags, "aa") })
	},
	"public-chain": func(h evidence.Hop) bool {
		return h.Op == evidence.OpHandshake && evidence.DetailOf[evidence.Handshake](h).Public()
	},
	"inspected": func(h evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Handshake](h)
		return h.Op == evidence.OpHandshake && d.Completed() && !d.Public()
	},
	"hosts-file": func(h evidence.Hop) bool { return evidence.DetailOf[evidence.Resolve](h).Server == "hosts" },
}

// saysWhy tells an answer by which a proxy names the step that failed.
func saysWhy(d evidence.Tunnel) bool {
	reason, _ := evidence.HeaderValue(d.Headers, "X-Squid-Error")
	return reason != "" || d.Body != nil && len(d.Body.Markers) > 0 || d.SOCKS != nil
}

// seen tells that a sight is among the hops of a match, or after "any:" of the run.
func shows(trace *evidence.Trace, hops []evidence.Hop, sight string) bool {
	if rest, any := strings.CutPrefix(sight, "any:"); any {
		sight, hops = rest, trace.Hops
	}
	if sight == "listed" {
		return slices.ContainsFunc(hops, func(h evidence.Hop) bool { t, _ := trace.Target(h.Target); return t.Listed && t.Public })
	}
	if is, ok := namedSights[sight]; ok {
		return slices.ContainsFunc(hops, is)
	}
	what, probe, byProbe := strings.Cut(sight, "@")
	op, kind, _ := strings.Cut(what, "/")
	return slices.ContainsFunc(hops, func(h evidence.Hop) bool {
		return string(h.Op) == op && (kind == "" || kind == "ok" && h.State == evidence.OK ||
			kind == "completed" && evidence.DetailOf[evidence.Handshake](h).Completed() || h.FailedWith(evidence.Kind(kind))) &&
			(!byProbe || string(h.Probe) == probe)
	})
}

// openWords leave a thing open.
var openWords = regexp.MustCompile(`\b(?:may|might|can|could|would|possibl[ey]|likely|likelier|likeliest|often|usually|usual|seldom|or|` +
	`either|if|unless|where|looks as if|as with|expected)\b`)

// asserting are words of what a check cannot see, or sees only by some sign, with the grounds
// on which they may stand. A sentence that has one of [openWords] may name who it could be.
var asserting = []struct {
	words   *regexp.Regexp
	grounds *regexp.Regexp
	open    bool
}{
	// Of these nothing is evidence.
	{regexp.MustCompile(`(?i)\b(?:now and then|from time to time|sometimes|somebody|someone|nobody|certainly|obviously|never|always)\b`),
		nil, false},
	{regexp.MustCompile(`(?i)\b(?:was|were|is|are) (?:evidently |clearly )?meant\b`), regexp.MustCompile("^$"), true},
	// That a name or a host exists, or is public: the profile, another answer, or its own server says so.
	{regexp.MustCompile(`(?i)\bexists?\b|public Internet|public web`),
		regexp.MustCompile(`^(?:perhaps|asks|known|shown (?:.*(?:resolve/nodata|resolve/ok|chain|handshake/(?:ok|completed)|listed).*))$`),
		false},
	// Who did it: a device is a guess until it names itself or a control passes.
	{regexp.MustCompile(`(?i)\b(?:firewall|filter|scanner|appliance|portal|load balancer|device|VPN|somewhere)\b`),
		regexp.MustCompile(`^(?:perhaps|known|asks|shown .*(?:icmp|trail|chain|inspected|extended-error|@|handshake/(?:ok|completed)).*)$`),
		true},
	// What other hosts met.
	{regexp.MustCompile(`(?i)\bother (?:hosts|names|TLS handshakes)\b|\banother host\b`),
		regexp.MustCompile(`^(?:perhaps|known|asks|shown .*any:.*)$`), false},
	// What the proxy did before and behind its answer.
	{regexp.MustCompile(`(?i)\bthe proxy accepted\b|\bits own (?:look-up|connection)\b`),
		regexp.MustCompile(`^(?:perhaps|shown .*(?:proxy-said-why|resolve).*)$`), false},
	// What was sent, and what not.
	{regexp.MustCompile(`(?i)\b(?:was|were) (?:not )?sent\b`), regexp.MustCompile(`^(?:perhaps|known|asks|shown .*)$`), false},
}

// placeholder is a value that only a match has.
var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// TestClaimsAreOfTheirGround: a sentence has the words of its ground, and no word that its
// ground cannot carry. Every line is about a sentence that is said, in a row or in a World.
func TestClaimsAreOfTheirGround(t *testing.T) {
	t.Parallel()
	all, err := claims()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		for _, problem := range c.problems() {
			t.Errorf("%s: %s: %q", c.code, problem, c.sentence)
		}
	}
}

func (c claim) problems() []string {
	var out []string
	add := func(bad bool, text string) {
		if bad {
			out = append(out, text)
		}
	}
	word, _, _ := strings.Cut(c.ground, " ")
	add(!slices.Contains([]string{"perhaps", "known", "asks", "shown"}, word), "nobody said what it stands on: "+c.ground)
	add(word == "perhaps" && !openWords.MatchString(c.sentence), "it is to stand on perhaps, and leaves nothing open")
	add(word == "known" && strings.Contains(c.sentence, "{"), "it is to be known of every case, and has a value of this one")
	for _, a := range asserting {
		found := a.words.FindString(placeholder.ReplaceAllString(c.sentence, ""))
		add(found != "" && !(a.open && openWords.MatchString(c.sentence)) && (a.grounds == nil || !a.grounds.MatchString(c.ground)),
			fmt.Sprintf("%q does not stand on %q", found, c.ground))
	}
	for _, sight := range sightsOf(c.ground) {
		add(!plausible(sight), "no such sight: "+sight)
	}
	return out
}

// plausible tells that a sight is one that [shows] can look for.
func plausible(sight string) bool {
	sight = strings.TrimPrefix(sight, "any:")
	what, probe, byProbe := strings.Cut(sight, "@")
	op, _, _ := strings.Cut(what, "/")
	known := slices.Contains([]string{"setting", "resolve", "dial", "tunnel", "handshake", "request"}, op)
	return sight == "listed" || namedSights[sight] != nil || known && (!byProbe || slices.ContainsFunc(evidence.Probes(),
		func(p evidence.SideProbe) bool { return string(p.Probe) == probe }))
}

// TestClaimsAreComplete holds the table against what is said: nothing is left out and nothing
// left over. -update adds what is new and takes out what is said no more.
func TestClaimsAreComplete(t *testing.T) {
	t.Parallel()
	all, _ := claims() // without the file everything is new
	byCode := map[string][]string{}
	note := func(code, sentence string) {
		if !slices.Contains(byCode[code], sentence) {
			byCode[code] = append(byCode[code], sentence)
		}
	}
	for _, e := range catalogue.All() {
		for _, text := range []string{e.Means, e.Remedy, e.Or.Remedy} {
			for _, s := range claimsIn(withoutClaims(text)) {
				note(string(e.Code), s)
			}
		}
	}
	for _, w := range allWalks() {
		for _, s := range spoken(w) {
			note(s.code, s.sentence)
		}
	}
	var b strings.Builder
	for _, code := range slices.Sorted(maps.Keys(byCode)) {
		var lines []string
		slices.Sort(byCode[code])
		for _, s := range byCode[code] {
			c, ok := claimOf(all, code, s)
			if !ok {
				c = claim{code, "?", s}
			}
			if !slices.Contains(lines, c.line()) {
				lines = append(lines, c.line())
			}
		}
		b.WriteString(strings.Join(lines, "\n") + "\n")
	}
	golden.Check(t, filepath.Join("testdata", claimsFile), b.String())
}

// withoutClaims leaves a row's text out that only a match completes: its Worlds say it whole.
func withoutClaims(text string) string {
	var out []string
	for _, s := range claimsIn(text) {
		if !slices.ContainsFunc(claimValues, func(name string) bool { return strings.Contains(s, "{"+name+"}") }) {
			out = append(out, s)
		}
	}
	return strings.Join(out, ". ")
}
