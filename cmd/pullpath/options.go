package main

import (
	"errors"

	"github.com/spf13/pflag"

	"pullpath/internal/vantage"
)

// healthy is the value of --mock without a fault.
const healthy = "healthy"

// checkOptions are the flags of check: what to ask and what to write.
type checkOptions struct {
	ask                 vantage.Ask
	mock, root          string
	outputs             []string
	events, saveChain   string
	tap                 tapOptions
	anonymize, strict   bool
	reportOnly          bool
	quiet, verbose      bool
	failures            bool
	noColor, noProgress bool
}

func (o *checkOptions) register(f *pflag.FlagSet) {
	o.ask.Register(f)
	o.registerSource(f)
	f.StringArrayVarP(&o.outputs, "output", "o", nil, outputUsage())
	f.StringVar(&o.events, "events", "", "write each step to `file` as JSON Lines; use - for stdout (nothing else is printed there)")
	f.StringVar(&o.saveChain, "save-chain", "", "write the certificates that each host presented to a PEM `file`")
	o.tap.register(f)
	f.BoolVar(&o.anonymize, "anonymize", false, anonymizeUsage)
	o.registerView(f)
	f.BoolVar(&o.noProgress, "no-progress", false, "no progress display")
}

// registerSource adds the flags that say where a run looks from, and whose matter its result is.
func (o *checkOptions) registerSource(f *pflag.FlagSet) {
	f.StringVar(&o.mock, "mock", "", "check the built-in network, with a `fault` in it; no real network is needed")
	f.Lookup("mock").NoOptDefVal = healthy
	f.StringVar(&o.root, "root", "", "take settings, trust, logins and name servers from the files below `DIR`; the network is that of "+
		"this process")
	f.BoolVar(&o.reportOnly, "report-only", false, "exit with 0 whatever was found, and with 2 where no run could be made: for a Job or "+
		"an init container, whose failure would start it again")
}

// registerView adds the flags that say how a report is shown. diagnose has them too.
func (o *checkOptions) registerView(f *pflag.FlagSet) {
	f.BoolVar(&o.strict, "strict", false, "a warning fails the run")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print only the verdict, in one line")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "print every hop in full")
	f.BoolVar(&o.failures, "failures", false, "leave out the hosts that pass (table, wide, markdown, html)")
	f.BoolVar(&o.noColor, "no-color", false, "no colour")
}

// validate refuses what contradicts itself, before anything is sent.
func (o *checkOptions) validate() error {
	if err := o.ask.Validate(); err != nil {
		return err
	}
	for _, c := range []struct {
		wrong bool
		text  string
	}{
		{o.quiet && o.verbose, "-q contradicts -v"},
		{o.anonymize && o.events != "", "--anonymize contradicts --events: pseudonyms are given when the whole run is known"},
		{o.anonymize && o.saveChain != "", "--anonymize contradicts --save-chain: a certificate cannot be made anonymous"},
		{o.anonymize && o.tap.pcap != "", "--anonymize contradicts --pcap: packets cannot be made anonymous"},
		{o.mock != "" && o.root != "", "--root contradicts --mock, which has a host of its own"},
		{o.mock != "" && o.ask.NamesResolvers(), "--resolver contradicts --mock, which has its own"},
	} {
		if c.wrong {
			return errors.New(c.text)
		}
	}
	return nil
}
