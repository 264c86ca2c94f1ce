package settings

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/route"
)

// ReadDockerd reads where dockerd asks: registry-mirrors, for Docker Hub alone, and
// insecure-registries of daemon.json and of the unit's flags
// (https://github.com/moby/moby/blob/v28.5.2/registry/config.go, and service_v2.go there).
func ReadDockerd(root *Root, home string, _ route.Environment) Registries {
	var r Registries
	file := daemonFile(root, home)
	if file.Found {
		r.Files = append(r.Files, file.Path)
	}
	mirrors, insecure := file.Mirrors, file.Insecure
	for _, flag := range dockerdFlags(root) {
		switch flag.Name {
		case "--registry-mirror":
			mirrors = append(mirrors, flag)
		case "--insecure-registry":
			insecure = append(insecure, flag)
		}
	}
	for _, v := range insecure {
		r.Entries = append(r.Entries, r.insecure(v))
	}
	// Hosts on loopback may always be without TLS (loadInsecureRegistries).
	for _, network := range []string{"127.0.0.0/8", "::1/128"} {
		r.Entries = append(r.Entries, Registry{Prefix: network, OfHost: true, Mirrors: []Mirror{{Own: true, Insecure: true}}})
	}
	if len(mirrors) > 0 {
		r.hubMirrors(mirrors)
	}
	r.Unread = append(r.Unread, containerdHosts(root)...)
	return r
}

// daemonFile is the daemon.json that counts.
func daemonFile(root *Root, home string) DaemonFile {
	var file DaemonFile
	for _, name := range DaemonFiles(home) {
		if file = ReadDaemonFile(root, name); file.Found {
			break
		}
	}
	return file
}

// dockerdFlags are the flags about registries of the first unit that is there.
func dockerdFlags(root *Root) []route.Variable {
	for _, unit := range []string{"docker.service", "snap.docker.dockerd.service"} {
		if s := ReadService(root, unit, Scope{}); s.Found {
			return s.RegistryFlags
		}
	}
	return nil
}

// insecure is the entry of a host, or of a network, that may be without TLS or have any
// certificate. A scheme is left away.
func (r *Registries) insecure(v route.Variable) Registry {
	prefix := v.Value
	if _, rest, ok := strings.Cut(prefix, "://"); ok {
		prefix = rest
	}
	if prefix == "index.docker.io" {
		prefix = dockerIO
	}
	e := Registry{Prefix: prefix, OfHost: true, Source: v.Source, Mirrors: []Mirror{{Own: true, Insecure: true, Source: v.Source}}}
	if prefix == dockerIO { // it stays secure
		e.Mirrors = []Mirror{{Own: true, Source: v.Source}}
	}
	if _, err := netip.ParsePrefix(prefix); err != nil && strings.Contains(prefix, "/") {
		host, _ := splitHost(prefix)
		r.Unread = append(r.Unread, UnreadEntry{Prefix: host, Source: v.Source, Value: quoted(v.Value), Refused: true,
			Why: "an entry of insecure-registries has a path: dockerd does not start", Write: host})
	}
	return e
}

// hubMirrors is the entry of Docker Hub. A mirror that is insecure has any certificate and
// still speaks TLS.
func (r *Registries) hubMirrors(mirrors []route.Variable) {
	e := Registry{Prefix: dockerIO, OfHost: true, Source: mirrors[0].Source}
	for _, v := range mirrors {
		u, err := url.Parse(v.Value)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			r.Unread = append(r.Unread, UnreadEntry{Prefix: "*", Source: v.Source, Value: quoted(v.Value), Refused: true,
				Why: "a mirror is no URL with http:// or https://: dockerd does not start"})
			continue
		}
		m := Mirror{Source: v.Source, Plain: u.Scheme == "http", TLSOnly: true}
		m.at(u.Host, strings.TrimSuffix(u.Path, "/")+"/v2")
		if own, ok := r.Lookup(u.Host); ok {
			m.Insecure = own.Mirrors[0].Insecure
		}
		e.Mirrors = append(e.Mirrors, m)
	}
	e.Mirrors = append(e.Mirrors, Mirror{Own: true, Source: e.Source})
	r.Entries = slices.DeleteFunc(r.Entries, func(o Registry) bool { return o.Prefix == dockerIO })
	r.Entries = append(r.Entries, e)
}

// dockerMirrors are the mirrors of daemon.json, which another client does not ask.
func dockerMirrors(root *Root, why string) []UnreadEntry {
	var out []UnreadEntry
	for _, v := range daemonFile(root, "/root").Mirrors {
		out = append(out, UnreadEntry{Prefix: dockerIO, Source: v.Source, Value: quoted(v.Value), Why: why, Elsewhere: true,
			Write: "name the mirror in " + defaultHostDirs[0] + "/docker.io/hosts.toml"})
	}
	return out
}

// containerdHosts are the files hosts.toml of containerd, which dockerd does not read.
func containerdHosts(root *Root) []UnreadEntry {
	var out []UnreadEntry
	for _, name := range root.Glob(defaultHostDirs[0] + "/*/hosts.toml") {
		folder := strings.Split(name, "/")[4]
		out = append(out, UnreadEntry{Prefix: folderHost(folder), Source: name, Value: folder, Elsewhere: true,
			Why: "dockerd reads no hosts.toml", Write: dockerEntry(folderHost(folder))})
	}
	return out
}

// dockerEntry is what daemon.json has for a registry: a mirror for Docker Hub, for no other.
func dockerEntry(host string) string {
	if slices.Contains(hubNames(), host) {
		return "if docker shall use it too, name the mirror in /etc/docker/daemon.json (registry-mirrors)"
	}
	return "if docker shall use a mirror of " + host + " too, name that mirror in the image: docker has mirrors of Docker Hub alone"
}
