package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// Table writes a row for each client and a column for each host. Hosts to which
// every client takes the same route share a column. The findings follow.
func (s Settings) Table(w io.Writer, opts TableOptions) error {
	t, r := s.Trace, s.Result
	var out bytes.Buffer
	paint := painter(opts.Colour)
	if !opts.Quiet {
		out.WriteString(hang("", settingsHead(t), 2, opts.width()) + "\n")
		m := newMatrix(t)
		for _, columns := range m.fit(opts.width()) {
			if err := m.render(&out, columns, opts.width(), paint); err != nil {
				return err
			}
			out.WriteString("\n")
		}
		m.legend(&out, opts.width())
		findingsWriter{out: &out, width: opts.width(), paint: paint, all: true}.findings(r)
		if list := s.noProxy(); list != "" {
			out.WriteString(hang("NO_PROXY and no_proxy in place of these lists:\n  ", printable(list), 2, opts.width()) + "\n")
		}
	}
	out.WriteString(hang("", printable(settingsFoot(t, r)), 0, opts.width()))
	_, err := out.WriteTo(w)
	return err
}

func settingsHead(t *evidence.Trace) string {
	parts := []string{strings.TrimSpace("pullpath " + t.Tool.Version), "settings"}
	if t.Vantage.Hostname != "" {
		parts = append(parts, t.Vantage.Hostname)
	}
	if t.Run.Profile != "" {
		parts = append(parts, "profile "+t.Run.Profile)
	}
	return printable(strings.Join(parts, " · "))
}

func settingsFoot(t *evidence.Trace, r diagnosis.Result) string {
	errors, warnings, notes := 0, 0, 0
	for _, f := range r.Unmasked() {
		switch f.Severity {
		case diagnosis.Error:
			errors++
		case diagnosis.Warning:
			warnings++
		default:
			notes++
		}
	}
	m := newMatrix(t)
	text := fmt.Sprintf("%s, %s", words.Count(len(m.clients), "client"), words.Count(len(t.Targets), "host"))
	if why := notAllRead(t); why != "" {
		return fmt.Sprintf("%s: %s, %s in what was read; %s", text, words.Count(errors, "error"), words.Count(warnings, "warning"), why)
	}
	unread := unreadPlaces(t)
	if unknown := unknownClients(t); len(unknown) > 0 {
		text += ", the way of " + strings.Join(unknown, ", ") + " is not known"
		if len(unread) == 0 {
			return fmt.Sprintf("%s: %s, %s in what was read", text, words.Count(errors, "error"), words.Count(warnings, "warning")) + andNotes(notes)
		}
	}
	switch {
	case errors+warnings == 0 && len(unread) > 0:
		return fmt.Sprintf("%s: no errors or warnings in what was read; not read: %s", text, strings.Join(unread, "; "))
	case errors+warnings == 0:
		return text + ": no errors or warnings" + andNotes(notes)
	case len(unread) > 0:
		return fmt.Sprintf("%s: %s, %s in what was read; not read: %s", text, words.Count(errors, "error"), words.Count(warnings, "warning"),
			strings.Join(unread, "; "))
	}
	return fmt.Sprintf("%s: %s, %s", text, words.Count(errors, "error"), words.Count(warnings, "warning")) + andNotes(notes)
}

func andNotes(n int) string {
	if n == 0 {
		return ""
	}
	return ", " + words.Count(n, "note")
}

// unreadPlaces names the places that may decide for a client and were not read.
func unreadPlaces(t *evidence.Trace) []string {
	var out []string
	for _, r := range notes(t) {
		if r.Code == "source-unread" {
			out = words.AppendNew(out, r.Source)
		}
	}
	return out
}

// unknownClients are the clients whose way cannot be told for some host.
func unknownClients(t *evidence.Trace) []string {
	var out []string
	for _, h := range surveyed(t) {
		if d := evidence.DetailOf[evidence.Setting](h); d.Outcome == evidence.OutcomeUnknown {
			out = words.AppendNew(out, cmp.Or(d.Client, d.Dialect))
		}
	}
	return out
}

// notAllRead returns which part of the host was not read. It is empty where all was.
func notAllRead(t *evidence.Trace) string {
	for _, r := range notes(t) {
		if r.Code == "not-all-read" {
			return r.Text
		}
	}
	return ""
}

// matrix holds the decisions by client and target.
type matrix struct {
	clients []string
	targets []string
	cells   map[[2]string]evidence.Setting
	// columns are the targets that share one, in order.
	columns [][]string
	// reasons are the texts below the table, in the order of their numbers.
	reasons []string
}

func newMatrix(t *evidence.Trace) *matrix {
	m := &matrix{cells: map[[2]string]evidence.Setting{}}
	for _, h := range surveyed(t) {
		d := evidence.DetailOf[evidence.Setting](h)
		name := clientName(d)
		m.clients, m.targets = words.AppendNew(m.clients, name), words.AppendNew(m.targets, h.Target)
		m.cells[[2]string{name, h.Target}] = d
	}
	for _, target := range m.targets {
		i := slices.IndexFunc(m.columns, func(c []string) bool { return m.same(c[0], target) })
		if i < 0 {
			m.columns = append(m.columns, []string{target})
			continue
		}
		m.columns[i] = append(m.columns[i], target)
	}
	return m
}

// clientName returns the first cell of a client's row; a star marks assumed rules.
func clientName(d evidence.Setting) string {
	name := cmp.Or(d.Tool, d.Dialect)
	if d.Assumed {
		name += " *"
	}
	var more []string
	if d.Scope != "" {
		more = append(more, d.Scope)
	}
	if d.Running {
		more = append(more, "running")
	}
	if len(more) > 0 {
		name += " (" + strings.Join(more, ", ") + ")"
	}
	return name
}

// same reports whether every client takes the same route, for the same reason, to both.
func (m *matrix) same(a, b string) bool {
	return !slices.ContainsFunc(m.clients, func(client string) bool {
		return cell(m.cells[[2]string{client, a}]) != cell(m.cells[[2]string{client, b}])
	})
}

// minColumn is the least width of a host's column: "proxy.corp.example:3128 [1]"
// fits.
const minColumn = 26

// fit divides the columns into tables that are no wider than the width.
func (m *matrix) fit(width int) [][][]string {
	each := max((width-m.first(width)-m.second(width))/(minColumn+gap), 1)
	return slices.Collect(slices.Chunk(m.columns, each))
}

// first returns the width of the clients' column.
func (m *matrix) first(width int) int {
	n := columns("CLIENT")
	for _, c := range m.clients {
		n = max(n, columns(c))
	}
	if width < rulesFrom {
		n = max(n, columns("CLIENT and rules"))
		for _, d := range m.cells {
			n = max(n, len("  ")+columns(d.Dialect))
		}
	}
	return min(n, max(width/4+2, 14))
}

// rulesFrom is the width from which on the rules have a column of their own. In a narrower
// table they stand below the client.
const rulesFrom = 110

// second returns the width of the rules' column with its gap; 0 where there is none.
func (m *matrix) second(width int) int {
	if width < rulesFrom {
		return 0
	}
	n := columns("RULES")
	for _, d := range m.cells {
		n = max(n, columns(d.Dialect))
	}
	return n + gap
}

func (m *matrix) render(w io.Writer, hosts [][]string, width int, paint painter) error {
	header, widths := []string{"CLIENT and rules"}, []int{m.first(width)}
	if m.second(width) > 0 {
		header, widths = append([]string{"CLIENT"}, "RULES"), append(widths, m.second(width)-gap)
	}
	each := (width - m.first(width) - m.second(width) - gap*len(hosts)) / len(hosts)
	for _, h := range hosts {
		header = append(header, strings.Join(wrap(printable(hostsTitle(h)), each), "\n"))
		widths = append(widths, each)
	}
	var rows [][]string
	for _, client := range m.clients {
		rules := printable(m.cells[[2]string{client, hosts[0][0]}].Dialect)
		row := []string{printable(client)}
		switch {
		case m.second(width) > 0:
			row = append(row, rules)
		case rules != client: // a client that is named by its rules alone has them there
			row[0] += "\n  " + rules
		}
		for _, h := range hosts {
			d := m.cells[[2]string{client, h[0]}]
			row = append(row, printable(routeOf(d)+" "+m.mark(d)))
		}
		rows = append(rows, row)
	}
	return grid(w, header, rows, widths, paint)
}

// mark returns the number under which the reason of a cell stands below the table.
func (m *matrix) mark(d evidence.Setting) string {
	text := reasonOf(d)
	i := slices.Index(m.reasons, text)
	if i < 0 {
		i = len(m.reasons)
		m.reasons = append(m.reasons, text)
	}
	return fmt.Sprintf("[%d]", i+1)
}

// legend writes the reasons that the cells point at.
func (m *matrix) legend(out *bytes.Buffer, width int) {
	for i, text := range m.reasons {
		out.WriteString(hang(fmt.Sprintf("%-5s", fmt.Sprintf("[%d]", i+1)), printable(text), 5, width))
	}
	if slices.ContainsFunc(slices.Collect(maps.Values(m.cells)), func(d evidence.Setting) bool { return d.Assumed }) {
		out.WriteString(hang("*    ", "no version was found; the newest known rules are assumed", 5, width))
	}
	out.WriteByte('\n')
}

func hostsTitle(targets []string) string {
	first := strings.TrimSuffix(targets[0], ":443")
	switch len(targets) {
	case 1:
		return first
	case 2:
		return first + ", " + strings.TrimSuffix(targets[1], ":443")
	}
	return fmt.Sprintf("%s and %d more", first, len(targets)-1)
}

// cell returns the route and its reason; columns with the same cells are one.
func cell(d evidence.Setting) string { return routeOf(d) + ": " + reasonOf(d) }

// routeOf returns the short answer: direct, the proxy, error or unknown.
func routeOf(d evidence.Setting) string {
	if d.Outcome != evidence.OutcomeProxy {
		return string(d.Outcome)
	}
	return strings.TrimPrefix(strings.Replace(d.Proxy, "REDACTED@", "", 1), "http://")
}

// reasonOf returns which setting decided, and where it stands; for a client in a machine inside
// the host both steps of its way.
func reasonOf(d evidence.Setting) string {
	if d.Machine == "" {
		return decidedBy(d)
	}
	return "inside " + d.Machine + ": " + toldText(d) + "; from there: " + decidedBy(d)
}

// toldText says what a client is told in its machine.
func toldText(d evidence.Setting) string {
	by := ""
	if d.ToldBy != "" {
		by = " (" + d.ToldBy + ")"
	}
	switch {
	case d.Outcome == evidence.OutcomeUnknown && d.Told == "":
		return "what it is told is not known" + by
	case d.Told == "":
		return "told no proxy" + by
	}
	return "told " + d.Told + by
}

func decidedBy(d evidence.Setting) string {
	switch {
	case d.Outcome == evidence.OutcomeUnknown:
		return d.Why + howToFind(d.Find)
	case d.Outcome == evidence.OutcomeProxy && d.Credentials:
		return d.Variable + words.From(d.Source) + ", with credentials"
	case d.Outcome == evidence.OutcomeProxy:
		return d.Variable + words.From(d.Source)
	case d.Token != "":
		return "the entry " + d.Token + " of " + d.NoProxyVariable + words.From(d.NoProxySource)
	case d.Variable != "" && d.Implicit == "":
		return whySetting(d) + " (" + strings.TrimPrefix(words.From(d.Source), " ") + ")"
	}
	return whySetting(d)
}

func howToFind(how string) string {
	if how == "" {
		return ""
	}
	return "; " + how
}
