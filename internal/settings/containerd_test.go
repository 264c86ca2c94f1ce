package settings

import (
	"fmt"
	"strings"
	"testing"

	"pullpath/internal/redact"
)

const (
	confV2 = "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry]\n"
	confV3 = "version = 3\n[plugins.'io.containerd.cri.v1.images'.registry]\n"
	certsD = "config_path = \"/etc/containerd/certs.d\"\n"
)

// asked is one line for each place that a name is asked for at.
func asked(r Registries, name string) []string {
	var out []string
	for _, c := range r.Contacts(name) {
		words := []string{c.Host + "/" + c.Repository}
		for _, flag := range []struct {
			set  bool
			word string
		}{{c.Mirror, "mirror"}, {c.Plain, "plain"}, {c.Insecure, "insecure"}, {c.TLSOnly && c.Insecure, "tls"}, {c.API != "", "api=" + c.API},
			{c.For != "", c.For}} {
			if flag.set {
				words = append(words, flag.word)
			}
		}
		out = append(out, strings.Join(words, " "))
	}
	return out
}

// told is one line for each remark on a name.
func told(r Registries, name string) []string {
	var out []string
	for _, m := range r.Ineffective(name) {
		out = append(out, fmt.Sprintf("%s %s %s: %s", strings.TrimPrefix(string(m.Code), "registry-entry-"), m.Source, m.Value, m.Text))
	}
	return out
}

// hubHosts is a mirror of Docker Hub as it is mostly written.
const hubHosts = `server = "https://registry-1.docker.io"

[host."https://mirror1.corp.example"]
  capabilities = ["pull", "resolve"]
  ca = "corp-ca.crt"

[host."http://mirror2.corp.example:5000"]
  capabilities = ["pull"]

[host."https://harbor.corp.example/v2/hub"]
  capabilities = ["pull", "resolve"]
  override_path = true
  skip_verify = true
  [host."https://harbor.corp.example/v2/hub".header]
    x-team = "base"

[host."https://push.corp.example"]
  capabilities = ["push"]
`

func TestReadContainerd(t *testing.T) {
	const hosts = "/etc/containerd/certs.d/"
	const conf = containerdFile
	const alpine = "docker.io/library/alpine"
	own, none := []string{"registry-1.docker.io/library/alpine"}, []string{"docker.io/library/alpine"} // none: no entry says so
	for name, row := range map[string]struct {
		files map[string]string
		image string
		asked []string
		told  []string
	}{
		"hosts.toml": {map[string]string{conf: confV2 + certsD, hosts + "docker.io/hosts.toml": hubHosts}, alpine,
			[]string{"mirror1.corp.example/library/alpine mirror", "mirror2.corp.example:5000/library/alpine mirror plain digest-only",
				"harbor.corp.example/hub/library/alpine mirror insecure tls", "push.corp.example/library/alpine mirror fetch-only",
				"registry-1.docker.io/library/alpine"}, nil},
		"version 3, two directories": {map[string]string{conf: confV3 + "config_path = \"/srv/hosts:/etc/containerd/certs.d\"\n",
			hosts + "docker.io/hosts.toml":    "[host.\"m1.corp.example\"]\n",
			"/srv/hosts/quay.io/hosts.toml":   "[host.\"m2.corp.example\"]\n",
			"/srv/hosts/docker.io/hosts.toml": "[host.\"m3.corp.example\"]\n"}, alpine,
			[]string{"m3.corp.example/library/alpine mirror", "registry-1.docker.io/library/alpine"}, nil},
		"_default before the next directory": {map[string]string{conf: confV3 + "config_path = \"/srv/hosts:/etc/containerd/certs.d\"\n",
			hosts + "docker.io/hosts.toml": "[host.\"m1.corp.example\"]\n", "/srv/hosts/_default/hosts.toml": "[host.\"m2.corp.example\"]\n"},
			alpine,
			[]string{"m2.corp.example/library/alpine mirror", "registry-1.docker.io/library/alpine"}, nil},
		"host_port_ before host:port": {map[string]string{conf: confV3 + certsD,
			hosts + "harbor.corp.example:8443/hosts.toml":  "[host.\"m1.corp.example\"]\n",
			hosts + "harbor.corp.example_8443_/hosts.toml": "[host.\"m2.corp.example\"]\n"}, "harbor.corp.example:8443/a",
			[]string{"m2.corp.example/a mirror", "harbor.corp.example:8443/a"}, nil},
		"the default of 2.2": {map[string]string{hosts + "quay.io/hosts.toml": "[host.\"http://m.corp.example\"]\nskip_verify = true\n"},
			"quay.io/a/b", []string{"m.corp.example/a/b mirror insecure", "quay.io/a/b"}, nil},
		"no default before": {map[string]string{hosts + "quay.io/hosts.toml": "[host.\"https://m.corp.example\"]\n",
			"/var/lib/dpkg/status": "Package: containerd\nStatus: install ok installed\nVersion: 1.7.24~ds1-6\n"}, "quay.io/a/b",
			[]string{"quay.io/a/b"},
			[]string{"ineffective " + hosts + "quay.io/hosts.toml quay.io: config_path of " + conf + " does not name /etc/containerd/certs.d"}},
		"imports": {map[string]string{conf: "version = 3\nimports = [\"conf.d/*.toml\"]\n",
			"/etc/containerd/conf.d/r.toml": confV3 + "config_path = \"/srv/hosts\"\n",
			"/srv/hosts/quay.io/hosts.toml": "[host.\"m.corp.example:5000\"]\n"},
			"quay.io/a", []string{"m.corp.example:5000/a mirror", "quay.io/a"}, nil},
		"mirrors of old": {map[string]string{conf: confV2 + "[plugins.\"io.containerd.grpc.v1.cri\".registry.mirrors]\n" +
			"[plugins.\"io.containerd.grpc.v1.cri\".registry.mirrors.\"docker.io\"]\n" +
			"endpoint = [\"https://m1.corp.example\", \"http://m2.corp.example:5000/v2/hub\", \"m3.corp.example\"]\n" +
			"[plugins.\"io.containerd.grpc.v1.cri\".registry.configs.\"m3.corp.example\".tls]\ninsecure_skip_verify = true\n",
			"/var/lib/dpkg/status": "Package: containerd\nStatus: install ok installed\nVersion: 1.7.24~ds1-6\n"}, alpine,
			[]string{"m1.corp.example/library/alpine mirror", "m2.corp.example:5000/hub/library/alpine mirror plain",
				"m3.corp.example/library/alpine mirror insecure tls", "registry-1.docker.io/library/alpine"}, nil},
		"mirrors for all of old": {map[string]string{conf: "[plugins.cri.registry.mirrors.\"*\"]\nendpoint = [\"https://m.corp.example\"]\n"},
			"quay.io/a", []string{"m.corp.example/a mirror", "quay.io/a"}, nil},
		"mirrors and config_path": {map[string]string{conf: confV2 + certsD +
			"[plugins.\"io.containerd.grpc.v1.cri\".registry.mirrors.\"docker.io\"]\nendpoint = [\"https://m1.corp.example\"]\n"}, alpine, none,
			[]string{"refused " + conf + ":5 mirrors: config_path stands in " + conf + ":3 as well: containerd's CRI plugin does not load with " +
				"both, and no image is pulled"}},
		"the table of version 2 in version 3": {map[string]string{conf: "version = 3\n[plugins.\"io.containerd.grpc.v1.cri\".registry]\n" +
			"config_path = \"/srv/hosts\"\n", "/srv/hosts/docker.io/hosts.toml": hubHosts}, alpine, none,
			[]string{"ineffective " + conf + ":3 config_path: config.toml has version 3, and containerd does not read the table " +
				"io.containerd.grpc.v1.cri there"}},
		"broken hosts.toml": {map[string]string{conf: confV2 + certsD, hosts +
			"docker.io/hosts.toml": "[host.\"https://m\"]\ncapabilities = [\"pul\"]\n"},
			alpine, own, []string{"ineffective " + hosts +
				"docker.io/hosts.toml:2 docker.io: containerd cannot read the file (unknown capability " +
				"pul) and goes on without it"}},
		"no TOML": {map[string]string{conf: confV2 + certsD, hosts + "docker.io/hosts.toml": "server = https://m\n"}, alpine, own,
			[]string{"ineffective " + hosts + "docker.io/hosts.toml:1 docker.io: containerd cannot read the file (toml: unexpected " +
				"character U+0068 'h' at start of value) and goes on without it"}},
		"a scheme": {map[string]string{conf: confV2 + certsD, hosts + "https:/quay.io/hosts.toml": "[host.\"https://m\"]\n"}, "quay.io/a",
			[]string{"quay.io/a"}, []string{"ineffective " + hosts +
				"https:/quay.io quay.io: the folder's name has a scheme, and containerd looks " +
				"for the host alone"}},
		"Docker Hub by another name": {map[string]string{conf: confV2 + certsD, hosts + "registry-1.docker.io/hosts.toml": hubHosts}, alpine,
			none,
			[]string{"ineffective " + hosts +
				"registry-1.docker.io/hosts.toml:1 registry-1.docker.io: the entry is for registry-1.docker.io, and " +
				"the client looks for docker.io"}},
		"another port": {map[string]string{conf: confV2 + certsD, hosts + "harbor.corp.example_5000_/hosts.toml": "[host.\"https://m\"]\n"},
			"harbor.corp.example:8443/a", []string{"harbor.corp.example:8443/a"}, []string{"ineffective " + hosts +
				"harbor.corp.example_5000_/hosts.toml:1 harbor.corp.example:5000: the entry has another port than the name of the image"}},
		"docker's mirrors": {map[string]string{conf: confV2 + certsD,
			"/etc/docker/daemon.json": `{"registry-mirrors": ["https://m.corp.example"]}`},
			alpine, none, []string{"elsewhere /etc/docker/daemon.json:1 https://m.corp.example: containerd reads no daemon.json"}},
		"docker's mirrors, of no matter": {map[string]string{conf: confV2 + certsD,
			"/etc/docker/daemon.json": `{"registry-mirrors": ["https://m.corp.example"]}`}, "quay.io/a", []string{"quay.io/a"}, nil},
		"an API at another path": {map[string]string{conf: confV2 + certsD,
			hosts + "quay.io/hosts.toml": "[host.\"https://m.corp.example/mirror\"]\n" +
				"[host.\"https://n.corp.example/api\"]\noverride_path = true\n"}, "quay.io/a",
			[]string{"m.corp.example/a mirror api=/mirror/v2", "n.corp.example/a mirror api=/api", "quay.io/a"}, nil},
		"a server that no registry is": {map[string]string{conf: confV2 + certsD, hosts +
			"docker.io/hosts.toml": "server = \"https://docker.io\"\n"},
			alpine, []string{"docker.io/library/alpine"}, nil},
		"loopback": {map[string]string{conf: confV2 + certsD}, "localhost:5000/a", []string{"localhost:5000/a insecure"}, nil},
		"certificates alone": {map[string]string{conf: confV2 + certsD, hosts + "quay.io/ca.crt": "x"}, "quay.io/a", []string{"quay.io/a"},
			nil},
		"config.toml is broken": {map[string]string{conf: "version = \n"}, alpine, none,
			[]string{"refused " + conf + ":1 : not valid TOML: containerd does not start"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := ReadContainerd(host(t, row.files), "/root", nil)
			same(t, "asked", row.asked, asked(r, row.image))
			same(t, "told", row.told, told(r, row.image))
		})
	}
}

// The keys whose values a check does not send are noted.
func TestHostsTOMLIsNoted(t *testing.T) {
	r := ReadContainerd(host(t, map[string]string{containerdFile: confV2 + certsD,
		"/etc/containerd/certs.d/docker.io/hosts.toml": hubHosts}), "/root", nil)
	same(t, "remarks", []string{"not-evaluated @/etc/containerd/certs.d/docker.io/hosts.toml"}, codes(r.Remarks))
}

const registriesYAML = `mirrors:
  docker.io:
    endpoint:
      - "https://m1.corp.example"
      - "http://m2.corp.example:5000"
      - "https://harbor.corp.example/v2/hub"
    rewrite:
      "^library/(.*)": "base/$1"
  "harbor.corp.example:8443":
    endpoint: ["https://harbor.corp.example:8443"]
  "*":
    endpoint:
    - m3.corp.example
configs:
  m1.corp.example:
    auth:
      username: u
      password: p
    tls:
      insecure_skip_verify: true
  harbor.corp.example:8443:
    tls: {insecure_skip_verify: true}
  plain.corp.example:
    tls: {insecure_skip_verify: true}
`

func TestReadRancher(t *testing.T) {
	const k3s, rke2 = "/etc/rancher/k3s/registries.yaml", "/etc/rancher/rke2/registries.yaml"
	only := map[string]string{k3s: registriesYAML}
	for name, row := range map[string]struct {
		files map[string]string
		image string
		asked []string
		told  []string
	}{
		"mirrors": {only, "docker.io/library/alpine", []string{"m1.corp.example/base/alpine mirror insecure tls",
			"m2.corp.example:5000/base/alpine mirror plain", "harbor.corp.example/hub/base/alpine mirror",
			"registry-1.docker.io/library/alpine"}, nil},
		"itself":          {only, "harbor.corp.example:8443/a", []string{"harbor.corp.example:8443/a insecure tls"}, nil},
		"every other one": {only, "quay.io/a", []string{"m3.corp.example/a mirror", "quay.io/a"}, nil},
		"configs alone":   {only, "plain.corp.example/a", []string{"plain.corp.example/a insecure tls"}, nil},
		"without a port": {map[string]string{rke2: "mirrors:\n  harbor.corp.example:\n    endpoint: [\"https://m\"]\n"},
			"harbor.corp.example:8443/a",
			[]string{"harbor.corp.example:8443/a"},
			[]string{"ineffective " + rke2 + ":2 harbor.corp.example: the entry has no port, and the name of the image has one"}},
		"with a scheme": {map[string]string{rke2: "mirrors:\n  https://harbor.corp.example:\n    endpoint: [\"https://m\"]\n"},
			"harbor.corp.example/a",
			[]string{"harbor.corp.example/a"}, []string{"ineffective " + rke2 +
				":2 https://harbor.corp.example: the entry has the scheme https://, " +
				"and names of images have none"}},
		"with a path": {map[string]string{rke2: "mirrors:\n  harbor.corp.example/team:\n    endpoint: [\"https://m\"]\n"},
			"harbor.corp.example/team/a",
			[]string{"harbor.corp.example/team/a"},
			[]string{"ineffective " + rke2 + ":2 harbor.corp.example/team: the entry has a path, and the client compares the host alone"}},
		"mirrors alone": {map[string]string{k3s: registriesYAML, "/etc/rancher/k3s/config.yaml": "disable-default-registry-endpoint: true\n"},
			"quay.io/a",
			[]string{"m3.corp.example/a mirror"}, nil},
		"containerd has its own": {map[string]string{k3s: registriesYAML, containerdFile: confV3}, "quay.io/a", []string{"quay.io/a"}, nil},
		"containerd is for docker": {map[string]string{k3s: registriesYAML, containerdFile: "disabled_plugins = [\"cri\"]\n"}, "quay.io/a",
			[]string{"m3.corp.example/a mirror", "quay.io/a"}, nil},
		"broken": {map[string]string{k3s: "mirrors: [\n"}, "quay.io/a", []string{"quay.io/a"},
			[]string{"refused " + k3s + " : not valid YAML: k3s and RKE2 do not start"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := ReadContainerd(host(t, row.files), "/root", nil)
			same(t, "asked", row.asked, asked(r, row.image))
			same(t, "told", row.told, told(r, row.image))
		})
	}
}

func TestReadDockerd(t *testing.T) {
	const daemon = "/etc/docker/daemon.json"
	both := map[string]string{daemon: `{
 "registry-mirrors": ["https://m1.corp.example", "http://m2.corp.example:5000/", "https://m3.corp.example/hub"],
 "insecure-registries": ["m1.corp.example", "http://harbor.corp.example:8080", "10.20.0.0/16"]
}`, "/etc/systemd/system/docker.service": "[Service]\nExecStart=/usr/bin/dockerd --registry-mirror=https://m4.corp.example " +
		"--insecure-registry plain.corp.example\n"}
	for name, row := range map[string]struct {
		files map[string]string
		image string
		asked []string
		told  []string
	}{
		"mirrors": {both, "docker.io/library/alpine", []string{"m1.corp.example/library/alpine mirror insecure tls",
			"m2.corp.example:5000/library/alpine mirror plain", "m3.corp.example/library/alpine mirror api=/hub/v2",
			"m4.corp.example/library/alpine mirror", "registry-1.docker.io/library/alpine"}, nil},
		"mirrors are for Docker Hub": {both, "quay.io/a", []string{"quay.io/a"}, nil},
		"insecure":                   {both, "harbor.corp.example:8080/a", []string{"harbor.corp.example:8080/a insecure"}, nil},
		"insecure by a flag":         {both, "plain.corp.example/a", []string{"plain.corp.example/a insecure"}, nil},
		"insecure network":           {both, "10.20.1.1:5000/a", []string{"10.20.1.1:5000/a insecure"}, nil},
		"loopback":                   {nil, "localhost:5000/a", []string{"localhost:5000/a insecure"}, nil},
		"loopback of IPv6":           {nil, "[::1]:5000/a", []string{"[::1]:5000/a insecure"}, nil},
		"a port too many": {map[string]string{daemon: `{"insecure-registries": ["harbor.corp.example:443"]}`}, "harbor.corp.example/a",
			[]string{"harbor.corp.example/a"}, []string{"ineffective " + daemon +
				":1 harbor.corp.example:443: the entry has a port, and the name of " +
				"the image has none"}},
		"a path": {map[string]string{daemon: `{"insecure-registries": ["harbor.corp.example/team"]}`}, "harbor.corp.example/team/a",
			[]string{"harbor.corp.example/team/a"}, []string{"ineffective " + daemon +
				":1 harbor.corp.example/team: the entry has a path, and the " +
				"client compares the host alone", "refused " + daemon + ":1 harbor.corp.example/team: an entry of insecure-registries has a path: " +
				"dockerd does not start"}},
		"no URL": {map[string]string{daemon: `{"registry-mirrors": ["m.corp.example"]}`}, "quay.io/a", []string{"quay.io/a"},
			[]string{"refused " + daemon + ":1 m.corp.example: a mirror is no URL with http:// or https://: dockerd does not start"}},
		"containerd's file": {map[string]string{"/etc/containerd/certs.d/quay.io/hosts.toml": "[host.\"https://m\"]\n"}, "quay.io/a",
			[]string{"quay.io/a"}, []string{"elsewhere /etc/containerd/certs.d/quay.io/hosts.toml quay.io: dockerd reads no hosts.toml"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := ReadDockerd(host(t, row.files), "/root", nil)
			same(t, "asked", row.asked, asked(r, row.image))
			same(t, "told", row.told, told(r, row.image))
		})
	}
}

// An entry of registries.conf may have a path, and a host alone is of every port.
func TestIneffectiveOfRegistriesConf(t *testing.T) {
	const conf = "/etc/containers/registries.conf"
	read := func(text string) Registries {
		return ReadRegistries(host(t, map[string]string{conf: text}), "/root", nil)
	}
	refused := func(what string) []string {
		return []string{"refused " + conf + ":" + what + ", and podman, skopeo, buildah and CRI-O refuse to pull"}
	}
	twice := func(keys string) string {
		return "[[registry]]\nlocation = \"quay.io\"\n[[registry]]\nprefix = \"quay.io/team\"\nlocation = \"quay.io\"\n" + keys + "\n"
	}
	mirror := func(keys string) string {
		return "[[registry]]\nlocation = \"quay.io\"\n[[registry.mirror]]\n" + keys + "\n"
	}
	for name, row := range map[string]struct {
		conf, image string
		told        []string
	}{
		"another repository": {"[[registry]]\nlocation = \"quay.io/team\"\n", "quay.io/other/a", nil},
		"every port":         {"[[registry]]\nlocation = \"harbor.corp.example\"\n", "harbor.corp.example:8443/a", nil},
		"a port too many": {"[[registry]]\nlocation = \"harbor.corp.example:443\"\n", "harbor.corp.example/a",
			[]string{"ineffective " + conf + ":2 harbor.corp.example:443: the entry has a port, and the name of the image has none"}},
		"Docker Hub": {"[[registry]]\nlocation = \"registry-1.docker.io\"\n", "docker.io/library/a",
			[]string{"ineffective " + conf +
				":2 registry-1.docker.io: the entry is for registry-1.docker.io, and the client looks for docker.io"}},
		"another entry applies": {"[[registry]]\nlocation = \"harbor.corp.example:443\"\n[[registry]]\nlocation = \"harbor.corp.example\"\n",
			"harbor.corp.example/a", nil},
		"broken": {"[[registry\n", "quay.io/a", []string{"refused " + conf +
			":1 : not valid TOML: podman, skopeo, buildah and CRI-O refuse to pull"}},
		"a registry with a scheme": {"[[registry]]\nprefix = \"quay.io\"\nlocation = \"http://harbor.corp.example/\"\n", "ghcr.io/a",
			refused("3 http://harbor.corp.example/: location has the scheme http://")},
		"a mirror with a scheme": {"[[registry]]\nlocation = \"quay.io\"\n[[registry.mirror]]\nlocation = \"https://m.corp.example\"\n",
			"quay.io/a", refused("4 https://m.corp.example: location has the scheme https://")},
		"a mirror with a scheme in a line": {"[[registry]]\nlocation = \"quay.io\"\nmirror = [{location = \"https://m.corp.example\"}]\n",
			"quay.io/a", refused("3 https://m.corp.example: location has the scheme https://")},
		"a prefix with a scheme": {"[[registry]]\nprefix = \"https://quay.io\"\nlocation = \"m.corp.example\"\n", "quay.io/a",
			refused("2 https://quay.io: prefix has the scheme https://")},
		"a login": {"[[registry]]\nlocation = \"https://svc:pa55@m.corp.example\"\n", "quay.io/a",
			refused("2 " + redact.Mark + ": location has the scheme https://")},
		"a search with a scheme": {"unqualified-search-registries = [\"quay.io\", \"https://docker.io\"]\n", "quay.io/a",
			refused("1 https://docker.io: unqualified-search-registries has the scheme https://")},
		"a scheme that is none": {"[[registry]]\nlocation = \"https\"\n", "https/a", nil},
		"an alias to a URL": {"[aliases]\nlocation = \"https://quay.io\"\n", "quay.io/a",
			refused("2 https://quay.io: the alias location leads to a URL")},
		"an alias":            {"[aliases]\nubi9 = \"quay.io/a/ubi9\"\n", "quay.io/a", nil},
		"an alias taken back": {"[aliases]\nubi9 = \"\"\n", "quay.io/a", nil},
		"an alias of a tag": {"[aliases]\n\"ubi9:1\" = \"quay.io/a\"\n", "quay.io/a",
			refused("2 quay.io/a: the alias ubi9:1 has a tag or a digest in its name")},
		"a mode of short names":  {"short-name-mode = \"enforcing\"\n", "quay.io/a", nil},
		"no mode of short names": {"short-name-mode = \"on\"\n", "quay.io/a", refused("1 on: short-name-mode is on")},
		"a scheme elsewhere":     {"[other]\nlocation = \"https://quay.io\"\n", "quay.io/a", nil},
		"no location":            {"[[registry]]\ninsecure = true\n", "quay.io/a", refused("2 : the entry has no location")},
		"a prefix alone": {"[[registry]]\nprefix = \"quay.io\"\n", "quay.io/a",
			refused("2 quay.io: the entry has a prefix and no location")},
		"of sub-domains alone":   {"[[registry]]\nprefix = \"*.corp.example\"\n", "a.corp.example/a", nil},
		"a mirror that is empty": {mirror("insecure = true"), "quay.io/a", refused("4 : a mirror has no location")},
		"a mirror for what": {mirror("location = \"m.corp.example\"\npull-from-mirror = \"tags\""), "quay.io/a",
			refused("4 m.corp.example: pull-from-mirror is tags")},
		"a mirror for tags": {mirror("location = \"m.corp.example\"\npull-from-mirror = \"tag-only\""), "quay.io/a", nil},
		"a search with a path": {"unqualified-search-registries = [\"quay.io/team\"]\n", "quay.io/a",
			refused("1 quay.io/team: unqualified-search-registries has a path")},
		"a mirror's key in a registry": {"[[registry]]\nlocation = \"quay.io\"\npull-from-mirror = \"all\"\n", "quay.io/a",
			refused("3 all: pull-from-mirror stands in a registry")},
		"sub-domains of a path": {"[[registry]]\nprefix = \"*.corp.example/team\"\n", "quay.io/a",
			refused("2 *.corp.example/team: the prefix of sub-domains has more than a domain")},
		"insecure and not": {twice("insecure = true"), "quay.io/a",
			refused("4 quay.io: insecure is not the same in all entries of the location")},
		"blocked and not": {twice("blocked = true"), "quay.io/a",
			refused("4 quay.io: blocked is not the same in all entries of the location")},
		"twice the same": {twice("insecure = false"), "quay.io/a", nil},
		"digests twice": {"[[registry]]\nlocation = \"quay.io\"\nmirror-by-digest-only = true\n" +
			"mirror = [{location = \"m.corp.example\", pull-from-mirror = \"digest-only\"}]\n", "quay.io/a",
			refused("4 m.corp.example: mirror-by-digest-only and pull-from-mirror are both set")},
	} {
		t.Run(name, func(t *testing.T) { same(t, "told", row.told, told(read(row.conf), row.image)) })
	}
}

// The authorities of a registry's mirrors count with its own.
func TestContainerdFiles(t *testing.T) {
	const hosts = "/etc/containerd/certs.d/"
	for name, row := range map[string]struct {
		files    map[string]string
		registry string
		want     []string
	}{
		"hosts.toml": {map[string]string{containerdFile: confV2 + certsD, hosts + "docker.io/hosts.toml": hubHosts}, "registry-1.docker.io",
			[]string{hosts + "docker.io/corp-ca.crt"}},
		"a folder that config_path does not name": {map[string]string{containerdFile: confV2 + "config_path = \"/srv\"\n",
			hosts + "quay.io/ca.crt": "x"}, "quay.io", nil},
		"every other one": {map[string]string{containerdFile: confV2 + certsD, hosts + "_default/ca.crt": "x"}, "quay.io",
			[]string{hosts + "_default/ca.crt"}},
		"k3s": {map[string]string{"/etc/rancher/k3s/registries.yaml": "mirrors: {quay.io: {endpoint: [https://m.corp.example]}}\n" +
			"configs: {m.corp.example: {tls: {ca_file: /srv/ca.pem}}, other.example: {tls: {ca_file: /srv/no.pem}}}\n"}, "quay.io",
			[]string{"/srv/ca.pem"}},
		"the form before": {map[string]string{containerdFile: "[plugins.cri.registry.configs.\"quay.io\".tls]\nca_file = \"/srv/ca.pem\"\n",
			"/var/lib/dpkg/status": "Package: containerd\nStatus: install ok installed\nVersion: 1.6.20~ds1\n"}, "quay.io", []string{"/srv/ca.pem"}},
		"the form before, from 2.0 on": {map[string]string{
			containerdFile: "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry.configs.\"quay.io\".tls]\n" +
				"ca_file = \"/srv/ca.pem\"\n",
			"/var/lib/dpkg/status": "Package: containerd.io\nStatus: install ok installed\nVersion: 2.1.4-1\n"}, "quay.io", nil},
	} {
		t.Run(name, func(t *testing.T) {
			same(t, "files", row.want, ContainerdFiles(host(t, row.files), "/root", row.registry))
		})
	}
}
