//go:build !kerberos && !(windows && sspi)

package tunnel

import (
	"context"
	"errors"
)

// SpeaksNegotiate says whether this build can make a Negotiate login: gokrb5 adds a
// megabyte that few need, so it is left to the build tag kerberos; on Windows the tag sspi lets
// Windows speak.
const SpeaksNegotiate = false

type negotiateLogin struct{}

func newNegotiate(Login) dialogue { return negotiateLogin{} }

func (negotiateLogin) first() string { return "" }

func (negotiateLogin) next(context.Context, []string) (string, error) {
	return "", errors.New("this build has no Kerberos (build tag kerberos)")
}
