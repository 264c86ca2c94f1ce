package flows

import (
	"net/http"
	"net/url"
	"strings"

	"pullpath/internal/evidence"
)

// maxRedirects is how many redirects a request may take: net/http's client, which all
// modelled clients are built on, stops at ten (client.go, defaultCheckRedirect).
const maxRedirects = 10

// manyRedirects stands in for no limit: crane's library sets a CheckRedirect of its own, which
// does not count (go-containerregistry v0.22.1, pkg/v1/remote/fetcher.go, checkRedirectSSRF). A
// chain that is longer leads in a circle.
const manyRedirects = 3 * maxRedirects

// redirects returns how many redirects the client follows.
func (c *conversation) redirects() int {
	if c.run.cfg.shape().asks().AnyRedirects {
		return manyRedirects
	}
	return maxRedirects
}

// trip is a request on its way through redirects.
type trip struct {
	// from is the URL where it began, stripped that the login was left behind on the way.
	from     *url.URL
	stripped bool
	followed int
}

// leg prepares a request for a host on its way, after so many redirects.
type leg func(w *walk, a ask, followed int) ask

// follow makes a request and goes where its answers lead, as net/http does: each host on
// the way gets its own full path in a role. It returns the last answer, which is no
// redirect where ok is true.
func (c *conversation) follow(w *walk, role evidence.Role, a ask) (reply, bool) {
	return c.followBy(w, role, a, func(_ *walk, a ask, followed int) ask { return a.redirectable(followed, c.redirects()) })
}

// followBy is follow with what is done to each request.
func (c *conversation) followBy(w *walk, role evidence.Role, a ask, prepare leg) (reply, bool) {
	t := trip{}
	t.from, _ = url.Parse(a.url)
	for carried := false; ; {
		out, ok := c.request(w, prepare(w, a, t.followed))
		if a.probe == "" {
			a.probe = w.behind() // the client had not come further
		}
		carried = carried || out.detail.AuthSent != ""
		c.unsent = c.unsent || refusesUnsent(out.detail)
		out.carried = carried
		if out.lost && role == evidence.Blob {
			c.lost[w] = out.hop
		}
		if ok && a.step != evidence.StepToken && refusesUnsent(out.detail) { // what a login would have brought is not known
			c.skipRequest(w, out.hop, a.step, a.url)
			out.failed = true
			return out, false
		}
		if !ok || !redirects(out.detail) {
			return out, ok
		}
		next, err := nextURL(a.url, out.header.Get("Location"))
		if err != nil {
			c.skipRequest(w, out.hop, a.step, a.url)
			return out, false
		}
		if w = c.onwards(w, role, a.step, out.hop, next); w == nil {
			return out, false
		}
		a = c.redirected(&t, a, out.detail.Code, next)
	}
}

// onwards returns the walk to where a redirect leads, nil where the request ends here: the
// reason is then on record. A host that broke the connection under an earlier blob is not
// asked again: the client had stopped there.
func (c *conversation) onwards(w *walk, role evidence.Role, step evidence.Step, because *openHop, next *url.URL) *walk {
	return c.onwardsBy(w, role, step, because, next, "redirect")
}

// onwardsBy is onwards for what names the URL, as targets have it.
func (c *conversation) onwardsBy(w *walk, role evidence.Role, step evidence.Step, because *openHop, next *url.URL, foundBy string) *walk {
	switch {
	case c.run.holdsSecret(next.Host):
		c.refuseHost(because, role, step, next.String())
		return nil
	case !c.leadsTo(next):
		c.skipRequest(w, because, step, next.String())
		return nil
	}
	onto := c.target(next, role, foundBy)
	<-onto.done
	if lost := c.lost[onto]; onto.reached && lost != nil {
		c.skipRequest(onto, lost, step, next.String())
		return nil
	}
	if !onto.reached {
		return nil
	}
	return onto
}

// redirected returns the request that follows an answer of a status (net/http, client.go,
// redirectBehavior): after 301, 302 and 303 all but HEAD become GET, without a body.
func (c *conversation) redirected(t *trip, a ask, status int, next *url.URL) ask {
	t.followed++
	t.stripped = t.stripped || !c.carriesLogin(a.step, t.from, next)
	a.url, a.header, a.withheld = next.String(), a.header.Clone(), ""
	if t.stripped {
		a.header.Del("Authorization")
	}
	kept := status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect
	if t.stripped && a.form != nil && kept { // a client would send it
		a.form, a.withheld = nil, evidence.OtherHost
		a.expect = a.expect.orRefused()
	}
	if !kept && a.method != http.MethodHead {
		a.method, a.form = http.MethodGet, nil
		a.header.Del("Content-Type")
	}
	return a
}

// carriesLogin reports whether a client sends the Authorization of its first request along
// to another URL: net/http to the same name and those below it, on any port (client.go,
// shouldCopyHeaderOnRedirect); docker asks its list of challenges anew, which has the
// registry alone and its paths (distribution, registry/client/auth/session.go).
func (c *conversation) carriesLogin(step evidence.Step, first, next *url.URL) bool {
	if c.run.cfg.shape().asks().LoginByPath && step != evidence.StepToken {
		return first.Host == next.Host && strings.Contains(next.Path, "/v2/")
	}
	from, to := evidence.HostName(first.Hostname()), evidence.HostName(next.Hostname())
	return from == to || strings.HasSuffix(to, "."+from)
}

// redirectable returns the request with an expectation that allows a usable redirect
// besides, after so many of a limit.
func (a ask) redirectable(followed, limit int) ask {
	e, base := a.expect, a.url
	a.expect.met = func(r evidence.Request) bool { return redirects(r) && followed < limit || e.met(r) }
	a.expect.usable = func(code int, header http.Header) bool {
		if code/100 == 3 {
			_, err := nextURL(base, header.Get("Location"))
			return err == nil
		}
		return e.usable == nil || e.usable(code, header)
	}
	return a
}
