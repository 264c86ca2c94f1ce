//go:build kerberos && !(windows && sspi)

package tunnel

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/spnego"
)

// SpeaksNegotiate says whether this build can make a Negotiate login.
const SpeaksNegotiate = true

// negotiateLogin sends one SPNEGO token (RFC 4559); Kerberos needs no more.
type negotiateLogin struct {
	login Login
	sent  bool
}

func newNegotiate(l Login) dialogue { return &negotiateLogin{login: l} }

func (*negotiateLogin) first() string { return "" }

// next asks the KDC in a goroutine of its own: gokrb5 knows no context, and a KDC
// that is silent costs it ten seconds, after which the goroutine ends.
func (n *negotiateLogin) next(ctx context.Context, offers []string) (string, error) {
	if n.sent {
		return "", nil
	}
	if _, offered := token68(offers, Negotiate); !offered {
		return "", notOffered(Negotiate)
	}
	type outcome struct {
		token []byte
		err   error
	}
	made := make(chan outcome, 1)
	go func() {
		token, err := n.login.token()
		made <- outcome{token, err}
	}()
	select {
	case <-ctx.Done():
		return "", errors.New("the KDC does not answer")
	case out := <-made:
		if out.err != nil {
			return "", n.login.explain(out.err)
		}
		n.sent = true
		return Negotiate + " " + base64.StdEncoding.EncodeToString(out.token), nil
	}
}

// token returns the SPNEGO token for the proxy's service.
func (l Login) token() ([]byte, error) {
	c, err := l.client()
	if err != nil {
		return nil, err
	}
	defer c.Destroy()
	token, err := spnego.SPNEGOClient(c, l.service()).InitSecContext()
	if err != nil {
		return nil, err
	}
	return token.Marshal()
}

func (l Login) service() string { return "HTTP/" + l.Kerberos.Service }

// client logs in by name and password, or takes the tickets that are there.
func (l Login) client() (*client.Client, error) {
	conf, err := config.Load(l.Kerberos.Config)
	if err != nil {
		return nil, err
	}
	if l.Password == "" {
		cache, err := credentials.LoadCCache(l.Kerberos.Cache)
		if err != nil {
			return nil, err
		}
		return client.NewFromCCache(cache, conf, client.DisablePAFXFAST(true))
	}
	user, realm, ok := strings.Cut(l.User, "@")
	if !ok {
		realm = conf.LibDefaults.DefaultRealm
	}
	c := client.NewWithPassword(user, realm, l.Password, conf, client.DisablePAFXFAST(true))
	return c, c.Login()
}

// explain says in words what a login failed at. The KDC's errors come as text
// alone: gokrb5 keeps no code that errors.As could find (krberror.Krberror).
func (l Login) explain(err error) error {
	var path *os.PathError
	if errors.As(err, &path) && path.Path == l.Kerberos.Cache {
		return fmt.Errorf("there is no ticket cache at %s: run kinit, or name it in KRB5CCNAME", path.Path)
	}
	for _, row := range []struct{ sign, says string }{
		{"KDC_ERR_PREAUTH_FAILED", "the KDC refuses the password"},
		{"KDC_ERR_C_PRINCIPAL_UNKNOWN", "the KDC does not know the user"},
		{"KDC_ERR_S_PRINCIPAL_UNKNOWN", "the KDC does not know the service " + l.service() +
			": the proxy must be written by the name that its key is for"},
		{"KDC_ERR_CLIENT_REVOKED", "the KDC says that the account is locked or over"},
		{"KDC_ERR_KEY_EXPIRED", "the KDC says that the password is over"},
		{"KRB_AP_ERR_SKEW", "this host's clock differs too much from the KDC's"},
		{"KRB_AP_ERR_TKT_EXPIRED", "the ticket is over: run kinit"},
	} {
		if strings.Contains(err.Error(), row.sign) {
			return errors.New(row.says + " (" + row.sign + ")")
		}
	}
	return fmt.Errorf("kerberos: %w", err)
}
