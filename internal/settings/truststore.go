package settings

import (
	"path"
	"strings"
)

// TrustStore is what a client trusts on this host, beside or in place of the
// system's store, and how a CA gets into it.
type TrustStore struct {
	// Client is the tool with its version.
	Client string
	// Base are the PEM files that stand in for the system's store because
	// SSL_CERT_FILE or SSL_CERT_DIR of the client's environment says so; empty for
	// a client that reads the system's. Why names the variable and its source.
	Base []string
	Why  string
	// Added are the CA files that it reads for the registries asked about.
	Added []string
	// Place is the file for a further CA of one registry, empty for a client that
	// has no such place.
	Place string
	// Restart makes it read the stores again; empty where it starts anew for each pull.
	Restart string
}

// TrustStores returns the stores of the clients that pull on this host and are
// installed or running. Registries are host or host:port as references write them.
func TrustStores(root *Root, clients []Client, home string, registries []string) []TrustStore {
	var out []TrustStore
	for _, c := range clients {
		if !c.Installed && !c.Running || len(certsDirs(c.Tool, home)) == 0 || len(registries) == 0 {
			continue
		}
		s := TrustStore{Client: c.Name(), Restart: restartOf(c.Tool), Place: placeOf(c.Tool, home, registries[0])}
		s.Base, s.Why = replaced(root, c)
		for _, registry := range registries {
			s.Added = append(s.Added, TrustFiles(root, c.Tool, home, registry)...)
		}
		out = append(out, s)
	}
	return out
}

// replaced are the files that a Go program reads where SSL_CERT_FILE or
// SSL_CERT_DIR is set (crypto/x509, root_unix.go). Each of the two replaces its
// own half of the system's: a file alone leaves the directories.
func replaced(root *Root, c Client) (files []string, why string) {
	bundle, hasBundle := find(c.Env, "SSL_CERT_FILE")
	list, hasList := find(c.Env, "SSL_CERT_DIR")
	hasBundle, hasList = hasBundle && bundle.Value != "", hasList && list.Value != ""
	if !hasBundle && !hasList {
		return nil, ""
	}
	names, dirs := systemBundles(), systemCertDirs()
	if hasBundle {
		names, why = []string{clean(bundle.Value)}, "SSL_CERT_FILE of "+bundle.Source
	}
	if hasList {
		dirs, why = strings.Split(list.Value, ":"), strings.TrimPrefix(why+" and SSL_CERT_DIR of "+list.Source, " and ")
	}
	for _, name := range names {
		if root.Exists(name) {
			files = append(files, name)
			break
		}
	}
	for _, dir := range dirs {
		for _, name := range root.ReadDir(clean(dir)) {
			files = append(files, path.Join(clean(dir), name))
		}
	}
	return files, why
}

// systemBundles and systemCertDirs are where Go looks for the system's roots:
// the first of the files that is there, and all directories (crypto/x509,
// root_linux.go).
func systemBundles() []string {
	return []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
		"/etc/pki/tls/cacert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem"}
}

func systemCertDirs() []string { return []string{"/etc/ssl/certs", "/etc/pki/tls/certs"} }

// placeOf is the file that a client would read as a registry's CA: in the last
// of its directories that is its own, which holds for all users.
func placeOf(tool, home, registry string) string {
	switch dirs := certsDirs(tool, home); tool {
	case "podman", "buildah", "skopeo", "crio", "podman service":
		return path.Join("/etc/containers/certs.d", registry, "ca.crt")
	case "containerd":
		return path.Join(dirs[0], registry, "hosts.toml") + ` (ca = "FILE")`
	default:
		return path.Join(dirs[0], registry, "ca.crt")
	}
}

// restartOf: a Go program reads the system's roots once (crypto/x509,
// systemRootsPool), so a daemon has to be started again (moby/moby#39869,
// Azure/AgentBaker#9432).
func restartOf(tool string) string {
	switch tool {
	case "dockerd":
		return "systemctl restart docker"
	case "containerd", "crio":
		return "systemctl restart " + tool
	case "podman service":
		return "systemctl restart podman"
	}
	return ""
}

// CAInstall says how a CA gets into the system's store on this host, by the
// distribution's tool (update-ca-trust(8), update-ca-certificates(8); OpenShift
// documents, "Configuring a custom PKI").
func CAInstall(root *Root) string {
	release, _ := root.text("/etc/os-release")
	switch {
	case strings.Contains(release, "rhcos"), strings.Contains(release, "OpenShift"):
		return "put it into additionalTrustBundle: the ConfigMap user-ca-bundle in openshift-config, named by spec.trustedCA of the Proxy cluster"
	case root.Exists("/etc/pki/ca-trust/source/anchors"):
		return "put it into /etc/pki/ca-trust/source/anchors/ and run update-ca-trust"
	case root.Exists("/etc/pki/trust/anchors"):
		return "put it into /etc/pki/trust/anchors/ and run update-ca-certificates"
	case root.Exists("/usr/local/share/ca-certificates"):
		return "put it into /usr/local/share/ca-certificates/NAME.crt and run update-ca-certificates"
	}
	return ""
}
