package settings

import (
	"cmp"
	"encoding/pem"
	"path"
	"strings"
)

// The codes of facts about trust stores and about what a daemon has loaded.
const (
	TrustMisplaced Code = "client-trust-misplaced"
	// TrustOfHost marks a CA that the host trusts and an engine in a machine of it does not get.
	TrustOfHost Code = "client-trust-of-host"
	NotLoaded   Code = "client-settings-not-loaded"
)

// Trust is where a client looks for the CA of one registry, and how it comes to read it.
type Trust struct {
	// Dirs have one directory for each registry, in the client's order; ~ is the home
	// directory (containers-certs.d(5); docker, registry/config).
	Dirs []string
	// Place is the one of them that is the client's own and holds for all users; empty
	// for the first.
	Place string
	// HostsTOML tells that the directories have containerd's form: a file hosts.toml names
	// the CA files (containerd, docs/hosts.md).
	HostsTOML bool
	// Files, where set, finds the CA files that a client's own file names for a registry.
	Files func(root *Root, home, registry string) []string
	// Restart makes the client read the stores again, empty for one that starts anew for
	// each pull. A Go program reads the system's roots once (crypto/x509,
	// systemRootsPool), so that a service has to be started again (moby/moby#39869,
	// Azure/AgentBaker#9432).
	Restart string
}

// none tells that the client reads no registry's own CA.
func (t Trust) none() bool { return len(t.Dirs) == 0 && t.Files == nil }

// dirs are the directories of a user.
func (t Trust) dirs(home string) []string {
	var out []string
	for _, dir := range t.Dirs {
		if rest, ok := strings.CutPrefix(dir, "~/"); ok {
			dir = path.Join(home, rest)
		}
		out = append(out, dir)
	}
	return out
}

// place is the file that the client would read as a registry's CA.
func (t Trust) place(home, registry string) string {
	if len(t.Dirs) == 0 {
		return t.Place
	}
	dir := cmp.Or(t.Place, t.dirs(home)[0])
	if t.HostsTOML {
		return path.Join(dir, registry, "hosts.toml") + ` (ca = "FILE")`
	}
	return path.Join(dir, registry, "ca.crt")
}

// FilesFor returns the CA files that a client adds to the system's store for a
// registry, host or host:port. Of its directories the first that is there for
// the registry counts, the others are not looked at (containers/image
// docker_client.go, dockerCertDir).
func (t Trust) FilesFor(root *Root, home, registry string) []string {
	if t.Files != nil {
		return t.Files(root, home, registry)
	}
	for _, base := range t.dirs(home) {
		if dir := path.Join(base, registry); root.Exists(dir) {
			return t.caFiles(root, dir)
		}
	}
	return nil
}

// caFiles are the CA files of a directory: what containerd's hosts.toml names,
// else those that end in .crt.
func (t Trust) caFiles(root *Root, dir string) []string {
	var out []string
	if text, found := root.text(path.Join(dir, "hosts.toml")); t.HostsTOML && found {
		values, _, err := parseTOML(text)
		for _, v := range values {
			if v.path == "ca" || strings.HasSuffix(v.path, ".ca") {
				file := v.text
				if !path.IsAbs(file) {
					file = path.Join(dir, file)
				}
				out = append(out, file)
			}
		}
		if err == nil {
			return out
		}
	}
	for _, name := range root.ReadDir(dir) {
		if strings.HasSuffix(name, ".crt") {
			out = append(out, path.Join(dir, name))
		}
	}
	return out
}

// remarks names CA files that stand where the client does not read them: in its
// directory with another ending. A hosts.toml names files of any ending.
func (t Trust) remarks(root *Root, home string) []Remark {
	var out []Remark
	if t.HostsTOML {
		return nil
	}
	for _, dir := range t.dirs(home) {
		for _, registry := range root.ReadDir(dir) {
			for _, name := range root.ReadDir(path.Join(dir, registry)) {
				if ending := path.Ext(name); ending == ".pem" || ending == ".cer" || ending == ".ca" {
					out = append(out, Remark{Code: TrustMisplaced, Source: path.Join(dir, registry, name), Value: name,
						Text:  "only files that end in .crt are read as CA certificates there",
						Write: "rename it to " + strings.TrimSuffix(name, ending) + ".crt"})
				}
			}
		}
	}
	return out
}

// anchor is a directory of CA files with the bundle that a tool makes of them.
type anchor struct{ dir, ending, bundle, command string }

// anchors returns those of the two families of distributions (update-ca-trust(8),
// update-ca-certificates(8)).
func anchors() []anchor {
	return []anchor{
		{"/etc/pki/ca-trust/source/anchors", "", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "update-ca-trust"},
		{"/usr/local/share/ca-certificates", ".crt", "/etc/ssl/certs/ca-certificates.crt", "update-ca-certificates"},
	}
}

// AddedCAs returns the CA files that an administrator has given to the tools of the distribution.
func AddedCAs(root *Root) []string {
	var out []string
	for _, a := range anchors() {
		for _, name := range root.ReadDir(a.dir) {
			if strings.HasSuffix(name, a.ending) {
				out = append(out, path.Join(a.dir, name))
			}
		}
	}
	return out
}

// systemTrustRemarks remarks on CA files that are missing in the system's bundle, which
// clients read: because of their ending, or because the tool was not run.
func systemTrustRemarks(root *Root) []Remark {
	var out []Remark
	for _, a := range anchors() {
		bundle := certificates(root, a.bundle)
		for _, name := range root.ReadDir(a.dir) {
			file := path.Join(a.dir, name)
			if missing(certificates(root, file), bundle) {
				out = append(out, a.remark(file, name))
			}
		}
	}
	return out
}

func (a anchor) remark(file, name string) Remark {
	r := Remark{Code: TrustMisplaced, Source: file, Value: name,
		Text:  "its certificate is not in " + a.bundle + ", which is what clients read",
		Write: "run " + a.command}
	if a.ending != "" && !strings.HasSuffix(name, a.ending) {
		r.Text += "; " + a.command + " takes files that end in " + a.ending + " only"
		r.Write = "rename it to " + strings.TrimSuffix(name, path.Ext(name)) + a.ending + " and run " + a.command
	}
	return r
}

// certificates returns the certificates of a PEM file, by their bytes.
func certificates(root *Root, file string) map[string]bool {
	data, err := root.ReadFile(file)
	if err != nil {
		return nil
	}
	out := map[string]bool{}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			out[string(block.Bytes)] = true
		}
	}
	return out
}

// missing reports whether both file and bundle have certificates, and the bundle lacks
// those of the file.
func missing(own, bundle map[string]bool) bool {
	if len(own) == 0 || len(bundle) == 0 {
		return false
	}
	for der := range own {
		if !bundle[der] {
			return true
		}
	}
	return false
}
