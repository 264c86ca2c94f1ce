package settings

import (
	"cmp"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"pullpath/internal/route"
)

// The two places that containerd looks at by itself from 2.2 on
// (https://github.com/containerd/containerd/blob/v2.2.0/internal/cri/config/config_unix.go).
var defaultHostDirs = []string{"/etc/containerd/certs.d", "/etc/docker/certs.d"}

const (
	containerdFile = "/etc/containerd/config.toml"
	// The tables of the CRI plugin's images: of config.toml from version 3 on, and of 2.
	criImages, criGRPC = "io.containerd.cri.v1.images", "io.containerd.grpc.v1.cri"
	// maxImports bounds the files that a config.toml may bring in; products have a few.
	maxImports = 100
)

// criRegistry is the registry part of containerd's CRI plugin.
type criRegistry struct {
	Registries          // files, and what is not read
	paths      []string // config_path, nil where it is not written
	pathAt     string
	mirrors    []criMirror
	skip       map[string]bool   // hosts whose certificate is not verified
	ca         map[string]string // CA files of hosts
	off        bool              // the plugin is disabled: another containerd pulls for the kubelet
}

// criMirror is [registry.mirrors."HOST"], the form before hosts.toml.
type criMirror struct {
	host, source string
	endpoints    []string
}

// ReadContainerd reads where containerd asks when the kubelet pulls: config.toml with what it
// imports, and hosts.toml in the directories that it names. Where containerd has no file of its
// own, it is k3s's or RKE2's, which write them anew from registries.yaml.
func ReadContainerd(root *Root, _ string, _ route.Environment) Registries {
	c := readCRI(root)
	if len(c.Files) == 0 || c.off {
		if r, found := readRancher(root); found {
			return r
		}
	}
	release, _ := PackageVersion(root, "containerd.io", "containerd")
	r := c.Registries
	if len(c.Files) == 0 && root.Exists(snapHostDir) {
		c.paths = []string{snapHostDir}
	}
	if c.paths == nil && len(c.mirrors) == 0 && !before(release.Upstream(), "2.2") {
		c.paths = defaultHostDirs
	}
	if len(c.mirrors) > 0 && len(c.paths) > 0 {
		r.Unread = append(r.Unread, UnreadEntry{Prefix: "*", Refused: true, Source: c.mirrors[0].source, Value: "mirrors",
			Why:   "config_path stands in " + c.pathAt + " as well: containerd's CRI plugin does not load with both, and no image is pulled",
			Write: "move the mirrors into hosts.toml below " + c.paths[0]})
	}
	if len(c.paths) > 0 {
		r.readHostDirs(root, c.paths)
	} else {
		r.readMirrors(c, !before(release.Upstream(), "2.0"))
	}
	for _, dir := range defaultHostDirs {
		if !slices.Contains(c.paths, dir) {
			r.Unread = append(r.Unread, unreadHostDir(root, dir, c)...)
		}
	}
	if !r.has(dockerIO) {
		r.Unread = append(r.Unread, dockerMirrors(root, "containerd reads no daemon.json")...)
	}
	return r
}

// before reports whether a known release is older than another; each is written 1.7.24.
func before(release, other string) bool {
	if release == "" {
		return false
	}
	a, b := strings.Split(release, "."), strings.Split(other, ".")
	for i := range min(len(a), len(b)) {
		if len(a[i]) != len(b[i]) {
			return len(a[i]) < len(b[i])
		}
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

// readCRI reads config.toml and the files that it imports, each after the one that names it
// (https://github.com/containerd/containerd/blob/v2.1.9/cmd/containerd/server/config/config.go,
// LoadConfig).
func readCRI(root *Root) criRegistry {
	c := criRegistry{skip: map[string]bool{}, ca: map[string]string{}}
	pending := []string{containerdFile}
	for len(pending) > 0 && len(c.Files) < maxImports {
		name := pending[0]
		pending = pending[1:]
		text, ok := root.text(name)
		if !ok || slices.Contains(c.Files, name) {
			continue
		}
		c.Files = append(c.Files, name)
		values, line, err := parseTOML(text)
		if err != nil {
			c.refuse(err, Remark{Code: Syntax, Source: at(name, line), Text: "not valid TOML: containerd does not start"})
			continue
		}
		pending = append(pending, c.take(root, name, values)...)
	}
	return c
}

// take applies a file and returns those that it imports.
func (c *criRegistry) take(root *Root, name string, values []tomlValue) []string {
	version := "1"
	var imports []string
	for _, v := range values {
		if len(v.keys) == 1 && v.keys[0] == "version" {
			version = v.text
		}
	}
	for _, v := range values {
		switch {
		case v.keys[0] == "imports":
			file := v.text
			if !path.IsAbs(file) {
				file = path.Join(path.Dir(name), file)
			}
			imports = append(imports, root.Glob(file)...)
		case v.keys[0] == "disabled_plugins" && (v.text == "cri" || v.text == criGRPC):
			c.off = true
		case len(v.keys) > 3 && v.keys[0] == "plugins" && v.keys[2] == "registry":
			c.takeRegistry(v, version, at(name, v.line))
		}
	}
	return imports
}

// tablesOf are the plugin's tables that count in config.toml of a version
// (https://github.com/containerd/containerd/blob/v2.1.9/plugins/cri/images/plugin.go,
// configMigration; containerd/containerd#5236).
func tablesOf(version string) []string {
	switch version {
	case "1":
		return []string{"cri"}
	case "2":
		return []string{criGRPC, criImages}
	}
	return []string{criImages}
}

// takeRegistry applies a key of the plugin's registry table.
func (c *criRegistry) takeRegistry(v tomlValue, version, source string) {
	key := v.keys[3:]
	if tables := tablesOf(version); !slices.Contains(tables, v.keys[1]) {
		if slices.Contains([]string{"cri", criGRPC, criImages}, v.keys[1]) {
			c.leave(v, version, source)
		}
		return
	}
	switch {
	case key[0] == "config_path":
		c.paths, c.pathAt = []string{}, source
		for dir := range strings.SplitSeq(v.text, ":") {
			if dir != "" {
				c.paths = append(c.paths, clean(dir))
			}
		}
	case key[0] == "mirrors" && len(key) == 3 && key[2] == "endpoint":
		c.takeEndpoint(key[1], v.text, source)
	case key[0] == "configs" && len(key) == 4 && key[3] == "insecure_skip_verify":
		c.skip[key[1]] = v.text == "true"
	case key[0] == "configs" && len(key) == 4 && key[3] == "ca_file":
		c.ca[key[1]] = v.text
	}
}

// leave notes what stands in a table that does not count.
func (c *criRegistry) leave(v tomlValue, version, source string) {
	key, prefix := v.keys[3:], "*"
	if key[0] == "mirrors" && len(key) > 1 {
		prefix = key[1]
	}
	if v.text == "" || prefix == "*" && key[0] != "config_path" {
		return
	}
	c.Unread = append(c.Unread, UnreadEntry{Prefix: prefix, Source: source, Value: quoted(strings.Join(key, ".")),
		Why:   "config.toml has version " + quoted(version) + ", and containerd does not read the table " + v.keys[1] + " there",
		Write: `write it below [plugins."` + tablesOf(version)[0] + `".registry]`})
}

// takeEndpoint adds a mirror of a host. A file takes the place of one before it.
func (c *criRegistry) takeEndpoint(host, endpoint, source string) {
	i := slices.IndexFunc(c.mirrors, func(m criMirror) bool { return m.host == host })
	switch {
	case i < 0:
		c.mirrors = append(c.mirrors, criMirror{host: host, source: source, endpoints: []string{endpoint}})
	case fileOf(c.mirrors[i].source) != fileOf(source):
		c.mirrors[i] = criMirror{host: host, source: source, endpoints: []string{endpoint}}
	default:
		c.mirrors[i].endpoints = append(c.mirrors[i].endpoints, endpoint)
	}
}

// fileOf is the file of a source "path:line".
func fileOf(source string) string { return inLine.ReplaceAllString(source, "") }

// readMirrors takes the form before hosts.toml. From 2.0 on, configs says nothing about TLS
// (https://github.com/containerd/containerd/blob/v2.1.9/internal/cri/server/images/image_pull.go,
// registryHosts and registryEndpoints).
func (r *Registries) readMirrors(c criRegistry, noTLS bool) {
	skips := func(host string) bool { return c.skip[host] && !noTLS }
	for _, m := range c.mirrors {
		e := Registry{Prefix: m.host, OfHost: true, Source: m.source}
		named := false
		for _, endpoint := range m.endpoints {
			u, err := url.Parse(withScheme(endpoint))
			if err != nil || u.Host == "" {
				r.Unread = append(r.Unread, UnreadEntry{Prefix: m.host, Source: m.source, Value: quoted(endpoint),
					Why: "it is no URL: containerd pulls no image of the host", Refused: true})
				continue
			}
			p := Mirror{Source: m.source, Plain: u.Scheme == "http", Insecure: skips(u.Host), TLSOnly: true, Own: u.Host == m.host}
			p.at(u.Host, cmp.Or(u.Path, "/v2"))
			e.authorities = withFile(e.authorities, c.ca[u.Host], noTLS)
			e.Mirrors, named = append(e.Mirrors, p), named || p.Own
		}
		if !named {
			e.Mirrors = append(e.Mirrors, Mirror{Own: true, Source: m.source, TLSOnly: true, Insecure: skips(m.host)})
			e.authorities = withFile(e.authorities, c.ca[m.host], noTLS)
		}
		r.Entries = append(r.Entries, e)
	}
	hosts := slices.Concat(slices.Collect(maps.Keys(c.skip)), slices.Collect(maps.Keys(c.ca)))
	slices.Sort(hosts)
	for _, host := range hosts {
		if !r.has(host) && !noTLS {
			r.Entries = append(r.Entries, Registry{Prefix: host, OfHost: true, authorities: withFile(nil, c.ca[host], false),
				Mirrors: []Mirror{{Own: true, Insecure: skips(host), TLSOnly: true}}})
		}
	}
}

// withFile adds a file where there is one and it counts.
func withFile(files []string, name string, not bool) []string {
	if name == "" || not {
		return files
	}
	return append(files, name)
}

// withScheme is an endpoint as containerd completes it.
func withScheme(endpoint string) string {
	switch {
	case strings.Contains(endpoint, "://"):
		return endpoint
	case addressOf(hostOf(endpoint)).IsLoopback():
		return "http://" + endpoint
	}
	return "https://" + endpoint
}

// has reports whether there is an entry for a host by its name.
func (r *Registries) has(host string) bool {
	return slices.ContainsFunc(r.Entries, func(e Registry) bool { return e.Prefix == host })
}

// withPort is a folder's name for a host with a port, in which the colon is not allowed on
// every file system (https://github.com/containerd/containerd/blob/v2.1.9/docs/hosts.md).
var withPort = regexp.MustCompile(`^(.+)_([0-9]+)_$`)

// folderHost is the host that a folder of hosts.toml is about.
func folderHost(folder string) string {
	if folder == "_default" {
		return "*"
	}
	return withPort.ReplaceAllString(folder, "$1:$2")
}

// readHostDirs reads the folders of config_path. The first that is there for a host counts; the
// folder _default of one directory stands before every folder of the next
// (https://github.com/containerd/containerd/blob/v2.1.9/internal/cri/server/images/image_pull.go,
// hostDirFromRoots).
func (r *Registries) readHostDirs(root *Root, dirs []string) {
	for _, dir := range dirs {
		for _, folder := range hostFolders(root, dir) {
			host := folderHost(folder)
			if !r.has(host) {
				r.readHostDir(root, path.Join(dir, folder), host)
			}
		}
		if r.has("*") {
			return
		}
	}
	loopback := Mirror{Own: true, Insecure: true}
	r.Entries = append(r.Entries, Registry{Prefix: "127.0.0.0/8", OfHost: true, Mirrors: []Mirror{loopback}},
		Registry{Prefix: "::1/128", OfHost: true, Mirrors: []Mirror{loopback}})
}

// hostFolders are a directory's folders, those first that are found first: host_port_ before
// host:port.
func hostFolders(root *Root, dir string) []string {
	out := root.ReadDir(dir)
	slices.SortStableFunc(out, func(a, b string) int {
		return cmp.Compare(strings.Count(a, ":"), strings.Count(b, ":"))
	})
	return out
}

// readHostDir reads one folder. One without hosts.toml holds certificates alone.
func (r *Registries) readHostDir(root *Root, dir, host string) {
	if scheme := strings.TrimSuffix(path.Base(dir), ":"); scheme == "http" || scheme == "https" {
		for _, inner := range root.ReadDir(dir) {
			r.Unread = append(r.Unread, UnreadEntry{Prefix: folderHost(inner), Source: path.Join(dir, inner), Value: quoted(inner),
				Why: "the folder's name has a scheme, and containerd looks for the host alone", Write: "mv it to " + path.Join(path.Dir(dir), inner)})
		}
		return
	}
	name := path.Join(dir, "hosts.toml")
	e := Registry{Prefix: host, OfHost: true, Mirrors: []Mirror{{Own: true, TLSOnly: true}}}
	if text, ok := root.text(name); ok && text != "" {
		r.Files = append(r.Files, name)
		f, line, err := parseHostsTOML(name, text)
		if err != nil {
			r.Unread = append(r.Unread, UnreadEntry{Prefix: host, Source: at(name, line), Value: path.Base(dir),
				Why: "containerd cannot read the file (" + quoted(err.Error()) + ") and goes on without it", Write: "correct the line"})
		} else {
			e = f.entry(host, at(name, 1))
			r.unsent(name, f)
		}
	}
	e.folder = dir
	r.Entries = append(r.Entries, e)
}

// ContainerdFiles returns the CA files that containerd adds to the system's store for the hosts
// which it asks for a registry's images.
func ContainerdFiles(root *Root, home, registry string) []string {
	if registry == dockerIOHost {
		registry = dockerIO
	}
	e, _ := ReadContainerd(root, home, nil).Lookup(registry)
	if e.folder == "" {
		return e.authorities
	}
	return Trust{HostsTOML: true}.caFiles(root, e.folder)
}

// unsent notes what the file has containerd send and a check does not.
func (r *Registries) unsent(name string, f hostsFile) {
	for _, key := range f.unsent {
		r.Remarks = append(r.Remarks, Remark{Code: NotEvaluated, Source: name, Variable: key,
			Text: "containerd sends what it names, and a check does not"})
	}
}

// unreadHostDir are the hosts of a directory that config_path does not name.
func unreadHostDir(root *Root, dir string, c criRegistry) []UnreadEntry {
	var out []UnreadEntry
	why := "config_path of " + containerdFile + " does not name " + dir
	if c.pathAt != "" {
		why = "config_path (" + c.pathAt + ") does not name " + dir
	}
	for _, folder := range root.ReadDir(dir) {
		if name := path.Join(dir, folder, "hosts.toml"); root.IsFile(name) {
			out = append(out, UnreadEntry{Prefix: folderHost(folder), Source: name, Value: folder, Why: why,
				Write: `config_path = "` + dir + `" below [plugins."` + criImages + `".registry] ("` + criGRPC +
					`" in config.toml of version 2), and ` +
					"restart containerd"})
		}
	}
	return out
}
