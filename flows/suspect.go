package flows

import (
	"net/netip"
	"slices"

	"pullpath/internal/evidence"
)

// suspectPlace returns where a token server stands that no registry has there: on this
// host, at a link-local address, at a cloud's metadata service. A login is not sent
// to it, though a client would: whoever writes the challenge could collect it there,
// or have this host ask its own services. It is empty where nothing is wrong with the
// place, where the user named the token server (--realm) or its address, and where
// the registry itself is there. The connection under way is that of a handshake, nil
// for none.
func (c *conversation) suspectPlace(auth *walk, handshake *openHop) string {
	r, realm, registry := c.run, auth.log.target, c.registry.log.target
	if r.cfg.Realm != nil || equalHost(realm.Host, registry.Host) {
		return ""
	}
	place := evidence.HostPlace(realm.Host)
	if place == "" {
		place = auth.addressPlace(handshake)
	}
	if place == evidence.ThisHost && (evidence.HostPlace(registry.Host) == place || c.registry.addressPlace(nil) == place) {
		return ""
	}
	return place
}

// addressPlace is the place of the addresses that a direct walk leads to, all of which a
// connection made anew may use, and of a handshake's. Those of --resolve and
// --connect-to count as right.
func (w *walk) addressPlace(handshake *openHop) string {
	t := w.log.target
	if _, pinned := w.run.pinned(t.Endpoint); pinned || w.proxied() {
		return ""
	}
	if w.run.detour(t.Endpoint) != t.Endpoint {
		return ""
	}
	var addresses []netip.Addr
	if w.found != nil {
		addresses = slices.Clone(w.found.addresses)
	}
	if handshake != nil {
		if peer, err := netip.ParseAddrPort(handshake.Peer); err == nil {
			addresses = append(addresses, peer.Addr())
		}
	}
	for _, addr := range addresses {
		if place := evidence.AddressPlace(addr); place != "" {
			return place
		}
	}
	return ""
}

// inspectable returns the handshake of a host at which a login is withheld because its
// chain is not one of the public web; nil where none has to be.
func (c *conversation) inspectable(w *walk) *openHop {
	if !c.run.cfg.WithholdInspectable || c.login().Empty() {
		return nil
	}
	w.session.mu.Lock()
	defer w.session.mu.Unlock()
	if w.session.public {
		return nil
	}
	return w.session.hop
}

// withheldFor returns why the login is not sent to a token server, empty where it is. The
// token that it would bring goes to the registry, whose chain counts too.
func (c *conversation) withheldFor(auth *walk) string {
	if place := c.suspectPlace(auth, auth.session.standsOn()); place != "" {
		return place
	}
	if c.inspectable(auth) != nil || c.inspectable(c.registry) != nil {
		return evidence.Inspectable
	}
	return ""
}

// withhold takes the login out of a request, for a connection that turned out to lead
// to a place where none belongs.
func (a *ask) withhold(place string) {
	a.withheld = place
	a.header.Del("Authorization")
	a.form = nil
}
