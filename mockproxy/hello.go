package mockproxy

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"

	"pullpath/internal/fault"
)

// hello is a ClientHello that was read and not yet answered.
type hello struct {
	raw  []byte
	info tls.ClientHelloInfo
	// split means that it took more than one segment.
	split bool
}

// segment is what one TCP segment carries on Ethernet, timestamps included.
const segment = 1448

// recordHeader is the length of a TLS record's header (RFC 8446 section 5.1).
const recordHeader = 5

// errRead ends crypto/tls's reading of a ClientHello where it has what we want.
var errRead = errors.New("the hello was read")

// readHello reads one TLS record. What is in it is read by crypto/tls; what it
// cannot read leaves info empty.
func readHello(conn net.Conn) (hello, error) {
	defer limitHead(conn)()
	first := make([]byte, segment)
	n, err := io.ReadAtLeast(conn, first, recordHeader)
	if err != nil {
		return hello{}, err
	}
	out := hello{raw: first[:n]}
	if first[0] != recordHandshake {
		return out, nil // no TLS; crypto/tls says so
	}
	if missing := recordHeader + int(binary.BigEndian.Uint16(first[3:])) - n; missing > 0 {
		rest := make([]byte, missing)
		if _, err := io.ReadFull(conn, rest); err != nil {
			return hello{}, err
		}
		out.raw, out.split = append(out.raw, rest...), true
	}
	out.info = parseHello(conn, out.raw)
	return out, nil
}

// parseHello has crypto/tls read a ClientHello.
func parseHello(conn net.Conn, raw []byte) tls.ClientHelloInfo {
	var out tls.ClientHelloInfo
	reading := tls.Server(unread{conn, bytes.NewReader(raw), true}, &tls.Config{ //nolint:gosec // answers nothing
		GetConfigForClient: func(info *tls.ClientHelloInfo) (*tls.Config, error) {
			out = *info
			return nil, errRead
		}})
	_ = reading.Handshake()
	return out
}

// isTLS reports whether the peer began with a handshake record.
func (h hello) isTLS() bool { return h.raw[0] == recordHandshake }

// fits reports whether a condition on ClientHellos holds.
func (h hello) fits(only fault.Hello, host string) bool {
	return (!only.OwnName || h.info.ServerName == host) && (only.Name == "" || h.info.ServerName == only.Name) &&
		len(h.raw) >= only.MinBytes && (!only.Split || h.split) &&
		(only.Group == 0 || slices.Contains(h.info.SupportedCurves, tls.CurveID(only.Group))) &&
		(only.Version == 0 || slices.Contains(h.info.SupportedVersions, only.Version))
}

// again returns the connection as it was before the ClientHello was read.
func (h hello) again(conn net.Conn) net.Conn {
	return unread{conn, io.MultiReader(bytes.NewReader(h.raw), conn), false}
}

// unread is a connection whose bytes come from elsewhere first. A mute one
// sends nothing.
type unread struct {
	net.Conn
	from io.Reader
	mute bool
}

func (u unread) Read(p []byte) (int, error) { return u.from.Read(p) }

// NetConn returns the connection under it.
func (u unread) NetConn() net.Conn { return u.Conn }

func (u unread) Write(p []byte) (int, error) {
	if u.mute {
		return len(p), nil
	}
	return u.Conn.Write(p)
}
