package serve

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"pullpath/internal/strictyaml"
)

const example = `modules:
  redhat: {profile: redhat, client: containerd, timeout: 20s}
  harbor:
    targets: ["harbor.corp.example:8443", "harbor.corp.example:8443/*"]
    min_interval: 10s
schedule:
- {module: redhat, every: 15m}
- module: harbor
metrics: {per_target: false, max_targets: 10}
`

func TestParseConfig(t *testing.T) {
	c, err := ParseConfig([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if c.Modules["redhat"].Timeout != 20*time.Second || c.Modules["harbor"].Timeout != DefaultTimeout || c.Schedule[1].Every != DefaultEvery ||
		c.Limits().PerTarget || c.Limits().Targets != 10 || c.Limits().Findings != 16 || c.Modules["redhat"].Login {
		t.Errorf("%+v", c)
	}
}

// What is wrong is said with its line.
func TestParseConfigRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		line int
		says string
	}{
		"nothing":              {"", 1, "no modules"},
		"an unknown key":       {"modules:\n  a:\n    profle: redhat\n", 3, "profle"},
		"no time":              {"modules:\n  a:\n    profile: redhat\n    timeout: soon\n", 4, ""},
		"a module without all": {"modules:\n  a: {profile: redhat}\n  b: {client: podman}\n", 3, "neither a profile nor targets"},
		"a name":               {"modules:\n  A b: {profile: redhat}\n", 2, "small letters"},
		"a flag as a target":   {"modules:\n  a: {targets: [\"--user=x\"]}\n", 2, "target"},
		"a pattern inside":     {"modules:\n  a: {targets: [\"*.example\"]}\n", 2, "target"},
		"no such module":       {"modules:\n  a: {profile: redhat}\nschedule:\n- {module: a}\n- {module: b}\n", 5, `no module "b"`},
		"a module twice":       {"modules:\n  a: {profile: redhat}\nschedule:\n- {module: a}\n- {module: a}\n", 5, "twice"},
		"a flood":              {"modules:\n  a: {profile: redhat}\nschedule:\n- module: a\n  every: 1ms\n", 5, "the least is 5s"},
		"patterns alone":       {"modules:\n  a: {targets: [\"h/*\"]}\nschedule:\n- {module: a}\n", 4, "patterns alone"},
		"a negative bound":     {"modules:\n  a: {profile: redhat}\nmetrics:\n  max_targets: -1\n", 3, "negative"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseConfig([]byte(c.text))
			var wrong *strictyaml.Error
			if !errors.As(err, &wrong) || !strings.Contains(wrong.Error(), c.says) {
				t.Fatalf("%v, want %q", err, c.says)
			}
			if near := wrong.Line - c.line; near < -1 || near > 1 {
				t.Errorf("line %d, want %d: %v", wrong.Line, c.line, wrong)
			}
		})
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(example))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ParseConfig(text)
		if err == nil && len(c.Modules) == 0 {
			t.Error("no modules, and no error")
		}
		for _, m := range c.Modules {
			m.Allows("a")
		}
	})
}

func TestAllows(t *testing.T) {
	listed := Module{Targets: []string{"a.example", "h.example:8443/*", "r.example/x/y:1"}}
	profile := Module{Profile: "redhat", Hosts: []string{"quay.io:443", "r.example:5000"}}
	for target, want := range map[string]bool{"a.example": true, "a.example:443": false, "b.example": false, "h.example:8443": false,
		"h.example:8443/x/y:1": true, "h.example:8443/../x": false, "h.example:8443/*": false, "h.example:84433/x": false,
		"r.example/x/y:1": true,
		"r.example/x/y:2": false, "": false, "h.example:8443/a b": false} {
		if got := listed.Allows(target); got != want {
			t.Errorf("%q is allowed: %t", target, got)
		}
	}
	for target, want := range map[string]bool{"quay.io": true, "quay.io:443": true, "r.example:5000": true, "r.example": false, "x": false} {
		if got := profile.Allows(target); got != want {
			t.Errorf("of a profile, %q is allowed: %t", target, got)
		}
	}
}

// The schema takes what the program takes.
func TestSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../docs/serve.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{"the example": example}
	for _, name := range []string{"../../deploy/kubernetes/base/serve.yaml"} {
		if data, err := os.ReadFile(filepath.FromSlash(name)); err == nil {
			texts[name] = string(data)
		}
	}
	for name, text := range texts {
		if _, err := ParseConfig([]byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var doc any
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"{}", "modules: {a: {profle: x}}", "modules: {a: {profile: x}}\nmetrics: {max_targets: -1}",
		"modules: {A: {profile: x}}"} {
		var doc any
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		if schema.Validate(doc) == nil {
			t.Errorf("the schema takes %q", text)
		}
	}
}
