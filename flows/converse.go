package flows

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/credentials"
	"pullpath/internal/evidence"
	"pullpath/internal/profile"
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
	// images are what is pulled from it. optional means that another place may be asked after
	// it, and led are the hosts that it led to.
	images   []Argument
	optional bool
	led      []*walk
	// byDigest means that the place is asked by digest alone. fetch asks such places for what this
	// one told the digest of, and reports whether one served; nil for none.
	byDigest bool
	fetch    func(digest string) bool
	// doubt is an answer that was none of those expected, after which the client goes on; nil for
	// none.
	doubt *reply
	// spoilt means that something came which is not what its digest names.
	spoilt bool
	token  string
	// granting is where the token came from.
	granting granting
	// basic is the credential that a registry wants with every request which gives no
	// tokens; empty for others.
	basic string
	// opened is the digest that a manifest's HEAD without a token brought.
	opened string
	// brought is a manifest that came without a token, nil for none.
	brought *brought
	// tokenHop is the hop that brought the token, or did not.
	tokenHop *openHop
	found    int
	// fresh counts the hosts that were not walked before.
	fresh int
	// lost are the hosts that broke the connection under a blob, with the hop.
	lost map[*walk]*openHop
	// unsent means that something was refused and a login for it had been withheld.
	unsent bool
	// undecided is the conversation's place among those with the same login that have
	// not learnt where it goes, nil without a login. place is its place in the queue of
	// the login at the host where it goes, nil before that is known.
	undecided, place *place
}

// brought is a manifest with what it was asked for by, and the hop that brought it.
type brought struct {
	reference string
	manifest  manifest
	hop       *openHop
}

// conversation is about to be had with a registry.
func (r *run) conversation(w *walk) *conversation {
	c := &conversation{run: r, registry: w, images: w.planned.Images, lost: map[*walk]*openHop{}}
	c.queueUp()
	return c
}

// converse waits for the path to the registry and walks the conversation. It reports whether
// the registry served what was asked for.
func (c *conversation) converse() bool {
	defer c.leaveQueues()
	w := c.registry
	<-w.done
	if !w.reached {
		return false
	}
	opening, ok := c.open()
	if !ok && !c.goesOnAfter(opening, c.run.cfg.shape().asks().AnyPing && opening.detail.Code != http.StatusUnauthorized) {
		return false
	}
	if opening.detail.Code == http.StatusUnauthorized && !c.authorize(opening) {
		return len(c.images) == 0 && c.tokenHop != nil && !c.tokenHop.failed()
	}
	c.leaveQueues()
	served := true
	for _, image := range c.images {
		served = c.pull(image) && served
	}
	if c.doubt != nil && served {
		c.doubt.on.excuse(*c.doubt, c.doubt.detail.Expected+"; or anything after which the manifest is given")
	}
	return served
}

// goesOnAfter reports whether the client asks for its images whatever came before them, if it
// is one that does, and keeps the answer until it is known whether they are given.
func (c *conversation) goesOnAfter(out reply, does bool) bool {
	code := out.detail.Code
	if !does || len(c.images) == 0 || out.lost || code == 0 || code/100 == 3 || !c.registry.session.accepted() {
		return false
	}
	c.doubt = &out
	return true
}

// excuse makes a failed answer one that the client took: what it asked for then was served.
func (w *walk) excuse(out reply, words string) {
	w.session.mu.Lock()
	defer w.session.mu.Unlock()
	if w.refused != nil && w.refused.out.hop == out.hop {
		w.refused = nil
	}
	out.hop.excuse(words)
}

// behind returns the probe to which everything belongs that is sent over a chain which
// the client refuses: the pull would not have come this far. It is empty for a chain
// that the client accepts.
func (w *walk) behind() evidence.Probe {
	if w.session.trusted {
		return ""
	}
	return evidence.ProbeBehindRefused
}

// request makes one exchange on a target's connection, and opens the
// connection again where the last exchange ended it.
func (w *walk) request(a ask) (reply, bool) {
	w.session.mu.Lock()
	defer w.session.mu.Unlock()
	begun := w.run.rec.begun(w.log)
	defer func() { w.run.rec.askedBy(w.log, begun, a.by) }()
	if !w.session.alive() && !w.reconnect(a.probe) {
		return reply{hop: w.session.broken, failed: true}, false
	}
	switch {
	case a.again:
		a.probe = evidence.ProbeRepeated
	case a.probe == "":
		a.probe = w.behind()
	}
	a = w.guarded(a)
	out := w.exchange(a)
	if out.failed && a.probe == "" {
		w.refuse(&refusal{ask: a, out: out})
	}
	return out, !out.failed
}

// guarded returns a request without what must not go over the connection under way: a login to
// a place where none belongs, or where whoever is on the way could read it.
func (w *walk) guarded(a ask) ask {
	a.header = a.header.Clone()
	if a.suspect != nil && a.authScheme() != "" {
		if place := a.suspect(w, w.session.hop); place != "" {
			a.withhold(place)
		}
	}
	if (w.session.plain || w.session.unverified) && (a.brought || slices.Contains([]string{"Basic", "form"}, a.authScheme())) {
		a.withhold(w.session.openTo())
		a.expect = a.expect.orRefused()
	}
	if w.run.cfg.WithholdInspectable && !w.session.public && slices.Contains([]string{"Basic", "form"}, a.authScheme()) {
		a.withhold(evidence.Inspectable) // the chain was another one when the login was claimed
	}
	if !w.session.trusted {
		// No credential goes over a chain that the client would refuse.
		a.header.Del("Authorization")
		a.form = nil
	}
	return a
}

// reconnect walks the path again after the peer ended a connection. For a side
// probe its hops are the probe's.
func (w *walk) reconnect(probe evidence.Probe) bool {
	begun := w.run.rec.begun(w.log)
	w.secure(w.reopen())
	if probe != "" {
		w.run.rec.relabel(w.log, begun, probe)
	}
	return w.session.alive()
}

// open makes the first request, which the client sends without a token.
func (c *conversation) open() (reply, bool) {
	var m manifest
	w := c.registry
	a := ask{step: evidence.StepPing, method: http.MethodGet, url: w.base() + "/v2/", header: http.Header{}, expect: expectPing}
	if c.skipsPing() {
		a = c.headAsk(c.images[0], c.images[0].Reference)
		a.expect = expectOpening.needing(c.run.cfg.shape().asks(), func(r evidence.Request) bool { return r.Code == http.StatusOK })
		a.expect = a.expect.orNoHead()
		if c.byDigest {
			a = c.manifestAsk(c.images[0], c.images[0].Reference, &m)
			a.expect = a.expect.orOpening()
		}
	}
	if asks := c.run.cfg.shape().asks(); asks.RefusesPrivateRealms && c.run.cfg.Realm == nil {
		a.expect = a.expect.acceptsRealm(w.log.target.URLHost())
		if asks.RefusesPlainRealms && !w.plain {
			a.expect = a.expect.refusingPlainRealms()
		}
	}
	if len(c.images) > 0 {
		a.expect.usable = nil // a client goes on without a token where it knows no challenge
	}
	out, ok := c.follow(w, evidence.Registry, a)
	if ok && c.skipsPing() && out.detail.Code == http.StatusMethodNotAllowed {
		a.method, a.expect = http.MethodGet, expectOpening
		out, ok = c.follow(w, evidence.Registry, a)
	}
	switch {
	case !ok || !c.skipsPing():
	case !c.byDigest:
		c.opened = resolved(out)
	case out.detail.Code == http.StatusOK:
		c.brought = &brought{c.images[0].Reference, m, out.hop}
	}
	return out, ok && w.session.accepted()
}

// skipsPing reports whether the client begins with a manifest. Without an image there is
// no manifest, and /v2/ shows the path too.
func (c *conversation) skipsPing() bool {
	return c.run.cfg.shape().asks().ManifestFirst && len(c.images) > 0
}

// base returns the URL of the target without a path.
func (w *walk) base() string {
	return strings.TrimSuffix(w.asked().URL().String(), "/")
}

// authorize answers the challenge of /v2/ and reports whether images can be asked for.
// Without credentials a genuine 401 in JSON ends the conversation: it shows that the
// path works, and nothing that was planned is left out.
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
	if realm == nil { // no challenge that the client knows: it goes on without a token
		return true
	}
	if c.run.holdsSecret(realm.Host) {
		c.skipRest(c.refuseHost(opening.hop, evidence.Auth, "token", realm.String()), true)
		return false
	}
	auth := c.authHost(realm)
	c.claim(auth)
	<-auth.done
	images := c.images
	c.granting = granting{auth: auth, realm: realm, challenge: challenge}
	if !auth.reached {
		c.skipRest(auth.broke, true)
		return false
	}
	token, ok := c.fetchToken(auth, realm, challenge)
	c.token = token
	if token == "" {
		if !ok || len(images) > 0 {
			c.skipRest(c.tokenHop, true)
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
		c.tokenHop = opening.hop
		if len(c.images) > 0 {
			c.skipRest(opening.hop, false)
		}
		return false
	}
	if c.skipsInspectable() {
		return false
	}
	sent, ok := c.withCredentials(c.registry, func(authorization string) reply {
		c.basic = authorization
		return c.askAuthorized(authorization)
	})
	return c.orSkipsImages(sent, ok)
}

// authorizeOwnToken shows the registry itself a token that was stored for it.
func (c *conversation) authorizeOwnToken() bool {
	if c.skipsInspectable() {
		return false
	}
	sent, ok := c.withCredentials(c.registry, func(authorization string) reply {
		if authorization == "" {
			return c.askAuthorized("")
		}
		c.token = c.login().Secret()
		return c.askAuthorized("Bearer " + c.token)
	})
	return c.orSkipsImages(sent, ok)
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

// pingAuthorized shows the registry a token. A container client asks for its image with it at
// once, so what /v2/ answers counts only where the image is not given.
func (c *conversation) pingAuthorized(authorization string) bool {
	out := c.askAuthorized(authorization)
	if out.failed && c.goesOnAfter(out, !c.run.cfg.shape().asks().PingsAgain) {
		return true
	}
	return c.orSkipsImages(out.hop, !out.failed)
}

// orSkipsImages returns whether the registry let the client in. Where it did not, because of a
// hop, no image is asked for.
func (c *conversation) orSkipsImages(because *openHop, in bool) bool {
	if !in {
		c.skipRest(because, false)
	}
	return in
}

// askAuthorized shows the registry a login or a token: at /v2/, or for a client that does not
// ask for that with the manifest.
func (c *conversation) askAuthorized(authorization string) reply {
	header := http.Header{"Authorization": {authorization}}
	a := ask{step: evidence.StepPingAuthorized, method: "GET", url: c.registry.base() + "/v2/", header: header, expect: expectAuthorized}
	var m manifest
	switch {
	case !c.skipsPing():
	case c.byDigest:
		a = c.manifestAsk(c.images[0], c.images[0].Reference, &m)
		a.header.Set("Authorization", authorization)
	default:
		a = c.headAsk(c.images[0], c.images[0].Reference)
		a.header.Set("Authorization", authorization)
		a.expect = c.expectResolve()
	}
	a.brought = !c.login().Empty()
	out, ok := c.follow(c.registry, evidence.Registry, a)
	switch {
	case !ok || !c.skipsPing():
	case c.byDigest:
		c.brought = &brought{c.images[0].Reference, m, out.hop}
	default:
		c.opened = resolved(out)
	}
	return out
}

// authHost makes the realm's host a required target and starts its path where
// the profile has not done so.
func (c *conversation) authHost(realm *url.URL) *walk {
	return c.target(realm, evidence.Auth, "challenge")
}

// maxFound is how many hosts one registry's conversation may lead to. CDNs choose among
// fewer than ten; a registry that sends each layer elsewhere could make us walk to any
// number of hosts.
const maxFound = 64

// leadsTo reports whether a URL's host is walked already, or may be. What it allows
// counts.
func (c *conversation) leadsTo(u *url.URL) bool {
	id := evidence.EndpointOf(u).ID()
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
	at := evidence.EndpointOf(u)
	at.Host = evidence.HostName(at.Host)
	t := evidence.Target{ID: at.ID(), Endpoint: at, Role: role, FoundBy: foundBy, Plain: u.Scheme == "http",
		Public: profile.PublicRegistry(at)}
	if h, listed := c.run.cfg.Profile.Entry(at); listed {
		t.Public, t.Listed = h.Public, true
	}
	t.Required = !c.optional
	planned := c.run.cfg.plan(t)
	planned.AllowListOnly = false
	c.found++
	w := c.run.start(planned, append(append([]int{}, c.registry.log.order...), c.found))
	switch {
	case !c.registry.session.accepted():
	case c.optional:
		c.led = append(c.led, w)
	default:
		c.run.rec.need(w.log)
	}
	return w
}

// skipRest records the requests that are left out because of a hop.
func (c *conversation) skipRest(because *openHop, authorized bool) {
	if authorized && !c.skipsPing() {
		c.skipStep(because, "ping-authorized")
	}
	for range c.images {
		c.skipStep(because, "manifest")
	}
}

func (c *conversation) skipStep(because *openHop, step evidence.Step) *openHop {
	n := c.run.rec.skip(c.registry.log, c.registry.session.standsOn(), because, evidence.Registry, evidence.OpRequest)
	n.Detail = evidence.Request{Method: "GET", Step: step, URL: c.registry.base() + "/v2/"}
	return n
}
