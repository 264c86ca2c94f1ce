package vantage

import (
	"context"
	"io"
	"net"
	"net/netip"
	"slices"

	"pullpath/resolve"
	"pullpath/tunnel"
)

// Sockets is told of the sockets of a run.
type Sockets interface {
	// Opened is told of one before its first packet; see [tunnel.OpenedFunc].
	Opened(ctx context.Context, network string, port uint16) (closed func())
	// Serves is told where a made-up network listens, on loopback, before the run begins, and
	// Connected of each connection with it, once it is there.
	Serves(at netip.AddrPort)
	Connected(ctx context.Context, network string, local net.Addr)
}

// TellSockets has a run tell of its own sockets.
func (r *Run) TellSockets(to Sockets) {
	if len(r.servers) > 0 {
		for _, at := range r.servers {
			to.Serves(at)
		}
		r.Net.Wire = connected(r.Net.Wire, to)
	} else {
		r.Net.Wire = tunnel.Dialer{Opened: to.Opened}.Wire()
	}
	own := *r.Net.Resolver
	own.Dial = r.Net.Dial
	r.Net.Resolver = &own
}

// connected returns the same ways, of which each connection is told.
func connected(w tunnel.Wire, to Sockets) tunnel.Wire {
	told := func(ctx context.Context, network string, c net.Conn, err error) (net.Conn, error) {
		if err == nil {
			to.Connected(ctx, network, c.LocalAddr())
		}
		return c, err
	}
	dial, segments := w.Dial, w.DialSegments
	w.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		return told(ctx, network, c, err)
	}
	w.DialSegments = func(ctx context.Context, network, address string, size int) (net.Conn, error) {
		c, err := segments(ctx, network, address, size)
		return told(ctx, network, c, err)
	}
	return w
}

// KeepKeys has a run write the secrets of its TLS connections, as crypto/tls writes them.
func (r *Run) KeepKeys(to io.Writer) {
	r.Net.KeyLog = to
	own := *r.Net.Resolver
	own.KeyLog = to
	r.Net.Resolver = &own
}

// Logins says which logins of a person or a machine the run would send, none for none. The
// account of a made-up network is made up.
func (r Run) Logins() []string { return r.logins }

// logins finds what [Run.Logins] says.
func (p *preparation) logins() []string {
	config, own := p.run.Config, p.MadeUp != nil
	var out []string
	switch {
	case config.User != "" && !p.ownAccount():
		out = append(out, "the login of "+p.givenBy())
	case config.User == "" && (!own || p.ask.login.authFile != ""):
		for _, t := range p.run.Plan.Targets {
			if a := config.Logins[t.Target.ID]; !a.Login.Empty() {
				out = append(out, "the stored login for "+t.Target.ID)
			}
		}
	}
	if l := config.ProxyLogin; (l.User != "" || l.Scheme == tunnel.Negotiate) && (!own || p.ask.proxy.user != "") {
		out = append(out, "the login at the proxy")
	}
	for _, t := range p.run.Plan.Targets {
		if proxy := t.Decision.Proxy(); proxy != nil && proxy.User != nil && (!own || p.ask.given("proxy")) {
			out = append(out, "the login in the proxy's URL")
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Ports returns the ports that the run's packets go to, as far as its plan and its name servers
// tell, in order.
func (r Run) Ports() []uint16 {
	var out []uint16
	add := func(text string) {
		if at, err := netip.ParseAddrPort("0.0.0.0:" + text); err == nil {
			out = append(out, at.Port())
		}
	}
	for _, text := range r.Net.Resolver.Servers {
		if s, err := resolve.ParseServer(text); err == nil {
			add(s.Port)
		}
	}
	for _, t := range r.Plan.Targets {
		if t.Decision.Proxy() != nil {
			add(t.Decision.Port)
		} else {
			out = append(out, uint16(t.Target.Port))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
