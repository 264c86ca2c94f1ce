package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"pullpath/internal/fault"
	"pullpath/internal/hint"
	"pullpath/internal/strictyaml"
	"pullpath/internal/userfile"
	"pullpath/internal/vantage"
)

// scenarioHead tells the reader of a scenario what to do with it.
const scenarioHead = `# A network. "pullpath mock --scenario FILE" serves it.
# "faults" are what goes wrong in it, in the form of --fault ("pullpath mock --list" has all).
# Take one out to see what its repair changes; add one to see what it would break.
`

// maxScenario bounds a scenario file, in bytes. One with a page in it has some KiB; the
// network of a report over 500 hosts with its chains stays below half of this.
const maxScenario = 8 << 20

// loadScenario reads the options in a YAML file. Errors name the line.
func loadScenario(path string) (mockOptions, error) {
	data, err := userfile.Read(path, maxScenario)
	if err != nil {
		return mockOptions{}, fmt.Errorf("--scenario: %w", err)
	}
	o, err := parseScenario(data)
	o.stranger = o.Network != nil
	var wrong *strictyaml.Error
	if !errors.As(err, &wrong) {
		return o, err
	}
	for _, key := range flagsAlone {
		if wrong.Err.Error() == `unknown field "`+key+`"` {
			flag := "--" + strings.ReplaceAll(key, "_", "-")
			return o, hint.New(fmt.Sprintf("--scenario: %s:%d: %s is not taken from a file, which may come from anybody", path, wrong.Line, key),
				"take it out, and give "+flag+" on the command line")
		}
	}
	for _, key := range nowFlags {
		if wrong.Err.Error() == `unknown field "`+key+`"` {
			return o, hint.New(fmt.Sprintf("--scenario: %s:%d: %s is not a key", path, wrong.Line, key),
				"write it as a flag of check, as in flags: [--deep, --hop-timeout=1s]")
		}
	}
	return o, fmt.Errorf("--scenario: %s:%d: %w", path, wrong.Line, wrong.Err)
}

// nowFlags were keys of a network in the first scenarios.
var nowFlags = []string{"deep", "control", "client", "auth_flow", "as_article", "all_clients", "repeat", "proxy_scheme",
	"public_roots_file", "timeout", "hop_timeout"}

// flagsAlone are what would be keys, and are flags alone: they write files, or open ports.
var flagsAlone = []string{"listen", "listen_anywhere", "admin", "ca_dir", "log"}

// noteUnwritten notes which flags a scenario does not hold.
func noteUnwritten(s streams, o Serving) {
	if flags := o.unwritten(); len(flags) > 0 {
		warn(s, "not in the scenario, give again with it: %s", strings.Join(flags, ", "))
	}
}

// parseScenario reads a scenario. Its errors are of type [*strictyaml.Error].
func parseScenario(data []byte) (mockOptions, error) {
	var o mockOptions
	if err := strictyaml.Decode(data, &o); err != nil {
		return o, err
	}
	if o.Network != nil {
		var where *fault.Misplaced
		if _, err := o.Network.Network(); errors.As(err, &where) {
			return o, &strictyaml.Error{Line: strictyaml.Line(data, "$.network."+where.Place), Err: err}
		}
		for i := range o.Network.Flags {
			if err := vantage.CheckFlags(o.Network.Flags[i : i+1]); err != nil {
				return o, &strictyaml.Error{Line: strictyaml.Line(data, fmt.Sprintf("$.network.flags[%d]", i)), Err: err}
			}
		}
	}
	for i, name := range o.Faults {
		if _, err := worldOf(name); err != nil {
			return o, &strictyaml.Error{Line: strictyaml.Line(data, fmt.Sprintf("$.faults[%d]", i)), Err: err}
		}
	}
	return o, nil
}

// over lays the flags that were given over the options of a scenario. Repeatable
// flags add to it, others replace.
func (o *mockOptions) over(given *pflag.FlagSet) error {
	own := pflag.NewFlagSet("scenario", pflag.ContinueOnError)
	o.register(own)
	var failed error
	given.Visit(func(f *pflag.Flag) {
		target := own.Lookup(f.Name)
		if target == nil || failed != nil {
			return
		}
		into, repeatable := target.Value.(pflag.SliceValue)
		from, _ := f.Value.(pflag.SliceValue)
		if !repeatable || from == nil {
			failed = target.Value.Set(f.Value.String())
			return
		}
		for _, v := range from.GetSlice() {
			failed = errors.Join(failed, into.Append(v))
		}
	})
	return failed
}

// printRebuilt writes the network of a report as a scenario file.
func printRebuilt(out io.Writer, o Serving, rebuilt func() (fault.World, error)) error {
	world, err := rebuilt()
	if err != nil {
		return err
	}
	network, err := world.Scenario()
	if err != nil {
		return err
	}
	return printScenario(out, mockOptions{Network: network, Serving: o})
}

// printScenario writes the options as a scenario file.
func printScenario(out io.Writer, o mockOptions) error {
	text, err := strictyaml.Encode(o)
	if err != nil {
		return fmt.Errorf("--print-scenario: %w", err)
	}
	_, err = io.WriteString(out, scenarioHead+string(text))
	return err
}
