package flows

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pullpath/internal/evidence"
)

// Probes that ran side by side are reported one after the other; a hop on a connection
// that another probe made, or an attempt beside it, comes after it.
func TestNoHopIsToldBeforeItsParent(t *testing.T) {
	r := newRecorder(time.Now, nil, evidence.Scribe{})
	l := &targetLog{target: evidence.Target{ID: "registry.example:443"}}
	r.logs = []*targetLog{l}
	begin := func(op evidence.Op, probe evidence.Probe, parent *openHop) *openHop {
		return r.begin(step{log: l, op: op, probe: probe, parent: parent})
	}
	root := begin(evidence.OpSetting, "", nil)
	direct := begin(evidence.OpResolve, evidence.ProbeGrowingHeader, root)
	dial := begin(evidence.OpDial, evidence.ProbeGrowingHeader, direct)
	begin(evidence.OpDial, evidence.ProbeFurtherAddress, direct)
	begin(evidence.OpResolve, evidence.ProbeDirect, root)
	shake := begin(evidence.OpHandshake, evidence.ProbeGrowingHeader, dial)
	begin(evidence.OpRequest, evidence.AsClient("docker"), shake)
	begin(evidence.OpRequest, evidence.ProbeByGet, root)
	var told []string
	for _, h := range r.hops() {
		if h.Parent >= h.ID {
			t.Errorf("hop %d, %s of %q, stands on hop %d", h.ID, h.Op, h.Probe, h.Parent)
		}
		told = append(told, string(h.Op)+" "+string(h.Probe))
	}
	want := []string{"setting ", "resolve direct", "request by-get", "resolve growing-header", "dial growing-header", "dial further-address",
		"handshake growing-header", "request as-docker"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}
