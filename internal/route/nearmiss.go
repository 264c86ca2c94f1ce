package route

import (
	"net/netip"
	"net/url"
	"path"
	"strings"

	"pullpath/internal/redact"
)

// NearMiss is a NO_PROXY entry that reads as if it were meant for the host and
// does not match it.
type NearMiss struct {
	Entry string `json:"entry"` // as written
	Code  string `json:"code"`
	Text  string `json:"text"` // why it does not match
}

// misreading is one way in which people write an entry that the dialect does not
// understand: how it would have to be written.
type misreading struct {
	code, text string
	meant      func(entry, host string) []string
}

// misreadings returns the known ones, the plainest first. All were measured with
// Go 1.26.8 (testdata/vectors.json: N06, N15 to N23, N43 to N57, N74 to N82, N104).
func misreadings() []misreading {
	return []misreading{
		{"separator", "entries are separated by commas only; blanks and semicolons are part of the entry", splitEntry},
		{"quoted", "a quotation mark is part of the entry", func(entry, _ string) []string {
			return []string{strings.Trim(entry, quotes)}
		}},
		{"url", "an entry is a host, not a URL or a path", func(entry, _ string) []string {
			_, rest, found := strings.Cut(entry, "://")
			if !found {
				rest = entry
			}
			host, _, _ := strings.Cut(rest, "/")
			return []string{host}
		}},
		{"trailing-dot", "a trailing dot is not ignored", func(entry, _ string) []string {
			return []string{strings.TrimSuffix(entry, ".")}
		}},
		{"brackets", "an IPv6 address stands without brackets unless a port follows", func(entry, _ string) []string {
			return []string{strings.Trim(entry, "[]")}
		}},
		{"subdomains-only", "with a leading dot or *. it matches subdomains, not the name itself", func(entry, _ string) []string {
			return []string{strings.TrimPrefix(strings.TrimPrefix(entry, "*."), ".")}
		}},
		{"wildcard", "* is only understood alone or as *. in front of a domain", func(entry, host string) []string {
			if matched, err := path.Match(strings.ToLower(entry), host); err == nil && matched && strings.Contains(entry, "*") {
				return []string{host}
			}
			return nil
		}},
		{"port", "the port is another one", func(entry, _ string) []string {
			i := strings.LastIndexByte(entry, ':')
			return []string{entry[:max(i, 0)]}
		}},
	}
}

// quotes are the marks that shells, env files and word processors leave around a
// value.
const quotes = "\"'`\u2018\u2019\u201c\u201d"

// splitEntry takes an entry apart where other clients do.
func splitEntry(entry, _ string) []string {
	return strings.FieldsFunc(entry, func(r rune) bool { return strings.ContainsRune(" \t\r\n;|", r) })
}

// nearMisses returns the entries of list that would match target if they were
// written otherwise, each with the first misreading that explains it. The
// dialect itself is asked what the other form would do.
func (d Dialect) nearMisses(list string, target *url.URL) []NearMiss {
	var out []NearMiss
	host := strings.ToLower(target.Hostname())
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimSpace(entry)
		for _, m := range misreadings() {
			if d.anyMatches(m.meant(entry, host), target) {
				out = append(out, NearMiss{Entry: redact.Text(entry, maxEntry), Code: m.code, Text: m.text})
				break
			}
		}
	}
	return out
}

// anyMatches reports whether one of the entries alone exempts target.
func (d Dialect) anyMatches(entries []string, target *url.URL) bool {
	for _, entry := range entries {
		if d.exempts(entry, target) {
			return true
		}
	}
	return false
}

// maxNetworks is how many prefixes of a list are kept. The largest lists that were seen in public
// have some dozens.
const maxNetworks = 64

// networks returns the entries that are address prefixes, for a target that is a name.
func networks(list string, target *url.URL) []string {
	if _, err := netip.ParseAddr(target.Hostname()); err == nil {
		return nil
	}
	var out []string
	for entry := range strings.SplitSeq(list, ",") {
		if prefix, err := netip.ParsePrefix(strings.TrimSpace(entry)); err == nil && len(out) < maxNetworks {
			out = append(out, prefix.Masked().String())
		}
	}
	return out
}
