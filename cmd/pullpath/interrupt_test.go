package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"pullpath/mockproxy"
)

// interrupted runs check and ends its context when a proxy that is silent was asked.
// The limits are longer than a test may take.
func interrupted(t *testing.T, args ...string) (status int, out string) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	s := streams{in: os.Stdin, out: f, err: f}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	world, err := worldOf("proxy-silent")
	if err != nil {
		t.Fatal(err)
	}
	n, err := mockproxy.Start(world, mockproxy.Follow(func(e mockproxy.Event) {
		if e.Kind == "connect" {
			cancel()
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	pass, err := n.Pass().Save(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(mockproxy.PassVariable, pass)
	root := newRoot(s)
	root.SetArgs(append([]string{"check", "--timeout", "60m", "--hop-timeout", "60m", "--no-progress"}, args...))
	status = exitStatus(s, root.ExecuteContext(ctx), nil)
	data, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return status, string(data)
}

// Ctrl-C prints what was seen so far, with the rest not looked at, and ends
// with status 2; it does not wait for the silent proxy.
func TestInterruptionPrintsWhatWasSeen(t *testing.T) {
	status, out := interrupted(t)
	if status != exitUsage || !strings.Contains(out, "203.0.113.10") || !strings.Contains(out, "interrupted") {
		t.Errorf("status %d, output:\n%s", status, out)
	}
	if strings.Contains(out, "unexplained") || strings.Contains(out, "hosts pass") {
		t.Errorf("an interrupted run is judged as if it were whole:\n%s", out)
	}
}

// What check writes is the report of the published schema.
func TestReportsFitTheSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "docs", "report.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	reports := map[string]string{}
	_, reports["interrupted"] = interrupted(t, "-o", "json")
	for _, code := range []string{"healthy", "proxy-connect-denied", "tls-intercepted-untrusted", "dns-name-not-found", "http-body-altered"} {
		reports[code] = printed(t, []string{"check", "--mock=" + code, "-o", "json"})[0]
	}
	for name, text := range reports {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(text)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
