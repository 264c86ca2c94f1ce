package settings

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// The codes of a CA file in a folder of registries that the client does not read for the registry
// whose chain it refuses: one that verifies the chain, and one that cannot be read here and whose
// folder has the registry's host with another port.
const (
	TrustElsewhere       Code = "client-trust-elsewhere"
	TrustElsewhereUnread Code = "client-trust-elsewhere-unread"
)

// maxStrays bounds the CA files that are read in folders of other registries: a host with
// a folder for each of its registries has a dozen.
const maxStrays = 64

// StrayCA is a CA file in one of a client's folders for registries that the client does not
// read for the registries that were asked about.
type StrayCA struct {
	// File is its path, and PEM what it holds; empty where it could not be read.
	File string
	PEM  []byte
	// base is the directory of folders, folder the file's own.
	base, folder string
	trust        Trust
	// before is the folder of the same name that the client takes in place of this one.
	before string
	// toml are the folders of the directories that have a hosts.toml.
	toml []string
}

// Strays returns the CA files in the client's folders that it does not read for any of the
// registries, which are host or host:port as references write them.
func (t Trust) Strays(root *Root, home string, registries []string) []StrayCA {
	var out []StrayCA
	var read, toml []string
	for _, registry := range registries {
		read = append(read, t.FilesFor(root, home, registry)...)
	}
	for _, base := range t.dirs(home) {
		for _, folder := range root.ReadDir(base) {
			dir := path.Join(base, folder)
			if t.HostsTOML && root.IsFile(path.Join(dir, "hosts.toml")) {
				toml = append(toml, dir)
			}
			for _, file := range t.mayBeCAs(root, dir) {
				if slices.Contains(read, file) || len(out) == maxStrays {
					continue
				}
				if data, err := root.ReadFile(file); err != nil || strings.Contains(string(data), "CERTIFICATE") {
					out = append(out, StrayCA{File: file, PEM: data, base: base, folder: folder, trust: t, before: t.taken(root, home, dir)})
				}
			}
		}
	}
	for i := range out {
		out[i].toml = toml
	}
	return out
}

// taken is the folder of the same name that stands before one; empty for none.
func (t Trust) taken(root *Root, home, dir string) string {
	for _, base := range t.dirs(home) {
		if first := path.Join(base, path.Base(dir)); first == dir {
			break
		} else if root.Exists(first) {
			return first
		}
	}
	return ""
}

// mayBeCAs are the CA files of a folder, those too that have another ending than the client
// reads.
func (t Trust) mayBeCAs(root *Root, dir string) []string {
	out := t.caFiles(root, dir)
	for _, name := range root.ReadDir(dir) {
		file := path.Join(dir, name)
		if slices.Contains([]string{".crt", ".pem", ".cer", ".ca"}, path.Ext(name)) && !slices.Contains(out, file) {
			out = append(out, file)
		}
	}
	return out
}

// MeantFor reports whether the file's folder has the registry's host, whatever the port.
func (s StrayCA) MeantFor(registry string) bool {
	host, _ := splitPort(registry)
	own, _ := splitPort(folderHost(s.folder))
	return strings.EqualFold(own, host)
}

// Remark says why the client does not read the file for a registry, and what makes it do so.
// Host presented a chain that the file is known to verify, where it could be read.
func (s StrayCA) Remark(client, host, registry string) Remark {
	dir := s.place(registry)
	r := Remark{Code: TrustElsewhere, Source: s.File}
	r.Text = client + " looks for the CA of " + registry + " in " + dir + ", and " + s.differs(registry)
	if host != registry {
		r.Text = client + " takes for " + host + " the folder of the registry, " + dir
	}
	if len(s.PEM) == 0 {
		r.Code, r.Text = TrustElsewhereUnread, r.Text+"; this file cannot be read from here: whether its CA verifies the chain is not known"
	} else {
		r.Text += "; the CA in this file verifies the chain of " + host
	}
	switch {
	case slices.Contains(s.toml, dir):
		r.Write = "write ca = \"" + s.File + "\" into the [host] table of " + path.Join(dir, "hosts.toml")
	case s.trust.HostsTOML && dir == path.Dir(s.File):
		r.Write = "name " + s.base + " in config_path of " + containerdFile + ", and " + s.trust.Restart
	default:
		r.Write = "mkdir -p " + inShell(dir) + " && cp " + inShell(s.File) + " " + inShell(path.Join(dir, s.name()))
	}
	return r
}

// name is what the copy is called: a name that ends in .crt.
func (s StrayCA) name() string {
	if name := path.Base(s.File); path.Ext(name) == ".crt" {
		return name
	}
	return strings.TrimSuffix(path.Base(s.File), path.Ext(s.File)) + ".crt"
}

// place is the folder in which the client looks for a registry.
func (s StrayCA) place(registry string) string {
	if s.before != "" && folderHost(s.folder) == registry {
		return s.before
	}
	return path.Join(s.base, registry)
}

// differs says in what the file's folder differs from the one that is read.
func (s StrayCA) differs(registry string) string {
	own := folderHost(s.folder)
	host, port := splitPort(registry)
	ownHost, ownPort := splitPort(own)
	switch {
	case own == registry && s.before != "":
		return "once that folder is there, not in " + path.Join(s.base, s.folder)
	case own == registry && s.trust.HostsTOML:
		return "its configuration does not lead to this directory"
	case own == registry:
		return "there it reads files that end in .crt only"
	case strings.EqualFold(ownHost, host) && ownPort == "":
		return "the folder " + s.folder + " lacks the port " + port
	case strings.EqualFold(ownHost, host) && port == "":
		return "the folder " + s.folder + " has a port, which the image's name has not"
	case strings.EqualFold(ownHost, host) && ownPort != port:
		return "the folder " + s.folder + " has another port"
	case strings.EqualFold(ownHost, host):
		return "the folder " + s.folder + " has capital letters, which count"
	}
	return "the folder " + s.folder + " is that of another name"
}

func splitPort(registry string) (host, port string) {
	i := strings.LastIndexByte(registry, ':')
	if i < 0 || strings.HasSuffix(registry, "]") {
		return registry, ""
	}
	return registry[:i], registry[i+1:]
}

// plainWord is a word that a shell takes as it is.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,~=-]+$`)

// inShell is a path as a command line names it.
func inShell(name string) string {
	if plainWord.MatchString(name) {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}
