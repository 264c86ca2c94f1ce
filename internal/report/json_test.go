package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

func TestJSONGolden(t *testing.T) {
	for _, s := range []sample{connectDenied(), directNotFound(), hostile()} {
		isGolden(t, "json/"+s.name+".json", reportOf(t, s))
	}
}

// What was saved reads back as the same trace, with the statuses filled in.
func TestJSONReadsBack(t *testing.T) {
	for _, s := range samples() {
		if s.name == "hostile" { // control characters are against the law
			continue
		}
		got, err := evidence.Read(bytes.NewReader(reportOf(t, s)))
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		want := *s.trace
		want.Targets = newDocument(s.trace, s.result).Targets
		if diff := cmp.Diff(&want, got, cmpopts.IgnoreUnexported(evidence.Failure{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.name, diff)
		}
		for _, target := range got.Targets {
			if target.Status != s.result.Targets[target.ID] {
				t.Errorf("%s: %s has status %q", s.name, target.ID, target.Status)
			}
		}
	}
}

func TestJSONHasNoNullLists(t *testing.T) {
	var buf bytes.Buffer
	trace := &evidence.Trace{Targets: nil}
	if err := JSON(&buf, trace, diagnosis.Result{Findings: []diagnosis.Finding{{Code: "x"}}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"addresses": []`, `"resolvers": []`, `"targets": []`, `"hops": []`, `"root_causes": []`} {
		if !strings.Contains(buf.String(), want) {
			t.Errorf("no %s in\n%s", want, buf.String())
		}
	}
	if n := strings.Count(buf.String(), "null"); n != 1 || !strings.Contains(buf.String(), `"clock_offset_ms": null`) {
		t.Errorf("%d nulls, want the clock's alone:\n%s", n, buf.String())
	}
	if trace.Targets != nil {
		t.Error("the trace was changed")
	}
}

// What is escaped for a terminal means the same to a machine.
func TestJSONEscapesWithoutChange(t *testing.T) {
	const text = "\x1b[2J \u009b \u202e \U000e0041 <b>&amp; 界"
	var buf bytes.Buffer
	if err := JSON(&buf, &evidence.Trace{Seed: text}, diagnosis.Result{}); err != nil {
		t.Fatal(err)
	}
	var got struct{ Seed string }
	if err := json.Unmarshal(buf.Bytes(), &got); err != nil || got.Seed != text {
		t.Errorf("read back %q (%v), want %q", got.Seed, err, text)
	}
	if !strings.Contains(buf.String(), "<b>&amp; 界") {
		t.Errorf("HTML was escaped: %s", buf.String())
	}
}
