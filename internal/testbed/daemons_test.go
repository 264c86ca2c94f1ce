//go:build linux

package testbed_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pullpath/internal/testbed"
)

// curlTimeout is far above what curl needs here and far below go test's own.
const curlTimeout = 2 * time.Minute

// The URLs of the article.
const (
	tokenURL    = "https://sso.redhat.com" + testbed.RealmPath + "?service=docker-registry&client_id=curl&scope=repository:rhel:pull"
	registryURL = "https://registry.redhat.io/v2/"
)

// curl runs curl in the client's house and returns its exit status and what it
// and the servers said, headers first.
func curl(t *testing.T, b *testbed.Bed, args ...string) (status int, said string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), curlTimeout)
	defer cancel()
	cmd := b.Command(ctx, b.Client, "curl", append([]string{"-sv", "--max-time", "20"}, args...)...)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil || cmd.ProcessState == nil {
		t.Fatalf("curl %q: %v: %s", args, err, out)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// street returns a bed with the outside served and the client's name server up.
func street(t *testing.T) (*testbed.Bed, *testbed.Origin) {
	t.Helper()
	testbed.Require(t, "curl", "nginx", "docker-registry")
	b := testbed.New(t)
	origin := b.ServeOrigin(testbed.Site{})
	b.ServeNames(b.Corp, testbed.CorpAddr, testbed.CorpZone().With(testbed.PublicZone()))
	return b, origin
}

func TestProxies(t *testing.T) {
	const (
		passes = "HTTP/1.1 401 Unauthorized" // of the registry: the path is open
	)
	interceptor := testbed.NewInterceptor(t)
	for _, c := range []struct {
		name   string
		needs  string
		start  func(*testing.T, *testbed.Bed) []string
		user   string // for the proxy
		url    string
		status int // of curl
		want   string
		not    string
	}{
		{"squid allows", "squid", squid(testbed.Squid{}), "", registryURL, 0, passes, "Gateway CA"},
		{"squid denies the host", "squid", squid(testbed.Squid{Deny: []string{deniedHost}}), "", tokenURL, 56,
			"X-Squid-Error: ERR_ACCESS_DENIED 0", passes},
		{"squid denies no other", "squid", squid(testbed.Squid{Deny: []string{deniedHost}}), "", registryURL, 0, passes, "ERR_ACCESS_DENIED"},
		{"squid wants a password", "squid", squid(testbed.Squid{Users: proxyUser}), "", registryURL, 56,
			"407 Proxy Authentication Required", passes},
		{"squid takes the password", "squid", squid(testbed.Squid{Users: proxyUser}), "build:s3cret", registryURL, 0, passes, "407"},
		{"squid refuses the password", "squid", squid(testbed.Squid{Users: proxyUser}), "build:guess", registryURL, 56,
			"407 Proxy Authentication Required", passes},
		{"squid intercepts", "squid", squid(testbed.Squid{Bump: interceptor}), "", registryURL, 60,
			"self-signed certificate in certificate chain", passes},
		{"tinyproxy allows", "tinyproxy", tinyproxy(testbed.Tinyproxy{}), "", registryURL, 0, passes, "Filtered"},
		{"tinyproxy denies the host", "tinyproxy", tinyproxy(testbed.Tinyproxy{Deny: []string{deniedHost}}), "", tokenURL, 56,
			"403 Filtered", passes},
		{"tinyproxy denies no other", "tinyproxy", tinyproxy(testbed.Tinyproxy{Deny: []string{deniedHost}}), "", registryURL, 0,
			passes, "Filtered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			testbed.Require(t, c.needs)
			b, _ := street(t)
			args := append(c.start(t, b), c.url)
			if c.user != "" {
				args = append(args, "--proxy-user", c.user)
			}
			status, said := curl(t, b, args...)
			if status != c.status || !strings.Contains(said, c.want) || strings.Contains(said, c.not) {
				t.Errorf("curl ended with %d, want %d, %q in and %q not in:\n%s", status, c.status, c.want, c.not, said)
			}
		})
	}
}

// TestInterceptionTrusted is the pair of "squid intercepts": with the gateway's
// root the same chain holds, and it is the gateway's.
func TestInterceptionTrusted(t *testing.T) {
	testbed.Require(t, "squid")
	b, _ := street(t)
	gateway := testbed.NewInterceptor(t)
	proxy := b.StartSquid(testbed.Squid{Bump: gateway})
	status, said := curl(t, b, "-x", proxy, "--cacert", b.WriteFile("gateway.pem", gateway.CertPEM()), registryURL)
	if status != 0 {
		t.Errorf("curl ended with %d, want 0", status)
	}
	mustSay(t, said, "401 Unauthorized", "CN=Example Corp Web Gateway CA")
}

// TestEgress has both sides of the border: closed loses packets, open lets the
// client pull without a proxy.
func TestEgress(t *testing.T) {
	b, _ := street(t)
	if status, said := curl(t, b, "--connect-timeout", "0.3", registryURL); status != 28 {
		t.Errorf("closed: curl ended with %d, want 28, a timeout:\n%s", status, said)
	}
	b.OpenEgress()
	if status, said := curl(t, b, registryURL); status != 0 || !strings.Contains(said, "401 Unauthorized") {
		t.Errorf("open: curl ended with %d:\n%s", status, said)
	}
}

// TestPull walks the article's commands and a whole pull without a proxy.
func TestPull(t *testing.T) {
	b, origin := street(t)
	b.OpenEgress()

	_, said := curl(t, b, registryURL)
	mustSay(t, said, `Www-Authenticate: Bearer realm="https://sso.redhat.com`+testbed.RealmPath+`",service="docker-registry"`)
	_, said = curl(t, b, "-u", "nobody:wrong", tokenURL)
	mustSay(t, said, "401 Unauthorized",
		`{"errors":[{"code":"UNAUTHORIZED","detail":[{"type":"repository","name":"rhel","actions":["pull"]}],`+
			`"message":"Invalid username or password"}]}`)
	_, said = curl(t, b, tokenURL)
	mustSay(t, said, "401 Unauthorized", "Please login to the Red Hat Registry")

	login := origin.User + ":" + origin.Password
	bearer := "Authorization: Bearer " + token(t, b, "-u", login, tokenURL)
	_, said = curl(t, b, "-H", bearer, registryURL)
	mustSay(t, said, "200 OK", "{}")
	form := "grant_type=password&service=docker-registry&username=11009103%7Cpullpath-bed&password=" + origin.Password
	if before := origin.Logins(); before != 2 {
		t.Errorf("%d logins counted, want the wrong one and the right one", before)
	}
	if token(t, b, "--data", form, strings.SplitAfter(tokenURL, "/auth?")[0]) == "" {
		t.Error("no token for the password grant")
	}

	bearer = "Authorization: Bearer " + token(t, b, "-u", login, strings.Replace(tokenURL, "rhel", "ubi9/ubi", 1))
	manifestURL := registryURL + "ubi9/ubi/manifests/" + origin.Digest
	_, said = curl(t, b, "-H", bearer, "-H", "Accept: application/vnd.oci.image.manifest.v1+json", manifestURL)
	mustSay(t, said, "200 OK", `"schemaVersion":2`)
	_, digest, _ := strings.Cut(said, `"digest":"`)
	digest, _, _ = strings.Cut(digest, `"`)
	_, said = curl(t, b, "-L", "-H", bearer, registryURL+"ubi9/ubi/blobs/"+digest)
	mustSay(t, said, "307 Temporary Redirect", "Location: https://cdn01.quay.io/docker/", "200 OK", `"rootfs"`)
}

// token asks for one and fails the test when the answer has none.
func token(t *testing.T, b *testbed.Bed, args ...string) string {
	t.Helper()
	cmd := b.Command(t.Context(), b.Client, "curl", append([]string{"-sS"}, args...)...)
	out, err := cmd.Output()
	var answer struct {
		Token string `json:"access_token"`
	}
	if json.Unmarshal(bytes.TrimSpace(out), &answer) != nil || answer.Token == "" {
		t.Fatalf("no token: %v: %s", err, out)
	}
	return answer.Token
}

func mustSay(t *testing.T, said string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in:\n%s", want, said)
		}
	}
}
