package oracle

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pullpath/internal/credentials"
)

// The skopeo of this machine finds the name that our reader finds by podman's
// rules, or none where ours finds none. Its login command takes the file as
// podman's does (containers/common, pkg/auth, Login).
func TestSkopeoFindsTheSameName(t *testing.T) {
	skopeo, err := exec.LookPath("skopeo")
	switch {
	case err != nil && os.Getenv("CI") != "":
		t.Fatal(err)
	case err != nil:
		t.Skip(err)
	}
	for _, tr := range trees {
		t.Run(tr.name, func(t *testing.T) {
			home := plant(t, tr)
			for _, n := range tr.names() {
				got := ours(t, tr, home, "podman", n)
				if got.Kind == credentials.IdentityToken || strings.HasPrefix(n, "docker.io") {
					continue // skopeo names no token's user, and asks for Docker Hub by another name
				}
				if want, said := loginName(t, skopeo, tr, home, n); got.User != want || got.Error != strings.HasPrefix(said, "error") {
					t.Errorf("%s: we find %v, skopeo %q: %s", n, got, want, said)
				}
			}
		})
	}
}

// loginName returns what skopeo says who is logged in, and its complaint: "none" where
// it knows of nobody, or one that begins with "error".
func loginName(t *testing.T, skopeo string, tr tree, home, n string) (name, said string) {
	t.Helper()
	args := []string{"--registries-conf", filepath.Join(home, "registries.conf"), "login", "--get-login"}
	if tr.authFile != "" {
		args = append(args, "--authfile", filepath.Join(home, tr.authFile))
	}
	cmd := exec.Command(skopeo, append(args, n)...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	switch {
	case err == nil:
		return strings.TrimSpace(out.String()), ""
	case strings.Contains(complaint.String(), "not logged into"):
		return "", "none"
	}
	return "", "error: " + complaint.String()
}
