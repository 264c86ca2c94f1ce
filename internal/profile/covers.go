package profile

import (
	"regexp"
	"slices"
	"strings"

	"pullpath/internal/evidence"
)

// Covers reports whether the entry is about a host at a port: it names it, or is a pattern of
// names that it fits.
func (h Host) Covers(at evidence.Endpoint) bool {
	switch {
	case h.Protocol == udp || h.Port != at.Port:
		return false
	case h.Walkable():
		return evidence.HostName(h.Host) == evidence.HostName(at.Host)
	}
	return h.form().MatchString(evidence.HostName(at.Host))
}

var fillIn = regexp.MustCompile(`<[^>]*>`)

// form is a pattern of names: a star that is a whole label stands for one or more of them, any
// other star and a <part> for characters of one label.
func (h Host) form() *regexp.Regexp {
	text := fillIn.ReplaceAllString(strings.ToLower(h.Host), "*")
	out := strings.ReplaceAll(regexp.QuoteMeta(text), `\*`, `[a-z0-9_-]+`)
	if rest, star := strings.CutPrefix(text, "*."); star {
		out = `([a-z0-9_-]+\.)+` + strings.ReplaceAll(regexp.QuoteMeta(rest), `\*`, `[a-z0-9_-]+`)
	}
	return regexp.MustCompile("^" + out + "$")
}

// Entry returns the profile's entry for a host at a port, false where it has none. An entry
// that names it comes before a pattern.
func (p Profile) Entry(at evidence.Endpoint) (Host, bool) {
	for _, walkable := range []bool{true, false} {
		i := slices.IndexFunc(p.Hosts, func(h Host) bool { return h.Walkable() == walkable && h.Covers(at) })
		if i >= 0 {
			return p.Hosts[i], true
		}
	}
	return Host{}, false
}

// Of returns the name of the built-in profile whose registry a host is, empty for none: the
// first in their order.
func Of(at evidence.Endpoint) string {
	for _, p := range BuiltIn() {
		if h, ok := p.Entry(at); ok && h.Role == evidence.Registry {
			return p.Name
		}
	}
	return ""
}
