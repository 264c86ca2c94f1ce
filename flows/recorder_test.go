package flows

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pullpath/internal/evidence"
)

// Probes that ran side by side are told one after the other; what stands on a
// connection that another probe made, or is an attempt beside it, comes behind it.
func TestNoHopIsToldBeforeItsParent(t *testing.T) {
	r := newRecorder(time.Now, nil, evidence.Scribe{})
	l := &lane{target: evidence.Target{ID: "registry.example:443"}}
	r.lanes = []*lane{l}
	begin := func(op evidence.Op, probe string, parent *node) *node {
		return r.begin(l, step{op: op, probe: probe, purpose: evidence.Probe, parent: parent})
	}
	root := begin(evidence.OpSetting, "", nil)
	direct := begin(evidence.OpResolve, growingHeader, root)
	dial := begin(evidence.OpDial, growingHeader, direct)
	begin(evidence.OpDial, furtherAddress, direct)
	begin(evidence.OpResolve, directProbe, root)
	shake := begin(evidence.OpHandshake, growingHeader, dial)
	begin(evidence.OpRequest, asClient+"docker", shake)
	begin(evidence.OpRequest, byGet, root)
	var told []string
	for _, h := range r.hops() {
		if h.Parent >= h.ID {
			t.Errorf("hop %d, %s of %q, stands on hop %d", h.ID, h.Op, h.Probe, h.Parent)
		}
		told = append(told, string(h.Op)+" "+h.Probe)
	}
	want := []string{"setting ", "resolve direct", "request by-get", "resolve growing-header", "dial growing-header", "dial further-address",
		"handshake growing-header", "request as-docker"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}
