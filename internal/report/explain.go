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
	fmt.Fprintf(&buf, "%s\n", printable(entry.Code))
	buf.WriteString(hang("", placeholders(entry.Title), 0, width) + "\n")
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
		{name: "seen", texts: []string{placeholders(e.Seen)}},
		{name: "means", texts: []string{placeholders(e.Means)}},
		{name: "ask", texts: []string{audience(e.Audience) + ": " + placeholders(e.Remedy)}},
		{name: "clients print", texts: symptomTexts(e)},
		{name: "explained by", texts: []string{cmp.Or(strings.Join(e.After, ", "), "no other")}},
		{name: "cites", texts: e.Cite},
		{name: "since", texts: []string{e.Since}},
		{name: "reproduce", texts: reproducing(e), command: true},
	}
	return fields
}

// reproducing are the commands that show a finding: of settings no path tells.
func reproducing(e diagnosis.Entry) []string {
	if e.Provoke.Survey != nil {
		return []string{"pullpath mock --fault " + e.Code + " -- pullpath settings"}
	}
	return []string{"pullpath check --mock=" + e.Code, "pullpath mock --fault " + e.Code + " -- podman pull IMAGE"}
}

// placeholders writes {value} as <value>, the way that manuals do.
func placeholders(text string) string {
	return strings.NewReplacer("{", "<", "}", ">").Replace(text)
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

Every cause that ` + "`pullpath`" + ` names, in the order of the path. A word in ` + "`<>`" + `
stands for what was seen. "explained by" lists the more basic causes that, found
on the same host, leave this one out of the verdict.
`

func docsEntry(buf *bytes.Buffer, e diagnosis.Entry) {
	fmt.Fprintf(buf, "\n### %s\n\n%s\n\n", e.Code, markdown(placeholders(e.Title)))
	for _, f := range fieldsOf(e) {
		if f.command {
			fmt.Fprintf(buf, "\nReproduce it:\n\n    %s\n", printable(strings.Join(f.texts, "\n    ")))
			continue
		}
		for _, text := range f.texts {
			fmt.Fprintf(buf, "- **%s** %s\n", f.name, markdown(text))
		}
	}
}
