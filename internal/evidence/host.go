package evidence

import (
	"net/netip"
	"strings"
)

// HostName returns a host's name in the one form in which names are compared: in lower
// case, without the dot that ends a complete name, an address in its shortest
// spelling. Two names of one form are one verifier of logins.
func HostName(host string) string {
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if addr, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return addr.Unmap().String()
	}
	return name
}

// Owner returns the registrable part of a name, taken as its last two labels. For names
// under a public suffix of two labels that joins different owners, and then proves less,
// never more.
func Owner(name string) string {
	labels := strings.Split(HostName(name), ".")
	return strings.Join(labels[max(0, len(labels)-2):], ".")
}

// InCluster reports whether a name is that of a service in a Kubernetes cluster
// (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/).
func InCluster(name string) bool {
	name = HostName(name)
	return strings.HasSuffix(name, ".svc") || strings.HasSuffix(name, ".cluster.local")
}

// Places at which no token server of a registry stands.
const (
	ThisHost  = "this host itself"
	LinkLocal = "a link-local address"
	Metadata  = "a cloud's metadata service"
	OddNumber = "a number that only some programs take for an address"
)

// Inspectable is the other reason to withhold a login, where that was asked for: the
// chain is not one of the public web, so that what inspects TLS can read what is sent.
const Inspectable = "a connection whose chain is not one of the public web"

// OtherHost is the third: a redirect led away from the token server that the login is for.
const OtherHost = "a host that a redirect of the token server leads to"

// PlainHTTP is the fourth: whoever is on the way could read it.
const PlainHTTP = "a connection in plain HTTP"

// Unverified is the fifth: the client takes any certificate, so anybody may be there.
const Unverified = "a connection whose certificate is not verified"

// metadata returns the addresses outside of the link-local ranges at which clouds serve
// the machine's own credentials: AWS and Google over IPv6, Alibaba, Oracle.
func metadata() []netip.Addr {
	return []netip.Addr{netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("fd20:ce::254"),
		netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("192.0.0.192")}
}

// AddressPlace says at which of the places an address is, empty for none.
func AddressPlace(addr netip.Addr) string {
	addr = embedded(addr.WithZone("").Unmap())
	for _, m := range metadata() {
		if addr == m {
			return Metadata
		}
	}
	switch {
	case addr.IsLoopback() || addr.IsUnspecified():
		return ThisHost
	case addr.IsLinkLocalUnicast():
		return LinkLocal
	}
	return ""
}

// embedded returns the IPv4 address in one of NAT64's well-known prefix (RFC 6052).
func embedded(addr netip.Addr) netip.Addr {
	if !netip.MustParsePrefix("64:ff9b::/96").Contains(addr) {
		return addr
	}
	b := addr.As16()
	return netip.AddrFrom4([4]byte(b[12:]))
}

// HostPlace is [AddressPlace] for a host as a URL names it, as far as the name alone
// tells.
func HostPlace(host string) string {
	name := HostName(host)
	if addr, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return AddressPlace(addr)
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	switch {
	case name == "localhost", strings.HasSuffix(name, ".localhost"), name == "localhost.localdomain":
		return ThisHost
	case name == "metadata.google.internal", name == "metadata":
		return Metadata
	case last != "" && (strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x")):
		return OddNumber // C libraries read 127.1 and 2130706433 as 127.0.0.1
	}
	return ""
}
