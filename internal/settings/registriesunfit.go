package settings

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// refuseEntry notes an entry because of which containers/image refuses its whole file, and with
// it every pull (pkg/sysregistriesv2, postProcessRegistries).
func (r *Registries) refuseEntry(u UnreadEntry) {
	u.Prefix, u.Refused = "*", true
	u.Why += ", and podman, skopeo, buildah and CRI-O refuse to pull"
	r.Unread = append(r.Unread, u)
	r.Remarks = append(r.Remarks, Remark{Code: Syntax, Source: u.Source, Value: u.Value, Text: u.Why, Write: u.Write})
}

// searchKey is the key of hosts for names of images without one.
const searchKey = "unqualified-search-registries"

// unfitValue is a value that containers/image does not take wherever it stands: a URL in the place
// of a host (parseLocation), a host with a path, a mirror's key in a registry, an alias that is none
// (shortnames.go), a mode that there is not. It is false for any other.
func unfitValue(v tomlValue) (UnreadEntry, bool) {
	key, u := v.keys[len(v.keys)-1], UnreadEntry{Value: quoted(v.text)}
	scheme, rest, found := strings.Cut(v.text, "://")
	host := quoted(strings.TrimRight(rest, "/"))
	url := found && (scheme == "http" || scheme == "https")
	if v.path == "short-name-mode" || v.keys[0] == "aliases" {
		return unfitShortName(v)
	}
	switch {
	case key == searchKey && url:
		u.Why, u.Write = key+" has the scheme "+scheme+"://", key+` = ["`+host+`"]`
	case key == searchKey && strings.Contains(strings.TrimRight(v.text, "/"), "/"):
		u.Why, u.Write = key+" has a path", key+` = ["`+quoted(hostOf(v.text))+`"]`
	case v.keys[0] != "registry":
	case (key == "location" || key == "prefix") && url:
		u.Why, u.Write = key+" has the scheme "+scheme+"://", key+` = "`+host+`"`
		if key == "location" && scheme == "http" {
			u.Write += ", and insecure = true below it"
		}
	case key == "pull-from-mirror" && len(v.keys) == 2 && v.text != "":
		u.Why, u.Write = "pull-from-mirror stands in a registry", "put it into a mirror"
	}
	return u, u.Why != ""
}

// unfitShortName is a value about short names that is not taken, false for any other.
func unfitShortName(v tomlValue) (UnreadEntry, bool) {
	u := UnreadEntry{Value: quoted(v.text)}
	switch {
	case v.keys[0] == "aliases" && len(v.keys) == 2:
		u.Why, u.Write = unfitAlias(v.keys[1], v.text), `[aliases] "NAME" = "HOST/REPOSITORY"`
	case v.path == "short-name-mode" && !slices.Contains([]string{"", "enforcing", "permissive", "disabled"}, v.text):
		u.Why, u.Write = "short-name-mode is "+quoted(v.text), `short-name-mode = "enforcing", "permissive" or "disabled"`
	}
	return u, u.Why != ""
}

// unfitAlias says what of an alias is not taken: a name with a registry, a tag or a digest, or a value
// without a registry or with one of the others (containers/image, pkg/sysregistriesv2/shortnames.go,
// validateShortName and parseShortNameValue). An empty value takes an alias back.
func unfitAlias(name, value string) string {
	host, _, path := strings.Cut(name, "/")
	registry, repository, full := strings.Cut(value, "/")
	_, tag, _ := strings.Cut(repository, ":")
	switch {
	case path && hasRegistry(host):
		return "the alias " + quoted(name) + " has a registry in its name"
	case strings.ContainsAny(name, ":@"):
		return "the alias " + quoted(name) + " has a tag or a digest in its name"
	case value == "":
		return ""
	case !full || !hasRegistry(registry) || repository == "":
		return "the alias " + quoted(name) + " leads to no registry with a repository"
	case tag != "" || strings.Contains(repository, "@"):
		return "the alias " + quoted(name) + " leads to a tag or a digest"
	case strings.Contains(value, "://"):
		return "the alias " + quoted(name) + " leads to a URL"
	}
	return ""
}

// hasRegistry reports whether the first part of a name is a registry.
func hasRegistry(host string) bool { return strings.ContainsAny(host, ".:") || host == "localhost" }

// oldForm is said of the tables of version 1: containers/image takes them up to v5.39 and refuses to
// pull since v5.40 (pkg/sysregistriesv2/system_registries_v2.go, loadConfigFile).
func oldForm(v tomlValue, source string) (Remark, bool) {
	if len(v.keys) != 3 || v.keys[0] != "registries" || v.keys[2] != "registries" ||
		!slices.Contains([]string{"search", "insecure", "block"}, v.keys[1]) {
		return Remark{}, false
	}
	write := map[string]string{"search": searchKey + ` = ["HOST"]`, "insecure": `[[registry]] with location = "HOST" and insecure = true`,
		"block": `[[registry]] with location = "HOST" and blocked = true`}[v.keys[1]]
	return Remark{Code: Syntax, Source: source, Value: quoted(v.text), Write: write,
		Text: "[registries." + v.keys[1] + "] is version 1 of the file: containers/image takes it up to v5.39, and refuses every " +
			"pull since v5.40"}, true
}

// unfit is the first entry that containers/image does not take, false if it takes all of a file.
func unfit(found []Registry) (UnreadEntry, bool) {
	leads := map[string]Registry{}
	for _, e := range found {
		u := e.unfit()
		for _, m := range e.Mirrors {
			if u.Why == "" {
				u = m.unfit(e)
			}
		}
		where := cmp.Or(e.Location, e.Prefix)
		first, known := leads[where]
		switch {
		case u.Why != "" || !known:
			leads[where] = e
		case first.Insecure != e.Insecure:
			u = UnreadEntry{Source: e.Source, Value: quoted(where), Why: "insecure is not the same in all entries of the location",
				Write: "insecure = " + strconv.FormatBool(first.Insecure)}
		case first.Blocked != e.Blocked:
			u = UnreadEntry{Source: e.Source, Value: quoted(where), Why: "blocked is not the same in all entries of the location",
				Write: "blocked = " + strconv.FormatBool(first.Blocked)}
		}
		if u.Why != "" {
			return u, true
		}
	}
	return UnreadEntry{}, false
}

// unfit is what in the entry's own keys is not taken, without a reason where all is.
func (e Registry) unfit() UnreadEntry {
	u := UnreadEntry{Source: e.Source, Value: quoted(cmp.Or(e.Prefix, e.Location))}
	wildcard := strings.HasPrefix(cmp.Or(e.Prefix, e.Location), "*.")
	switch {
	case e.Location == "" && e.Prefix == "":
		u.Why, u.Write = "the entry has no location", `location = "HOST"`
	case e.Location == "" && !wildcard:
		u.Why, u.Write = "the entry has a prefix and no location", `location = "`+quoted(e.Prefix)+`"`
	case wildcard && strings.ContainsAny(cmp.Or(e.Prefix, e.Location), "/@:"):
		u.Why, u.Write = "the prefix of sub-domains has more than a domain", `prefix = "*.DOMAIN"`
	}
	return u
}

// unfit is what in a mirror of an entry is not taken.
func (m Mirror) unfit(e Registry) UnreadEntry {
	u := UnreadEntry{Source: m.Source, Value: quoted(m.Location)}
	switch {
	case m.Location == "":
		u.Why, u.Write = "a mirror has no location", `location = "HOST"`
	case e.MirrorsForDigestsOnly && m.PullFromMirror != "":
		u.Why, u.Write = "mirror-by-digest-only and pull-from-mirror are both set", "remove one of them"
	case !slices.Contains([]string{"", "all", "digest-only", "tag-only"}, m.PullFromMirror):
		u.Why, u.Write = "pull-from-mirror is "+quoted(m.PullFromMirror), `pull-from-mirror = "all", "digest-only" or "tag-only"`
	}
	return u
}
