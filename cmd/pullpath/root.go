package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/report"
)

// newRoot builds the command line. The root command is check itself.
func newRoot(s streams) *cobra.Command {
	options := newCheckOptions()
	root := &cobra.Command{
		Use:   "pullpath [check] [TARGET ...]",
		Short: "Walk the path of a container pull and name what breaks it",
		Long: "pullpath walks the path that a container pull takes (proxy settings, DNS, TCP, CONNECT, TLS,\n" +
			"token, /v2/, manifest, blob CDN), says at which hop and why it breaks, and whose change mends it.\n\n" +
			"TARGET is a host, host:port or image reference; without one the profile's hosts are checked.",
		Args:          cobra.ArbitraryArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(c *cobra.Command, args []string) error { return check(c, s, options, args) },
	}
	options.register(root.Flags())
	root.SetFlagErrorFunc(usage)
	sub := &cobra.Command{Use: "check [TARGET ...]", Short: "Walk the path (the default command)", Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return check(c, s, options, args) }}
	options.register(sub.Flags())
	root.AddCommand(sub, newMock(s), newReplay(s), newDiagnose(s), newCompare(s), newSettings(s), newProfiles(s), newExplain(s), newVersion(s))
	for _, c := range []*cobra.Command{root, sub} {
		// The flag is registered above; the only error is that it is not.
		_ = c.RegisterFlagCompletionFunc("profile", func(c *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			return completeProfile(c, nil, typed)
		})
	}
	return root
}

func usage(c *cobra.Command, err error) error {
	return &hintError{text: err.Error(), hint: "see " + c.CommandPath() + " --help"}
}

// fromEnvironment fills every flag that was not given from PULLPATH_<FLAG>. A
// repeatable flag's variable is split at blanks.
func fromEnvironment(flags *pflag.FlagSet) error {
	var failed error
	flags.VisitAll(func(f *pflag.Flag) {
		name := "PULLPATH_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := os.LookupEnv(name)
		if !ok || f.Changed || failed != nil || f.Name == "help" {
			return
		}
		values := []string{value}
		if _, repeatable := f.Value.(pflag.SliceValue); repeatable {
			values = strings.Fields(value)
		}
		for _, v := range values {
			if err := flags.Set(f.Name, v); err != nil {
				failed = fmt.Errorf("%s: %w", name, err)
			}
		}
	})
	return failed
}

func newExplain(s streams) *cobra.Command {
	codes := func() []string {
		var out []string
		for _, e := range catalogue.All() {
			out = append(out, e.Code)
		}
		return out
	}
	return &cobra.Command{
		Use: "explain [CODE]", Short: "Show the catalogue, or one entry", Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return codes(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listCodes(s)
			}
			i := slices.IndexFunc(catalogue.All(), func(e diagnosis.Entry) bool { return e.Code == args[0] })
			if i < 0 {
				return &hintError{text: fmt.Sprintf("no code %q in the catalogue", args[0]), hint: nearest(args[0], codes())}
			}
			return report.Explain(s.out, catalogue.All()[i], terminalWidth(s.out))
		},
	}
}

func listCodes(s streams) error {
	for _, e := range catalogue.All() {
		if _, err := fmt.Fprintf(s.out, "%-34s %-8s %s\n", e.Code, e.Severity, e.PlainTitle()); err != nil {
			return err
		}
	}
	return nil
}

// nearest gives the codes that share a word with what was typed.
func nearest(word string, known []string) string {
	var out []string
	for _, k := range known {
		for _, part := range strings.Split(word, "-") {
			if len(part) > 2 && strings.Contains(k, part) && !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	if len(out) == 0 || len(out) > 12 {
		return "pullpath explain lists all codes"
	}
	return "did you mean " + strings.Join(out, ", ")
}

func newVersion(s streams) *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Show the version", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		goVersion := runtime.Version()
		if info, ok := debug.ReadBuildInfo(); ok {
			goVersion = info.GoVersion
		}
		_, err := fmt.Fprintf(s.out, "pullpath %s (%s, %s/%s)\n", version, goVersion, runtime.GOOS, runtime.GOARCH)
		return err
	}}
}
