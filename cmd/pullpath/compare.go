package main

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"pullpath/internal/catalogue"
	"pullpath/internal/compare"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/report"
)

// newCompare puts saved reports side by side.
func newCompare(s streams) *cobra.Command {
	format := "table"
	c := &cobra.Command{Use: "compare A.json B.json [C.json ...]", Short: "Compare saved reports, hop by hop",
		Long: "compare says how each report came out, and for each host every hop at which the reports differ.\n" +
			"It exits with 0 where all reports saw the same, and with 1 where they differ.",
		Args: arguments(2, -1),
		RunE: interruptible("comparing the reports", func(_ *cobra.Command, args []string) error {
			if format != "table" && format != "json" {
				return hint.New(fmt.Sprintf("no output format %q", format), "one of table, json")
			}
			return compareReports(s, format, args)
		})}
	c.Flags().StringVarP(&format, "output", "o", format, "`format`: table or json")
	return c
}

func compareReports(s streams, format string, paths []string) error {
	var traces []*evidence.Trace
	for _, path := range paths {
		t, err := readReport(s.in, path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		traces = append(traces, t)
	}
	result := compare.Traces(columns(paths), traces)
	for i, t := range traces {
		judged := diagnosis.Diagnose(t, catalogue.All())
		result.Reports[i].Verdict = report.VerdictLine(t, judged)
		for _, f := range judged.Unmasked() {
			if f.Severity != diagnosis.Info && !slices.Contains(result.Reports[i].Codes, f.Code) {
				result.Reports[i].Codes = append(result.Reports[i].Codes, f.Code)
			}
		}
	}
	var err error
	if format == "json" {
		err = report.CompareJSON(s.out, result)
	} else {
		err = report.CompareTable(s.out, result, terminalWidth(s.out))
	}
	if err != nil {
		return err
	}
	if !result.Same() {
		return &statusError{status: exitFindings}
	}
	return nil
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
