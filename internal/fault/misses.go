package fault

import (
	"fmt"
	"net"
	"slices"
	"strings"
)

// place is which of several equal parts of a World a fault is at, from 1; 0 is none.
type place struct {
	param string
	at    int
	what  string
	count int
}

// CheckPlaces tells of a fault at a device, a name server or an address of the proxy that
// this World does not have.
func (w World) CheckPlaces(f Fault) error {
	routers := place{"behind", 0, "routers on the way", len(w.Routers())}
	var at place
	switch f := f.(type) {
	case Counted:
		return w.CheckPlaces(f.Fault)
	case Socket:
		routers.at = f.Behind
	case Handshake:
		routers.at = f.Behind
	case DNS:
		at = place{"resolver", f.Resolver, "name servers", max(len(w.ResolverAddresses()), 1)}
	case Connect:
		at = place{"node", f.Node, "addresses of the proxy", len(w.ProxyAddresses())}
	}
	for _, p := range []place{routers, at} {
		if p.at > p.count {
			return fmt.Errorf("fault %s: there is no %s=%d; %s: %d", Name(f), p.param, p.at, p.what, p.count)
		}
	}
	return nil
}

// Misses tells what a fault is about that is no part of this World, in a line; empty for a
// fault that has its place in it. Such a fault may still be meant: a CONNECT to any name
// can be refused.
func (w World) Misses(f Fault) string {
	if c, ok := f.(Counted); ok {
		return w.Misses(c.Fault)
	}
	special := []string{Everyone, ""}
	switch f := f.(type) {
	case Socket:
		if text := w.missesAddress(f); text != "" {
			return text
		}
		special = slices.Concat(special, w.resolvers(), w.proxyNodes())
	case Stream:
		special = append(special, w.proxyNodes()...)
	case Handshake, Certificate, TLSServer, PathMTU:
		special = append(special, TheProxy)
	case DNS:
		for _, p := range w.Proxies() {
			special = append(special, strings.ToLower(p.Name))
		}
	case Connect:
		for _, h := range w.AllHosts() {
			special = append(special, h.Addresses()...)
		}
	}
	return w.missesHost(hostOf(f), special)
}

// hostOf is the host that a fault is about, empty for one that is not about hosts.
func hostOf(f Fault) string {
	switch f := f.(type) {
	case Socket:
		return f.Host
	case Stream:
		return f.Host
	case Handshake:
		return f.Host
	case Certificate:
		return f.Host
	case TLSServer:
		return f.Host
	case PathMTU:
		return f.Host
	case DNS:
		return f.Name
	case Connect:
		return f.Host
	case HTTP:
		return f.Host
	}
	return ""
}

func (w World) missesHost(host string, special []string) string {
	var names []string
	for _, h := range w.AllHosts() {
		names = append(names, strings.ToLower(h.Name))
	}
	if slices.Contains(append(special, names...), strings.ToLower(host)) {
		return ""
	}
	out := fmt.Sprintf("no host of this network is named %s", host)
	if hint := near(host, names); hint != "" {
		out += "; " + hint
	}
	return out
}

// missesAddress: an address that a fault of sockets is limited to.
func (w World) missesAddress(f Socket) string {
	if f.Address == "" {
		return ""
	}
	known := w.ProxyAddresses()
	for _, r := range w.ResolverAddresses() {
		at, _, _ := net.SplitHostPort(r)
		known = append(known, at)
	}
	for _, h := range w.AllHosts() {
		known = append(known, h.Addresses()...)
	}
	if slices.Contains(known, f.Address) {
		return ""
	}
	return "no part of this network has the address " + f.Address
}

// proxyNodes and resolvers are the names of the proxy and of its addresses, and those of
// the name servers.
func (w World) proxyNodes() []string {
	out := []string{TheProxy}
	for i := range w.ProxyAddresses() {
		out = append(out, ProxyNode(i+1))
	}
	return out
}

func (w World) resolvers() []string {
	out := []string{TheResolver}
	for i := range w.ResolverAddresses() {
		out = append(out, Resolver(i+1))
	}
	return out
}
