package oracle

import (
	"os"
	"path/filepath"
	"testing"

	"go.podman.io/image/v5/pkg/sysregistriesv2"
	"go.podman.io/image/v5/types"

	"pullpath/internal/settings"
)

// A registries.conf is refused where containers/image refuses it. Version 1 of the file is left
// out: earlier releases of the library take it.
func TestRegistriesConfIsRefusedAsByItsLibrary(t *testing.T) {
	const quay = "[[registry]]\nlocation = \"quay.io\"\n"
	for name, text := range map[string]string{
		"a registry":                     quay,
		"nothing":                        "",
		"a registry with a scheme":       "[[registry]]\nlocation = \"http://quay.io\"\n",
		"a scheme in capitals":           "[[registry]]\nlocation = \"HTTPS://quay.io\"\n",
		"another scheme":                 "[[registry]]\nlocation = \"docker://quay.io\"\n",
		"a slash at the end":             "[[registry]]\nlocation = \"quay.io/\"\n",
		"a prefix with a scheme":         "[[registry]]\nprefix = \"https://quay.io\"\nlocation = \"quay.io\"\n",
		"a prefix alone":                 "[[registry]]\nprefix = \"quay.io\"\n",
		"sub-domains alone":              "[[registry]]\nprefix = \"*.quay.io\"\n",
		"sub-domains with a port":        "[[registry]]\nprefix = \"*.quay.io:5000\"\n",
		"sub-domains as location":        "[[registry]]\nlocation = \"*.quay.io/a\"\n",
		"no location":                    "[[registry]]\ninsecure = true\n",
		"a mirror":                       quay + "[[registry.mirror]]\nlocation = \"m.test\"\n",
		"a mirror with a scheme":         quay + "[[registry.mirror]]\nlocation = \"https://m.test\"\n",
		"an inline mirror with a scheme": quay + "mirror = [{location = \"https://m.test\"}]\n",
		"a mirror without location":      quay + "[[registry.mirror]]\ninsecure = true\n",
		"a mirror for tags":              quay + "[[registry.mirror]]\nlocation = \"m.test\"\npull-from-mirror = \"tag-only\"\n",
		"a mirror for what":              quay + "[[registry.mirror]]\nlocation = \"m.test\"\npull-from-mirror = \"tags\"\n",
		"digests twice": quay + "mirror-by-digest-only = true\n" +
			"[[registry.mirror]]\nlocation = \"m.test\"\npull-from-mirror = \"digest-only\"\n",
		"pull-from-mirror of a registry": quay + "pull-from-mirror = \"all\"\n",
		"insecure and not":               quay + quay + "insecure = true\n",
		"blocked and not":                quay + quay + "blocked = true\n",
		"twice the same":                 quay + quay,
		"a search":                       "unqualified-search-registries = [\"quay.io\"]\n",
		"a search with a scheme":         "unqualified-search-registries = [\"https://quay.io\"]\n",
		"a search with a path":           "unqualified-search-registries = [\"quay.io/team\"]\n",
		"no TOML":                        "[[registry\n",
		"an alias":                       "[aliases]\n\"ubi9\" = \"registry.redhat.io/ubi9/ubi\"\n",
		"an alias with a path":           "[aliases]\n\"ubi9/ubi\" = \"registry.redhat.io/ubi9/ubi\"\n",
		"an alias taken back":            "[aliases]\n\"ubi9\" = \"\"\n",
		"an alias without a registry":    "[aliases]\n\"ubi9\" = \"ubi9/ubi\"\n",
		"an alias of a host alone":       "[aliases]\n\"ubi9\" = \"registry.redhat.io\"\n",
		"an alias to localhost":          "[aliases]\n\"ubi9\" = \"localhost/ubi\"\n",
		"an alias to a port":             "[aliases]\n\"ubi9\" = \"registry:5000/ubi\"\n",
		"an alias with a tag":            "[aliases]\n\"ubi9\" = \"registry.redhat.io/ubi9/ubi:latest\"\n",
		"an alias to a URL":              "[aliases]\n\"ubi9\" = \"https://registry.redhat.io/ubi9/ubi\"\n",
		"an alias of a tag":              "[aliases]\n\"ubi9:latest\" = \"registry.redhat.io/ubi9/ubi\"\n",
		"an alias of a full name":        "[aliases]\n\"quay.io/ubi9\" = \"registry.redhat.io/ubi9/ubi\"\n",
		"short names enforced":           "short-name-mode = \"enforcing\"\n",
		"short names as they come":       "short-name-mode = \"permissive\"\n",
		"no short names":                 "short-name-mode = \"disabled\"\n",
		"short names of no mode":         "short-name-mode = \"strict\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, "etc/containers"), 0o700); err != nil {
				t.Fatal(err)
			}
			conf := filepath.Join(dir, "etc/containers/registries.conf")
			if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := sysregistriesv2.GetRegistries(&types.SystemContext{SystemRegistriesConfPath: conf,
				SystemRegistriesConfDirPath: filepath.Join(dir, "none")})
			root, opened := settings.OpenRoot(dir)
			if opened != nil {
				t.Fatal(opened)
			}
			read := settings.ReadRegistries(root, "/root", nil)
			if refused := len(read.Unread) > 0; refused != (err != nil) {
				t.Errorf("refused: %v %v, the library: %v", refused, read.Unread, err)
			}
		})
	}
}
