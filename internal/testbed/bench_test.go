//go:build linux

package testbed

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"pullpath/internal/fault"
	"pullpath/mockproxy"
)

// benchLayer is read through each proxy: long enough that the handshakes do not
// count.
const benchLayer = 128 << 20

// benched is a proxy, and how it names a host of the mock's to reach.
type benched struct {
	address string
	names   func(host string) string
}

// open opens a tunnel.
func (p benched) open(ctx context.Context, host string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", p.address)
	if err != nil {
		return nil, err
	}
	target := p.names(host)
	if _, err := fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, target); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || resp.StatusCode != http.StatusOK {
		_ = conn.Close()
		return nil, fmt.Errorf("CONNECT %s: %v, %w", target, resp, err)
	}
	return conn, nil
}

// BenchmarkProxies opens tunnels, and reads a layer, through the mock's proxy and
// through two real ones on this machine. All lead to the same origin, the mock's,
// so the ratios are those of the proxies. docs/performance.md has the outcome.
func BenchmarkProxies(b *testing.B) {
	Require(b, "tinyproxy", "squid")
	n, err := mockproxy.Start(fault.World{LayerBytes: benchLayer})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(n.Close)
	direct := func(host string) string { return n.Origin(host) }
	for _, row := range []struct {
		name  string
		proxy benched
	}{
		{"mock", benched{n.ProxyAddress(), func(host string) string { return host + ":443" }}},
		{"tinyproxy", benched{benchTinyproxy(b), direct}},
		{"squid", benched{benchSquid(b), direct}},
	} {
		b.Run("tunnels/"+row.name, func(b *testing.B) { openTunnels(b, row.proxy) })
		b.Run("layer/"+row.name, func(b *testing.B) { readLayer(b, n, row.proxy) })
	}
}

func openTunnels(b *testing.B, p benched) {
	began := time.Now()
	for b.Loop() {
		conn, err := p.open(b.Context(), "registry.redhat.io")
		if err != nil {
			b.Fatal(err)
		}
		_ = conn.Close()
	}
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "tunnels/s")
}

func readLayer(b *testing.B, n *mockproxy.Network, p benched) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(n.ClientRoots())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			return p.open(ctx, host)
		}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	token := struct{ Token string }{}
	ask(b, client, "https://"+url.UserPassword(fault.AccountUser,
		fault.AccountPassword).String()+"@sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth?scope=repository:rhel:pull", "", &token)
	manifest := struct{ Layers []struct{ Digest string } }{}
	ask(b, client, "https://registry.redhat.io/v2/rhel/manifests/latest", token.Token, &manifest)
	b.SetBytes(benchLayer)
	for b.Loop() {
		size := ask(b, client, "https://registry.redhat.io/v2/rhel/blobs/"+manifest.Layers[0].Digest, token.Token, nil)
		if size < benchLayer {
			b.Fatal(size, " bytes")
		}
	}
}

// ask makes one request and reads the answer into a value, or counts it.
func ask(b *testing.B, client *http.Client, target, token string, into any) int64 {
	b.Helper()
	where, err := url.Parse(target)
	if err != nil {
		b.Fatal(err)
	}
	r := &http.Request{Method: http.MethodGet, URL: where, Header: http.Header{}}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(r.WithContext(b.Context()))
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b.Fatal(target, resp.Status)
	}
	if into != nil {
		if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
			b.Fatal(err)
		}
		return 0
	}
	size, err := io.Copy(io.Discard, resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	return size
}

// benchTinyproxy and benchSquid run a proxy on loopback that leads anywhere.
func benchTinyproxy(b *testing.B) string {
	return benchDaemon(b, "tinyproxy", []string{"-d", "-c"},
		"Listen 127.0.0.1\nPort %d\nTimeout 60\nMaxClients 200\nLogLevel Critical\nLogFile \"/dev/null\"\nAllow 127.0.0.1\n")
}

func benchSquid(b *testing.B) string {
	return benchDaemon(b, "squid", []string{"-N", "-f"},
		"http_port 127.0.0.1:%d\nhttp_access allow all\ncache deny all\naccess_log none\ncache_log /dev/null\n"+
			"cache_store_log none\npid_filename none\nnetdb_filename none\nshutdown_lifetime 0 seconds\ncoredump_dir /\n")
}

func benchDaemon(b *testing.B, program string, args []string, config string) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close() // the daemon has to bind it itself
	file := filepath.Join(publicDir(b, label(b, beds.Add(1))), program+".conf")
	_, port, _ := net.SplitHostPort(address)
	var number int
	if _, err := fmt.Sscan(port, &number); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(file, fmt.Appendf(nil, config, number), 0o644); err != nil {
		b.Fatal(err)
	}
	path := program
	if lookPath(program) == nil {
		if found, err := exec.LookPath("/usr/sbin/" + program); err == nil {
			path = found
		}
	}
	cmd := exec.Command(path, append(args, file)...)
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	ctx, cancel := context.WithTimeout(b.Context(), 20*time.Second)
	defer cancel()
	var d net.Dialer
	for ctx.Err() == nil {
		if conn, err := d.DialContext(ctx, "tcp", address); err == nil {
			_ = conn.Close()
			return address
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
	b.Fatalf("%s does not listen on %s", program, address)
	return ""
}
