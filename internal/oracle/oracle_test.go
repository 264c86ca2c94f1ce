package oracle

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/docker/cli/cli/config"
	dockercreds "github.com/docker/cli/cli/config/credentials"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	podman "go.podman.io/image/v5/pkg/docker/config"
	podmantypes "go.podman.io/image/v5/types"

	"pullpath/internal/credentials"
)

// Every library finds in every tree what our reader finds by its rules.
func TestLibrariesFindTheSame(t *testing.T) {
	if len(trees) < 25 {
		t.Fatalf("%d trees", len(trees))
	}
	for _, tr := range trees {
		t.Run(tr.name, func(t *testing.T) {
			home := plant(t, tr)
			for _, n := range tr.names() {
				compare(t, "podman", n, ours(t, tr, home, "podman", n), asPodman(tr, home, n))
				if tr.authFile == "" {
					compare(t, "docker", n, ours(t, tr, home, "docker", n), asDocker(home, n))
					compare(t, "crane", n, ours(t, tr, home, "crane", n), asCrane(t, home, n))
				}
			}
		})
	}
}

func compare(t *testing.T, client, name string, got, want found) {
	t.Helper()
	if got != want {
		t.Errorf("%s, %s: we find %v, its library %v", client, name, got, want)
	}
}

// asPodman is podman's call: REGISTRY_AUTH_FILE and DOCKER_CONFIG become
// AuthFilePath (containers/common, pkg/auth, GetDefaultAuthFile).
func asPodman(tr tree, home, n string) found {
	sys := &podmantypes.SystemContext{SystemRegistriesConfPath: filepath.Join(home, "registries.conf"),
		SystemRegistriesConfDirPath: filepath.Join(home, "no-such-directory")}
	switch {
	case tr.authFile != "":
		sys.AuthFilePath = filepath.Join(home, tr.authFile)
	case os.Getenv("REGISTRY_AUTH_FILE") != "":
		sys.AuthFilePath = os.Getenv("REGISTRY_AUTH_FILE")
	case os.Getenv("DOCKER_CONFIG") != "":
		sys.AuthFilePath = filepath.Join(os.Getenv("DOCKER_CONFIG"), "config.json")
	}
	c, err := podman.GetCredentials(sys, n)
	switch {
	case err != nil:
		return found{Error: true}
	case c.IdentityToken != "":
		return found{Kind: credentials.IdentityToken, User: c.Username, Secret: c.IdentityToken}
	case c != podmantypes.DockerAuthConfig{}:
		return found{Kind: credentials.Password, User: c.Username, Secret: c.Password}
	}
	return found{}
}

// asDocker returns the docker client's: its file, its default store, the registry's
// entry (docker/cli, cli/command/registry.go).
func asDocker(home, n string) found {
	dir := os.Getenv("DOCKER_CONFIG")
	if dir == "" {
		dir = filepath.Join(home, ".docker")
	}
	file, err := config.Load(dir)
	if err != nil {
		return found{Error: true}
	}
	if !file.ContainsAuth() {
		file.CredentialsStore = dockercreds.DetectDefaultStore(file.CredentialsStore)
	}
	auth, err := file.GetAuthConfig(registryOf(n))
	if err != nil {
		return found{Error: true}
	}
	return ofAuthConfig(auth.Username, auth.Password, auth.IdentityToken, auth.RegistryToken)
}

func registryOf(n string) string {
	for i, r := range n {
		if r == '/' {
			return n[:i]
		}
	}
	return n
}

// asCrane returns the keychain that crane and ko take.
func asCrane(t *testing.T, home, n string) found {
	t.Helper()
	config.SetDir(filepath.Join(home, ".docker"))
	auth, err := authn.DefaultKeychain.Resolve(resource(t, n))
	if err != nil {
		return found{Error: true}
	}
	c, err := auth.Authorization()
	if err != nil {
		return found{Error: true}
	}
	return ofAuthConfig(c.Username, c.Password, c.IdentityToken, c.RegistryToken)
}

func resource(t *testing.T, n string) authn.Resource {
	t.Helper()
	var r authn.Resource
	var err error
	if registryOf(n) == n {
		r, err = name.NewRegistry(n)
	} else {
		r, err = name.NewRepository(n)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ofAuthConfig orders the secrets as moby does.
func ofAuthConfig(user, password, identity, registry string) found {
	switch {
	case registry != "":
		return found{Kind: credentials.RegistryToken, User: user, Secret: registry}
	case identity != "":
		return found{Kind: credentials.IdentityToken, User: user, Secret: identity}
	case user != "" || password != "":
		return found{Kind: credentials.Password, User: user, Secret: password}
	}
	return found{}
}
