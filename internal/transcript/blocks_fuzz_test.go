package transcript

import (
	"context"
	"errors"
	"strings"
	"testing"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
)

// FuzzBlocks: whatever a text holds, reading it ends, makes evidence that keeps the laws, and keeps
// none of a secret that stands in a header of it.
func FuzzBlocks(f *testing.F) {
	for _, file := range toldFiles(f) {
		_, all := toldBy(f, file)
		for _, one := range all {
			f.Add(one.text)
		}
	}
	f.Add(har(harOf("https://r.example/", `{"status": 0, "_error": "net::ERR_CONNECTION_RESET"}`)))
	f.Add("HTTPS_PROXY=http://u:p@p.example:3128\nnameserver 192.0.2.53\nsearch corp.example\n")
	f.Fuzz(func(t *testing.T, text string) {
		const secret = "geheim-7f3a91"
		const head = "> Authorization: Bearer " + secret + "\n"
		secrets := &redact.Secrets{}
		trace, err := Read(context.Background(), nil, []Source{{Name: "f", Data: strings.NewReader(head + text + "\n" + secret)}},
			evidence.Scribe{Secrets: secrets}, func(string) bool { return false })
		if errors.Is(err, ErrNoForm) || trace == nil {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range trace.Hops {
			if h.Failure != nil && strings.Contains(h.Failure.Text, secret) || h.Origin != nil && strings.Contains(h.Origin.Text, secret) {
				t.Fatalf("the secret is kept in %+v", h)
			}
		}
	})
}
