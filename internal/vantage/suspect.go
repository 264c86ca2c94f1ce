package vantage

import (
	"pullpath/flows"
	"pullpath/internal/evidence"
	"pullpath/internal/profile"
	"pullpath/internal/settings"
)

// suspectName remarks that a target is called almost as the registry of a built-in profile.
func suspectName(a flows.Argument) []settings.Remark {
	known := profile.Meant(a.Registry())
	if known == "" {
		return nil
	}
	return []settings.Remark{{Code: settings.NameSuspect, Source: "argument", Value: evidence.HostName(a.Host),
		Text: "the name is one or two letters off " + known, Write: known}}
}
