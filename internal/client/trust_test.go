package client

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pullpath/internal/route"
	"pullpath/internal/settings"
)

func rootWith(t *testing.T, files map[string]string) *settings.Root {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := settings.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// The first directory that is there for the registry counts, the port is part of
// its name, and only containerd reads hosts.toml.
func TestTrustFiles(t *testing.T) {
	root := rootWith(t, map[string]string{
		"/root/.config/containers/certs.d/own.example/a.crt": "", "/etc/containers/certs.d/own.example/b.crt": "",
		"/etc/containers/certs.d/empty.example/readme": "", "/etc/docker/certs.d/empty.example/c.crt": "",
		"/etc/docker/certs.d/port.example:5000/d.crt": "", "/etc/docker/certs.d/port.example:5000/client.cert": "",
		"/etc/containerd/certs.d/toml.example_5000_/hosts.toml": "ca = \"e.pem\"\n[host.\"https://m.example\"]\nca = [\"/f.pem\"]\n",
		"/etc/containerd/certs.d/broken.example/hosts.toml":     "ca = ", "/etc/containerd/certs.d/broken.example/g.crt": "",
	})
	for _, row := range []struct {
		tool, registry string
		want           []string
	}{
		{"podman", "own.example", []string{"/root/.config/containers/certs.d/own.example/a.crt"}},
		{"crio", "own.example", []string{"/etc/containers/certs.d/own.example/b.crt"}},
		{"podman", "empty.example", nil},
		{"dockerd", "empty.example", []string{"/etc/docker/certs.d/empty.example/c.crt"}},
		{"dockerd", "port.example", nil},
		{"dockerd", "port.example:5000", []string{"/etc/docker/certs.d/port.example:5000/d.crt"}},
		{"containerd", "toml.example:5000", []string{"/etc/containerd/certs.d/toml.example_5000_/e.pem", "/f.pem"}},
		{"containerd", "broken.example", []string{"/etc/containerd/certs.d/broken.example/g.crt"}},
		{"containerd", "port.example:5000", []string{"/etc/docker/certs.d/port.example:5000/d.crt"}},
		{"curl", "own.example", nil},
	} {
		if got := trustOf(t, row.tool).FilesFor(root, "/root", row.registry); !slices.Equal(got, row.want) {
			t.Errorf("%s %s: %q, want %q", row.tool, row.registry, got, row.want)
		}
	}
}

// trustOf returns the trust of a row.
func trustOf(t *testing.T, tool string) settings.Trust {
	t.Helper()
	for _, p := range Programs() {
		if p.Tool == tool {
			return p.Trust
		}
	}
	t.Fatalf("no row for %s", tool)
	return settings.Trust{}
}

func TestTrustStores(t *testing.T) {
	root := rootWith(t, map[string]string{"/etc/ssl/certs/x.pem": "", "/ca/own.pem": "", "/ca/dir/y.pem": "",
		"/etc/pki/ca-trust/source/anchors/z": ""})
	client := func(tool string, env ...route.Variable) settings.Client {
		return settings.Client{Tool: tool, Trust: trustOf(t, tool), Version: "1", Installed: true, Env: env}
	}
	file := route.Variable{Name: "SSL_CERT_FILE", Value: "/ca/own.pem", Source: "unit:3"}
	dir := route.Variable{Name: "SSL_CERT_DIR", Value: "/ca/dir", Source: "unit:4"}
	stores := settings.TrustStores(root, []settings.Client{client("dockerd", file), client("podman"), client("containerd", file, dir),
		client("git"), {Tool: "crio", Trust: trustOf(t, "crio")}},
		"/root", []string{"r.example"})
	if len(stores) != 3 {
		t.Fatalf("%d stores: %+v", len(stores), stores)
	}
	if s := stores[0]; !slices.Equal(s.Base, []string{"/ca/own.pem", "/etc/ssl/certs/x.pem"}) || s.Why != "SSL_CERT_FILE of unit:3" ||
		s.Restart != "systemctl restart docker" || s.Place != "/etc/docker/certs.d/r.example/ca.crt" {
		t.Errorf("%+v", s)
	}
	if s := stores[1]; s.Base != nil || s.Why != "" || s.Restart != "" || s.Place != "/etc/containers/certs.d/r.example/ca.crt" {
		t.Errorf("%+v", s)
	}
	if s := stores[2]; !slices.Equal(s.Base, []string{"/ca/own.pem", "/ca/dir/y.pem"}) ||
		s.Why != "SSL_CERT_FILE of unit:3 and SSL_CERT_DIR of unit:4" {
		t.Errorf("%+v", s)
	}
	if got := settings.CAInstall(root, client("podman")); got != "put it into /etc/pki/ca-trust/source/anchors/ and run update-ca-trust" {
		t.Error(got)
	}
	if got := settings.CAInstall(rootWith(t, nil), client("podman")); got != "" {
		t.Error(got)
	}
	for _, row := range []struct {
		env  []route.Variable
		want string
	}{
		{[]route.Variable{file}, "append it to /ca/own.pem, which podman reads in place of the system's bundle (SSL_CERT_FILE of unit:3)"},
		{[]route.Variable{dir}, "put it into /ca/dir, which podman reads beside the system's bundle (SSL_CERT_DIR of unit:4)"},
		{[]route.Variable{{Name: "SSL_CERT_DIR", Value: "/etc/ssl/certs", Source: "unit:5"}},
			"put it into /etc/pki/ca-trust/source/anchors/ and run update-ca-trust"},
		{[]route.Variable{file, dir}, "append it to /ca/own.pem, which podman reads in place of the system's bundle " +
			"(SSL_CERT_FILE of unit:3 and SSL_CERT_DIR of unit:4)"},
		{[]route.Variable{{Name: "SSL_CERT_FILE"}}, "put it into /etc/pki/ca-trust/source/anchors/ and run update-ca-trust"},
	} {
		if got := settings.CAInstall(root, client("podman", row.env...)); got != row.want {
			t.Errorf("%v: %s", row.env, got)
		}
	}
}
