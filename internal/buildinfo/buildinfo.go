// Package buildinfo says how the running program was built: what the Go command wrote into it.
package buildinfo

import (
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// Info is how a program was built. What is not known is empty.
type Info struct {
	// Go is the release of Go, Module the version of the main module.
	Go, Module string
	// Revision and Committed name the commit, Modified is "yes" where files differed from it.
	Revision, Committed, Modified string
	// Roots is the day of the built-in roots of the public web, RootsVersion their version.
	Roots, RootsVersion string
}

// rootsModule is the module whose version dates the built-in roots.
const rootsModule = "golang.org/x/crypto/x509roots/fallback"

// Read returns how this program was built.
func Read() Info {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Info{Go: runtime.Version()}
	}
	return of(info)
}

func of(info *debug.BuildInfo) Info {
	out := Info{Go: info.GoVersion, Module: info.Main.Version}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			out.Revision = s.Value
		case "vcs.time":
			out.Committed = s.Value
		case "vcs.modified":
			out.Modified = map[string]string{"true": "yes", "false": "no"}[s.Value]
		}
	}
	for _, m := range info.Deps {
		if m.Path == rootsModule {
			out.Roots, out.RootsVersion = moduleDate(m.Version), m.Version
		}
	}
	return out
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
	return ""
}
