package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pullpath/internal/allowlist"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/profile"
	"pullpath/internal/report"
)

// newProfiles returns the command that shows the profiles.
func newProfiles(s streams) *cobra.Command {
	list := &cobra.Command{Use: "profiles", Short: "List the built-in allow-lists", Args: arguments(0, 0),
		RunE: func(*cobra.Command, []string) error { return listProfiles(s) }}
	var format string
	show := &cobra.Command{
		Use: "show NAME|FILE...", Short: "Show an allow-list, as a table, for the ticket, or for a proxy or firewall",
		Args:              arguments(1, -1),
		ValidArgsFunction: completeProfile,
		RunE: interruptible("reading the profile", func(c *cobra.Command, args []string) error {
			return showProfile(c.Context(), s, strings.Join(args, profile.Separator), format)
		}),
	}
	registerFormat(show.Flags(), &format)
	completeFlag(show, "output", profileFormats()...)
	list.AddCommand(show)
	return list
}

func registerFormat(f *pflag.FlagSet, format *string) {
	f.StringVarP(format, "output", "o", "table", "`format`: "+strings.Join(profileFormats(), ", ")+"; nft looks the names up")
}

// profileFormats are the forms that an allow-list is written in.
func profileFormats() []string {
	out := []string{"table", "csv", "json"}
	for _, f := range allowlist.Forms() {
		out = append(out, f.Name)
	}
	return out
}

// completeProfile offers the names of the built-in profiles, and files.
func completeProfile(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
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
	return report.List(s.out, []string{"PROFILE", "HOSTS", "WHAT"}, rows, listWidth(s.out))
}

func showProfile(ctx context.Context, s streams, name, format string) error {
	p, err := profile.Load(name)
	if err != nil {
		return err
	}
	switch format {
	case "table":
		return profileTable(s, p, name)
	case "csv":
		return profileCSV(s.out, p)
	case "json":
		return report.IndentedJSON(s.out, p)
	}
	for _, f := range allowlist.Forms() {
		if f.Name == format {
			return writeAllowList(ctx, s, p, f)
		}
	}
	return hint.New(fmt.Sprintf("no output format %q", format), "an allow-list is written as "+strings.Join(profileFormats(), ", "))
}

// writeAllowList writes a profile for a device, and beside it what the form cannot hold.
func writeAllowList(ctx context.Context, s streams, p profile.Profile, f allowlist.Form) error {
	left, err := f.Write(ctx, s.out, p, allowlist.Network{Now: time.Now, LookUp: func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}})
	for _, note := range left {
		warn(s, "%s", note)
	}
	return err
}

// profileTable writes the allow-list for a reader. Its sources are listed below, because they
// are long and few.
func profileTable(s streams, p profile.Profile, named string) error {
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
	if err := report.List(s.out, []string{"HOST", "PORT", "NEED", "ROLE", "PURPOSE"}, rows,
		listWidth(s.out)); err != nil {
		return err
	}
	var notes []string
	for i, source := range sources {
		notes = append(notes, fmt.Sprintf("[%d] %s", i+1, source))
	}
	if p.SourcesSeen != "" {
		notes = append(notes, "sources read on "+p.SourcesSeen)
	}
	notes = append(notes, ofRun(p)...)
	var text strings.Builder
	for _, note := range notes {
		text.WriteString(report.Hang("", note, 4, listWidth(s.out)))
	}
	if p.Image != "" {
		const lead = "try a whole pull: "
		text.WriteString(report.HangCommand(lead, "pullpath --profile "+diagnosis.Quote(named)+" "+diagnosis.Quote(p.Image), len(lead),
			listWidth(s.out)))
	}
	_, err := io.WriteString(s.out, text.String())
	return err
}

// ofRun says what a profile does in a run besides naming hosts.
func ofRun(p profile.Profile) []string {
	var out []string
	for _, h := range p.Hosts {
		if h.Expect != nil {
			out = append(out, "expect of "+h.Host+": "+expected(*h.Expect)+"; another answer is a warning")
		}
	}
	if p.CA != "" {
		out = append(out, "ca: "+p.CA+" is added to the client's trust in a run of this profile")
	}
	if p.Login != "" {
		out = append(out, "login: one that is given by hand is for "+p.Login)
	}
	return out
}

// expected says by what a registry is recognised.
func expected(f evidence.Fingerprint) string {
	var out []string
	for _, part := range [][2]string{{"realm", strings.Join(f.Realm, " or ")}, {"service", f.Service}, {"API version", f.APIVersion}} {
		if part[1] != "" {
			out = append(out, part[0]+" "+part[1])
		}
	}
	return strings.Join(out, ", ")
}

// unbounded is the width of a list that goes into a pipe: what reads it there wants one line
// for each row, and no text of a list is longer.
const unbounded = 1000

// listWidth is the width to write a list to.
func listWidth(f *os.File) int { return cmp.Or(terminalWidth(f), unbounded) }

func port(h profile.Host) string { return fmt.Sprintf("%d/%s", h.Port, h.Protocol) }

func need(h profile.Host) string {
	if h.Required {
		return "required"
	}
	return "optional"
}

// profileCSV writes the allow-list for a change request.
func profileCSV(out io.Writer, p profile.Profile) error {
	lines := [][]string{{"host", "port", "protocol", "need", "role", "purpose", "source", "source_read"}}
	for _, h := range p.Hosts {
		lines = append(lines, []string{h.Host, strconv.Itoa(h.Port), h.Protocol, need(h), string(h.Role), h.Purpose, h.Source, p.SourcesSeen})
	}
	return report.CSV(out, lines)
}
