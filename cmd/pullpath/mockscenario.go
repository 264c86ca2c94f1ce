package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"

	"pullpath/internal/fault"
	"pullpath/internal/strictyaml"
)

// maxScenario bounds a scenario file, in bytes. One with a page in it has some KiB; the
// network of a report over 500 hosts with its chains stays below half of this.
const maxScenario = 8 << 20

// loadScenario reads the options in a YAML file. Errors name the line.
func loadScenario(path string) (mockOptions, error) {
	f, err := os.Open(path)
	if err != nil {
		return mockOptions{}, fmt.Errorf("--scenario: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxScenario+1))
	if err != nil {
		return mockOptions{}, fmt.Errorf("--scenario: %w", err)
	}
	if len(data) > maxScenario {
		return mockOptions{}, fmt.Errorf("--scenario: %s is larger than 8 MiB", path)
	}
	o, err := parseScenario(data)
	var wrong *strictyaml.Error
	if errors.As(err, &wrong) {
		return o, fmt.Errorf("--scenario: %s:%d: %w", path, wrong.Line, wrong.Err)
	}
	return o, err
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
	_, err = out.Write(text)
	return err
}
