package mockproxy

import (
	"net"
	"net/http"
	"slices"
	"strings"

	"pullpath/internal/fault"
)

// tenants are the hosts at one address, told apart by the name in the ClientHello
// (RFC 6066 section 3), as those behind a CDN are.
type tenants []fault.Host

// among tells that a fault's host means one of them.
func (t tenants) among(pattern string) bool {
	return anyOf(t.names(), pattern)
}

// called is the host of that name, the first where nobody has it.
func (t tenants) called(name string) fault.Host {
	for _, h := range t {
		if strings.EqualFold(h.Name, name) {
			return h
		}
	}
	return t[0]
}

func (t tenants) names() []string {
	var out []string
	for _, h := range t {
		out = append(out, h.Name)
	}
	return out
}

// at are the hosts of the World at an address.
func (n *Network) at(address string) tenants {
	var out tenants
	for _, h := range n.world.AllHosts() {
		if slices.Contains(h.Addresses(), address) {
			out = append(out, h)
		}
	}
	return out
}

// startShared serves the addresses that several hosts have.
func (n *Network) startShared() error {
	for _, h := range n.world.AllHosts() {
		for _, address := range h.Addresses() {
			t := n.at(address)
			if _, done := n.shared[address]; done || len(t) < 2 {
				continue
			}
			g, err := n.startGate(t)
			if err != nil {
				return err
			}
			n.shared[address] = g.Addr().String()
		}
	}
	return nil
}

// startGate serves hosts behind TLS at one loopback address.
func (n *Network) startGate(t tenants) (*gate, error) {
	g, err := n.listenAt("", func(conn net.Conn) net.Conn { return n.admit(t, conn) })
	if err != nil {
		return nil, err
	}
	n.serve(g, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.handlers[t.called(r.TLS.ServerName).Name].ServeHTTP(w, r)
	}))
	return g, nil
}
