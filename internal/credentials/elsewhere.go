package credentials

import (
	"fmt"
	"path"
	"strings"
)

// candidate is a file in which a login may have been put.
type candidate struct {
	storeFile
	// owner is the user whose file it is, empty for a file of no user.
	owner string
}

// candidates returns the places where podman, docker and a kubelet of any user of
// this host keep logins (containers-auth.json(5); docker login; kubelet
// --root-dir). "podman login" under sudo writes root's, "sudo podman pull" reads
// it (containers/podman#19307, #5405).
func (h Host) candidates() []candidate {
	type places struct{}
	out, _ := remembered(h, places{}, func() ([]candidate, error) { return h.candidatesAnew(), nil })
	return out
}

func (h Host) candidatesAnew() []candidate {
	own := h.ownerOf(h.Home)
	var out []candidate
	for _, f := range []storeFile{
		{path: fmt.Sprintf("/run/user/%d/containers/auth.json", h.UID)}, {path: fmt.Sprintf("/run/containers/%d/auth.json", h.UID)},
		{path: path.Join(h.Home, ".config/containers/auth.json")}, {path: path.Join(h.Home, ".docker/config.json")},
		{path: path.Join(h.Home, ".dockercfg"), legacy: true}} {
		out = append(out, candidate{f, own})
	}
	for _, pattern := range []string{"/run/containers/*/auth.json", "/run/user/*/containers/auth.json"} {
		for _, name := range h.Root.Glob(pattern) {
			out = append(out, candidate{storeFile{path: name}, "user " + uidIn(name)})
		}
	}
	for _, home := range append([]string{"/root"}, h.Root.Glob("/home/*")...) {
		for _, name := range []string{".config/containers/auth.json", ".docker/config.json"} {
			out = append(out, candidate{storeFile{path: path.Join(home, name)}, h.ownerOf(home)})
		}
	}
	return append(out, candidate{storeFile{path: "/var/lib/kubelet/config.json"}, "kubelet"})
}

func (h Host) ownerOf(home string) string { return path.Base(home) }

// uidIn returns the number in /run/user/1000/… and /run/containers/0/….
func uidIn(name string) string {
	parts := strings.Split(name, "/")
	return parts[min(3, len(parts)-1)]
}

// whyNot returns why the client does not read a file.
func (s *search) whyNot(c candidate) string {
	h := s.host
	runtime := strings.HasPrefix(c.path, fmt.Sprintf("/run/user/%d/", h.UID))
	switch {
	case c.owner != h.ownerOf(h.Home) && c.owner != fmt.Sprintf("user %d", h.UID):
		return "a login of " + c.owner + ", not of this user"
	case runtime && h.env("XDG_RUNTIME_DIR") == "":
		return "XDG_RUNTIME_DIR is not set here, as under su, sudo and cron, so the runtime directory is not looked at"
	case runtime:
		return "XDG_RUNTIME_DIR names another directory"
	case h.env("REGISTRY_AUTH_FILE") != "":
		return "REGISTRY_AUTH_FILE names another file, and no other is read"
	case h.env("DOCKER_CONFIG") != "":
		return "DOCKER_CONFIG names another directory"
	}
	return s.answer.Client + " does not read this file"
}
