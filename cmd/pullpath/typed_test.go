package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"mvdan.cc/sh/v3/shell"

	"pullpath/internal/catalogue"
	"pullpath/internal/profile"
	"pullpath/internal/report"
)

// What a text tells somebody to type works as it is typed: every pullpath line of README and
// of explain names a command, flags, values and as many arguments as there are.
func TestLinesToTypeAreRight(t *testing.T) {
	lines := readmeLines(t)
	if len(lines) < 30 {
		t.Errorf("%d lines in README", len(lines))
	}
	for _, e := range catalogue.All() {
		var out strings.Builder
		if err := report.Explain(&out, e, 1000); err != nil {
			t.Fatal(err)
		}
		_, reproduce, _ := strings.Cut(out.String(), "  reproduce")
		for line := range strings.Lines(reproduce) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	for _, line := range lines {
		if err := typed(line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// readmeLine is a command line of README, with what is said of it behind two blanks.
var readmeLine = regexp.MustCompile(`(?m)^    (pullpath(?: \S+|  ?'[^']*')*)`)

func readmeLines(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range readmeLine.FindAllStringSubmatch(string(text), -1) {
		if line, _, _ := strings.Cut(m[1], " > "); !strings.Contains(line, "·") { // a line of a report
			out = append(out, line)
		}
	}
	return out
}

// typed reads a command line as the program does, without running it.
func typed(line string) error {
	words, err := shell.Fields(line, func(string) string { return "x" })
	if err != nil {
		return err
	}
	if len(words) == 0 || words[0] != "pullpath" {
		return fmt.Errorf("no line of pullpath")
	}
	root := newRoot(streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	root.InitDefaultCompletionCmd()
	c, rest, err := root.Find(words[1:])
	if err != nil {
		return err
	}
	if err := c.ParseFlags(rest); err != nil {
		return err
	}
	args := c.Flags().Args()
	if c.Args != nil {
		if err := c.Args(c, args); err != nil {
			return err
		}
	}
	if c.Name() == "mock" && len(args) > 1 && args[0] == "pullpath" {
		return typed(strings.Join(args, " "))
	}
	return valuesExist(c, args)
}

// valuesExist checks the values that are names of this program's own.
func valuesExist(c *cobra.Command, args []string) error {
	value := func(flag string) string {
		if f := c.Flags().Lookup(flag); f != nil && f.Changed {
			return f.Value.String()
		}
		return ""
	}
	faults, _ := c.Flags().GetStringArray("fault") // of commands without it there are none
	for _, name := range append(faults, value("mock")) {
		if name != "" && name != healthy {
			if _, err := worldOf(name); err != nil {
				return err
			}
		}
	}
	for name := range strings.SplitSeq(value("profile"), profile.Separator) {
		if name != "" && !strings.HasSuffix(name, ".yaml") && !slices.Contains(profile.Names(), name) {
			return fmt.Errorf("no profile %s", name)
		}
	}
	if c.Name() == "explain" && len(args) == 1 && !slices.Contains(codes(), args[0]) {
		return fmt.Errorf("no code %s", args[0])
	}
	for _, word := range args {
		if c.Name() == "check" && (strings.HasPrefix(word, "<") || word == strings.ToUpper(word) && strings.ContainsAny(word, "ABC")) {
			return fmt.Errorf("%s is no target", word)
		}
	}
	return nil
}

// TestTryLinesRun runs one of each sort of the lines below "try" in the network in which it
// was printed. A client may fail there, that is what is shown; it must not refuse the line.
func TestTryLinesRun(t *testing.T) {
	if os.Getuid() != 0 || testing.Short() {
		t.Skip("a network namespace needs root")
	}
	for _, tool := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("no %s", tool)
			}
			t.Skipf("no %s", tool)
		}
	}
	ran, began := 0, false
	for sort, line := range tryLines(t) {
		if _, err := exec.LookPath(strings.Fields(line.text)[0]); err != nil {
			continue
		}
		ran++
		// The program itself: in a namespace it is started again, which this process must not be.
		c := exec.Command("pullpath", "mock", "--transparent", "--fault", line.code, "--", "timeout", "2", "sh", "-c", line.text)
		out, _ := c.CombinedOutput() // the status is looked at
		status, all := c.ProcessState.ExitCode(), strings.ToLower(string(out))
		refused := strings.HasPrefix(line.text, "curl") && (status == 2 || status == 3) || status == 126 || status == 127 ||
			strings.Contains(all, "unknown option") || strings.Contains(all, "syntax error") || strings.Contains(all, "usage:")
		began = began || strings.Contains(all, "connected to") || strings.Contains(all, "trying")
		if refused {
			t.Errorf("%s (%s): status %d\n%s", line.text, sort, status, out)
		}
	}
	if ran < 5 || !began {
		t.Errorf("%d sorts of lines were run, and a connection was tried: %v", ran, began)
	}
}

// tryLine is a line with the code of the network in which it was printed.
type tryLine struct{ code, text string }

// tryLines are the lines of the grid's texts, one of each sort: the same tool and flags.
func tryLines(t *testing.T) map[string]tryLine {
	t.Helper()
	files, err := filepath.Glob("../../internal/grid/testdata/*.txt")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d texts, %v", len(files), err)
	}
	out := map[string]tryLine{}
	for _, file := range files {
		code := strings.TrimSuffix(filepath.Base(file), ".txt")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			command, found := strings.CutPrefix(line, "try ")
			if !found || !slices.Contains(codes(), code) {
				continue
			}
			command = strings.TrimSpace(command)
			if sort := sortOf(command); out[sort].text == "" {
				out[sort] = tryLine{code, command}
			}
		}
	}
	return out
}

// sortOf is the tool with its flags.
func sortOf(command string) string {
	words := strings.Fields(command)
	sort := words[0]
	for _, w := range words[1:] {
		if strings.HasPrefix(w, "-") || strings.HasPrefix(w, "+") {
			sort += " " + w
		}
	}
	return sort
}
