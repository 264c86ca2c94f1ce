package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pullpath/internal/fault"
	"pullpath/mockproxy"
)

// manyHosts is the largest profile that is served.
const manyHosts = 2000

// profileOf writes a profile of so many hosts and returns the file.
func profileOf(t *testing.T, count int) string {
	t.Helper()
	text := strings.Builder{}
	text.WriteString("name: many\nhosts:\n")
	for i := range count {
		fmt.Fprintf(&text, "  - {host: h%d.example, port: 443, role: blob, required: true}\n", i)
	}
	path := filepath.Join(t.TempDir(), "many.yaml")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestLargestProfilePasses asks the name server of the mock for each host of a profile, and
// shakes hands with each at the address that it is given.
func TestLargestProfilePasses(t *testing.T) {
	world, err := (&mockOptions{Profile: profileOf(t, manyHosts)}).world()
	if err != nil {
		t.Fatal(err)
	}
	network, err := mockproxy.Start(world)
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(network.ClientRoots())
	resolver := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, transport, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, transport, network.ResolverAddress().String())
	}}
	ways := network.Map()
	var wg sync.WaitGroup
	seen := sync.Map{}
	for _, part := range []int{0, 1, 2, 3} {
		wg.Go(func() {
			for i := part; i < manyHosts; i += 4 {
				if err := shakeHands(t.Context(), &resolver, ways, fmt.Sprintf("h%d.example", i), roots, &seen); err != nil {
					t.Errorf("h%d.example: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
}

func shakeHands(ctx context.Context, resolver *net.Resolver, ways mockproxy.Map, host string, roots *x509.CertPool, seen *sync.Map) error {
	addresses, err := resolver.LookupHost(ctx, host)
	if err != nil {
		return err
	}
	if other, twice := seen.LoadOrStore(addresses[0], host); twice {
		return fmt.Errorf("it has the address %s of %v", addresses[0], other)
	}
	conn, err := ways.Dial(ctx, "tcp", net.JoinHostPort(addresses[0], "443"))
	if err != nil {
		return err
	}
	defer conn.Close()
	return tls.Client(conn, &tls.Config{ServerName: host, RootCAs: roots}).HandshakeContext(ctx)
}

// TestTooManyHostsAreNamed: a profile that has more hosts than can be served is refused.
func TestTooManyHostsAreNamed(t *testing.T) {
	world, err := (&mockOptions{Profile: profileOf(t, fault.MaxHosts)}).world()
	if err == nil {
		_, err = mockproxy.Start(world)
	}
	if want := fmt.Sprintf("at most %d can be served", fault.MaxHosts); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}
