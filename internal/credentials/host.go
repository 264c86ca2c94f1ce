package credentials

import (
	"context"
	"path"
	"slices"
	"strings"

	"pullpath/internal/settings"
)

// Host is where stored logins are looked for.
type Host struct {
	Root *settings.Root
	// Getenv is the client's environment.
	Getenv func(name string) string
	// Home is the home directory of the user, UID the user's number.
	Home string
	UID  int
	// Dir is the working directory.
	Dir string
	// Linux means that the runtime directory is the first place of podman's login;
	// elsewhere it is in the home directory.
	Linux bool
	// AuthFile is --authfile: the one file to read, empty for the client's own order.
	AuthFile string
	// Helpers runs credential helpers; nil where none may be run.
	Helpers Helpers
	memo    memo
}

// Place is one file that was looked at, or the variable DOCKER_AUTH_CONFIG.
type Place struct {
	Path string
	// State says what was found there, in a few words.
	State string
}

// Origin is where a login stands.
type Origin struct {
	// File is the path, or the variable that holds it.
	File string
	// Key is the entry of the file that matched, as it may be shown.
	Key string
	// Helper is the program that gave the login, without docker-credential-.
	Helper string
	// Why says why this one counts.
	Why string
}

// Answer is what a client finds stored for one registry.
type Answer struct {
	// Registry is the host, host:port or repository that was looked up.
	Registry string
	// Client is the tool, Rules whose rules it follows.
	Client, Rules string
	// Login is empty where nothing was found.
	Login  Login
	Origin Origin
	// Stopped says why the client gives up before it sends anything; Cause is the
	// code of the remark that it is about.
	Stopped string
	Cause   settings.Code
	// Places are what the client looked at, in its order.
	Places []Place
	// Elsewhere are logins for the registry that the client does not see, in files that
	// it does not read or under names that it does not look for.
	Elsewhere []Elsewhere
	// Remarks are facts about the files and the login.
	Remarks []settings.Remark
}

// Find looks a registry up as a tool would: the name of a repository
// ("quay.io/org/image") or of a registry ("registry.example:5000"). A tool that
// reads no store finds no login.
func (h Host) Find(ctx context.Context, r Reader, name string) Answer {
	a := Answer{Registry: name, Client: r.Client, Rules: r.Rules}
	if a.Rules == "" {
		return a
	}
	s := &search{host: h, reader: r, ctx: ctx, answer: &a, name: name, registry: registryOf(name)}
	switch a.Rules {
	case Containers:
		s.containers()
	case Docker:
		s.docker()
	case Crane:
		s.crane()
	}
	a.Remarks = append(a.Remarks, s.aboutFiles()...)
	if !a.Login.Empty() {
		a.Remarks = append(a.Remarks, Judge(s.registry, a.Login, a.Origin.File)...)
		a.Remarks = append(a.Remarks, s.disagreements()...)
	} else if a.Stopped == "" {
		a.Elsewhere = s.elsewhere()
	}
	return a
}

// The rules by which stores are read.
const (
	Containers = "containers/image"
	Docker     = "docker/cli"
	Crane      = "go-containerregistry"
)

// Reader is how one client reads its stored logins.
type Reader struct {
	// Client is the client's name, for what is said of it.
	Client string
	// Rules are those by which it reads; empty for a client that reads no store.
	Rules string
	// NoDockerConfig tells that DOCKER_CONFIG does not name the one file to read.
	NoDockerConfig bool
	// File, where set, finds the one file that the client's own configuration names,
	// empty for none. Variables then name no file.
	File func(*settings.Root) string
}

// search is one look-up under way.
type search struct {
	host   Host
	reader Reader
	ctx    context.Context
	answer *Answer
	// name is what was asked for, registry its host.
	name, registry string
	// failure is what became of the helper, where [Answer.Cause] is HelperFailed.
	failure settings.Remark
}

// registryOf returns the first part of a repository's name.
func registryOf(name string) string {
	registry, _, _ := strings.Cut(name, "/")
	return registry
}

// use ends the look-up with a login.
func (s *search) use(l Login, o Origin) {
	o.Key = shownKey(o.Key)
	s.answer.Login, s.answer.Origin = l, o
}

// stop ends the look-up as the client does: with an error, before any request.
func (s *search) stop(code settings.Code, text string) {
	s.answer.Stopped, s.answer.Cause = text, code
}

// loginFound begins the state of a place that had a login.
const loginFound = "login found"

// at remembers a place that was looked at. A login that is found there by a second
// key counts over one that was missed by the first.
func (s *search) at(path, state string) {
	i := slices.IndexFunc(s.answer.Places, func(p Place) bool { return p.Path == path })
	switch {
	case i < 0:
		s.answer.Places = append(s.answer.Places, Place{path, state})
	case strings.HasPrefix(state, loginFound):
		s.answer.Places[i].State = state
	}
}

// env returns a variable of the client's environment.
func (h Host) env(name string) string {
	if h.Getenv == nil {
		return ""
	}
	return h.Getenv(name)
}

// path returns a variable that holds a path; one that is not absolute begins in the
// working directory.
func (h Host) path(name string) string {
	value := h.env(name)
	if value == "" || path.IsAbs(value) {
		return value
	}
	return path.Join(h.Dir, value)
}

// configHome returns where a user's configuration lies (XDG base directory
// specification).
func (h Host) configHome() string {
	if dir := h.path("XDG_CONFIG_HOME"); dir != "" {
		return dir
	}
	return path.Join(h.Home, ".config")
}

// dockerConfig returns the docker client's file.
func (h Host) dockerConfig() string {
	if dir := h.path("DOCKER_CONFIG"); dir != "" {
		return path.Join(dir, "config.json")
	}
	return path.Join(h.Home, ".docker/config.json")
}
