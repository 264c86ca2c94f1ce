package evidence

import (
	"slices"
	"strings"
)

// Recollection is what a report has of files of its host: they are no part of a
// network, and elsewhere nobody can read them again.
type Recollection struct {
	// Settings are the hops about stored logins and about the ways of other clients.
	Settings []Hop `json:"settings,omitempty"`
	// TrustStores and CAInstall are the vantage's.
	TrustStores []TrustStore `json:"trust_stores,omitempty"`
	CAInstall   string       `json:"ca_install,omitempty"`
	// Unread is the vantage's.
	Unread []string `json:"unread,omitempty"`
	// Unknown says why the way of the client under test could not be told, Find how to find out;
	// empty where it could.
	Unknown string `json:"unknown,omitempty"`
	Find    string `json:"find,omitempty"`
	// Inside is the step inside a machine of the way of the client under test; nil where it has none.
	Inside *Setting `json:"inside,omitempty"`
	// Places are the targets to which the client's registry configuration led.
	Places []Target `json:"places,omitempty"`
	// Remarks are those on the names of registries and the entries about them, on PAC files of the
	// host, and on values of its files, by the targets' IDs.
	Remarks map[string][]SettingRemark `json:"remarks,omitempty"`
}

// ofFiles are the codes of further remarks that a network without the host's files cannot make again: PAC
// files, and values of which a report keeps the first part.
var ofFiles = []string{"proxy-is-pac-file", "assignments-joined"}

// Recollect takes it out of a trace.
func Recollect(t *Trace) Recollection {
	out := Recollection{TrustStores: t.Vantage.TrustStores, CAInstall: t.Vantage.CAInstall, Unread: t.Vantage.Unread}
	for _, h := range t.Hops {
		if d := DetailOf[Setting](h); h.OnPath() && d.Outcome == OutcomeUnknown {
			out.Unknown, out.Find = d.Why, d.Find
		}
		if d := DetailOf[Setting](h); h.OnPath() && d.Machine != "" {
			out.Inside = &Setting{Dialect: d.Dialect, Decision: "none", Machine: d.Machine, Told: d.Told, ToldBy: d.ToldBy, Inside: d.Inside,
				Reaches: d.Reaches, Change: d.Change}
		}
		if h.Op == OpSetting && (DetailOf[Setting](h).Login != nil || h.Purpose == Probing) {
			out.Settings = append(out.Settings, h)
			continue
		}
		for _, r := range DetailOf[Setting](h).Remarks {
			if h.Op == OpSetting && (strings.HasPrefix(r.Code, "registry-") || slices.Contains(ofFiles, r.Code)) {
				if out.Remarks == nil {
					out.Remarks = map[string][]SettingRemark{}
				}
				out.Remarks[h.Target] = append(out.Remarks[h.Target], r)
			}
		}
	}
	for _, target := range t.Targets {
		if target.Route.Registry != nil {
			out.Places = append(out.Places, target)
		}
	}
	return out
}

// Empty reports whether nothing was read from files.
func (r Recollection) Empty() bool {
	return len(r.Settings) == 0 && len(r.TrustStores) == 0 && r.CAInstall == "" && len(r.Unread) == 0 && r.Inside == nil &&
		len(r.Places) == 0 &&
		r.Unknown == "" && len(r.Remarks) == 0
}

// WithoutLogins leaves out what was stored.
func (r Recollection) WithoutLogins() Recollection {
	r.Settings = slices.DeleteFunc(slices.Clone(r.Settings), func(h Hop) bool { return DetailOf[Setting](h).Login != nil })
	return r
}

// LoginAt returns the hop about what was stored for a target.
func (r Recollection) LoginAt(target string) (Hop, bool) {
	for _, h := range r.Settings {
		if h.Target == target && DetailOf[Setting](h).Login != nil {
			return h, true
		}
	}
	return Hop{}, false
}

// WaysTo returns the hops about the ways of other clients to a target.
func (r Recollection) WaysTo(target string) []Hop {
	var out []Hop
	for _, h := range r.Settings {
		if h.Target == target && DetailOf[Setting](h).Login == nil {
			out = append(out, h)
		}
	}
	return out
}
