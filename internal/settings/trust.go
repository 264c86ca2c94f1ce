package settings

import (
	"encoding/pem"
	"path"
	"strings"
)

// The codes of facts about trust stores and about what a daemon has loaded.
const (
	TrustMisplaced Code = "client-trust-misplaced"
	NotLoaded      Code = "client-settings-not-loaded"
)

// certsDirs are the directories in which a client looks for a registry's own CA
// files, in its order (containers-certs.d(5); docker, registry/config; containerd
// hosts.toml names its own).
func certsDirs(tool, home string) []string {
	switch tool {
	case "podman", "buildah", "skopeo":
		return []string{path.Join(home, ".config/containers/certs.d"), "/etc/containers/certs.d", "/etc/docker/certs.d"}
	case "crio", "podman service":
		return []string{"/etc/containers/certs.d", "/etc/docker/certs.d"}
	case "docker", "dockerd":
		return []string{"/etc/docker/certs.d"}
	case "dockerd of the user":
		return []string{path.Join(home, ".config/docker/certs.d")}
	case "containerd":
		// The default of config_path (containerd, plugins/cri/images/plugin.go).
		return []string{"/etc/containerd/certs.d", "/etc/docker/certs.d"}
	}
	return nil
}

// TrustFiles returns the CA files that a client adds to the system's store for a
// registry, host or host:port. Of its directories the first that is there for
// the registry counts, the others are not looked at (containers/image
// docker_client.go, dockerCertDir; containerd hosts.go).
func TrustFiles(root *Root, tool, home, registry string) []string {
	for _, base := range certsDirs(tool, home) {
		for _, name := range certsNames(tool, registry) {
			if dir := path.Join(base, name); root.Exists(dir) {
				return caFiles(root, tool, dir)
			}
		}
	}
	return nil
}

// certsNames are the directory names that a client tries for a registry:
// containerd also writes the colon of a port as underscores, and has one for all
// others.
func certsNames(tool, registry string) []string {
	if tool != "containerd" {
		return []string{registry}
	}
	host, port, found := strings.Cut(registry, ":")
	if !found {
		return []string{registry, "_default"}
	}
	return []string{host + "_" + port + "_", registry, "_default"}
}

// caFiles are the CA files of a directory: what containerd's hosts.toml names,
// else those that end in .crt.
func caFiles(root *Root, tool, dir string) []string {
	var out []string
	if text, found := root.text(path.Join(dir, "hosts.toml")); tool == "containerd" && found {
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

// trustRemarks names CA files that stand where the client does not read them: in
// its directory with another ending, or where the system's tool was not run over
// them.
func trustRemarks(root *Root, tool, home string) []Remark {
	var out []Remark
	if tool == "containerd" {
		return nil // its hosts.toml names files of any ending
	}
	for _, dir := range certsDirs(tool, home) {
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

// anchor is a directory of CA files and what is made of them.
type anchor struct{ dir, ending, bundle, command string }

// anchors are those of the two families of distributions (update-ca-trust(8),
// update-ca-certificates(8)).
func anchors() []anchor {
	return []anchor{
		{"/etc/pki/ca-trust/source/anchors", "", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "update-ca-trust"},
		{"/usr/local/share/ca-certificates", ".crt", "/etc/ssl/certs/ca-certificates.crt", "update-ca-certificates"},
	}
}

// systemTrustRemarks names CA files that are not in the system's bundle, which is
// what clients read: because of their ending, or because the tool was not run.
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
	r := Remark{Code: TrustMisplaced, Source: file, Value: name, Text: "its certificate is not in " + a.bundle + ", which is what clients read",
		Write: "run " + a.command}
	if a.ending != "" && !strings.HasSuffix(name, a.ending) {
		r.Text += "; " + a.command + " takes files that end in " + a.ending + " only"
		r.Write = "rename it to " + strings.TrimSuffix(name, path.Ext(name)) + a.ending + " and run " + a.command
	}
	return r
}

// certificates are the certificates of a PEM file, by their bytes.
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

// missing tells that a file has certificates, the bundle has some, and not these.
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
