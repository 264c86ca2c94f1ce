package flows

import (
	"net/url"

	"pullpath/internal/evidence"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// others records the ways of the host's other clients to this target, where they
// differ from the run's own: nothing is sent for it.
func (w *walk) others(root *node) {
	u, err := url.Parse(w.base() + "/")
	if err != nil {
		return
	}
	own := w.planned.Decision
	for _, c := range w.run.cfg.Others {
		d := c.Decide(u)
		c.Remarks = loaded(c.Remarks)
		if (c.Unknown != "" || sameWay(own, d)) && len(c.Remarks) == 0 {
			continue
		}
		n := w.run.rec.begin(w.lane, step{op: evidence.OpSetting, role: w.lane.target.Role, purpose: evidence.Probe,
			probe: ClientProbe, parent: root, beside: root})
		n.endClient(c, d, u)
	}
	for _, h := range w.run.cfg.Recalled.WaysTo(w.lane.target.ID) {
		w.run.rec.begin(w.lane, step{op: evidence.OpSetting, role: w.lane.target.Role, purpose: evidence.Probe,
			probe: ClientProbe, parent: root, beside: root}).end(h.Detail, h.Failure)
	}
}

// loaded keeps the remarks that bear on a walk: what a client has not loaded or
// does not read. How a line is best written is for a survey to say.
func loaded(remarks []settings.Remark) []settings.Remark {
	var out []settings.Remark
	for _, r := range remarks {
		if r.Code == settings.NotLoaded || r.Code == settings.TrustMisplaced {
			out = append(out, r)
		}
	}
	return out
}

// sameWay tells that two clients meet the same hosts: both direct, or both at the
// same proxy.
func sameWay(a, b route.Decision) bool {
	return a.Outcome() == b.Outcome() && (a.Kind != route.Proxy || a.Address() == b.Address())
}

// otherProxy is the proxy of another client of this host, the first that names a
// usable one for this target.
func (w *walk) otherProxy() (route.Decision, bool) {
	u, err := url.Parse(w.base() + "/")
	if err != nil {
		return route.Decision{}, false
	}
	for _, c := range w.run.cfg.Others {
		if d := c.Decide(u); c.Unknown == "" && d.Kind == route.Proxy && !d.Broken() {
			return d, true
		}
	}
	for _, h := range w.run.cfg.Recalled.WaysTo(w.lane.target.ID) {
		detail := evidence.DetailOf[evidence.Setting](h)
		if detail.Outcome != string(route.Proxy) || detail.Proxy == "" {
			continue
		}
		env := route.Environment{{Name: "HTTPS_PROXY", Value: detail.Proxy, Source: detail.Source}}
		if d := route.Go().Decide(env, u); d.Kind == route.Proxy && !d.Broken() {
			return d, true
		}
	}
	return route.Decision{}, false
}
