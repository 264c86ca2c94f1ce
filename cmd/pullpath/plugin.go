package main

import (
	"errors"
	"strings"

	"pullpath/internal/report"
)

// A monitoring system runs the program, shows the first line of stdout and goes by the exit
// status. It has to get both also where no run can be made, by a flag that is wrong for
// instance: the status of a wrong flag, 2, would say that the path is broken.

// withStatus ends the program with an exit status after everything was printed.
func withStatus(status int) error {
	if status == exitOK {
		return nil
	}
	return &statusError{status: status}
}

// unreported reports whether an error came in place of a report.
func unreported(err error) bool {
	var coded *statusError
	return err != nil && (!errors.As(err, &coded) || coded.cause != nil)
}

// noRun writes why there is no report, and returns the exit status.
func noRun(s streams, p *report.Plugin, why string) int {
	// What cannot be written on stdout stands on stderr already.
	_ = p.NoRun(s.out, why)
	return p.Status("")
}

// pluginAsked returns what the monitoring system expects that reads stdout, nil where none
// does. The command line may be one that cannot be parsed.
func pluginAsked(args []string, variable string) *report.Plugin {
	asked := outputFlags(args)
	if len(asked) == 0 {
		asked = strings.Fields(variable)
	}
	for _, name := range asked {
		if f, known := report.FormatNamed(name); known && f.Plugin != nil {
			return f.Plugin
		}
	}
	return nil
}

// outputFlags returns the values of -o on a command line.
func outputFlags(args []string) []string {
	// switches are the flags of one letter that take no value and may stand before the o.
	const switches = "46qv"
	var out []string
	for i, arg := range args {
		value, long := strings.CutPrefix(arg, "--output")
		short := false
		if !long {
			if letters, ok := strings.CutPrefix(arg, "-"); ok {
				value, short = strings.CutPrefix(strings.TrimLeft(letters, switches), "o")
			}
		}
		switch {
		case arg == "--":
			return out
		case !long && !short:
		case value == "":
			out = append(out, args[i+1:min(i+2, len(args))]...)
		case short || strings.HasPrefix(value, "="):
			out = append(out, strings.TrimPrefix(value, "="))
		}
	}
	return out
}
