package cost

import (
	"bytes"
	"testing"
)

// fakeTest notes whether a test was failed.
type fakeTest struct {
	testing.TB
	failed bool
}

func (f *fakeTest) Helper()               {}
func (f *fakeTest) Errorf(string, ...any) { f.failed = true }

var kept []byte

func TestLinear(t *testing.T) {
	input := bytes.Repeat([]byte("a"), 64<<10)
	linear := func() { kept = append([]byte(nil), input...) }
	quadratic := func() {
		for i := range input {
			kept = append([]byte(nil), input[:i]...)
		}
	}
	for name, row := range map[string]struct {
		f     func()
		fails bool
	}{"a copy": {linear, false}, "a copy for each byte": {quadratic, true}} {
		f := &fakeTest{TB: t}
		if Linear(f, len(input), row.f); f.failed != row.fails {
			t.Errorf("%s: failed is %v", name, f.failed)
		}
	}
}
