package report

import (
	"bytes"
	"path/filepath"
	"testing"

	"pullpath/internal/golden"
)

// isGolden compares got with a file of this package's testdata.
func isGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	golden.Check(t, filepath.Join("testdata", name), string(got))
}

// render runs a renderer into a buffer and repeats it: the same input gives
// the same bytes.
func render(t *testing.T, write func(*bytes.Buffer) error) []byte {
	t.Helper()
	var first, second bytes.Buffer
	for _, buf := range []*bytes.Buffer{&first, &second} {
		if err := write(buf); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same input gave different bytes")
	}
	return first.Bytes()
}
