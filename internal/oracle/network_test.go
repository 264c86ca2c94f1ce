package oracle

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	ociimage "go.podman.io/image/v5/docker"
	"go.podman.io/image/v5/types"

	"pullpath/internal/fault"
	"pullpath/mockproxy"
)

// patience bounds one client on one fault. The fault's answers come at once; what
// takes longer is a client that waits for something else.
const patience = 25 * time.Second

// client is a real client that pulls the World's image through a proxy and returns
// what it says of a failure.
type client struct {
	name string
	pull func(ctx context.Context, t *testing.T, via, bundle string) string
}

// clients: crane's, podman's and containerd's libraries as their modules have them,
// curl and skopeo as Debian packages them.
func clients() []client {
	return []client{{"crane", pullCrane}, {"podman", pullPodman}, {"containerd", pullContainerd}, {"curl", pullCurl}, {"skopeo", pullSkopeo}}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// transportOf is net/http's own, with the World's proxy and roots.
func transportOf(t *testing.T, via, bundle string) *http.Transport {
	t.Helper()
	pem, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	u, err := url.Parse(via)
	if err != nil {
		t.Fatal(err)
	}
	//nolint:gosec // the clients' own minimum is the library's
	out := &http.Transport{Proxy: http.ProxyURL(u), TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(out.CloseIdleConnections)
	return out
}

func pullCrane(ctx context.Context, t *testing.T, via, bundle string) string {
	ref, err := name.ParseReference(fault.Image + ":" + fault.ImageTag)
	if err != nil {
		t.Fatal(err)
	}
	_, err = remote.Get(ref, remote.WithContext(ctx), remote.WithTransport(transportOf(t, via, bundle)),
		remote.WithRetryPredicate(func(error) bool { return false }),
		remote.WithRetryStatusCodes(), remote.WithAuth(&authn.Basic{Username: fault.AccountUser, Password: fault.AccountPassword}))
	return text(err)
}

func pullPodman(ctx context.Context, t *testing.T, via, bundle string) string {
	u, err := url.Parse(via)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	pem, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.crt"), pem, 0o600); err != nil {
		t.Fatal(err)
	}
	ref, err := ociimage.ParseReference("//" + fault.Image + ":" + fault.ImageTag)
	if err != nil {
		t.Fatal(err)
	}
	source, err := ref.NewImageSource(ctx, &types.SystemContext{DockerProxyURL: u, DockerCertPath: dir,
		RootForImplicitAbsolutePaths: t.TempDir(),
		DockerAuthConfig:             &types.DockerAuthConfig{Username: fault.AccountUser, Password: fault.AccountPassword}})
	if err == nil {
		_ = source.Close()
	}
	return text(err)
}

func pullContainerd(ctx context.Context, t *testing.T, via, bundle string) string {
	own := &http.Client{Transport: transportOf(t, via, bundle)}
	login := docker.NewDockerAuthorizer(docker.WithAuthClient(own), docker.WithAuthCreds(func(string) (string, string, error) {
		return fault.AccountUser, fault.AccountPassword, nil
	}))
	resolver := docker.NewResolver(docker.ResolverOptions{Hosts: docker.ConfigureDefaultRegistries(docker.WithClient(own),
		docker.WithAuthorizer(login))})
	_, _, err := resolver.Resolve(ctx, fault.Image+":"+fault.ImageTag)
	return text(err)
}

// runTool runs a client of the machine; a missing one fails in CI.
func runTool(ctx context.Context, t *testing.T, env []string, tool string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	switch {
	case err != nil && os.Getenv("CI") != "":
		t.Fatal(err)
	case err != nil:
		t.Skip(err)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.WaitDelay = time.Second
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	out, err := cmd.CombinedOutput()
	if err == nil {
		return ""
	}
	return string(out) + text(err)
}

func pullCurl(ctx context.Context, t *testing.T, via, bundle string) string {
	return runTool(ctx, t, nil, "curl", "-sS", "-x", via, "--cacert", bundle,
		"https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth?service=docker-registry",
		"-u", fault.AccountUser+":"+fault.AccountPassword)
}

func pullSkopeo(ctx context.Context, t *testing.T, via, bundle string) string {
	return runTool(ctx, t, []string{"HTTPS_PROXY=" + via, "SSL_CERT_FILE=" + bundle}, "skopeo", "inspect", "--retry-times", "0",
		"--creds", fault.AccountUser+":"+fault.AccountPassword, "docker://"+fault.Image+":"+fault.ImageTag)
}

// measured is what clients print at one fault.
type measured struct {
	name   string
	faults []fault.Fault
	// gone means a proxy's port at which nobody listens.
	gone bool
	// inGo is said by every client in Go, curl by curl, and own by one client where
	// it says something else. An empty pattern leaves the client out.
	inGo, curl string
	own        map[string]string
}

const denied = "X-Squid-Error: ERR_ACCESS_DENIED 0"

// rows returns the failure classes whose texts were measured.
func rows() []measured {
	status := func(code int, phrase string, headers ...string) []fault.Fault {
		return []fault.Fault{fault.Connect{Status: code, Phrase: phrase, Headers: headers}}
	}
	shaken := func(f fault.Handshake) []fault.Fault { f.Host = fault.Everyone; return []fault.Fault{f} }
	shown := func(c fault.Certificate) []fault.Fault { c.Host = fault.Everyone; return []fault.Fault{c} }
	return []measured{
		{name: "denied", faults: status(403, "Forbidden", denied), inGo: `: Forbidden`, curl: `\(56\).*403`},
		{name: "own phrase", faults: status(403, "AuthorizedOnly"), inGo: `: AuthorizedOnly`, curl: `\(56\).*403`},
		{name: "login wanted", faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Basic"}, Realm: "corp"}},
			inGo: `Proxy Authentication Required`, curl: `\(56\).*407`},
		{name: "unreachable behind", faults: status(503, "Service Unavailable", "X-Squid-Error: ERR_CONNECT_FAIL 110"),
			inGo: `: Service Unavailable`, curl: `\(56\).*503`},
		{name: "bad gateway", faults: status(502, "Bad Gateway"), inGo: `: Bad Gateway`, curl: `\(56\).*502`},
		{name: "gateway timeout", faults: status(504, "Gateway Timeout"), inGo: `: Gateway Timeout`, curl: `\(56\).*504`},
		{name: "web server", faults: []fault.Fault{fault.ProxyPort{Effect: fault.WebServer}}, inGo: `: (Method )?Not Allowed`,
			curl: `\(56\).*405`},
		{name: "SSH server", faults: []fault.Fault{fault.ProxyPort{Effect: fault.SpeaksSSH}},
			inGo: `malformed HTTP (response "SSH-2\.0|status code)`, curl: ``},
		{name: "login page", faults: status(302, "Moved Temporarily", "Location: https://login.corp.example/"), inGo: `: Moved Temporarily`,
			curl: `\(56\).*302`},
		{name: "proxy closes", faults: []fault.Fault{fault.Connect{Effect: fault.Close}}, inGo: `EOF`, curl: `\((56|52)\)`},
		{name: "proxy resets", faults: []fault.Fault{fault.Connect{Effect: fault.Reset}}, inGo: `connection reset by peer`,
			curl: `\(56\).*[Rr]eset by peer`},
		{name: "proxy gone", gone: true, inGo: `proxyconnect tcp: dial tcp .*connection refused`, curl: `\(7\)`},
		{name: "proxy speaks TLS", faults: []fault.Fault{fault.ProxyPort{Effect: fault.SpeaksTLS}}, inGo: `malformed HTTP response .*\\x15\\+x03`,
			curl: `\((1|56|52|8)\)`},
		{name: "reset behind the proxy", faults: shaken(fault.Handshake{Effect: fault.Reset}),
			inGo: `connection reset by peer|EOF`, curl: `\(35\)`},
		{name: "end behind the proxy", faults: shaken(fault.Handshake{Effect: fault.Close}), inGo: `EOF`, curl: `\(35\)`},
		{name: "inspected", faults: shown(fault.Certificate{Issuer: "interceptor"}),
			inGo: `x509: certificate signed by unknown authority`, curl: `\(60\)`},
		{name: "missing intermediate", faults: shown(fault.Certificate{OmitIntermediate: true}),
			inGo: `x509: certificate signed by unknown authority`, curl: `\(60\)`},
		{name: "foreign name", faults: shown(fault.Certificate{Issuer: "interceptor", Names: []string{"FG3K6C3A15800021"}}),
			inGo: `x509: certificate is (not )?valid for`, curl: `\(60\)`},
		{name: "no alternative name", faults: shown(fault.Certificate{NoNames: true}), inGo: `certificate relies on legacy Common Name field`},
		{name: "expired", faults: shown(fault.Certificate{NotBefore: -90 * 24 * time.Hour, NotAfter: -24 * time.Hour}),
			inGo: `certificate has expired or is not yet valid`, curl: `\(60\)`},
		{name: "plain text", faults: shaken(fault.Handshake{Effect: fault.Plaintext, Text: "blocked"}),
			inGo: `server gave HTTP response to HTTPS client|first record does not look like a TLS handshake`, curl: `\(35\).*wrong version number`},
		{name: "unrecognized name", faults: shaken(fault.Handshake{Effect: fault.Alert, Alert: 112}),
			inGo: `remote error: tls: unrecognized name`, curl: `\(35\).*unrecognized name`},
		{name: "access denied", faults: shaken(fault.Handshake{Effect: fault.Alert, Alert: 49}), inGo: `remote error: tls: access denied`,
			curl: `\(35\).*access denied`},
		{name: "internal error", faults: shaken(fault.Handshake{Effect: fault.Alert, Alert: 80}), inGo: `remote error: tls: internal error`,
			curl: `\(35\).*internal error`},
		{name: "no common cipher", faults: shaken(fault.Handshake{Effect: fault.Alert, Alert: 40}), inGo: `remote error: tls: handshake failure`,
			curl: `\(35\).*handshake failure`},
		{name: "token page", faults: []fault.Fault{fault.HTTP{Host: "sso.redhat.com", Status: 200, Headers: []string{"Content-Type: text/html"},
			Body: "<!DOCTYPE html><title>Blocked</title>"}},
			inGo: `invalid character '<' looking for beginning of value`},
		{name: "token refused on the way", faults: []fault.Fault{fault.HTTP{Host: "sso.redhat.com", Status: 403,
			Headers: []string{"Content-Type: text/html"}, Body: "<html>no</html>"}},
			inGo: `403 (Forbidden|\(Forbidden\))`},
		{name: "unavailable inside", faults: []fault.Fault{fault.HTTP{Host: fault.Everyone, Status: 503,
			Headers: []string{"Content-Type: text/html"}, Body: "<html>no</html>"}},
			inGo: `503 (Service Unavailable|\(Service Unavailable\))`},
	}
}

// leastPairs is how many pairs of fault and client are held to what was measured.
const leastPairs = 60

// Real clients fail in the mock with the words with which they fail in the field.
func TestClientsFailAsMeasured(t *testing.T) {
	pairs := 0
	for _, row := range rows() {
		network, err := mockproxy.Start(fault.World{Title: row.name, Faults: row.faults})
		if err != nil {
			t.Fatal(err)
		}
		via, bundle := "http://"+network.ProxyAddress(), filepath.Join(t.TempDir(), "ca.pem")
		if row.gone {
			via = "http://" + closedPort(t)
		}
		if err := os.WriteFile(bundle, network.ClientRoots(), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, c := range clients() {
			pattern := row.inGo
			if c.name == "curl" {
				pattern = row.curl
			}
			if own, ok := row.own[c.name]; ok {
				pattern = own
			}
			if pattern == "" {
				continue
			}
			pairs++
			t.Run(row.name+"/"+c.name, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				if got := c.pull(ctx, t, via, bundle); !regexp.MustCompile(pattern).MatchString(got) {
					t.Errorf("says %q; want %s", strings.TrimSpace(got), pattern)
				}
			})
		}
		network.Close()
	}
	if pairs < leastPairs {
		t.Errorf("%d pairs, want at least %d", pairs, leastPairs)
	}
}

// And where nothing is wrong they pull.
func TestClientsPullInTheHealthyMock(t *testing.T) {
	network, err := mockproxy.Start(fault.World{})
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, network.ClientRoots(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range clients() {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if got := c.pull(ctx, t, "http://"+network.ProxyAddress(), bundle); got != "" {
				t.Error(got)
			}
		})
	}
}

// closedPort returns an address at which nobody listens any more.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
