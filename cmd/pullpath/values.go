package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pullpath/internal/hint"
	"pullpath/internal/redact"
	"pullpath/internal/sandbox"
	"pullpath/internal/vantage"
	"pullpath/mockproxy"
)

// variableOf returns the variable that stands for a flag.
func variableOf(flag string) string {
	return redact.Own + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromEnvironment fills every flag that was not given from PULLPATH_<FLAG>. A
// repeatable flag's variable is split at blanks.
func fromEnvironment(flags *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var failed error
	flags.VisitAll(func(f *pflag.Flag) {
		name := variableOf(f.Name)
		value, ok := lookup(name)
		if !ok || f.Changed || failed != nil || f.Name == "help" {
			return
		}
		values := []string{value}
		if _, repeatable := f.Value.(pflag.SliceValue); repeatable {
			values = strings.Fields(value)
		}
		for _, v := range values {
			if err := flags.Set(f.Name, v); err != nil {
				failed = badValue(f, name, v, err)
			}
		}
		f.Annotations = map[string][]string{vantage.FromVariable: {name}}
	})
	return failed
}

// badValue returns the error of a value that a flag does not take. typed is what gave it: the
// flag or its variable.
func badValue(f *pflag.Flag, typed, value string, cause error) error {
	accepted := accepts(f)
	if accepted == "" {
		return hint.New(fmt.Sprintf("%s: %v", typed, rootOf(cause)), "see pullpath help")
	}
	return hint.New(fmt.Sprintf("%s: %q %s", typed, redact.Text(redact.Argument(value), maxValueShown), accepted), examples(f))
}

// maxValueShown bounds a value in an error, in runes.
const maxValueShown = 60

// rootOf returns the innermost error: what a flag itself says of its value.
func rootOf(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// accepts says in words which sort of value a value is not; empty where the flag says so
// itself.
func accepts(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "bool":
		return "is neither true nor false"
	case "int", "int64":
		return "is not a whole number"
	case "duration":
		return "is not a time with a unit, as 5s"
	case "duration|client":
		return "is neither a length of time with a unit nor the word client"
	}
	return ""
}

// examples are values that a flag takes.
func examples(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "bool":
		return "write true or false; 1 and 0 do as well"
	case "int", "int64":
		return "write a number without a unit, for example " + f.DefValue
	}
	return "write for example 5s, 1m30s or 500ms"
}

// usage returns the error of a flag. Of one letter after the other in one argument none
// is repeated but the first: others write a password there (-pSECRET). Nor is what
// follows a colon in the name of a flag that does not exist (--user:joe:SECRET): no name
// has one.
func usage(c *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		return badValue(invalid.GetFlag(), "--"+invalid.GetFlag().Name, invalid.GetValue(), err)
	}
	text, _, _ := strings.Cut(err.Error(), " in -")
	advice := "see " + c.CommandPath() + " --help"
	if name, unknown := strings.CutPrefix(text, "unknown flag: "); unknown {
		name, _, _ = strings.Cut(name, ":")
		text = "unknown flag: " + name
		var known []string
		c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
		if meant := hint.DidYouMean(name, known); meant != "" {
			advice = meant + " " + advice
		}
	}
	return hint.New(text, advice)
}

// noteUnknownVariables names the variables that look like this program's and are not, also one
// of its own in other letters, which Windows alone takes for the same.
func noteUnknownVariables(s streams, root *cobra.Command, environ []string) {
	known := knownVariables(root)
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		upper := strings.ToUpper(name)
		if runtime.GOOS == "windows" {
			name = upper
		}
		inOtherLetters := upper != name && slices.Contains(known, upper)
		if value == "" || slices.Contains(known, name) || !strings.HasPrefix(name, redact.Own) && !inOtherLetters {
			continue
		}
		text := "no flag and nothing else reads the variable " + redact.Text(name, maxValueShown)
		if inOtherLetters {
			text += "; write it as " + upper
		} else if meant := hint.DidYouMean(name, known); meant != "" {
			text += "; " + meant
		}
		warn(s, "%s", text)
	}
}

// knownVariables are those of every command's flags, and the others that are read.
func knownVariables(root *cobra.Command) []string {
	out := otherVariables()
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if name := variableOf(f.Name); f.Name != "help" && !slices.Contains(out, name) {
				out = append(out, name)
			}
		})
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(root)
	return out
}

// otherVariables are those that stand for no flag.
func otherVariables() []string {
	return []string{vantage.UserVariable, vantage.PasswordVariable, mockproxy.PassVariable, sandbox.Marker,
		watchStatus, watchFingerprint, watchSummary}
}
