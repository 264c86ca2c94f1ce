package main

import (
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/report"
	"pullpath/tlsinspect"
)

// output is one -o FORMAT[=FILE].
type output struct {
	format string
	path   string
	// file is the temporary file beside path: nothing is left half-written.
	file *os.File
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

// openOutputs reads the -o flags and opens their files before anything is sent.
func openOutputs(flags []string) (*outputs, error) {
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
			if out.file, err = os.CreateTemp(filepath.Dir(path), ".pullpath-*"); err != nil {
				all.discard()
				return nil, fmt.Errorf("-o %s: %w", text, err)
			}
		}
		all.list = append(all.list, out)
	}
	return all, nil
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
			_ = out.file.Close()
			_ = os.Remove(out.file.Name())
		}
	}
}

// write renders every output.
func (o *outputs) write(s streams, options *checkOptions, t *evidence.Trace, r diagnosis.Result) error {
	for i := range o.list {
		out := &o.list[i]
		var w io.Writer = s.out
		if out.file != nil {
			w = out.file
		}
		if err := out.render(w, s, options, t, r); err != nil {
			return fmt.Errorf("-o %s: %w", out.format, err)
		}
		if err := out.finish(); err != nil {
			return err
		}
	}
	return nil
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
	toTerminal := o.file == nil && isTerminal(s.out)
	return report.Table(w, t, r, report.TableOptions{Width: terminalWidth(s.out), Quiet: options.quiet,
		Wide: o.format == "wide", Verbose: options.verbose, Colour: toTerminal && !options.noColor && os.Getenv("NO_COLOR") == ""})
}

// finish puts the temporary file into its place.
func (o *output) finish() error {
	if o.file == nil {
		return nil
	}
	if err := o.file.Close(); err != nil {
		return err
	}
	if err := os.Rename(o.file.Name(), o.path); err != nil {
		return fmt.Errorf("-o %s=%s: %w", o.format, o.path, err)
	}
	o.file = nil
	return nil
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
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if _, err := tlsinspect.AddPEM(pool, data); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return pool, nil
}
