package buildinfo

import (
	"runtime/debug"
	"testing"
)

func TestOf(t *testing.T) {
	for name, c := range map[string]struct {
		info debug.BuildInfo
		want Info
	}{
		"nothing is known": {debug.BuildInfo{GoVersion: "go1.26.0"}, Info{Go: "go1.26.0"}},
		"all is known": {debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "v1.0.0"},
			Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-11-01"},
				{Key: "vcs.modified", Value: "true"}},
			Deps: []*debug.Module{{Path: "other", Version: "v0.0.0-20200101000000-aaaaaaaaaaaa"},
				{Path: rootsModule, Version: "v0.0.0-20261030153154-30a33513ff6d"}}},
			Info{Go: "go1.26.0", Module: "v1.0.0", Revision: "abc", Committed: "2026-11-01", Modified: "yes", Roots: "2026-10-30",
				RootsVersion: "v0.0.0-20261030153154-30a33513ff6d"}},
		"a version without a day": {debug.BuildInfo{Deps: []*debug.Module{{Path: rootsModule, Version: "v1.2.3"}}},
			Info{RootsVersion: "v1.2.3"}},
	} {
		if got := of(&c.info); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
