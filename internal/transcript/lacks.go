package transcript

import (
	"slices"
	"strings"

	"pullpath/internal/evidence"
)

// backsOff reports whether Kubernetes says that a pull failed, and nothing of why.
func backsOff(text string) bool {
	return strings.Contains(text, "ImagePullBackOff") || strings.Contains(text, "ErrImagePull") ||
		strings.Contains(text, "Back-off pulling image")
}

// lacks says what the texts do not have and would matter, with the command that gets it.
func (r *reader) lacks() []string {
	var out []string
	failed := slices.ContainsFunc(r.trace.Hops, func(h evidence.Hop) bool { return h.State == evidence.Failed })
	if r.backedOff && !failed {
		r.trace.Texts.Failing = true
		out = append(out, "ErrImagePull and ImagePullBackOff say that a pull failed, not why: kubectl describe pod POD, or on the node "+
			"journalctl -u kubelet -u containerd -u crio --since -1h")
	}
	headless, chainless := false, false
	for _, h := range r.trace.Hops {
		switch d := h.Detail.(type) {
		case evidence.Tunnel:
			headless = headless || h.FailedWith(evidence.ProxyStatus) && len(d.Headers) == 0 && d.SOCKS == nil
		case evidence.Handshake:
			chainless = chainless || h.FailedWith(evidence.Untrusted, evidence.Expired) && (d.Leaf == nil || d.Leaf.Issuer == "")
		}
	}
	if headless {
		out = append(out, "The proxy's answer is not in the text, only its phrase or number: curl -v through the proxy shows who "+
			"refused and why.")
	}
	if chainless {
		out = append(out, "The certificates are not in the text: openssl s_client -showcerts shows who signed them.")
	}
	return out
}
