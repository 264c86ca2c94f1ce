package flows

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/queue"
	"pullpath/tunnel"
)

// proxyLogin returns the credentials for the walk's proxy: those that were given
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

// proxyCredentials returns the login to use once it may be sent, an empty one for none;
// a connection made anew waits again. It also returns the hop that rejected the login.
func (w *walk) proxyCredentials() (tunnel.Login, *openHop, error) {
	if w.place == nil {
		return tunnel.Login{}, nil, nil
	}
	because, err := w.place.Acquire(w.run.ctx)
	if because != nil || err != nil {
		w.place.Leave()
		return tunnel.Login{}, because, err
	}
	return w.proxyLogin(), nil, nil
}

// provenLogin returns the login of a side probe: only credentials that the proxy has
// accepted in this run go with one.
func (w *walk) provenLogin() tunnel.Login {
	if w.place == nil || w.place.Queue().Outcome() != queue.Accepted {
		return tunnel.Login{}
	}
	return w.proxyLogin()
}

// failedAtKDC reports whether a Negotiate login which the proxy offers came to nothing
// before the proxy got it. Where it was by password it was an attempt, at the KDC.
func (w *walk) failedAtKDC(d evidence.Tunnel) bool {
	return d.AuthAsked == tunnel.Negotiate && d.AuthSent == "" &&
		slices.ContainsFunc(d.Offers(), func(c evidence.Challenge) bool { return strings.EqualFold(c.Scheme, tunnel.Negotiate) })
}

// releaseProxyLogin passes on what became of the proxy's login. A 2xx accepts it. A refusal
// that is about the login or about anybody, and an answer that cannot be read, reject
// it. Any other status means that the proxy let the user in and failed later. A proxy
// that does not want a login was sent none. Some proxies answer 403 to a wrong login:
// a 403 before any 2xx counts against the login, one after that is about its host.
func (w *walk) releaseProxyLogin(n *openHop, d evidence.Tunnel) {
	switch {
	case w.place == nil:
	case w.failedAtKDC(d):
		w.place.Release(queue.Rejected, n)
	case d.AuthSent == "":
		w.place.Leave()
	case d.SOCKS != nil && d.SOCKS.Login == 0:
		w.place.Release(queue.Accepted, n)
	case d.Code == 401 || d.Code == 403 || d.Code == 407 || d.Code == 0 && d.EarlyBytes == "" && n.failed():
		w.place.Release(queue.Rejected, n)
	default:
		w.place.Release(queue.Accepted, n)
	}
}

// loginByURL returns the login with which a proxy is asked for a URL, without a tunnel: Basic, which
// is all that net/http sends for the user of the proxy's URL (transport.go, proxyAuth). It is empty
// without one, and where it was rejected before.
func (w *walk) loginByURL() string {
	if !w.session.absolute {
		return ""
	}
	login, because, err := w.proxyCredentials()
	if because != nil || err != nil || login.Empty() || login.Scheme != "" && login.Scheme != tunnel.Basic {
		return ""
	}
	return tunnel.Basic + " " + base64.StdEncoding.EncodeToString([]byte(login.User+":"+login.Password))
}

// releaseByURL passes on what became of such a login.
func (w *walk) releaseByURL(a ask, out reply) {
	switch {
	case !w.session.absolute || w.place == nil:
	case a.proxyLogin == "":
		w.place.Leave()
	case out.detail.Code == 0 || out.detail.Code == http.StatusProxyAuthRequired:
		w.place.Release(queue.Rejected, out.hop)
	default:
		w.place.Release(queue.Accepted, out.hop)
	}
}
