package redact

import (
	"strings"
	"testing"

	"pullpath/internal/cost"
)

// What a secret costs has a bound, whoever gave it and however long it is.
func TestLongSecretsAreBounded(t *testing.T) {
	text := func(n int) string {
		var b strings.Builder
		for i := uint64(1); b.Len() < n; i++ {
			b.WriteByte("0123456789abcdefghijklmnopqrstuv"[(i*i*2654435761>>16)%32])
		}
		return b.String()
	}
	for _, n := range []int{64 << 10, 1 << 20} {
		secret := text(n)
		var s Secrets
		cost.Linear(t, n, func() { s.AddPair("user", secret) })
		if parts := len(s.index.parts); parts > 16*maxParts {
			t.Errorf("%d bytes are known by %d parts", n, parts)
		}
		if got := s.Scrub("x " + secret + " x"); got != "x "+Mark+" x" {
			t.Errorf("%d bytes stay as %d", n, len(got))
		}
	}
}
