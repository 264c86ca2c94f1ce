package settings

import (
	"slices"
	"strings"

	"pullpath/internal/route"
)

// ownPrefix begins the variables of k3s and RKE2 that are for their containerd alone
// (https://docs.k3s.io/advanced#configuring-an-http-proxy).
const ownPrefix = "CONTAINERD_"

// FillContainerd puts over the environment of containerd's unit what starts containerd in the unit of
// MicroK8s puts over it.
func (h Host) FillContainerd(c *Client) {
	if strings.Contains(c.dropIn, "/snap.microk8s.") {
		h.fillFromSnap(c)
	}
}

// startsContainerd tells that a unit is of k3s or RKE2, whose program starts containerd.
func startsContainerd(unit string) bool {
	return strings.HasPrefix(unit, "k3s") || strings.HasPrefix(unit, "rke2-")
}

// ForContainerd returns an environment as the containerd of k3s and RKE2 finds it: the variables for
// it alone under their plain names, behind all others
// (https://github.com/k3s-io/k3s/blob/06ea261ce3f1/pkg/agent/containerd/containerd.go, Run).
func ForContainerd(env route.Environment) route.Environment {
	out := slices.Clone(env)
	for _, v := range env {
		if name, own := strings.CutPrefix(v.Name, ownPrefix); own {
			v.Name, v.Key = name, v.Called()
			out = append(out, v)
		}
	}
	return out
}
