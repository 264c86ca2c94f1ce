//go:build kerberos

package tunnel

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/spnego"
)

// SpeaksNegotiate tells whether this build can make a Negotiate login.
const SpeaksNegotiate = true

// negotiateLogin sends one SPNEGO token (RFC 4559); Kerberos needs no more.
type negotiateLogin struct {
	login Login
	sent  bool
}

func newNegotiate(l Login) dialogue { return &negotiateLogin{login: l} }

func (*negotiateLogin) first() string { return "" }

func (n *negotiateLogin) next(offers []string) (string, error) {
	if n.sent {
		return "", nil
	}
	if _, offered := token68(offers, Negotiate); !offered {
		return "", notOffered(Negotiate)
	}
	c, err := n.login.client()
	if err != nil {
		return "", fmt.Errorf("kerberos: %w", err)
	}
	defer c.Destroy()
	context := spnego.SPNEGOClient(c, "HTTP/"+n.login.Kerberos.Service)
	token, err := context.InitSecContext()
	if err != nil {
		return "", fmt.Errorf("kerberos: no ticket for the proxy: %w", err)
	}
	blob, err := token.Marshal()
	if err != nil {
		return "", fmt.Errorf("kerberos: %w", err)
	}
	n.sent = true
	return Negotiate + " " + base64.StdEncoding.EncodeToString(blob), nil
}

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
