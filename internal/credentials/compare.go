package credentials

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"pullpath/internal/settings"
)

// ownFiles returns the files in which this user's clients keep logins, podman's
// order first; with one file asked for, that one.
func (s *search) ownFiles() []storeFile {
	files := s.host.containersFiles(s.reader)
	if s.host.AuthFile == "" && !slices.ContainsFunc(files, func(f storeFile) bool { return f.path == s.host.dockerConfig() }) {
		files = append(files, storeFile{path: s.host.dockerConfig()})
	}
	return slices.DeleteFunc(files, func(f storeFile) bool { return f.missing })
}

// aboutFiles are facts about the files, whichever client reads them.
func (s *search) aboutFiles() []settings.Remark {
	var out []settings.Remark
	for _, f := range s.ownFiles() {
		docker := f.path == s.host.dockerConfig() || s.host.AuthFile != ""
		for _, r := range s.host.aboutFile(f, docker) {
			r.Source = f.path
			out = append(out, r)
		}
	}
	if s.answer.Cause == HelperFailed {
		out = append(out, s.failure)
	}
	return append(out, s.hidden()...)
}

// aboutFile returns what each client makes of a file that is broken
// (docs/field-notes.md#stored-logins): docker and crane refuse a file for one entry,
// containers/image fails for that entry alone.
func (h Host) aboutFile(f storeFile, docker bool) []settings.Remark {
	type about struct {
		file   storeFile
		docker bool
	}
	out, _ := remembered(h, about{f, docker}, func() ([]settings.Remark, error) { return h.aboutFileAnew(f, docker), nil })
	return slices.Clone(out)
}

func (h Host) aboutFileAnew(f storeFile, docker bool) []settings.Remark {
	file, err := h.readContainers(f)
	if errors.Is(err, errNoFile) {
		return nil
	}
	if err != nil {
		text := err.Error() + ": podman, skopeo and CRI-O fail for every registry that no earlier file has"
		if docker {
			text += ", docker and crane for all"
		}
		return []settings.Remark{{Code: FileBroken, Text: text}}
	}
	for _, key := range slices.Sorted(maps.Keys(file.Auths)) {
		if _, err := base64.StdEncoding.DecodeString(file.Auths[key].Auth); err != nil {
			text := "the auth value of " + shownKey(key) + " is not base64: podman, skopeo and CRI-O fail for this registry"
			if docker {
				text += ", docker and crane for every registry, and do not name the entry"
			}
			return []settings.Remark{{Code: EntryBroken, Variable: shownKey(key), Text: text}}
		}
	}
	if !docker || f.legacy {
		return nil
	}
	return h.aboutDockerFile(f)
}

// aboutDockerFile returns what docker alone does not take.
func (h Host) aboutDockerFile(f storeFile) []settings.Remark {
	_, err := h.readDocker(f.path)
	var problem *dockerProblem
	switch {
	case !errors.As(err, &problem):
		return nil
	case problem.entry != "":
		return []settings.Remark{{Code: EntryBroken, Variable: shownKey(problem.entry),
			Text: problem.text + " by docker and crane, which refuse the file for every registry and do not name the entry; podman, skopeo and " +
				"CRI-O pass over it"}}
	}
	return []settings.Remark{{Code: FileBroken, Text: problem.text + ": docker and crane refuse the file for every registry; podman, " +
		"skopeo and CRI-O read it"}}
}

// hidden says that a helper is asked in place of an entry that has a login.
func (s *search) hidden() []settings.Remark {
	name := s.host.dockerConfig()
	if s.answer.Rules == Containers {
		return nil // only docker and crane have a store for all registries
	}
	file, err := s.host.readDocker(name)
	if err != nil {
		return nil
	}
	key := dockerKey(s.registry)
	e, at := dockerLookup(file, key)
	helper := file.Store
	if own, ok := file.Helpers[key]; ok {
		helper = own
	}
	if helper == "" || e.login().Empty() || e.RegistryToken != "" {
		return nil
	}
	return []settings.Remark{{Code: EntryHidden, Source: name, Variable: shownKey(at),
		Text: fmt.Sprintf("the entry %s has a login, and docker and crane ask the helper %s in its place; podman reads the entry",
			shownKey(at), shownKey(helper))}}
}

// disagreements names the other files of this user that hold another login for
// the same registry. No helper is asked for it.
func (s *search) disagreements() []settings.Remark {
	var out []settings.Remark
	if s.answer.Login.Kind != Password {
		return nil // a token and a password are two ways to say the same
	}
	for _, f := range s.ownFiles() {
		if f.path == s.answer.Origin.File {
			continue
		}
		l, key := s.host.plainLogin(f, s.name, s.registry)
		if l.Empty() || l == s.answer.Login {
			continue
		}
		differs := "the same name with another secret"
		if l.User != s.answer.Login.User {
			differs = "another name"
		}
		out = append(out, settings.Remark{Code: FilesDisagree, Source: f.path, Variable: shownKey(key),
			Text: fmt.Sprintf("holds %s for %s than %s, which %s takes; %s", differs, s.registry, s.answer.Origin.File, s.answer.Client,
				readers(f.path == s.host.dockerConfig()))})
	}
	return out
}

func readers(docker bool) string {
	if docker {
		return "docker and crane take this one"
	}
	return "docker and crane do not read it"
}

// plainLogin returns what stands in a file itself for a name, by podman's keys.
func (h Host) plainLogin(f storeFile, name, registry string) (Login, string) {
	file, err := h.readContainers(f)
	if err != nil {
		return Login{}, ""
	}
	keys := slices.Concat(lookupOrder(name, registry, f.legacy), slices.Sorted(maps.Keys(file.Auths)))
	for i, key := range keys {
		e, ok := file.Auths[key]
		if !ok || i >= len(lookupOrder(name, registry, f.legacy)) && normalKey(key, f.legacy) != normalRegistry(registry) {
			continue
		}
		decoded, err := base64.StdEncoding.DecodeString(e.Auth)
		user, password, pair := strings.Cut(string(decoded), ":")
		if err == nil && pair && e.IdentityToken == "" {
			return NewLogin(Password, user, strings.Trim(password, "\x00")), key
		}
	}
	return Login{}, ""
}

// Elsewhere is a login that a client does not see: in a file that it does not read, or under a
// key that it does not look for.
type Elsewhere struct {
	File string
	Key  string
	// Why says whose it is, and why the client does not read it.
	Why string
}

// elsewhere looks for other names of the registry in the files that the client reads, and for
// the registry in the files that the client does not read:
// this user's others, and those of other users as far as they can be read.
// Of what is found only the place is kept.
func (s *search) elsewhere() []Elsewhere {
	out := s.otherNames()
	if s.host.AuthFile != "" {
		return out // one file was asked for
	}
	seen := map[string]bool{}
	for _, p := range s.answer.Places {
		seen[p.Path] = true
	}
	for _, c := range s.host.candidates() {
		if seen[c.path] || !s.host.isFile(c.path) {
			continue
		}
		seen[c.path] = true
		if key, ok := s.host.holds(c.storeFile, s.name, s.registry); ok {
			out = append(out, Elsewhere{File: c.path, Key: key, Why: s.whyNot(c)})
		}
	}
	return out
}

// holds reports whether a file has a login for a name, in itself or by a helper.
func (h Host) holds(f storeFile, name, registry string) (string, bool) {
	if l, key := h.plainLogin(f, name, registry); !l.Empty() {
		return shownKey(key), true
	}
	file, err := h.readContainers(f)
	if err != nil {
		return "", false
	}
	_, ok := file.Helpers[registry]
	return registry, ok
}

// otherNames looks in the files that the client reads for keys that name the registry and are
// not those that it looks for. The client has found no login, so each of them is unused.
func (s *search) otherNames() []Elsewhere {
	var out []Elsewhere
	seen := map[string]bool{}
	for _, p := range s.answer.Places {
		file, err := s.host.readContainers(storeFile{path: p.Path, legacy: path.Base(p.Path) == ".dockercfg"})
		if seen[p.Path] || err != nil {
			continue
		}
		seen[p.Path] = true
		for _, key := range slices.Sorted(maps.Keys(file.Auths)) {
			if oneName(key) == oneName(s.registry) && !s.looksFor(key) && file.Auths[key] != (containersEntry{}) {
				out = append(out, Elsewhere{File: p.Path, Key: shownKey(key),
					Why: fmt.Sprintf("under the name %s; %s looks for %s", shownKey(key), s.answer.Client, s.key())})
			}
		}
	}
	return out
}

// key is the name by which the client looks for the registry's login.
func (s *search) key() string {
	switch s.answer.Rules {
	case Docker:
		return dockerKey(s.registry)
	case Crane:
		return dockerKey(craneKey(s.registry))
	}
	return s.registry
}

// looksFor tells a key that the client does look for, as it is or as a URL of the name: whatever
// keeps the client from using it, the name does not.
func (s *search) looksFor(key string) bool {
	host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(key, "http://"), "https://"), "/")
	return key == s.key() || host == s.key()
}

// hubNames are what people log in to for Docker Hub; docker itself knows the first two
// (https://github.com/docker/cli/blob/v28.5.2/cli/config/configfile/file.go, getAuthConfigKey).
var hubNames = []string{"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "hub.docker.com"}

// oneName gives all names of one registry the same one: without a scheme, the path of the API
// and the port of TLS. A path that is no API's stays: a login may be for a part of a registry.
func oneName(key string) string {
	host, rest, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(key), "http://"), "https://"), "/")
	host = strings.TrimSuffix(host, ":443")
	if slices.Contains(hubNames, host) {
		host = hubNames[0]
	}
	switch strings.TrimSuffix(rest, "/") {
	case "", "v1", "v2":
		return host
	}
	return host + "/" + rest
}
