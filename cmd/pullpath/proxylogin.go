package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"pullpath/flows"
	"pullpath/internal/redact"
	"pullpath/tunnel"
)

// proxyOptions are the flags about the proxy's own login, spelled as curl's.
type proxyOptions struct {
	proxyUser                                          string
	proxyBasic, proxyDigest, proxyNTLM, proxyNegotiate bool
}

func (o *proxyOptions) register(f *pflag.FlagSet) {
	f.StringVarP(&o.proxyUser, "proxy-user", "U", "", "login at the proxy as `name[:password]`; asks for the password where it is left out")
	f.BoolVar(&o.proxyBasic, "proxy-basic", false, "log in at the proxy by Basic, all that container clients speak; the default")
	f.BoolVar(&o.proxyDigest, "proxy-digest", false, "log in at the proxy by Digest")
	f.BoolVar(&o.proxyNTLM, "proxy-ntlm", false, "log in at the proxy by NTLM")
	f.BoolVar(&o.proxyNegotiate, "proxy-negotiate", false, "log in at the proxy by Negotiate (Kerberos), with this user's tickets or --proxy-user")
}

// scheme is the one that was asked for, empty for none. Two are an error.
func (o *proxyOptions) scheme() (string, error) {
	scheme, from := "", ""
	for _, row := range []struct {
		set          bool
		flag, scheme string
	}{
		{o.proxyBasic, "--proxy-basic", tunnel.Basic}, {o.proxyDigest, "--proxy-digest", tunnel.Digest},
		{o.proxyNTLM, "--proxy-ntlm", tunnel.NTLM}, {o.proxyNegotiate, "--proxy-negotiate", tunnel.Negotiate},
	} {
		switch {
		case row.set && scheme != "":
			return "", fmt.Errorf("%s contradicts %s", from, row.flag)
		case row.set:
			scheme, from = row.scheme, row.flag
		}
	}
	if scheme == tunnel.Negotiate && !tunnel.SpeaksNegotiate {
		return "", &hintError{"--proxy-negotiate: this build has no Kerberos", "build it with: go build -tags kerberos ./cmd/pullpath"}
	}
	return scheme, nil
}

// loginAtProxy finds the proxy's credentials: the flags, else what the proxy's
// URL holds, in the scheme of the flags or of a made-up network.
func (o *proxyOptions) loginAtProxy(run *budget, s streams, around *surroundings, config *flows.Config) error {
	scheme, err := o.scheme()
	if err != nil {
		return err
	}
	if scheme == "" {
		scheme = around.proxyScheme
	}
	config.ProxyLogin = tunnel.Login{Scheme: scheme}
	if scheme == tunnel.Negotiate {
		config.ProxyLogin.Kerberos = tickets()
		config.ProxyLogin.Kerberos.Token = around.proxyTicket
	}
	if o.proxyUser == "" {
		config.ProxyLogin.User, config.ProxyLogin.Password = around.proxyUser, around.proxyPassword
		return nil
	}
	name, password, given := strings.Cut(o.proxyUser, ":")
	if !given && scheme != tunnel.Negotiate {
		if !term.IsTerminal(int(s.in.Fd())) {
			return &hintError{"no password for --proxy-user " + redact.User(name), "give NAME:PASSWORD in PULLPATH_PROXY_USER"}
		}
		if password, err = askWithin(run, s, "the proxy's user "+redact.User(name)); err != nil {
			return err
		}
	}
	config.ProxyLogin.User, config.ProxyLogin.Password = name, password
	return nil
}

// tickets is where Kerberos keeps its configuration and this user's tickets
// (krb5.conf(5), krb5-config of Debian: files in /tmp).
func tickets() tunnel.Kerberos {
	k := tunnel.Kerberos{Config: os.Getenv("KRB5_CONFIG"), Cache: strings.TrimPrefix(os.Getenv("KRB5CCNAME"), "FILE:")}
	if k.Config == "" {
		k.Config = "/etc/krb5.conf"
	}
	if k.Cache == "" {
		k.Cache = fmt.Sprintf("/tmp/krb5cc_%d", os.Getuid())
	}
	return k
}
