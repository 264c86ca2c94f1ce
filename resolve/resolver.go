package resolve

import (
	"context"
	"crypto/x509"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"pullpath/internal/evidence"
)

// Resolver looks names up. The zero value is usable; it knows address literals
// alone.
type Resolver struct {
	// Servers are the name servers in the order of use, as [ParseServer] reads
	// them.
	Servers []string
	// Default means that no server is configured and Servers are those that a
	// client then asks.
	Default bool
	// Unknown says why it is not known which servers this host asks; empty where it is.
	Unknown string
	// Conf is the rest of the resolver's configuration: search list, patience.
	// The zero value has no search list.
	Conf Conf
	// Hosts are the entries of the hosts file, names in lower case.
	Hosts map[string][]netip.Addr
	// Dial opens connections to servers.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// System is the system's own look-up, asked when there are no servers, and
	// for the name of a TLS or HTTPS server.
	System func(ctx context.Context, name string) ([]netip.Addr, error)
	// Ways are this host's own ways to look up a name, for comparison.
	Ways []Way
	// Roots verify the certificates of TLS and HTTPS servers.
	Roots *x509.CertPool
	// KeyLog gets the secrets of the connections with TLS and HTTPS servers, as crypto/tls
	// writes them; nil for nobody.
	KeyLog io.Writer
	// Domains are the resolvers of macOS, by which the servers of a name are chosen; nil elsewhere.
	Domains []Domain
	// Family limits the addresses to 4 or 6; 0 takes both.
	Family int
	// OwnNames takes an address only from a record about the name that was asked for or
	// an alias of it, as glibc does (resolv/nss_dns/dns-host.c). Go's resolver takes each
	// address of the answer section (net/dnsclient_unix.go, goLookupIPCNAMEOrder).
	OwnNames bool
	// Now is the clock.
	Now func() time.Time
	// Scribe makes texts fit to be kept.
	Scribe evidence.Scribe
}

// Answer is what one source said, or how asking it failed.
type Answer struct {
	Detail  evidence.Resolve
	Failure *evidence.Failure
	// Peer is the server's address, empty for local sources.
	Peer  string
	Local string
	Began time.Time
	Took  time.Duration
	// Chosen marks the answer that the walk goes on with, or fails with.
	Chosen bool
	// Way marks the answer of one of the host's own ways.
	Way bool
}

// Addresses returns the answer's addresses, parsed.
func (a Answer) Addresses() []netip.Addr {
	var out []netip.Addr
	for _, s := range a.Detail.Addresses {
		if addr, err := netip.ParseAddr(s); err == nil {
			out = append(out, addr)
		}
	}
	return out
}

// Stub returns how the servers are asked by this host's clients; nil where that is
// the system's secret.
func (r *Resolver) Stub() *evidence.Stub {
	switch {
	case len(r.Servers) == 0:
		return nil
	case r.Conf.Timeout == 0:
		return DefaultConf().Stub()
	}
	return r.Conf.Stub()
}

// CanAsk reports whether a name is looked up as this host does it: it needs no server, or
// it is known which ones are asked.
func (r *Resolver) CanAsk(name string) bool {
	_, local := r.local(name)
	return local || r.Unknown == ""
}

// local answers from what needs no server: an address literal or the hosts file.
func (r *Resolver) local(name string) (Answer, bool) {
	a := Answer{Began: r.Now(), Detail: evidence.Resolve{Name: name}}
	if addr, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		a.Detail.Server, a.Detail.Addresses = literal, []string{addr.Unmap().String()}
		return a, true
	}
	pinned := r.sift(r.Hosts[strings.ToLower(strings.TrimSuffix(name, "."))])
	if len(pinned) == 0 {
		return a, false
	}
	a.Detail.Server, a.Detail.Addresses = "hosts", pinned
	return a, true
}

const literal = "literal"

// sift keeps the wanted family, IPv4 first: most sites that block do so on
// both, and IPv4 is the family that every hop of theirs knows.
func (r *Resolver) sift(addrs []netip.Addr) []string {
	var v4, v6 []string
	for _, a := range addrs {
		a = a.Unmap()
		switch {
		case a.Is4() && r.Family != 6:
			v4 = append(v4, a.String())
		case a.Is6() && r.Family != 4:
			v6 = append(v6, a.String())
		}
	}
	return append(v4, v6...)
}

// definite reports whether a stub resolver would stop here: an address, or the
// server's word that there is none. On SERVFAIL and REFUSED it goes on to the
// next server (resolv.conf(5); Go's net/dnsclient_unix.go, tryOneName).
func (a Answer) definite() bool {
	return a.Failure == nil || a.Failure.Kind == evidence.NXDomain || a.Failure.Kind == evidence.NoData
}

// silence reports whether the server said nothing that can be used.
func (a Answer) silence() bool {
	return a.Failure != nil && (a.Failure.Kind == evidence.Timeout || a.Failure.Kind == evidence.Unreachable)
}
