package settings

import (
	"net"
	"slices"
	"strings"
)

// EntryIneffective is the code of remarks on an entry of a client's registry configuration that
// was meant for an image and does not apply. EntryRefused is that of one for which the client
// pulls nothing, EntryElsewhere that of another client's, which may well apply there.
const (
	EntryIneffective Code = "registry-entry-ineffective"
	EntryRefused     Code = "registry-entry-refused"
	EntryElsewhere   Code = "registry-entry-elsewhere"
	// NameSuspect is that of a target that is called almost as a known registry.
	NameSuspect Code = "registry-name-suspect"
)

// UnreadEntry is an entry that a client does not apply.
type UnreadEntry struct {
	Prefix string // what it is written for, "*" for every image
	Source string
	Value  string // as it is written there
	Why    string // why it does not apply, one line
	Write  string // what would
	// Refused tells that the client pulls no such image because of it.
	Refused bool
	// Elsewhere tells that it is in another client's file.
	Elsewhere bool
}

// Ineffective returns remarks on the entries that were evidently meant for an image and do not
// apply to it. Where another entry applies, nobody can tell.
func (r Registries) Ineffective(name string) []Remark {
	found, ok := r.Lookup(name)
	applied := ok && found.Prefix != "*" && found.Source != ""
	var out []Remark
	for _, e := range r.Entries {
		if why, write := e.misses(name); why != "" && !applied {
			out = append(out, Remark{Code: EntryIneffective, Source: e.Source, Value: quoted(e.Prefix), Text: why, Write: write})
		}
	}
	for _, u := range r.Unread {
		e := Registry{Prefix: u.Prefix, OfHost: true}
		switch {
		case u.Refused && e.matched(name) > 0:
			out = append(out, Remark{Code: EntryRefused, Source: u.Source, Value: u.Value, Text: u.Why, Write: u.Write})
		case applied || e.matched(name) == 0:
		case u.Elsewhere:
			out = append(out, Remark{Code: EntryElsewhere, Source: u.Source, Value: u.Value, Text: u.Why, Write: u.Write})
		default:
			out = append(out, Remark{Code: EntryIneffective, Source: u.Source, Value: u.Value, Text: u.Why, Write: u.Write})
		}
	}
	return out
}

// refuse notes a file that its client cannot read and pulls nothing because of.
func (r *Registries) refuse(err error, m Remark) {
	m = refused(err, m)
	r.Remarks = append(r.Remarks, m)
	if m.Code == Syntax {
		r.Unread = append(r.Unread, UnreadEntry{Prefix: "*", Source: m.Source, Why: m.Text, Write: "correct the line", Refused: true})
	}
}

// hubNames are the names of Docker Hub: that of its images, that of its registry, and an older one.
func hubNames() []string { return []string{dockerIO, dockerIOHost, "index.docker.io"} }

// misses says why an entry that reads as if it was meant for an image is not about it, and what
// to write for it; empty for one that is about it, or was not meant.
func (e Registry) misses(name string) (why, write string) {
	if e.Source == "" || e.matched(name) > 0 {
		return "", ""
	}
	host := hostOf(name)
	scheme, key, hasScheme := strings.Cut(e.Prefix, "://")
	if !hasScheme {
		key = e.Prefix
	}
	own, rest := splitHost(key)
	switch {
	case own == host && hasScheme:
		return "the entry has the scheme " + scheme + "://, and names of images have none", host + strings.TrimPrefix(key, own)
	case own == host && e.OfHost && rest != "":
		return "the entry has a path, and the client compares the host alone", host
	case own != host && slices.Contains(hubNames(), own) && slices.Contains(hubNames(), host):
		return "the entry is for " + own + ", and the client looks for " + host, host
	case rest != "" && (e.OfHost || !strings.HasPrefix(name, host+"/"+rest)):
		return "", ""
	}
	return missesPort(own, host), host
}

// missesPort says how the hosts of an entry and of a name differ that have one name.
func missesPort(own, host string) string {
	bare, wanted := withoutPort(own), withoutPort(host)
	switch {
	case bare != wanted || own == host:
		return ""
	case host == wanted:
		return "the entry has a port, and the name of the image has none"
	case own == bare:
		return "the entry has no port, and the name of the image has one"
	}
	return "the entry has another port than the name of the image"
}

// withoutPort is a host without its port.
func withoutPort(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}
