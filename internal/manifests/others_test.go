package manifests

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	troubleshoot "github.com/replicatedhq/troubleshoot/pkg/apis/troubleshoot/v1beta2"
	"k8s.io/node-problem-detector/pkg/custompluginmonitor"
	npd "k8s.io/node-problem-detector/pkg/custompluginmonitor/types"
	npdtypes "k8s.io/node-problem-detector/pkg/types"
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

const npdConfig = "../../deploy/npd/pullpath.json"

// node-problem-detector's own types take its configuration, and no key is unknown to them.
func TestNodeProblemDetector(t *testing.T) {
	text, err := os.ReadFile(npdConfig)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var c npd.CustomPluginConfig
	err = dec.Decode(&c)
	if err == nil {
		err = c.ApplyConfiguration()
	}
	if err == nil {
		err = c.Validate()
	}
	if err != nil {
		t.Fatal(err)
	}
	if g := c.PluginGlobalConfig; *g.InvokeInterval <= *g.Timeout || c.Source == "" || len(c.Rules) != 1 {
		t.Errorf("every %s within %s: %+v", g.InvokeInterval, g.Timeout, c)
	}
	word := regexp.MustCompile(`^[A-Z][A-Za-z]+$`) // a condition's type and reason are words of Kubernetes
	for _, name := range []string{c.Rules[0].Condition, c.Rules[0].Reason, c.DefaultConditions[0].Reason} {
		if !word.MatchString(name) {
			t.Errorf("%q is no word of Kubernetes", name)
		}
	}
}

// node-problem-detector's own monitor runs the check: the condition is true while the path is
// blocked, says why, and is not written again by a check that comes to the same.
func TestNodeProblemDetectorRuns(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "pullpath")
	build := exec.Command("go", "build", "-C", "../..", "-o", binary, "./cmd/pullpath")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, row := range []struct {
		world   string
		status  npdtypes.ConditionStatus
		reason  string
		message string
	}{
		{"healthy", npdtypes.False, "PullPathClear", "the path of the pull is clear"},
		{"proxy-connect-denied", npdtypes.True, "PullPathBlocked",
			"1 of 9 hosts blocked, 1 not checked to the end: sso.redhat.com:443 proxy-connect-denied"},
		{"settings-source-unread", npdtypes.Unknown, "PullPathClear", "incomplete: 0 of 9 hosts checked to the end"},
	} {
		t.Run(row.world, func(t *testing.T) {
			text, err := os.ReadFile(npdConfig)
			if err != nil {
				t.Fatal(err)
			}
			here := strings.NewReplacer("/usr/bin/pullpath", binary, "--root=/host", "--mock="+row.world, `"15m"`, `"100ms"`)
			name := filepath.Join(t.TempDir(), "pullpath.json")
			if err := os.WriteFile(name, []byte(here.Replace(string(text))), 0o600); err != nil {
				t.Fatal(err)
			}
			monitor := custompluginmonitor.NewCustomPluginMonitorOrDie(name)
			told, err := monitor.Start()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(monitor.Stop)
			<-told // before the first check
			first, second := <-told, <-told
			c := first.Conditions[0]
			if c.Type != "PullPathBroken" || c.Status != row.status || c.Reason != row.reason || c.Message != row.message {
				t.Errorf("%+v", c)
			}
			if len(second.Events) != 0 {
				t.Errorf("the second check writes %+v", second.Events)
			}
		})
	}
}
