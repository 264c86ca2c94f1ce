package main

import (
	"github.com/spf13/cobra"
)

// completeFlag offers fixed values for a flag.
func completeFlag(c *cobra.Command, flag string, values ...string) {
	// The flag is registered by the caller; the only error is that it is not.
	_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}
