package credentials

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"pullpath/internal/settings"
)

// storeFile is a file in podman's order.
type storeFile struct {
	path string
	// legacy is .dockercfg: the entries stand at the top.
	legacy bool
	// missing means that the directory of XDG_RUNTIME_DIR is not there.
	missing bool
}

// containersFiles returns the files in the order of containers/image
// (pkg/docker/config/config.go, getAuthFilePaths). podman's REGISTRY_AUTH_FILE
// and DOCKER_CONFIG name the one file to read (containers/common,
// pkg/auth/auth.go, GetDefaultAuthFile); skopeo takes the first of the two, CRI-O
// has a setting of its own instead.
func (h Host) containersFiles(r Reader) []storeFile {
	switch {
	case h.AuthFile != "":
		return []storeFile{{path: h.AuthFile}}
	case r.File != nil:
		if f := r.File(h.Root); f != "" {
			return []storeFile{{path: f}}
		}
	case h.env("REGISTRY_AUTH_FILE") != "":
		return []storeFile{{path: h.path("REGISTRY_AUTH_FILE")}}
	case h.env("DOCKER_CONFIG") != "" && !r.NoDockerConfig:
		return []storeFile{{path: h.dockerConfig()}}
	}
	return []storeFile{h.runtimeFile(), {path: path.Join(h.configHome(), "containers/auth.json")},
		{path: h.dockerConfig()}, {path: path.Join(h.Home, ".dockercfg"), legacy: true}}
}

// runtimeFile returns where podman login writes: below the runtime directory, which
// lasts as long as the user is logged in.
func (h Host) runtimeFile() storeFile {
	dir := h.path("XDG_RUNTIME_DIR")
	switch {
	case !h.Linux:
		return storeFile{path: path.Join(h.Home, ".config/containers/auth.json")}
	case dir == "":
		return storeFile{path: fmt.Sprintf("/run/containers/%d/auth.json", h.UID)}
	}
	type existing string
	there, _ := remembered(h, existing(dir), func() (bool, error) { return h.Root.Exists(dir), nil })
	return storeFile{path: path.Join(dir, "containers/auth.json"), missing: !there}
}

// containersEntry and containersFile are what containers/image decodes.
type containersEntry struct {
	Auth          string `json:"auth,omitempty"`
	IdentityToken string `json:"identitytoken,omitempty"`
}

type containersFile struct {
	Auths   map[string]containersEntry `json:"auths"`
	Helpers map[string]string          `json:"credHelpers,omitempty"`
}

var errNoFile = errors.New("no such file")

// readContainers reads a file as containers/image does: the whole of it must be
// one JSON document.
func (h Host) readContainers(f storeFile) (containersFile, error) {
	return remembered(h, f, func() (containersFile, error) { return h.readContainersAnew(f) })
}

func (h Host) readContainersAnew(f storeFile) (containersFile, error) {
	data, err := h.Root.ReadFile(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return containersFile{}, errNoFile
	case err != nil:
		return containersFile{}, errors.New("cannot be read")
	}
	return decodeContainers(data, f.legacy)
}

func decodeContainers(data []byte, legacy bool) (containersFile, error) {
	var out containersFile
	var err error
	if legacy {
		err = json.Unmarshal(data, &out.Auths)
	} else {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		return out, errors.New(jsonProblem(err))
	}
	return out, nil
}

// helpersOfConf is the key of what registries.conf says.
type helpersOfConf struct{}

// containers asks the helpers of registries.conf, the auth files among them, in
// their order, until one has a login. What failed on the way counts only where
// none has (pkg/docker/config/config.go, getCredentialsWithHomeDir).
func (s *search) containers() {
	type configured struct {
		helpers []string
		file    string
	}
	of, _ := remembered(s.host, helpersOfConf{}, func() (configured, error) {
		helpers, file := settings.CredentialHelpers(s.host.Root, s.host.Home, s.host.path("CONTAINERS_REGISTRIES_CONF"))
		return configured{helpers, file}, nil
	})
	helpers, conf := of.helpers, of.file
	if len(helpers) == 0 {
		helpers = []string{authFiles}
	}
	for _, helper := range helpers {
		if helper == authFiles {
			s.inFiles()
		} else {
			s.askHelper(helper, s.registry, Origin{File: conf, Key: s.registry, Why: "credential-helpers of registries.conf"})
		}
		if !s.answer.Login.Empty() {
			s.answer.Stopped, s.answer.Cause = "", ""
			return
		}
	}
}

// authFiles is the name of the auth files among the helpers of registries.conf
// (sysregistriesv2, AuthenticationFileHelper).
const authFiles = "containers-auth.json"

// inFiles looks the name up in every file until one has a login. A file that
// cannot be read ends it, and so does an entry that cannot be decoded.
func (s *search) inFiles() {
	for i, f := range s.host.containersFiles(s.reader) {
		if f.missing {
			s.at(f.path, "the directory of XDG_RUNTIME_DIR does not exist")
			continue
		}
		file, err := s.host.readContainers(f)
		if errors.Is(err, errNoFile) {
			s.at(f.path, err.Error())
			continue
		}
		if err != nil {
			s.at(f.path, err.Error())
			s.stop(FileBroken, fmt.Sprintf("reading JSON file %s: %s", f.path, err))
			return
		}
		if s.inContainers(f, file, why(f, i)) || s.answer.Stopped != "" {
			return
		}
		s.at(f.path, "no login for "+s.registry)
	}
}

// inContainers looks into one file: its helper for the registry, the keys from
// the most specific one, and last the keys that are written as URLs.
func (s *search) inContainers(f storeFile, file containersFile, why string) bool {
	if helper, ok := file.Helpers[s.registry]; ok {
		return s.askHelper(helper, s.registry, Origin{File: f.path, Key: s.registry, Why: "credHelpers of " + why})
	}
	for _, key := range lookupOrder(s.name, s.registry, f.legacy) {
		if e, ok := file.Auths[key]; ok {
			return s.takeContainers(f, key, e, why)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(file.Auths)) {
		if normalKey(key, f.legacy) == normalRegistry(s.registry) {
			return s.takeContainers(f, key, file.Auths[key], why+", by the host in its key")
		}
	}
	return false
}

// takeContainers decodes an entry. One without a colon is passed over.
func (s *search) takeContainers(f storeFile, key string, e containersEntry, why string) bool {
	decoded, err := base64.StdEncoding.DecodeString(e.Auth)
	if err != nil {
		s.at(f.path, "the auth value of "+shownKey(key)+" is not base64")
		s.stop(EntryBroken, fmt.Sprintf("the auth value of %s in %s is not base64", shownKey(key), f.path))
		return false
	}
	user, password, ok := strings.Cut(string(decoded), ":")
	if !ok {
		return false
	}
	l := NewLogin(Password, user, strings.Trim(password, "\x00"))
	if e.IdentityToken != "" {
		l = NewLogin(IdentityToken, user, e.IdentityToken)
	}
	if s.name != key && strings.Contains(key, "/") && !strings.Contains(key, "://") || key == s.name && key != s.registry {
		why += ", the most specific key"
	}
	s.at(f.path, loginFound)
	s.use(l, Origin{File: f.path, Key: key, Why: why})
	return true
}

// lookupOrder returns the keys for a name, the most specific first; .dockercfg knows
// hosts only (authKeyLookupOrder).
func lookupOrder(name, registry string, legacy bool) []string {
	if legacy {
		return []string{registry}
	}
	var out []string
	for {
		out = append(out, name)
		i := strings.LastIndex(name, "/")
		if i < 0 {
			return out
		}
		name = name[:i]
	}
}

// normalKey makes a host of a key (normalizeAuthFileKey): URLs lose scheme and
// path, other keys their path only in the legacy file.
func normalKey(key string, legacy bool) string {
	stripped := strings.TrimPrefix(strings.TrimPrefix(key, "http://"), "https://")
	if legacy || stripped != key {
		stripped, _, _ = strings.Cut(stripped, "/")
	}
	return normalRegistry(stripped)
}

// normalRegistry gives Docker Hub its one name (normalizeRegistry).
func normalRegistry(registry string) string {
	if registry == "registry-1.docker.io" || registry == "docker.io" {
		return "index.docker.io"
	}
	return registry
}

// why names a file by its turn. The runtime directory is emptied when its user's
// last session ends (pam_systemd(8)), and with it the login.
func why(f storeFile, i int) string {
	turn := turn(i)
	if strings.HasPrefix(f.path, "/run/") {
		turn += ", which is lost at logout or restart"
	}
	return turn
}

func turn(i int) string {
	return []string{"the first file in its order", "the second file in its order", "the third file in its order",
		"the last file in its order"}[min(i, 3)]
}
