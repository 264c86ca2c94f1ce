package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode"
)

func TestTableGolden(t *testing.T) {
	for _, s := range samples() {
		for _, width := range []int{80, 120, 200} {
			t.Run(fmt.Sprintf("%s/%d", s.name, width), func(t *testing.T) {
				got := render(t, func(b *bytes.Buffer) error { return Table(b, s.trace, s.result, TableOptions{Width: width}) })
				isGolden(t, fmt.Sprintf("table/%s.%d.txt", s.name, width), got)
			})
		}
		for name, opts := range map[string]TableOptions{
			"colour": {Width: 120, Colour: true}, "wide": {Width: 160, Wide: true},
			"verbose": {Width: 120, Verbose: true}, "quiet": {Quiet: true},
		} {
			t.Run(s.name+"/"+name, func(t *testing.T) {
				got := render(t, func(b *bytes.Buffer) error { return Table(b, s.trace, s.result, opts) })
				isGolden(t, fmt.Sprintf("table/%s.%s.txt", s.name, name), got)
			})
		}
	}
}

func TestHealthyFitsOneScreen(t *testing.T) {
	s := healthyProxied()
	got := render(t, func(b *bytes.Buffer) error { return Table(b, s.trace, s.result, TableOptions{}) })
	if n := bytes.Count(got, []byte("\n")); n > 24 {
		t.Errorf("nine healthy hosts take %d lines of 80 columns, want at most 24:\n%s", n, got)
	}
}

// No line but that of a command's single long word is wider than asked for.
func TestTableKeepsItsWidth(t *testing.T) {
	for _, s := range samples() {
		for width := 60; width <= 200; width += 13 {
			got := render(t, func(b *bytes.Buffer) error {
				return Table(b, s.trace, s.result, TableOptions{Width: width, Verbose: width%2 == 0})
			})
			for line := range strings.Lines(string(got)) {
				line = strings.TrimRight(line, "\n")
				if columns(line) > width && !oneLongWord(line) {
					t.Fatalf("%s at %d: %d columns: %s", s.name, width, columns(line), line)
				}
			}
		}
	}
}

func oneLongWord(line string) bool {
	return len(strings.Fields(strings.TrimSuffix(line, `\`))) == 1 && strings.HasPrefix(line, strings.Repeat(" ", labelWidth+2))
}

func TestNothingIsObeyed(t *testing.T) {
	s := hostile()
	for _, f := range Formats() {
		for _, opts := range []TableOptions{{Verbose: true}, {Quiet: true}} {
			for _, r := range string(render(t, func(b *bytes.Buffer) error { return f.Write(b, s.trace, s.result, opts) })) {
				if r != '\n' && !unicode.IsPrint(r) {
					t.Errorf("%s prints %U", f.Name, r)
					break
				}
			}
		}
	}
}

func TestColourOnlyColours(t *testing.T) {
	for _, s := range samples() {
		plain := render(t, func(b *bytes.Buffer) error { return Table(b, s.trace, s.result, TableOptions{Width: 100}) })
		coloured := string(render(t, func(b *bytes.Buffer) error {
			return Table(b, s.trace, s.result, TableOptions{Width: 100, Colour: true})
		}))
		for _, code := range []string{red, yellow, green, cyan, "0"} {
			coloured = strings.ReplaceAll(coloured, "\x1b["+code+"m", "")
		}
		if coloured != string(plain) {
			t.Errorf("%s: without its colours the coloured table differs:\n%s", s.name, coloured)
		}
	}
}
