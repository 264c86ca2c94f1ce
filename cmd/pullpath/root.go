package main

import (
	"os"

	"github.com/spf13/cobra"
)

// newRoot builds the command line. The root command is check itself.
func newRoot(s streams) *cobra.Command {
	asRoot, asCheck := &checkOptions{}, &checkOptions{}
	root := &cobra.Command{
		Use:           "pullpath [check] [TARGET ...]",
		Short:         "Walk the path of a container pull and name what breaks it",
		Args:          cobra.ArbitraryArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(c *cobra.Command, args []string) error { return check(c, s, asRoot, args) },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			noteUnknownVariables(s, c.Root(), os.Environ())
			return fromEnvironment(c.Flags(), os.LookupEnv)
		},
	}
	asRoot.register(root.Flags())
	root.SetFlagErrorFunc(usage)
	sub := &cobra.Command{Use: "check [TARGET ...]", Short: "Walk the path (the default command)", Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return check(c, s, asCheck, args) }}
	asCheck.register(sub.Flags())
	root.AddCommand(sub, newMock(s), newReplay(s), newWatch(s), newServe(s), newDiagnose(s), newCompare(s), newSettings(s),
		newProfiles(s), newTicket(s),
		newAnonymize(s), newExplain(s), newVersion(s))
	root.AddCommand(newTopics()...)
	completeCheck(root)
	completeCheck(sub)
	initCompletion(root, s.out)
	setTexts(root)
	setHelp(root, s)
	return root
}
