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
}

// errRead ends crypto/tls's reading of a ClientHello where it has what we want.
var errRead = errors.New("the hello was read")

// readHello reads one TLS record. What is in it is read by crypto/tls; what it
// cannot read leaves info empty.
func readHello(conn net.Conn) (hello, error) {
	header := make([]byte, 5)
	if _, err := io.ReadFull(conn, header); err != nil {
		return hello{}, err
	}
	if header[0] != recordHandshake {
		return hello{raw: header}, nil // no TLS; crypto/tls says so
	}
	out := hello{raw: append(header, make([]byte, binary.BigEndian.Uint16(header[3:]))...)}
	if _, err := io.ReadFull(conn, out.raw[len(header):]); err != nil {
		return hello{}, err
	}
	reading := tls.Server(unread{conn, bytes.NewReader(out.raw), true}, &tls.Config{ //nolint:gosec // answers nothing
		GetConfigForClient: func(info *tls.ClientHelloInfo) (*tls.Config, error) {
			out.info = *info
			return nil, errRead
		}})
	_ = reading.Handshake()
	return out, nil
}

// isTLS tells that the peer began with a handshake record.
func (h hello) isTLS() bool { return h.raw[0] == recordHandshake }

// fits tells whether a condition on ClientHellos holds.
func (h hello) fits(only fault.Hello, host string) bool {
	return (!only.OwnName || h.info.ServerName == host) &&
		len(h.raw) >= only.MinBytes &&
		(only.Group == 0 || slices.Contains(h.info.SupportedCurves, tls.CurveID(only.Group))) &&
		(only.Version == 0 || slices.Contains(h.info.SupportedVersions, only.Version))
}

// again is the connection as it was before the ClientHello was read.
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

func (u unread) Write(p []byte) (int, error) {
	if u.mute {
		return len(p), nil
	}
	return u.Conn.Write(p)
}
