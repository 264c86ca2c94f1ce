package transcript

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"

	"pullpath/internal/evidence"
)

// Of SOCKS5 (RFC 1928, RFC 1929).
const (
	socksPassword = 2
	socksIPv4     = 1
	socksName     = 3
	socksIPv6     = 4
)

// socks reads a dialogue with a SOCKS5 server, whose login is not kept.
func (v *conversation) socks() {
	at := v.spoke(false, 0)
	h := v.k.hop(v.c, at, v.ends()+": SOCKS5")
	h.Op, h.Role = evidence.OpTunnel, evidence.Proxy
	said := &evidence.SOCKS{Method: evidence.SOCKSUnsaid, Login: evidence.SOCKSUnsaid, Reply: evidence.SOCKSUnsaid}
	v.a.via, v.a.proxied, v.proxied = "socks5://"+v.c.Server.String(), true, true
	up, down := v.up, v.down
	if len(up) < 2+int(up[1]) {
		return
	}
	for _, m := range up[2 : 2+up[1]] {
		said.Offered = append(said.Offered, int(m))
	}
	up = up[2+up[1]:]
	if len(down) >= 2 && down[0] == 5 {
		said.Method, down = int(down[1]), down[2:]
	}
	if said.Method == socksPassword {
		up, down = socksLogin(said, up, down)
	}
	target, rest := socksTarget(said, up)
	if target != "" {
		v.a.host = target
	}
	d := evidence.Tunnel{Request: v.k.r.scribe.Short("SOCKS5 connect "+target, maxQuote), SOCKS: said}
	if said.Method == socksPassword {
		d.AuthSent = "password"
	}
	used := 0
	if len(down) >= 2 && down[0] == 5 && target != "" {
		said.Reply, used = int(down[1]), socksReply(down)
	}
	h.Detail = d
	if v.socksOutcome(&h, said) {
		v.a.add(h)
	}
	if h.State == evidence.OK && said.Reply == 0 && used > 0 {
		v.pass(int64(len(v.up)-len(rest)), int64(len(v.down)-len(down)+used))
		v.inside()
	}
}

// socksOutcome says how a dialogue came out, false where the capture does not show it.
func (v *conversation) socksOutcome(h *evidence.Hop, said *evidence.SOCKS) bool {
	switch {
	case said.Reply == 0:
		return true
	case said.Said() != "":
		v.k.fail(h, evidence.ProxyStatus, said.Said())
	case len(v.down) > 0 && v.down[0] != 5:
		d, _ := h.Detail.(evidence.Tunnel)
		d.FirstBytes = v.k.r.scribe.FirstBytes(v.down)
		h.Detail = d
		v.k.fail(h, evidence.NotHTTP, "the first bytes are none of SOCKS5: "+d.FirstBytes)
	default:
		kind, text := v.ending(v.c.Up.Bytes)
		if text == "" {
			return false
		}
		v.k.fail(h, kind, text)
	}
	return true
}

// socksLogin goes behind user name and password.
func socksLogin(said *evidence.SOCKS, up, down []byte) (restUp, restDown []byte) {
	if len(up) < 2 || len(up) < 3+int(up[1]) {
		return nil, down
	}
	n := 2 + int(up[1])
	n += 1 + int(up[n])
	if len(up) < n {
		return nil, down
	}
	if len(down) >= 2 {
		said.Login, down = int(down[1]), down[2:]
	}
	return up[n:], down
}

// socksTarget reads what is asked for, and returns what follows; empty where it is not there.
func socksTarget(said *evidence.SOCKS, up []byte) (target string, rest []byte) {
	if len(up) < 7 || up[0] != 5 {
		return "", nil
	}
	host, n := "", 0
	switch up[3] {
	case socksIPv4, socksIPv6:
		n = 4
		if up[3] == socksIPv6 {
			n = 16
		}
		if len(up) < 4+n+2 {
			return "", nil
		}
		addr, _ := netip.AddrFromSlice(up[4 : 4+n])
		host, said.ResolvedBy, said.Address = addr.String(), evidence.ByClient, addr.String()
		n += 4
	case socksName:
		n = 5 + int(up[4])
		if len(up) < n+2 {
			return "", nil
		}
		host, said.ResolvedBy = string(up[5:n]), evidence.ByProxy
	default:
		return "", nil
	}
	return net.JoinHostPort(host, fmt.Sprint(binary.BigEndian.Uint16(up[n:]))), up[n+2:]
}

// socksReply is how long a reply is, 0 where it is cut.
func socksReply(down []byte) int {
	if len(down) < 5 {
		return 0
	}
	n := 4 + 4 + 2
	switch down[3] {
	case socksName:
		n = 5 + int(down[4]) + 2
	case socksIPv6:
		n = 4 + 16 + 2
	}
	if len(down) < n {
		return 0
	}
	return n
}
