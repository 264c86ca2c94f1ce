package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pullpath/internal/catalogue"
	"pullpath/internal/client"
	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
	"pullpath/internal/report"
)

// completeFlag offers fixed values for a flag.
func completeFlag(c *cobra.Command, flag string, values ...string) {
	// The flag is registered by the caller; the only error is that it is not.
	_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// completeWith offers for a flag what a function gives.
func completeWith(c *cobra.Command, flag string, offer cobra.CompletionFunc) {
	_ = c.RegisterFlagCompletionFunc(flag, offer)
}

// completeCheck offers values for the flags of check.
func completeCheck(c *cobra.Command) {
	completeWith(c, "profile", func(c *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return completeProfile(c, nil, typed)
	})
	completeWith(c, "mock", completeFault)
	completeFlag(c, "client", clientNames()...)
	completeFlag(c, "auth-flow", "basic", "oauth", "all")
	completeOutput(c)
}

func clientNames() []string { return append(client.Names(), "all") }

// completeOutput offers the formats; behind = a file's name.
func completeOutput(c *cobra.Command) {
	completeWith(c, "output", func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		if strings.Contains(typed, "=") {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return formatsWithUse(), cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	})
}

func formatsWithUse() []string {
	var out []string
	for _, f := range report.Formats() {
		out = append(out, cobra.CompletionWithDesc(f.Name, f.About))
	}
	return out
}

// completeCode offers the codes with their titles.
func completeCode(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return codesWithTitles(), cobra.ShellCompDirectiveNoFileComp
}

func codesWithTitles() []string {
	var out []string
	for _, e := range catalogue.All() {
		out = append(out, cobra.CompletionWithDesc(string(e.Code), diagnosis.PlainTitle(e)))
	}
	return out
}

// completeFault offers what --fault takes: the codes, and the faults by name.
func completeFault(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return append(codesWithTitles(), faultNames()...), cobra.ShellCompDirectiveNoFileComp
}

// faultNames are the faults with what they break.
func faultNames() []string {
	var out []string
	for _, k := range fault.Kinds() {
		out = append(out, cobra.CompletionWithDesc(k.Name, k.About))
	}
	slices.Sort(out)
	return out
}

// completeReport offers files of saved reports.
func completeReport(c *cobra.Command) {
	c.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return []string{"json"}, cobra.ShellCompDirectiveFilterFileExt
	}
}
