package redact

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"pullpath/internal/cost"
)

// shapes are passwords as people and registries make them.
func shapes() map[string]string {
	return map[string]string{
		"plain": "hunter22-Secret", "percent": "p%41ss%20w%2Frd", "quotes": `pa"ss'w"ord'`, "umlaut": "pässwörd-größe", "slash": "pass/word/more",
		"angle": "pass<word>more", "amp": "pa&lt;ss&more", "blanks": "two  blanks here", "control": "pass\x01word\x02x",
		"backslash": `DOM\new\u0041pw`,
		"plus":      "tok+en+more", "long": strings.Repeat("Lk7_x", 1600), "word": "swordfish", "short": "pw9!",
		"astral": "pass𝔘𝔫word🔑", "at": "p@ss:w@rd",
		"jwt":    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL3Nzby5leGFtcGxlIiwic3ViIjoiMSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ",
		"entity": "&amp;&quot;x&#65;", "semicolon": "a;b;c;d",
	}
}

// spellings returns the ways in which a peer may write what it was sent.
func spellings(secret string) map[string]string {
	asJSON, _ := json.Marshal(secret)
	text := string(asJSON[1 : len(asJSON)-1])
	var decimal, hexadecimal, units strings.Builder
	for _, r := range secret {
		fmt.Fprintf(&decimal, "&#%d;", r)
		fmt.Fprintf(&hexadecimal, "&#X%X;", r)
	}
	for i := range len(secret) {
		fmt.Fprintf(&units, "%%%02x", secret[i])
	}
	latin, err := charmap.ISO8859_1.NewEncoder().String(secret)
	if err != nil {
		latin = secret
	}
	basic := base64.StdEncoding.EncodeToString([]byte("user:" + secret))
	return map[string]string{
		"raw": secret, "upper": strings.ToUpper(secret), "header name": strings.ToLower(secret),
		"query": url.QueryEscape(secret), "path": url.PathEscape(secret), "every byte": units.String(),
		"query in lower case": lowerPercent(url.QueryEscape(secret)), "script": strings.ReplaceAll(url.QueryEscape(secret), "+", "%20"),
		"twice": url.QueryEscape(url.QueryEscape(secret)), "json": text, "php": strings.ReplaceAll(text, "/", `\/`),
		"python": asciiJSON(secret), "upper json": strings.ReplaceAll(asciiJSON(secret), `\u00e4`, `\u00E4`), "html": html.EscapeString(secret),
		"decimal": decimal.String(), "hexadecimal": hexadecimal.String(), "go": strconv.Quote(secret), "shown": escape(secret),
		"basic": basic, "basic in a url": url.QueryEscape(basic), "alone in base64": base64.URLEncoding.EncodeToString([]byte(secret)),
		"latin": latin, "latin, shown": escape(latin), "latin in a url": url.QueryEscape(latin),
		"json in a url": url.QueryEscape(string(asJSON)), "html of json": html.EscapeString(string(asJSON)),
		"squeezed": strings.Join(strings.Fields(secret), " "),
	}
}

func asciiJSON(s string) string {
	quoted := strconv.QuoteToASCII(s)
	quoted = strings.ReplaceAll(quoted[1:len(quoted)-1], `\x`, `\u00`)
	var out strings.Builder
	for i := 0; i < len(quoted); i++ {
		if strings.HasPrefix(quoted[i:], `\U`) {
			n, _ := strconv.ParseUint(quoted[i+2:i+10], 16, 32)
			n -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+n>>10, 0xdc00+n&0x3ff)
			i += 9
			continue
		}
		out.WriteByte(quoted[i])
	}
	return out.String()
}

// lowerPercent writes the digits of percent-escapes in lower case.
func lowerPercent(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], strings.ToLower(string(b[i+1:i+3])))
		}
	}
	return string(b)
}

func TestSecretsOfEveryShapeInEverySpelling(t *testing.T) {
	for shape, secret := range shapes() {
		var s Secrets
		s.AddPair("user", secret)
		for name, written := range spellings(secret) {
			got := s.Scrub("before " + written + " after")
			if bare := strings.Trim(got, ` "`); got == "before "+written+" after" || len(bare) > len("before  after")+len(Mark)+2*len("&#34;") {
				t.Errorf("%s, %s: %.200q stays as %.200q", shape, name, written, got)
			}
		}
		if s.Holds("before after") {
			t.Errorf("%s: is seen where it is not", shape)
		}
	}
}

// A part of 16 characters of a long secret is found wherever it was cut.
func TestSecretsInParts(t *testing.T) {
	secret := "kQ7wVn2ZtLx9Rb4HsYc6DfGj8MpAe3Ui5OqT"
	var s Secrets
	s.AddPair("user", secret)
	basic := base64.StdEncoding.EncodeToString([]byte("user:" + secret))
	for _, part := range []string{secret[:16], secret[5:21], secret[len(secret)-16:], basic[:20], basic[8:30]} {
		if got := s.Scrub("x-" + part + "-x"); got != "x-"+Mark+"-x" {
			t.Errorf("%q: %q", part, got)
		}
	}
	check(t, s.Scrub, []row{{secret[:15], secret[:15]}})
	check(t, s.ScrubCut, []row{{"said " + secret[:15], "said " + Mark}, {"said " + secret[:4], "said " + Mark},
		{"said " + secret[:3], "said " + secret[:3]},
		{secret[:8] + " said", secret[:8] + " said"}})
}

// What the user typed stays readable, whatever the password is.
func TestSecretsLeaveKeptTexts(t *testing.T) {
	var s Secrets
	s.Add("registry", "redhat.io/ubi9-password", "acted")
	s.Keep("registry.redhat.io", "abc")
	check(t, s.Scrub, []row{
		{"https://registry.redhat.io/v2/", "https://registry.redhat.io/v2/"},
		{"https://REGISTRY.redhat.io/registry/", "https://REGISTRY.redhat.io/" + Mark + "/"},
		{"registry/2.0", Mark + "/2.0"},
		{"registry.redhat.io/ubi9-password", "registry." + Mark},
		{Mark, Mark},
	})
	var none *Secrets
	none.Keep("x")
}

// The work of a look grows with the text and not with the secrets.
func TestScrubIsLinear(t *testing.T) {
	var s Secrets
	s.Add(strings.Repeat("a", 64<<10), strings.Repeat("%25", 1000), "aaaaaaaa", "aaaa")
	for _, piece := range []string{"a", "%25", "&amp;", `\u0061`, "&", `\`, "aaaaaaa ", "\xe4"} {
		work := func(n int) float64 {
			text := strings.Repeat(piece, n)
			return testing.AllocsPerRun(1, func() { s.Scrub(text) })
		}
		if small, large := work(1000), work(10_000); large > 20*small+1000 {
			t.Errorf("%q: %.0f allocations, then %.0f for ten times as much", piece, small, large)
		}
	}
}

func BenchmarkScrub(b *testing.B) {
	var s Secrets
	s.AddPair("user", "hunter22-Secret")
	s.AddPair("user", strings.Repeat("kQ7wVn2ZtLx9Rb4H", 64))
	s.Add("pw9!")
	text := strings.Repeat("<p>What is said of it, 100%25 &amp; more</p>\n", 1<<20/44)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		s.Scrub(text)
	}
}

func FuzzScrub(f *testing.F) {
	for _, secret := range shapes() {
		f.Add(secret, "said ", " then", 0)
		f.Add(secret, "%", "&", 3)
	}
	f.Fuzz(func(t *testing.T, secret, before, after string, cut int) {
		if len(secret) > 200 || utf8.RuneCountInString(secret) < minSecret || !utf8.ValidString(secret) {
			t.Skip()
		}
		var s Secrets
		s.Add(secret)
		text := before + secret + after
		var got string
		cost.Linear(t, len(text), func() { got = s.Scrub(text) })
		if strings.Contains(strings.ReplaceAll(got, Mark, "\x00\x00\x00\x00"), secret) &&
			!strings.Contains(strings.ToLower(Mark), strings.ToLower(secret)) {
			t.Errorf("%q stays in %q", secret, got)
		}
		if len(got) > len(text)*len(Mark) {
			t.Errorf("%d bytes became %d", len(text), len(got))
		}
		if cut >= 0 && cut < len(text) {
			s.ScrubCut(text[:cut])
		}
	})
}
