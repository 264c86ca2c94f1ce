//go:build linux

package testbed_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"testing"

	"pullpath/internal/testbed"
)

// mirrorHost is the cache, brokenHost a host that answers 503 to whatever a registry is asked.
const mirrorHost, brokenHost = testbed.CacheHost, "cdn05.quay.io"

// puller is a real client that pulls the image in the client's house. Its places are as a
// registries.conf or a hosts.toml has them.
type puller struct {
	name, part string
	// as is what the check is told, env what it and the client are given.
	as   string
	pull func(b *testbed.Bed, dir string, o *testbed.Origin) []string
}

func pullers(socket string) []puller {
	storage := func(program string, words ...string) func(*testbed.Bed, string, *testbed.Origin) []string {
		return func(b *testbed.Bed, dir string, o *testbed.Origin) []string {
			return append(append([]string{program, "--root", dir + "/root", "--runroot", b.ShortDir(), "--storage-driver", "vfs"}, words...),
				"--creds", o.User+":"+o.Password, o.Image)
		}
	}
	return []puller{
		{"podman", "podman", "podman", storage("podman", "pull")},
		{"buildah", "buildah", "podman", storage("buildah", "pull")},
		{"skopeo", "skopeo", "skopeo", func(_ *testbed.Bed, dir string, o *testbed.Origin) []string {
			return []string{"skopeo", "copy", "--src-creds", o.User + ":" + o.Password, "docker://" + o.Image, "dir:" + dir + "/image"}
		}},
		{"containerd", "containerd", "containerd", func(_ *testbed.Bed, _ string, o *testbed.Origin) []string {
			return []string{"ctr", "--address", socket, "images", "pull", "--hosts-dir", "/etc/containerd/certs.d", "--snapshotter", "native",
				"--user", o.User + ":" + o.Password, o.Image}
		}},
	}
}

// configure writes the places where the registry's images are asked for, in the files of every
// client: mirrors before it, or one place instead of it.
func configure(b *testbed.Bed, instead string, mirrors ...string) {
	conf, hosts := "[[registry]]\nprefix = \""+registryV2+"\"\nlocation = \""+registryV2+"\"\n", ""
	if instead != "" {
		conf, hosts = "[[registry]]\nprefix = \""+registryV2+"\"\nlocation = \""+instead+"\"\n", "server = \"https://"+instead+"\"\n"
		mirrors = []string{instead} // containerd 1.6 refuses a file without a [host]
	}
	for _, m := range mirrors {
		conf += "[[registry.mirror]]\nlocation = \"" + m + "\"\n"
		hosts += "[host.\"https://" + m + "\"]\n  capabilities = [\"pull\", \"resolve\"]\n"
	}
	b.ClientFile("containers/registries.conf", conf)
	b.ClientFile("containers/policy.json", `{"default": [{"type": "insecureAcceptAnything"}]}`)
	b.ClientFile("containerd/certs.d/"+registryV2+"/hosts.toml", hosts)
	b.ClientFile("containerd/config.toml", "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry]\n"+
		"config_path = \"/etc/containerd/certs.d\"\n")
}

// A real client pulls through a real pull-through cache behind nginx, and a check as that client
// says what became of it.
func TestMirrors(t *testing.T) {
	for _, row := range []struct {
		name     string
		mirrors  []string
		instead  string
		password string
		pulls    bool
		status   string
	}{
		{name: "the cache serves", mirrors: []string{mirrorHost}, pulls: true, status: "pass"},
		{name: "one is broken, the cache serves", mirrors: []string{brokenHost, mirrorHost}, pulls: true, status: "warn"},
		{name: "one is broken, the registry serves", mirrors: []string{brokenHost}, pulls: true, status: "warn"},
		{name: "the cache may not ask its upstream, the registry serves", mirrors: []string{mirrorHost}, password: "wrong", pulls: true,
			status: "warn"},
		{name: "the cache is all there is", instead: mirrorHost, pulls: true, status: "pass"},
		{name: "the cache is all there is and may not ask its upstream", instead: mirrorHost, password: "wrong", status: "fail"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			testbed.Require(t, "nginx", "docker-registry")
			b := testbed.New(t)
			b.Engines = true
			origin := b.ServeOrigin(testbed.Site{Nginx: map[string]string{mirrorHost: testbed.CacheLines,
				brokenHost: "location ~ ^/v2/ { return 503; }\n"}})
			b.ServeNames(b.Corp, testbed.CorpAddr, testbed.CorpZone().With(testbed.PublicZone()))
			b.OpenEgress()
			password := row.password
			if password == "" {
				password = origin.Password
			}
			b.StartCache(origin, password)
			configure(b, row.instead, row.mirrors...)
			for _, c := range pullers(filepath.Join(b.Dir, "containerd", "containerd.sock")) {
				t.Run(c.name, func(t *testing.T) {
					testbed.Require(t, c.part)
					if c.part == "containerd" {
						b.StartContainerd()
					}
					if said, err := pulled(t, b, c, origin); (err == nil) != row.pulls {
						t.Errorf("it pulls: %v\n%s", err, said)
					}
					login := base64.StdEncoding.EncodeToString([]byte(origin.User + ":" + origin.Password))
					auth := b.WriteFile("auth.json", fmt.Appendf(nil, `{"auths": {"%s": {"auth": "%s"}}}`, registryV2, login))
					got, _ := check(t, b, []string{"check", "-o", "json", "--full", "--public-roots", b.Roots, "--client", c.as, "--authfile", auth,
						origin.Image}, "")
					if got.Verdict.Status != row.status {
						t.Errorf("the check: %s, want %s; %v", got.Verdict.Status, row.status, got.Findings)
					}
				})
			}
		})
	}
}

// pulled lets a client pull, and returns what it said.
func pulled(t *testing.T, b *testbed.Bed, c puller, o *testbed.Origin) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), walkTimeout)
	defer cancel()
	args := c.pull(b, filepath.Dir(b.WriteFile(c.name+"/made", nil)), o)
	cmd := b.Command(ctx, b.Client, args[0], args[1:]...)
	cmd.Env = append(cmd.Env, "XDG_RUNTIME_DIR="+b.Dir, "TMPDIR=/var/tmp")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	return said.String(), err
}
