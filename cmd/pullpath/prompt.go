package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"
)

// maxPassword bounds a password in bytes: the longest secrets of registries are
// tokens of a few kilobytes.
const maxPassword = 64 << 10

var errPasswordTooLong = fmt.Errorf("the password exceeds %d bytes", maxPassword)

// readPassword reads all of stdin, one trailing newline dropped.
func readPassword(in io.Reader) (string, error) {
	data, err := io.ReadAll(io.LimitReader(in, maxPassword+1))
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	if len(data) > maxPassword {
		return "", errPasswordTooLong
	}
	text := strings.TrimSuffix(string(data), "\n")
	return strings.TrimSuffix(text, "\r"), nil
}

// askWithin asks for a password while the run's clock stands still: a user may look for
// it in another window.
func askWithin(run *budget, s streams, user string) (string, error) {
	defer run.pause()()
	return askPassword(run, s.in, s.err, user)
}

// askPassword asks on a terminal without echo. It reads byte by byte in raw
// mode: in the terminal's line mode, which x/term.ReadPassword keeps, the kernel
// cuts a paste at 4,095 bytes, and a registry's secret can be longer. The length
// read is shown, so that a cut paste is noticed.
func askPassword(ctx context.Context, in, out *os.File, user string) (string, error) {
	state, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return "", fmt.Errorf("ask for the password: %w", err)
	}
	defer func() { _ = term.Restore(int(in.Fd()), state) }()
	if _, err := fmt.Fprintf(out, "password for %s: ", user); err != nil {
		return "", err
	}
	type answer struct {
		text string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		text, err := readLine(bufio.NewReader(in))
		done <- answer{text, err}
	}()
	select {
	case a := <-done:
		if a.err == nil {
			_, a.err = fmt.Fprintf(out, "(%d characters)\r\n", len([]rune(a.text)))
		}
		return a.text, a.err
	case <-ctx.Done():
		return "", &statusError{status: exitUsage, cause: errors.New("interrupted at the password prompt")}
	}
}

// The marks that a terminal puts around a paste (xterm, mode 2004).
var pasteMarks = [][]byte{[]byte("\x1b[200~"), []byte("\x1b[201~")}

// Keys in raw mode.
const (
	ctrlC     = 0x03
	ctrlD     = 0x04
	ctrlU     = 0x15
	backspace = 0x08
	del       = 0x7f
)

// readLine reads up to the end of a line in raw mode.
func readLine(r io.ByteReader) (string, error) {
	var line []byte
	for {
		b, err := r.ReadByte()
		switch {
		case errors.Is(err, io.EOF) && len(line) > 0, b == '\r', b == '\n', b == ctrlD && err == nil:
			if len(line) > maxPassword {
				return "", errPasswordTooLong
			}
			return string(line), nil
		case err != nil:
			return "", fmt.Errorf("ask for the password: %w", err)
		case b == ctrlC:
			return "", &statusError{status: exitUsage, cause: errors.New("interrupted at the password prompt")}
		case b == ctrlU:
			line = line[:0]
		case b == backspace || b == del:
			line = dropRune(line)
		default:
			// A mark behind the longest password is still a mark, not a longer one.
			if line = dropMarks(append(line, b)); len(line) > maxPassword && !beginsMark(line[maxPassword:]) {
				return "", errPasswordTooLong
			}
		}
	}
}

func dropRune(line []byte) []byte {
	runes := []rune(string(line))
	if len(runes) == 0 {
		return line
	}
	return []byte(string(runes[:len(runes)-1]))
}

// beginsMark reports whether bytes may become a paste mark.
func beginsMark(b []byte) bool {
	return slices.ContainsFunc(pasteMarks, func(mark []byte) bool { return bytes.HasPrefix(mark, b) })
}

// dropMarks takes a paste mark off the end of what was read.
func dropMarks(line []byte) []byte {
	for _, mark := range pasteMarks {
		if cut, ok := bytes.CutSuffix(line, mark); ok {
			return cut
		}
	}
	return line
}
