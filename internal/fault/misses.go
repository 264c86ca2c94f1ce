package fault

import (
	"fmt"
	"net"
	"reflect"
	"slices"
	"strings"
)

// places returns the parameters that say which of several equal parts of a World a fault
// is at, from 1, with what those are and how many there are.
func (w World) places() map[string]struct {
	what  string
	count int
} {
	return map[string]struct {
		what  string
		count int
	}{
		"behind":   {"routers on the way", len(w.Routers())},
		"resolver": {"name servers", max(len(w.ResolverAddresses()), 1)},
		"node":     {"addresses of the proxy", len(w.ProxyAddresses())},
	}
}

// CheckPlaces tells of a fault at a device, a name server or an address of the proxy that
// this World does not have.
func (w World) CheckPlaces(f Fault) error {
	v, places := reflect.ValueOf(Bare(f)), w.places()
	for _, field := range fieldsOf(v.Type()) {
		p, ok := places[field.name]
		if !ok {
			continue
		}
		if at := v.FieldByIndex(field.index).Int(); at > int64(p.count) {
			return fmt.Errorf("fault %s: there is no %s=%d; %s: %d", Name(f), field.name, at, p.what, p.count)
		}
	}
	return nil
}

// Misses returns what a fault is about that is no part of this World, in a line; empty
// for a fault that has its place in it. Such a fault may still be meant: a CONNECT to
// any name can be refused.
func (w World) Misses(f Fault) string {
	special := []string{Everyone, ""}
	switch f := Bare(f).(type) {
	case Socket:
		if text := w.missesAddress(f); text != "" {
			return text
		}
		special = slices.Concat(special, w.resolvers(), w.proxyNodes())
	case Stream:
		special = append(special, w.proxyNodes()...)
	case Handshake, Certificate, TLSServer, PathMTU, Chain:
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
	if text := w.missesHost(hostOf(f), special); text != "" {
		return text
	}
	return w.missesBytes(f)
}

// missesBytes: more bytes than the largest answer of the network has.
func (w World) missesBytes(f Fault) string {
	v := reflect.ValueOf(Bare(f))
	for _, field := range fieldsOf(v.Type()) {
		if field.name == "bytes" && v.FieldByIndex(field.index).Int() > w.LayerSize() {
			return fmt.Sprintf("fault %s: nothing here is longer than the image's layer, %d KiB; --layer-size makes it larger", Name(f),
				w.LayerSize()>>10)
		}
	}
	return ""
}

// hostOf returns the host that a fault is about, empty for one that is not about hosts.
func hostOf(f Fault) string {
	v := reflect.ValueOf(Bare(f))
	for _, field := range fieldsOf(v.Type()) {
		if field.name == "host" {
			return v.FieldByIndex(field.index).String()
		}
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
