package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"pullpath/internal/bundle"
	"pullpath/internal/catalogue"
	"pullpath/internal/compare"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fleet"
	"pullpath/internal/hint"
	"pullpath/internal/redact"
	"pullpath/internal/report"
	"pullpath/internal/userfile"
)

// compareOptions are the flags of compare.
type compareOptions struct{ format, labels, baseline string }

// newCompare puts saved reports side by side.
func newCompare(s streams) *cobra.Command {
	o := &compareOptions{format: report.FleetFormats()[0]}
	c := &cobra.Command{Use: "compare FILE|DIR|- ...", Short: "Compare saved reports: a few hop by hop, many by their outcome",
		Args: arguments(1, -1),
		RunE: interruptible("comparing the reports", func(c *cobra.Command, args []string) error {
			if two, err := captures(s, args); err != nil {
				return err
			} else if two {
				return compareCaptures(c.Context(), s, o, args)
			}
			if err := oneOf("-o", o.format, report.FleetFormats()); err != nil {
				return hint.New(fmt.Sprintf("no output format %q", o.format), hint.Of(err))
			}
			return compareReports(s, o, args)
		})}
	f := c.Flags()
	f.StringVarP(&o.format, "output", "o", o.format, "`format`: table, wide (names every host), json, markdown or html")
	f.StringVar(&o.labels, "labels", "",
		"what else is known of the hosts: a `file` of kubectl get nodes -o json, or a CSV with the host in its "+
			"first column")
	f.StringVar(&o.baseline, "baseline", "",
		"what the reports are held against: an outcome's fingerprint, a `report`, or a directory with the "+
			"reports of an earlier time")
	completeFlag(c, "output", report.FleetFormats()...)
	return c
}

func compareReports(s streams, o *compareOptions, args []string) error {
	read, err := collect(s, args)
	if err != nil {
		return err
	}
	for _, b := range read.Broken {
		_, _ = fmt.Fprintf(s.err, "error: %s: read report: %s\n", oneLine(redact.Argument(b.Name)), oneLine(b.Err))
	}
	if len(read.Reports)+len(read.Broken) == 1 {
		return hint.New("one report, and nothing to compare it with", "pullpath diagnose shows a report by itself")
	}
	plain := o.labels == "" && o.baseline == "" && slices.Contains([]string{"table", "wide", "json"}, o.format)
	same := true
	switch {
	case len(read.Reports) == 0:
	case len(read.Few) > 1 && plain:
		same, err = compareFew(s, o.format, read)
	default:
		same, err = compareMany(s, o, read)
	}
	switch {
	case err != nil:
		return err
	case len(read.Broken) > 0:
		return &statusError{status: exitUsage}
	case !same:
		return &statusError{status: exitFindings}
	}
	return nil
}

// garbagePercent has garbage collected earlier than Go's 100 does: of thousands of reports all but a
// little is garbage at once. Measured with 5,000 of 80 KB it takes 54 MB in place of 63, and a
// twelfth more time.
const garbagePercent = 50

// collect reads the reports that the arguments lead to.
func collect(s streams, args []string) (fleet.Collection, error) {
	debug.SetGCPercent(garbagePercent)
	judge := func(t *evidence.Trace) diagnosis.Result { return diagnosis.Diagnose(t, catalogue.All()) }
	return fleet.Collect(func(yield func(bundle.Item) bool) error { return bundle.Each(args, s.in, yield) }, judge)
}

// compareFew shows a column for each report.
func compareFew(s streams, format string, read fleet.Collection) (same bool, err error) {
	var traces []*evidence.Trace
	var names []string
	clear(read.Samples) // the reports themselves are here
	for n, i := range read.Few {
		t, err := evidence.Read(bytes.NewReader(i.Data))
		if err != nil {
			return false, fmt.Errorf("%s: %w", i.Name, err)
		}
		read.Few[n].Data = nil // its text is not needed any more, and may be as large as all that was made of it
		traces, names = append(traces, t), append(names, i.Name)
	}
	result := compared(columns(names), traces)
	if format == "json" { // a program finds the groups there, however many reports there are
		view := report.FleetView{Fleet: fleet.New(read.Reports, ""), Broken: read.Broken, Hops: &result, Few: true}
		err = report.Fleet(s.out, format, view, 0)
	} else {
		err = report.CompareTable(s.out, result, terminalWidth(s.out))
	}
	return result.Same(), err
}

// compared compares traces hop by hop, and judges each.
func compared(names []string, traces []*evidence.Trace) compare.Result {
	result := compare.Traces(names, traces)
	for i, t := range traces {
		judged := diagnosis.Diagnose(t, catalogue.All())
		result.Reports[i].Verdict = report.VerdictLine(t, judged)
		for _, f := range judged.Unmasked() {
			if f.Severity != diagnosis.Info && !slices.Contains(result.Reports[i].Codes, f.Code) {
				result.Reports[i].Codes = append(result.Reports[i].Codes, f.Code)
			}
		}
	}
	return result
}

// maxColumns bounds the groups whose hops are compared: as many as reports side by side.
const maxColumns = fleet.FewReports

// compareMany shows a column for each outcome.
func compareMany(s streams, o *compareOptions, read fleet.Collection) (same bool, err error) {
	view := report.FleetView{Broken: read.Broken}
	labels, err := o.readLabels()
	if err != nil {
		return false, err
	}
	if labels != nil {
		view.Unlabelled = labels.Apply(read.Reports)
	}
	based, err := o.readBaseline(s)
	if err != nil {
		return false, err
	}
	view.Fleet = fleet.New(read.Reports, based.fingerprint)
	if _, known := view.Group(based.fingerprint); !known && based.fingerprint != "" {
		if based.typed {
			return false, hint.New("--baseline: no report has the outcome "+based.fingerprint, "without --baseline the outcomes are shown")
		}
		warn(s, "no report came out as --baseline %s; the largest group takes its place", redact.Argument(o.baseline))
	}
	if based.before != nil {
		if labels != nil {
			labels.Apply(based.before)
		}
		changes := view.Since(fleet.New(based.before, ""))
		view.Changes = &changes
	}
	if view.Hops, err = groupHops(view.Fleet, read.Samples); err != nil {
		return false, err
	}
	return view.Same(), report.Fleet(s.out, o.format, view, terminalWidth(s.out))
}

func (o *compareOptions) readLabels() (*fleet.Labels, error) {
	if o.labels == "" {
		return nil, nil
	}
	data, err := userfile.Read(o.labels, fleet.MaxLabels)
	if err != nil {
		return nil, fmt.Errorf("--labels: %w", err)
	}
	labels, err := fleet.ReadLabels(data)
	if err != nil {
		return nil, hint.New(fmt.Sprintf("--labels %s: %v", o.labels, err), "write it by: kubectl get nodes -o json")
	}
	return labels, nil
}

// baseline is what reports are held against.
type baseline struct {
	fingerprint string
	// typed means that it was given as such, and not as a report that has it.
	typed  bool
	before []fleet.Report
}

// fingerprintForm is that of a fingerprint.
var fingerprintForm = regexp.MustCompile(`^[0-9a-f]{8}$`)

// readBaseline reads what --baseline names. A file of this name comes before a fingerprint.
func (o *compareOptions) readBaseline(s streams) (baseline, error) {
	if o.baseline == "" {
		return baseline{}, nil
	}
	info, err := os.Stat(o.baseline)
	if err != nil && fingerprintForm.MatchString(o.baseline) {
		return baseline{fingerprint: o.baseline, typed: true}, nil
	}
	if err != nil {
		return baseline{}, hint.New("--baseline: "+err.Error(), "name a report, a directory of reports, or eight hex digits of an outcome")
	}
	read, err := collect(s, []string{o.baseline})
	if err == nil && len(read.Broken) > 0 {
		err = fmt.Errorf("%s: %s", redact.Argument(read.Broken[0].Name), read.Broken[0].Err)
	}
	switch {
	case err != nil:
		return baseline{}, fmt.Errorf("--baseline: %w", err)
	case info.IsDir() || len(read.Reports) > 1:
		return baseline{before: read.Reports}, nil
	}
	return baseline{fingerprint: read.Reports[0].Fingerprint}, nil
}

// groupHops compares the first reports of the largest groups, of which one is the baseline.
func groupHops(f fleet.Fleet, samples map[string][]byte) (*compare.Result, error) {
	var groups []fleet.Group
	var traces []*evidence.Trace
	for _, g := range f.Groups {
		sample := samples[g.Fingerprint]
		if sample == nil || len(groups) == maxColumns && !g.Baseline {
			continue
		}
		t, err := evidence.Read(bytes.NewReader(sample))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", g.First, err))
		}
		groups, traces = append(groups, g), append(traces, t)
	}
	if len(groups) < 2 {
		return nil, nil
	}
	result := compared(report.GroupColumns(groups), traces)
	return &result, nil
}

// columns returns the files' names, with their directories where names repeat.
func columns(paths []string) []string {
	seen := map[string]int{}
	for _, p := range paths {
		seen[filepath.Base(p)]++
	}
	var out []string
	for _, p := range paths {
		if seen[filepath.Base(p)] == 1 {
			p = filepath.Base(p)
		}
		out = append(out, p)
	}
	return out
}
