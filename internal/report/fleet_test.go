package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pullpath/internal/fleet"
)

// fleetView is a fleet of which some hosts fail, with all that a comparison may say.
func fleetView() FleetView {
	var reports []fleet.Report
	for i := range 40 {
		r := fleet.Report{Name: fmt.Sprint(i), Node: fmt.Sprintf("n%02d", i), Fingerprint: "aaaaaaaa", Status: "pass",
			Summary:    "the path is clear",
			Attributes: []fleet.Attribute{{Kind: fleet.Label + "zone", Value: "a"}, {Kind: fleet.OS, Value: "linux"}}}
		if i < 10 {
			r.Fingerprint, r.Status, r.Summary, r.Codes = "bbbbbbbb", "fail", "The proxy refuses\x1b[2J", []string{"proxy-connect-denied"}
			r.Attributes = []fleet.Attribute{{Kind: fleet.Label + "zone", Value: "b"}, {Kind: fleet.Net + "/16", Value: "10.1.0.0/16"}}
		}
		reports = append(reports, r)
	}
	f := fleet.New(reports, "")
	changes := f.Since(fleet.New(reports[:30], ""))
	return FleetView{Fleet: f, Broken: []fleet.Broken{{Name: "x.json", Err: "not a report"}}, Unlabelled: []string{"n01"}, Changes: &changes}
}

// Each form says how many came out how, what goes with it, and what was not read.
func TestFleetForms(t *testing.T) {
	for _, form := range FleetFormats() {
		text := string(render(t, func(b *bytes.Buffer) error { return Fleet(b, form, fleetView(), 80) }))
		wanted := []string{"aaaaaaaa", "bbbbbbbb", "proxy-connect-denied", "n00", "zone", "10.1.0.0/16", "x.json", "not a report"}
		if form != "json" {
			wanted = append(wanted, "40 reports, 2 outcomes", "30 of 40 (75 %)", "and 7 more", "all 10 and no other", "the baseline",
				"1 of 41 reports could not be read", "hosts without a report before", "the list of nodes does not have 1 host")
		}
		plain := strings.NewReplacer("\\", "", "*", "", "\n    ", " ", "\n  ", " ").Replace(text)
		for _, want := range wanted {
			if !strings.Contains(plain, want) {
				t.Errorf("%s lacks %q:\n%s", form, want, text)
			}
		}
		if strings.Contains(text, "\x1b") {
			t.Errorf("%s moves the cursor", form)
		}
		for line := range strings.Lines(text) {
			if form == "table" && columns(strings.TrimSuffix(line, "\n")) > 80 {
				t.Errorf("%d columns: %s", columns(line), line)
			}
		}
	}
}

func TestFleetSame(t *testing.T) {
	v := fleetView()
	if v.Same() {
		t.Error("two outcomes are the same")
	}
	one := FleetView{Fleet: fleet.New(v.Reports[:5], "")}
	if !one.Same() {
		t.Error("one outcome is not the same")
	}
	one.Changes = v.Changes
	if one.Same() {
		t.Error("a change is none")
	}
}

func TestInPercent(t *testing.T) {
	for of, want := range map[float64]string{1: "100 %", 0.9999: "99 %", 0.5: "50 %", 0.0001: "less than 1 %"} {
		if got := inPercent(of); got != want {
			t.Errorf("%v is %s, want %s", of, got, want)
		}
	}
}
