package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// manDir holds the manual pages; packages install them.
const manDir = "../../docs/man"

// manDate stands in the pages in place of the day of generation, which would make
// each page stale on the next.
var manDate = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)

// The manual pages are those of this command line. go test ./cmd/pullpath -update
// writes them.
func TestManualPagesAreCurrent(t *testing.T) {
	root := newRoot(streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	root.InitDefaultCompletionCmd()
	want := map[string]string{}
	manual(t, root, want)
	if *update {
		if err := os.MkdirAll(manDir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range want {
			if err := os.WriteFile(filepath.Join(manDir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(manDir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range files {
		found = append(found, filepath.Base(f))
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != want[filepath.Base(f)] {
			t.Errorf("%s is stale: run go test ./cmd/pullpath -run Manual -update", f)
		}
	}
	for name := range want {
		if !slices.Contains(found, name) {
			t.Errorf("%s is missing: run go test ./cmd/pullpath -run Manual -update", name)
		}
	}
}

// manual writes the page of a command and of those below it.
func manual(t *testing.T, c *cobra.Command, out map[string]string) {
	t.Helper()
	c.DisableAutoGenTag = true
	var page bytes.Buffer
	header := &doc.GenManHeader{Section: "1", Source: "pullpath", Manual: "pullpath manual", Date: &manDate}
	if err := doc.GenMan(c, header, &page); err != nil {
		t.Fatal(err)
	}
	out[strings.ReplaceAll(c.CommandPath(), " ", "-")+".1"] = page.String()
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			manual(t, sub, out)
		}
	}
}
