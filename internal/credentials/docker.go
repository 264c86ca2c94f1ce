package credentials

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
)

// dockerEntry is one login in docker's config.json (docker/cli,
// cli/config/types, AuthConfig).
type dockerEntry struct {
	Username      string `json:"username,omitempty"`
	Password      string `json:"password,omitempty"`
	Auth          string `json:"auth,omitempty"`
	ServerAddress string `json:"serveraddress,omitempty"`
	IdentityToken string `json:"identitytoken,omitempty"`
	RegistryToken string `json:"registrytoken,omitempty"`
}

// dockerFile is config.json with every field that the client decodes: one of a
// wrong type makes it refuse the file (docker/cli, cli/config/configfile,
// ConfigFile; docker/cli#4501).
type dockerFile struct {
	Auths          map[string]dockerEntry       `json:"auths"`
	HTTPHeaders    map[string]string            `json:"HttpHeaders,omitempty"`
	PsFormat       string                       `json:"psFormat,omitempty"`
	ImagesFormat   string                       `json:"imagesFormat,omitempty"`
	NetworksFormat string                       `json:"networksFormat,omitempty"`
	PluginsFormat  string                       `json:"pluginsFormat,omitempty"`
	VolumesFormat  string                       `json:"volumesFormat,omitempty"`
	StatsFormat    string                       `json:"statsFormat,omitempty"`
	DetachKeys     string                       `json:"detachKeys,omitempty"`
	Store          string                       `json:"credsStore,omitempty"`
	Helpers        map[string]string            `json:"credHelpers,omitempty"`
	InspectFormat  string                       `json:"serviceInspectFormat,omitempty"`
	ServicesFormat string                       `json:"servicesFormat,omitempty"`
	TasksFormat    string                       `json:"tasksFormat,omitempty"`
	SecretFormat   string                       `json:"secretFormat,omitempty"`
	ConfigFormat   string                       `json:"configFormat,omitempty"`
	NodesFormat    string                       `json:"nodesFormat,omitempty"`
	PruneFilters   []string                     `json:"pruneFilters,omitempty"`
	Proxies        map[string]dockerProxy       `json:"proxies,omitempty"`
	CurrentContext string                       `json:"currentContext,omitempty"`
	PluginDirs     []string                     `json:"cliPluginsExtraDirs,omitempty"`
	Plugins        map[string]map[string]string `json:"plugins,omitempty"`
	Aliases        map[string]string            `json:"aliases,omitempty"`
	Features       map[string]string            `json:"features,omitempty"`
}

type dockerProxy struct {
	HTTP    string `json:"httpProxy,omitempty"`
	HTTPS   string `json:"httpsProxy,omitempty"`
	NoProxy string `json:"noProxy,omitempty"`
	FTP     string `json:"ftpProxy,omitempty"`
	All     string `json:"allProxy,omitempty"`
}

// dockerProblem is a file that docker refuses, as a whole.
type dockerProblem struct {
	// entry is the key of the entry that is to blame, empty for the file itself.
	entry string
	text  string
}

func (p *dockerProblem) Error() string { return p.text }

// readDocker reads a config.json as docker does: its first JSON document, every
// entry of which must decode. An empty file is one without logins.
func (h Host) readDocker(name string) (dockerFile, error) {
	type docker string
	return remembered(h, docker(name), func() (dockerFile, error) { return h.readDockerAnew(name) })
}

func (h Host) readDockerAnew(name string) (dockerFile, error) {
	data, err := h.Root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return dockerFile{}, errNoFile
	}
	if err != nil {
		return dockerFile{}, &dockerProblem{text: "cannot be read"}
	}
	return decodeDocker(data)
}

func decodeDocker(data []byte) (dockerFile, error) {
	var out dockerFile
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&out); err != nil && !errors.Is(err, io.EOF) {
		return out, &dockerProblem{text: jsonProblem(err)}
	}
	for _, key := range slices.Sorted(maps.Keys(out.Auths)) {
		e := out.Auths[key]
		if e.Auth != "" {
			var ok bool
			if e.Username, e.Password, ok = decodeDockerAuth(e.Auth); !ok {
				return out, &dockerProblem{entry: key, text: "the auth value of " + shownKey(key) + " cannot be decoded"}
			}
		}
		out.Auths[key] = e
	}
	return out, nil
}

// decodeDockerAuth takes an auth value apart (configfile/file.go, decodeAuth):
// a name must be there.
func decodeDockerAuth(auth string) (user, password string, ok bool) {
	decoded, err := base64.StdEncoding.DecodeString(auth)
	if err != nil {
		return "", "", false
	}
	user, password, ok = strings.Cut(string(decoded), ":")
	return user, strings.Trim(password, "\x00"), ok && user != ""
}

// login makes one of an entry; of several secrets the registry token counts
// before the identity token, and both before the password (moby,
// daemon/pkg/registry/auth.go).
func (e dockerEntry) login() Login {
	switch {
	case e.RegistryToken != "":
		return NewLogin(RegistryToken, e.Username, e.RegistryToken)
	case e.IdentityToken != "":
		return NewLogin(IdentityToken, e.Username, e.IdentityToken)
	case e.Username != "" || e.Password != "":
		return NewLogin(Password, e.Username, e.Password)
	}
	return Login{}
}

// docker looks the registry up as docker/cli does.
func (s *search) docker() {
	name := s.host.dockerConfig()
	if s.host.AuthFile != "" {
		name = s.host.AuthFile
	}
	file, err := s.host.readDocker(name)
	if !s.readable(name, err) {
		return
	}
	if file.Store == "" && len(file.Helpers) == 0 && len(file.Auths) == 0 && s.host.AuthFile == "" {
		file.Store = s.host.defaultStore()
	}
	s.inDocker(name, file, s.registry)
	if s.answer.Login.Empty() && s.answer.Stopped == "" && err == nil {
		s.at(name, "no login for "+s.registry)
	}
}

// readable reports whether docker goes on with a file; one that is not there is
// an empty one.
func (s *search) readable(name string, err error) bool {
	var problem *dockerProblem
	switch {
	case err == nil:
		return true
	case errors.Is(err, errNoFile):
		s.at(name, err.Error())
		return true
	case errors.As(err, &problem) && problem.entry != "":
		s.stop(EntryBroken, fmt.Sprintf("parsing config file (%s): %s", name, err))
	default:
		s.stop(FileBroken, fmt.Sprintf("parsing config file (%s): %s", name, err))
	}
	s.at(name, err.Error())
	return false
}

// indexKey is the entry of Docker Hub, for historical reasons a URL.
const indexKey = "https://index.docker.io/v1/"

// dockerKey returns the entry of a registry (configfile, getAuthConfigKey).
func dockerKey(registry string) string {
	if registry == "docker.io" || registry == "index.docker.io" {
		return indexKey
	}
	return registry
}

// inDocker asks, in this order, the variable DOCKER_AUTH_CONFIG, the helper of
// the registry, the store of all others, and the entries of the file
// (configfile, GetCredentialsStore). It reports whether there is an answer.
func (s *search) inDocker(name string, file dockerFile, registry string) bool {
	key := dockerKey(registry)
	variable := s.inVariable()
	if e, ok := variable[key]; ok {
		s.at(authVariable, loginFound)
		s.use(e.login(), Origin{File: authVariable, Key: key, Why: "the variable comes before the file"})
		return true
	}
	if variable != nil {
		s.at(authVariable, "no login for "+s.registry)
	}
	helper, why := file.Store, "credsStore of the file"
	if own, ok := file.Helpers[key]; ok {
		helper, why = own, "credHelpers of the file"
	}
	e, at := dockerLookup(file, key)
	if helper != "" {
		found := s.askHelper(helper, key, Origin{File: name, Key: key, Why: why})
		if e.RegistryToken != "" && s.answer.Stopped == "" {
			s.use(NewLogin(RegistryToken, s.answer.Login.User, e.RegistryToken),
				Origin{File: name, Key: at, Why: "the entry's registry token counts beside " + why})
			return true
		}
		return found
	}
	l := e.login()
	if l.Empty() {
		return false
	}
	s.at(name, loginFound)
	s.use(l, Origin{File: name, Key: at, Why: "the client's one file"})
	return true
}

// dockerLookup finds the entry of a key, or the first whose key has its host
// (credentials/file_store.go, Get).
func dockerLookup(file dockerFile, key string) (dockerEntry, string) {
	if e, ok := file.Auths[key]; ok {
		return e, key
	}
	for _, other := range slices.Sorted(maps.Keys(file.Auths)) {
		if hostOfKey(other) == key {
			return file.Auths[other], other
		}
	}
	return dockerEntry{}, ""
}

// hostOfKey makes a host of a key (credentials/file_store.go, ConvertToHostname).
func hostOfKey(key string) string {
	if strings.Contains(key, "://") {
		if u, err := url.Parse(key); err == nil && u.Hostname() != "" {
			if u.Port() == "" {
				return u.Hostname()
			}
			return net.JoinHostPort(u.Hostname(), u.Port())
		}
		_, key, _ = strings.Cut(key, "://")
	}
	host, _, _ := strings.Cut(key, "/")
	return host
}

// authVariable holds logins as JSON (docker/cli since 28.3, DockerEnvConfigKey).
const authVariable = "DOCKER_AUTH_CONFIG"

// inVariable decodes DOCKER_AUTH_CONFIG, which knows auths with auth and nothing
// else; docker passes over one that does not hold to that (parseEnvConfig).
func (s *search) inVariable() map[string]dockerEntry {
	text := s.host.env(authVariable)
	if text == "" || s.host.AuthFile != "" {
		return nil
	}
	var doc struct {
		Auths map[string]struct {
			Auth string `json:"auth"`
		} `json:"auths"`
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(&doc)
	if err != nil && !errors.Is(err, io.EOF) || d.More() {
		s.at(authVariable, "not of the form that docker takes; passed over")
		return nil
	}
	out := map[string]dockerEntry{}
	for _, key := range slices.Sorted(maps.Keys(doc.Auths)) {
		user, password, ok := decodeDockerAuth(doc.Auths[key].Auth)
		if !ok {
			s.at(authVariable, "the auth value of "+shownKey(key)+" cannot be decoded; passed over")
			return nil
		}
		out[key] = dockerEntry{Username: user, Password: password}
	}
	return out
}

// defaultStore returns the helper that docker takes where nothing is configured: on
// Linux pass, else secretservice, where installed (credentials/default_store.go).
func (h Host) defaultStore() string {
	if h.Helpers == nil || !h.Linux {
		return ""
	}
	store := "secretservice"
	if h.Helpers.Installed("pass") {
		store = "pass"
	}
	if h.Helpers.Installed(helperPrefix + store) {
		return store
	}
	return ""
}
