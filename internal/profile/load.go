package profile

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/strictyaml"
	"pullpath/internal/userfile"
)

//go:embed data/*.yaml
var data embed.FS

// Protocols of a host.
const (
	tcp = "tcp"
	udp = "udp"
)

// Names lists the profiles that need no file, the default first.
func Names() []string { return []string{"redhat", "quay", "docker", "ghcr", "openshift"} }

// BuiltIn returns the profiles that need no file, in the order of Names.
func BuiltIn() []Profile {
	var out []Profile
	for _, name := range Names() {
		if p, err := builtIn(name); err == nil {
			out = append(out, p)
		}
	}
	return out
}

func builtIn(name string) (Profile, error) {
	text, err := data.ReadFile("data/" + name + ".yaml")
	if err != nil {
		return Profile{}, err
	}
	return Parse(text)
}

// maxProfile bounds a file, in bytes: a thousand hosts have some 200 KiB.
const maxProfile = 1 << 20

// Load returns a built-in profile by its name, or reads a YAML file.
func Load(nameOrFile string) (Profile, error) {
	if slices.Contains(Names(), nameOrFile) {
		return builtIn(nameOrFile)
	}
	text, err := userfile.Read(nameOrFile, maxProfile)
	var large *userfile.TooLarge
	var reason *fs.PathError
	switch {
	case errors.As(err, &large):
		return Profile{}, fmt.Errorf("profile %s: %w", nameOrFile, err)
	case errors.As(err, &reason):
		return Profile{}, fmt.Errorf("profile %q is neither built in (%s) nor a readable file: %w", nameOrFile, strings.Join(Names(), ", "), reason.Err)
	case err != nil:
		return Profile{}, fmt.Errorf("profile %s: %w", nameOrFile, err)
	}
	p, err := Parse(text)
	if err != nil {
		return Profile{}, fmt.Errorf("profile %s: %w", nameOrFile, err)
	}
	p.Name = cmp.Or(p.Name, filepath.Base(nameOrFile))
	if p.CA != "" && !filepath.IsAbs(p.CA) {
		p.CA = filepath.Join(filepath.Dir(nameOrFile), p.CA)
	}
	return p, nil
}

// Parse reads a profile and checks it. A key that it does not know is an error;
// every error names the line.
func Parse(text []byte) (Profile, error) {
	var p Profile
	if err := strictyaml.Decode(text, &p); err != nil {
		return Profile{}, err
	}
	if len(p.Hosts) == 0 {
		return Profile{}, errors.New("no hosts")
	}
	seen := map[string]bool{}
	for i := range p.Hosts {
		h := &p.Hosts[i]
		h.complete()
		wrong := h.problem()
		if id := fmt.Sprintf("%s:%d", strings.ToLower(h.Host), h.Port); wrong == "" && seen[id] {
			wrong = "host " + id + " is there twice"
		} else {
			seen[id] = true
		}
		if wrong != "" {
			return Profile{}, &strictyaml.Error{Line: strictyaml.Line(text, fmt.Sprintf("$.hosts[%d].host", i)), Err: errors.New(wrong)}
		}
	}
	if p.Login != "" && !slices.ContainsFunc(p.Hosts, func(h Host) bool {
		return h.Role == evidence.Registry && strings.EqualFold(h.Host, p.Login)
	}) {
		return Profile{}, &strictyaml.Error{Line: strictyaml.Line(text, "$.login"), Err: fmt.Errorf("login: %q is no registry of the list", p.Login)}
	}
	return p, nil
}

func (h *Host) complete() {
	if h.Port == 0 {
		h.Port = 443
	}
	h.Protocol = cmp.Or(h.Protocol, tcp)
}

var (
	hostForm    = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$`)
	patternForm = regexp.MustCompile(`^[A-Za-z0-9*<][A-Za-z0-9_.*<>-]*$`)
)

// problem is what is wrong with a host, in words; empty for nothing.
func (h *Host) problem() string {
	roles := []evidence.Role{evidence.Registry, evidence.Auth, evidence.Blob, evidence.Service}
	switch {
	case !hostForm.MatchString(h.Host) && (h.Walkable() || !patternForm.MatchString(h.Host)):
		return fmt.Sprintf("%q is no host name", h.Host)
	case h.Port < 1 || h.Port > 65535:
		return fmt.Sprintf("host %s: port %d is out of range", h.Host, h.Port)
	case h.Protocol != tcp && h.Protocol != udp:
		return fmt.Sprintf("host %s: protocol %q is neither tcp nor udp", h.Host, h.Protocol)
	case !slices.Contains(roles, h.Role):
		return fmt.Sprintf("host %s: role %q is none of registry, auth, blob, service", h.Host, h.Role)
	case h.Expect != nil && h.Role != evidence.Registry:
		return fmt.Sprintf("host %s: expect is for a registry", h.Host)
	}
	return ""
}
