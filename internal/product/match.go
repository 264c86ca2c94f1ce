package product

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"pullpath/internal/evidence"
)

// Match is one product that was recognised.
type Match struct {
	Name     string
	Category Category
	// Version is the version that the product gives, empty where it gives none.
	Version string
	Grade   Grade
	// Sign is what was recognised, e.g. "header X-Squid-Error", and Cite where
	// that is known from.
	Sign string
	Cite string
	// Untrust is that of the certificate signs that matched.
	Untrust bool
}

// OfTunnel names who answered a CONNECT, the most certain first. A site's own
// rows count as well as the table's.
func OfTunnel(t evidence.Tunnel, own ...Row) []Match {
	return answer{t.StatusLine, t.Headers, t.Body}.matches(own...)
}

// OfRequest names who answered a request, or passed the answer on, the most
// certain first.
func OfRequest(r evidence.Request) []Match {
	a := answer{r.StatusLine, r.Headers, r.Body}
	if _, ok := evidence.HeaderValue(r.Headers, "Location"); !ok && r.Location != "" {
		a.headers = append(slices.Clone(r.Headers), evidence.Header{Name: "Location", Value: r.Location})
	}
	return a.matches()
}

// OfChain names whose authority issued a chain. Only the issuing side is read:
// a leaf for a vendor's own site carries the vendor's name and means nothing.
func OfChain(chain []evidence.Certificate) []Match {
	values := issuing(chain)
	var out []Match
	for _, r := range table() {
		m := r.match()
		for _, s := range r.Issuer {
			if slices.ContainsFunc(values[s.Attribute], s.Value.MatchString) {
				m.add(s.Grade, "issuer "+s.Attribute, s.Cite, "")
				m.Untrust = m.Untrust || s.Untrust
			}
		}
		out = m.appendTo(out)
	}
	return ranked(out)
}

// Best returns the most certain of matches, false when there is none.
func Best(matches []Match) (Match, bool) {
	if len(matches) == 0 {
		return Match{}, false
	}
	return ranked(slices.Clone(matches))[0], true
}

// issuing collects the attributes of the issuing side of a chain.
func issuing(chain []evidence.Certificate) map[string][]string {
	values := map[string][]string{}
	add := func(commonName string, organizations []string) {
		values["CN"] = append(values["CN"], commonName)
		values["O"] = append(values["O"], organizations...)
	}
	for i, c := range chain {
		add(c.IssuerCN, c.IssuerOrg)
		if i > 0 && c.CA {
			add(c.SubjectCN, c.SubjectOrg)
		}
	}
	return values
}

// ranked sorts by certainty. Memory comes last whatever else it is; between
// the others, who stands at the client's side comes before who stands in front
// of the origin, because both leave headers on one answer.
func ranked(matches []Match) []Match {
	slices.SortStableFunc(matches, func(a, b Match) int {
		return cmp.Or(
			first(a.Grade != Memory, b.Grade != Memory),
			first(!a.Category.OnOriginSide(), !b.Category.OnOriginSide()),
			cmp.Compare(slices.Index(Grades(), a.Grade), slices.Index(Grades(), b.Grade)),
		)
	})
	return matches
}

// first orders true before false.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func (r Row) match() *Match { return &Match{Name: r.Name, Category: r.Category} }

// add notes a sign; the best graded one stays, and any version.
func (m *Match) add(g Grade, sign, cite, version string) {
	if m.Sign == "" || slices.Index(Grades(), g) < slices.Index(Grades(), m.Grade) {
		m.Grade, m.Sign, m.Cite = g, sign, cite
	}
	m.Version = cmp.Or(m.Version, version)
}

func (m *Match) appendTo(out []Match) []Match {
	if m.Sign == "" {
		return out
	}
	return append(out, *m)
}

// answer is what a CONNECT and a request have in common.
type answer struct {
	statusLine string
	headers    []evidence.Header
	body       *evidence.Body
}

func (a answer) matches(own ...Row) []Match {
	var out []Match
	for _, r := range slices.Concat(own, table()) {
		m := r.match()
		for _, s := range r.Status {
			if s.Line.MatchString(a.statusLine) {
				m.add(s.Grade, "status line", s.Cite, "")
			}
		}
		for _, s := range r.Headers {
			if version, ok := a.header(s); ok {
				m.add(s.Grade, "header "+s.Name, s.Cite, version)
			}
		}
		for _, s := range r.Body {
			if a.says(s.Text) {
				m.add(s.Grade, "text “"+s.Text+"”", s.Cite, "")
			}
		}
		out = m.appendTo(out)
	}
	return ranked(out)
}

// header looks for a sign in every field of its name; Via comes often.
func (a answer) header(s HeaderSign) (version string, ok bool) {
	for _, h := range a.headers {
		if !strings.EqualFold(h.Name, s.Name) {
			continue
		}
		if s.Value == nil {
			return "", true
		}
		if groups := s.Value.FindStringSubmatch(h.Value); groups != nil {
			return group(s.Value, groups, "version"), true
		}
	}
	return "", false
}

func group(re *regexp.Regexp, groups []string, name string) string {
	if i := re.SubexpIndex(name); i >= 0 {
		return groups[i]
	}
	return ""
}

// says reports whether a text was found in the body.
func (a answer) says(text string) bool {
	return a.body != nil && holds(a.body.Markers, a.body.Title, text)
}

func holds(markers []string, title, text string) bool {
	return slices.ContainsFunc(markers, func(m string) bool { return strings.EqualFold(m, text) }) ||
		strings.Contains(strings.ToLower(title), strings.ToLower(text))
}
