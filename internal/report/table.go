package report

import (
	"bytes"
	"cmp"
	"io"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// TableOptions says how the table is to look.
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
}

func (o TableOptions) width() int { return max(cmp.Or(o.Width, 80), 60) }

// Table writes the report for a person in a hurry: where it was run, the hops,
// the findings, and one line of verdict.
func Table(w io.Writer, t *evidence.Trace, r diagnosis.Result, opts TableOptions) error {
	var out bytes.Buffer
	if opts.Quiet {
		out.WriteString(hang("", quietLine(t, r), 0, opts.width()))
		_, err := out.WriteTo(w)
		return err
	}
	paint := painter(opts.Colour)
	out.WriteString(hang("", headLine(t), 2, opts.width()) + "\n")
	if rows := newLedger(t, r, opts).rows(); len(rows) > 0 {
		if err := layoutRows(&out, rows, opts.width(), paint); err != nil {
			return err
		}
		out.WriteString("\n")
	}
	writer{out: &out, width: opts.width(), paint: paint, all: opts.Wide || opts.Verbose}.findings(r)
	for _, r := range article(t) {
		out.WriteString(hang("", printable(r.What+": "+r.Outcome), 2, opts.width()))
		out.WriteString(hangCommand("  ", printable(r.Command), 2, opts.width()))
	}
	out.WriteString(hang("", footLine(t, r), 0, opts.width()))
	_, err := out.WriteTo(w)
	return err
}

// headLine says what ran, as what, where and which way.
func headLine(t *evidence.Trace) string {
	parts := []string{strings.TrimSpace("pullpath " + t.Tool.Version)}
	if t.Run.Profile != "" {
		parts = append(parts, "profile "+t.Run.Profile)
	}
	if where := vantage(t.Vantage); where != "" {
		parts = append(parts, where)
	}
	parts = append(parts, routes(t)...)
	if login := loginHead(t); login != "" {
		parts = append(parts, login)
	}
	if t.Vantage.Network != "" {
		parts = append(parts, "mock network")
	}
	if t.Run.NotModelled != "" {
		parts = append(parts, "not modelled: "+t.Run.NotModelled)
	}
	return printable(strings.Join(parts, " · "))
}

func vantage(v evidence.Vantage) string {
	if len(v.Addresses) == 0 {
		return v.Hostname
	}
	if v.Hostname == "" {
		return v.Addresses[0]
	}
	return v.Hostname + " (" + v.Addresses[0] + ")"
}

// routes names each way that targets take, with its share where there are
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
		if ways[0] == "direct" {
			ways[0] += whyDirect(t.Run.ProxySettings)
		}
		return ways
	}
	left := len(ways) - maxWays
	ways = ways[:min(len(ways), maxWays)]
	for i, way := range ways {
		ways[i] = way + " (" + count(hosts[way], "host") + ")"
	}
	if left > 0 {
		ways = append(ways, count(left, "more way"))
	}
	return ways
}

// maxWays is how many ways the head line names: direct by each entry of NO_PROXY and a
// proxy or two are a handful.
const maxWays = 12

func route(r evidence.Route) string {
	switch {
	case r.Kind == "proxy":
		return "proxy " + r.Proxy + from(r.Source)
	case r.Rule != "":
		return "direct by " + r.Rule + from(r.Source)
	}
	return "direct"
}

// whyDirect says what the variables had to say about a run without a proxy.
func whyDirect(set []evidence.UnusedVariable) string {
	var names []string
	for _, v := range set {
		if !strings.EqualFold(v.Name, "NO_PROXY") {
			names = appendNew(names, v.Name)
		}
	}
	if len(names) == 0 {
		return ", no proxy variable is set"
	}
	return ", though " + strings.Join(names, ", ") + " is set"
}
