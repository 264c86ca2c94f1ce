package main

import (
	"cmp"
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"pullpath/internal/buildinfo"
	"pullpath/internal/report"
	"pullpath/tlsinspect"
)

// newVersion returns the command that shows the version, the build and the dates of the
// lists that are compiled in.
func newVersion(s streams) *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Show the version and its build options", Args: arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			info := buildinfo.Read()
			if _, err := fmt.Fprintf(s.out, "pullpath %s (%s, %s/%s)\n", version, info.Go, runtime.GOOS, runtime.GOARCH); err != nil {
				return err
			}
			logs, err := tlsinspect.BuiltInLogs()
			if err != nil {
				return err
			}
			return report.Facts(s.out, append(buildFacts(info), [2]string{"log list",
				logs.Date.UTC().Format(time.DateOnly) + " (certificate transparency)"}))
		}}
}

// buildFacts says how the program was built.
func buildFacts(info buildinfo.Info) [][2]string {
	roots := "not known"
	if info.RootsVersion != "" {
		roots = cmp.Or(info.Roots, "not known") + " (Mozilla's, " + info.RootsVersion + ")"
	}
	return [][2]string{
		{"module", cmp.Or(info.Module, "not known")},
		{"revision", cmp.Or(info.Revision, "not known")},
		{"committed", cmp.Or(info.Committed, "not known")},
		{"modified", cmp.Or(info.Modified, "not known")},
		{"roots", roots},
	}
}
