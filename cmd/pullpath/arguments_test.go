package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pullpath/internal/redact"
)

// logins are arguments as people write them by mistake, with what must not come back.
func logins() []string {
	return []string{
		"https://joe:hunter22-Secret@registry.example.com/v2/?apikey=hunter22-Key&service=x",
		"joe:hunter22-Secret@registry.example.com/a/b:hunter",
		"registry.example.com:443:joe:hunter22-Secret@h:443",
		"json=https://joe:hunter22%2DSecret%40x@h/x?hunter22-Key",
		"https://joe:hu:nter22-Secret@h/r.json",
	}
}

// quiet returns what a command needs so that the argument is all there is to it.
func quiet(c *cobra.Command) (before, after []string) {
	switch c.Name() {
	case "check", "pullpath":
		return []string{"--mock", "--no-progress", "-q", "--timeout", "2s", "--hop-timeout", "500ms"}, nil
	case "watch": // one walk, or none
		return []string{"--mock", "--no-progress", "-q", "--timeout", "2s", "--hop-timeout", "500ms", "--until", "1ms"}, nil
	case "mock":
		return []string{"-q"}, []string{"--", "true"}
	case "replay":
		return nil, []string{"no-report.json", "--", "true"}
	case "settings":
		return []string{"--root", filepath.Join(exampleHosts, "ubuntu-docker")}, nil
	}
	return nil, []string{"no-report.json"}
}

// heard runs a command line in an empty folder and returns all that it wrote.
func heard(t *testing.T, args []string) string {
	t.Helper()
	dir := t.TempDir()
	out, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	run(args, streams{in: in, out: out, err: out})
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func holdsLogin(text string) bool {
	lower := strings.ToLower(text)
	for _, part := range []string{"hunter22", "nter22", "secret@", "22-key", "joe:"} {
		if strings.Contains(lower, part) {
			return true
		}
	}
	return false
}

// commands returns all of the tree.
func commands(root *cobra.Command) []*cobra.Command {
	out := []*cobra.Command{root}
	for _, c := range root.Commands() {
		out = append(out, commands(c)...)
	}
	return out
}

// No command and no flag repeats a login that was written into its argument.
func TestNoArgumentIsRepeatedWithItsLogin(t *testing.T) {
	t.Chdir(t.TempDir())
	flags := 0
	for _, c := range commands(newRoot(streams{})) {
		name := strings.Fields(c.CommandPath())[1:]
		before, after := quiet(c)
		for _, login := range logins() {
			args := slices.Concat(name, before, []string{login})
			if text := heard(t, args); holdsLogin(text) {
				t.Errorf("%v: %.300s", args, text)
			}
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			flags++
			for i, login := range logins() {
				if f.Value.Type() != "string" && f.Value.Type() != "stringArray" && i > 0 {
					break // it is refused all the same
				}
				args := slices.Concat(name, before, []string{"--" + f.Name + "=" + login}, after)
				if text := heard(t, args); holdsLogin(text) {
					t.Errorf("%v: %.300s", args, text)
				}
			}
		})
	}
	if flags < 100 {
		t.Errorf("only %d flags were tried", flags)
	}
	for _, args := range [][]string{{"-zjoe:hunter22-Secret"}, {"check", "-qphunter22-Secret"}, {"--no-such=joe:hunter22-Secret@h"},
		{"profiles", "show", logins()[0], logins()[1]}} {
		if text := heard(t, args); text == "" || holdsLogin(text) {
			t.Errorf("%v: %.300s", args, text)
		}
	}
}

// The same in variables, where every flag has one.
func TestNoVariableIsRepeatedWithItsLogin(t *testing.T) {
	t.Chdir(t.TempDir())
	newRoot(streams{}).Flags().VisitAll(func(f *pflag.Flag) {
		name := "PULLPATH_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if slices.Contains([]string{"PULLPATH_MOCK", "PULLPATH_HELP"}, name) {
			return
		}
		t.Setenv(name, logins()[0])
		if text := heard(t, []string{"--mock", "-q", "--no-progress", "--timeout", "2s"}); holdsLogin(text) {
			t.Errorf("%s: %.300s", name, text)
		}
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	})
	t.Setenv("PULLPATH_NETWORK", logins()[0])
	if text := heard(t, []string{"check", "-q"}); text == "" || holdsLogin(text) {
		t.Errorf("%.300s", text)
	}
}

// A report tells how the run was asked for, without logins.
func TestReportTellsNoLoginOfItsFlags(t *testing.T) {
	text := heard(t, []string{"check", "--mock", "--no-progress", "--anonymous", "--timeout", "3s", "-o", "json", "--realm",
		"https://sso.redhat.com/token?apikey=hunter22-Key&service=ab", "--control", "h.example:443"})
	if holdsLogin(text) || !strings.Contains(text, "--realm=https://sso.redhat.com/token?apikey="+redact.Mark) {
		t.Errorf("%.2000s", text)
	}
}

// What looks like a login and is none stays readable.
func TestHonestArgumentsAreRepeated(t *testing.T) {
	for _, row := range [][2]string{
		{"ubi9/ubi:latest", `"ubi9/ubi:latest" does not name its registry`},
		{"registry.example.com:99999", `"registry.example.com:99999"`},
		{"registry.example.com/a@sha256:1234", "registry.example.com/a@sha256:1234"},
	} {
		if text := heard(t, []string{"check", "--mock", row[0]}); !strings.Contains(text, row[1]) {
			t.Errorf("%s: %s", row[0], text)
		}
	}
}
