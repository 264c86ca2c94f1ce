package settings

import (
	"path"
	"slices"
	"strings"

	"pullpath/internal/route"
)

// The places of buildkitd's file: the daemon's, and the one of a user who runs it without
// root (https://github.com/moby/buildkit/blob/v0.32.2/docs/buildkitd.toml.md).
const (
	buildkitdFile   = "/etc/buildkit/buildkitd.toml"
	buildkitdOfUser = ".config/buildkit/buildkitd.toml"
)

// buildkitdRegistry is one table [registry."HOST"]
// (https://github.com/moby/buildkit/blob/v0.32.2/util/resolver/config/config.go).
type buildkitdRegistry struct {
	host, source   string
	mirrors        []Mirror
	http, insecure bool
	authorities    []string
	directories    []string
}

// buildkitdRegistries are the tables of a file in their order. An error is a remark.
func buildkitdRegistries(root *Root, name string) (tables []*buildkitdRegistry, found bool, remarks []Remark) {
	text, found := root.text(name)
	if !found {
		return nil, false, nil
	}
	values, line, err := parseTOML(text)
	if err != nil {
		return nil, true, []Remark{refused(err, Remark{Code: Syntax, Source: at(name, line), Text: "not valid TOML: buildkitd does not start"})}
	}
	byHost := map[string]*buildkitdRegistry{}
	for _, v := range values {
		rest, ok := strings.CutPrefix(v.path, "registry.")
		i := strings.LastIndexByte(rest, '.') // a host has dots, a key has none
		if !ok || i < 0 || !slices.Contains(buildkitdKeys(), rest[i+1:]) {
			continue
		}
		host := rest[:i]
		table := byHost[host]
		if table == nil {
			table = &buildkitdRegistry{host: host, source: at(name, v.line)}
			tables, byHost[host] = append(tables, table), table
		}
		table.take(rest[i+1:], v, at(name, v.line))
	}
	return tables, true, nil
}

// buildkitdKeys are the keys that are read; a key pair is of no matter here.
func buildkitdKeys() []string { return []string{"mirrors", "http", "insecure", "ca", "tlsconfigdir"} }

func (b *buildkitdRegistry) take(key string, v tomlValue, source string) {
	switch key {
	case "mirrors":
		b.mirrors = append(b.mirrors, Mirror{Location: v.text, Source: source})
	case "http":
		b.http = v.text == "true"
	case "insecure":
		b.insecure = v.text == "true"
	case "ca":
		b.authorities = append(b.authorities, v.text)
	case "tlsconfigdir":
		b.directories = append(b.directories, v.text)
	}
}

// plain reports whether the host is asked in plain HTTP: with insecure TLS is tried
// first (https://github.com/moby/buildkit/blob/v0.32.2/util/resolver/resolver.go,
// fillInsecureOpts).
func (b *buildkitdRegistry) plain() bool { return b.http && !b.insecure }

// dockerIO is the name by which buildkitd's file knows the registry at dockerIOHost.
const dockerIO, dockerIOHost = "docker.io", "registry-1.docker.io"

// ReadBuildkitd reads which mirrors buildkitd asks before a registry. How a mirror is
// asked stands in the mirror's own table, not in that of the registry which it mirrors
// (https://github.com/moby/buildkit/blob/v0.32.2/util/resolver/resolver.go,
// NewRegistryConfig).
func ReadBuildkitd(root *Root, home string, _ route.Environment) Registries {
	var out Registries
	for _, name := range []string{buildkitdFile, path.Join(home, buildkitdOfUser)} {
		tables, found, remarks := buildkitdRegistries(root, name)
		if !found {
			continue
		}
		out.Files, out.Remarks = append(out.Files, name), append(out.Remarks, remarks...)
		byHost := map[string]*buildkitdRegistry{}
		for _, t := range tables {
			byHost[t.host] = t
		}
		for _, t := range tables {
			entry := Registry{Prefix: t.host, Location: t.host, Insecure: t.plain(), Source: t.source}
			for _, m := range t.mirrors {
				own := byHost[hostOf(m.Location)]
				m.Insecure = own != nil && own.plain()
				entry.Mirrors = append(entry.Mirrors, m)
			}
			out.Entries = append(out.Entries, entry)
			if t.host == dockerIO {
				entry.Prefix, entry.Location = dockerIOHost, dockerIOHost
				out.Entries = append(out.Entries, entry)
			}
		}
	}
	return out
}

// BuildkitdFiles returns the CA files that buildkitd adds to the system's store for a
// registry: those of ca, and those that end in .crt in a directory of tlsconfigdir
// (https://github.com/moby/buildkit/blob/v0.32.2/util/resolver/resolver.go, loadTLSConfig).
func BuildkitdFiles(root *Root, _, registry string) []string {
	return caOfBuildkitd(root, buildkitdFile, registry)
}

// BuildkitdOfUserFiles is [BuildkitdFiles] for a daemon without root.
func BuildkitdOfUserFiles(root *Root, home, registry string) []string {
	return caOfBuildkitd(root, path.Join(home, buildkitdOfUser), registry)
}

func caOfBuildkitd(root *Root, name, registry string) []string {
	if registry == dockerIOHost {
		registry = dockerIO
	}
	var out []string
	tables, _, _ := buildkitdRegistries(root, name)
	for _, t := range tables {
		if t.host != registry {
			continue
		}
		out = append(out, t.authorities...)
		for _, dir := range t.directories {
			for _, file := range root.ReadDir(dir) {
				if strings.HasSuffix(file, ".crt") {
					out = append(out, path.Join(dir, file))
				}
			}
		}
	}
	return out
}
