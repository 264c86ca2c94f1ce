package flows

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"pullpath/internal/credentials"
	"pullpath/internal/evidence"
)

// conversation is what a client says to one registry, in order:
//
//  1. GET /v2/ without a token, to learn whether one is needed, or for a client
//     that leaves it out HEAD of the first manifest;
//  2. the host that the challenge names becomes a target of its own;
//  3. the token there, by GET or by POST of a form, with credentials or without;
//  4. GET /v2/ with the token, by those that asked it before;
//  5. for each image: manifest, config, smallest layer.
type conversation struct {
	run      *run
	registry *walk
	token    string
	// basic is the credential that a registry wants with every request which gives no
	// tokens; empty for others.
	basic string
	// opened is the digest that a manifest's HEAD without a token brought.
	opened string
	// tokenNode is the hop that brought the token, or did not.
	tokenNode *node
	found     int
	// fresh counts the hosts that nobody walked to before.
	fresh int
	// lost are the hosts that broke the connection under a blob, with the hop.
	lost map[*walk]*node
	// turn is its place among the conversations with the same login that have not said
	// where it goes, nil without one; place is the one at the gate of that host.
	turn, place *ticket
}

// conversation is about to be had with a registry.
func (r *run) conversation(w *walk) *conversation {
	c := &conversation{run: r, registry: w, lost: map[*walk]*node{}}
	c.takeTurn()
	return c
}

// converse waits for the path to the registry and walks the conversation.
func (c *conversation) converse() {
	defer c.giveWay()
	w := c.registry
	<-w.done
	if !w.reached {
		return
	}
	opening, ok := c.open()
	if !ok {
		return
	}
	if opening.detail.Code == http.StatusUnauthorized && !c.authorize(opening) {
		return
	}
	c.giveWay()
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
	begun := w.run.rec.begun(w.lane)
	defer func() { w.run.rec.ascribe(w.lane, begun, a.by) }()
	if !w.session.alive() && !w.reconnect(a.probe) {
		return reply{node: w.session.broken, failed: true}, false
	}
	purpose, probe := w.purpose()
	if a.again {
		purpose, probe = evidence.Probe, repeated
	}
	if a.probe == "" {
		a.purpose, a.probe = purpose, probe
	} else {
		a.purpose = evidence.Probe
	}
	if a.suspect != nil && a.authScheme() != "" {
		if place := a.suspect(w.session.node); place != "" {
			a.withhold(place)
		}
	}
	if w.run.cfg.WithholdInspectable && !w.session.public && slices.Contains([]string{"Basic", "form"}, a.authScheme()) {
		a.withhold(evidence.Inspectable) // the chain was another one when the login was claimed
	}
	if !w.session.trusted {
		// No credential goes over a chain that the client would refuse.
		a.header.Del("Authorization")
		a.form = nil
	}
	out := w.exchange(a)
	if out.failed && a.purpose == evidence.Path {
		w.refuse(&refusal{ask: a, out: out})
	}
	return out, !out.failed
}

// reconnect walks the path again after the peer ended a connection. For a side
// probe its hops are the probe's.
func (w *walk) reconnect(probe string) bool {
	begun := w.run.rec.begun(w.lane)
	conn, last := w.reopen()
	if conn == nil {
		w.session.broken = last
	} else {
		w.handshake(conn, last)
	}
	if probe != "" {
		w.run.rec.relabel(w.lane, begun, probe)
	}
	return w.session.alive()
}

// open makes the first request: what the client asks without a token.
func (c *conversation) open() (reply, bool) {
	w := c.registry
	a := ask{stepName: "ping", method: http.MethodGet, url: w.base() + "/v2/", header: http.Header{}, expect: expectPing}
	if c.skipsPing() {
		a = c.headAsk(w.planned.Images[0], w.planned.Images[0].Reference)
		a.expect = expectOpening
	}
	if c.run.cfg.shape().asks.refusesPrivateRealms && c.run.cfg.Realm == nil {
		a.expect = a.expect.acceptsRealm(urlHost(w.lane.target.Host, w.lane.target.Port))
	}
	out, ok := w.request(a)
	if c.skipsPing() && out.detail.Code == http.StatusOK {
		c.opened = out.header.Get("Docker-Content-Digest")
	}
	return out, ok && w.session.accepted()
}

// skipsPing tells that the client begins with a manifest. Without an image there is
// none, and /v2/ shows the path all the same.
func (c *conversation) skipsPing() bool {
	return c.run.cfg.shape().asks.manifestFirst && len(c.registry.planned.Images) > 0
}

// base is the URL of the target without a path.
func (w *walk) base() string {
	return "https://" + urlHost(w.lane.target.Host, w.lane.target.Port)
}

// authorize answers the challenge of /v2/ and tells whether images can be asked
// for. Without credentials a genuine 401 in JSON ends the conversation: the
// path is proven, and nothing that was planned is left out.
func (c *conversation) authorize(opening reply) bool {
	challenge, realm := pick(opening.header.Values("Www-Authenticate"))
	switch {
	case c.run.cfg.Realm != nil:
		realm = c.run.cfg.Realm
	case strings.EqualFold(challenge.Scheme, "Basic"):
		return c.authorizeBasic(opening)
	}
	if c.login().Kind == credentials.RegistryToken {
		return c.authorizeOwnToken()
	}
	if c.run.holdsSecret(realm.Host) {
		c.skipRest(c.refuseHost(opening.node, evidence.Auth, "token", realm.String()), true)
		return false
	}
	auth := c.authHost(realm)
	c.claim(auth)
	<-auth.done
	images := c.registry.planned.Images
	if !auth.reached {
		c.skipRest(auth.broke, true)
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
	if c.skipsPing() {
		return true
	}
	return c.pingAuthorized("Bearer " + token)
}

// pick chooses the challenge that the client answers, Bearer before Basic, and
// reads the realm as it stands, which evidence has redacted.
func pick(values []string) (evidence.Challenge, *url.URL) {
	var fallback evidence.Challenge
	for _, v := range boundValues(values) {
		for _, c := range evidence.ParseChallenges(v) {
			if strings.EqualFold(c.Scheme, "Bearer") {
				if realm, err := readRealm(c.Params["realm"]); err == nil {
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
func (c *conversation) authorizeBasic(opening reply) bool {
	if c.login().Empty() {
		c.tokenNode = opening.node
		if len(c.registry.planned.Images) > 0 {
			c.skipRest(opening.node, false)
		}
		return false
	}
	if c.skipsInspectable() {
		return false
	}
	_, ok := c.withCredentials(c.registry, func(authorization string) reply {
		c.basic = authorization
		return c.askAuthorized(authorization)
	})
	return ok
}

// authorizeOwnToken shows the registry itself a token that was stored for it.
func (c *conversation) authorizeOwnToken() bool {
	if c.skipsInspectable() {
		return false
	}
	_, ok := c.withCredentials(c.registry, func(authorization string) reply {
		if authorization == "" {
			return c.askAuthorized("")
		}
		c.token = c.login().Secret()
		return c.askAuthorized("Bearer " + c.token)
	})
	return ok
}

// skipsInspectable leaves out what needs a login that the registry itself would get,
// where it is withheld there.
func (c *conversation) skipsInspectable() bool {
	handshake := c.inspectable(c.registry)
	if handshake != nil {
		c.skipRest(handshake, true)
	}
	return handshake != nil
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

// maxFound is how many hosts one registry's conversation may lead to. CDNs choose among
// fewer than ten; a registry that sends each layer elsewhere would have us walk to
// every host that it likes.
const maxFound = 64

// leadsTo tells that a URL's host is walked already, or may be. What it allows counts.
func (c *conversation) leadsTo(u *url.URL) bool {
	port := 443
	if p, err := strconv.Atoi(u.Port()); err == nil {
		port = p
	}
	id := targetID(u.Hostname(), port)
	c.run.mu.Lock()
	_, known := c.run.walks[id]
	c.run.mu.Unlock()
	if known {
		return true
	}
	c.fresh++
	return c.fresh <= maxFound
}

// target returns the walk to a URL's host, started now if it is new.
func (c *conversation) target(u *url.URL, role evidence.Role, foundBy string) *walk {
	port := 443
	if p, err := strconv.Atoi(u.Port()); err == nil {
		port = p
	}
	t := evidence.Target{ID: targetID(u.Hostname(), port), Host: evidence.HostName(u.Hostname()), Port: port, Role: role, FoundBy: foundBy}
	for _, h := range c.run.cfg.Profile.Hosts {
		if equalHost(h.Host, t.Host) && h.Port == port {
			t.Public, t.Listed = h.Public, true
		}
	}
	t.Required = true
	planned := plan(c.run.cfg, t)
	planned.AllowListOnly = false
	c.found++
	w := c.run.start(planned, append(append([]int{}, c.registry.lane.order...), c.found))
	if c.registry.session.accepted() {
		c.run.rec.need(w.lane)
	}
	return w
}

// skipRest records the requests that are left out because of a hop.
func (c *conversation) skipRest(because *node, authorized bool) {
	if authorized && !c.skipsPing() {
		c.skipStep(because, "ping-authorized")
	}
	for range c.registry.planned.Images {
		c.skipStep(because, "manifest")
	}
}

func (c *conversation) skipStep(because *node, stepName string) *node {
	n := c.run.rec.skip(c.registry.lane, c.registry.session.standsOn(), because, evidence.Registry, evidence.OpRequest)
	n.hop.Detail = evidence.Request{Method: "GET", Step: stepName, URL: c.registry.base() + "/v2/"}
	return n
}
