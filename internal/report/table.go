package report

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// TableOptions says how a table looks.
type TableOptions struct {
	// Width is the number of columns; 0 means 80, and less than 60 means 60.
	Width int
	// Colour colours results and severities.
	Colour bool
	// Wide shows every hop and every finding.
	Wide bool
	// Verbose is Wide, and ends every failed row in the failure's raw text.
	Verbose bool
	// Quiet leaves nothing but the verdict line.
	Quiet bool
	// Failures leaves out the hosts that pass.
	Failures bool
}

func (o TableOptions) width() int { return max(cmp.Or(o.Width, 80), 60) }

// Table writes the report for a person in a hurry: where it was run, the hops,
// the findings, and one line of verdict.
func Table(w io.Writer, t *evidence.Trace, r diagnosis.Result, opts TableOptions) error {
	var out bytes.Buffer
	if opts.Quiet {
		out.WriteString(quietLine(t, r) + "\n") // one line also where it is longer than the terminal: a log is searched by lines
		_, err := out.WriteTo(w)
		return err
	}
	paint, l := painter(opts.Colour), newLedger(t, r, opts)
	out.WriteString(hang("", headLine(t), 2, opts.width()) + "\n")
	if rows := l.rows(); len(rows) > 0 {
		form := layout{width: opts.width(), paint: paint, whole: opts.Wide || opts.Verbose}
		if err := form.write(&out, rows); err != nil {
			return err
		}
		out.WriteString("\n")
	}
	if rest := l.leftOutLine(); rest != "" {
		out.WriteString(hang("", rest, 2, opts.width()) + "\n")
	}
	findingsWriter{out: &out, width: opts.width(), paint: paint, all: opts.Wide || opts.Verbose}.judged(t, r)
	for _, r := range article(t) {
		out.WriteString(hang("", printable(r.What+": "+r.Outcome), 2, opts.width()))
		out.WriteString(hangCommand("  ", printable(r.Command), 2, opts.width()))
	}
	out.WriteString(hang("", footLine(t, r), 0, opts.width()))
	_, err := out.WriteTo(w)
	return err
}

// headLine returns what was run, where, as which client and by which route.
func headLine(t *evidence.Trace) string {
	parts := []string{strings.TrimSpace("pullpath " + t.Tool.Version)}
	if t.FromText() {
		parts = append(parts, readFrom(t))
	}
	if t.Run.Profile != "" {
		parts = append(parts, "profile "+t.Run.Profile)
	}
	if where := vantage(t.Vantage); where != "" {
		parts = append(parts, where)
	}
	parts = append(parts, routes(t)...)
	if files := registryFiles(t); len(files) > 0 {
		parts = append(parts, "registries by "+strings.Join(files, ", "))
	}
	if login := loginHead(t); login != "" {
		parts = append(parts, login)
	}
	if t.Vantage.Network != "" {
		parts = append(parts, "mock network")
	}
	if t.Run.NotModelled != "" {
		parts = append(parts, "not modelled: "+t.Run.NotModelled)
	}
	if len(t.Vantage.Unread) > 0 {
		parts = append(parts, "not read here: "+strings.Join(t.Vantage.Unread, "; "))
	}
	return printable(strings.Join(parts, " · "))
}

// registryFiles are the files of the client's registry configuration that led to a target.
func registryFiles(t *evidence.Trace) []string {
	var out []string
	for _, target := range t.Targets {
		if e := target.Route.Registry; e != nil {
			file, _, _ := strings.Cut(e.Source, ":")
			if !slices.Contains(out, file) {
				out = append(out, file)
			}
		}
	}
	return out
}

// vantage names the host that a run was made from: as its fleet does, where it does.
func vantage(v evidence.Vantage) string {
	name := cmp.Or(v.Node, v.Hostname)
	if len(v.Addresses) == 0 {
		return name
	}
	if name == "" {
		return v.Addresses[0]
	}
	return name + " (" + v.Addresses[0] + ")"
}

// routes names each route that targets take, and how many targets take it where there are
// several.
func routes(t *evidence.Trace) []string {
	var ways []string
	hosts := map[string]int{}
	for _, target := range t.Targets {
		way := route(target.Route)
		if hosts[way]++; hosts[way] == 1 {
			ways = append(ways, way)
		}
	}
	if len(ways) == 1 {
		if ways[0] == "direct" && !t.FromText() { // what was read need not show the variables
			ways[0] += whyDirect(t.Run.ProxySettings)
		}
		return ways
	}
	left := len(ways) - maxWays
	ways = ways[:min(len(ways), maxWays)]
	for i, way := range ways {
		ways[i] = way + " (" + words.Count(hosts[way], "host") + ")"
	}
	if left > 0 {
		ways = append(ways, words.Count(left, "more route"))
	}
	return ways
}

// maxWays is how many routes the head line names. A site has a proxy or two and a few
// entries of NO_PROXY.
const maxWays = 12

func route(r evidence.Route) string {
	switch {
	case r.Kind == "unknown":
		return "way not known"
	case r.Kind == "proxy" && r.Proxy == "":
		return "a proxy that is not named"
	case r.Kind == "proxy":
		return "proxy " + r.Proxy + words.From(r.Source)
	case r.Rule != "":
		return "direct by " + r.Rule + words.From(r.Source)
	}
	return "direct"
}

// whyDirect returns why no target of a run takes a proxy, by the variables that are set.
func whyDirect(set []evidence.UnusedVariable) string {
	var names []string
	for _, v := range set {
		if !strings.EqualFold(v.Name, "NO_PROXY") {
			names = words.AppendNew(names, v.Name)
		}
	}
	if len(names) == 0 {
		return ", no proxy variable is set"
	}
	if len(names) == 1 {
		return ", though " + names[0] + " is set"
	}
	return ", though " + strings.Join(names, ", ") + " are set"
}
