package flows

import "pullpath/internal/evidence"

// Registries may share a token server and a login, and the pair goes there once at a
// time, in the plan's order (CONTRACT.md 4.1). Which token server it is a registry
// says first when it is asked, so that until then each with the same login may be on
// its way to the same gate.

// takeTurn makes those behind it in the plan wait for the conversation until it says
// where its login goes. One without a login holds nobody up.
func (c *conversation) takeTurn() {
	if login := c.login(); !login.Empty() {
		c.turn = c.run.loginGate("turn", login.Key()).enter(c.registry.lane.order)
	}
}

// claim takes the conversation's place at the gate of the host that its login goes
// to. It keeps nobody from another.
func (c *conversation) claim(w *walk) {
	if c.turn == nil {
		return
	}
	if c.place == nil {
		c.place = c.run.loginGate("login "+w.lane.target.ID, c.login().Key()).enter(c.registry.lane.order)
	}
	c.place.again()
	c.turn.leave()
}

// pass waits until the login may be sent, and returns the hop that rejected it. A
// registry before it in the plan that does not say where its login goes is waited
// for as long as one hop may take.
func (c *conversation) pass() (*node, error) {
	if c.place.gate.known() == unsent {
		ctx, cancel := c.run.hop(c.run.ctx)
		defer cancel()
		c.turn.again()
		_, _ = c.turn.wait(ctx) // whoever is late is waited for no longer
		c.turn.leave()
	}
	return c.place.wait(c.run.ctx)
}

// giveWay gives up what the conversation holds: it sends its login no more.
func (c *conversation) giveWay() {
	for _, t := range []*ticket{c.turn, c.place} {
		if t != nil {
			t.leave()
		}
	}
}

// request makes an exchange at a host that conversations may share.
func (c *conversation) request(w *walk, a ask) (reply, bool) {
	a.by = c.registry.lane.order
	return w.request(a)
}

// skip records that a request to such a host was left out because of a hop.
func (c *conversation) skip(w *walk, because *node) *node {
	n := c.run.rec.skip(w.lane, w.session.standsOn(), because, w.lane.target.Role, evidence.OpRequest)
	n.ascribe(c.registry.lane.order)
	return n
}

// loginGate is the gate of a registry's login for a purpose.
func (r *run) loginGate(purpose, key string) *gate {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gate(purpose + " " + key)
}
