package ntlm

import (
	"testing"

	"pullpath/internal/cost"

	"github.com/Azure/go-ntlmssp"
)

// The client's library and this server agree on who knows the password.
func TestVerify(t *testing.T) {
	known := func(user string) (string, bool) { return "s3cret", user == "build" }
	for _, row := range []struct {
		user, password string
		ok             bool
	}{
		{"build", "s3cret", true},
		{`CORP\build`, "s3cret", true},
		{"build", "guess", false},
		{"nobody", "s3cret", false},
	} {
		c, err := New()
		if err != nil {
			t.Fatal(err)
		}
		answer, err := ntlmssp.NewAuthenticateMessage(c.Message(), row.user, row.password, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Verify(answer, known); (err == nil) != row.ok {
			t.Errorf("%s, %s: %v", row.user, row.password, err)
		}
		other, _ := New()
		if _, err := other.Verify(answer, known); err == nil {
			t.Errorf("%s: an answer to another challenge is taken", row.user)
		}
	}
}

func FuzzVerify(f *testing.F) {
	c := Challenge{}
	f.Add(c.Message())
	f.Add([]byte(signature + "\x03\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, message []byte) {
		cost.Linear(t, len(message), func() {
			if _, err := c.Verify(message, func(string) (string, bool) { return "x", true }); err == nil {
				t.Errorf("%x is taken", message)
			}
		})
	})
}
