package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pullpath/internal/golden"
	"pullpath/internal/sandbox"
)

// manDir holds the manual pages; packages install them.
const manDir = "../../docs/man"

// manDate stands in the pages in place of the day of generation, which would make
// each page stale on the next.
const manDate = "Nov 2026"

// The manual pages are those of this command line. go test ./cmd/pullpath -update
// writes them.
func TestManualPagesAreCurrent(t *testing.T) {
	root := newRoot(streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	want := map[string]string{}
	manual(root, want)
	for name, text := range want {
		golden.Check(t, filepath.Join(manDir, name), text)
	}
	files, err := filepath.Glob(filepath.Join(manDir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if _, known := want[filepath.Base(f)]; !known {
			t.Errorf("%s belongs to no command", f)
		}
	}
}

// The pages say what a user of the pages alone has to know.
func TestManualPagesAreWhole(t *testing.T) {
	root := newRoot(streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	pages := map[string]string{}
	manual(root, pages)
	for name, page := range pages {
		for _, section := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "ENVIRONMENT", "SEE ALSO"} {
			if !strings.Contains(page, ".SH "+section+"\n") {
				t.Errorf("%s has no %s", name, section)
			}
		}
	}
	check := pages["pullpath-check.1"]
	all := strings.ReplaceAll(strings.Join(slices.Collect(maps.Values(pages)), ""), `\_`, "_")
	for _, name := range knownVariables(root) {
		if name != sandbox.Marker && !strings.Contains(all, name) { // that one a process sets for itself
			t.Errorf("no page names %s", name)
		}
	}
	for _, section := range []string{"EXAMPLES", "FILES"} {
		if !strings.Contains(check, ".SH "+section+"\n") {
			t.Errorf("pullpath-check.1 has no %s", section)
		}
	}
}

// manual writes the page of a command and of those below it.
func manual(c *cobra.Command, out map[string]string) {
	out[pageOf(c)+".1"] = string(md2man.Render([]byte(manPage(c))))
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			manual(sub, out)
		}
	}
}

func pageOf(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manPage returns the page of a command as the Markdown that go-md2man reads.
func manPage(c *cobra.Command) string {
	c.InitDefaultHelpFlag()
	var b strings.Builder
	fmt.Fprintf(&b, "%% %q \"1\" %q \"pullpath\" \"pullpath manual\"\n", strings.ToUpper(pageOf(c)), manDate)
	section := func(title, text string) {
		if text != "" {
			fmt.Fprintf(&b, "# %s\n%s\n\n", title, strings.TrimSpace(text))
		}
	}
	section("NAME", pageOf(c)+" - "+c.Short)
	section("SYNOPSIS", "**"+escaped(written(c)+flagsMark(c))+"**")
	section("DESCRIPTION", escaped(about(c)))
	section("EXAMPLES", examplesOf(c))
	for _, g := range flagGroups(c) {
		section(optionsTitle(g.title), optionsOf(c, g))
	}
	section("EXIT STATUS", termsOf(exitStatusTexts()))
	section("ENVIRONMENT", variablesOf(c)+termsOf(environmentTexts()))
	section("FILES", termsOf(filesTexts()))
	section("SEE ALSO", seeAlso(c))
	return b.String()
}

// escaped keeps Markdown from reading marks in a text.
func escaped(text string) string {
	return strings.NewReplacer("<", "\\<", ">", "\\>", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]").Replace(text)
}

func examplesOf(c *cobra.Command) string {
	if !c.HasExample() {
		return ""
	}
	var b strings.Builder
	b.WriteString("```\n")
	for line := range strings.Lines(c.Example) {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String() + "```\n"
}

func optionsTitle(theme string) string {
	if theme == "Flags" {
		return "OPTIONS"
	}
	return "OPTIONS: " + strings.ToUpper(theme)
}

func optionsOf(c *cobra.Command, g theme) string {
	var b strings.Builder
	for _, name := range g.flags {
		flag, text := flagTexts(c.Flags().Lookup(name))
		fmt.Fprintf(&b, "**%s**\n: %s\n\n", escaped(strings.TrimSpace(flag)), escaped(text))
	}
	return b.String()
}

func termsOf(terms []meaning) string {
	var b strings.Builder
	for _, t := range terms {
		fmt.Fprintf(&b, "**%s**\n: %s\n\n", escaped(t.word), escaped(t.means))
	}
	return b.String()
}

// variablesOf names the variables that stand for the flags of a command.
func variablesOf(c *cobra.Command) string {
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && !f.Hidden {
			names = append(names, escaped(variableOf(f.Name)))
		}
	})
	if len(names) == 0 {
		return ""
	}
	return "Of this command's flags: " + strings.Join(names, ", ") + ".\n\n"
}

func seeAlso(c *cobra.Command) string {
	var out []string
	if c.HasParent() {
		out = append(out, "**"+pageOf(c.Parent())+"(1)**")
	}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			out = append(out, "**"+pageOf(sub)+"(1)**")
		}
	}
	if len(out) == 0 {
		return "The project's README and docs."
	}
	return strings.Join(out, ", ")
}
