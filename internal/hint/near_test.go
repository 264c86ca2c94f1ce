package hint_test

import (
	"strings"
	"testing"

	"pullpath/internal/hint"
)

func TestDidYouMean(t *testing.T) {
	known := []string{"check", "settings", "mock", "proxy-connect-denied", "tls-reset", "tcp-reset", "podman"}
	for word, want := range map[string]string{
		"chekc": "did you mean check?", "tls-resett": "did you mean tls-reset?", "podmann": "did you mean podman?",
		"nginx": "", "registry": "", "x": "", "": "", strings.Repeat("check", 30): "",
		"reset": "did you mean tls-reset, tcp-reset?",
	} {
		if got := hint.DidYouMean(word, known); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}
