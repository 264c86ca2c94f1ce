package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pullpath/internal/fault"
	"pullpath/internal/hint"
	"pullpath/internal/redact"
	"pullpath/internal/vantage"
)

// orMeant adds to the error of a word that is no host what may have been meant.
func orMeant(err error, c *cobra.Command) error {
	var unknown *vantage.UnknownWord
	if !errors.As(err, &unknown) {
		return err
	}
	word := redact.Argument(unknown.Word)
	asHost := "a host of this name is " + word + ":443"
	if isCauseOrFault(word) {
		return hint.New(err.Error(), "to check the made-up network write --mock="+word+", with =; "+asHost)
	}
	if meant := hint.Near(word, append(commandNames(c.Root()), causesAndFaults()...)); len(meant) > 0 {
		return hint.New(err.Error(), "did you mean "+strings.Join(meant, ", ")+"? "+asHost)
	}
	if c.Name() == "settings" {
		return hint.New(err.Error(), asHost+"; clients are asked for with --clients")
	}
	image := "; an image needs its registry, as in docker.io/library/" + word
	if unknown.AsImage != "" {
		image += "; " + unknown.AsImage
	}
	return hint.New(err.Error(), asHost+image)
}

// commandNames are those of the commands that help shows.
func commandNames(root *cobra.Command) []string {
	var out []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			out = append(out, c.Name())
		}
	}
	return out
}

// causesAndFaults are the values of --mock and --fault.
func causesAndFaults() []string {
	out := codes()
	for _, k := range fault.Kinds() {
		if !slices.Contains(out, k.Name) {
			out = append(out, k.Name)
		}
	}
	return out
}

// isCauseOrFault reports whether a text is a value of --mock, with parameters or without.
func isCauseOrFault(text string) bool {
	name, _, _ := strings.Cut(text, ":")
	return slices.Contains(causesAndFaults(), name)
}

// arguments returns a check of how many arguments a command is given; most is -1 for any
// number.
func arguments(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch n := len(args); {
		case n < least:
			return hint.New(fmt.Sprintf("%s: %s needed, %d given", c.Name(), counted(least, "argument is", "arguments are"), n),
				"write "+written(c))
		case most >= 0 && n > most:
			return tooMany(c, args, most)
		}
		return nil
	}
}

// tooMany returns the error of arguments that a command does not take. One may be the name of
// a command below it, or what that command takes.
func tooMany(c *cobra.Command, args []string, most int) error {
	text := fmt.Sprintf("%s: %s taken, %d given", c.Name(), counted(most, "argument is", "arguments are"), len(args))
	if most > 0 || !c.HasAvailableSubCommands() {
		return hint.New(text, "write "+written(c))
	}
	if meant := hint.DidYouMean(args[0], commandNames(c)); meant != "" {
		return hint.New(text, meant)
	}
	below := c.Commands()[0]
	return hint.New(text, "write "+below.CommandPath()+" "+redact.Argument(args[0]))
}

// written is how a command is written, with what it takes.
func written(c *cobra.Command) string {
	_, takes, _ := strings.Cut(c.Use, " ")
	return strings.TrimSpace(c.CommandPath() + " " + takes)
}

func counted(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + one
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
