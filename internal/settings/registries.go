package settings

import (
	"strconv"
	"strings"

	"pullpath/internal/route"
)

// Registries is what containers/image takes from registries.conf: for podman,
// skopeo, buildah and CRI-O it decides which host is asked for an image
// (containers-registries.conf(5)).
type Registries struct {
	Files   []string // that are read, in their order
	Entries []Registry
	Search  []route.Variable // unqualified-search-registries
	Remarks []Remark
}

// Registry is one [[registry]] table.
type Registry struct {
	Prefix   string // what it is for: "docker.io", "*.corp.example", "quay.io/team"
	Location string // where it leads: the same if not rewritten
	Insecure bool
	Blocked  bool
	Mirrors  []Mirror
	// MirrorsForDigestsOnly is mirror-by-digest-only, which OpenShift's
	// ImageDigestMirrorSet sets.
	MirrorsForDigestsOnly bool
	Source                string // "path:line" of the table's first key
}

// Mirror is one [[registry.mirror]] table, asked in their order before the
// location.
type Mirror struct {
	Location       string
	Insecure       bool
	PullFromMirror string // pull-from-mirror: "all", "digest-only", "tag-only"; "" is all
	Source         string
}

// Contact is a host that a pull asks.
type Contact struct {
	Host     string // with a port if one is written
	Mirror   bool
	Insecure bool
	Source   string // "" if no file rewrites the name
}

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

// read takes over one file. An entry replaces an earlier one of the same prefix.
func (r *Registries) read(name, text string) {
	values, line, err := parseTOML(text)
	if err != nil {
		r.Remarks = append(r.Remarks, refused(err, Remark{Code: Syntax, Source: at(name, line), Text: "not valid TOML: podman, skopeo, buildah and CRI-O refuse to pull"}))
		return
	}
	var found []Registry
	index := map[string]int{}
	var search []route.Variable
	for _, v := range values {
		source := at(name, v.line)
		table, rest, _ := strings.Cut(v.path, ".")
		switch {
		case v.path == "unqualified-search-registries":
			search = append(search, route.Variable{Name: v.path, Value: v.text, Source: source})
		case strings.HasPrefix(table, "registry["):
			i, known := index[table]
			if !known {
				i = len(found)
				index[table] = i
				found = append(found, Registry{Source: source})
			}
			found[i].take(rest, v, source)
		}
	}
	if search != nil {
		r.Search = search
	}
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
	if entry.Location == "" && !strings.HasPrefix(entry.Prefix, "*.") {
		entry.Location = entry.Prefix
	}
	if i, found := known[entry.Prefix]; found {
		r.Entries[i] = entry
		return
	}
	known[entry.Prefix] = len(r.Entries)
	r.Entries = append(r.Entries, entry)
}

// take takes over one key of a [[registry]] table.
func (e *Registry) take(key string, v tomlValue, source string) {
	switch table, rest, _ := strings.Cut(key, "."); {
	case key == "prefix":
		e.Prefix = v.text
	case key == "location":
		e.Location = v.text
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

// take takes over one key of a mirror.
func (m *Mirror) take(key string, v tomlValue) {
	switch key {
	case "location":
		m.Location = v.text
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
		if n := matched(e.Prefix, name); n > length {
			best, length = i, n
		}
	}
	if best < 0 {
		return Registry{}, false
	}
	return r.Entries[best], true
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
		return []Contact{{Host: hostOf(name)}}
	}
	if e.Blocked {
		return nil
	}
	var contacts []Contact
	for _, m := range e.Mirrors {
		contacts = append(contacts, Contact{hostOf(m.Location), true, m.Insecure, m.Source})
	}
	location := e.Location
	if location == "" {
		location = name
	}
	return append(contacts, Contact{hostOf(location), false, e.Insecure, e.Source})
}

// hostOf returns the host, with its port, of an image name or location.
func hostOf(name string) string {
	host, _, _ := strings.Cut(name, "/")
	return host
}
