package mockproxy

import (
	"net"
	"slices"
	"sync"

	"pullpath/internal/fault"
)

// repeats is how often the kernel of a made-up client sends what nobody acknowledges: Linux
// does so about four times within the five seconds of a hop (RFC 6298, from 0.2 s on).
const repeats = 4

// loses reports whether a fault loses ClientHellos before they arrive.
func loses(f fault.Handshake) bool { return f.Effect == fault.Silence && !f.Acknowledged }

// unheard is a connection on which ClientHellos may be lost. Loopback acknowledges
// everything, so the connection tells itself what of it would have been.
type unheard struct {
	net.Conn
	route Route

	mu   sync.Mutex
	sent []byte
	more int64
}

// NetConn returns the connection under it.
func (u *unheard) NetConn() net.Conn { return u.Conn }

// Write keeps the ClientHello, which comes first.
func (u *unheard) Write(p []byte) (int, error) {
	u.mu.Lock()
	if room := maxHello - len(u.sent); room > 0 {
		u.sent = append(u.sent, p[:min(room, len(p))]...)
	}
	u.more += int64(len(p))
	u.mu.Unlock()
	return u.Conn.Write(p)
}

// maxHello is the longest record of TLS, header included.
const maxHello = recordHeader + 1<<14

// Delivered says that nothing arrived where the ClientHello is one that is lost.
func (u *unheard) Delivered() (acked, unacked int64, again int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.sent) < recordHeader {
		return u.more, 0, 0
	}
	said := hello{raw: u.sent, info: parseHello(u.Conn, u.sent), split: len(u.sent) > segment}
	host := u.route.called(said.info.ServerName)
	if slices.ContainsFunc(u.route.Hellos, func(f fault.Handshake) bool {
		return loses(f) && scope(f.Host, host) && said.fits(f.Only, host)
	}) {
		return 0, u.more, repeats
	}
	return u.more, 0, 0
}
