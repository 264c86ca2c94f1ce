package packets

import (
	"net/netip"
	"time"
)

// Conn is a connection as its packets show it.
type Conn struct {
	// Serial is what was said of the socket when it was opened; 0 for a connection with a
	// server (see [Recording.Serves]).
	Serial int
	// Network is "tcp" or "udp".
	Network string
	// Local is the end of the process that opened it, Remote the other.
	Local, Remote netip.AddrPort
}

// conn is a connection in the making.
type conn struct {
	Conn
	// first is the place of its first packet in the file, -1 before.
	first int
	// others means that it turned out not to be the run's.
	others bool
	// kept counts the bytes of it in the file.
	kept int
	// seq is the number of the packet that opened it, where opened.
	seq    uint32
	opened bool
	// until is when its socket was closed; zero while it is open, and for TCP.
	until time.Time
}

// end is the local end of a connection, by Conn's Network.
type end struct {
	network string
	at      netip.AddrPort
}

type socket struct {
	proto byte
	port  uint16
}

// maxParted bounds the packets in parts whose rest is waited for, and maxServed the
// connections with servers: a run has hundreds of both at the very most.
const (
	maxParted = 256
	maxServed = 1 << 16
)

// owned says whose a packet is.
type owned struct {
	sockets map[socket]*conn
	// servers are addresses with ports to which every connection is the run's, and served
	// those that were seen.
	servers map[netip.AddrPort]bool
	served  map[[2]netip.AddrPort]*conn
	parted  map[fragment]*conn
	// everything means that all packets are the run's.
	everything bool
	// serials are those of connections with servers.
	serials map[end]int
	// local are this host's addresses.
	local map[netip.Addr]bool
	// all are the connections in the order of their sockets.
	all []*conn
}

func newOwned(local []netip.Addr) *owned {
	o := &owned{sockets: map[socket]*conn{}, servers: map[netip.AddrPort]bool{}, served: map[[2]netip.AddrPort]*conn{},
		parted: map[fragment]*conn{}, serials: map[end]int{}, local: map[netip.Addr]bool{}}
	for _, a := range local {
		o.local[a.Unmap()] = true
	}
	return o
}

// add takes a socket.
func (o *owned) add(serial int, s socket) *conn {
	c := &conn{Conn: Conn{Serial: serial, Network: map[byte]string{protoTCP: "tcp", protoUDP: "udp"}[s.proto]}, first: -1}
	o.sockets[s], o.all = c, append(o.all, c)
	return c
}

// of returns the connection that a packet belongs to, nil for one that is not the run's.
func (o *owned) of(p packet, at time.Time) *conn {
	if p.later {
		return o.parted[*p.fragment]
	}
	about := p
	if p.quoted != nil {
		about = *p.quoted
	}
	c := o.mine(about, p.quoted != nil, at)
	if c != nil && p.fragment != nil && len(o.parted) < maxParted {
		o.parted[*p.fragment] = c
	}
	return c
}

func (o *owned) mine(p packet, quoted bool, at time.Time) *conn {
	if o.isLocal(p.src.Addr()) {
		key := socket{p.proto, p.src.Port()}
		if c := o.sockets[key]; c != nil {
			return o.sent(c, key, p, quoted, at)
		}
	}
	if o.isLocal(p.dst.Addr()) {
		if c := o.sockets[socket{p.proto, p.dst.Port()}]; c != nil && c.open(at) {
			return c.between(p.dst, p.src)
		}
	}
	switch {
	case o.servers[p.dst]:
		return o.serving(p.src, p.dst, p.proto)
	case o.servers[p.src]:
		return o.serving(p.dst, p.src, p.proto)
	case !o.everything || p.proto != protoTCP && p.proto != protoUDP:
		return nil
	case p.src.Port() < p.dst.Port(): // servers have the lower ones
		return o.serving(p.dst, p.src, p.proto)
	}
	return o.serving(p.src, p.dst, p.proto)
}

// sent is a packet from the port of a socket. One that opens another connection than the
// socket's is somebody else's, who got the port after it.
func (o *owned) sent(c *conn, key socket, p packet, quoted bool, at time.Time) *conn {
	switch {
	case !c.open(at):
		return nil
	case quoted || !p.syn:
	case c.opened && c.seq != p.seq:
		delete(o.sockets, key)
		return nil
	default:
		c.opened, c.seq = true, p.seq
	}
	return c.between(p.src, p.dst)
}

// closeGrace is how much later than it was a packet may seem to be. For some milliseconds after
// the first socket asks for it the kernel does not note when a packet passes, and says when it is
// read (net/core/dev.c, net_enable_timestamp). A port is not soon given out again.
const closeGrace = 100 * time.Millisecond

// open reports whether the socket was open at a time.
func (c *conn) open(at time.Time) bool { return c.until.IsZero() || at.Before(c.until.Add(closeGrace)) }

// between notes the ends of a connection, which its first packet shows.
func (c *conn) between(local, remote netip.AddrPort) *conn {
	if !c.Local.IsValid() {
		c.Local, c.Remote = local, remote
	}
	return c
}

// serving is a connection of a client with a server.
func (o *owned) serving(client, server netip.AddrPort, proto byte) *conn {
	key := [2]netip.AddrPort{client, server}
	c := o.served[key]
	if c == nil && len(o.served) < maxServed {
		c = &conn{Conn: Conn{Network: map[byte]string{protoTCP: "tcp", protoUDP: "udp"}[proto]}, first: -1}
		o.served[key], o.all = c.between(client, server), append(o.all, c)
	}
	return c
}

func (o *owned) isLocal(a netip.Addr) bool { return a.IsLoopback() || o.local[a.Unmap()] }
