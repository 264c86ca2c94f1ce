package vantage

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"pullpath/internal/evidence"
)

// nobody is the user as which a Pod without privileges looks at a node.
const nobody = 65534

// asNobody does something with the rights of a user who owns nothing here. Who runs the test
// without rights has none in any case.
func asNobody(t *testing.T, do func()) {
	t.Helper()
	if os.Getuid() == 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		_ = unix.Setfsuid(nobody) // the kernel then passes over no mode any more (capabilities(7))
		defer func() { _ = unix.Setfsuid(0) }()
	}
	do()
}

// node is the root of a node as a Pod has it at /host.
func node(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := plantFiles(files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error { return os.Chmod(path, 0o700) })
		_ = os.RemoveAll(dir)
	})
	err = filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error { return os.Chmod(path, 0o755) })
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// The way of a node's client is that of the node's files, seen from a Pod. Where one of them
// cannot be read the way is not known: it is never "direct".
func TestNodeFromAPod(t *testing.T) {
	const dropIn = "/etc/systemd/system/containerd.service.d/http-proxy.conf"
	files := map[string]string{
		"/usr/lib/systemd/system/containerd.service": "[Service]\nExecStart=/usr/bin/containerd\n",
		dropIn:                                   "[Service]\nEnvironment=HTTPS_PROXY=http://127.0.0.1:3128\n",
		"/usr/lib/systemd/system/crio.service":   "[Service]\nEnvironmentFile=-/etc/sysconfig/crio\nExecStart=/usr/bin/crio\n",
		"/etc/sysconfig/crio":                    "HTTPS_PROXY=http://127.0.0.2:3128\n",
		"/etc/environment":                       "HTTPS_PROXY=http://127.0.0.3:3128\n",
		"/etc/docker/daemon.json":                `{"proxies": {"https-proxy": "http://127.0.0.4:3128"}}`,
		"/etc/containerd/config.toml":            "version = 2\n",
		"/usr/lib/systemd/system/docker.service": "[Service]\nExecStart=/usr/bin/dockerd\n",
	}
	t.Setenv("HTTPS_PROXY", "")
	for name, c := range map[string]struct {
		closed, client string
		// want is the proxy, empty where the way is not known.
		want string
	}{
		"containerd":                           {client: "containerd", want: "http://127.0.0.1:3128"},
		"its drop-in is closed":                {client: "containerd", closed: dropIn},
		"the folder of drop-ins is closed":     {client: "containerd", closed: filepath.Dir(dropIn)},
		"all of systemd's files are closed":    {client: "containerd", closed: "/etc/systemd"},
		"another client's is closed":           {client: "crio", closed: dropIn, want: "http://127.0.0.2:3128"},
		"an environment file is closed":        {client: "crio", closed: "/etc/sysconfig/crio"},
		"a login's file is closed":             {client: "podman", closed: "/etc/environment"},
		"of a client that has no file":         {client: "crane", closed: "/etc/environment"},
		"podman":                               {client: "podman", want: "http://127.0.0.3:3128"},
		"dockerd":                              {client: "docker", want: "http://127.0.0.4:3128"},
		"its registry configuration is closed": {client: "containerd", closed: "/etc/containerd/config.toml"},
		"that of another client is closed":     {client: "crio", closed: "/etc/containerd/config.toml", want: "http://127.0.0.2:3128"},
		"daemon.json is closed":                {client: "docker", closed: "/etc/docker/daemon.json"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := node(t, files)
			if c.closed != "" {
				if err := os.Chmod(filepath.Join(dir, c.closed), 0); err != nil {
					t.Fatal(err)
				}
			}
			asNobody(t, func() {
				v, err := Folder(dir)
				if err != nil {
					t.Fatal(err)
				}
				defer v.Close()
				run, err := v.Prepare(context.Background(), asking(t, "--client="+c.client), []string{"registry.corp.example"})
				if err != nil {
					t.Fatal(err)
				}
				got, want := run.Plan.Targets[0].Target.Route, evidence.Route{Kind: "proxy", Proxy: c.want}
				if c.want == "" {
					want = evidence.Route{Kind: "unknown"}
				}
				if got.Kind != want.Kind || got.Proxy != want.Proxy {
					t.Errorf("the route is %+v, want %+v", got, want)
				}
				if own := run.Config.Own; c.want == "" && (own == nil || !strings.Contains(own.Unknown, "cannot be read")) {
					t.Errorf("%+v does not say why", own)
				}
			})
		})
	}
}

// A store of CAs, or a hosts file, that is closed is not an empty one.
func TestNodeWithClosedFiles(t *testing.T) {
	files := map[string]string{"/etc/hosts": "203.0.113.9 registry.corp.example\n", "/etc/resolv.conf": "nameserver 203.0.113.53\n",
		"/etc/ssl/certs/ca-certificates.crt": string(authority(t))}
	for closed, c := range map[string]struct{ fails, unknown bool }{"/etc/ssl/certs/ca-certificates.crt": {fails: true},
		"/etc/ssl": {fails: true}, "/etc/hosts": {unknown: true}, "/etc/resolv.conf": {unknown: true}} {
		t.Run(closed, func(t *testing.T) {
			dir := node(t, files)
			if err := os.Chmod(filepath.Join(dir, closed), 0); err != nil {
				t.Fatal(err)
			}
			asNobody(t, func() {
				v, err := Folder(dir)
				if (err != nil) != c.fails {
					t.Fatalf("%v", err)
				}
				if err == nil && (v.Net.Resolver.Unknown != "") != c.unknown {
					t.Errorf("%+v", v.Net.Resolver)
				}
			})
		})
	}
}
