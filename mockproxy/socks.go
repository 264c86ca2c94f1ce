package mockproxy

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"

	"pullpath/internal/fault"
)

// Parts of SOCKS5 (RFC 1928, RFC 1929).
const (
	socksVersion  = 5
	socksPassword = 2
	socksNone     = 0
	socksGSSAPI   = 1
	socksPrivate  = 0x80
	socksRefused  = 0xff
	socksIPv4     = 1
	socksName     = 3
	socksIPv6     = 4
	// socksUnresolved is what most servers answer for a name that does not exist.
	socksUnresolved = 4
)

// orSOCKS serves a client that begins with a SOCKS5 greeting, and returns the
// connection for HTTP otherwise.
func (n *Network) orSOCKS(conn net.Conn, place int) net.Conn {
	br := bufio.NewReader(conn)
	lift := limitHead(conn)
	first, err := br.Peek(1)
	lift()
	if err != nil {
		return nil
	}
	both := &peeked{Conn: conn, r: br}
	if first[0] != socksVersion {
		return both
	}
	if n.endsEveryCONNECT() {
		return nil
	}
	target, reply, err := n.socksRequest(both, place)
	if err != nil {
		return nil
	}
	_, _ = conn.Write([]byte{socksVersion, reply, 0, socksIPv4, 0, 0, 0, 0, 0, 0})
	if target == nil {
		return nil
	}
	defer func() { _ = target.Close() }()
	relay(both, passReset(target, conn))
	return nil
}

// endsEveryCONNECT reports whether this World's proxy ends whatever is asked of it.
func (n *Network) endsEveryCONNECT() bool {
	_, ends := look(n, func(f fault.Connect) bool {
		return scope(f.Host, fault.Everyone) && (f.Effect == fault.Close || f.Effect == fault.Reset)
	})
	return ends
}

// relay passes bytes both ways until one side ends.
func relay(a, b net.Conn) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(a, b)
		_ = a.Close()
	}()
	_, _ = io.Copy(b, a)
	_ = b.Close()
	<-done
}

// socksRequest reads greeting, login and request. It returns the connection to
// the target, nil with a reply code where there is none.
func (n *Network) socksRequest(conn net.Conn, place int) (net.Conn, byte, error) {
	began := n.Now()
	defer limitHead(conn)()
	e := Event{Kind: "connect", Host: fault.TheProxy, What: "SOCKS", Peer: conn.RemoteAddr().String(), Status: "-"}
	authenticated, err := n.socksLogin(conn, &e)
	if !authenticated || err != nil {
		e.Fault, e.Took = "proxy-auth", n.Now().Sub(began)
		n.journal.add(e)
		return nil, 0, fmt.Errorf("socks login: %w", io.EOF)
	}
	head := make([]byte, 4)
	if _, err := io.ReadFull(conn, head); err != nil {
		return nil, 0, err
	}
	host, port, err := socksAddress(conn, head[3])
	if err != nil {
		return nil, 0, err
	}
	address := net.JoinHostPort(host, port)
	e.What = "SOCKS " + address
	who := n.at(host).names() // where a client gives an address
	if len(who) == 0 {
		who = []string{host}
	}
	f, broken := strike(n, func(f fault.Connect) bool {
		return f.Reply != 0 && anyOf(who, f.Host) && (f.Node == 0 || f.Node == place)
	})
	reply, to := byte(f.Reply), ""
	if broken {
		e.Fault = fault.Name(f)
	} else if to = n.originOf(host); to == "" {
		reply = socksUnresolved
	}
	e.Status, e.Took = strconv.Itoa(int(reply)), n.Now().Sub(began)
	n.journal.add(e)
	if to == "" {
		return nil, reply, nil
	}
	target, err := net.Dial("tcp", to)
	if err != nil {
		return nil, socksUnresolved, nil
	}
	return target, 0, nil
}

// socksLogin chooses the method and asks for name and password where the World
// wants a login.
func (n *Network) socksLogin(conn net.Conn, e *Event) (bool, error) {
	methods, err := counted(conn, 1)
	if err != nil {
		return false, err
	}
	want := n.socksMethod()
	offered := false
	for _, m := range methods {
		offered = offered || m == want
	}
	if !offered {
		want = socksRefused
	}
	_, _ = conn.Write([]byte{socksVersion, want})
	if want != socksPassword {
		return offered, nil
	}
	user, err := counted(conn, 1)
	if err != nil {
		return false, err
	}
	password, err := counted(conn, 0)
	if err != nil {
		return false, err
	}
	e.Auth = "SOCKS"
	ok := string(user) == fault.ProxyUser && string(password) == fault.ProxyPassword
	status := byte(1)
	if ok {
		status = 0
	}
	_, _ = conn.Write([]byte{1, status})
	return ok, nil
}

// socksMethod returns the one method that the World's SOCKS server takes.
func (n *Network) socksMethod() byte {
	auth, wanted := look(n, func(fault.ProxyAuth) bool { return true })
	switch {
	case !wanted:
		return socksNone
	case len(auth.Schemes) > 0 && auth.Schemes[0] == fault.SOCKSGSSAPI:
		return socksGSSAPI
	case len(auth.Schemes) > 0 && auth.Schemes[0] == fault.SOCKSOwn:
		return socksPrivate
	}
	return socksPassword
}

// counted reads so many bytes to pass over, a length, and as many bytes.
func counted(r io.Reader, skip int) ([]byte, error) {
	head := make([]byte, skip+1)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	out := make([]byte, head[skip])
	_, err := io.ReadFull(r, out)
	return out, err
}

func socksAddress(r io.Reader, kind byte) (host, port string, err error) {
	var raw []byte
	switch kind {
	case socksName:
		raw, err = counted(r, 0)
		host = string(raw)
	case socksIPv4, socksIPv6:
		raw = make([]byte, map[byte]int{socksIPv4: net.IPv4len, socksIPv6: net.IPv6len}[kind])
		_, err = io.ReadFull(r, raw)
		host = net.IP(raw).String()
	default:
		return "", "", fmt.Errorf("address type %d", kind)
	}
	number := make([]byte, 2)
	if err == nil {
		_, err = io.ReadFull(r, number)
	}
	return host, strconv.Itoa(int(binary.BigEndian.Uint16(number))), err
}
