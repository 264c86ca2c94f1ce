package report

import (
	"bufio"
	"io"
	"io/fs"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/har"
	"pullpath/internal/metrics"
)

// Format is one form in which a report is written. Help, completion and the tests that
// hold every form to the same rules are made of this table.
type Format struct {
	// Name is the word that -o takes. About says what the form is for; shell completion
	// shows it.
	Name, About string
	// Write writes the report. Forms that are not for a terminal ignore the options.
	Write writer
	// Mode is the mode of a file of the form; 0 for one that only this user may read, which
	// is right for what holds names of hosts and users.
	Mode fs.FileMode
	// Plugin is set where the form's reader is a monitoring system, which goes by the exit
	// status. The form then has stdout for itself.
	Plugin *Plugin
}

// Plugin says what a monitoring system gets in addition to the report.
type Plugin struct {
	// Status returns the exit status for the status of a verdict, which is empty where no
	// run could be made.
	Status func(verdict string) int
	// NoRun writes what stands in place of a report where no run could be made.
	NoRun func(w io.Writer, why string) error
}

// Formats returns the forms in the order in which they are listed. The first is the one
// that a user gets who asks for none.
func Formats() []Format {
	return []Format{
		{Name: "table", About: "what a reader in a hurry needs, for a terminal", Write: Table},
		{Name: "wide", About: "every hop in full, for a terminal", Write: wideTable},
		{Name: "json", About: "the whole report, for programs and to judge it again", Write: plain(JSON)},
		{Name: "markdown", About: "for an issue or a chat", Write: Markdown},
		{Name: "html", About: "one page with all evidence, for a browser", Write: HTML},
		{Name: "junit", About: "a test case for each host and layer, for a pipeline", Write: plain(JUnit)},
		{Name: "github", About: "annotations of a GitHub Actions workflow", Write: plain(GitHub)},
		{Name: "har", About: "the requests as an HTTP archive, for a browser's network tools", Write: plain(archive)},
		{Name: "prometheus", About: "metrics in the text form, for node_exporter's textfile collector", Write: plain(metrics.Write),
			Mode: metricsMode},
		{Name: "nagios", About: "a plugin of Nagios, Icinga, Checkmk and others, with its exit status", Write: Nagios, Plugin: nagiosPlugin()},
	}
}

// metricsMode is the mode of a file of metrics: another user, that of node_exporter, reads it,
// and it holds no more than anybody may scrape.
const metricsMode = 0o644

// FormatNamed returns the form of a name.
func FormatNamed(name string) (Format, bool) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// FormatNames returns the names of all forms.
func FormatNames() string {
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// writer writes a report in one form.
type writer func(w io.Writer, t *evidence.Trace, r diagnosis.Result, opts TableOptions) error

// plain returns the writer of a form that takes no options.
func plain(write func(io.Writer, *evidence.Trace, diagnosis.Result) error) writer {
	return func(w io.Writer, t *evidence.Trace, r diagnosis.Result, _ TableOptions) error { return write(w, t, r) }
}

// archive writes the requests, with the verdict as the comment on the whole.
func archive(w io.Writer, t *evidence.Trace, r diagnosis.Result) error {
	out := bufio.NewWriter(w)
	if err := har.Of(t, footLine(t, r)).Write(escaped{out}); err != nil {
		return err
	}
	return out.Flush()
}

func wideTable(w io.Writer, t *evidence.Trace, r diagnosis.Result, opts TableOptions) error {
	opts.Wide = true
	return Table(w, t, r, opts)
}
