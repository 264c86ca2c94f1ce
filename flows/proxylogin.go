package flows

import (
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/tunnel"
)

// proxyLogin are the credentials for the walk's proxy: those that were given
// apart, else those in the proxy's URL, in the scheme that was asked for.
func (w *walk) proxyLogin() tunnel.Login {
	login := w.run.cfg.ProxyLogin
	if login.User == "" && login.Password == "" {
		if user := w.planned.Decision.Proxy().User; user != nil {
			login.User = user.Username()
			login.Password, _ = user.Password()
		}
	}
	login.Kerberos.Service = w.planned.Decision.Host
	return login
}

// proxyCredentials gives the login to use, nobody for none, after waiting at the
// gate; a connection made anew waits there anew. It returns the hop that rejected
// the credentials.
func (w *walk) proxyCredentials() (tunnel.Login, *node, error) {
	if w.ticket == nil {
		return tunnel.Login{}, nil, nil
	}
	w.ticket.again()
	because, err := w.ticket.wait(w.run.ctx)
	if because != nil || err != nil {
		w.ticket.leave()
		return tunnel.Login{}, because, err
	}
	return w.proxyLogin(), nil, nil
}

// provenLogin is the login of a side probe: only credentials that the proxy has
// accepted in this run go with one.
func (w *walk) provenLogin() tunnel.Login {
	if w.ticket == nil || w.ticket.gate.known() != accepted {
		return tunnel.Login{}
	}
	return w.proxyLogin()
}

// failedAtKDC tells that a Negotiate login which the proxy offers came to nothing
// before the proxy got it. Where it was by password it was an attempt, at the KDC.
func (w *walk) failedAtKDC(d evidence.Tunnel) bool {
	return d.AuthAsked == tunnel.Negotiate && d.AuthSent == "" &&
		slices.ContainsFunc(d.Offers(), func(c evidence.Challenge) bool { return strings.EqualFold(c.Scheme, tunnel.Negotiate) })
}

// proxyOutcome tells the gate how the proxy's credentials fared: a 2xx accepts
// them; a refusal that is about them or about anybody, and an answer that
// cannot be read, do not. Any other status means that the proxy let them in
// and failed later. A proxy that does not want them got none. Some proxies answer
// 403 to a wrong login: one before any 2xx counts against it, one behind that is
// about its host.
func (w *walk) proxyOutcome(n *node, d evidence.Tunnel) {
	switch {
	case w.ticket == nil:
	case w.failedAtKDC(d):
		w.ticket.done(rejected, n)
	case d.AuthSent == "":
		w.ticket.leave()
	case d.SOCKS != nil && d.SOCKS.Login == 0:
		w.ticket.done(accepted, n)
	case d.Code == 401 || d.Code == 403 || d.Code == 407 || d.Code == 0 && d.EarlyBytes == "" && n.failed():
		w.ticket.done(rejected, n)
	default:
		w.ticket.done(accepted, n)
	}
}
