package grid

import (
	"slices"
	"strings"
	"testing"

	"pullpath/internal/diagnosis"
)

// Two Worlds with different codes never have one fingerprint.
func TestFingerprintsTellCodesApart(t *testing.T) {
	t.Parallel()
	known := map[string]string{}
	for _, w := range allWalks() {
		if w.err != nil {
			continue // its own test says so
		}
		var codes []string
		for _, f := range w.result.Unmasked() {
			codes = append(codes, f.Code)
		}
		slices.Sort(codes)
		found, got := strings.Join(slices.Compact(codes), " "), diagnosis.Fingerprint(w.trace, w.result)
		if before, seen := known[got]; seen && before != found {
			t.Errorf("%s is the fingerprint of %q and of %q", got, before, found)
		}
		known[got] = found
	}
}

// Two runs in one made-up network agree. One World of each layer stands for all.
func TestFingerprintOfTwoRunsIsTheSame(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dns-name-not-found", "tcp-refused", "proxy-connect-denied", "tls-intercepted-untrusted", "http-block-page",
		"registry-not-found"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := walkOf(name), walk(worlds()[name])
			if first.err != nil || second.err != nil {
				t.Fatal(first.err, second.err)
			}
			if a, b := diagnosis.Fingerprint(first.trace, first.result), diagnosis.Fingerprint(second.trace, second.result); a != b {
				t.Errorf("%s and %s: %v and %v", a, b, codes(first.result.Findings), codes(second.result.Findings))
			}
		})
	}
}
