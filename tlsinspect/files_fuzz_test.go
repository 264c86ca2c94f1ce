package tlsinspect

import (
	"crypto/x509"
	"runtime"
	"strings"
	"testing"

	"pullpath/internal/cost"
)

// within fails where a function allocates more than a text of that length is worth.
func within(t *testing.T, length int, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > uint64(1<<20+1000*length) {
		t.Errorf("%d bytes allocated for %d", used, length)
	}
}

// FuzzAddPEM: the count is that of the certificates that were added, and there is an
// error or one of them.
func FuzzAddPEM(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"))
	f.Add([]byte(strings.Repeat("-----BEGIN CERTIFICATE-----\n", 200)))
	f.Add([]byte("-----BEGIN X-----\na: b\n\n-----END X-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		cost.Linear(t, len(text), func() {
			within(t, len(text), func() {
				pool := x509.NewCertPool()
				if n, err := AddPEM(pool, text); (n == 0) && err == nil || n > strings.Count(string(text), "-----BEGIN CERTIFICATE-----") {
					t.Errorf("%d, %v", n, err)
				}
			})
		})
	})
}

// FuzzReadLogs: a list that is read has logs and a date.
func FuzzReadLogs(f *testing.F) {
	f.Add([]byte(`{"log_list_timestamp": "2026-01-01T00:00:00Z", ` +
		`"operators": [{"logs": [{"description": "x", "log_id": "AA==", "key": "AA=="}]}]}`))
	f.Add([]byte(`{"operators": ` + strings.Repeat("[", 500)))
	f.Fuzz(func(t *testing.T, text []byte) {
		cost.Linear(t, len(text), func() {
			within(t, len(text), func() {
				if logs, err := ReadLogs(text); err == nil && (logs.Date.IsZero() || len(logs.logs) == 0) {
					t.Error("a list without logs or date")
				}
			})
		})
	})
}
