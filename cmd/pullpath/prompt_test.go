//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pullpath/internal/fault"
)

// terminal is a pseudo terminal; what the program writes to it is gathered.
type terminal struct {
	master, slave *os.File
	mu            sync.Mutex
	shown         bytes.Buffer
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{master: master, slave: slave}
	go func() {
		buf := make([]byte, 4096)
		for {
			k, err := master.Read(buf)
			term.mu.Lock()
			term.shown.Write(buf[:k])
			term.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { _ = slave.Close(); _ = master.Close() })
	return term
}

func (term *terminal) text() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.shown.String()
}

// waitFor polls until the terminal shows a text.
func (term *terminal) waitFor(t *testing.T, text string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for !strings.Contains(term.text(), text) {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the terminal never showed %q, but %q", text, term.text())
		}
	}
}

func (term *terminal) settings(t *testing.T) unix.Termios {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(term.slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *s
}

// docs/rules.md, rule 14: a paste of 8,192 bytes arrives whole, is not echoed, and the
// terminal is as it was.
func TestPromptTakesALongPaste(t *testing.T) {
	short, long := strings.Repeat("s3cr3t-0", 1024), strings.Repeat("s3cr3t-0", maxPassword/8)
	for name, row := range map[string]struct{ secret, typed, shown string }{
		"bare":      {short, short + "\r", "(8192 characters)"},
		"bracketed": {short, "\x1b[200~" + short + "\x1b[201~\r", "(8192 characters)"},
		// The longest that is taken, with the mark behind it.
		"longest": {long, "\x1b[200~" + long + "\x1b[201~\r", "(65536 characters)"},
		"empty":   {"", "\r", "(0 characters)"},
	} {
		secret, typed := row.secret, row.typed
		term := newTerminal(t)
		before := term.settings(t)
		got := make(chan string, 1)
		go func() {
			password, err := askPassword(context.Background(), term.slave, term.slave, "n***")
			if err != nil {
				t.Error(err)
			}
			got <- password
		}()
		term.waitFor(t, "password for n***: ")
		if _, err := io.WriteString(term.master, typed); err != nil {
			t.Fatal(err)
		}
		if password := <-got; password != secret {
			t.Errorf("%s: %d characters arrived, want %d", name, len(password), len(secret))
		}
		term.waitFor(t, row.shown)
		if strings.Contains(term.text(), "s3cr3t") {
			t.Errorf("%s: the paste was echoed", name)
		}
		if after := term.settings(t); after != before {
			t.Errorf("%s: the terminal was not restored", name)
		}
	}
}

// The terminal is restored on every exit, and an interruption is status 2.
func TestPromptRestoresTheTerminal(t *testing.T) {
	for name, end := range map[string]func(*terminal, context.CancelFunc){
		"ctrl-c": func(term *terminal, _ context.CancelFunc) { _, _ = term.master.Write([]byte{ctrlC}) },
		"signal": func(_ *terminal, cancel context.CancelFunc) { cancel() },
		"too long": func(term *terminal, _ context.CancelFunc) {
			_, _ = term.master.Write(bytes.Repeat([]byte("x"), maxPassword+1))
		},
	} {
		term := newTerminal(t)
		before := term.settings(t)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() {
			_, err := askPassword(ctx, term.slave, term.slave, "n***")
			done <- err
		}()
		term.waitFor(t, "password for")
		end(term, cancel)
		if err := <-done; err == nil {
			t.Errorf("%s: no error", name)
		}
		if after := term.settings(t); after != before {
			t.Errorf("%s: the terminal was not restored", name)
		}
		cancel()
	}
}

// The whole way: the name on the command line, the password at the prompt.
func TestPromptLogsIn(t *testing.T) {
	term := newTerminal(t)
	out, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	status := make(chan int, 1)
	go func() {
		status <- run([]string{"check", "--mock", "-q", "--no-progress", "-u", fault.AccountUser},
			streams{in: term.slave, out: out, err: term.slave})
	}()
	term.waitFor(t, "password for ")
	if _, err := io.WriteString(term.master, fault.AccountPassword+"\r"); err != nil {
		t.Fatal(err)
	}
	if s := <-status; s != exitOK {
		t.Errorf("exit status %d; the terminal shows %q", s, term.text())
	}
	if strings.Contains(term.text(), fault.AccountUser) || strings.Contains(term.text(), fault.AccountPassword) {
		t.Errorf("name or password were shown: %q", term.text())
	}
}

func TestReadLineEditsAndEnds(t *testing.T) {
	for typed, want := range map[string]string{
		"abc\r": "abc", "abc\n": "abc", "ab\x7fc\r": "ac", "wrong\x15right\r": "right", "ü\x7fx\r": "x", "abc\x04": "abc", "\r": "",
	} {
		got, err := readLine(strings.NewReader(typed))
		if err != nil || got != want {
			t.Errorf("%q gives %q, %v; want %q", typed, got, err, want)
		}
	}
}
