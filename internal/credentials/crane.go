package credentials

import (
	"path"
)

// crane looks a repository up as go-containerregistry does (pkg/authn,
// defaultKeychain.ResolveContext): docker's file where there is one, else the
// first of podman's; the repository's own entry first, then the registry's.
func (s *search) crane() {
	name, ok := s.craneFile()
	if !ok {
		return
	}
	file, err := s.host.readDocker(name)
	if !s.readable(name, err) {
		return
	}
	keys := []string{s.name, s.registry}
	if s.name == s.registry {
		keys = keys[:1]
	}
	for _, key := range keys {
		if s.inDocker(name, file, craneKey(key)) || s.answer.Stopped != "" {
			return
		}
	}
	if err == nil {
		s.at(name, "no login for "+s.registry)
	}
}

// craneKey gives Docker Hub the name that go-containerregistry knows it by.
func craneKey(key string) string {
	if key == "docker.io" {
		return "index.docker.io"
	}
	return key
}

// craneFile returns the one file that is read. podman's are only looked for where
// docker has none.
func (s *search) craneFile() (string, bool) {
	h := s.host
	own := path.Join(h.Home, ".docker/config.json")
	switch {
	case h.AuthFile != "":
		return h.AuthFile, true
	case h.isFile(own), h.env("DOCKER_CONFIG") != "" && h.isFile(h.dockerConfig()):
		return h.dockerConfig(), true
	}
	s.at(h.dockerConfig(), errNoFile.Error())
	others := []string{}
	if f := h.path("REGISTRY_AUTH_FILE"); f != "" {
		others = append(others, f)
	}
	if dir := h.path("XDG_RUNTIME_DIR"); dir != "" {
		others = append(others, path.Join(dir, "containers/auth.json"))
	}
	for _, f := range append(others, path.Join(h.configHome(), "containers/auth.json")) {
		if h.isFile(f) {
			return f, true
		}
		s.at(f, errNoFile.Error())
	}
	return "", false
}

// isFile reports whether a path leads to something that can be read as a file.
func (h Host) isFile(name string) bool {
	type file string
	is, _ := remembered(h, file(name), func() (bool, error) { return h.Root.IsFile(name), nil })
	return is
}
