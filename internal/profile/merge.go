package profile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Separator stands between the profiles of one text for [Load].
const Separator = ","

// loadEach loads several profiles that are named in one text, and merges them.
func loadEach(names []string) (Profile, error) {
	var all []Profile
	for _, name := range names {
		p, err := loadOne(strings.TrimSpace(name))
		if err != nil {
			return Profile{}, err
		}
		all = append(all, p)
	}
	return Merge(all)
}

// Merge returns the hosts of all profiles as one, each host and port once: required where
// one of them requires it. It fails where two name different authorities, because a host
// would be trusted by an authority of another profile.
func Merge(all []Profile) (Profile, error) {
	if len(all) == 1 {
		return all[0], nil
	}
	var out Profile
	for _, p := range all {
		if p.CA != "" && out.CA != "" && p.CA != out.CA {
			return Profile{}, fmt.Errorf("profiles %s and %s: each names its own ca, %s and %s; check them one after the other",
				out.Name, p.Name, out.CA, p.CA)
		}
		out = out.and(p)
	}
	return out, nil
}

// and returns a profile with what another one has besides.
func (p Profile) and(other Profile) Profile {
	out := Profile{Name: joined(p.Name, Separator, other.Name), Title: joined(p.Title, "; ", other.Title), Image: cmp.Or(p.Image, other.Image),
		CA: cmp.Or(p.CA, other.CA), SourcesSeen: cmp.Or(p.SourcesSeen, other.SourcesSeen), Hosts: slices.Clone(p.Hosts)}
	if p.SourcesSeen != "" && other.SourcesSeen != "" {
		out.SourcesSeen = min(p.SourcesSeen, other.SourcesSeen)
	}
	for _, h := range other.Hosts {
		at := slices.IndexFunc(out.Hosts, func(known Host) bool { return known.id() == h.id() })
		if at < 0 {
			out.Hosts = append(out.Hosts, h)
			continue
		}
		known := &out.Hosts[at]
		known.Required, known.Public = known.Required || h.Required, known.Public || h.Public
		known.Purpose, known.Source = joined(known.Purpose, "; ", h.Purpose), joined(known.Source, "; ", h.Source)
		if known.Expect == nil {
			known.Expect = h.Expect
		}
	}
	return out
}

// id is what a host is known by in a list.
func (h Host) id() string {
	return fmt.Sprintf("%s:%d/%s", strings.ToLower(h.Host), h.Port, h.Protocol)
}

// joined puts a text behind another, unless it is in it.
func joined(text, separator, more string) string {
	if text == "" || strings.Contains(text, more) {
		return cmp.Or(text, more)
	}
	return text + separator + more
}
