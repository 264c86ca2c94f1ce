package vantage

import (
	"github.com/spf13/pflag"

	"pullpath/internal/profile"
)

// ProfileFlag registers --profile. Given several times, or with commas, it names several
// profiles, whose hosts are taken together.
func ProfileFlag(f *pflag.FlagSet, into *string, usage string) {
	f.Var(&profileNames{into: into}, "profile", usage)
}

// profileNames is the value of --profile: the text that [profile.Load] takes.
type profileNames struct {
	into  *string
	given bool
}

// Set implements [pflag.Value]: the first replaces what is there by default, and each other
// one is added.
func (p *profileNames) Set(text string) error {
	if p.given {
		text = *p.into + profile.Separator + text
	}
	*p.into, p.given = text, true
	return nil
}

// String implements [pflag.Value].
func (p *profileNames) String() string {
	if p.into == nil {
		return ""
	}
	return *p.into
}

// Type implements [pflag.Value].
func (p *profileNames) Type() string { return "string" }
