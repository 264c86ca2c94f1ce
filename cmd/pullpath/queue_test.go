package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// piped returns a pipe whose ends are closed with the test.
func piped(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(); _ = w.Close() })
	return r, w
}

// Who writes waits for nobody, and a reader that comes late gets everything in order.
func TestAQueueKeepsWhatIsReadLate(t *testing.T) {
	const lines = 20_000 // more than a pipe holds
	r, w := piped(t)
	q := newQueue(w, 0)
	for i := range lines {
		if _, err := fmt.Fprintf(q, "line %d\n", i); err != nil {
			t.Fatal(err)
		}
	}
	read := make(chan int)
	go func() {
		defer close(read)
		text, next := bufio.NewScanner(r), 0
		for ; text.Scan(); next++ {
			if text.Text() != fmt.Sprint("line ", next) {
				t.Errorf("%q in the place of line %d", text.Text(), next)
				break
			}
		}
		read <- next
	}()
	if err := q.finish(time.Minute); err != nil {
		t.Error(err)
	}
	_ = w.Close()
	if n := <-read; n != lines {
		t.Errorf("%d lines were read", n)
	}
}

// A reader that reads nothing is given up, and one that has gone is an error.
func TestAQueueGivesUpWhoDoesNotRead(t *testing.T) {
	r, w := piped(t)
	q := newQueue(w, 0)
	if _, err := q.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := q.finish(20 * time.Millisecond); !errors.Is(err, errNotRead) {
		t.Error(err)
	}
	if _, err := q.Write([]byte("x")); err == nil {
		t.Error("more is taken")
	}
	_ = r.Close()
	<-q.ended

	r, w = piped(t)
	_ = r.Close()
	q = newQueue(w, 0)
	_, _ = q.Write([]byte("x"))
	if err := q.finish(time.Minute); err == nil {
		t.Error("nobody reads, and nothing is said")
	}
}

// With a limit what is too much is left out and counted, in the place where it was.
func TestAQueueTellsWhatItLeftOut(t *testing.T) {
	r, w := io.Pipe()
	q := newQueue(w, 100)
	line := strings.Repeat("x", 39) + "\n"
	first := make([]byte, len(line))
	_, _ = q.Write([]byte(line))
	if _, err := io.ReadFull(r, first[:1]); err != nil { // from here on it waits for us
		t.Fatal(err)
	}
	for range 5 {
		if n, err := q.Write([]byte(line)); n != len(line) || err != nil {
			t.Fatal(n, err)
		}
	}
	read := make(chan string)
	go func() { text, _ := io.ReadAll(r); read <- string(text) }()
	if err := q.finish(time.Minute); err != nil {
		t.Error(err)
	}
	_ = w.Close()
	if got, want := <-read, line[1:]+line+line+"(3 lines left out: nobody read them)\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
