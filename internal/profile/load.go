package profile

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/hint"
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

// dir holds the built-in profiles, a file for each, named as the profile.
const dir = "data"

// BuiltIn returns the profiles that need no file: the default first, then by their
// order and name. Their hosts are shared: read them only.
func BuiltIn() []Profile { return slices.Clip(builtIns()) }

// builtIns are read once: the files take some ten milliseconds.
var builtIns = sync.OnceValue(func() []Profile {
	entries, err := data.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []Profile
	for _, e := range entries {
		if p, err := builtIn(strings.TrimSuffix(e.Name(), ".yaml")); err == nil {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b Profile) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Name, b.Name)) })
	return out
})

// Names returns the names of the built-in profiles, in their order.
func Names() []string {
	var out []string
	for _, p := range BuiltIn() {
		out = append(out, p.Name)
	}
	return out
}

// IsBuiltIn reports whether a text names a built-in profile, or several of them.
func IsBuiltIn(names string) bool {
	known := Names()
	return !slices.ContainsFunc(strings.Split(names, Separator), func(one string) bool { return !slices.Contains(known, one) })
}

func builtIn(name string) (Profile, error) {
	text, err := data.ReadFile(path.Join(dir, name+".yaml"))
	if err != nil {
		return Profile{}, err
	}
	return Parse(text)
}

// Default is the profile of a run that names none.
const Default = "redhat"

// maxProfile bounds a file, in bytes: a thousand hosts have about 200 KiB.
const maxProfile = 1 << 20

// Load returns a built-in profile by its name, or reads a YAML file. Of several, with
// commas between them, it returns the hosts of all ([Merge]).
func Load(nameOrFile string) (Profile, error) {
	if strings.Contains(nameOrFile, Separator) {
		if _, err := os.Stat(nameOrFile); err != nil { // no file has this name
			return loadEach(strings.Split(nameOrFile, Separator))
		}
	}
	return loadOne(nameOrFile)
}

func loadOne(nameOrFile string) (Profile, error) {
	if p, err := builtIn(nameOrFile); err == nil {
		return p, nil
	}
	text, err := userfile.Read(nameOrFile, maxProfile)
	var large *userfile.TooLarge
	var reason *fs.PathError
	switch {
	case errors.As(err, &large):
		return Profile{}, fmt.Errorf("profile %s: %w", nameOrFile, err)
	case errors.As(err, &reason):
		return Profile{}, hint.New(fmt.Sprintf("profile %q is neither built in (%s) nor a readable file: %v", nameOrFile,
			strings.Join(Names(), ", "), reason.Err), hint.DidYouMean(nameOrFile, Names()))
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
	if _, err := time.Parse(time.DateOnly, p.SourcesSeen); err != nil && p.SourcesSeen != "" {
		return Profile{}, &strictyaml.Error{Line: strictyaml.Line(text, "$.sources_seen"),
			Err: fmt.Errorf("sources_seen: %q is not a day of the form 2026-01-31", p.SourcesSeen)}
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
		return Profile{}, &strictyaml.Error{Line: strictyaml.Line(text, "$.login"),
			Err: fmt.Errorf("login: %q is not a registry of the list", p.Login)}
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

// problem returns what is wrong with a host, in words; empty for nothing.
func (h *Host) problem() string {
	roles := []evidence.Role{evidence.Registry, evidence.Auth, evidence.Blob, evidence.Service}
	switch {
	case !hostForm.MatchString(h.Host) && (h.Walkable() || !patternForm.MatchString(h.Host)):
		return fmt.Sprintf("%q is not a host name", h.Host)
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
