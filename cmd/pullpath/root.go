package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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
	root.AddCommand(sub, newMock(s), newReplay(s), newDiagnose(s), newCompare(s), newSettings(s), newProfiles(s), newTicket(s), newAnonymize(s), newExplain(s), newVersion(s))
	completeCheck(root)
	completeCheck(sub)
	return root
}

// usage is the error of a flag. Of one letter after the other in one argument none is
// repeated but the first: others write a password there (-pSECRET). Nor is what follows a
// colon in the name of a flag that does not exist (--user:joe:SECRET): no name has one.
func usage(c *cobra.Command, err error) error {
	text, _, _ := strings.Cut(err.Error(), " in -")
	if name, unknown := strings.CutPrefix(text, "unknown flag: "); unknown {
		name, _, _ = strings.Cut(name, ":")
		text = "unknown flag: " + name
	}
	return &hintError{text: text, hint: "see " + c.CommandPath() + " --help"}
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
