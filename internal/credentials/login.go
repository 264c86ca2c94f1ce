package credentials

import (
	"crypto/sha256"
	"fmt"
	"io"

	"pullpath/internal/redact"
)

// Kind is how a login is presented to a registry's token server.
type Kind string

// Kinds of logins.
const (
	// Password is a name and a password, or a service account's secret.
	Password Kind = "password"
	// IdentityToken is exchanged by grant_type=refresh_token (distribution spec,
	// auth/oauth.md).
	IdentityToken Kind = "identity token"
	// RegistryToken is sent to the registry itself as it is (docker/cli,
	// cli/config/types, AuthConfig.RegistryToken).
	RegistryToken Kind = "registry token"
)

// Login is one set of credentials. Its zero value is no login. Every way to print it
// shows the shape of the name and nothing of the secret.
type Login struct {
	Kind Kind
	User string
	// secret is the password or the token.
	secret string
}

// NewLogin returns the login of a name and its secret.
func NewLogin(kind Kind, user, secret string) Login { return Login{kind, user, secret} }

// Secret returns the password or token itself, for the one request that carries it.
func (l Login) Secret() string { return l.secret }

// Empty reports whether this is no login.
func (l Login) Empty() bool { return l == Login{} }

// Key returns a text that is the same for equal logins and shows nothing of them. It may be
// a key of a map; a report must not hold it.
func (l Login) Key() string {
	sum := sha256.Sum256([]byte(string(l.Kind) + "\x00" + l.User + "\x00" + l.secret))
	return string(sum[:])
}

// String returns the kind and the shape of the name.
func (l Login) String() string {
	if l.Empty() {
		return "nobody"
	}
	if l.User == "" {
		return string(l.Kind)
	}
	return fmt.Sprintf("%s of %s", l.Kind, redact.User(l.User))
}

// Format writes String for every verb: the default for %#v or %d would show the
// fields.
func (l Login) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, l.String()) }

// MarshalText keeps the secret out of JSON and its like.
func (l Login) MarshalText() ([]byte, error) { return []byte(l.String()), nil }
