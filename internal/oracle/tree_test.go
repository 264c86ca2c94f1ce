package oracle

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	product "pullpath/internal/client"
	"pullpath/internal/credentials"
	"pullpath/internal/settings"
)

// tree is what a user has stored. Paths are below the user's home; in values and
// texts HOME stands for it.
type tree struct {
	name  string
	files map[string]string
	env   map[string]string
	// authFile is --authfile, read by podman alone.
	authFile string
	// ask are the names to look up; empty asks for basic.test.
	ask []string
}

func (t tree) names() []string {
	if t.ask == nil {
		return []string{"basic.test"}
	}
	return t.ask
}

// helpers are the credential helpers that are in PATH: each a shell script that
// is given the server on stdin.
var helpers = map[string]string{
	"good":  `printf '{"ServerURL":"%s","Username":"helped","Secret":"from-%s"}' "$server" "$server"`,
	"token": `printf '{"ServerURL":"%s","Username":"<token>","Secret":"identity-of-%s"}' "$server" "$server"`,
	"none":  `echo "credentials not found in native keychain"; exit 1`,
	"bad":   `echo "secret tool: cannot open keyring s3cr3t" >&2; exit 1`,
	"junk":  `echo "this is no JSON"`,
}

func basic(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}

// auths returns a config with entries of key and auth value, further ones raw.
func auths(pairs ...string) string {
	var out []string
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, fmt.Sprintf(`%q:{"auth":%q}`, pairs[i], pairs[i+1]))
	}
	return `{"auths":{` + strings.Join(out, ",") + `}}`
}

const (
	runtimeAuth = "run/containers/auth.json"
	configAuth  = ".config/containers/auth.json"
	dockerAuth  = ".docker/config.json"
	legacyAuth  = ".dockercfg"
)

// plant writes a tree and makes it the environment of this test's process.
func plant(t *testing.T, tr tree) (home string) {
	t.Helper()
	home = t.TempDir()
	bin := filepath.Join(home, "bin")
	write(t, filepath.Join(home, "run", ".keep"), "")
	if _, own := tr.files["registries.conf"]; !own {
		write(t, filepath.Join(home, "registries.conf"), "")
	}
	for name, body := range helpers {
		path := filepath.Join(bin, "docker-credential-"+name)
		write(t, path, "#!/bin/sh\nread -r server\n"+body+"\n")
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range tr.files {
		write(t, filepath.Join(home, name), text)
	}
	for _, name := range []string{"REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "DOCKER_AUTH_CONFIG", "XDG_CONFIG_HOME"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", home)
	t.Setenv("CONTAINERS_REGISTRIES_CONF", filepath.Join(home, "registries.conf"))
	t.Chdir(home)
	t.Setenv("XDG_RUNTIME_DIR", filepath.Join(home, "run"))
	t.Setenv("PATH", bin+":/usr/bin:/bin")
	for name, value := range tr.env {
		t.Setenv(name, strings.ReplaceAll(value, "HOME", home))
	}
	return home
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// found is what a reader makes of a tree for one name. Of an error only that
// there is one is compared: its words are the library's.
type found struct {
	Kind         credentials.Kind
	User, Secret string
	Error        bool
}

func (f found) String() string {
	if f.Error {
		return "an error"
	}
	return fmt.Sprintf("%q %q %q", f.Kind, f.User, f.Secret)
}

// ours asks the product.
func ours(t *testing.T, tr tree, home, tool, name string) found {
	t.Helper()
	root, err := settings.OpenRoot("/")
	if err != nil {
		t.Fatal(err)
	}
	h := credentials.Host{Root: root, Getenv: os.Getenv, Home: home, Dir: home, UID: os.Getuid(), Linux: true, Helpers: credentials.Programs{}}
	if tr.authFile != "" {
		h.AuthFile = filepath.Join(home, tr.authFile)
	}
	c, err := product.Named(tool)
	if err != nil {
		t.Fatal(err)
	}
	a := h.Find(context.Background(), c.Logins, name)
	if a.Stopped != "" {
		if strings.Contains(a.Stopped, "from-") || !a.Login.Empty() {
			t.Errorf("%s stops with %q and %v", tool, a.Stopped, a.Login)
		}
		return found{Error: true}
	}
	return found{Kind: a.Login.Kind, User: a.Login.User, Secret: a.Login.Secret()}
}
