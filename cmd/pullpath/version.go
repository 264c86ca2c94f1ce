package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pullpath/internal/report"
	"pullpath/tlsinspect"
)

// newVersion returns the command that shows the version, the build and the dates of the
// lists that are compiled in.
func newVersion(s streams) *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Show the version and its build options", Args: arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				info = &debug.BuildInfo{GoVersion: runtime.Version()}
			}
			if _, err := fmt.Fprintf(s.out, "pullpath %s (%s, %s/%s)\n", version, info.GoVersion, runtime.GOOS, runtime.GOARCH); err != nil {
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

// rootsModule is the module whose version dates the built-in roots.
const rootsModule = "golang.org/x/crypto/x509roots/fallback"

// buildFacts returns what the Go command wrote into the binary.
func buildFacts(info *debug.BuildInfo) [][2]string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	modified := map[string]string{"true": "yes", "false": "no"}[settings["vcs.modified"]]
	roots := "not known"
	for _, m := range info.Deps {
		if m.Path == rootsModule {
			roots = moduleDate(m.Version) + " (Mozilla's, " + m.Version + ")"
		}
	}
	return [][2]string{
		{"module", cmp.Or(info.Main.Version, "not known")},
		{"revision", cmp.Or(settings["vcs.revision"], "not known")},
		{"committed", cmp.Or(settings["vcs.time"], "not known")},
		{"modified", cmp.Or(modified, "not known")},
		{"roots", roots},
	}
}

// moduleDate returns the day in a pseudo-version (go.dev/ref/mod, "Pseudo-versions"):
// v0.0.0-20261030153154-30a33513ff6d.
func moduleDate(v string) string {
	for part := range strings.SplitSeq(v, "-") {
		part = part[strings.LastIndexByte(part, '.')+1:]
		if at, err := time.Parse("20060102150405", part); err == nil {
			return at.Format(time.DateOnly)
		}
	}
	return "not known"
}
