package main

import (
	"github.com/spf13/cobra"

	"pullpath/internal/anonymize"
	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/report"
)

const anonymizeUsage = "replace internal names, private addresses, users and authorities by stable pseudonyms"

// newAnonymize returns the command that makes a saved report one that may leave the
// company.
func newAnonymize(s streams) *cobra.Command {
	c := &cobra.Command{Use: "anonymize REPORT.json", Short: "Write a saved report with pseudonyms in place of internal names",
		Args: arguments(1, 1),
		RunE: interruptible("reading and rewriting the report", func(_ *cobra.Command, args []string) error {
			trace, err := readReport(s.in, args[0])
			if err != nil {
				return err
			}
			trace = anonymize.Trace(trace)
			return report.JSON(s.out, trace, diagnosis.Diagnose(trace, catalogue.All()))
		})}
	completeReport(c)
	return c
}
