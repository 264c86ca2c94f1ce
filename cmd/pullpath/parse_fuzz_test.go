package main

import (
	"bytes"
	"strings"
	"testing"

	"pullpath/flows"
	"pullpath/internal/cost"
)

func FuzzTarget(f *testing.F) {
	for _, seed := range []string{"registry.example.com", "h:443", "[::1]:5000/a", "r.example/a/b:t@sha256:" + strings.Repeat("a", 64), "https://joe:pw@h/", "fe80::1%eth0", "localhost/a", "a..b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var a flows.Argument
		var err error
		cost.Linear(t, len(text), func() { a, err = parseTarget(text) })
		if err != nil {
			if len(err.Error()) > 8*len(text)+200 {
				t.Errorf("%d bytes make an error of %d", len(text), len(err.Error()))
			}
			return
		}
		if a.Host == "" || a.Port < 1 || a.Port > 65535 || strings.ContainsAny(a.Host, "@/%? ") || len(a.Host) > len(text)+len(dockerHub) {
			t.Errorf("%q: %+v", text, a)
		}
	})
}

func FuzzPrompt(f *testing.F) {
	f.Add([]byte("secret\r"))
	f.Add([]byte("\x1b[200~pa\x15ste\x1b[201~\n"))
	f.Add([]byte("é\x7f\x08\x04"))
	f.Fuzz(func(t *testing.T, typed []byte) {
		in := bytes.NewReader(typed)
		var line string
		var err error
		cost.Linear(t, len(typed), func() { line, err = readLine(in) })
		if err != nil {
			return
		}
		if len(line) > maxPassword || len(line) > 3*len(typed) || strings.ContainsAny(line, "\r\n\x03") {
			t.Errorf("%q gives %q", typed, line)
		}
		for _, mark := range pasteMarks {
			if strings.Contains(line, string(mark)) {
				t.Errorf("%q keeps a mark", typed)
			}
		}
	})
}
