package settings

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"pullpath/internal/route"
)

func TestContainersLayers(t *testing.T) {
	root := host(t, map[string]string{
		"/usr/share/containers/containers.conf": "[containers]\nhttp_proxy = true\n[engine]\n" +
			"env = [\"HTTP_PROXY=http://share:1\"]\n",
		"/etc/containers/containers.conf": "[containers]\nhttp_proxy = false\n" +
			"env = [\"https_proxy=http://container:1\", \"FOO=bar\"]\n[engine]\n# comment\nenv = [\n  \"HTTPS_PROXY=http://etc:1\",\n" +
			"  'NO_PROXY=a,b',\n]\n",
		"/etc/containers/containers.conf.d/10.conf":                  "[engine]\nhttp_proxy = \"http://u:x@wrong:1\"\n",
		"/etc/containers/containers.conf.d/20.conf":                  "[engine\n",
		"/home/anna/.config/containers/containers.conf":              "engine.env = [\"NO_PROXY=user\", {append = true}]\n",
		"/home/anna/.config/containers/containers.conf.d/ignored.md": "x",
		"/srv/own.conf": "[engine]\nenv=[\"HTTP_PROXY=\\\"http://q:1\\\"\"]\n",
	})
	c := ReadContainers(root, "/home/anna", nil)
	same(t, "files", []string{"/usr/share/containers/containers.conf", "/etc/containers/containers.conf",
		"/etc/containers/containers.conf.d/10.conf",
		"/etc/containers/containers.conf.d/20.conf", "/home/anna/.config/containers/containers.conf"}, c.Files)
	same(t, "engine", []string{"HTTPS_PROXY=http://etc:1 @/etc/containers/containers.conf:7",
		"NO_PROXY=a,b @/etc/containers/containers.conf:8",
		"NO_PROXY=user @/home/anna/.config/containers/containers.conf:1"}, lines(c.Engine))
	same(t, "container", []string{"https_proxy=http://container:1 @/etc/containers/containers.conf:3"}, lines(c.Container))
	same(t, "http_proxy", []string{"http_proxy=false @/etc/containers/containers.conf:2"}, lines([]route.Variable{c.HTTPProxy}))
	same(t, "remarks", []Remark{
		{Code: ContainersKeyUnread, Source: "/etc/containers/containers.conf.d/10.conf:2", Variable: "http_proxy",
			Value: "http://REDACTED@wrong:1",
			Text:  "containers.conf has no such key: podman and buildah ignore it", Write: `env = ["HTTP_PROXY=http://USER:PASSWORD@wrong:1"]`},
		{Code: Syntax, Source: "/etc/containers/containers.conf.d/20.conf:1", Text: "not valid TOML: podman and buildah refuse to run"},
	}, c.Remarks)
	named := ReadContainers(root, "/home/anna", route.Environment{{Name: "CONTAINERS_CONF", Value: "/srv/own.conf"}})
	same(t, "named", []string{`HTTP_PROXY="http://q:1" @/srv/own.conf:2`}, lines(named.Engine))
	same(t, "named", []string{"literal-quotes @/srv/own.conf:2"}, codes(named.Remarks))
}

func TestCRIO(t *testing.T) {
	root := host(t, map[string]string{
		"/etc/crio/crio.conf":                   "[crio.runtime]\n",
		"/etc/crio/crio.conf.d/00-default":      "[crio.image]\npause_image = \"x\"\nhttps_proxy = \"http://p:1\"\n",
		"/usr/lib/crio/crio.conf.d/05-lib.conf": "]\n",
	})
	var got []string
	for _, f := range ReadCRIO(root) {
		got = append(got, f.Path)
		got = append(got, codes(f.Remarks)...)
	}
	same(t, "files", []string{"/etc/crio/crio.conf", "/etc/crio/crio.conf.d/00-default",
		"containers-conf-key-ignored @/etc/crio/crio.conf.d/00-default:3",
		"/usr/lib/crio/crio.conf.d/05-lib.conf", "syntax-error @/usr/lib/crio/crio.conf.d/05-lib.conf:1"}, got)
}

func TestRegistries(t *testing.T) {
	root := host(t, map[string]string{
		"/etc/containers/registries.conf": `unqualified-search-registries = ["registry.access.redhat.com", "docker.io"]
[[registry]]
prefix = "docker.io"
location = "registry.corp.example/hub"
[[registry.mirror]]
location = "mirror1.corp.example:5000/hub"
insecure = true
[[registry.mirror]]
location = "mirror2.corp.example/hub"
pull-from-mirror = "digest-only"
[[registry]]
location = "quay.io"
blocked = true
[[registry]]
prefix = "*.corp.example"
insecure = true
`,
		"/etc/containers/registries.conf.d/50.conf": `[[registry]]
location = "quay.io/team"
mirror-by-digest-only = true
mirror = [{location = "m.corp.example"}, {location = "n.corp.example", insecure = true}]
`,
		"/etc/containers/registries.conf.d/60.conf": "[[registry\n",
	})
	r := ReadRegistries(root, "/root", nil)
	same(t, "search", []string{"unqualified-search-registries=registry.access.redhat.com @/etc/containers/registries.conf:1",
		"unqualified-search-registries=docker.io @/etc/containers/registries.conf:1"}, lines(r.Short.Search))
	same(t, "remarks", []string{"syntax-error @/etc/containers/registries.conf.d/60.conf:1"}, codes(r.Remarks))
	const f = "/etc/containers/registries.conf"
	hub := func(rest string) []Contact {
		return []Contact{
			{Host: "mirror1.corp.example:5000", Repository: "hub" + rest, Mirror: true, Insecure: true, Source: f + ":6"},
			{Host: "mirror2.corp.example", Repository: "hub" + rest, Mirror: true, Source: f + ":9", For: "digest-only"},
			{Host: "registry.corp.example", Repository: "hub" + rest, Source: f + ":3"}}
	}
	for name, want := range map[string][]Contact{
		"docker.io/library/alpine": hub("/library/alpine"),
		"docker.io":                hub(""),
		"docker.iox/a":             {{Host: "docker.iox", Repository: "a"}},
		"quay.io/other":            nil,
		"quay.io/team/app:1": {
			{Host: "m.corp.example", Repository: "app:1", Mirror: true, Source: f + ".d/50.conf:4", For: "digest-only"},
			{Host: "n.corp.example", Repository: "app:1", Mirror: true, Insecure: true, Source: f + ".d/50.conf:4", For: "digest-only"},
			{Host: "quay.io", Repository: "team/app:1", Source: f + ".d/50.conf:2"}},
		"quay.io/teams/app":       nil,
		"a.b.corp.example:5000/x": {{Host: "a.b.corp.example:5000", Repository: "x", Insecure: true, Source: f + ":15"}},
		"corp.example/x":          {{Host: "corp.example", Repository: "x"}},
		"ghcr.io/x@sha256:0":      {{Host: "ghcr.io", Repository: "x@sha256:0"}},
	} {
		same(t, name, want, r.Contacts(name))
	}
	if e, _ := r.Lookup("quay.io/team/app"); !e.MirrorsForDigestsOnly {
		t.Errorf("%+v", e)
	}
}

// Tables of version 1 of registries.conf are told, with their line; they refuse nothing by
// themselves, for it depends on the release.
func TestVersion1OfRegistriesConf(t *testing.T) {
	dir := t.TempDir()
	conf := filepath.Join(dir, "etc/containers/registries.conf")
	if err := errors.Join(os.MkdirAll(filepath.Dir(conf), 0o700), os.WriteFile(conf, []byte("[registries.search]\nregistries = ['quay.io']\n"+
		"[registries.insecure]\nregistries = []\n[registries.other]\nregistries = ['a']\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	root, err := OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := ReadRegistries(root, "/root", nil)
	source := "/etc/containers/registries.conf:2"
	if len(r.Unread) > 0 || len(r.Remarks) != 1 || r.Remarks[0].Source != source || r.Remarks[0].Value != "quay.io" {
		t.Errorf("%v %v", r.Unread, r.Remarks)
	}
}
