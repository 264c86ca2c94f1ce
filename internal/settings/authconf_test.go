package settings

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestWhereContainersTakeLogins(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"/etc/containers/registries.conf": "unqualified-search-registries = [\"docker.io\"]\n" +
			"credential-helpers = [\"containers-auth.json\", \"secretservice\"]\n",
		"/etc/containers/registries.conf.d/50-late.conf": "credential-helpers = [\"pass\"]\n",
		"/own.conf":                         "credential-helpers = [\"own\", \"containers-auth.json\"]\n",
		"/broken.conf":                      "credential-helpers = [\n",
		"/etc/crio/crio.conf":               "[crio.image]\nglobal_auth_file = \"/etc/crio/auth.json\"\n",
		"/etc/crio/crio.conf.d/00-default":  "[crio.image]\nglobal_auth_file = \"/var/lib/kubelet/config.json\"\n",
		"/etc/crio/crio.conf.d/10-pauser":   "[crio.image]\npause_image = \"quay.io/pause\"\n",
		"/etc/crio/crio.conf.d/20-nonsense": "[crio\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	for named, want := range map[string][]string{"": {"pass"}, "/own.conf": {"own", "containers-auth.json"}, "/broken.conf": nil,
		"/none.conf": nil} {
		if got, file := CredentialHelpers(root, "/home/joe", named); !slices.Equal(got, want) || (file == "") != (want == nil) {
			t.Errorf("%q: %v of %q, want %v", named, got, file, want)
		}
	}
	if got := CRIOAuthFile(root); got != "/var/lib/kubelet/config.json" {
		t.Errorf("CRI-O's file is %q", got)
	}
	empty, err := OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if got := CRIOAuthFile(empty); got != "" {
		t.Errorf("CRI-O's file is %q where nothing is set", got)
	}
}
