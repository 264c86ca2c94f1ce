package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pullpath/internal/profile"
	"pullpath/internal/redact"
	"pullpath/internal/report"
)

// newProfiles is the command that shows what the profiles hold.
func newProfiles(s streams) *cobra.Command {
	list := &cobra.Command{Use: "profiles", Short: "List the built-in allow-lists", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return listProfiles(s) }}
	var format string
	show := &cobra.Command{
		Use: "show NAME|FILE", Short: "Show an allow-list, as a table or as CSV for the ticket", Args: cobra.ExactArgs(1),
		ValidArgsFunction: completeProfile,
		RunE: interruptible("reading the profile", func(c *cobra.Command, args []string) error {
			if err := fromEnvironment(c.Flags()); err != nil {
				return err
			}
			return showProfile(s, args[0], format)
		}),
	}
	registerFormat(show.Flags(), &format)
	completeFlag(show, "output", "table", "csv", "json")
	list.AddCommand(show)
	return list
}

func registerFormat(f *pflag.FlagSet, format *string) {
	f.StringVarP(format, "output", "o", "table", "`format`: table, csv, json")
}

// completeProfile offers the names of the built-in profiles, and files.
func completeProfile(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, p := range profile.BuiltIn() {
		out = append(out, p.Name+"\t"+p.Title)
	}
	return out, cobra.ShellCompDirectiveDefault
}

func listProfiles(s streams) error {
	var rows [][]string
	for _, p := range profile.BuiltIn() {
		rows = append(rows, []string{p.Name, strconv.Itoa(len(p.Hosts)), p.Title})
	}
	return report.List(s.out, []string{"PROFILE", "HOSTS", "WHAT"}, rows, terminalWidth(s.out))
}

func showProfile(s streams, name, format string) error {
	p, err := profile.Load(name)
	if err != nil {
		return err
	}
	switch format {
	case "table":
		return profileTable(s, p)
	case "csv":
		return profileCSV(s.out, p)
	case "json":
		return report.IndentedJSON(s.out, p)
	}
	return &hintError{fmt.Sprintf("no output format %q", format), "an allow-list is written as table, csv or json"}
}

// profileTable is the allow-list for a reader. Its sources stand below, for they
// are long and few.
func profileTable(s streams, p profile.Profile) error {
	var rows [][]string
	var sources []string
	for _, h := range p.Hosts {
		purpose := h.Purpose
		if why := h.NotWalked(); why != "" {
			purpose = why + ", not walked: " + purpose
		}
		if h.Source != "" {
			if !slices.Contains(sources, h.Source) {
				sources = append(sources, h.Source)
			}
			purpose += fmt.Sprintf(" [%d]", slices.Index(sources, h.Source)+1)
		}
		rows = append(rows, []string{h.Host, port(h), need(h), string(h.Role), purpose})
	}
	if err := report.List(s.out, []string{"HOST", "PORT", "NEED", "ROLE", "PURPOSE"}, rows, cmp.Or(terminalWidth(s.out), pipeWidth)); err != nil {
		return err
	}
	text := "\n"
	for i, source := range sources {
		text += fmt.Sprintf("[%d] %s\n", i+1, redact.Visible(source))
	}
	if p.Image != "" {
		text += fmt.Sprintf("\ntry a whole pull: pullpath --profile %s %s\n", redact.Visible(p.Name), redact.Visible(p.Image))
	}
	_, err := io.WriteString(s.out, text)
	return err
}

// pipeWidth is the width of the list where no terminal has one: most purposes
// stand on one line with it.
const pipeWidth = 130

func port(h profile.Host) string { return fmt.Sprintf("%d/%s", h.Port, h.Protocol) }

func need(h profile.Host) string {
	if h.Required {
		return "required"
	}
	return "optional"
}

// profileCSV is the allow-list for a change request.
func profileCSV(out io.Writer, p profile.Profile) error {
	lines := [][]string{{"host", "port", "protocol", "need", "role", "purpose", "source"}}
	for _, h := range p.Hosts {
		lines = append(lines, []string{h.Host, strconv.Itoa(h.Port), h.Protocol, need(h), string(h.Role), h.Purpose, h.Source})
	}
	return report.CSV(out, lines)
}
