package product

import (
	"runtime"
	"strings"
	"testing"

	"pullpath/internal/cost"
)

// FuzzParseOwn: what is read makes as many rows, and patterns take no more memory than
// their own bound lets them.
func FuzzParseOwn(f *testing.F) {
	f.Add("signatures:\n- product: x\n  header: X-Y\n  value: '^a(b|c)*$'\n")
	f.Add("signatures:\n- product: x\n  status: '((a?){30}){30}x'\n")
	f.Add("signatures: " + strings.Repeat("[", 200))
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			own, err := ParseOwn([]byte(text))
			runtime.ReadMemStats(&after)
			if err == nil && (len(own) == 0 || len(own) > maxOwn || len(Own(own)) != len(own)) {
				t.Errorf("%d signatures, %d rows", len(own), len(Own(own)))
			}
			// A pattern of maxPattern characters that repeats 1,000 times, the most that
			// regexp takes, has some MiB.
			if used := after.TotalAlloc - before.TotalAlloc; used > uint64(64<<20+10_000*len(text)) {
				t.Errorf("%d bytes allocated for %d", used, len(text))
			}
		})
	})
}
