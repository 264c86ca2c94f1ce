package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"pullpath/internal/hint"
	"pullpath/internal/pac"
	"pullpath/internal/redact"
	"pullpath/internal/report"
	"pullpath/internal/vantage"
	"pullpath/mockproxy"
)

// maxPACText bounds what is shown of an error that quotes the file.
const maxPACText = 400

// showPAC shows what a PAC file returns for each target, by which lines, and the variables that say
// the same.
func showPAC(ctx context.Context, s streams, o *settingsOptions, args []string) error {
	outputs, err := within(ctx, openingOutputs, func() (*outputs, error) { return openOutputs(s, orTable(o.outputs)) })
	if err != nil {
		return err
	}
	defer outputs.discard()
	var file *vantage.PAC
	found, err := within(ctx, "asking the PAC file", func() (out []pac.Found, err error) {
		file, out, err = askPAC(ctx, o, args)
		return out, err
	})
	if err != nil {
		return err
	}
	err = outputs.each(s, func(out *output, w io.Writer) error {
		switch out.format.Name {
		case "json":
			return pacAsJSON(w, file, found)
		case "table", "wide":
			return writePAC(w, file, found, o.quiet, listWidth(s.out))
		}
		return errors.New("settings is written as table or json")
	})
	if err != nil {
		return err
	}
	if o.strict && slices.ContainsFunc(found, func(f pac.Found) bool { return f.Err != nil }) {
		return &statusError{status: exitFindings}
	}
	return nil
}

// askPAC brings the file and asks it for each target.
func askPAC(ctx context.Context, o *settingsOptions, args []string) (*vantage.PAC, []pac.Found, error) {
	if o.env != "" || o.root != "" || len(o.clients) > 0 || o.suggest {
		return nil, nil, hint.New("--pac and --wpad stand alone: they ask the file, and no client",
			"leave --env, --root, --clients and --suggest away; --profile, --quiet, --strict, -o and TARGETs go with them")
	}
	from, words, err := pacVantage()
	if err != nil {
		return nil, nil, err
	}
	defer from.Close()
	targets, _, err := surveyTargets(args, o.profile, words)
	if err != nil {
		return nil, nil, err
	}
	file, err := from.OpenPACOr(ctx, o.pac, o.wpad)
	if err != nil {
		return nil, nil, err
	}
	var found []pac.Found
	for _, t := range targets {
		found = append(found, file.Find(ctx, t.URL))
		if ctx.Err() != nil {
			return nil, nil, endedWhile(ctx, "asking the PAC file")
		}
	}
	if err := sameFailure(found); err != nil {
		return nil, nil, fmt.Errorf("--pac %s: %w", file.File.Final, err)
	}
	return file, found, nil
}

// pacVantage returns from where names are looked up, and the words that are hosts there.
func pacVantage() (*vantage.Vantage, []string, error) {
	path := os.Getenv(mockproxy.PassVariable)
	if path == "" {
		from, err := vantage.Machine()
		return from, nil, err
	}
	pass, err := mockproxy.LoadPass(path)
	if err != nil {
		return nil, nil, err
	}
	from, err := vantage.Of(pass)
	return from, pass.Words, err
}

// sameFailure returns the error by which the file fails for every target: then it is the
// file's.
func sameFailure(found []pac.Found) error {
	for _, f := range found {
		if f.Err == nil || len(f.Answer.Ways) > 0 || f.Err.Error() != found[0].Err.Error() {
			return nil
		}
	}
	return errors.New(pacText(found[0].Err.Error()))
}

func pacText(text string) string { return redact.Text(text, maxPACText) }

// writePAC writes the table and what stands below it.
func writePAC(w io.Writer, file *vantage.PAC, found []pac.Found, quiet bool, width int) error {
	var out strings.Builder
	lines := pac.Variables(found)
	if !quiet {
		var rows [][]string
		for _, f := range found {
			rows = append(rows, []string{f.Target.String(), goesBy(f), byLines(f)})
		}
		if file.FoundBy != "" {
			out.WriteString(report.Hang("", pacText("WPAD: "+file.FoundBy+", and the file is "+file.File.Final), 2, width) + "\n")
		}
		if err := report.List(&out, []string{"TARGET", "THE FILE SAYS, IN THIS ORDER", "BY LINES"}, rows, width); err != nil {
			return err
		}
		out.WriteString("\n")
		var notes []string
		for _, l := range decidedLines(found) {
			notes = append(notes, "line "+strconv.Itoa(l.Number)+": "+pacText(l.Text))
		}
		notes = append(notes, pacNotes(found)...)
		for _, note := range notes {
			out.WriteString(report.Hang("- ", note, 2, width))
		}
		if len(notes) > 0 {
			out.WriteString("\n")
		}
		out.WriteString(report.Comment("Container clients ignore PAC files: podman, dockerd, containerd, CRI-O, buildkitd, skopeo, crane and "+
			"curl read variables and files of their own. What says the same to them for these targets:", 0, width))
		for _, note := range lineNotes(lines) {
			out.WriteString(report.Comment(note, 2, width))
		}
	}
	for _, v := range lines.Env {
		out.WriteString(v.Name + "=" + v.Value + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// goesBy says what the file returned for a target.
func goesBy(f pac.Found) string {
	var parts []string
	for _, way := range f.Answer.Ways {
		parts = append(parts, way.String())
	}
	text := strings.Join(parts, ", then ")
	if f.Err == nil {
		return text
	}
	why := pacText(f.Err.Error())
	if text == "" {
		return "error: " + why
	}
	return text + " (" + why + ")"
}

// byLines are the numbers of the lines that decided.
func byLines(f pac.Found) string {
	var out []string
	for _, l := range f.Answer.Decided {
		if n := strconv.Itoa(l.Number); !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return strings.Join(out, ", ")
}

// decidedLines are the lines that decided, each once, in the order of the file.
func decidedLines(found []pac.Found) []pac.Line {
	var out []pac.Line
	for _, f := range found {
		for _, l := range f.Answer.Decided {
			if !slices.Contains(out, l) {
				out = append(out, l)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b pac.Line) int { return a.Number - b.Number })
	return out
}

// pacNotes say what the answers stand on.
func pacNotes(found []pac.Found) []string {
	var out, asked []string
	add := func(to *[]string, text string) {
		if !slices.Contains(*to, text) {
			*to = append(*to, text)
		}
	}
	var any pac.Answer
	failed, unknown := false, false
	for _, f := range found {
		failed = failed || f.Err != nil
		for _, q := range f.Answer.Asked {
			add(&asked, lookedUp(q))
			unknown = unknown || len(q.Addresses) == 0
		}
		for _, text := range f.Answer.Alerts {
			add(&out, "the file says by alert: "+pacText(text))
		}
		any.Clock, any.Random = any.Clock || f.Answer.Clock, any.Random || f.Answer.Random
		any.Own, any.Ex = any.Own || f.Answer.Own, any.Ex || f.Answer.Ex
	}
	if len(asked) > 0 {
		out = append(out, "names that the file looked up, from here: "+strings.Join(asked, "; "))
	}
	for _, n := range []struct {
		holds bool
		text  string
	}{
		{unknown, "a name without an address here is in no network: where it has one, the file may say something else"},
		{failed, "browsers pass over what they cannot read, and go direct where nothing is left or the script fails"},
		{any.Clock, "the file asks for the time: at another time it may say something else"},
		{any.Random, "the file asks for a random number: the next time it may say something else"},
		{any.Own, "the file asks for this machine's address: on another one it may say something else"},
		{any.Ex, "the file has FindProxyForURLEx, too, which Windows asks in place of FindProxyForURL; that was not asked"},
	} {
		if n.holds {
			out = append(out, n.text)
		}
	}
	return out
}

// lookedUp says what a lookup gave.
func lookedUp(q pac.Question) string {
	var parts []string
	for _, a := range q.Addresses {
		parts = append(parts, a.String())
	}
	if len(parts) == 0 {
		parts = []string{"none"}
	}
	if q.Failure != "" {
		parts = []string{pacText(q.Failure)}
	}
	return pacText(q.Name) + " (" + strings.Join(parts, ", ") + ")"
}

// lineNotes say what the lines do not hold.
func lineNotes(lines pac.Lines) []string {
	var out []string
	if len(lines.Env) == 0 {
		out = append(out, "- no variable")
	}
	if len(lines.Lost) > 0 {
		out = append(out, "- without the fall-backs, which no variable holds: "+strings.Join(lines.Lost, ", "))
	}
	for _, text := range lines.Apart {
		out = append(out, "- not alike for "+text)
	}
	return out
}
