package grid

import (
	"slices"
	"testing"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// A foreign layer is fetched from its own host, as the client would: a host that no redirect
// names, and where no login goes.
func TestForeignLayersAreWalked(t *testing.T) {
	t.Parallel()
	const far = "layers.vendor.example"
	for name, row := range map[string]struct {
		client string
		faults []fault.Fault
		want   string
		asked  bool
	}{
		"podman":         {"podman", nil, "pass", true},
		"docker":         {"docker", nil, "pass", false},
		"containerd":     {"containerd", nil, "pass", true},
		"crane":          {"crane", nil, "pass", false},
		"podman, closed": {"podman", []fault.Fault{fault.Socket{Host: far, Effect: fault.Refuse}}, "fail tcp-refused", true},
		"docker, closed": {"docker", []fault.Fault{fault.Socket{Host: far, Effect: fault.Refuse}}, "pass", false},
		"crane, not there": {"crane", []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: blobsOf, Blob: "layer", Status: 404}},
			"pass", true},
		"containerd, closed": {"containerd", []fault.Fault{fault.Socket{Host: far, Effect: fault.Refuse}}, "warn tcp-refused", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			world := anImage(row.faults...)
			world.Direct, world.LayerHost, world.Flags = true, far, []string{"--client=" + row.client}
			world.Hosts = append(fault.Hosts(), fault.Host{Name: far, Role: "blob", Address: "203.0.113.190"})
			w := walk(world)
			asked := slices.ContainsFunc(w.trace.Targets, func(t evidence.Target) bool { return t.Host == far && t.FoundBy == "manifest" })
			if w.err != nil || told(w) != row.want || asked != row.asked {
				t.Errorf("%s, asked %t; want %s %t %v\n%s", told(w), asked, row.want, row.asked, w.err, failedHops(w.trace))
			}
		})
	}
}
