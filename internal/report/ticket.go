package report

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/ticket"
)

// ticketLabel is where the text of a change request's lines begins.
const ticketLabel = 13

// Ticket writes change requests as text of the given width, one after the other.
func Ticket(w io.Writer, t *evidence.Trace, tickets []ticket.Ticket, width int) error {
	width = TableOptions{Width: width}.width()
	var buf bytes.Buffer
	for i, request := range tickets {
		if i > 0 {
			buf.WriteByte('\n')
		}
		buf.WriteString(hang("", "Change request for the "+audience(request.Audience), 0, width))
		buf.WriteString(hang("", ticketOrigin(t), 0, width))
		for n, b := range request.Blocks {
			fmt.Fprintf(&buf, "\n%d. %s\n", n+1, ticket.Heading(b.Change))
			for _, l := range ticketLines(b) {
				ticketText(&buf, l, width)
			}
		}
	}
	_, err := buf.WriteTo(w)
	return err
}

func ticketText(buf *bytes.Buffer, l ticketLine, width int) {
	for i, text := range l.texts {
		lead := fmt.Sprintf("   %-*s", ticketLabel-3, onlyFirst(l.name, i))
		if l.command {
			buf.WriteString(hangCommand(lead, printable(text), ticketLabel, width))
		} else {
			buf.WriteString(hang(lead, printable(text), ticketLabel, width))
		}
	}
}

// ticketOrigin says which run the request comes from.
func ticketOrigin(t *evidence.Trace) string {
	origin := sentence("seen "+t.Started.UTC().Format(time.RFC3339), "run "+t.Seed, "from "+t.Vantage.Hostname, "pullpath "+t.Tool.Version)
	if t.Vantage.Network != "" {
		origin += " (in a made-up network: " + t.Vantage.Network + ")"
	}
	return printable(origin)
}

// ticketLine is one named part of a block, the same for text and Markdown.
type ticketLine struct {
	name    string
	texts   []string
	command bool
}

func ticketLines(b ticket.Block) []ticketLine {
	what := b.What
	if b.Alternative {
		what += ". Another team can mend the same in another way: one of the two is enough"
	}
	why := b.Why
	if b.Strength != diagnosis.Proven && b.Strength != "" {
		why += " (" + string(b.Strength) + ", not proven)"
	}
	lines := []ticketLine{{name: "change", texts: []string{what}}}
	if len(b.Rows) > 0 {
		lines = append(lines, ticketLine{name: "to", texts: rowTexts(b.Rows)},
			ticketLine{name: "from", texts: []string{b.Rows[0].Source + " (" + b.SourceNote + ")"}},
			ticketLine{name: "names", texts: b.Advice})
	}
	return append(lines,
		ticketLine{name: "why", texts: []string{why}},
		ticketLine{name: "evidence", texts: []string{b.Seen + " [" + b.Code + "]"}},
		ticketLine{name: "log", texts: b.Find, command: true},
		ticketLine{name: "verify", texts: []string{b.Verify}, command: true},
		ticketLine{name: "not asked", texts: []string{b.Unasked}})
}

func rowTexts(rows []ticket.Row) []string {
	var out []string
	for _, r := range rows {
		text := r.Host + " " + strconv.Itoa(r.Port) + "/" + r.Protocol
		if r.Via != "" {
			text += " through " + r.Via
		}
		out = append(out, text)
	}
	return out
}

// TicketMarkdown writes change requests for a ticket system.
func TicketMarkdown(w io.Writer, t *evidence.Trace, tickets []ticket.Ticket) error {
	var buf bytes.Buffer
	for i, request := range tickets {
		if i > 0 {
			buf.WriteByte('\n')
		}
		fmt.Fprintf(&buf, "## Change request for the %s\n\n%s\n", audience(request.Audience), markdown(ticketOrigin(t)))
		for n, b := range request.Blocks {
			fmt.Fprintf(&buf, "\n### %d. %s\n\n", n+1, ticket.Heading(b.Change))
			for _, l := range ticketLines(b) {
				if l.command {
					markdownBlock(&buf, "**"+l.name+"**", l.texts)
					buf.WriteByte('\n')
					continue
				}
				for _, text := range l.texts {
					fmt.Fprintf(&buf, "- **%s** %s\n", l.name, markdown(text))
				}
			}
		}
	}
	_, err := buf.WriteTo(w)
	return err
}

// TicketCSV writes the allow-list rows alone, a header line first.
func TicketCSV(w io.Writer, tickets []ticket.Ticket) error {
	lines := [][]string{{"audience", "change", "host", "port", "protocol", "source", "proxy", "code"}}
	for _, request := range tickets {
		for _, b := range request.Blocks {
			for _, r := range b.Rows {
				lines = append(lines, []string{string(request.Audience), string(b.Change), r.Host, strconv.Itoa(r.Port), r.Protocol, r.Source, r.Via, b.Code})
			}
		}
	}
	return CSV(w, lines)
}
