package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/diagnosis"
	"pullpath/internal/report"
)

// plugins returns the forms that a monitoring system reads.
func plugins() []report.Format {
	return slices.DeleteFunc(report.Formats(), func(f report.Format) bool { return f.Plugin == nil })
}

// The exit status is the form's own, by what was found.
func TestPluginStatus(t *testing.T) {
	for _, f := range plugins() {
		for fault, verdict := range map[string]string{
			"healthy": diagnosis.StatusPass, "no-proxy-entry-ineffective": diagnosis.StatusWarn, "proxy-connect-denied": diagnosis.StatusFail,
		} {
			status, out, errors := invoke(t, "check", "--mock="+fault, "-o", f.Name)
			if want := f.Plugin.Status(verdict); status != want || out == "" || errors != "" {
				t.Errorf("%s, %s: status %d, want %d\n%s%s", f.Name, fault, status, want, out, errors)
			}
			saved := filepath.Join(t.TempDir(), "report.json")
			first, _, _ := invoke(t, "check", "--mock="+fault, "-o", "json="+saved, "-o", "table")
			again, _, _ := invoke(t, "diagnose", saved, "-o", f.Name)
			if want := f.Plugin.Status(verdict); again != want {
				t.Errorf("%s, %s judged again: status %d, want %d", f.Name, fault, again, want)
			}
			to, _, _ := invoke(t, "diagnose", saved, "-o", f.Name+"="+filepath.Join(t.TempDir(), "out"))
			if first != to {
				t.Errorf("%s to a file: status %d, want the usual %d", f.Name, to, first)
			}
		}
	}
}

// Where no run can be made the monitoring system is told so in its own form.
func TestPluginWithoutRun(t *testing.T) {
	for _, f := range plugins() {
		for _, args := range [][]string{
			{"check", "-o", f.Name, "--no-such-flag"},
			{"--no-such-flag", "-qo", f.Name},
			{"--timeout", "soon", "--output=" + f.Name},
			{"check", "-4", "-6", "-o" + f.Name},
			{"-o", f.Name, "no/registry/in/this:name"},
			{"-o", f.Name, "--profile", "/no/such/file"},
			{"-o", f.Name, "-o", "table", "--mock"},
			{"-o", f.Name, "-o", f.Name, "--mock"},
			{"-o", f.Name, "--events", "-", "--mock"},
			{"diagnose", "/no/such/report", "-o", f.Name},
		} {
			status, out, errors := invoke(t, args...)
			why, _, _ := strings.Cut(strings.TrimPrefix(errors, "error: "), "\n")
			if status != f.Plugin.Status("") || strings.Count(out, "\n") != 1 || errors == "" || !strings.Contains(out, why) {
				t.Errorf("%q: status %d, stdout %q, stderr %q", args, status, out, errors)
			}
		}
		if status, out, _ := invoke(t, "check", "--no-such-flag", "-o", f.Name+"=FILE"); status != exitUsage || out != "" {
			t.Errorf("%s to a file: status %d, stdout %q", f.Name, status, out)
		}
		t.Setenv("PULLPATH_OUTPUT", f.Name)
		if status, out, _ := invoke(t, "check", "--no-such-flag"); status != f.Plugin.Status("") || out == "" {
			t.Errorf("%s by variable: status %d, stdout %q", f.Name, status, out)
		}
		if err := os.Unsetenv("PULLPATH_OUTPUT"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOutputFlags(t *testing.T) {
	for line, want := range map[string][]string{
		"":                               nil,
		"check -o a -o=b -oc":            {"a", "b", "c"},
		"--output d --output=e":          {"d", "e"},
		"-qo a -q4vob":                   {"a", "b"},
		"-o":                             nil,
		"--output":                       nil,
		"--outputs=a --o=b -uo c":        nil,
		"mock --fault x -- sh -c x -o a": nil,
		"-o a -- -o b":                   {"a"},
		"- -o a=b":                       {"a=b"},
	} {
		if got := outputFlags(strings.Fields(line)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
