package report

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"strings"

	_ "embed"

	"pullpath/internal/compare"
	"pullpath/internal/fleet"
	"pullpath/internal/words"
)

// FleetView is a comparison of many reports.
type FleetView struct {
	fleet.Fleet
	// Broken are the reports that could not be read, Unlabelled the hosts that a list of nodes
	// does not have.
	Broken     []fleet.Broken
	Unlabelled []string
	// Hops compares the first report of each of the largest groups; nil for none. Few means that it
	// compares all reports, which are no more than fit side by side.
	Hops *compare.Result
	Few  bool
	// Changes are what became of the fleet since an earlier time, nil where none was named.
	Changes *fleet.Changes
}

// Same reports whether all reports came out alike, and as before where that was asked.
func (v FleetView) Same() bool {
	if v.Few {
		return v.Hops.Same()
	}
	return len(v.Groups) <= 1 && (v.Changes == nil || !v.Changes.Any())
}

// FleetFormats are the forms of a comparison of many reports. The wide one names every group and
// every host.
func FleetFormats() []string { return []string{"table", "wide", "json", "markdown", "html"} }

// Fleet writes a comparison of many reports in a form.
func Fleet(w io.Writer, form string, v FleetView, width int) error {
	switch form {
	case "json":
		return fleetJSON(w, v)
	case "markdown":
		return fleetMarkdown(w, v)
	case "html":
		return fleetHTML(w, v)
	}
	return fleetTable(w, v, form == "wide", width)
}

func fleetJSON(w io.Writer, v FleetView) error {
	doc := struct {
		Schema  string         `json:"schema"`
		Same    bool           `json:"same"`
		Count   int            `json:"count"`
		Groups  []fleet.Group  `json:"groups"`
		Broken  []fleet.Broken `json:"broken"`
		Changes *fleet.Changes `json:"changes,omitempty"`
		compare.Result
	}{Schema: CompareSchema, Same: v.Same(), Count: len(v.Reports), Groups: present(v.Groups), Broken: present(v.Broken), Changes: v.Changes,
		Result: compare.Result{Reports: []compare.Report{}, Hosts: []compare.Host{}, Findings: []compare.Finding{}}}
	if v.Hops != nil {
		doc.Result = *v.Hops
	}
	return IndentedJSON(w, doc)
}

// fleetPart is a paragraph: a head, and lines below it.
type fleetPart struct {
	Head  string
	Lines []string
}

// parts are what is said of many reports, in the order in which it is read; all of them where every
// name is asked for.
func (v FleetView) parts(all bool) []fleetPart {
	out := []fleetPart{{Head: fleetHead(v)}}
	most := func(n, bound int) int {
		if all {
			return n
		}
		return min(n, bound)
	}
	shown := most(len(v.Groups), maxGroupsShown)
	for _, g := range v.Groups[:shown] {
		part := groupPart(g, len(v.Reports), most(g.Count, maxExamples))
		if g.Baseline && len(v.Groups) > 1 && v.Changes == nil {
			part.Head += ", the baseline"
		}
		out = append(out, part)
	}
	if more := len(v.Groups) - shown; more > 0 {
		out = append(out, fleetPart{Head: fmt.Sprintf("and %d smaller groups; -o wide has them all", more)})
	}
	if v.Changes != nil {
		out = append(out, changePart(*v.Changes, most))
	}
	if n := len(v.Unlabelled); n > 0 {
		out = append(out, fleetPart{Head: fmt.Sprintf("the list of nodes does not have %s: %s", countedHosts(n),
			examples(v.Unlabelled, n, most(n, maxExamples)))})
	}
	if n := len(v.Broken); n > 0 {
		part := fleetPart{Head: fmt.Sprintf("%d of %d reports could not be read and are not compared:", n, n+len(v.Reports))}
		listed := most(n, maxBrokenShown)
		for _, b := range v.Broken[:listed] {
			part.Lines = append(part.Lines, b.Name+": "+b.Err)
		}
		if n > listed {
			part.Lines = append(part.Lines, fmt.Sprintf("and %d more; -o wide has them all", n-listed))
		}
		out = append(out, part)
	}
	return out
}

const (
	// maxGroupsShown bounds the groups of a page: who has more does not read them one by one.
	maxGroupsShown = 20
	maxBrokenShown = 20
	// maxExamples is how many hosts stand for a group.
	maxExamples = 3
)

func fleetHead(v FleetView) string {
	switch n := len(v.Groups); {
	case len(v.Reports) == 0:
		return "no report could be read"
	case n == 1:
		return fmt.Sprintf("%d reports, all with the same outcome", len(v.Reports))
	default:
		return fmt.Sprintf("%d reports, %d outcomes", len(v.Reports), n)
	}
}

// groupName names a group where it is one of several.
func groupName(g fleet.Group) string { return fmt.Sprintf("group %d (%d)", g.Number, g.Count) }

func groupPart(g fleet.Group, all, named int) fleetPart {
	head := fmt.Sprintf("group %d: %d of %d (%s), %s, outcome %s", g.Number, g.Count, all, inPercent(g.Share), g.Status, g.Fingerprint)
	out := fleetPart{Head: head, Lines: []string{g.Summary}}
	if len(g.Codes) > 0 {
		out.Lines = append(out.Lines, strings.Join(g.Codes, ", "))
	}
	out.Lines = append(out.Lines, "hosts: "+examples(g.Nodes, g.Count, named))
	for _, e := range g.Explained {
		out.Lines = append(out.Lines, explanation(e, g.Count))
	}
	return out
}

// inPercent is a part of all in percent; what is there is never 0 %.
func inPercent(of float64) string {
	if percent := 100 * of; percent < 1 {
		return "less than 1 %"
	} else if percent < 99.5 || of == 1 {
		return fmt.Sprintf("%.0f %%", percent)
	}
	return "99 %"
}

// examples are the first hosts, and how many more there are.
func examples(nodes []string, n, named int) string {
	named = min(named, len(nodes))
	out := strings.Join(nodes[:named], ", ")
	if more := n - named; more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	return out
}

func countedHosts(n int) string {
	if n == 1 {
		return "1 host"
	}
	return fmt.Sprintf("%d hosts", n)
}

// explanation says what goes together with a group, and never that it is the cause.
func explanation(e fleet.Explanation, size int) string {
	out := ""
	if e.Possible {
		out = "possible, for so few reports show little: "
	}
	what := attribute(e.Attribute, strings.Join(e.Values, " or "))
	if e.Exact {
		out += fmt.Sprintf("all %d and no other: %s", size, what)
		var also []string
		for _, c := range e.Confounded {
			also = append(also, attribute(c.Kind, c.Value))
		}
		if len(also) > 0 {
			out += "; the same is so of: " + strings.Join(also, "; ") + ". The reports cannot tell these apart."
		}
		return out
	}
	out += fmt.Sprintf("%d of %d", e.Inside, size)
	if len(e.Without) > 0 {
		out += " (not " + strings.Join(e.Without, ", ") + ")"
	}
	out += fmt.Sprintf(", and %d beyond", e.Outside)
	if len(e.With) > 0 {
		out += " (" + strings.Join(e.With, ", ") + ")"
	}
	return out + ": " + what
}

func attribute(kind, value string) string {
	if strings.HasPrefix(kind, fleet.Net) {
		return fleet.Net + value
	}
	return kind + " " + value
}

// changePart says what became of the fleet since an earlier time; most is how many of n names are said.
func changePart(c fleet.Changes, most func(n, bound int) int) fleetPart {
	out := fleetPart{Head: fmt.Sprintf("since the baseline: %s as before", countedHosts(c.Unchanged))}
	for _, m := range c.Moves {
		out.Lines = append(out.Lines, fmt.Sprintf("%s from %s %s to %s %s: %s", countedHosts(len(m.Nodes)), m.From.Status, m.From.Fingerprint,
			m.To.Status, m.To.Fingerprint, examples(m.Nodes, len(m.Nodes), most(len(m.Nodes), maxExamples))))
	}
	for _, l := range []struct {
		what  string
		names []string
	}{{"outcomes that came: ", c.Came}, {"outcomes that went: ", c.Went}} {
		if len(l.names) > 0 {
			out.Lines = append(out.Lines, l.what+strings.Join(l.names, ", "))
		}
	}
	for _, l := range []struct {
		what  string
		names []string
	}{{"hosts without a report before: ", c.New}, {"hosts without a report now: ", c.Gone}} {
		if len(l.names) > 0 {
			out.Lines = append(out.Lines, l.what+examples(l.names, len(l.names), most(len(l.names), maxExamples)))
		}
	}
	return out
}

func fleetTable(w io.Writer, v FleetView, all bool, width int) error {
	width = TableOptions{Width: width}.width()
	var out bytes.Buffer
	for i, p := range v.parts(all) {
		if i > 0 {
			out.WriteString("\n")
		}
		out.WriteString(hang("", printable(p.Head), 2, width))
		for _, l := range p.Lines {
			out.WriteString(hang("  ", printable(l), 4, width))
		}
	}
	if v.Hops != nil {
		out.WriteString("\n" + hang("", v.hopsHead()+":", 2, width) + "\n")
		if err := CompareTable(&out, *v.Hops, width); err != nil {
			return err
		}
	}
	_, err := out.WriteTo(w)
	return err
}

// hopsHead says of which groups the hops are shown.
func (v FleetView) hopsHead() string {
	if n := len(v.Hops.Reports); n < len(v.Groups) {
		return fmt.Sprintf("What the first report of each of %d groups saw", n)
	}
	return "What the first report of each group saw"
}

func fleetMarkdown(w io.Writer, v FleetView) error {
	var out bytes.Buffer
	for i, p := range v.parts(false) {
		mark := "### "
		if i == 0 {
			mark = "## "
		}
		out.WriteString(mark + markdown(p.Head) + "\n\n")
		for _, l := range p.Lines {
			out.WriteString("- " + markdown(l) + "\n")
		}
		if len(p.Lines) > 0 {
			out.WriteString("\n")
		}
	}
	if v.Hops != nil {
		out.WriteString("### " + v.hopsHead() + "\n")
		_, blocks := hostBlocks(*v.Hops)
		for _, b := range blocks {
			out.WriteString("\n" + markdown(words.Join(b.title(), b.Where)) + "\n\n")
			for _, l := range b.Lines {
				out.WriteString("- " + markdown(l.Text) + "\n")
			}
		}
	}
	_, err := out.WriteTo(w)
	return err
}

//go:embed fleet.html
var fleetPage string

func fleetHTML(w io.Writer, v FleetView) error {
	page, err := template.New("fleet").Funcs(template.FuncMap{"printable": printable}).Parse(fleetPage)
	if err != nil {
		return err
	}
	var hops bytes.Buffer
	head := ""
	if v.Hops != nil {
		head = v.hopsHead()
		if err := CompareTable(&hops, *v.Hops, pageColumns); err != nil {
			return err
		}
	}
	parts := v.parts(false)
	return page.Execute(w, struct {
		Title string
		Parts []fleetPart
		Head  string
		Hops  string
	}{parts[0].Head, parts[1:], head, hops.String()})
}

// pageColumns is the width of a text on a page: as many as a printed line has.
const pageColumns = 100

// GroupColumns names the groups whose hops are compared.
func GroupColumns(groups []fleet.Group) []string {
	var out []string
	for _, g := range groups {
		out = append(out, groupName(g))
	}
	return out
}
