package settings

import "strings"

// ownPrefix begins the variables of k3s and RKE2 that are for their containerd alone
// (https://docs.k3s.io/advanced#configuring-an-http-proxy).
const ownPrefix = "CONTAINERD_"

// FillContainerd puts over the environment of containerd's unit what starts containerd there, in
// the unit of MicroK8s, of k3s or of RKE2, puts over it.
func (h Host) FillContainerd(c *Client) {
	switch {
	case strings.Contains(c.dropIn, "/snap.microk8s."):
		h.fillFromSnap(c)
	case strings.Contains(c.dropIn, "/k3s"), strings.Contains(c.dropIn, "/rke2"):
		fillFromRancher(c)
	}
}

// fillFromRancher hands the variables for containerd alone over under their plain names, behind
// all others (https://github.com/k3s-io/k3s/blob/06ea261ce3f1/pkg/agent/containerd/containerd.go,
// Run).
func fillFromRancher(c *Client) {
	for _, v := range c.Env {
		if name, own := strings.CutPrefix(v.Name, ownPrefix); own {
			v.Name, v.Key = name, v.Called()
			c.Env = append(c.Env, v)
		}
	}
}
