package main

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// everyCommand returns the commands that help shows, with the topics of help.
func everyCommand() []*cobra.Command {
	root := newRoot(streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	var out []*cobra.Command
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		out = append(out, c)
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand() {
				visit(sub)
			}
		}
	}
	visit(root)
	return out
}

func TestHelpFitsTheTerminal(t *testing.T) {
	for _, c := range everyCommand() {
		for _, width := range []int{60, 80, 100} {
			for line := range strings.Lines(helpOf(c, width)) {
				if strings.Contains(line, `\n`) || strings.Contains(line, `\t`) {
					t.Errorf("%s: the source's end of a line or tab: %s", c.CommandPath(), line)
				}
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width && strings.Contains(strings.TrimSpace(line), " ") {
					t.Errorf("%s: %d columns: %s", c.CommandPath(), n, line)
				}
			}
		}
	}
}

// A command has three examples, except those that can be written in one way only.
func TestCommandsHaveExamples(t *testing.T) {
	for _, c := range everyCommand() {
		if n := len(strings.Fields(c.Example)); n > 0 {
			for line := range strings.Lines(c.Example) {
				if err := typed(strings.TrimSpace(line)); err != nil {
					t.Errorf("%s: %v", line, err)
				}
			}
		}
		single := c.IsAdditionalHelpTopicCommand() || strings.Contains(c.CommandPath(), "completion") || c.Name() == "version"
		if n := len(strings.Split(c.Example, "\n")); n != 3 && !single {
			t.Errorf("%s has %d examples", c.CommandPath(), n)
		}
	}
}

// Every flag of the commands with many has a theme, and every theme's flag is one.
func TestFlagsHaveThemes(t *testing.T) {
	known := map[string]bool{}
	for _, c := range everyCommand() {
		if themesOf(c.Name()) == nil {
			continue
		}
		c.InitDefaultHelpFlag()
		for _, g := range flagGroups(c) {
			if g.title == otherFlags {
				t.Errorf("%s: no theme has %v", c.CommandPath(), g.flags)
			}
			for _, name := range g.flags {
				known[c.Name()+name] = true
			}
		}
	}
	for _, command := range []string{"check", "mock"} {
		for _, g := range themesOf(command) {
			for _, name := range g.flags {
				// replay and mock share themes; max-delay is replay's.
				if !known[command+name] && !known["replay"+name] && !slices.Contains([]string{"root", "failures"}, name) {
					t.Errorf("%s has no flag --%s", command, name)
				}
			}
		}
	}
}

// Lists fit a terminal of 80 columns.
func TestListsFitTheTerminal(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	for _, args := range [][]string{{"explain"}, {"explain", "--layer", "tls"}, {"mock", "--list"}, {"profiles"},
		{"profiles", "show", "openshift"}, {"profiles", "show", "k8s"}, {"settings", "--env", os.DevNull, "--clients", "go,curl", "quay.io"},
		{"help", "environment"}, {"help", "exit-status"}, {"help", "files"}, {"check", "--help"}, {"mock", "--help"}} {
		status, out, errors := invoke(t, args...)
		if status != exitOK || errors != "" || out == "" {
			t.Fatalf("%v: status %d, %s", args, status, errors)
		}
		for line := range strings.Lines(out) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("%v: %d columns: %s", args, n, line)
			}
		}
	}
}
