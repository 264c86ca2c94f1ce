package flows

import (
	"testing"
	"time"

	"pullpath/internal/evidence"
	"pullpath/resolve"
)

// A step is waited for as long as the client waits, and never longer than the run.
func TestPatience(t *testing.T) {
	const hop, whole = 5 * time.Second, 2 * time.Minute
	for _, row := range []struct {
		client string
		own    bool
		op     evidence.Op
		run    time.Duration
		want   time.Duration
	}{
		{"podman", false, evidence.OpDial, whole, hop},
		{"podman", false, evidence.OpRequest, whole, hop},
		{"podman", true, evidence.OpDial, whole, 30 * time.Second},
		{"podman", true, evidence.OpTunnel, whole, time.Minute},
		{"docker", true, evidence.OpHandshake, whole, 10 * time.Second},
		{"podman", true, evidence.OpRequest, whole, whole},
		{"podman", true, evidence.OpResolve, whole, 2 * 3 * 4 * time.Second},
		{"crane", true, evidence.OpDial, whole, 5 * time.Second},
		{"curl", true, evidence.OpHandshake, whole, whole},
		{"podman", true, evidence.OpDial, 12 * time.Second, 12 * time.Second},
	} {
		shape, err := ShapeOf(row.client, "")
		if err != nil {
			t.Fatal(err)
		}
		r := &run{cfg: Config{Client: shape, HopTimeout: hop, ClientPatience: row.own, Timeout: row.run},
			net: Net{Resolver: &resolve.Resolver{Servers: []string{"192.0.2.1:53", "192.0.2.2:53"},
				Conf: resolve.Conf{Timeout: 4 * time.Second, Attempts: 3}}}}
		if got := r.patience(row.op); got != row.want {
			t.Errorf("%s, its own patience %v, %s in a run of %v: %v, want %v", row.client, row.own, row.op, row.run, got, row.want)
		}
	}
}
