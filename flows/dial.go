package flows

import (
	"context"
	"net"
	"net/netip"
	"time"

	"pullpath/internal/evidence"
	"pullpath/tunnel"
)

const (
	millisecond = time.Millisecond
	// fallbackDelay is how long one address may be silent before the next is
	// tried beside it: Go's own (net.Dialer.FallbackDelay, RFC 6555).
	fallbackDelay = 300 * time.Millisecond
	// maxAddresses bounds the addresses tried of one name. Real names have up
	// to eight.
	maxAddresses = 8
	// addressPatience is how long an address may stay silent after another one has
	// answered. A lost SYN is repeated after one second (RFC 6298), so an address does
	// not count as down because of one lost packet.
	addressPatience = 1300 * time.Millisecond
)

// destination is where connections are opened to.
type destination struct {
	addresses []netip.Addr
	port      int
	// segment is the maximum segment size in bytes, 0 for the system's own.
	segment int
}

// at returns one address with a port.
func at(addr netip.Addr, port int) destination {
	return destination{addresses: []netip.Addr{addr}, port: port}
}

type attempt struct {
	index   int
	conn    net.Conn
	detail  evidence.Dial
	failure *evidence.Failure
}

// race is the attempts at the addresses of one name.
type race struct {
	run       *run
	step      step
	to        destination
	addresses []netip.Addr
	ctx       context.Context
	results   chan attempt
	hops      []*openHop
	finished  int
	// early are connections to addresses that earlier ones may still overtake.
	early map[int]net.Conn
	conn  net.Conn
	won   *openHop
}

// dial tries every address of a name side by side, all within one hop's limit.
// The path is the first in the name's order that answers, as in a client, which
// gives each a moment before it tries the next; the others are probes of what
// such a client hides. Nobody waits for these, but a run does not end before they
// had their time. It returns the hop of the connection, or of the failure that the
// walk stands on.
func (r *run) dial(ctx context.Context, s step, to destination) (net.Conn, *openHop) {
	s.op = evidence.OpDial
	ctx, cancel := r.limit(ctx, s)
	addresses := bothFamilies(to.addresses, maxAddresses)
	d := &race{run: r, step: s, to: to, addresses: addresses, ctx: ctx, results: make(chan attempt, len(addresses))}
	if r.cfg.NoProbes || s.probe != "" {
		defer cancel()
		d.inTurn(cancel)
		return d.conn, d.standing()
	}
	for range addresses {
		d.start()
	}
	d.sideBySide()
	won := d.standing()
	if d.finished == len(d.hops) {
		cancel()
	} else {
		r.wg.Go(func() { d.rest(cancel) })
	}
	return d.conn, won
}

// bothFamilies picks up to n addresses, so that no family is left out for the
// other's number. The order is kept.
func bothFamilies(addresses []netip.Addr, n int) []netip.Addr {
	left := map[bool]int{}
	for _, a := range addresses {
		left[a.Is4()]++
	}
	drop := len(addresses) - n
	out := make([]netip.Addr, 0, n)
	for i := len(addresses) - 1; i >= 0; i-- {
		family := addresses[i].Is4()
		if drop > 0 && left[family] > left[!family] {
			left[family]--
			drop--
			continue
		}
		out = append([]netip.Addr{addresses[i]}, out...)
	}
	return out[:min(n, len(out))]
}

// start begins the attempt at the next address.
func (d *race) start() {
	i, s := len(d.hops), d.step
	s.peer = netip.AddrPortFrom(d.addresses[i], uint16(d.to.port)).String()
	n := d.run.rec.begin(s)
	d.hops = append(d.hops, n)
	go func() {
		conn, detail, failure := tunnel.Dial(n.within(d.ctx), d.run.dialer(d.to.segment), s.peer, d.run.cfg.Scribe)
		d.results <- attempt{i, conn, detail, failure}
	}()
}

// dialer returns the way to open connections with a maximum segment size.
func (r *run) dialer(segment int) tunnel.DialFunc {
	if segment == 0 {
		return r.net.Dial
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return r.net.DialSegments(ctx, network, address, segment)
	}
}

// sideBySide takes results until the path is decided: the earliest address has
// answered, or one has and those before it failed or kept silent for a moment.
func (d *race) sideBySide() {
	d.early = map[int]net.Conn{}
	patience := time.NewTimer(fallbackDelay)
	defer patience.Stop()
	late := false
	for d.conn == nil && (d.finished < len(d.hops) || len(d.early) > 0) {
		select {
		case a := <-d.results:
			d.hold(a)
		case <-patience.C:
			late = true
		}
		d.decide(late)
	}
	for i, conn := range d.early {
		_ = conn.Close()
		delete(d.early, i)
	}
}

// hold closes the hop of one attempt and keeps its connection.
func (d *race) hold(a attempt) {
	d.finished++
	n := d.hops[a.index]
	if a.conn != nil {
		n.Local = a.conn.LocalAddr().String()
		d.early[a.index] = a.conn
	}
	n.end(a.detail, d.run.settle(a.failure))
}

// decide makes the earliest connection the path; when it is not late, one before
// which an address is still open waits.
func (d *race) decide(late bool) {
	for i, n := range d.hops {
		if conn := d.early[i]; conn != nil {
			d.conn, d.won = conn, n
			delete(d.early, i)
			return
		}
		if !late && !n.failed() {
			return
		}
	}
}

// take closes the hop of one attempt; the first with a connection wins.
func (d *race) take(a attempt) {
	d.finished++
	n := d.hops[a.index]
	if a.conn != nil {
		n.Local = a.conn.LocalAddr().String()
	}
	switch {
	case a.conn == nil:
	case d.conn == nil:
		d.conn, d.won = a.conn, n
	default:
		_ = a.conn.Close()
	}
	n.end(a.detail, d.run.settle(a.failure))
}

// rest sees the attempts through that the walk has gone on without.
func (d *race) rest(cancel context.CancelFunc) {
	defer cancel()
	left := addressPatience - d.run.net.Now().Sub(d.hops[0].began)
	timer := time.AfterFunc(max(left, 0), cancel)
	defer timer.Stop()
	for d.finished < len(d.hops) {
		d.take(<-d.results)
	}
}

// inTurn tries the addresses as a client does: the next as soon as one failed or
// kept silent for a moment. An attempt that another made needless is skipped.
func (d *race) inTurn(cancel context.CancelFunc) {
	d.start()
	for d.finished < len(d.hops) {
		open := d.conn == nil && len(d.hops) < len(d.addresses)
		var next <-chan time.Time
		if open {
			timer := time.NewTimer(fallbackDelay)
			defer timer.Stop()
			next = timer.C
		}
		select {
		case a := <-d.results:
			if d.conn != nil && a.failure != nil && a.failure.Kind == evidence.Timeout {
				d.finished++
				d.hops[a.index].because, d.hops[a.index].Detail = d.won, a.detail
				continue
			}
			if d.take(a); d.conn != nil {
				cancel()
			} else if open {
				d.start()
			}
		case <-next:
			d.start()
		}
	}
}

// standing picks the hop that the walk stands on and makes the others probes.
// Where none has answered it is the first that this host could try at all: on a
// host without IPv6 it is not the IPv6 address that broke the path.
func (d *race) standing() *openHop {
	won := d.won
	for _, n := range d.hops {
		if won == nil && n.failed() && !n.Unsent() {
			won = n
		}
	}
	if won == nil {
		won = d.hops[0]
	}
	for _, n := range d.hops {
		if n != won && n.Purpose == evidence.Path {
			n.Purpose, n.Probe = evidence.Probing, evidence.ProbeFurtherAddress
		}
	}
	return won
}
