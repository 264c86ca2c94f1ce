package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"
	"github.com/spf13/pflag"
)

// maxScenario bounds a scenario file, in bytes; one with a page in it has some KiB.
const maxScenario = 1 << 20

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
		return mockOptions{}, fmt.Errorf("--scenario: %s is larger than 1 MiB", path)
	}
	o, line, err := parseScenario(data)
	if err != nil {
		return o, fmt.Errorf("--scenario: %s:%d: %w", path, line, err)
	}
	return o, nil
}

// parseScenario reads a scenario; with an error comes the line it is about.
func parseScenario(data []byte) (o mockOptions, line int, err error) {
	// What the library takes for its own mistake must not end us.
	defer func() {
		if r := recover(); r != nil {
			line, err = 1, fmt.Errorf("no YAML: %v", r)
		}
	}()
	if err := yaml.UnmarshalWithOptions(data, &o, yaml.Strict()); err != nil && !errors.Is(err, io.EOF) {
		line := 1
		var syntax yaml.Error
		if errors.As(err, &syntax) {
			if token := syntax.GetToken(); token != nil {
				line = token.Position.Line
			}
			return o, line, errors.New(syntax.GetMessage())
		}
		return o, line, err
	}
	for i, name := range o.Faults {
		if _, err := worldOf(name); err != nil {
			return o, lineOf(data, fmt.Sprintf("$.faults[%d]", i)), err
		}
	}
	return o, 0, nil
}

// lineOf is the line of a place in a YAML text, 1 where it cannot be found.
func lineOf(data []byte, place string) int {
	path, err := yaml.PathString(place)
	if err != nil {
		return 1
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return 1
	}
	node, err := path.FilterFile(file)
	if err != nil {
		return 1
	}
	return node.GetToken().Position.Line
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

// printScenario writes the options as a scenario file.
func printScenario(out io.Writer, o mockOptions) error {
	text, err := yaml.Marshal(o)
	if err != nil {
		return fmt.Errorf("--print-scenario: %w", err)
	}
	_, err = out.Write(text)
	return err
}
