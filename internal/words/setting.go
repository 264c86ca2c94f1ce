package words

import (
	"fmt"
	"strings"

	"pullpath/internal/evidence"
)

func seenSetting(h evidence.Hop, d evidence.Setting) string {
	if d.Login != nil {
		return Join(seenLogin(*d.Login), Reason(h))
	}
	if d.Outcome == evidence.OutcomeUnknown {
		return Join("not known", d.Why)
	}
	var way string
	switch {
	case d.Decision == "proxy":
		way = "proxy " + d.Proxy + From(d.Variable) + inFile(d.Source)
	case d.Token != "":
		way = "direct, " + d.NoProxyVariable + " contains " + Quoted(d.Token)
	case d.Implicit != "":
		way = "direct, " + d.Implicit
	case h.State != evidence.Failed:
		way = d.Decision + inFile(d.Source)
	}
	if d.Value != "" && (h.State == evidence.Failed || len(d.Problems) > 0) {
		way = Join(way, d.Variable+" is "+Quoted(d.Value))
	}
	parts := []string{way, Reason(h)}
	for _, p := range d.Problems {
		if !strings.Contains(Reason(h), p.Text) {
			parts = append(parts, p.Text)
		}
	}
	return Join(parts...)
}

func inFile(source string) string {
	if source == "" || source == "environment" || source == "command line" {
		return ""
	}
	return " in " + source
}

// seenLogin returns what a client finds stored for a registry.
func seenLogin(l evidence.StoredLogin) string {
	if l.Found == evidence.NoLogin {
		if l.Cause != "" {
			return ""
		}
		return "no login stored for " + l.Registry
	}
	kind := l.Found
	if l.User != "" {
		kind += " of " + l.User
	}
	return Join(kind, LoginPlace(l), l.Why)
}

// LoginPlace returns where a login stands.
func LoginPlace(l evidence.StoredLogin) string {
	place := "from " + l.File
	if l.Helper != "" {
		place = "from the helper " + l.Helper + " of " + l.File
	}
	if l.Key != "" {
		place += fmt.Sprintf(" (%s)", l.Key)
	}
	return place
}
