package vantage

import (
	"fmt"
	"os"
	"strings"

	"pullpath/internal/hint"
	"pullpath/internal/redact"
	"pullpath/tunnel"
)

// scheme returns the one that was asked for, empty for none. Two are an error.
func (f proxyFlags) scheme() (string, error) {
	scheme, from := "", ""
	for _, row := range []struct {
		set          bool
		flag, scheme string
	}{
		{f.basic, "--proxy-basic", tunnel.Basic}, {f.digest, "--proxy-digest", tunnel.Digest},
		{f.ntlm, "--proxy-ntlm", tunnel.NTLM}, {f.negotiate, "--proxy-negotiate", tunnel.Negotiate},
	} {
		switch {
		case row.set && scheme != "":
			return "", fmt.Errorf("%s contradicts %s", from, row.flag)
		case row.set:
			scheme, from = row.scheme, row.flag
		}
	}
	return scheme, nil
}

// loginAtProxy finds the proxy's credentials: the flags, else what the made-up network
// brings along, else what the proxy's URL holds.
func (p *preparation) loginAtProxy() error {
	scheme, err := p.ask.proxy.scheme()
	if err != nil {
		return err
	}
	var own tunnel.Login
	if p.MadeUp != nil {
		own = p.MadeUp.Proxy
	}
	login := &p.run.Config.ProxyLogin
	login.Scheme = scheme
	if scheme == tunnel.Negotiate {
		if !tunnel.SpeaksNegotiate && p.ask.byUser("proxy-negotiate") {
			return hint.New("--proxy-negotiate: this build has no Kerberos", "build it with: go build -tags kerberos ./cmd/pullpath (on Windows "+
				"-tags sspi takes the login of the Windows user)")
		}
		login.Kerberos = tickets(p.ask.Console)
		login.Kerberos.Token = own.Kerberos.Token
	}
	if p.ask.proxy.user == "" {
		if login.Kerberos.Token == "" {
			login.User, login.Password = own.User, own.Password
		}
		return nil
	}
	name, password, given := strings.Cut(p.ask.proxy.user, ":")
	if !given && scheme != tunnel.Negotiate {
		if p.ask.Console.Password == nil {
			return hint.New("no password for --proxy-user "+redact.User(name), "give NAME:PASSWORD in PULLPATH_PROXY_USER")
		}
		if password, err = p.ask.Console.Password("the proxy's user " + redact.User(name)); err != nil {
			return err
		}
	}
	login.User, login.Password = name, password
	return nil
}

// tickets returns where Kerberos keeps its configuration and this user's tickets
// (krb5.conf(5), krb5-config of Debian: files in /tmp).
func tickets(c Console) tunnel.Kerberos {
	k := tunnel.Kerberos{Config: c.getenv("KRB5_CONFIG"), Cache: strings.TrimPrefix(c.getenv("KRB5CCNAME"), "FILE:")}
	if k.Config == "" {
		k.Config = "/etc/krb5.conf"
	}
	if k.Cache == "" {
		k.Cache = fmt.Sprintf("/tmp/krb5cc_%d", os.Getuid())
	}
	return k
}
