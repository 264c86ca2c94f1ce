package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"pullpath/internal/evidence"
	"pullpath/internal/vantage"
)

// newDiagnose judges a saved report again, off line.
func newDiagnose(s streams) *cobra.Command {
	o := &checkOptions{}
	var allRequired bool
	c := &cobra.Command{Use: "diagnose REPORT", Short: "Judge a saved report again, offline", Args: arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
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
				for i := range trace.Targets {
					trace.Targets[i].Required = trace.Targets[i].Required || allRequired && trace.Targets[i].Listed
				}
				return struct{}{}, conclude(s, o, outputs, &eventFile{}, trace)
			})
			return err
		}}
	completeReport(c)
	f := c.Flags()
	f.StringArrayVarP(&o.outputs, "output", "o", nil, outputUsage())
	f.BoolVar(&o.anonymize, "anonymize", false, anonymizeUsage)
	vantage.AllRequiredFlag(f, &allRequired)
	o.registerView(f)
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
