package grid

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pullpath/flows"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/rebuild"
)

// mirrored are the healthy hosts with two mirrors of the registry, which need no login.
func mirrored(conf string, faults ...fault.Fault) fault.World {
	w := anImage(append(faults, fault.HTTP{Host: "mirror1.corp.example", Granted: true},
		fault.HTTP{Host: "mirror2.corp.example", Granted: true})...)
	w.Direct = true
	w.Hosts = append(fault.Hosts(), fault.Host{Name: "mirror1.corp.example", Role: "mirror", Address: "203.0.113.181", Private: true},
		fault.Host{Name: "mirror2.corp.example", Role: "mirror", Address: "203.0.113.182", Private: true})
	w.Files = map[string]string{"/etc/containers/registries.conf": conf}
	return w
}

const twoMirrors = `[[registry]]
location = "registry.redhat.io"
[[registry.mirror]]
location = "mirror1.corp.example"
[[registry.mirror]]
location = "mirror2.corp.example"
`

// A client asks its mirrors in their order, and the registry after them; who comes after one
// that serves is not asked.
func TestMirrorsAreAskedInTurn(t *testing.T) {
	t.Parallel()
	gone := func(host string) fault.HTTP {
		return answered(host, "/v2/ubi9", 404, `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no"}]}`, "Content-Type: application/json")
	}
	down := func(host string) fault.Socket { return fault.Socket{Host: host, Effect: fault.Refuse} }
	const one, two, registry = "mirror1.corp.example:443", "mirror2.corp.example:443", "registry.redhat.io:443"
	const login = "sso.redhat.com:443"
	withBlobs := func(hosts ...string) []string { return append(hosts, "cdn01.quay.io:443") }
	entry := func(lines ...string) string { return "[[registry]]\n" + strings.Join(lines, "\n") + "\n" }
	for name, row := range map[string]struct {
		world fault.World
		want  string
		asked []string
	}{
		"the first serves":   {mirrored(twoMirrors), "pass", withBlobs(one)},
		"the first is down":  {mirrored(twoMirrors, down("mirror1.corp.example")), "warn tcp-refused", withBlobs(one, two)},
		"the first lacks it": {mirrored(twoMirrors, gone("mirror1.corp.example")), "warn registry-not-found", withBlobs(one, two)},
		"both are down": {mirrored(twoMirrors, down("mirror1.corp.example"), down("mirror2.corp.example")), "warn tcp-refused",
			withBlobs(one, two, registry, login)},
		"nobody has it": {mirrored(twoMirrors, gone("mirror1.corp.example"), gone("mirror2.corp.example"), gone("registry.redhat.io")),
			"fail registry-not-found registry-not-found registry-not-found", []string{one, two, registry, login}},
		"a registry of that name": {mirrored(entry("prefix = \"registry.redhat.io\"", "location = \"mirror1.corp.example\""),
			gone("mirror1.corp.example")), "fail registry-not-found", []string{one}},
		"for digests alone": {mirrored(entry("location = \"registry.redhat.io\"", "mirror-by-digest-only = true", "[[registry.mirror]]",
			"location = \"mirror1.corp.example\"")), "pass", withBlobs(registry, login)},
		"of another repository": {mirrored(entry("location = \"registry.redhat.io/rhel9\"", "blocked = true")), "pass",
			withBlobs(registry, login)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tellsAndAsks(t, row.world, row.want, row.asked)
		})
	}
}

// tellsAndAsks holds a World to what a check of it tells, and to the hosts that it asks.
func tellsAndAsks(t *testing.T, world fault.World, want string, hosts []string) {
	t.Helper()
	w := walk(world)
	if w.err != nil || told(w) != want {
		t.Errorf("%s, want %s %v\n%s", told(w), want, w.err, failedHops(w.trace))
	}
	var asked []string
	for _, target := range w.trace.Targets {
		asked = append(asked, target.ID)
	}
	slices.Sort(asked)
	slices.Sort(hosts)
	if !slices.Equal(asked, hosts) {
		t.Errorf("asked %q, want %q", asked, hosts)
	}
}

// of is the World of a client with files of its own.
func of(client string, files map[string]string, faults ...fault.Fault) fault.World {
	w := mirrored("", faults...)
	w.Flags, w.Files = []string{"--client=" + client}, files
	return w
}

// containerd and dockerd ask as their own files say.
func TestOtherClientsAskTheirMirrors(t *testing.T) {
	t.Parallel()
	const one, two, registry = "mirror1.corp.example:443", "mirror2.corp.example:443", "registry.redhat.io:443"
	const login, blobs = "sso.redhat.com:443", "cdn01.quay.io:443"
	const certs = "/etc/containerd/certs.d/registry.redhat.io/hosts.toml"
	lacks := func(host, path string) fault.HTTP {
		return answered(host, path, 404, `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no"}]}`, "Content-Type: application/json")
	}
	hosts := func(text string, faults ...fault.Fault) fault.World {
		return of("containerd", map[string]string{certs: text}, faults...)
	}
	hostAlone := func(w fault.World) fault.World {
		w.Targets = []string{"registry.redhat.io"}
		return w
	}
	const pulls = "[host.\"https://mirror1.corp.example\"]\ncapabilities = [\"pull\"]\n"
	const both = "[host.\"https://mirror1.corp.example\"]\n[host.\"https://mirror2.corp.example\"]\n"
	plain := func(files map[string]string, client, image string) fault.World {
		w := of(client, files)
		w.Targets, w.Anonymous = []string{image}, true
		w.Hosts = append(w.Hosts, fault.Host{Name: "plain.corp.example", Role: "registry", Address: "203.0.113.183", Private: true,
			Plain: true})
		return w
	}
	for name, row := range map[string]struct {
		world fault.World
		want  string
		asked []string
	}{
		"the first serves": {hosts(both), "pass", []string{one, blobs}},
		"the first is down": {hosts(both, fault.Socket{Host: "mirror1.corp.example", Effect: fault.Refuse}), "warn tcp-refused",
			[]string{one, two, blobs}},
		"the first lacks it": {hosts(both, lacks("mirror1.corp.example", "/v2/ubi9")), "warn registry-not-found", []string{one, two, blobs}},
		"the registry comes last": {hosts(both, lacks("mirror1.corp.example", "/v2/ubi9"), lacks("mirror2.corp.example", "/v2/ubi9")),
			"warn registry-not-found registry-not-found", []string{one, two, registry, login, blobs}},
		"for digests alone": {hosts(pulls), "pass",
			[]string{one, registry, login, blobs}},
		"for digests alone, and it is down": {hosts(pulls, fault.Socket{Host: "mirror1.corp.example", Effect: fault.Refuse}),
			"warn tcp-refused", []string{one, registry, login, blobs}},
		"for digests alone, and it lacks it": {hosts(pulls, lacks("mirror1.corp.example", "/v2/ubi9")), "warn registry-not-found",
			[]string{one, registry, login, blobs}},
		"for digests alone, and its blobs lead nowhere": {hosts(pulls, lacks("mirror1.corp.example", "/v2/ubi9/ubi/blobs")),
			"warn registry-not-found", []string{one, registry, login, blobs}},
		"for digests alone, and nobody tells one": {hosts(pulls, lacks("registry.redhat.io", "/v2/ubi9")), "fail registry-not-found",
			[]string{registry, login}},
		"for digests alone, after one that lacks the blobs": {hosts("[host.\"https://mirror2.corp.example\"]\n"+pulls,
			lacks("mirror2.corp.example", "/v2/ubi9/ubi/blobs")), "warn registry-not-found", []string{one, two, blobs}},
		"for digests alone, after one that serves": {hosts("[host.\"https://mirror2.corp.example\"]\n" + pulls), "pass",
			[]string{two, blobs}},
		"for a push alone": {hosts("[host.\"https://mirror1.corp.example\"]\ncapabilities = [\"push\"]\n",
			lacks("mirror1.corp.example", "/v2/ubi9")), "warn registry-not-found", []string{one, registry, login, blobs}},
		"for digests alone, of a host alone": {hostAlone(hosts(pulls, fault.Socket{Host: "mirror1.corp.example", Effect: fault.Refuse})),
			"warn tcp-refused", []string{one, registry, login}},
		"a file that is broken": {hosts("[host.\"https://mirror1.corp.example\"\n"), "warn registry-entry-ineffective",
			[]string{registry, login, blobs}},
		"docker, which reads no such file": {of("docker", map[string]string{
			"/etc/containerd/certs.d/registry.redhat.io/hosts.toml": both}, fault.Socket{Host: "registry.redhat.io", Effect: fault.Refuse}),
			"fail tcp-refused", []string{registry, login}},
		"a path of its own": {hosts("[host.\"https://mirror1.corp.example/hub\"]\n", lacks("mirror1.corp.example", "/hub/v2/ubi9")),
			"warn registry-not-found", []string{one, registry, login, blobs}},
		"k3s": {of("containerd", map[string]string{"/etc/rancher/k3s/registries.yaml": "mirrors:\n  registry.redhat.io:\n    endpoint:\n" +
			"    - https://mirror2.corp.example\n"}), "pass", []string{two, blobs}},
		"plain HTTP": {plain(map[string]string{"/etc/containerd/certs.d/plain.corp.example_5000_/hosts.toml": "" +
			"server = \"http://plain.corp.example:5000\"\n"},
			"containerd", "plain.corp.example:5000"), "pass", []string{"plain.corp.example:5000", "plain.corp.example:80"}},
		"dockerd, plain HTTP": {plain(map[string]string{"/etc/docker/daemon.json": `{"insecure-registries": ["plain.corp.example:5000"]}`},
			"docker", "plain.corp.example:5000"), "warn registry-speaks-http", []string{"plain.corp.example:5000", "plain.corp.example:80"}},
		"dockerd, of Docker Hub alone": {of("docker", map[string]string{
			"/etc/docker/daemon.json": `{"registry-mirrors": ["https://mirror1.corp.example"]}`}), "pass", []string{registry, login, blobs}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tellsAndAsks(t, row.world, row.want, row.asked)
		})
	}
}

// A mirror of containerd that only pulls is asked for no tag: it is asked for all that the digest
// names, and the registry for the digest alone. So it is in the network that is rebuilt of a report.
func TestMirrorThatOnlyPulls(t *testing.T) {
	t.Parallel()
	w := walk(of("containerd", map[string]string{"/etc/containerd/certs.d/registry.redhat.io/hosts.toml": "" +
		"[host.\"https://mirror1.corp.example\"]\ncapabilities = [\"pull\"]\n"}))
	rebuilt, _ := rebuild.World(saved(t, w), time.Minute)
	const head, manifest, blob = "HEAD /v2/ubi9/ubi/manifests/latest", "GET /v2/ubi9/ubi/manifests/DIGEST", "GET /v2/ubi9/ubi/blobs/DIGEST"
	for name, w := range map[string]walked{"walked": w, "rebuilt": walk(rebuilt)} {
		for host, want := range map[string][]string{
			"registry.redhat.io":   {head, head + " Bearer"},
			"mirror1.corp.example": {manifest, blob, blob},
		} {
			if got := requests(w, host); !slices.Equal(got, want) {
				t.Errorf("%s: %s was asked %q, want %q %v", name, host, got, want, w.err)
			}
		}
	}
}

// With --no-mirrors the registry is asked that the image names.
func TestNoMirrors(t *testing.T) {
	t.Parallel()
	world := mirrored(twoMirrors)
	world.Flags = []string{"--no-mirrors=true"}
	w := walk(world, func(*flows.Config) {})
	if w.err != nil || told(w) != "pass" || w.trace.Targets[0].Host != "registry.redhat.io" || w.trace.Targets[0].Role != evidence.Registry {
		t.Errorf("%s %v %v", told(w), w.err, w.trace.Targets)
	}
}

// A proxy that wants a login gets it with a URL too, as with CONNECT.
func TestProxyLoginWithAURL(t *testing.T) {
	t.Parallel()
	for login, want := range map[string]string{"right": "warn auth-realm-plaintext", "wrong": "fail proxy-auth-rejected"} {
		w := anImage(fault.ProxyAuth{Schemes: []string{"Basic"}, Realm: "corp"},
			fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", Login: fault.NoLogin, Status: 401, Body: "{}", Headers: []string{
				`WWW-Authenticate: Bearer realm="http://sso.redhat.com` + fault.RealmPath + `",service="docker-registry"`}},
			fault.HTTP{Host: "sso.redhat.com", Plain: true, Status: 307, To: "https://sso.redhat.com{path}"})
		w.ProxyLogin, w.Direct = login, false
		if got := told(walk(w)); got != want {
			t.Errorf("%s: %s, want %s", login, got, want)
		}
	}
}
