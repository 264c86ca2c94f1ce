package flows

import (
	"crypto/x509"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/settings"
	"pullpath/tlsinspect"
)

// strayCAs records the CA files that would have verified a chain which the client refused, had
// they stood in the folder where it looks. Nothing is sent for it.
func (r *run) strayCAs() {
	for _, w := range r.planned() {
		var found []settings.Remark
		for _, t := range r.chains.inOrder() {
			h := t.hop.Hop
			if remark, ok := r.hostAlone(t); ok && w.root != nil && t.log == w.log && !slices.Contains(found, remark) {
				found = append(found, remark)
			}
			if w.root == nil || t.log != w.log || !h.OnPath() || h.Failure == nil || h.Failure.Kind != evidence.Untrusted {
				continue
			}
			for _, s := range r.survey.Strays {
				if remark, ok := r.strayFor(s, t); ok && !slices.Contains(found, remark) {
					found = append(found, remark)
				}
			}
		}
		if len(found) > 0 {
			r.recordStrays(w, found)
		}
	}
}

// hostAlone is what is to be said of a chain that the host trusts and the client's machine may not: the
// walk is the host's, and the machine's own store was not read.
func (r *run) hostAlone(t taken) (settings.Remark, bool) {
	h := t.hop.Hop
	d := evidence.DetailOf[evidence.Handshake](h)
	own := r.cfg.Own
	if own == nil || own.Machine == nil || own.Machine.CAs.Whose != settings.OwnRoots || !h.OnPath() || h.State != evidence.OK ||
		d.Anchor.Kind != evidence.AnchorLocal || d.TrustedBy != "" {
		return settings.Remark{}, false
	}
	return settings.Remark{Code: settings.TrustOfHost, Source: "the certificate store of this host", Value: d.Anchor.Subject,
		Text:  "chains of this check end in it, and this host trusts it; " + own.Tool + " is not given it: " + own.Machine.CAs.Why,
		Write: strings.TrimPrefix(own.Machine.CAs.Install, "put it into ")}, true
}

// strayFor is what is to be said of a file, false where it is not for this chain.
func (r *run) strayFor(s settings.StrayCA, t taken) (settings.Remark, bool) {
	host := t.log.target.URLHost()
	registry := host
	if !slices.Contains(r.survey.Registries, host) {
		if len(r.survey.Registries) == 0 {
			return settings.Remark{}, false
		}
		registry = r.survey.Registries[0]
	}
	if len(s.PEM) == 0 {
		return s.Remark(r.cfg.shape().Tool, host, registry), s.MeantFor(host)
	}
	pool := x509.NewCertPool()
	if own := r.cfg.Stores.At(host).Client; own != nil {
		pool = own.Clone()
	}
	pool.AppendCertsFromPEM(s.PEM)
	trust := t.opts.TrustOf(t.chain, []tlsinspect.NamedPool{{Pool: pool}})
	return s.Remark(r.cfg.shape().Tool, host, registry), len(trust) == 1 && trust[0].Trusted
}

// recordStrays records them as settings of the client under test.
func (r *run) recordStrays(w *walk, found []settings.Remark) {
	s := w.probing(evidence.ProbeClientRoute, evidence.OpSetting, w.root)
	s.attachTo = w.root
	own := settings.Client{Tool: r.cfg.shape().Tool, Remarks: found}
	if r.cfg.Own != nil {
		own = *r.cfg.Own
		own.Remarks, own.Machine = found, nil // its way stands in the hop of the walk
	}
	detail, _ := clientDetail(own, w.planned.Decision, w.log.target.URL())
	r.rec.record(s, detail, nil)
}
