package flows

import (
	"pullpath/internal/evidence"
	"pullpath/internal/queue"
)

// place is a place in the queue of a login. What rejected the login is a hop.
type place = queue.Place[openHop]

// Several registries may have the same login and share a token server, and each learns
// only from the registry's answer which token server it is. So a conversation with a
// login waits in two queues: first among all with that login that have not learnt where
// it goes, then in the queue of the login at that host.

// queueUp makes those that are later in the plan wait until the conversation has learnt
// where its login goes. A conversation without a login delays none.
func (c *conversation) queueUp() {
	if login := c.login(); !login.Empty() {
		c.undecided = c.run.logins.Of("turn " + login.Key()).Join(c.registry.log.order)
	}
}

// claim takes the conversation's place in the queue of the host to which its login
// goes, and leaves the queue of those that have not learnt it.
func (c *conversation) claim(w *walk) {
	if c.undecided == nil {
		return
	}
	if c.place == nil {
		c.place = c.run.logins.Of("login " + w.log.target.ID + " " + c.login().Key()).Join(c.registry.log.order)
	}
	c.place.Rejoin()
	c.undecided.Leave()
}

// acquire waits until the login may be sent, and returns the hop that rejected it. A
// registry that is earlier in the plan and has not learnt where its login goes is
// waited for as long as one hop may take.
func (c *conversation) acquire() (*openHop, error) {
	if c.place.Queue().Outcome() == queue.Unsent {
		ctx, cancel := c.run.oneHop(c.run.ctx)
		defer cancel()
		_, _ = c.undecided.Acquire(ctx) // whoever is late is waited for no longer
		c.undecided.Leave()
	}
	return c.place.Acquire(c.run.ctx)
}

// leaveQueues gives up the places that the conversation holds: it sends its login no
// more.
func (c *conversation) leaveQueues() {
	for _, p := range []*place{c.undecided, c.place} {
		if p != nil {
			p.Leave()
		}
	}
}

// request makes an exchange at a host that conversations may share.
func (c *conversation) request(w *walk, a ask) (reply, bool) {
	a.by = c.registry.log.order
	return w.request(a)
}

// skip records that a request to such a host was left out because of a hop.
func (c *conversation) skip(w *walk, because *openHop) *openHop {
	n := c.run.rec.skip(w.log, w.session.standsOn(), because, w.log.target.Role, evidence.OpRequest)
	n.askedBy(c.registry.log.order)
	return n
}
