package settings

import (
	"strings"

	"pullpath/internal/route"
)

// ShortNames is what registries.conf says of names of images without a registry: podman and
// buildah look for these (containers-registries.conf(5), "Remapping and mirroring registries" and
// "short-name-mode").
type ShortNames struct {
	// Search are the hosts of unqualified-search-registries, Mode is short-name-mode, and
	// Aliases are the full names by the short ones.
	Search  []route.Variable
	Mode    route.Variable
	Aliases []route.Variable
}

// take keeps a value of one file, which replaces that of an earlier one.
func (s *ShortNames) take(v tomlValue, source string) {
	set := route.Variable{Name: v.path, Value: v.text, Source: source}
	switch {
	case v.path == "short-name-mode" && v.text != "":
		s.Mode = set
	case len(v.keys) == 2 && v.keys[0] == "aliases":
		set.Name = v.keys[1]
		s.Aliases = append(s.Aliases, set)
	}
}

// Says returns what podman does with a short name, empty where its configuration says nothing of
// it. The mode decides where several hosts are searched; it is permissive by default
// (https://github.com/containers/image/blob/v5.36.2/pkg/sysregistriesv2/system_registries_v2.go).
func (s ShortNames) Says(name string) string {
	name, _, _ = strings.Cut(strings.SplitN(name, "@", 2)[0], ":")
	for i := range s.Aliases {
		if a := s.Aliases[len(s.Aliases)-1-i]; a.Name == name {
			if a.Value == "" {
				break // it takes an alias back
			}
			return "podman takes it for " + quoted(a.Value) + " (alias, " + a.Source + ")"
		}
	}
	var hosts []string
	for _, v := range s.Search {
		if v.Value != "" {
			hosts = append(hosts, quoted(v.Value))
		}
	}
	if len(hosts) == 0 {
		return ""
	}
	list := strings.Join(hosts, ", ")
	if len(hosts) == 1 {
		return "podman looks for it at " + list + " (" + searchKey + ", " + s.Search[0].Source + ")"
	}
	mode := "short-name-mode is permissive, as it is not set"
	if s.Mode.Value != "" {
		mode = `short-name-mode = "` + s.Mode.Value + `", ` + s.Mode.Source
	}
	switch s.Mode.Value {
	case "disabled":
		return "podman tries " + list + " in this order (" + mode + ")"
	case "enforcing":
		return "podman asks in a terminal which of " + list + " is meant, and fails without one (" + mode + ")"
	}
	return "podman asks in a terminal which of " + list + " is meant, and tries them in this order without one (" + mode + ")"
}
