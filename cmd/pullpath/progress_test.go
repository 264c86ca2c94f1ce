package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"pullpath/flows"
	"pullpath/internal/evidence"
)

// screen returns what a terminal shows after the bytes of a display: lines, a cursor,
// and the sequences that the display uses.
func screen(t *testing.T, written string, width int) []string {
	t.Helper()
	lines, at := []string{""}, 0
	for len(written) > 0 {
		var up int
		switch {
		case strings.HasPrefix(written, "\x1b[K"):
			written = written[3:]
		case strings.HasPrefix(written, "\x1b["):
			if _, err := fmt.Sscanf(written, "\x1b[%dA", &up); err != nil {
				t.Fatalf("what is %q?", written)
			}
			at -= up
			written = written[strings.IndexByte(written, 'A')+1:]
		case written[0] == '\r':
			written = written[1:]
		default:
			end := strings.IndexAny(written, "\x1b\n")
			lines[at] = written[:end]
			if len([]rune(lines[at])) >= width {
				t.Errorf("a line of %d columns on %d", len([]rune(lines[at])), width)
			}
			written = written[end:]
			if written = strings.TrimPrefix(written, "\x1b[K"); strings.HasPrefix(written, "\n") {
				written = written[1:]
				if at++; at == len(lines) {
					lines = append(lines, "")
				}
			}
		}
		if at < 0 {
			t.Fatal("the cursor left what the display wrote")
		}
	}
	return lines
}

func display(out *bytes.Buffer, width, height int, hosts ...string) *progress {
	p := &progress{out: out, size: func() (int, int) { return width, height }}
	for _, h := range hosts {
		p.lines = append(p.lines, hostLine{host: h})
	}
	return p
}

func begun(host string, op evidence.Op) flows.Event {
	return flows.Event{Stage: flows.Begun, Hop: evidence.Hop{Op: op, Target: host, Purpose: evidence.Path}}
}

// A host has one line, whatever it does, in the order of the plan; a host that is
// found on the way comes last, and a hostile name is not obeyed.
func TestDisplayHasALineForEachHost(t *testing.T) {
	var out bytes.Buffer
	p := display(&out, 80, 24, "a:443", "b:443")
	p.hop(begun("b:443", evidence.OpResolve))
	p.hop(begun("a:443", evidence.OpDial))
	p.hop(flows.Event{Stage: flows.Ended, Hop: evidence.Hop{Op: evidence.OpResolve, Target: "b:443", State: evidence.OK, TookMS: 12}})
	p.hop(begun("c\x1b[2J:443", evidence.OpHandshake))
	p.transfer("a:443", 50, 100)
	want := []string{"a:443         [====================                    ] 50% of 0.0 MiB", "b:443         DNS ok, 12 ms",
		`c\x1b[2J:443  TLS …`, ""}
	if got := screen(t, out.String(), 80); !slices.Equal(trimmed(got), trimmed(want)) {
		t.Errorf("the screen shows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	p.clear()
	if got := strings.Join(trimmed(screenCleared(t, out.String())), ""); got != "" {
		t.Errorf("after the end the screen shows %q", got)
	}
	before := out.Len()
	p.hop(begun("a:443", evidence.OpRequest))
	if out.Len() != before {
		t.Error("something was written after the end")
	}
}

// A terminal that was stopped stops no walk: telling of a step waits for nothing.
func TestAStoppedTerminalHoldsUpNothing(t *testing.T) {
	r, w := piped(t)
	p := display(nil, 80, 24, "a:443")
	p.drawOn(w)
	for i := range 2000 { // more than the pipe takes
		p.transfer("a:443", int64(i), 2000)
		p.hop(begun("a:443", evidence.OpDial))
	}
	_ = r.Close()
	p.clear()
}

// trimmed leaves out the room between the columns.
func trimmed(lines []string) []string {
	var out []string
	for _, l := range lines {
		out = append(out, strings.Join(strings.Fields(l), " "))
	}
	return out
}

// screenCleared is screen for bytes that end in erasing each line.
func screenCleared(t *testing.T, written string) []string {
	t.Helper()
	last := written[strings.LastIndex(written[:strings.LastIndex(written, "\r")], "\r"):]
	if strings.Trim(last, "\r\x1b[KA\n0123456789") != "" {
		t.Errorf("the end writes %q", last)
	}
	if n := strings.Count(last, eraseRest); n != 3 {
		t.Errorf("%d lines are erased, want 3", n)
	}
	return nil
}

// It never is higher or wider than the terminal.
func TestDisplayFitsTheTerminal(t *testing.T) {
	var out bytes.Buffer
	var hosts []string
	for i := range 40 {
		hosts = append(hosts, fmt.Sprintf("a-very-long-name-of-a-host-that-has-many-parts-%02d.example:443", i))
	}
	p := display(&out, 40, 10, hosts...)
	p.hop(begun(hosts[0], evidence.OpDial))
	p.hop(begun(hosts[39], evidence.OpDial))
	got := screen(t, out.String(), 40)
	if len(got) != 10 || got[8] != "and 32 more hosts" {
		t.Errorf("%d lines:\n%s", len(got), strings.Join(got, "\n"))
	}
}

func TestNoDisplayOutsideATerminal(t *testing.T) {
	for name, o := range map[string]*checkOptions{"a pipe": {}, "quiet": {quiet: true}, "--no-progress": {noProgress: true}} {
		if p := newProgress(nullFile(t), o, flows.Plan{}); p.out != nil {
			t.Errorf("%s: a display is written", name)
		}
	}
}

func nullFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}
