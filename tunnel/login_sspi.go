//go:build windows && sspi

package tunnel

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/alexbrainman/sspi"
	"github.com/alexbrainman/sspi/negotiate"
)

// SpeaksNegotiate says whether this build can make a Negotiate login: by the login of the Windows user,
// or by a name and password.
const SpeaksNegotiate = true

// negotiateLogin lets Windows speak (https://learn.microsoft.com/windows/win32/secauthn/microsoft-negotiate):
// one token for Kerberos, two where it falls back to NTLM.
type negotiateLogin struct {
	login       Login
	credentials *sspi.Credentials
	context     *negotiate.ClientContext
	done        bool
}

func newNegotiate(l Login) dialogue { return &negotiateLogin{login: l} }

func (*negotiateLogin) first() string { return "" }

// next asks Windows in a goroutine of its own: it may ask a domain controller, and knows no context.
// Such a goroutine ends with the answer of Windows, and nobody takes the login up again.
func (n *negotiateLogin) next(ctx context.Context, offers []string) (string, error) {
	if n.done {
		return "", nil
	}
	challenge, offered := token68(offers, Negotiate)
	if !offered {
		n.end()
		return "", notOffered(Negotiate)
	}
	type outcome struct {
		token []byte
		err   error
	}
	made := make(chan outcome, 1)
	go func() {
		token, err := n.step(challenge)
		made <- outcome{token, err}
	}()
	select {
	case <-ctx.Done():
		n.done = true
		return "", errors.New("windows does not answer for a Negotiate login")
	case out := <-made:
		if out.err != nil {
			n.end()
			return "", fmt.Errorf("negotiate: %w", out.err)
		}
		if len(out.token) == 0 {
			n.end()
			return "", nil
		}
		return Negotiate + " " + base64.StdEncoding.EncodeToString(out.token), nil
	}
}

// step returns the token that answers a challenge; the first time there is none.
func (n *negotiateLogin) step(challenge string) (token []byte, err error) {
	if n.context == nil {
		if n.credentials, err = n.login.windows(); err != nil {
			return nil, err
		}
		n.context, token, err = negotiate.NewClientContext(n.credentials, "HTTP/"+n.login.Kerberos.Service)
		return token, err
	}
	if challenge == "" {
		return nil, nil // the proxy begins anew: it refused the login
	}
	data, err := base64.StdEncoding.DecodeString(challenge)
	if err != nil {
		return nil, errors.New("the proxy's challenge is not Base64")
	}
	_, token, err = n.context.Update(data)
	return token, err
}

// windows returns the login of the user whose session this is, or of the name that was given, which may
// have its domain before a backslash.
func (l Login) windows() (*sspi.Credentials, error) {
	if l.User == "" {
		return negotiate.AcquireCurrentUserCredentials()
	}
	domain, user, found := strings.Cut(l.User, `\`)
	if !found {
		domain, user = "", l.User
	}
	return negotiate.AcquireUserCredentials(domain, user, l.Password)
}

// end gives back what Windows keeps for the login.
func (n *negotiateLogin) end() {
	n.done = true
	if n.context != nil {
		_ = n.context.Release()
	}
	if n.credentials != nil {
		_ = n.credentials.Release()
	}
}
