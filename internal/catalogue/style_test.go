package catalogue

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/diagnosis"
)

const (
	// maxTitle is the longest title: with its code it still fits two lines of a
	// terminal of 80.
	maxTitle = 100
	// maxSentence is the longest sentence in words: what a reader holds at once.
	maxSentence = 40
)

// abbreviations that a network engineer knows, or that are names of things here.
var abbreviations = strings.Fields(`CA CDN CLI CONNECT DNS DNSSEC ASCII AAAA CI WWW GET HTTP HTTPS ICMP IPS JSON MTU NTLM NTP PAC PAM PATH
	GODEBUG
PID 	SNI SOCKS SYN TCP TLS UDP URL VPN MSS`)

// oddWords have a usual one in their place: fix, check, space, only, check whether.
var oddWords = []string{"mend", "mends", "mended", "walk", "walked", "walks", "blanks?", "neither", "no question of", "now and then",
	"look whether", "stored ones", "alike: no answer", "in line of", "pass over", "passes over"}

// fillIns stand for what somebody puts there.
var fillIns = strings.Fields("FILE GATEWAY HOST NAME NUMBER PASSWORD SECRET VALUE")

var (
	capitals    = regexp.MustCompile(`\b[A-Z][A-Z0-9]{1,}\b`)
	sentenceEnd = regexp.MustCompile(`[.;:]\s+|[.;:]$`)
	quotedText  = regexp.MustCompile(`"[^"]*"|'[^']*'|\{[a-z_]+\}|[A-Z0-9]+(?:_[A-Z0-9]+)+`)
)

// Every text speaks with one voice.
func TestTextsKeepTheStyle(t *testing.T) {
	for _, e := range All() {
		for _, problem := range styleProblems(e) {
			t.Errorf("%s: %s", e.Code, problem)
		}
	}
}

func styleProblems(e diagnosis.Entry) []string {
	var out []string
	add := func(bad bool, text string) {
		if bad {
			out = append(out, text)
		}
	}
	add(len(e.Title) > maxTitle, "the title is longer than it should be: "+e.Title)
	for name, text := range map[string]string{"title": e.Title, "seen": e.Seen, "means": e.Means, "remedy": e.Remedy, "or": e.Or.Remedy} {
		plain := quotedText.ReplaceAllString(text, "")
		add(strings.Contains(plain, "!"), name+" has an exclamation mark")
		for _, word := range oddWords {
			add(regexp.MustCompile(`(?i)\b`+word+`\b`).MatchString(plain), name+" has an odd word: "+word)
		}
		for _, word := range []string{"please", "simply", "just ", "obviously", "unfortunately", "utilize", "leverage", "in order to"} {
			add(strings.Contains(strings.ToLower(plain), word), name+" has filler: "+word)
		}
		for _, a := range capitals.FindAllString(plain, -1) {
			add(!slices.Contains(abbreviations, a) && !slices.Contains(fillIns, a) && !strings.HasPrefix(a, "X25519"),
				name+" has an abbreviation that is not on the list: "+a)
		}
	}
	for _, s := range sentenceEnd.Split(e.Means, -1) {
		add(len(strings.Fields(s)) > maxSentence, "a sentence of means is too long: "+s)
	}
	add(e.Means != "" && !strings.HasSuffix(e.Means, ".") && !strings.HasSuffix(e.Means, "}"), "means does not end in a period: "+e.Means)
	add(strings.HasSuffix(e.Remedy, "."), "remedy ends in a period: "+e.Remedy)
	for name, remedy := range map[string]string{"remedy": e.Remedy, "the other way": e.Or.Remedy} {
		first, _, _ := strings.Cut(condition.ReplaceAllString(remedy, ""), " ")
		isValue := strings.HasPrefix(condition.ReplaceAllString(remedy, ""), "{")
		add(remedy != "" && !isValue && !slices.Contains(verbs, strings.Trim(first, ",:;")),
			name+" does not begin with a known verb: "+remedy)
	}
	return out
}

// condition says when the other way is the right one.
var condition = regexp.MustCompile(`^(?:if [^,]+, |until then: )`)

// verbs begin a remedy: it says what somebody does.
var verbs = strings.Fields(`name add allow ask bring check compare connect correct exempt export find give have install leave let log look
	percent-encode put quote raise remove renew repair run send set start trust wait write`)

// A list that has more than the texts need hides the next jargon.
func TestStyleListsHaveNothingLeftOver(t *testing.T) {
	var texts, remedies strings.Builder
	for _, e := range All() {
		texts.WriteString(e.Title + " " + e.Seen + " " + e.Means + " " + e.Remedy + " " + e.Or.Remedy + "\n")
		remedies.WriteString("\n" + e.Remedy + "\n" + condition.ReplaceAllString(e.Or.Remedy, ""))
	}
	for _, a := range slices.Concat(abbreviations, fillIns) {
		if !regexp.MustCompile(`\b` + a + `\b`).MatchString(texts.String()) {
			t.Errorf("no text has the abbreviation %s", a)
		}
	}
	for _, verb := range verbs {
		if !regexp.MustCompile(`\n` + regexp.QuoteMeta(verb) + `\b`).MatchString(remedies.String()) {
			t.Errorf("no remedy begins with %q", verb)
		}
	}
}
