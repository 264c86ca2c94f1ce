//go:build linux

package fleet

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pullpath/internal/testbed"
)

// nodesVariable names how many nodes the fleet has. The figures of docs/fleet.md are of 5000.
const nodesVariable = "PULLPATH_FLEET_NODES"

// fewNodes are enough for a fault on several nodes each, and are walked in two seconds.
const fewNodes = 40

// staleNodes have not walked for two hours.
const staleNodes = 3

// rackPercent is how many of a hundred nodes share a rack. A rack lies in one network.
const rackPercent = 5

// share is a World and how many of a hundred nodes are in it.
type share struct {
	world   string
	percent int
}

// worlds are the networks of the fleet: most nodes pass, each fault is on several.
var worlds = []share{{"healthy", 30}, {"proxy-connect-denied", 15}, {"tls-intercepted-untrusted", 15}, {"dns-name-not-found", 10},
	{"proxy-auth-required", 10}, {"tls-certificate-expired", 5}, {"tcp-refused", 5}, {"http-rate-limited", 5}, {"settings-source-unread", 5}}

// node is a host of the fleet and what its walk made.
type node struct {
	name, world, metrics string
	rack, samples        int
}

// nodesOf walks on each node of the fleet. The reports are kept below dir.
func nodesOf(t *testing.T, dir string, count int) []*node {
	t.Helper()
	var out []*node
	for i := range count {
		percent := i * 100 / count
		out = append(out, &node{name: fmt.Sprintf("n%04d", i), world: worldOf(percent), rack: percent / rackPercent})
	}
	program := testbed.PullPath(t)
	var workers sync.WaitGroup
	turns := make(chan int)
	for range 2 {
		workers.Go(func() {
			for i := range turns {
				if err := out[i].walk(program, dir, i); err != nil {
					t.Errorf("%s: %v", out[i].name, err)
				}
			}
		})
	}
	for i := range out {
		turns <- i
	}
	close(turns)
	workers.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return out
}

func worldOf(percent int) string {
	for _, s := range worlds {
		if percent -= s.percent; percent < 0 {
			return s.world
		}
	}
	return worlds[0].world
}

// walk checks in the node's World. Its address is then one of its rack's.
func (n *node) walk(program, dir string, i int) error {
	metrics, report := filepath.Join(dir, n.name+".prom"), filepath.Join(dir, n.name+".json")
	out, err := exec.Command(program, "check", "--mock="+n.world, "--report-only", "--node", n.name, "--label", fmt.Sprintf("zone=z%d", i%3),
		"--label", fmt.Sprintf("rack=r%02d", n.rack), "-o", "prometheus="+metrics, "-o", "json="+report).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	text, err := os.ReadFile(report)
	if err != nil {
		return err
	}
	address := fmt.Sprintf("10.%d.%d.%d", 32+n.rack, i/250%250, 1+i%250)
	if err := os.WriteFile(report, []byte(strings.ReplaceAll(string(text), "10.20.3.7", address)), 0o600); err != nil {
		return err
	}
	text, err = os.ReadFile(metrics)
	if err != nil {
		return err
	}
	n.metrics = string(text)
	if i < staleNodes {
		n.metrics = regexp.MustCompile(`(?m)^(pullpath_run_timestamp_seconds\{.*\}) .*$`).ReplaceAllString(n.metrics,
			fmt.Sprintf("$1 %d", time.Now().Add(-2*time.Hour).Unix()))
	}
	n.samples = len(regexp.MustCompile(`(?m)^[a-z]`).FindAllString(n.metrics, -1))
	return os.Remove(metrics)
}

// prometheus starts one that scrapes each node every interval, and evaluates the alerts with the
// waits taken out; it returns its address.
func prometheus(t *testing.T, nodes []*node, interval time.Duration, alertmanager string) string {
	t.Helper()
	exposed := map[string]string{}
	var names []string
	for _, n := range nodes {
		exposed["/"+n.name], names = n.metrics, append(names, n.name)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, exposed[r.URL.Path])
	}))
	t.Cleanup(server.Close)
	targets, err := json.Marshal(names)
	if err != nil {
		t.Fatal(err)
	}
	dir, at := t.TempDir(), port(t)
	file(t, dir, "rules.yml", impatient(t, filepath.Join(deploy, "prometheus", "rules.yml"), `for: .*`, "for: 0s"))
	start(t, "prometheus", "--storage.tsdb.path="+filepath.Join(dir, "tsdb"), "--web.listen-address="+at,
		"--config.file="+file(t, dir, "prom.yml", fmt.Sprintf(`global: {scrape_interval: %[1]s, scrape_timeout: %[1]s, evaluation_interval: 2s}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ['%[4]s']}]}]}
scrape_configs:
- job_name: pullpath
  static_configs: [{targets: %[2]s}]
  relabel_configs:
  - {source_labels: [__address__], target_label: instance}
  - {source_labels: [__address__], target_label: __metrics_path__, replacement: '/$1'}
  - {target_label: __address__, replacement: '%[3]s'}
- job_name: prometheus
  static_configs: [{targets: ['%[5]s']}]
`, interval, targets, strings.TrimPrefix(server.URL, "http://"), alertmanager, at)))
	await(t, "the answers of Prometheus", func() bool { _, err := get("http://" + at + "/-/ready"); return err == nil })
	return at
}

// ask asks Prometheus, and reads what it answers into a value.
func ask(t *testing.T, at, path string, into any) {
	t.Helper()
	text, err := get("http://" + at + path)
	if err == nil {
		err = json.Unmarshal([]byte(text), &struct{ Data any }{into})
	}
	if err != nil {
		t.Fatalf("%s: %v: %.300s", path, err, text)
	}
}

// vector is what a query gives.
type vector struct {
	Result []struct {
		Metric map[string]string
		Value  [2]any
	}
}

func query(t *testing.T, at, expr string) vector {
	t.Helper()
	var out vector
	ask(t, at, "/api/v1/query?query="+url.QueryEscape(expr), &out)
	return out
}

// number is the value of a query that has one result, 0 where it has none.
func number(t *testing.T, at, expr string) float64 {
	t.Helper()
	out := query(t, at, expr)
	if len(out.Result) == 0 {
		return 0
	}
	n, err := strconv.ParseFloat(fmt.Sprint(out.Result[0].Value[1]), 64)
	if err != nil || len(out.Result) > 1 {
		t.Fatalf("%s: %v, %d results", expr, err, len(out.Result))
	}
	return n
}

// A fleet of real walks: the alerts tell of each matter once, however many nodes have it, the
// dashboard's panels have few rows, and no node has more series than the documentation says.
func TestManyNodes(t *testing.T) {
	testbed.Require(t, "prometheus", "alertmanager")
	count, interval := fewNodes, time.Second
	if text := os.Getenv(nodesVariable); text != "" {
		many, err := strconv.Atoi(text)
		if err != nil || many < fewNodes {
			t.Fatalf("%s=%s", nodesVariable, text)
		}
		count, interval = many, time.Duration(1+many/250)*time.Second // 250 scrapes each second
	}
	dir := os.Getenv(nodesVariable + "_DIR") // where the reports are to stay
	if dir == "" {
		dir = t.TempDir()
	}
	nodes := nodesOf(t, dir, count)
	am, hook := quietAlertmanager(t)
	at := prometheus(t, nodes, interval, am)
	await(t, "the metrics of all nodes", func() bool {
		return number(t, at, `count(pullpath_build_info)`) == float64(count)
	})
	most := slices.MaxFunc(nodes, func(a, b *node) int { return a.samples - b.samples })
	if got := number(t, at, `max(scrape_samples_scraped{job="pullpath"})`); got != float64(most.samples) || got > 68 {
		t.Errorf("a node has %g series, want %d and at most 68", got, most.samples)
	}
	t.Logf("%d nodes, %g series of pullpath, %g to %g on a node", count, number(t, at, `sum(scrape_samples_scraped{job="pullpath"})`),
		number(t, at, `min(scrape_samples_scraped{job="pullpath"})`), number(t, at, `max(scrape_samples_scraped{job="pullpath"})`))
	alerts(t, at, nodes)
	panels(t, at)
	notified(t, hook)
	explained(t, dir)
}

// explained compares the reports: each outcome is a group, and the racks of each that does not pass
// are named.
func explained(t *testing.T, dir string) {
	t.Helper()
	began := time.Now()
	out, _ := exec.Command(testbed.PullPath(t), "compare", "-o", "json", dir).Output() // 1: they differ
	var f struct {
		Groups []struct {
			Fingerprint, Status string
			Explained           []struct {
				Attribute string
				Exact     bool
			}
		}
	}
	if err := json.Unmarshal(out, &f); err != nil || len(f.Groups) != len(worlds) {
		t.Fatalf("%v, %d groups: %.300s", err, len(f.Groups), out)
	}
	for _, g := range f.Groups {
		if g.Status == "pass" { // too many racks to name
			continue
		}
		if len(g.Explained) == 0 || !g.Explained[0].Exact || g.Explained[0].Attribute != "label rack" {
			t.Errorf("%s is not explained by its racks: %+v", g.Fingerprint, g.Explained)
		}
	}
	t.Logf("compared in %.1f s", time.Since(began).Seconds())
}

// quietAlertmanager starts one that sends all to what is returned beside its address.
func quietAlertmanager(t *testing.T) (address string, hook *output) {
	t.Helper()
	hook = &output{}
	webhook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(hook, "%s %s\n", r.URL.Path, text)
	}))
	t.Cleanup(webhook.Close)
	routes := impatient(t, filepath.Join(deploy, "prometheus", "alertmanager.yml"), `group_wait: .*`, "group_wait: 1s")
	dir, address := t.TempDir(), port(t)
	start(t, "prometheus-alertmanager", "--storage.path="+filepath.Join(dir, "am"), "--web.listen-address="+address,
		"--cluster.listen-address=", "--config.file="+file(t, dir, "am.yml", strings.ReplaceAll(routes, "http://127.0.0.1:9095", webhook.URL)))
	return address, hook
}

// alert is one that Prometheus has.
type alert struct {
	Labels map[string]string
	Value  string
}

// alerts looks at what fires: each matter once, with the count of its nodes.
func alerts(t *testing.T, at string, nodes []*node) {
	t.Helper()
	want := map[string]int{"PullPathStale": staleNodes}
	for _, n := range nodes {
		for _, m := range regexp.MustCompile(`pullpath_finding\{.*code="([^"]*)".*severity="error",target="([^"]*)"`).
			FindAllStringSubmatch(n.metrics, -1) {
			want["PullPathBlocked "+m[1]+" "+m[2]]++
		}
	}
	var got map[string]int
	matters := func() bool {
		var firing struct{ Alerts []alert }
		ask(t, at, "/api/v1/alerts", &firing)
		got = map[string]int{}
		for _, a := range firing.Alerts {
			name := strings.TrimSpace(a.Labels["alertname"] + " " + a.Labels["code"])
			if a.Labels["code"] != "" {
				name += " " + a.Labels["target"]
			}
			value, err := strconv.ParseFloat(a.Value, 64)
			if _, twice := got[name]; twice && name != "PullPathCertificateExpires" || err != nil {
				t.Fatalf("%s fires twice, or is of %q: %v", name, a.Value, err)
			}
			got[name] = int(value)
		}
		for name, count := range want {
			if got[name] != count {
				return false
			}
		}
		return got["PullPathSplit"] >= len(worlds)
	}
	await(t, fmt.Sprintf("each alert once, of %v", want), matters)
	for _, name := range []string{"PullPathFleetBlocked", "PullPathCertificateExpires", "PullPathIncomplete"} {
		if _, fires := got[name]; !fires {
			t.Errorf("%s does not fire: %v", name, got)
		}
	}
	var rules struct {
		Groups []struct {
			Rules []struct {
				Name           string
				Alerts         []alert
				EvaluationTime float64
			}
		}
	}
	ask(t, at, "/api/v1/rules", &rules)
	for _, r := range rules.Groups[0].Rules {
		t.Logf("%s: %d alerts, evaluated in %.0f ms", r.Name, len(r.Alerts), r.EvaluationTime*1000)
	}
}

// panels asks what the dashboard asks: over a range as Grafana does, and now.
func panels(t *testing.T, at string) {
	t.Helper()
	const most = 100 // rows that a person still looks at
	end := time.Now()
	for title, exprs := range dashboardQueries(t) {
		for _, expr := range exprs {
			began := time.Now()
			now := query(t, at, expr)
			instant := time.Since(began)
			began = time.Now()
			var over vector
			ask(t, at, fmt.Sprintf("/api/v1/query_range?query=%s&start=%d&end=%d&step=1", url.QueryEscape(expr), end.Add(-2*time.Minute).Unix(),
				end.Unix()), &over)
			if n := len(now.Result); n == 0 || n > most {
				t.Errorf("%s: %d rows", title, n)
			}
			t.Logf("%s: %d rows, %d ms now, %d ms over 120 steps", title, len(now.Result), instant.Milliseconds(), time.Since(began).Milliseconds())
		}
	}
	t.Logf("Prometheus: %.0f MB, %g series", number(t, at, `process_resident_memory_bytes`)/1e6, number(t, at, `prometheus_tsdb_head_series`))
}

// notified looks at what Alertmanager sends: one message for each matter.
func notified(t *testing.T, hook *output) {
	t.Helper()
	sent := func() []string {
		return regexp.MustCompile(`(?m)^/\S+`).FindAllString(hook.String(), -1)
	}
	await(t, "a message to the proxy's team", func() bool { return slices.Contains(sent(), "/proxy-admin") })
	t.Logf("Alertmanager sent %d messages: %v", len(sent()), sent())
	if n := len(sent()); n > 3*len(worlds) {
		t.Errorf("%d messages: %v", n, sent())
	}
}
