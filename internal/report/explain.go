package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"

	"pullpath/internal/diagnosis"
)

// Explain writes an entry of the catalogue for a terminal of the given width.
func Explain(w io.Writer, entry diagnosis.Entry, width int) error {
	width = TableOptions{Width: width}.width()
	var buf bytes.Buffer
	fmt.Fprintf(&buf, "%s\n", printable(string(entry.Code)))
	buf.WriteString(hang("", diagnosis.Unfilled(entry.Title), 0, width) + "\n")
	for _, field := range fieldsOf(entry) {
		for i, text := range field.texts {
			lead := fmt.Sprintf("  %-14s", onlyFirst(field.name, i))
			if field.command {
				buf.WriteString(hangCommand(lead, printable(text), 16, width))
			} else {
				buf.WriteString(hang(lead, printable(text), 16, width))
			}
		}
	}
	_, err := buf.WriteTo(w)
	return err
}

// field is one named part of an entry, the same for terminal and document.
type field struct {
	name    string
	texts   []string
	command bool
}

func fieldsOf(e diagnosis.Entry) []field {
	fields := []field{
		{name: "severity", texts: []string{string(e.Severity) + ", " + string(e.Strength)}},
		{name: "layer", texts: []string{string(e.Layer)}},
		{name: "seen", texts: []string{diagnosis.Unfilled(e.Seen)}},
		{name: "means", texts: []string{diagnosis.Unfilled(e.Means)}},
		{name: "ask", texts: []string{audience(e.Audience) + ": " + diagnosis.Unfilled(e.Remedy)}},
		{name: "or", texts: otherWays(e)},
		{name: "clients print", texts: symptomTexts(e)},
		{name: "explained by", texts: []string{cmp.Or(codeList(e.After), "no other")}},
		{name: "cites", texts: e.Cite},
		{name: "since", texts: []string{e.Since}},
		{name: "reproduce", texts: reproducing(e), command: true},
	}
	return fields
}

// otherWays returns the other way to fix a cause, none where there is none.
func otherWays(e diagnosis.Entry) []string {
	if or := otherWay(&e.Or); or != "" {
		return []string{diagnosis.Unfilled(or)}
	}
	return nil
}

// codeList joins codes for a line.
func codeList(codes []diagnosis.Code) string {
	var out []string
	for _, c := range codes {
		out = append(out, string(c))
	}
	return strings.Join(out, ", ")
}

// reproducing returns the commands that show a finding. One about settings is not seen on a
// path. A client meets a network without a proxy only where it has no other.
func reproducing(e diagnosis.Entry) []string {
	if e.Packets {
		return []string{"pullpath diagnose CAPTURE"}
	}
	if e.Provoke.Survey != nil {
		return []string{"pullpath mock --fault " + string(e.Code) + " -- pullpath settings"}
	}
	mock := "pullpath mock"
	if e.Provoke.Direct {
		mock += " --transparent"
	}
	return []string{"pullpath check --mock=" + string(e.Code),
		mock + " --fault " + string(e.Code) + " -- podman pull registry.redhat.io/ubi9/ubi"}
}

// Docs writes the catalogue as the document docs/diagnoses.md: a section for
// each layer, a heading for each code, which is its anchor.
func Docs(w io.Writer, entries []diagnosis.Entry) error {
	var buf bytes.Buffer
	buf.WriteString(docsHead)
	for _, layer := range diagnosis.Layers() {
		opened := false
		for _, e := range entries {
			if e.Layer != layer {
				continue
			}
			if !opened {
				fmt.Fprintf(&buf, "\n## %s\n", layer)
				opened = true
			}
			docsEntry(&buf, e)
		}
	}
	_, err := buf.WriteTo(w)
	return err
}

const docsHead = `<!-- Generated from internal/catalogue by go generate. Do not edit. -->

# Diagnoses

Every cause that ` + "`pullpath`" + ` names, in the order of the path. What stands in ` + "`<>`" + `
depends on what was seen. "explained by" lists the more basic causes that, found
on the same host, leave this one out of the verdict.
`

func docsEntry(buf *bytes.Buffer, e diagnosis.Entry) {
	fmt.Fprintf(buf, "\n### %s\n\n%s\n\n", e.Code, markdown(diagnosis.Unfilled(e.Title)))
	for _, f := range fieldsOf(e) {
		if f.command {
			markdownBlock(buf, "Reproduce it:", f.texts)
			continue
		}
		for _, text := range f.texts {
			fmt.Fprintf(buf, "- **%s** %s\n", f.name, markdown(text))
		}
	}
}
