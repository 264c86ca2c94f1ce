package settings

import (
	"path"
	"slices"
	"strings"

	"pullpath/internal/redact"
)

// TrustStore is what a client trusts on this host, in addition to the system's store or
// in its place, and how a CA is added to it.
type TrustStore struct {
	// Client is the tool with its version.
	Client string
	// Base are the PEM files that stand in for the system's store because
	// SSL_CERT_FILE or SSL_CERT_DIR of the client's environment says so; empty for
	// a client that reads the system's. Why names the variable and its source.
	Base []string
	Why  string
	// Added are the CA files that it reads for each of the registries asked about.
	Added map[string][]string
	// Place is the file for a further CA of one registry, empty for a client that
	// has no such place.
	Place string
	// Restart makes it read the stores again; empty where it starts anew for each pull.
	Restart string
}

// AddedFiles are those of some registries, in their order.
func (s TrustStore) AddedFiles(registries []string) []string {
	var out []string
	for _, registry := range registries {
		out = append(out, s.Added[registry]...)
	}
	return out
}

// TrustStores returns the stores of the clients that pull on this host and are
// installed or running. Registries are host or host:port as references write them.
func TrustStores(root *Root, clients []Client, home string, registries []string) []TrustStore {
	var out []TrustStore
	for _, c := range clients {
		if !c.Installed && !c.Running || c.Trust.none() || len(registries) == 0 {
			continue
		}
		s := TrustStore{Client: c.Name(), Added: map[string][]string{}, Restart: c.Trust.Restart, Place: c.Trust.place(home, registries[0])}
		s.Base, s.Why = replaced(root, c)
		for _, registry := range registries {
			if files := c.Trust.FilesFor(root, home, registry); len(files) > 0 {
				s.Added[registry] = files
			}
		}
		out = append(out, s)
	}
	return out
}

// replaced returns the files that a Go program reads where SSL_CERT_FILE or
// SSL_CERT_DIR is set to something else than the system's own (crypto/x509, root_unix.go). Each
// of the two replaces its own half of the system's: a file alone leaves the directories.
func replaced(root *Root, c Client) (files []string, why string) {
	bundle, _ := c.Env.Last("SSL_CERT_FILE")
	list, _ := c.Env.Last("SSL_CERT_DIR")
	if bundle.Value == "" && list.Value == "" {
		return nil, ""
	}
	names, dirs := systemBundles(), systemCertDirs()
	if bundle.Value != "" {
		names, why = []string{clean(bundle.Value)}, "SSL_CERT_FILE of "+bundle.Source
	}
	if list.Value != "" {
		dirs, why = strings.Split(list.Value, ":"), strings.TrimPrefix(why+" and SSL_CERT_DIR of "+list.Source, " and ")
	}
	files = rootFiles(root, names, dirs)
	if slices.Equal(files, rootFiles(root, systemBundles(), systemCertDirs())) {
		return nil, "" // they name what is read without them
	}
	return files, why
}

// rootFiles returns the first of the bundles that exists, and all files of the directories.
func rootFiles(root *Root, bundles, dirs []string) (files []string) {
	for _, name := range bundles {
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
	return files
}

// systemBundles and systemCertDirs return where Go looks for the system's roots: in
// the first of the files that exists, and in all directories (crypto/x509,
// root_linux.go).
func systemBundles() []string {
	return []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
		"/etc/pki/tls/cacert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem"}
}

func systemCertDirs() []string { return []string{"/etc/ssl/certs", "/etc/pki/tls/certs"} }

// CAInstall returns how a CA is added to what a client reads on this host: where its
// environment names a file or a directory there, else by the distribution's tool
// (update-ca-trust(8), update-ca-certificates(8); OpenShift documents, "Configuring a custom PKI").
func CAInstall(root *Root, c Client) string {
	switch {
	case c.Machine != nil && c.Machine.CAs.Install != "":
		return c.Machine.CAs.Install
	case root.System() != Linux:
		return root.System().AddRoot()
	}
	bundle, _ := c.Env.Last("SSL_CERT_FILE")
	list, _ := c.Env.Last("SSL_CERT_DIR")
	switch _, why := replaced(root, c); {
	case why == "" || slices.Contains(systemBundles(), bundle.Value): // what the tool writes is read
	case bundle.Value != "":
		return "append it to " + redact.Text(bundle.Value, maxRemarkText) + ", which " + c.Tool +
			" reads in place of the system's bundle (" + why + ")"
	default:
		first, _, _ := strings.Cut(list.Value, ":")
		return "put it into " + redact.Text(first, maxRemarkText) + ", which " + c.Tool + " reads beside the system's bundle (" + why + ")"
	}
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
