package main

import (
	"bytes"
	"strings"
	"testing"

	"pullpath/internal/cost"
)

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
