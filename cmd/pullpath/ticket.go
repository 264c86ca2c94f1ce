package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/report"
	"pullpath/internal/ticket"
	"pullpath/internal/userfile"
)

// ticketFormats are the forms of a change request.
var ticketFormats = []string{"text", "markdown", "csv"}

// newTicket returns the command that writes change requests from a saved report.
func newTicket(s streams) *cobra.Command {
	var audience, format, ca string
	c := &cobra.Command{Use: "ticket REPORT.json", Short: "Write the change request for a saved report, one per audience",
		Args: arguments(1, 1),
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
			return writeTicket(s, args[0], diagnosis.Audience(audience), format, ca)
		})}
	c.Flags().StringVar(&audience, "for", "", "only for this `audience`: "+strings.Join(audiences(), ", "))
	c.Flags().StringVarP(&format, "output", "o", "text", "`format`: "+strings.Join(ticketFormats, ", "))
	c.Flags().StringVar(&ca, "attach-ca", "", "attach the CA of the report's chains out of this PEM `file` to the request to the host's admin")
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

func writeTicket(s streams, path string, only diagnosis.Audience, format, ca string) error {
	trace, err := readReport(s.in, path)
	if err != nil {
		return err
	}
	r := report.Requests{Trace: trace, Result: diagnosis.Diagnose(trace, catalogue.All()), Only: only}
	r.Tickets = ticket.Make(trace, r.Result, catalogue.All())
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
