package tunnel

import (
	"encoding/base64"
	"strings"
	"testing"

	"pullpath/internal/cost"
	"pullpath/internal/evidence"
	"pullpath/internal/redact"
)

// FuzzLoginChallenge gives a login what a proxy may say to it. The password never
// comes back in an error, and what is sent is bounded by what was asked.
func FuzzLoginChallenge(f *testing.F) {
	f.Add(`Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256`, []byte("NTLMSSP\x00\x02\x00\x00\x00"))
	f.Add(`Digest realm="r", nonce="n", qop="auth-int,auth", algorithm=MD5-sess, userhash=true`, []byte{})
	f.Add(`Digest nonce=`, []byte(strings.Repeat("A", 64)))
	f.Fuzz(func(t *testing.T, offer string, challenge []byte) {
		if len(offer)+len(challenge) > 1<<15 {
			t.Skip()
		}
		const password = "hunter22-Secret"
		secrets := &redact.Secrets{}
		secrets.AddPair("joe", password)
		scribe := evidence.Scribe{Secrets: secrets}
		digest := &digestLogin{login: Login{User: "joe", Password: password}, target: "h:443"}
		var answer string
		var err error
		cost.Linear(t, len(offer), func() { answer, err = digest.next(t.Context(), []string{offer}) })
		if err != nil && strings.Contains(scribe.Text(err.Error()), password) || strings.Contains(answer, password) {
			t.Errorf("%q, %v", answer, err)
		}
		if len(answer) > 8*len(offer)+4096 {
			t.Errorf("%d bytes answer %d", len(answer), len(offer))
		}
		ntlm := &ntlmLogin{login: Login{User: "joe", Password: password}, step: 1}
		blob := NTLM + " " + base64.StdEncoding.EncodeToString(challenge)
		cost.Linear(t, len(blob), func() { answer, err = ntlm.next(t.Context(), []string{blob}) })
		if err != nil && strings.Contains(scribe.Text(err.Error()), password) || len(answer) > 8*len(challenge)+4096 {
			t.Errorf("%d bytes answer %d, %v", len(answer), len(challenge), err)
		}
	})
}
