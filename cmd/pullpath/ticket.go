package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/report"
	"pullpath/internal/ticket"
)

// ticketFormats are the forms of a change request.
var ticketFormats = []string{"text", "markdown", "csv"}

// newTicket is the command that writes change requests from a saved report.
func newTicket(s streams) *cobra.Command {
	var audience, format string
	c := &cobra.Command{Use: "ticket REPORT.json", Short: "Write the change request for a saved report, one per audience", Args: cobra.ExactArgs(1),
		RunE: interruptible("writing the change request", func(c *cobra.Command, args []string) error {
			if err := fromEnvironment(c.Flags()); err != nil {
				return err
			}
			if err := oneOf("--for", audience, append(audiences(), "")); err != nil {
				return err
			}
			if err := oneOf("-o", format, ticketFormats); err != nil {
				return err
			}
			return writeTicket(s, args[0], diagnosis.Audience(audience), format)
		})}
	c.Flags().StringVar(&audience, "for", "", "`audience`: "+strings.Join(audiences(), ", ")+"; all without it")
	c.Flags().StringVarP(&format, "output", "o", "text", "`format`: "+strings.Join(ticketFormats, ", "))
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

// oneOf refuses a value that is none of the known.
func oneOf(flag, value string, known []string) error {
	if slices.Contains(known, value) {
		return nil
	}
	return &hintError{fmt.Sprintf("%s: no %q", flag, value), "one of " + strings.Trim(strings.Join(known, ", "), ", ")}
}

func writeTicket(s streams, path string, only diagnosis.Audience, format string) error {
	trace, err := readReport(s.in, path)
	if err != nil {
		return err
	}
	tickets := ticket.Make(trace, diagnosis.Diagnose(trace, catalogue.All()), catalogue.All())
	if only != "" {
		tickets = slices.DeleteFunc(tickets, func(t ticket.Ticket) bool { return t.Audience != only })
	}
	if len(tickets) == 0 && format != "csv" {
		_, err := fmt.Fprintln(s.out, nothingToAsk(only))
		return err
	}
	switch format {
	case "csv":
		return report.TicketCSV(s.out, tickets)
	case "markdown":
		return report.TicketMarkdown(s.out, trace, tickets)
	}
	return report.Ticket(s.out, trace, tickets, terminalWidth(s.out))
}

func nothingToAsk(only diagnosis.Audience) string {
	if only != "" {
		return "nothing to ask the " + string(only) + " for: the report has no error that is theirs"
	}
	return "nothing to ask for: the report has no error"
}
