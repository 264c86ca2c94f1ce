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

// among reports whether a fault's host means one of them.
func (t tenants) among(pattern string) bool {
	return anyOf(t.names(), pattern)
}

// called returns the host of that name, the first where nobody has it.
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

// tenantsOf returns the hosts of a World by address.
func tenantsOf(w fault.World) map[string]tenants {
	out := map[string]tenants{}
	for _, h := range w.AllHosts() {
		for _, address := range h.Addresses() {
			if !slices.ContainsFunc(out[address], func(o fault.Host) bool { return o.Name == h.Name }) {
				out[address] = append(out[address], h)
			}
		}
	}
	return out
}

// at returns the hosts of the World at an address.
func (n *Network) at(address string) tenants { return n.tenants[address] }

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
		if r.TLS == nil {
			n.inPlain(w, r, t.called(hostOf(r)))
			return
		}
		n.handlers[t.called(r.TLS.ServerName).Name].ServeHTTP(w, r)
	}))
	return g, nil
}

// inPlain answers a request without TLS: as a host does that is asked so, else as Go's server
// does at a port that speaks TLS (net/http, server.go), unless a fault says otherwise.
func (n *Network) inPlain(w http.ResponseWriter, r *http.Request, h fault.Host) {
	if h.Plain || n.world.BlobsByHTTP && h.Role == "blob" {
		n.handlers[h.Name].ServeHTTP(w, r)
		return
	}
	n.withFaults(h.Name, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		http.Error(w, "Client sent an HTTP request to an HTTPS server.", http.StatusBadRequest)
	})).ServeHTTP(w, r)
}

// hostOf returns the host that a request is for, without its port.
func hostOf(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		return host
	}
	return r.Host
}
