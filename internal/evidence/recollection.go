package evidence

import "slices"

// Recollection is what a report has of files of its host: they are no part of a
// network, and elsewhere nobody can read them again.
type Recollection struct {
	// Settings are the hops about stored logins and about the ways of other clients.
	Settings []Hop `json:"settings,omitempty"`
	// TrustStores and CAInstall are the vantage's.
	TrustStores []TrustStore `json:"trust_stores,omitempty"`
	CAInstall   string       `json:"ca_install,omitempty"`
}

// Recollect takes it out of a trace.
func Recollect(t *Trace) Recollection {
	out := Recollection{TrustStores: t.Vantage.TrustStores, CAInstall: t.Vantage.CAInstall}
	for _, h := range t.Hops {
		if h.Op == OpSetting && (DetailOf[Setting](h).Login != nil || h.Purpose == Probe) {
			out.Settings = append(out.Settings, h)
		}
	}
	return out
}

// Empty tells that nothing was read from files.
func (r Recollection) Empty() bool {
	return len(r.Settings) == 0 && len(r.TrustStores) == 0 && r.CAInstall == ""
}

// WithoutLogins leaves out what was stored.
func (r Recollection) WithoutLogins() Recollection {
	r.Settings = slices.DeleteFunc(slices.Clone(r.Settings), func(h Hop) bool { return DetailOf[Setting](h).Login != nil })
	return r
}

// LoginAt is the hop about what was stored for a target.
func (r Recollection) LoginAt(target string) (Hop, bool) {
	for _, h := range r.Settings {
		if h.Target == target && DetailOf[Setting](h).Login != nil {
			return h, true
		}
	}
	return Hop{}, false
}

// WaysTo are the hops about the ways of other clients to a target.
func (r Recollection) WaysTo(target string) []Hop {
	var out []Hop
	for _, h := range r.Settings {
		if h.Target == target && DetailOf[Setting](h).Login == nil {
			out = append(out, h)
		}
	}
	return out
}
