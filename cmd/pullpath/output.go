package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/report"
	"pullpath/internal/userfile"
	"pullpath/tlsinspect"
)

// output is one -o FORMAT[=FILE].
type output struct {
	format string
	path   string
	// file is what is written at path, whole or not at all; nil for stdout.
	file *userfile.File
}

// outputs are all of them.
type outputs struct{ list []output }

// formats of this version.
var formats = []string{"table", "wide", "json", "markdown", "html", "junit"}

// orTable are the outputs that were asked for, the table where none was.
func orTable(flags []string) []string {
	if len(flags) == 0 {
		return []string{"table"}
	}
	return flags
}

// outputsOf are those of a check. Where events have stdout, no table comes unasked.
func (o *checkOptions) outputsOf() []string {
	if o.events == "-" {
		return o.outputs
	}
	return orTable(o.outputs)
}

// reportMode is that of a file with a report: names of hosts and users are in it, and
// nobody but this user has asked for them.
const reportMode = 0o600

// openOutputs reads the -o flags and opens their files before anything is sent. A path
// that is stdout's own, as /dev/stdout, is stdout.
func openOutputs(s streams, flags []string) (*outputs, error) {
	all := &outputs{}
	for _, text := range flags {
		format, path, toFile := strings.Cut(text, "=")
		if !contains(formats, format) {
			all.discard()
			return nil, &hintError{fmt.Sprintf("no output format %q", format), "one of " + strings.Join(formats, ", ")}
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
			} else if out.file, err = userfile.Create(path, userfile.Mode{New: reportMode}); err != nil {
				all.discard()
				return nil, fmt.Errorf("-o %s: %w", text, err)
			}
		}
		all.list = append(all.list, out)
	}
	return all, nil
}

// sameFile tells that a path leads to what is open already.
func sameFile(path string, open *os.File) bool {
	at, err := os.Stat(path)
	if err != nil || open.Name() == closedOutput {
		return false
	}
	info, err := open.Stat()
	return err == nil && os.SameFile(at, info)
}

// toStdout tells that an output goes to stdout.
func (o *outputs) toStdout() bool {
	for _, out := range o.list {
		if out.file == nil {
			return true
		}
	}
	return false
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
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
	return o.each(s, func(out *output, w io.Writer) error { return out.render(w, s, options, t, r) })
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

// name is the output as it was asked for.
func (o *output) name() string {
	if o.path == "" {
		return o.format
	}
	return o.format + "=" + o.path
}

func (o *output) render(w io.Writer, s streams, options *checkOptions, t *evidence.Trace, r diagnosis.Result) error {
	switch o.format {
	case "json":
		return report.JSON(w, t, r)
	case "markdown":
		return report.Markdown(w, t, r)
	case "html":
		return report.HTML(w, t, r)
	case "junit":
		return report.JUnit(w, t, r)
	}
	toTerminal := w == io.Writer(s.out) && isTerminal(s.out)
	return report.Table(w, t, r, report.TableOptions{Width: terminalWidth(s.out), Quiet: options.quiet,
		Wide: o.format == "wide", Verbose: options.verbose, Colour: toTerminal && !options.noColor && os.Getenv("NO_COLOR") == ""})
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

// terminalWidth is the width to write to; 0 where it is unknown.
func terminalWidth(f *os.File) int {
	if width, _, err := term.GetSize(int(f.Fd())); err == nil {
		return width
	}
	return 0
}

// poolFromFile reads a PEM bundle into a pool of its own.
func poolFromFile(path string) (*x509.CertPool, error) {
	data, err := userfile.Read(path, userfile.MaxBundle)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if _, err := tlsinspect.AddPEM(pool, data); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return pool, nil
}
