package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"pullpath/internal/golden"
)

// exampleHosts are the trees whose settings are shown in full.
const exampleHosts = "../../internal/settings/testdata"

// TestSettingsOfExampleHosts shows the settings of whole hosts: a RHEL 9 podman
// host, an OpenShift node, an Ubuntu docker host.
func TestSettingsOfExampleHosts(t *testing.T) {
	for _, host := range []string{"rhel9-podman", "openshift-node", "ubuntu-docker"} {
		root := filepath.Join(t.TempDir(), host)
		copyTree(t, filepath.Join(exampleHosts, host), root)
		for _, format := range []string{"table", "json"} {
			t.Run(host+"/"+format, func(t *testing.T) {
				status, out, errors := invoke(t, "settings", "--root", root, "-o", format, "registry.redhat.io",
					"registry.corp.example:5000", "quay.io")
				if status != exitOK || errors != "" {
					t.Fatalf("status %d, stderr %s", status, errors)
				}
				if strings.Contains(out, root) {
					t.Error("the report names the directory that the host's files lie in")
				}
				golden.Check(t, filepath.Join("testdata", "settings", host+"."+format), out)
			})
		}
	}
}

// copyTree copies a tree with its links and gives every file one time, as a
// checkout does not.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	made := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		switch {
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		case d.Type()&fs.ModeSymlink != 0:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(target, data, 0o644); err != nil {
			return err
		}
		return os.Chtimes(target, made, made)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// invoke runs the command line in this process.
func invoke(t *testing.T, args ...string) (status int, out, errors string) {
	t.Helper()
	files := map[string]*os.File{}
	for _, name := range []string{"in", "out", "err"} {
		f, err := os.CreateTemp(t.TempDir(), name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = f
	}
	status = run(args, streams{in: files["in"], out: files["out"], err: files["err"]})
	read := func(name string) string {
		data, err := os.ReadFile(files[name].Name())
		if err != nil {
			t.Fatal(err)
		}
		_ = files[name].Close()
		return string(data)
	}
	return status, read("out"), read("err")
}

// TestSettingsSchema holds the JSON of every example to docs/settings.schema.json.
func TestSettingsSchema(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	schema, err := compiler.Compile("../../docs/settings.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--root", filepath.Join(exampleHosts, "ubuntu-docker")}, {"--root", filepath.Join(exampleHosts, "openshift-node")},
		{"--root", filepath.Join(exampleHosts, "rhel9-podman")}, {"--root", badHost(t)},
		{"--clients", "go,curl,wget,ruby-openuri", "--env", os.DevNull},
	} {
		status, out, errors := invoke(t, append([]string{"settings", "-o", "json", "registry.redhat.io", "http://10.1.2.3:5000"}, args...)...)
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
		if status != exitOK || err != nil {
			t.Fatalf("%v: status %d, %v, %s", args, status, err, errors)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
}

// badHost returns a host whose files are not what they should be.
func badHost(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("usr/lib/systemd/system/docker.service", "[Service]\nExecStart=/usr/bin/dockerd\n")
	write("etc/systemd/system/docker.service.d/a.conf",
		"[Service]\nEnvironment=\"HTTPS_PROXY=http://svc:p%ss@proxy.corp.example:3128\"\nEnvironmentFile=/etc/sysconfig/docker\n")
	write("etc/sysconfig/docker", "HTTPS_PROXY=\x00\x7fELF\n")
	write("etc/wgetrc", "https_proxy = http://proxy.corp.example:3128\n")
	write("etc/docker/daemon.json", "{")
	if err := os.Truncate(filepath.Join(root, "etc/docker/daemon.json"), 100<<20); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("loop.conf", filepath.Join(root, "etc/systemd/system/docker.service.d/loop.conf")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(root, "etc/environment")); err != nil {
		t.Fatal(err)
	}
	return root
}

// TestSettingsOfABadHost: each bad file is named, and the rest goes on.
func TestSettingsOfABadHost(t *testing.T) {
	status, out, errors := invoke(t, "settings", "--root", badHost(t), "registry.redhat.io")
	if status != exitOK || errors != "" {
		t.Fatalf("status %d, stderr %s", status, errors)
	}
	flat := strings.Join(strings.Fields(out), " ")
	for _, want := range []string{"/etc/sysconfig/docker", "/etc/docker/daemon.json", "loop.conf", "a.conf:2", "proxy.corp.example:3128 ["} {
		if !strings.Contains(flat, want) {
			t.Errorf("the report does not name %s:\n%s", want, out)
		}
	}
	for _, never := range []string{"p%ss", "root:x:0"} {
		if strings.Contains(out, never) {
			t.Errorf("the report holds %q", never)
		}
	}
}
