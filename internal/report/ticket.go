package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/ticket"
	"pullpath/internal/words"
)

// ticketLabel is the column at which the text of a change request's lines begins.
const ticketLabel = 13

// Requests are the change requests of a judged trace.
type Requests struct {
	Trace   *evidence.Trace
	Result  diagnosis.Result
	Tickets []ticket.Ticket
	// Only is the one audience that is asked, empty for each.
	Only diagnosis.Audience
	// CAs are attached to the request to the host's admin, who has to add them.
	CAs []ticket.CA
}

// attached are the CAs that a request carries, each with a line that says what it is.
func (r Requests) attached(to diagnosis.Audience) (lines, certificates []string) {
	if to != diagnosis.HostAdmin {
		return nil, nil
	}
	for _, ca := range r.CAs {
		lines = append(lines, "attached: the CA "+printable(ca.Subject)+", SHA-256 "+ca.SHA256)
		certificates = append(certificates, ca.PEM)
	}
	return lines, certificates
}

// nothing says that there is nothing to ask for, and how the hosts came out.
func (r Requests) nothing() string {
	whom, what := "", "the report has no error and no warning"
	if r.Result.Verdict.Status == diagnosis.StatusUndecided && r.Trace.FromText() {
		return fmt.Sprintf("nothing to ask for yet: %s. pullpath diagnose has the commands that decide", printable(sum(r.Trace, r.Result)))
	}
	if r.Only != "" {
		whom, what = "the "+audience(r.Only)+" ", "no error and no warning of the report is theirs to fix"
	}
	return fmt.Sprintf("nothing to ask %sfor: %s (%s)", whom, what, printable(sum(r.Trace, r.Result)))
}

// Ticket writes change requests as text of the given width, one after the other.
func Ticket(w io.Writer, r Requests, width int) error {
	width = TableOptions{Width: width}.width()
	var buf bytes.Buffer
	if len(r.Tickets) == 0 {
		buf.WriteString(hang("", r.nothing(), 0, width))
	}
	for i, request := range r.Tickets {
		if i > 0 {
			buf.WriteByte('\n')
		}
		buf.WriteString(hang("", "Change request for the "+audience(request.Audience), 0, width))
		buf.WriteString(hang("", ticketOrigin(r.Trace), 0, width))
		buf.WriteString(hang("", footLine(r.Trace, r.Result), 0, width))
		for n, b := range request.Blocks {
			if part := newPart(request.Blocks, n); part != "" {
				buf.WriteString("\n" + hang("", part, 0, width))
			}
			fmt.Fprintf(&buf, "\n%d. %s\n", n+1, ticket.Heading(b.Change))
			for _, l := range ticketLines(b) {
				ticketText(&buf, l, width)
			}
		}
		lines, certificates := r.attached(request.Audience)
		for n, line := range lines {
			buf.WriteString("\n" + hang("", line, 0, width) + certificates[n])
		}
	}
	_, err := buf.WriteTo(w)
	return err
}

// newPart returns the heading of the part that begins with a block, empty where none does.
func newPart(blocks []ticket.Block, n int) string {
	if n > 0 && blocks[n-1].Need == blocks[n].Need {
		return ""
	}
	return ticket.PartHeading(blocks[n].Need)
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

// ticketOrigin returns which run the request comes from.
func ticketOrigin(t *evidence.Trace) string {
	if t.FromText() {
		return words.Join(readFrom(t), "pullpath "+t.Tool.Version)
	}
	origin := words.Join("seen "+t.Started.UTC().Format(time.RFC3339), "run "+t.Seed, "from "+cmp.Or(t.Vantage.Node, t.Vantage.Hostname),
		"pullpath "+t.Tool.Version)
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
	if len(b.Alternatives) > 0 {
		what += ". " + alternatives(b)
	}
	why := b.Why
	if b.Strength != diagnosis.Proven && b.Strength != "" {
		why += " (" + string(b.Strength) + ", not proven)"
	}
	lines := []ticketLine{{name: "change", texts: []string{what}}}
	if len(b.Rows) > 0 {
		lines = append(lines, ticketLine{name: "to", texts: rowTexts(b.Rows)},
			ticketLine{name: "from", texts: []string{b.Rows[0].Source + " (" + b.SourceNote + ")"}},
			ticketLine{name: "note", texts: b.Advice})
	}
	return append(lines,
		ticketLine{name: "why", texts: []string{why}},
		ticketLine{name: "evidence", texts: []string{b.Seen + " [" + b.Code + "]"}},
		ticketLine{name: "log", texts: b.Find, command: true},
		ticketLine{name: "verify", texts: []string{b.Verify}, command: true},
		ticketLine{name: "excluded", texts: []string{b.Unasked}})
}

// alternatives says who else can fix what a block asks for.
func alternatives(b ticket.Block) string {
	var others []string
	for _, a := range b.Alternatives {
		others = words.AppendNew(others, "the "+audience(a))
	}
	return "Either this change or one by " + strings.Join(others, " or ") + " fixes the problem; only one is needed"
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
func TicketMarkdown(w io.Writer, r Requests) error {
	var buf bytes.Buffer
	if len(r.Tickets) == 0 {
		buf.WriteString(markdown(r.nothing()) + "\n")
	}
	for i, request := range r.Tickets {
		if i > 0 {
			buf.WriteByte('\n')
		}
		fmt.Fprintf(&buf, "## Change request for the %s\n\n%s\n\n%s\n", audience(request.Audience), markdown(ticketOrigin(r.Trace)),
			markdown(footLine(r.Trace, r.Result)))
		for n, b := range request.Blocks {
			if part := newPart(request.Blocks, n); part != "" {
				fmt.Fprintf(&buf, "\n**%s**\n", part)
			}
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
		lines, certificates := r.attached(request.Audience)
		for n, line := range lines {
			markdownBlock(&buf, markdown(line), strings.Split(strings.TrimSpace(certificates[n]), "\n"))
		}
	}
	_, err := buf.WriteTo(w)
	return err
}

// TicketCSV writes a line for each connection of a change, below a header line. The need
// says how much a pull needs the change.
func TicketCSV(w io.Writer, r Requests) error {
	lines := [][]string{{"audience", "change", "host", "port", "protocol", "source", "proxy", "code", "need"}}
	for _, request := range r.Tickets {
		for _, b := range request.Blocks {
			for _, row := range b.Concerns {
				lines = append(lines, []string{string(request.Audience), string(b.Change), row.Host, strconv.Itoa(row.Port), row.Protocol,
					row.Source, row.Via, b.Code, string(b.Need)})
			}
		}
	}
	return CSV(w, lines)
}
