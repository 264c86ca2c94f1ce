package evidence

import (
	"fmt"
	"strings"
	"testing"

	"pullpath/internal/golden"
)

// The page of side probes is made from the table.
func TestProbesPageIsFresh(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Side probes\n\n" +
		"A side probe is a step that the client's pull does not need. It is made where two causes look alike, and its answer\n" +
		"tells them apart. `--no-probes` leaves all of them out. In a report it has `\"purpose\": \"probe\"` and its name in `\"probe\"`.\n\n" +
		"Those of one host that run side by side are reported in the order of this table.\n\n" +
		"This page is made from `internal/evidence/probe.go`: `go test ./internal/evidence -run Probes -update`.\n\n" +
		"| probe | only with | what it asks |\n|---|---|---|\n")
	for _, p := range Probes() {
		name, flag := string(p.Probe), "`"+p.Flag+"`"
		if p.Probe == ProbeAsClient {
			name += "CLIENT"
		}
		if p.Flag == "" {
			flag = ""
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, flag, p.Asks)
	}
	golden.Check(t, "../../docs/probes.md", b.String())
}

func TestProbesAreOneList(t *testing.T) {
	seen, order := map[Probe]bool{}, 0
	for _, p := range Probes() {
		if seen[p.Probe] || p.Probe == "" {
			t.Errorf("%q is there twice, or has no name", p.Probe)
		}
		seen[p.Probe] = true
		if !strings.HasSuffix(p.Asks, "?") || strings.Count(p.Asks, "?") != 1 {
			t.Errorf("%s: %q is no question", p.Probe, p.Asks)
		}
		got := p.Probe.Order()
		if p.InPlace != (got == 0) {
			t.Errorf("%s: order %d, in place %t", p.Probe, got, p.InPlace)
		}
		if !p.InPlace {
			if order++; got != order {
				t.Errorf("%s: order %d, want %d", p.Probe, got, order)
			}
		}
	}
	if got, want := AsClient("docker").Order(), ProbeAsClient.Order(); got != want {
		t.Errorf("asked as docker: order %d, want %d", got, want)
	}
}

func TestProbeNamesWithAValue(t *testing.T) {
	for p, want := range map[Probe]int{ProbeSegments536: 536, ProbeSegments1240: 1240, ProbeSegments1360: 1360, ProbeSmallHello: 0} {
		if size, ok := p.Segment(); size != want || ok != (want > 0) {
			t.Errorf("%s: %d %t, want %d", p, size, ok, want)
		}
	}
	if tool, ok := AsClient("crane").Client(); tool != "crane" || !ok {
		t.Errorf("client %q %t", tool, ok)
	}
	if _, ok := ProbeDirect.Client(); ok {
		t.Error("the way without the proxy is taken for a client's name")
	}
}

// A word that is on no list is refused where a report is read.
func TestUnknownWordsAreRefused(t *testing.T) {
	for name, row := range map[string]struct {
		run Run
		hop Hop
		ok  bool
	}{
		"a probe":               {hop: Hop{Op: OpDial, Purpose: Probing, Probe: ProbeDirect}, ok: true},
		"another client":        {hop: Hop{Op: OpRequest, Purpose: Probing, Probe: AsClient("docker")}, ok: true},
		"no probe":              {hop: Hop{Op: OpDial, Purpose: Probing, Probe: "small-helo"}},
		"no client's name":      {hop: Hop{Op: OpRequest, Purpose: Probing, Probe: ProbeAsClient}},
		"a client's whole text": {hop: Hop{Op: OpRequest, Purpose: Probing, Probe: AsClient(strings.Repeat("x", 41))}},
		"a step":                {hop: Hop{Op: OpRequest, Purpose: Path, Detail: Request{Step: StepPing}}, ok: true},
		"no step":               {hop: Hop{Op: OpRequest, Purpose: Path, Detail: Request{Step: "pong"}}},
		"an outcome":            {hop: Hop{Op: OpSetting, Purpose: Path, Detail: Setting{Outcome: OutcomeError}}, ok: true},
		"no outcome":            {hop: Hop{Op: OpSetting, Purpose: Path, Detail: Setting{Outcome: "fine"}}},
		"a store": {hop: Hop{Op: OpHandshake, Purpose: Path,
			Detail: Handshake{Judgements: []Judgement{{Store: StoreSystem, Aspect: AspectTrust}}, Anchor: Anchor{Store: StoreSystem}}}, ok: true},
		"no store": {hop: Hop{Op: OpHandshake, Purpose: Path,
			Detail: Handshake{Judgements: []Judgement{{Store: "mine", Aspect: AspectTrust}}}}},
		"no aspect": {hop: Hop{Op: OpHandshake, Purpose: Path,
			Detail: Handshake{Judgements: []Judgement{{Store: StoreSystem, Aspect: "colour"}}}}},
		"no store of an anchor": {hop: Hop{Op: OpHandshake, Purpose: Path, Detail: Handshake{Anchor: Anchor{Store: "mine"}}}},
		"an ending":             {run: Run{Ended: EndedBudget}, hop: Hop{Op: OpDial, Purpose: Path}, ok: true},
		"no ending":             {run: Run{Ended: "boredom"}, hop: Hop{Op: OpDial, Purpose: Path}},
	} {
		row.hop.ID, row.hop.State = 1, OK
		trace := Trace{Run: row.run, Hops: []Hop{row.hop}}
		if err := trace.Check(); (err == nil) != row.ok {
			t.Errorf("%s: %v, want it to be taken: %t", name, err, row.ok)
		}
	}
}
