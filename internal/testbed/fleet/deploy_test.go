//go:build linux

package fleet

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"pullpath/internal/testbed"
)

const deploy = "../../../deploy"

// tool runs a program that has to succeed.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// read reads a YAML file into a value.
func read(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deploy, filepath.FromSlash(name)))
	if err == nil {
		err = yaml.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// The alerts do what their tests say; the operator's are the same.
func TestRules(t *testing.T) {
	testbed.Require(t, "prometheus", "alertmanager")
	tool(t, "promtool", "check", "rules", filepath.Join(deploy, "prometheus", "rules.yml"))
	tool(t, "promtool", "test", "rules", filepath.Join(deploy, "prometheus", "rules_test.yml"))
	tool(t, "promtool", "check", "config", filepath.Join(deploy, "prometheus", "scrape.yml"))
	tool(t, "amtool", "check-config", filepath.Join(deploy, "prometheus", "alertmanager.yml"))
	var own, operators map[string]any
	read(t, "prometheus/rules.yml", &own)
	read(t, "kubernetes/monitoring/prometheusrule.yaml", &operators)
	if diff := cmp.Diff(any(own), operators["spec"]); diff != "" {
		t.Errorf("the operator's rules are others: %s", diff)
	}
}

// dashboard is the part of a dashboard that asks.
type dashboard struct {
	Panels []struct {
		Title   string
		Targets []struct{ Expr string }
	}
}

// dashboardQueries are what the panels of the dashboard ask, by their title, for all modules.
func dashboardQueries(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deploy, "grafana", "pullpath.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil || len(d.Panels) < 10 {
		t.Fatalf("%v, %d panels", err, len(d.Panels))
	}
	out := map[string][]string{}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			out[p.Title] = append(out[p.Title], strings.ReplaceAll(target.Expr, "$module", ".*"))
		}
	}
	return out
}

// What the dashboard and the rules ask for is PromQL, and about metrics that there are.
func TestQueries(t *testing.T) {
	testbed.Require(t, "prometheus")
	var rules []map[string]string
	var asked strings.Builder
	for _, exprs := range dashboardQueries(t) {
		for _, expr := range exprs {
			rules = append(rules, map[string]string{"record": "panel", "expr": expr})
			asked.WriteString(expr + "\n")
		}
	}
	file, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "panels", "rules": rules}}})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "panels.yml")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	tool(t, "promtool", "check", "rules", "--lint=none", name)
	alerts, err := os.ReadFile(filepath.Join(deploy, "prometheus", "rules.yml"))
	if err != nil {
		t.Fatal(err)
	}
	asked.Write(alerts)
	known := tool(t, testbed.PullPath(t), "check", "--mock=proxy-connect-denied", "--report-only", "-o", "prometheus")
	metric := regexp.MustCompile(`\bpullpath_[a-z_]+`)
	names := metric.FindAllString(known, -1)
	for _, name := range metric.FindAllString(asked.String(), -1) {
		if !slices.Contains(names, name) {
			t.Errorf("nobody makes the metric %s", name)
		}
	}
}
