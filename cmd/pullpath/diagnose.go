package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"pullpath/internal/evidence"
)

// newDiagnose judges a saved report again, off line.
func newDiagnose(s streams) *cobra.Command {
	o := newCheckOptions()
	c := &cobra.Command{Use: "diagnose REPORT", Short: "Judge a saved report again, off line", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := fromEnvironment(c.Flags()); err != nil {
				return err
			}
			outputs, err := within(c.Context(), openingOutputs, func() (*outputs, error) { return openOutputs(s, o.outputsOf()) })
			if err != nil {
				return err
			}
			defer outputs.discard()
			_, err = within(c.Context(), "reading and judging the report", func() (struct{}, error) {
				trace, err := readReport(s.in, args[0])
				if err != nil {
					return struct{}{}, err
				}
				return struct{}{}, conclude(s, o, outputs, &eventFile{}, trace)
			})
			return err
		}}
	completeReport(c)
	f := c.Flags()
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "`format[=file]`: table, wide, json, markdown, html, junit; repeatable")
	f.BoolVar(&o.anonymize, "anonymize", false, anonymizeUsage)
	f.BoolVar(&o.strict, "strict", false, "a warning fails the run")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print the verdict alone")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "print every hop in full")
	f.BoolVar(&o.noColor, "no-color", false, "no colour")
	completeOutput(c)
	return c
}

// readReport reads a report file; "-" is stdin.
func readReport(stdin io.Reader, path string) (*evidence.Trace, error) {
	if path == "-" {
		return evidence.Read(stdin)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	defer func() { _ = f.Close() }()
	return evidence.Read(f)
}
