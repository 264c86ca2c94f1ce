package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"pullpath/internal/redact"
)

// told are the flags of check that say how is asked, and nothing that is secret or
// lies in a file of this host. A report tells them, so that another can ask again.
var told = []string{"realm", "resolve", "connect-to", "client", "blob-bytes", "full", "repeat", "platform", "no-probes", "deep", "control", "trace",
	"retry-rejected", "ipv4", "ipv6", "hop-timeout", "withhold-from-interceptors"}

// toldFlags are those of them that were given, as --name=value.
func toldFlags(f *pflag.FlagSet) []string {
	var out []string
	f.Visit(func(flag *pflag.Flag) {
		if !slices.Contains(told, flag.Name) {
			return
		}
		values := []string{flag.Value.String()}
		if many, ok := flag.Value.(pflag.SliceValue); ok {
			values = many.GetSlice()
		}
		for _, v := range values {
			out = append(out, "--"+flag.Name+"="+redact.Argument(v))
		}
	})
	return out
}

// takeFlags sets the flags of a rebuilt network's report where the command line has
// none of that name.
func takeFlags(f *pflag.FlagSet, flags []string) error {
	given := map[string]bool{}
	f.Visit(func(flag *pflag.Flag) { given[flag.Name] = true })
	for _, text := range flags {
		name, value, _ := strings.Cut(strings.TrimPrefix(text, "--"), "=")
		if given[name] || !slices.Contains(told, name) {
			continue
		}
		if err := f.Set(name, value); err != nil {
			return fmt.Errorf("the report's flag --%s: %w", name, err)
		}
	}
	return nil
}
