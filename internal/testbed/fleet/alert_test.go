//go:build linux

package fleet

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pullpath/internal/testbed"
)

// A fault comes into the network: the alert arrives at those who can act, and ends with the
// fault. The rules and routes are those that people apply, with the waits taken out.
func TestAlertComesAndGoes(t *testing.T) {
	testbed.Require(t, "prometheus", "alertmanager")
	dir, admin, serve, prom, am := t.TempDir(), port(t), port(t), port(t), port(t)
	hook := &output{}
	webhook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(hook, "%s %s\n", r.URL.Path, text)
	}))
	t.Cleanup(webhook.Close)

	pp := testbed.PullPath(t)
	start(t, pp, "mock", "--admin", admin, "--", pp, "serve", "--listen", serve, "--interval", "5s", "--node", "node7")
	rules := impatient(t, filepath.Join(deploy, "prometheus", "rules.yml"), `for: .*`, "for: 0s")
	routes := impatient(t, filepath.Join(deploy, "prometheus", "alertmanager.yml"), `group_wait: .*`, "group_wait: 1s\n  group_interval: 1s")
	routes = strings.ReplaceAll(routes, "http://127.0.0.1:9095", webhook.URL)
	start(t, "prometheus-alertmanager", "--config.file="+file(t, dir, "am.yml", routes), "--storage.path="+filepath.Join(dir, "am"),
		"--web.listen-address="+am, "--cluster.listen-address=")
	file(t, dir, "rules.yml", rules)
	start(t, "prometheus", "--storage.tsdb.path="+filepath.Join(dir, "tsdb"), "--web.listen-address="+prom,
		"--config.file="+file(t, dir, "prom.yml", fmt.Sprintf(`global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ['%s']}]}]}
scrape_configs: [{job_name: pullpath, static_configs: [{targets: ['%s']}]}]
`, am, serve)))

	walked := func(what string) func() bool {
		return func() bool {
			text, _ := get("http://" + serve + "/metrics")
			return strings.Contains(text, what)
		}
	}
	await(t, "a walk that passes", walked(`pullpath_verdict{module="redhat",status="pass"} 1`))
	id := change(t, admin, "connect-status:status=403,host=sso.redhat.com,header='X-Squid-Error: ERR_ACCESS_DENIED 0'")
	await(t, "an alert for the proxy's team", func() bool {
		return regexp.MustCompile(`(?s)/proxy-admin .*"status":"firing".*"code":"proxy-connect-denied"`).MatchString(hook.String())
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, "http://"+admin+"/faults/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := http.DefaultClient.Do(r); err != nil || answer.StatusCode >= 300 {
		t.Fatalf("the fault stays: %v", err)
	}
	await(t, "a walk that passes again", walked(`pullpath_verdict{module="redhat",status="pass"} 1`))
	await(t, "the end of the alert", func() bool {
		return regexp.MustCompile(`/proxy-admin [^\n]*"status":"resolved"`).MatchString(hook.String())
	})
}

// impatient is a file with what a pattern matches replaced.
func impatient(t *testing.T, name, pattern, by string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(pattern).ReplaceAllString(string(text), by)
}

// change puts a fault into the network, and returns its number.
func change(t *testing.T, admin, fault string) string {
	t.Helper()
	answer, err := http.Post("http://"+admin+"/faults", "text/plain", bytes.NewReader([]byte(fault)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	id := regexp.MustCompile(`\d+`).FindString(string(text))
	if err != nil || id == "" || answer.StatusCode >= 300 {
		t.Fatalf("%s %s %v", answer.Status, text, err)
	}
	return id
}
