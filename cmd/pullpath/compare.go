package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"pullpath/internal/compare"
	"pullpath/internal/evidence"
	"pullpath/internal/report"
)

// newCompare puts saved reports side by side.
func newCompare(s streams) *cobra.Command {
	format := "table"
	c := &cobra.Command{Use: "compare A.json B.json [C.json ...]", Short: "Put saved reports side by side, hop by hop",
		Long: "compare shows hosts as rows and reports as columns, and marks the first hop that differs.\n" +
			"It exits with 0 where all saw the same, 1 where not.",
		Args: cobra.MinimumNArgs(2),
		RunE: interruptible("comparing the reports", func(c *cobra.Command, args []string) error {
			if err := fromEnvironment(c.Flags()); err != nil {
				return err
			}
			if format != "table" && format != "json" {
				return &hintError{fmt.Sprintf("no output format %q", format), "one of table, json"}
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
	write := report.CompareTable
	if format == "json" {
		write = report.CompareJSON
	}
	if err := write(s.out, result); err != nil {
		return err
	}
	if !result.Same() {
		return &statusError{status: exitFindings}
	}
	return nil
}

// columns are the files' names, with their directories where names repeat.
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
