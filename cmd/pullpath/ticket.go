package main

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fleet"
	"pullpath/internal/hint"
	"pullpath/internal/redact"
	"pullpath/internal/report"
	"pullpath/internal/ticket"
	"pullpath/internal/userfile"
)

// ticketFormats are the forms of a change request.
var ticketFormats = []string{"text", "markdown", "csv"}

// newTicket returns the command that writes change requests from a saved report.
func newTicket(s streams) *cobra.Command {
	var audience, format, ca, group string
	c := &cobra.Command{Use: "ticket REPORT.json", Short: "Write the change request for a saved report, one per audience",
		Args: func(c *cobra.Command, args []string) error {
			if group != "" {
				return arguments(1, -1)(c, args)
			}
			return arguments(1, 1)(c, args)
		},
		RunE: interruptible("writing the change request", func(_ *cobra.Command, args []string) error {
			if err := oneOf("--for", audience, append(audiences(), "")); err != nil {
				return err
			}
			if err := oneOf("-o", format, ticketFormats); err != nil {
				return err
			}
			if format == "csv" && ca != "" {
				return hint.New("--attach-ca: CSV has no place for a certificate", "write text or markdown")
			}
			wanted, err := ticketCase(s, args, group)
			if err != nil {
				return err
			}
			return writeTicket(s, wanted, diagnosis.Audience(audience), format, ca)
		})}
	c.Flags().StringVar(&audience, "for", "", "only for this `audience`: "+strings.Join(audiences(), ", "))
	c.Flags().StringVarP(&format, "output", "o", "text", "`format`: "+strings.Join(ticketFormats, ", "))
	c.Flags().StringVar(&ca, "attach-ca", "", "attach the CA of the report's chains out of this PEM `file` to the request to the host's admin")
	c.Flags().StringVar(&group, "group", "", "the request for all hosts of a group, by the `fingerprint` of their outcome (see compare); "+
		"the arguments are the reports of the fleet")
	completeReport(c)
	completeFlag(c, "for", audiences()...)
	completeFlag(c, "output", ticketFormats...)
	return c
}

func audiences() []string {
	var out []string
	for _, a := range diagnosis.Audiences() {
		out = append(out, string(a))
	}
	return out
}

// oneOf refuses a value that is not one of the known ones.
func oneOf(flag, value string, known []string) error {
	if slices.Contains(known, value) {
		return nil
	}
	return hint.New(fmt.Sprintf("%s: no %q", flag, value), "one of "+strings.Trim(strings.Join(known, ", "), ", "))
}

// asked is what a change is asked for: a report, and the hosts that it stands for.
type asked struct {
	trace *evidence.Trace
	// sources are the networks of the hosts, and note says which they are; both are empty for
	// one host.
	sources, note string
}

// ticketCase reads the report, or finds that of a group.
func ticketCase(s streams, args []string, group string) (asked, error) {
	if group == "" {
		trace, err := readReport(s.in, args[0])
		return asked{trace: trace}, err
	}
	read, err := collect(s, args)
	if err != nil {
		return asked{}, err
	}
	f := fleet.New(read.Reports, "")
	g, known := f.Group(group)
	if !known {
		return asked{}, hint.New("--group: no report has the outcome "+redact.Argument(group), "pullpath compare shows the outcomes")
	}
	trace, err := evidence.Read(bytes.NewReader(read.Samples[group]))
	if err != nil {
		return asked{}, fmt.Errorf("%s: %w", g.First, err)
	}
	sources := f.SourcesOf(g)
	return asked{trace: trace, sources: networkNames(sources.Networks), note: sourceNote(g, sources)}, nil
}

func networkNames(networks []netip.Prefix) string {
	var out []string
	for _, p := range networks {
		out = append(out, strings.TrimSuffix(strings.TrimSuffix(p.String(), "/32"), "/128"))
	}
	return strings.Join(out, " ")
}

// sourceNote says which hosts the networks hold.
func sourceNote(g fleet.Group, s fleet.Sources) string {
	out := fmt.Sprintf("the %d hosts that failed alike", g.Count)
	if s.Unknown > 0 {
		out += fmt.Sprintf("; the addresses of %d are not known", s.Unknown)
	}
	if s.Others > 0 {
		out += fmt.Sprintf("; %d hosts that came out otherwise are in these networks, too", s.Others)
	}
	return out + "; your firewall may see a NAT address"
}

// ownSource is the address that the findings name as the source.
func ownSource(r diagnosis.Result) string {
	for _, f := range r.Findings {
		if own := f.Values["source"]; own != "" {
			return own
		}
	}
	return ""
}

func writeTicket(s streams, of asked, only diagnosis.Audience, format, ca string) (err error) {
	trace := of.trace
	r := report.Requests{Trace: trace, Result: diagnosis.Diagnose(trace, catalogue.All()), Only: only}
	r.Tickets = ticket.FromSources(ticket.Make(trace, r.Result, catalogue.All()), ownSource(r.Result), of.sources, of.note)
	if r.CAs, err = attachedCAs(trace, ca); err != nil {
		return err
	}
	if only != "" {
		r.Tickets = slices.DeleteFunc(r.Tickets, func(t ticket.Ticket) bool { return t.Audience != only })
	}
	switch format {
	case "csv":
		return report.TicketCSV(s.out, r)
	case "markdown":
		return report.TicketMarkdown(s.out, r)
	}
	return report.Ticket(s.out, r, terminalWidth(s.out))
}

// attachedCAs reads the CAs of --attach-ca; none where there is no such file.
func attachedCAs(trace *evidence.Trace, name string) ([]ticket.CA, error) {
	if name == "" {
		return nil, nil
	}
	data, err := userfile.Read(name, userfile.MaxBundle)
	if err != nil {
		return nil, fmt.Errorf("--attach-ca: %w", err)
	}
	out, err := ticket.CAs(trace, data)
	if err != nil {
		return nil, fmt.Errorf("--attach-ca %s: %w", name, err)
	}
	return out, nil
}
