package mockproxy

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"pullpath/internal/cost"
)

// FuzzLoadPass: a pass is read with memory in proportion to it.
func FuzzLoadPass(f *testing.F) {
	f.Add([]byte(`{"title": "x", "map": {"routes": {"203.0.113.1": {"to": "127.0.0.1:1"}}}, "files": {"/etc/x": "y"}}`))
	f.Add([]byte(`{"map": {"routes": ` + strings.Repeat(`{"a":`, 100) + `}`))
	f.Add([]byte(strings.Repeat("[", 1000)))
	path := filepath.Join(f.TempDir(), "pass.json")
	f.Fuzz(func(t *testing.T, text []byte) {
		cost.Linear(t, len(text), func() {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _ = LoadPass(path)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > uint64(1<<20+500*len(text)) {
				t.Errorf("%d bytes allocated for %d", used, len(text))
			}
		})
	})
}
