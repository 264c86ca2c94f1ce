package transcript

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"pullpath/internal/evidence"
)

// logged is one request as a proxy's log has it.
type logged struct {
	at     line
	time   time.Time
	client string
	// method and target are the request's, the target host:port or a URL.
	method, target string
	code           int
	// result is the log's own word for what became of it, says why it was not served, as in
	// [evidence.ProxyLog].
	result, says string
	silent       bool // no answer was given at all
}

// ok reports whether the request was served.
func (e logged) ok() bool { return e.code >= 200 && e.code < 400 }

const (
	// maxClients bounds the clients of a log that are told apart. A proxy of a site has some
	// thousand; of those beyond it is not known whether a login followed.
	maxClients = 4096
	// maxAsked bounds the hosts for which one client was asked for a login and gave none: a
	// pull has up to ten.
	maxAsked = 16
)

// proxyLog makes attempts of the lines of a proxy's log. It keeps what failed, and of what was
// served one request for each client that failed as well.
type proxyLog struct {
	r *reader
	// login are the 407s that may be the first step of a login, by client.
	login map[string][]logged
	// served is a request that was, failed whether one was not, by client.
	served map[string]logged
	failed map[string]bool
}

func newProxyLog(r *reader) *proxyLog {
	p := &proxyLog{r: r}
	p.clear()
	return p
}

func (p *proxyLog) clear() {
	p.login, p.served, p.failed = map[string][]logged{}, map[string]logged{}, map[string]bool{}
}

// add takes a line.
func (p *proxyLog) add(e logged) {
	if e.code == 407 {
		p.asked(e)
		return
	}
	switch {
	case e.ok():
		delete(p.login, e.client) // the login was taken
		if _, known := p.served[e.client]; !known && len(p.served) < maxClients && e.method == "CONNECT" {
			p.served[e.client] = e
		}
	case e.says != "" || e.code >= 500 || e.silent:
		p.fail(e)
	}
}

// asked notes that a client was asked for a login.
func (p *proxyLog) asked(e logged) {
	list, known := p.login[e.client]
	if !known && len(p.login) == maxClients || len(list) == maxAsked {
		return
	}
	if !slices.ContainsFunc(list, func(o logged) bool { return o.target == e.target }) {
		p.login[e.client] = append(list, e)
	}
}

func (p *proxyLog) fail(e logged) {
	if len(p.failed) < maxClients {
		p.failed[e.client] = true
	}
	p.keep(e, evidence.Failed)
}

// keep makes an attempt of a line.
func (p *proxyLog) keep(e logged, state evidence.State) {
	short := func(text string) string { return p.r.scribe.Short(text, maxQuote) }
	a := attempt{at: e.at, role: evidence.Registry, proxied: true}
	if strings.Contains(e.target, "://") {
		a.url = parseURL(e.target)
	} else if host, _, err := net.SplitHostPort(e.target); err == nil && host != "" {
		a.host = e.target
	}
	d := evidence.Tunnel{Request: short(strings.TrimSpace(e.method + " " + e.target)), Code: e.code, StatusLine: short(e.result),
		Log: &evidence.ProxyLog{Client: short(e.client), Says: e.says}}
	if a.url != nil {
		d.Request = short(e.method + " " + p.r.scribe.URL(e.target))
	}
	h := evidence.Hop{Op: evidence.OpTunnel, Role: evidence.Proxy, State: state, At: e.time, Detail: d, Origin: e.at.origin(p.r.scribe)}
	if state == evidence.Failed {
		kind := evidence.ProxyStatus
		if e.silent {
			kind = evidence.Timeout
		}
		h.Failure = p.r.failure(kind, e.result)
	}
	a.add(h)
	p.r.keep(a)
}

// end keeps the 407s that no login followed, and where every client that failed was served for
// another host, one such request for each: it shows that the client may use the proxy.
func (p *proxyLog) end() {
	for _, client := range sortedKeys(p.login) {
		for _, e := range p.login[client] {
			p.fail(e)
		}
	}
	all := len(p.failed) > 0
	for client := range p.failed {
		_, served := p.served[client]
		all = all && served
	}
	if all {
		for _, client := range sortedKeys(p.failed) {
			p.keep(p.served[client], evidence.OK)
		}
	}
	p.clear()
}

// cannot is why a proxy that is no one's child did not get through, by where it went: to an
// address, or nowhere, as when the name does not resolve.
func cannot(target string, code int, went bool) string {
	host := target
	if u, err := url.Parse(target); err == nil && u.Host != "" {
		host = u.Host
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	switch {
	case code == 504:
		return "upstream-timeout"
	case code < 500:
		return ""
	case went || net.ParseIP(strings.Trim(host, "[]")) != nil:
		return "cannot-reach"
	}
	return "no-way"
}
