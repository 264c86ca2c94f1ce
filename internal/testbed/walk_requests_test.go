//go:build linux

package testbed_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"pullpath/internal/testbed"
)

const (
	registryV2 = "registry.redhat.io"
	cdnHost    = "cdn01.quay.io"
)

// requestWalks are about what is asked inside TLS: an inspecting Squid that changes
// or refuses it, and origins that answer in other ways than a registry.
func requestWalks() []walk {
	inside := func(name, code string, lines ...string) walk {
		return walk{name: name, parts: []string{"squid"}, network: opening(lines...), image: true, exit: 1, status: "fail",
			finding: []expected{{code: code}}}
	}
	origin := func(name, code, host, nginx string) walk {
		return walk{name: name, network: direct, image: true, exit: 1, status: "fail", finding: []expected{{code: code}},
			site: testbed.Site{Nginx: map[string]string{host: nginx}}}
	}
	const v2 = "location ~ ^/v2/ { "
	stalls := origin("the registry never answers", "http-timeout", registryV2, v2+"proxy_pass http://127.0.0.1:5009; }\n")
	stalls.network = silentBackend
	truncated := origin("a layer ends before its length", "http-truncated", cdnHost, "location ~ . { proxy_pass http://127.0.0.1:5009; }\n")
	truncated.network = shortBackend
	slow := origin("a layer trickles", "http-slow", cdnHost, "location ~ . { proxy_buffering off; proxy_pass http://127.0.0.1:5009; }\n")
	slow.exit, slow.status, slow.network = 0, "warn", tricklingBackend
	return []walk{
		inspected(inside("squid takes every token away", "registry-token-rejected",
			"acl registry dstdomain "+registryV2, "request_header_access Authorization deny registry")),
		inspected(inside("squid takes the challenge away", "http-challenge-missing", "reply_header_access WWW-Authenticate deny all")),
		inside("squid takes no long request heads", "http-header-too-large", "request_header_max_size 1 KB"),
		inside("squid refuses inside the tunnel", "http-block-page", "acl api urlpath_regex ^/v2/", "http_access deny api"),
		inside("squid takes no large replies", "http-block-page", "acl blobs dstdomain "+cdnHost, "reply_body_max_size 50 bytes blobs"),
		inside("squid takes no HEAD, and containerd asks by it", "http-method-blocked", "acl head method HEAD",
			"http_access deny head").as("containerd"),
		inside("squid takes no POST, and containerd logs in by it", "http-method-blocked", "acl post method POST",
			"http_access deny post").as("containerd"),
		origin("a login page under the registry's name", "registry-unlike", registryV2,
			v2+"default_type text/html; return 200 '<html><title>Sign in</title></html>'; }\n"),
		origin("a redirect to a login", "registry-unlike", registryV2, v2+"return 302 /login; }\nlocation /login { "+
			"default_type text/html; return 200 '<html><title>Sign in</title></html>'; }\n"),
		origin("the registry limits the rate", "http-rate-limited", registryV2, v2+"add_header Retry-After 60 always; return 429; }\n"),
		origin("the registry is down for maintenance", "http-server-error", registryV2, v2+"return 503; }\n"),
		walk{network: direct, image: true}.healthy(),
		whole("tinyproxy", tinyproxy(testbed.Tinyproxy{})), whole("haproxy tinyproxy", front(true)), whole("dante", dante(testbed.Dante{}, "")),
		stalls, truncated, slow,
	}
}

// inspected adds that the connection is inspected, where what is found inside does not
// explain that away.
func inspected(w walk) walk {
	w.finding = append(w.finding, expected{code: "tls-intercepted-trusted"})
	return w
}

// whole pulls every layer of the image through a proxy.
func whole(parts string, network func(*testing.T, *testbed.Bed) []string) walk {
	return walk{name: "a whole pull through " + parts, parts: strings.Fields(parts), image: true, exit: 0, status: "pass",
		network: func(t *testing.T, b *testbed.Bed) []string { return append(network(t, b), "--full") }}
}

// as walks as a client.
func (w walk) as(client string) walk {
	network := w.network
	w.network = func(t *testing.T, b *testbed.Bed) []string { return append(network(t, b), "--client", client) }
	return w
}

// healthy has nothing to find: containerd pulls.
func (w walk) healthy() walk {
	w.name, w.exit, w.status, w.finding = "containerd pulls a whole image", 0, "pass", nil
	return w.as("containerd")
}

// opening returns a Squid that opens tunnels with a CA that the client trusts, with
// further lines.
func opening(lines ...string) func(*testing.T, *testbed.Bed) []string {
	return func(t *testing.T, b *testbed.Bed) []string {
		gateway := testbed.NewInterceptor(t)
		b.Trust(b.WriteFile("gateway.pem", gateway.CertPEM()))
		return []string{"-x", b.StartSquid(testbed.Squid{Bump: gateway, Lines: lines})}
	}
}

// silentBackend takes requests and answers none.
func silentBackend(t *testing.T, b *testbed.Bed) []string {
	backend(t, b, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	return append(direct(t, b), "--hop-timeout", "1s")
}

// tricklingBackend sends a layer in drops.
func tricklingBackend(t *testing.T, b *testbed.Bed) []string {
	backend(t, b, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 4096))
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
		for _, err := conn.Write([]byte("drop")); err == nil; _, err = conn.Write([]byte("drop")) {
			time.Sleep(100 * time.Millisecond) // the rate is the fault
		}
	})
	// Forty drops fit into the limit, so that a busy machine's pause between two is not
	// taken for silence.
	return append(direct(t, b), "--hop-timeout", "4s")
}

// shortBackend promises more than it sends.
func shortBackend(t *testing.T, b *testbed.Bed) []string {
	backend(t, b, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 4096))
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nbegun")
	})
	return direct(t, b)
}

// backend serves what nginx passes on, until the test ends.
func backend(t *testing.T, b *testbed.Bed, serve func(net.Conn)) {
	t.Helper()
	l, err := b.Outside.Listen("127.0.0.1:5009")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				serve(conn)
			}()
		}
	}()
}
