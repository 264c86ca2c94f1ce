package tunnel

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/Azure/go-ntlmssp"
	"github.com/icholy/digest"

	"pullpath/internal/evidence"
)

// Authentication schemes, as they are spelled on the wire.
const (
	Basic     = "Basic"
	Digest    = "Digest"
	NTLM      = "NTLM"
	Negotiate = "Negotiate"
)

// Login is the credentials for a proxy. The zero value is no login.
type Login struct {
	// Scheme is one of the constants; empty is Basic, the only one that net/http
	// speaks to a proxy.
	Scheme         string
	User, Password string
	// Kerberos is for Negotiate alone.
	Kerberos Kerberos
}

// Kerberos is where a Negotiate login takes its tickets from.
type Kerberos struct {
	// Service is the proxy's host name; its principal is HTTP/Service.
	Service string
	// Config is the path of krb5.conf, Cache that of the user's ticket cache,
	// which is used where the login has no password.
	Config, Cache string
	// Token is sent in place of a ticket: a made-up network has no KDC.
	Token string
}

// Empty reports whether there is no login. Kerberos takes the user's own
// tickets, so Negotiate needs no name.
func (l Login) Empty() bool { return l.User == "" && l.Password == "" && l.Scheme != Negotiate }

// dialogue is one login on its way. Basic goes with the first request, as
// net/http sends it; the others wait for the proxy's offer, so that a scheme
// which is not on offer costs no attempt.
type dialogue interface {
	// first is the Proxy-Authorization of the first request, empty for none.
	first() string
	// next is the one of the request that follows a 407 with these
	// Proxy-Authenticate values; empty when all was said. An error says why the
	// login cannot be made.
	next(ctx context.Context, offers []string) (string, error)
}

// begin starts the dialogue of a login, target being the request's host:port.
func (l Login) begin(target string) dialogue {
	switch {
	case l.Empty():
		return nobody{}
	case l.Scheme == Digest:
		return &digestLogin{login: l, target: target}
	case l.Scheme == NTLM:
		return &ntlmLogin{login: l}
	case l.Scheme == Negotiate && l.Kerberos.Token != "":
		return &tokenLogin{token: l.Kerberos.Token}
	case l.Scheme == Negotiate:
		return newNegotiate(l)
	}
	return basicLogin(base64.StdEncoding.EncodeToString([]byte(l.User + ":" + l.Password)))
}

type nobody struct{}

func (nobody) first() string                                  { return "" }
func (nobody) next(context.Context, []string) (string, error) { return "", nil }

type basicLogin string

func (b basicLogin) first() string                                { return Basic + " " + string(b) }
func (basicLogin) next(context.Context, []string) (string, error) { return "", nil }

// digestLogin answers one challenge (RFC 7616).
type digestLogin struct {
	login  Login
	target string
	sent   bool
}

func (*digestLogin) first() string { return "" }

func (d *digestLogin) next(_ context.Context, offers []string) (string, error) {
	if d.sent {
		return "", nil
	}
	chal := digestChallenge(offers)
	if chal == nil {
		return "", notOffered(Digest)
	}
	credentials, err := digest.Digest(chal, digest.Options{Method: "CONNECT", URI: d.target, Count: 1,
		Username: d.login.User, Password: d.login.Password})
	if err != nil {
		return "", fmt.Errorf("the proxy's Digest challenge cannot be answered: %w", err)
	}
	d.sent = true
	return credentials.String(), nil
}

// digestChallenge returns the first Digest challenge that can be answered, nil for none.
func digestChallenge(offers []string) *digest.Challenge {
	for _, offer := range offers {
		for _, c := range evidence.ParseChallenges(offer) {
			chal := &digest.Challenge{Realm: c.Params["realm"], Nonce: c.Params["nonce"], Opaque: c.Params["opaque"],
				Algorithm: c.Params["algorithm"], Userhash: strings.EqualFold(c.Params["userhash"], "true")}
			for _, qop := range strings.Split(c.Params["qop"], ",") {
				if qop = strings.TrimSpace(qop); qop != "" {
					chal.QOP = append(chal.QOP, qop)
				}
			}
			if strings.EqualFold(c.Scheme, Digest) && digest.CanDigest(chal) {
				return chal
			}
		}
	}
	return nil
}

// tokenLogin sends one token by Negotiate (RFC 4559).
type tokenLogin struct {
	token string
	sent  bool
}

func (*tokenLogin) first() string { return "" }

func (n *tokenLogin) next(_ context.Context, offers []string) (string, error) {
	if n.sent {
		return "", nil
	}
	if _, offered := token68(offers, Negotiate); !offered {
		return "", notOffered(Negotiate)
	}
	n.sent = true
	return Negotiate + " " + base64.StdEncoding.EncodeToString([]byte(n.token)), nil
}

// ntlmLogin is the dialogue of MS-NLMP over HTTP: we negotiate, the proxy
// challenges, we authenticate, all on one connection.
type ntlmLogin struct {
	login Login
	step  int
}

func (*ntlmLogin) first() string { return "" }

func (n *ntlmLogin) next(_ context.Context, offers []string) (string, error) {
	blob, offered := token68(offers, NTLM)
	n.step++
	switch {
	case n.step > 2:
		return "", nil
	case !offered:
		return "", notOffered(NTLM)
	case n.step == 1:
		message, err := ntlmssp.NewNegotiateMessage("", "")
		return NTLM + " " + base64.StdEncoding.EncodeToString(message), err
	}
	challenge, err := base64.StdEncoding.DecodeString(blob)
	if err != nil || len(challenge) == 0 {
		return "", errors.New("the proxy broke the NTLM dialogue off: it sent no challenge")
	}
	message, err := ntlmssp.NewAuthenticateMessage(challenge, n.login.User, n.login.Password, nil)
	if err != nil {
		return "", fmt.Errorf("the proxy's NTLM challenge cannot be read: %w", err)
	}
	return NTLM + " " + base64.StdEncoding.EncodeToString(message), nil
}

// token68 finds a scheme among offers and returns the text after its name.
func token68(offers []string, scheme string) (blob string, offered bool) {
	for _, offer := range offers {
		for _, part := range strings.Split(offer, ",") {
			name, rest, _ := strings.Cut(strings.TrimSpace(part), " ")
			if strings.EqualFold(name, scheme) {
				return strings.TrimSpace(rest), true
			}
		}
	}
	return "", false
}

func notOffered(scheme string) error { return fmt.Errorf("the proxy does not offer %s", scheme) }
