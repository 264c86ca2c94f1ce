package product

import (
	"slices"
	"strings"
	"testing"
)

func TestEveryRowIsRecognisedByItsOwnSamples(t *testing.T) {
	for _, r := range Rows() {
		t.Run(r.Name, func(t *testing.T) {
			samples := samplesOf(r)
			if len(samples) == 0 {
				t.Fatal("no sample")
			}
			for _, s := range samples {
				if best, ok := Best(s.matches); !ok || best.Name != r.Name {
					t.Errorf("%s: taken for %q", s.label, names(s.matches))
				}
			}
		})
	}
}

// contained lists products whose answers carry the signs of another, and why.
// Everything else must be silent on every other row's samples.
func contained() map[string]map[string]string {
	return map[string]map[string]string{
		"Apache mod_proxy":   {"Apache httpd": "it is a module of that server"},
		"Caddy forwardproxy": {"Caddy": "it is a module of that server"},
		"Fastly":             {"Varnish": "it runs Varnish"},
	}
}

func TestNoSignFitsAnotherRowsSample(t *testing.T) {
	used := map[string]bool{}
	for _, r := range Rows() {
		for _, s := range samplesOf(r) {
			for _, m := range s.matches {
				if m.Name == r.Name {
					continue
				}
				if contained()[r.Name][m.Name] == "" {
					t.Errorf("%s, %s: also taken for %s by its %s", r.Name, s.label, m.Name, m.Sign)
				}
				used[r.Name+m.Name] = true
			}
		}
	}
	for of, others := range contained() {
		for other := range others {
			if !used[of+other] {
				t.Errorf("the exception of %s for %s is not needed", of, other)
			}
		}
	}
}

func TestEverySignOccursInASampleOfItsRow(t *testing.T) {
	for _, r := range Rows() {
		answers := answersOf(r)
		some := func(kind, sign string, fits func(answer) bool) {
			if !slices.ContainsFunc(answers, fits) {
				t.Errorf("%s: no sample has the %s %s", r.Name, kind, sign)
			}
		}
		for _, s := range r.Status {
			some("status line", s.Line.String(), func(a answer) bool { return s.Line.MatchString(a.statusLine) })
		}
		for _, s := range r.Headers {
			value := ""
			if s.Value != nil {
				value = s.Value.String()
			}
			some("header", s.Name+" "+value, func(a answer) bool { _, ok := a.header(s); return ok })
		}
		for _, s := range r.Body {
			some("text", s.Text, func(a answer) bool { return a.says(s.Text) })
		}
		for _, s := range r.Issuer {
			if !inChains(r, s) {
				t.Errorf("%s: no chain has the %s %s", r.Name, s.Attribute, s.Value)
			}
		}
	}
}

func TestValidate(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rows() {
		if r.Name == "" || seen[r.Name] {
			t.Errorf("name %q is empty or there twice", r.Name)
		}
		seen[r.Name] = true
		if !slices.Contains(Categories(), r.Category) {
			t.Errorf("%s: category %q", r.Name, r.Category)
		}
		signs := validSigns(t, r)
		if signs == 0 {
			t.Errorf("%s: no sign", r.Name)
		}
		accepted := false
		for _, c := range r.Connects {
			if c.Status >= 300 && accepted {
				t.Errorf("%s: a refusal comes after an acceptance", r.Name)
			}
			accepted = c.Status < 300
		}
	}
	if len(seen) < 40 {
		t.Errorf("%d rows", len(seen))
	}
}

func validSigns(t *testing.T, r Row) int {
	t.Helper()
	n := 0
	check := func(g Grade, cite string) {
		n++
		if !slices.Contains(Grades(), g) || cite == "" {
			t.Errorf("%s: sign %d has grade %q and citation %q", r.Name, n, g, cite)
		}
		if (g == Memory) != (cite == unverified || strings.HasPrefix(cite, "name used in ")) {
			t.Errorf("%s: sign %d: grade %s by %q", r.Name, n, g, cite)
		}
	}
	for _, s := range r.Status {
		check(s.Grade, s.Cite)
	}
	for _, s := range r.Headers {
		check(s.Grade, s.Cite)
	}
	for _, s := range r.Body {
		check(s.Grade, s.Cite)
	}
	for _, s := range r.Issuer {
		check(s.Grade, s.Cite)
		if s.Attribute != "CN" && s.Attribute != "O" {
			t.Errorf("%s: attribute %q", r.Name, s.Attribute)
		}
	}
	return n
}

func TestMarkersAreDistinctAndLongEnough(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Markers() {
		lower := strings.ToLower(m)
		if seen[lower] {
			t.Errorf("%q is there twice", m)
		}
		seen[lower] = true
		if len(m) < 8 {
			t.Errorf("%q is too short to mean anything", m)
		}
	}
}

func TestMemoryIsNeverFirstBesideKnowledge(t *testing.T) {
	got := ranked([]Match{
		{Name: "from memory", Category: WebGateway, Grade: Memory},
		{Name: "edge", Category: CDNEdge, Grade: Source},
		{Name: "listed", Category: WebGateway, Grade: Listed},
		{Name: "source", Category: Firewall, Grade: Source},
	})
	want := []string{"source", "listed", "edge", "from memory"}
	if !slices.Equal(names(got), want) {
		t.Errorf("order %q, want %q", names(got), want)
	}
	if _, ok := Best(nil); ok {
		t.Error("the best of nothing is something")
	}
}

func TestSignsCarryTheirMeaning(t *testing.T) {
	var untrust []string
	for _, r := range Rows() {
		for _, c := range r.Chains {
			m, _ := Best(OfChain(chainOf(c)))
			if m.Untrust {
				untrust = append(untrust, m.Name)
			}
		}
	}
	if want := []string{"Squid", "Palo Alto Networks", "Fortinet", "Avast / AVG"}; !slices.Equal(untrust, want) {
		t.Errorf("forward-untrust authorities of %q, want %q", untrust, want)
	}
}
