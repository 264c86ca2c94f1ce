package flows

import (
	"pullpath/internal/evidence"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// others records the ways of the host's other clients to this target, where they
// differ from the run's own: nothing is sent for it.
func (w *walk) others(root *openHop) {
	u := w.log.target.URL()
	own, s := w.planned.Decision, w.probing(evidence.ProbeClientRoute, evidence.OpSetting, root)
	s.attachTo = root
	for _, c := range w.run.survey.Others {
		d := c.Decide(u)
		c.Remarks = loaded(c.Remarks)
		if (c.Unknown != "" || sameWay(own, d)) && len(c.Remarks) == 0 {
			continue
		}
		detail, broken := clientDetail(c, d, u)
		w.run.rec.record(s, detail, broken)
	}
	for _, h := range w.run.cfg.Recalled.WaysTo(w.log.target.ID) {
		w.run.rec.record(s, h.Detail, h.Failure)
	}
}

// loaded keeps the remarks that concern a walk: what a client has not loaded or does not
// read. Advice on how to write a line belongs to a survey.
func loaded(remarks []settings.Remark) []settings.Remark {
	var out []settings.Remark
	for _, r := range remarks {
		if r.Code == settings.NotLoaded || r.Code == settings.TrustMisplaced {
			out = append(out, r)
		}
	}
	return out
}

// sameWay reports whether two clients meet the same hosts: both direct, or both at the
// same proxy.
func sameWay(a, b route.Decision) bool {
	return a.Outcome() == b.Outcome() && (a.Kind != route.Proxy || a.Address() == b.Address())
}

// otherProxy returns the proxy of another client of this host, the first that names a
// usable one for this target.
func (w *walk) otherProxy() (route.Decision, bool) {
	u := w.log.target.URL()
	for _, c := range w.run.survey.Others {
		if d := c.Decide(u); c.Unknown == "" && d.Kind == route.Proxy && !d.Broken() {
			return d, true
		}
	}
	for _, h := range w.run.cfg.Recalled.WaysTo(w.log.target.ID) {
		detail := evidence.DetailOf[evidence.Setting](h)
		if detail.Outcome != evidence.OutcomeProxy || detail.Proxy == "" {
			continue
		}
		env := route.Environment{{Name: "HTTPS_PROXY", Value: detail.Proxy, Source: detail.Source}}
		if d := route.Go().Decide(env, u); d.Kind == route.Proxy && !d.Broken() {
			return d, true
		}
	}
	return route.Decision{}, false
}
