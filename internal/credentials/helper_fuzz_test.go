package credentials

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pullpath/internal/cost"
	"pullpath/internal/program"
)

func FuzzHelper(f *testing.F) {
	f.Add([]byte(`{"ServerURL":"x","Username":"u","Secret":"s"}`))
	f.Add([]byte(strings.Repeat("[", 20000)))
	f.Add([]byte(`{"Username":"\u0000"} trailing`))
	f.Fuzz(func(t *testing.T, out []byte) {
		if len(out) > program.MaxOutput {
			t.Skip()
		}
		var user, secret string
		var found bool
		var err error
		cost.Linear(t, len(out), func() { user, secret, found, err = readHelper(out) })
		if found == (err != nil) || len(user)+len(secret) > 3*len(out) {
			t.Errorf("%d bytes give %d and %d, %v", len(out), len(user), len(secret), err)
		}
		if err != nil && len(err.Error()) > 100 {
			t.Errorf("%q", err)
		}
		said := shownComplaint(string(out))
		if utf8.RuneCountInString(said) > maxHelperError {
			t.Errorf("%d characters", utf8.RuneCountInString(said))
		}
		for word := range strings.FieldsSeq(strings.ReplaceAll(said, "REDACTED", " ")) {
			if bare := strings.ToLower(strings.Map(letters, strings.TrimSuffix(word, "…"))); len(bare) > 16 {
				t.Errorf("%q is shown", word)
			}
		}
	})
}
