package manifests

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	troubleshoot "github.com/replicatedhq/troubleshoot/pkg/apis/troubleshoot/v1beta2"
	"sigs.k8s.io/yaml"
)

// The collector and its analyser are what Replicated's own types take, and the analyser reads the
// file that the collector writes: host-collectors/run-host/NAME.txt.
func TestReplicated(t *testing.T) {
	text, err := os.ReadFile("../../deploy/replicated/collector.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var p troubleshoot.HostPreflight
	if err := yaml.UnmarshalStrict(text, &p); err != nil {
		t.Fatal(err)
	}
	if p.Kind != "HostPreflight" || p.APIVersion != "troubleshoot.sh/v1beta2" || len(p.Spec.Collectors) != 1 || len(p.Spec.Analyzers) != 1 {
		t.Fatalf("%+v", p)
	}
	run, compare := p.Spec.Collectors[0].HostRun, p.Spec.Analyzers[0].JsonCompare
	if run == nil || compare == nil || run.Command != "/usr/bin/pullpath" || !slices.Contains(run.Args, "--report-only") {
		t.Fatalf("%+v, %+v", run, compare)
	}
	if want := "host-collectors/run-host/" + run.CollectorName + ".txt"; compare.FileName != want {
		t.Errorf("the analyser reads %s, the collector writes %s", compare.FileName, want)
	}
}

// monitor is the configuration of a custom plugin of node-problem-detector, with all keys that it
// has (github.com/kubernetes/node-problem-detector, pkg/custompluginmonitor/types, config.go and
// types.go, at v0.8.20). Its module cannot be imported: no version is on the module proxy.
type monitor struct {
	Plugin       string `json:"plugin"`
	PluginConfig struct {
		Interval string `json:"invoke_interval"`
		Timeout  string `json:"timeout"`
		Output   *int   `json:"max_output_length"`
		Parallel *int   `json:"concurrency"`
		Update   *bool  `json:"enable_message_change_based_condition_update"`
		Skip     *bool  `json:"skip_initial_status"`
	} `json:"pluginConfig"`
	Source     string `json:"source"`
	Metrics    *bool  `json:"metricsReporting"`
	Conditions []struct {
		Type    string `json:"type"`
		Reason  string `json:"reason"`
		Message string `json:"message"`
	} `json:"conditions"`
	Rules []struct {
		Type      string   `json:"type"`
		Condition string   `json:"condition"`
		Reason    string   `json:"reason"`
		Path      string   `json:"path"`
		Args      []string `json:"args"`
		Timeout   string   `json:"timeout"`
	} `json:"rules"`
}

// It refuses what its Validate refuses (config.go): another plugin, a rule's timeout over the
// monitor's, a permanent rule of no condition.
func TestNodeProblemDetector(t *testing.T) {
	text, err := os.ReadFile("../../deploy/npd/pullpath.json")
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var m monitor
	if err := dec.Decode(&m); err != nil {
		t.Fatal(err)
	}
	timeout, err := time.ParseDuration(m.PluginConfig.Timeout)
	interval, bad := time.ParseDuration(m.PluginConfig.Interval)
	if err != nil || bad != nil || interval <= timeout {
		t.Errorf("every %q within %q: %v, %v", m.PluginConfig.Interval, m.PluginConfig.Timeout, err, bad)
	}
	if m.Plugin != "custom" || m.Source == "" || len(m.Rules) == 0 {
		t.Errorf("%+v", m)
	}
	word := regexp.MustCompile(`^[A-Z][A-Za-z]+$`) // a condition's type and reason are words of Kubernetes
	for _, r := range m.Rules {
		own, err := time.ParseDuration(r.Timeout)
		if err != nil || own > timeout {
			t.Errorf("%s: %q of %q, %v", r.Reason, r.Timeout, m.PluginConfig.Timeout, err)
		}
		known := false
		for _, c := range m.Conditions {
			known = known || c.Type == r.Condition && c.Reason != r.Reason && word.MatchString(c.Type) && word.MatchString(c.Reason)
		}
		if r.Type != "permanent" || !known || !word.MatchString(r.Reason) || r.Path != "/usr/bin/pullpath" {
			t.Errorf("%+v", r)
		}
	}
}
