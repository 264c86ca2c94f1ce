package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/compare"
	"pullpath/internal/evidence"
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
			wanted = append(wanted, "40 reports, 2 outcomes", "30 of 40 (75 %)", "all 10 and no other", "the baseline",
				"1 of 41 reports could not be read", "hosts without a report before", "the list of nodes does not have 1 host")
		}
		if form != "json" && form != "wide" {
			wanted = append(wanted, "and 7 more")
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

// The wide form names every group and host; the others say how to get it.
func TestFleetWide(t *testing.T) {
	v := fleetView()
	for i := range maxGroupsShown + 2 {
		v.Reports = append(v.Reports, fleet.Report{Node: fmt.Sprintf("x%02d", i), Fingerprint: fmt.Sprintf("%08d", i), Status: "fail"})
	}
	v.Fleet = fleet.New(v.Reports, "")
	texts := map[string]string{}
	for _, form := range FleetFormats()[:2] {
		texts[form] = string(render(t, func(b *bytes.Buffer) error { return Fleet(b, form, v, 80) }))
	}
	for _, want := range []string{"n09", "n39", "x21"} {
		if !strings.Contains(texts["wide"], want) || strings.Contains(texts["table"], want) {
			t.Errorf("%s is not in the wide form alone:\n%s", want, texts["wide"])
		}
	}
	if !strings.Contains(texts["table"], "and 4 smaller groups; -o wide has them all") || strings.Contains(texts["wide"], "more") {
		t.Errorf("%s\n%s", texts["table"], texts["wide"])
	}
}

// Hosts of which the same is to be said share a block, also where a name server answers with other
// addresses; a host that differs in something else has its own.
func TestHostsShareABlock(t *testing.T) {
	host := func(name, address, status string) compare.Host {
		steps := func(address, status string) compare.Cell {
			return compare.Cell{Walked: true, Steps: []compare.Step{{Op: evidence.OpResolve, Saw: address}, {Op: evidence.OpTunnel, Saw: status}}}
		}
		return compare.Host{Target: name, Differs: evidence.OpResolve, Differences: []evidence.Op{evidence.OpResolve, evidence.OpTunnel},
			Cells: []compare.Cell{steps("10.0.0.1", "200"), steps(address, status)}}
	}
	r := compare.Result{Reports: []compare.Report{{Name: "a"}, {Name: "b"}}, Hosts: []compare.Host{host("one", "10.0.0.2", "200"),
		host("two", "10.0.0.3, 2001:db8::1", "200"), host("alike", "10.0.0.2", "200"), host("refused", "10.0.0.2", "403"),
		host("unknown", "rcode NXDOMAIN", "200")}}
	_, blocks := hostBlocks(r)
	var titles []string
	for _, b := range blocks {
		titles = append(titles, b.title())
	}
	if want := []string{"one, two, alike, each at addresses of its own", "refused", "unknown"}; !slices.Equal(titles, want) {
		t.Errorf("%q, want %q", titles, want)
	}
	if text := blocks[0].Lines[1].Text; text != "b: DNS: answered; CONNECT: 200" {
		t.Error(text)
	}
	r.Hosts = []compare.Host{r.Hosts[0], r.Hosts[2]}
	_, blocks = hostBlocks(r)
	if len(blocks) != 1 || blocks[0].title() != "one, alike" || blocks[0].Lines[1].Text != "b: DNS: 10.0.0.2; CONNECT: 200" {
		t.Errorf("%+v", blocks)
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
