//go:build linux

package clients

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/idna"

	"pullpath/internal/testbed"
)

const (
	// proxyIPv4 and proxyIPv6 are the proxies' addresses in the vectors, proxyName
	// their name; targetAddr is what all targets' names resolve to.
	proxyIPv4  = "127.0.0.77"
	proxyIPv6  = "fd00::77"
	proxyName  = "proxy.example"
	targetAddr = "10.9.9.9"

	// patience is how long a client may neither connect nor end. The slowest (a
	// JVM on a busy machine) need two seconds to their first connection; five
	// times that is a client that hangs.
	patience = 10 * time.Second
)

// ports are listened to on all addresses: the defaults of http, https and SOCKS,
// the registry's 5000, and those of the proxies in the vectors.
func ports() []string {
	return []string{":80", ":443", ":1080", ":3128", ":3129", ":3130", ":3131", ":3132", ":5000"}
}

// house is where one client lives.
type house struct{ *testbed.Bed }

// wireName returns a URL's host as name servers are asked for it.
func wireName(target *url.URL) string {
	name, err := idna.Lookup.ToASCII(strings.TrimSuffix(target.Hostname(), "."))
	if err != nil {
		name = target.Hostname() // a literal address, which nobody asks for
	}
	return strings.ToLower(name)
}

// newHouse makes one that knows the sample's names and no others: a client that
// takes a part of a setting for a host name ends with an error.
func newHouse(t *testing.T, sample []vector) house {
	t.Helper()
	zone := testbed.Zone{proxyName: netip.MustParseAddr(proxyIPv4)}
	for _, v := range sample {
		zone[wireName(v.target(t))] = netip.MustParseAddr(targetAddr)
	}
	zone["localhost"] = netip.MustParseAddr("127.0.0.1")
	h := house{testbed.NewCell(t)}
	h.ServeNames(h.Client, "127.0.0.1", zone)
	return h
}

// observed is what was seen of a client: "direct", "proxy" and its port, "error"
// when it ended without a connection or dialled what is neither, "hung".
type observed struct {
	outcome, port string
	said          string // what the client printed
}

// watch runs a client on a vector until its first connection or its end. No
// client in the roster ends while its connection waits for an answer, so that
// "ended without a connection" is what it says.
func (h house) watch(t *testing.T, v vector, env, argv []string) observed {
	t.Helper()
	first, closeAll := h.listen(t)
	defer closeAll()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := h.Command(ctx, h.Client, argv[0], argv[1:]...)
	// A locale with a character set, or no client could read an international name.
	cmd.Env = append([]string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + h.Dir, "LC_ALL=C.UTF-8"}, append(env, v.environ()...)...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case to := <-first:
		cancel()
		<-ended
		return judge(to, v.target(t), said.String())
	case <-ended:
	}
	select {
	case to := <-first: // both at once
		return judge(to, v.target(t), said.String())
	default:
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return observed{outcome: "hung", said: said.String()}
	}
	return observed{outcome: "error", said: said.String()}
}

// judge returns what a connection to an address means.
func judge(to netip.AddrPort, target *url.URL, said string) observed {
	proxy := to.Addr() == netip.MustParseAddr(proxyIPv4) || to.Addr() == netip.MustParseAddr(proxyIPv6)
	port := target.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[target.Scheme]
	}
	dialled := strconv.Itoa(int(to.Port()))
	switch {
	case proxy:
		return observed{"proxy", dialled, said}
	case dialled == port && isTarget(to.Addr(), target.Hostname()):
		return observed{"direct", "", said}
	}
	return observed{"error", "", "dialled " + to.String() + "; " + said}
}

// isTarget says whether an address is what the URL's host means.
func isTarget(addr netip.Addr, host string) bool {
	if literal, err := netip.ParseAddr(host); err == nil {
		return addr == literal.Unmap()
	}
	// Names below localhost some clients resolve by themselves.
	return addr == netip.MustParseAddr(targetAddr) || addr.IsLoopback()
}

// listen opens the ports anew, so that nothing of an earlier client can be taken
// for this one's. The first connection's destination is sent; connections stay
// open and unanswered until all is closed.
func (h house) listen(t *testing.T) (first <-chan netip.AddrPort, closeAll func()) {
	t.Helper()
	listeners, err := h.Client.ListenAll(ports()...)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan netip.AddrPort, 1)
	var accepting sync.WaitGroup
	for _, l := range listeners {
		accepting.Go(func() {
			for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
				defer conn.Close()
				if to, ok := conn.LocalAddr().(*net.TCPAddr); ok {
					select {
					case seen <- unmapped(to.AddrPort()):
					default: // a later one
					}
				}
			}
		})
	}
	return seen, func() {
		testbed.CloseAll(listeners)
		accepting.Wait()
	}
}

// unmapped returns an address of a listener for both families as it was dialled.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
