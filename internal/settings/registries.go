package settings

import (
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"pullpath/internal/route"
)

// Registries is what a client takes from its registry configuration, which decides which host
// is asked for an image: podman, skopeo, buildah and CRI-O from registries.conf
// (containers-registries.conf(5)), others from files of their own.
type Registries struct {
	Files   []string // that are read, in their order
	Entries []Registry
	Short   ShortNames
	Remarks []Remark
	// Unread are entries that the client does not apply, wherever they stand.
	Unread []UnreadEntry
}

// Registry is one [[registry]] table, or an entry of another client's file.
type Registry struct {
	Prefix string // what it is for: "docker.io", "*.corp.example", "quay.io/team"
	// OfHost tells that the prefix is a host with the port that names of images have, a
	// network of addresses, or "*" for every other one; and that all that is asked is among
	// the mirrors: the form of containerd, k3s and dockerd.
	OfHost   bool
	Location string // where it leads: the same if not rewritten
	Insecure bool
	Blocked  bool
	Mirrors  []Mirror
	// MirrorsForDigestsOnly is mirror-by-digest-only, which OpenShift's
	// ImageDigestMirrorSet sets.
	MirrorsForDigestsOnly bool
	Source                string // "path:line" of the table's first key
	// folder is where the files of its authorities stand, authorities are such files.
	folder      string
	authorities []string
}

// Mirror is one [[registry.mirror]] table, asked in their order before the
// location.
type Mirror struct {
	Location       string
	Insecure       bool
	PullFromMirror string // pull-from-mirror: "all", "digest-only", "tag-only", FetchOnly; "" is all
	Source         string
	// Own is the registry that names of images have, and no mirror of it; an empty location
	// is then the name's own host.
	Own bool
	// Plain asks in plain HTTP; TLSOnly takes back of Insecure that plain HTTP is asked where
	// TLS is not spoken.
	Plain, TLSOnly bool
	// API is the path of its API where that is not /v2.
	API string
	// Rewrites change the repository: the first that matches counts.
	Rewrites []Rewrite
}

// Rewrite puts a text in the place of what a pattern matches.
type Rewrite struct {
	Pattern *regexp.Regexp
	Into    string
}

// Contact is a host that a pull asks.
type Contact struct {
	Host       string // with a port if one is written
	Repository string // what is asked for there, "" for a host alone
	Mirror     bool
	// Insecure takes any certificate, and plain HTTP where TLS is not spoken. Plain asks in
	// plain HTTP.
	Insecure, Plain bool
	// TLSOnly takes back that an insecure host is asked in plain HTTP, and API is the path of
	// its API where that is not /v2.
	TLSOnly bool
	API     string
	Source  string // "" if no file rewrites the name
	// For is "digest-only" or "tag-only" where it is asked for such references alone, or FetchOnly.
	For string
}

// FetchOnly is said of a host that resolves no reference, not even a digest: it is asked for what
// another host told the digest of.
const FetchOnly = "fetch-only"

// registriesFiles returns what containers/image reads: the user's file instead
// of the system's, then the drop-ins of both (pkg/sysregistriesv2).
func registriesFiles(root *Root, home string, env route.Environment) []string {
	if named := valueOf("CONTAINERS_REGISTRIES_CONF", env); named != "" {
		return []string{clean(named)}
	}
	files := []string{"/etc/containers/registries.conf"}
	if user := home + "/.config/containers/registries.conf"; root.Exists(user) {
		files[0] = user
	}
	for _, dir := range []string{"/etc/containers/registries.conf.d", home + "/.config/containers/registries.conf.d"} {
		files = append(files, root.Glob(dir+"/*.conf")...)
	}
	return files
}

// ReadRegistries reads registries.conf in all its places.
func ReadRegistries(root *Root, home string, env route.Environment) Registries {
	var r Registries
	for _, name := range registriesFiles(root, home, env) {
		text, ok := root.text(name)
		if !ok {
			continue
		}
		r.Files = append(r.Files, name)
		r.read(name, text)
	}
	return r
}

// read applies one file. An entry replaces an earlier one of the same prefix.
func (r *Registries) read(name, text string) {
	values, line, err := parseTOML(text)
	if err != nil {
		r.refuse(err, Remark{Code: Syntax, Source: at(name, line), Text: "not valid TOML: podman, skopeo, buildah and CRI-O refuse to pull"})
		return
	}
	var found []Registry
	index := map[string]int{}
	short := r.Short
	short.Search = nil
	for _, v := range values {
		source := at(name, v.line)
		if u, bad := unfitValue(v); bad {
			u.Source = source
			r.refuseEntry(u)
			return
		}
		if old, is := oldForm(v, source); is {
			r.Remarks = append(r.Remarks, old)
		}
		table, rest, _ := strings.Cut(v.path, ".")
		switch {
		case v.path == searchKey:
			short.Search = append(short.Search, route.Variable{Name: v.path, Value: v.text, Source: source})
		case strings.HasPrefix(table, "registry["):
			i, known := index[table]
			if !known {
				i = len(found)
				index[table] = i
				found = append(found, Registry{Source: source})
			}
			found[i].take(rest, v, source)
		default:
			short.take(v, source)
		}
	}
	if u, bad := unfit(found); bad {
		r.refuseEntry(u)
		return
	}
	if short.Search == nil {
		short.Search = r.Short.Search
	}
	r.Short = short
	known := map[string]int{}
	for i, e := range r.Entries {
		known[e.Prefix] = i
	}
	for _, entry := range found {
		r.replace(entry, known)
	}
}

// replace adds an entry, in place of one with the same prefix; known is where they are.
func (r *Registries) replace(entry Registry, known map[string]int) {
	if entry.Prefix == "" {
		entry.Prefix = entry.Location
	}
	if i, found := known[entry.Prefix]; found {
		r.Entries[i] = entry
		return
	}
	known[entry.Prefix] = len(r.Entries)
	r.Entries = append(r.Entries, entry)
}

// take applies one key of a [[registry]] table.
func (e *Registry) take(key string, v tomlValue, source string) {
	switch table, rest, _ := strings.Cut(key, "."); {
	case key == "prefix":
		e.Prefix = strings.TrimRight(v.text, "/")
	case key == "location":
		e.Location = strings.TrimRight(v.text, "/")
	case key == "insecure":
		e.Insecure = v.text == "true"
	case key == "blocked":
		e.Blocked = v.text == "true"
	case key == "mirror-by-digest-only":
		e.MirrorsForDigestsOnly = v.text == "true"
	case strings.HasPrefix(table, "mirror["):
		if n := len(e.Mirrors); n == 0 || table != "mirror["+strconv.Itoa(n-1)+"]" {
			e.Mirrors = append(e.Mirrors, Mirror{Source: source})
		}
		e.Mirrors[len(e.Mirrors)-1].take(rest, v)
	}
}

// take applies one key of a mirror.
func (m *Mirror) take(key string, v tomlValue) {
	switch key {
	case "location":
		m.Location = strings.TrimRight(v.text, "/")
	case "insecure":
		m.Insecure = v.text == "true"
	case "pull-from-mirror":
		m.PullFromMirror = v.text
	}
}

// Lookup returns the entry for an image name ("quay.io/team/app", or a host
// alone): the one with the longest matching prefix.
func (r Registries) Lookup(name string) (Registry, bool) {
	best, length := -1, 0
	for i, e := range r.Entries {
		if n := e.matched(name); n > length {
			best, length = i, n
		}
	}
	if best < 0 {
		return Registry{}, false
	}
	return r.Entries[best], true
}

// matched returns how closely an entry is about a name, 0 where it is not.
func (e Registry) matched(name string) int {
	if !e.OfHost {
		return matched(e.Prefix, name)
	}
	host := hostOf(name)
	switch network, err := netip.ParsePrefix(e.Prefix); {
	case e.Prefix == host:
		return len(host) + 2
	case err == nil && network.Contains(addressOf(host)):
		return 2
	case e.Prefix == "*":
		return 1
	}
	return 0
}

// addressOf is the address that a host with or without a port is; localhost is one too.
func addressOf(host string) netip.Addr {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	addr, _ := netip.ParseAddr(strings.Trim(host, "[]"))
	return addr
}

// matched returns how many characters of name a prefix covers, 0 if it does not
// match: a prefix ends where a part of the name ends, and "*.example" covers
// sub-domains (pkg/sysregistriesv2, refMatchingPrefix).
func matched(prefix, name string) int {
	if domain, wildcard := strings.CutPrefix(prefix, "*."); wildcard {
		host, _, _ := strings.Cut(hostOf(name), ":")
		if strings.HasSuffix(host, "."+domain) {
			return len(host)
		}
		return 0
	}
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok || prefix == "" || rest != "" && !strings.ContainsAny(rest[:1], "/:@") {
		return 0
	}
	return len(prefix)
}

// Contacts returns the hosts that a pull of an image name asks, in their order:
// the mirrors and then the location. Without an entry it is the name's own host.
// A blocked registry has none.
func (r Registries) Contacts(name string) []Contact {
	e, ok := r.Lookup(name)
	if !ok {
		host, repository := splitHost(name)
		return []Contact{{Host: host, Repository: repository}}
	}
	if e.Blocked {
		return nil
	}
	var contacts []Contact
	for _, m := range e.Mirrors {
		c := e.contact(rewritten(name, m.Rewrites), m.Location)
		c.Mirror, c.Insecure, c.Source, c.For = !m.Own, m.Insecure, m.Source, m.PullFromMirror
		c.Plain, c.TLSOnly, c.API = m.Plain, m.TLSOnly, m.API
		if c.For == "" && e.MirrorsForDigestsOnly {
			c.For = "digest-only"
		}
		contacts = append(contacts, c)
	}
	if e.OfHost {
		return contacts
	}
	last := e.contact(name, e.Location)
	last.Insecure, last.Source = e.Insecure, e.Source
	return append(contacts, last)
}

// contact is a name with the entry's prefix replaced by a location; an entry for sub-domains
// without one leaves the name (pkg/sysregistriesv2, rewriteReference).
func (e Registry) contact(name, location string) Contact {
	if location != "" {
		_, rest := splitHost(name)
		if !strings.HasPrefix(e.Prefix, "*.") && !e.OfHost {
			rest = strings.TrimPrefix(name, e.Prefix)
		} else if rest != "" {
			rest = "/" + rest
		}
		name = location + rest
	} else if rest, ok := strings.CutPrefix(name, dockerIO); ok && e.OfHost && (rest == "" || rest[0] == '/') {
		name = dockerIOHost + rest
	}
	host, repository := splitHost(name)
	return Contact{Host: host, Repository: repository}
}

// rewritten is a name whose repository is what the first rewrite that matches it makes of it.
func rewritten(name string, rewrites []Rewrite) string {
	host, repository := splitHost(name)
	for _, r := range rewrites {
		if repository != "" && r.Pattern.MatchString(repository) {
			return host + "/" + r.Pattern.ReplaceAllString(repository, r.Into)
		}
	}
	return name
}

// splitHost splits a name into the host, with its port, and what is behind its slash.
func splitHost(name string) (host, rest string) {
	host, rest, _ = strings.Cut(name, "/")
	return host, rest
}

// hostOf returns the host, with its port, of an image name or location.
func hostOf(name string) string {
	host, _ := splitHost(name)
	return host
}
