package flows

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"pullpath/internal/evidence"
)

// conversation is what a client says to one registry, in order:
//
//  1. GET /v2/ without a token, to learn whether one is needed;
//  2. the host that the challenge names becomes a target of its own;
//  3. GET the token there, with Basic credentials or none;
//  4. GET /v2/ with the token;
//  5. for each image: manifest, config, smallest layer.
type conversation struct {
	run      *run
	registry *walk
	token    string
	// tokenNode is the hop that brought the token, or did not.
	tokenNode *node
	found     int
}

// converse waits for the path to a registry and walks the conversation.
func (r *run) converse(w *walk) {
	<-w.done
	c := &conversation{run: r, registry: w}
	if w.session.conn == nil {
		return
	}
	ping, ok := c.ping()
	if !ok {
		return
	}
	if ping.detail.Code == http.StatusUnauthorized && !c.authorize(ping) {
		return
	}
	for _, image := range w.planned.Images {
		c.pull(image)
	}
}

// purpose is probe for everything behind a chain that the client refuses: the
// pull would not have got here.
func (w *walk) purpose() (evidence.Purpose, string) {
	if w.session.trusted {
		return evidence.Path, ""
	}
	return evidence.Probe, "behind-refused-chain"
}

// request makes one exchange on a target's connection, and opens the
// connection again where the last exchange ended it.
func (w *walk) request(a ask) (reply, bool) {
	w.session.mu.Lock()
	defer w.session.mu.Unlock()
	if !w.session.alive() && !w.reconnect() {
		return reply{node: w.session.broken, failed: true}, false
	}
	purpose, probe := w.purpose()
	a.purpose, a.probe = purpose, probe
	if !w.session.trusted {
		// No credential goes over a chain that the client would refuse.
		a.header.Del("Authorization")
	}
	out := w.exchange(a)
	return out, !out.failed
}

// reconnect walks the path again after the peer ended a connection.
func (w *walk) reconnect() bool {
	conn, last := w.reopen()
	if conn == nil {
		w.session.broken = last
		return false
	}
	w.handshake(conn, last)
	return w.session.alive()
}

func (c *conversation) ping() (reply, bool) {
	w := c.registry
	out, ok := w.request(ask{stepName: "ping", method: "GET", url: w.base() + "/v2/", header: http.Header{}, expect: expectPing})
	return out, ok && w.session.trusted
}

// base is the URL of the target without a path.
func (w *walk) base() string {
	return "https://" + urlHost(w.lane.target.Host, w.lane.target.Port)
}

// authorize answers the challenge of /v2/ and tells whether images can be asked
// for. Without credentials a genuine 401 in JSON ends the conversation: the
// path is proven, and nothing that was planned is left out.
func (c *conversation) authorize(ping reply) bool {
	challenge, realm := pick(ping.header.Values("Www-Authenticate"))
	if strings.EqualFold(challenge.Scheme, "Basic") {
		return c.authorizeBasic(ping)
	}
	auth := c.authHost(realm)
	<-auth.done
	images := c.registry.planned.Images
	if auth.session.conn == nil {
		c.skipRest(auth.session.broken, true)
		return false
	}
	token, ok := c.fetchToken(auth, realm, challenge)
	c.token = token
	if token == "" {
		if !ok || len(images) > 0 {
			c.skipRest(c.tokenNode, true)
		}
		return false
	}
	return c.pingAuthorized("Bearer " + token)
}

// pick chooses the challenge that the client answers, Bearer before Basic, and
// reads the realm as it stands, which evidence has redacted.
func pick(values []string) (evidence.Challenge, *url.URL) {
	var fallback evidence.Challenge
	for _, v := range values {
		for _, c := range evidence.ParseChallenges(v) {
			if strings.EqualFold(c.Scheme, "Bearer") {
				if realm, err := url.Parse(c.Params["realm"]); err == nil && realm.Scheme == "https" && realm.Host != "" {
					return c, realm
				}
			}
			if strings.EqualFold(c.Scheme, "Basic") {
				fallback = c
			}
		}
	}
	return fallback, nil
}

// authorizeBasic repeats /v2/ with Basic credentials, for registries that ask
// for these instead of a token.
func (c *conversation) authorizeBasic(ping reply) bool {
	if c.login().Empty() {
		c.tokenNode = ping.node
		if len(c.registry.planned.Images) > 0 {
			c.skipRest(ping.node, false)
		}
		return false
	}
	_, ok := c.withCredentials(c.registry, func(authorization string) reply {
		return c.askAuthorized(authorization)
	})
	return ok
}

func (c *conversation) pingAuthorized(authorization string) bool {
	out := c.askAuthorized(authorization)
	if out.failed {
		for range c.registry.planned.Images {
			c.skipStep(out.node, "manifest")
		}
	}
	return !out.failed
}

func (c *conversation) askAuthorized(authorization string) reply {
	out, _ := c.registry.request(ask{stepName: "ping-authorized", method: "GET", url: c.registry.base() + "/v2/",
		header: http.Header{"Authorization": {authorization}}, expect: expectAuthorized})
	return out
}

// authHost makes the realm's host a required target and starts its path where
// the profile has not done so.
func (c *conversation) authHost(realm *url.URL) *walk {
	return c.target(realm, evidence.Auth, "challenge")
}

// target returns the walk to a URL's host, started now if it is new.
func (c *conversation) target(u *url.URL, role evidence.Role, foundBy string) *walk {
	port := 443
	if p, err := strconv.Atoi(u.Port()); err == nil {
		port = p
	}
	t := evidence.Target{ID: targetID(u.Hostname(), port), Host: strings.ToLower(u.Hostname()), Port: port, Role: role, FoundBy: foundBy}
	for _, h := range c.run.cfg.Profile.Hosts {
		if equalHost(h.Host, t.Host) && h.Port == port {
			t.Public = h.Public
		}
	}
	t.Required = true
	planned, err := plan(c.run.cfg, t)
	if err != nil {
		return c.registry
	}
	planned.AllowListOnly = false
	c.found++
	w := c.run.start(planned, append(append([]int{}, c.registry.lane.order...), c.found))
	if c.registry.session.trusted {
		c.run.require(w)
	}
	return w
}

// require marks a target as one that the pull cannot do without.
func (r *run) require(w *walk) {
	r.rec.mu.Lock()
	defer r.rec.mu.Unlock()
	w.lane.target.Required = true
}

// skipRest records the requests that are left out because of a hop.
func (c *conversation) skipRest(because *node, authorized bool) {
	if authorized {
		c.skipStep(because, "ping-authorized")
	}
	for range c.registry.planned.Images {
		c.skipStep(because, "manifest")
	}
}

func (c *conversation) skipStep(because *node, stepName string) {
	n := c.run.rec.skip(c.registry.lane, c.registry.session.node, because, evidence.Registry, evidence.OpRequest)
	n.hop.Detail = evidence.Request{Method: "GET", Step: stepName, URL: c.registry.base() + "/v2/"}
}
