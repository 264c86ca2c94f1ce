//go:build linux

package fleet

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/golden"
	"pullpath/internal/testbed"
)

// faults are the networks in which both look, with what is broken in words.
func faults() [][2]string {
	return [][2]string{
		{"healthy", "nothing"},
		{"proxy-connect-denied", "the proxy denies the token server"},
		{"proxy-auth-required", "the proxy wants a login"},
		{"proxy-cannot-resolve-target", "the proxy cannot look the host up"},
		{"proxy-refused", "nothing listens at the proxy's port"},
		{"tls-intercepted-untrusted", "TLS is inspected under an unknown CA"},
		{"tls-certificate-expired", "a certificate has expired"},
		{"auth-credentials-rejected", "the login is wrong"},
		{"http-rate-limited", "the registry counts too many pulls"},
		{"http-block-page", "a filter answers with its page"},
		{"blob-url-rejected", "the layer's host refuses the signed address"},
		{"registry-not-found", "the repository is not there"},
	}
}

const blackboxPage = `<!-- Written by go test ./internal/testbed/fleet -run TestBesideBlackbox -update; do not edit. -->
# Beside blackbox_exporter

Both look at the same made-up networks (` + "`pullpath mock --transparent --fault NAME`" + `), through their proxy.
blackbox_exporter %s asks for ` + "`/v2/`" + ` of the registry, where 200 and 401 are right, and for ` + "`/`" + ` of the token
server and of a layer's host, where any answer of theirs is; it shows the status of the last answer, 0 for none.
pullpath walks the whole pull. An alarm for a few URLs needs no more than blackbox_exporter. It does not log in and
pulls nothing, so it does not see what is wrong there, and what it sees has no name.

| network | what is broken | blackbox_exporter: registry, token, layer | pullpath |
|---|---|---|---|
`

// blackboxConfig is a module as people have it, by the proxy and with the roots of the network.
const blackboxConfig = `modules:
  registry:
    prober: http
    timeout: 10s
    http:
      valid_status_codes: [200, 401]
      proxy_url: %[1]s
      skip_resolve_phase_with_proxy: true
      tls_config: {ca_file: %[2]s}
  host:
    prober: http
    timeout: 10s
    http:
      valid_status_codes: [200, 204, 301, 302, 307, 308, 400, 401, 403, 404, 405, 429]
      follow_redirects: false
      proxy_url: %[1]s
      skip_resolve_phase_with_proxy: true
      tls_config: {ca_file: %[2]s}
`

// TestBesideBlackbox: what an alarm for URLs tells of each fault, and what a walk does. The page
// with both is kept in the repository.
func TestBesideBlackbox(t *testing.T) {
	testbed.Require(t, "blackbox", "namespaces", "curl")
	version := regexp.MustCompile(`version (\d+\.\d+)`).FindStringSubmatch(tool(t, "prometheus-blackbox-exporter", "--version"))
	if version == nil {
		t.Fatal("blackbox_exporter does not say its version")
	}
	page := fmt.Sprintf(blackboxPage, version[1])
	for _, f := range faults() {
		told, codes := beside(t, f[0])
		page += fmt.Sprintf("| `%s` | %s | %s | %s |\n", f[0], f[1], told, codes)
		if f[0] == "healthy" && (told != "up 401, up 404, up 403" || codes != "pass") {
			t.Errorf("in the healthy network: %s; %s", told, codes)
		}
		if f[0] != "healthy" && !strings.Contains(codes, f[0]) {
			t.Errorf("%s: pullpath says %s", f[0], codes)
		}
	}
	golden.Check(t, filepath.Join("..", "..", "..", "docs", "beside-blackbox.md"), page)
}

// asBlackbox runs the exporter inside a network, asks it for three hosts, and checks beside it:
// its arguments are a directory, a configuration, an address and this program.
const asBlackbox = `
	printf '%s' "$2" | sed "s#@PROXY@#$HTTPS_PROXY#; s#@ROOTS@#$SSL_CERT_FILE#" >"$1/blackbox.yml"
	prometheus-blackbox-exporter --config.file="$1/blackbox.yml" --web.listen-address="$3" 2>"$1/log" &
	exporter=$!
	ask() { curl -sS --noproxy '*' --retry 50 --retry-connrefused --retry-delay 1 "http://$1"; }
	ask "$3/-/healthy" >/dev/null &&
	ask "$3/probe?module=registry&target=https://registry.redhat.io/v2/" >"$1/1" &&
	ask "$3/probe?module=host&target=https://sso.redhat.com/" >"$1/2" &&
	ask "$3/probe?module=host&target=https://cdn01.quay.io/" >"$1/3" &&
	"$4" check --report-only -q -o json="$1/report.json" >/dev/null
	status=$?
	kill $exporter
	exit $status`

// beside returns what each says of one network.
func beside(t *testing.T, world string) (told, codes string) {
	t.Helper()
	dir, pp := t.TempDir(), testbed.PullPath(t)
	tool(t, pp, "mock", "--transparent", "--fault", world, "--", "sh", "-c", asBlackbox, "sh", dir,
		fmt.Sprintf(blackboxConfig, "@PROXY@", "@ROOTS@"), port(t), pp)
	var all []string
	for _, name := range []string{"1", "2", "3"} {
		text := tool(t, "cat", filepath.Join(dir, name))
		state := "down"
		if strings.Contains(text, "\nprobe_success 1") {
			state = "up"
		}
		status := regexp.MustCompile(`(?m)^probe_http_status_code (\d+)`).FindStringSubmatch(text)
		if status == nil {
			t.Fatalf("no status in %s", text)
		}
		all = append(all, state+" "+status[1])
	}
	return strings.Join(all, ", "), causes(t, filepath.Join(dir, "report.json"))
}

// causes returns the root causes of a report in a file, with whom to ask.
func causes(t *testing.T, name string) string {
	t.Helper()
	return causesOf(t, []byte(tool(t, "cat", name)))
}

// causesOf returns those of a report.
func causesOf(t *testing.T, text []byte) string {
	t.Helper()
	var r struct {
		Verdict struct {
			Status string
			Causes []string `json:"root_causes"`
		}
		Findings []struct{ Code, Audience string }
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, code := range r.Verdict.Causes {
		for _, f := range r.Findings {
			if line := "`" + code + "`, ask the " + strings.ReplaceAll(f.Audience, "-", " "); f.Code == code && !slices.Contains(out, line) {
				out = append(out, line)
			}
		}
	}
	return cmp.Or(strings.Join(out, "; "), r.Verdict.Status)
}
