package main

import (
	"strings"

	"github.com/spf13/cobra"

	"pullpath/internal/vantage"
)

// newDiagnose judges evidence that people have: a saved report, or what other programs printed.
func newDiagnose(s streams) *cobra.Command {
	o := &checkOptions{}
	var allRequired bool
	var form, keylog string
	c := &cobra.Command{Use: "diagnose FILE...|-", Short: "Name the cause from a saved report, or from what other programs printed",
		Args: arguments(1, -1),
		RunE: func(c *cobra.Command, args []string) error {
			outputs, err := within(c.Context(), openingOutputs, func() (*outputs, error) { return openOutputs(s, o.outputsOf()) })
			if err != nil {
				return err
			}
			defer outputs.discard()
			_, err = within(c.Context(), "reading and judging the evidence", func() (struct{}, error) {
				trace, err := readEvidence(c.Context(), s.in, args, form, keylog)
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
	f.StringVar(&form, "as", "", "take every file for this `form`: "+strings.Join(evidenceForms, ", ")+"; the default is to recognise it")
	completeFlag(c, "as", evidenceForms...)
	f.StringVar(&keylog, "keylog", "", "the client's TLS secrets (SSLKEYLOGFILE), to read in a capture what it sealed; nothing of "+
		"them is kept: a `file`")
	f.BoolVar(&o.anonymize, "anonymize", false, anonymizeUsage)
	vantage.AllRequiredFlag(f, &allRequired)
	o.registerView(f)
	completeOutput(c)
	return c
}
