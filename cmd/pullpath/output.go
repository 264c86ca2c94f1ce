package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/report"
	"pullpath/internal/userfile"
)

// output is one -o FORMAT[=FILE].
type output struct {
	format report.Format
	// path is empty for stdout.
	path string
	// file is the file at path, written completely or not at all; nil for stdout.
	file *userfile.File
}

// outputs are all of them.
type outputs struct{ list []output }

// outputUsage describes -o in the help of a command that writes a report.
func outputUsage() string {
	return "write the report in this `format[=file]`: " + report.FormatNames() + "; repeatable"
}

// orTable returns the outputs that were asked for, the table where none was.
func orTable(flags []string) []string {
	if len(flags) == 0 {
		return []string{report.Formats()[0].Name}
	}
	return flags
}

// outputsOf returns those of a check. Where events have stdout, no table comes unasked.
func (o *checkOptions) outputsOf() []string {
	if o.events == "-" {
		return o.outputs
	}
	return orTable(o.outputs)
}

// reportMode is the mode of a file with a report: it has names of hosts and users, which
// only this user has asked for.
const reportMode = 0o600

func modeOf(f report.Format) userfile.Mode {
	return userfile.Mode{New: cmp.Or(f.Mode, reportMode), Exact: f.Mode != 0}
}

// openOutputs reads the -o flags and opens their files before anything is sent. A path
// that is stdout's own, as /dev/stdout, is stdout.
func openOutputs(s streams, flags []string) (*outputs, error) {
	all := &outputs{}
	for _, text := range flags {
		name, path, toFile := strings.Cut(text, "=")
		format, known := report.FormatNamed(name)
		if !known {
			all.discard()
			return nil, hint.New(fmt.Sprintf("no output format %q", name),
				joinHints(hint.DidYouMean(name, formatNames()), "one of "+report.FormatNames()))
		}
		if second := secondForm(path); second != "" {
			all.discard()
			return nil, hint.New(fmt.Sprintf("-o %s: one form each", text),
				"write -o once for each form, and in PULLPATH_OUTPUT a blank between two")
		}
		out := output{format: format, path: path}
		if toFile {
			if path == "" {
				all.discard()
				return nil, fmt.Errorf("-o %s: no file name after =", text)
			}
			var err error
			if sameFile(path, s.out) {
				out.path = ""
			} else if out.file, err = userfile.Create(path, modeOf(format)); err != nil {
				all.discard()
				return nil, fmt.Errorf("-o %s: %w", text, err)
			}
		}
		all.list = append(all.list, out)
	}
	if all.onStdout() > 1 {
		all.discard()
		return nil, hint.New("stdout has room for one form of the report, and "+all.stdoutNames()+" would go there",
			"give the others a file: -o FORMAT=FILE")
	}
	return all, nil
}

// stdoutNames names the forms that go to stdout.
func (o *outputs) stdoutNames() string {
	var names []string
	for _, out := range o.list {
		if out.path == "" {
			names = append(names, out.format.Name)
		}
	}
	return strings.Join(names, " and ")
}

// secondForm returns the form that a comma in a file's name seems to begin, empty for none.
func secondForm(path string) string {
	parts := strings.Split(path, ",")
	for _, part := range parts[1:] {
		name, _, _ := strings.Cut(part, "=")
		if slices.Contains(formatNames(), name) {
			return name
		}
	}
	return ""
}

func formatNames() []string {
	var out []string
	for _, f := range report.Formats() {
		out = append(out, f.Name)
	}
	return out
}

func joinHints(hints ...string) string {
	return strings.Join(slices.DeleteFunc(hints, func(h string) bool { return h == "" }), " ")
}

// plugin returns what a monitoring system expects, nil where none reads stdout.
func (o *outputs) plugin() *report.Plugin {
	for _, out := range o.list {
		if out.path == "" && out.format.Plugin != nil {
			return out.format.Plugin
		}
	}
	return nil
}

// sameFile reports whether a path leads to what is open already.
func sameFile(path string, open *os.File) bool {
	at, err := os.Stat(path)
	if err != nil || open.Name() == closedOutput {
		return false
	}
	info, err := open.Stat()
	return err == nil && os.SameFile(at, info)
}

// onStdout counts the outputs that go to stdout.
func (o *outputs) onStdout() int {
	n := 0
	for _, out := range o.list {
		if out.path == "" {
			n++
		}
	}
	return n
}

// discard removes the files that were not finished.
func (o *outputs) discard() {
	for _, out := range o.list {
		if out.file != nil {
			out.file.Discard()
		}
	}
}

// write renders every output. One that cannot be written does not keep the others from
// being written.
func (o *outputs) write(s streams, options *checkOptions, t *evidence.Trace, r diagnosis.Result) error {
	err := o.each(s, func(out *output, w io.Writer) error { return out.render(w, s, options, t, r) })
	if options.quiet && o.onStdout() == 0 && options.events != "-" {
		// Who asks for the verdict alone gets it where all forms go to files, too.
		err = errors.Join(err, report.Table(s.out, t, r, report.TableOptions{Quiet: true}))
	}
	return err
}

// each renders the outputs by a function and puts the files into their places.
func (o *outputs) each(s streams, render func(*output, io.Writer) error) error {
	var failed error
	for i := range o.list {
		out := &o.list[i]
		var w io.Writer = s.out
		if out.file != nil {
			w = out.file
		}
		err := render(out, w)
		if err == nil {
			err = out.finish()
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("-o %s: %w", out.name(), err))
		}
	}
	return failed
}

// name returns the output as it was asked for.
func (o *output) name() string {
	if o.path == "" {
		return o.format.Name
	}
	return o.format.Name + "=" + o.path
}

func (o *output) render(w io.Writer, s streams, options *checkOptions, t *evidence.Trace, r diagnosis.Result) error {
	toTerminal := w == io.Writer(s.out) && isTerminal(s.out) && obeysEscapes(s.out)
	return o.format.Write(w, t, r, report.TableOptions{Width: terminalWidth(s.out), Quiet: options.quiet,
		Verbose: options.verbose, Failures: options.failures, Colour: toTerminal && !options.noColor && os.Getenv("NO_COLOR") == ""})
}

// finish puts the file into its place.
func (o *output) finish() error {
	if o.file == nil {
		return nil
	}
	file := o.file
	o.file = nil
	return file.Commit()
}

func isTerminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()) }

// terminalWidth returns the width to write to: that of COLUMNS, else of the terminal; 0 where
// it is unknown.
func terminalWidth(f *os.File) int {
	if width, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && width > 0 {
		return width
	}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil {
		return width
	}
	return 0
}
