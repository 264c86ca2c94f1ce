package flows

import (
	"crypto/x509"

	"pullpath/internal/evidence"
	"pullpath/internal/settings"
	"pullpath/tlsinspect"
)

// ClientStores reads the trust stores of a host's clients for the registries: the pools
// for judging, and the report's entries about them.
func ClientStores(root *settings.Root, clients []settings.Client, home string, registries []string,
	system *x509.CertPool) ([]tlsinspect.NamedPool, []evidence.TrustStore) {
	var pools []tlsinspect.NamedPool
	var told []evidence.TrustStore
	for _, s := range settings.TrustStores(root, clients, home, registries) {
		pool := system.Clone()
		if s.Why != "" {
			pool = x509.NewCertPool()
		}
		files := append(append([]string{}, s.Base...), s.AddedFiles(registries)...)
		addFiles(root, pool, s.Base)
		pools = append(pools, atRegistries(root, s, pool, registries))
		told = append(told, evidence.TrustStore{Client: s.Client, Files: bounded(files), Replaced: s.Why, Place: s.Place, Restart: s.Restart})
	}
	return pools, told
}

// atRegistries is a client's store: at each of the registries with the CA files that it has for that
// one, and elsewhere, at hosts that a registry leads to, with those for all.
func atRegistries(root *settings.Root, s settings.TrustStore, base *x509.CertPool, registries []string) tlsinspect.NamedPool {
	out := tlsinspect.NamedPool{Client: s.Client, Pool: base}
	if len(s.Added) == 0 {
		return out
	}
	out.Pool, out.OfHost = base.Clone(), map[string]*x509.CertPool{}
	for _, registry := range registries {
		out.OfHost[registry] = base
		if files := s.Added[registry]; len(files) > 0 {
			out.OfHost[registry] = base.Clone()
			addFiles(root, out.OfHost[registry], files)
			addFiles(root, out.Pool, files)
		}
	}
	return out
}

func addFiles(root *settings.Root, pool *x509.CertPool, files []string) {
	for _, name := range files {
		if data, err := root.ReadFile(name); err == nil {
			pool.AppendCertsFromPEM(data)
		}
	}
}

// maxTrustFiles bounds how many files of a store are named; a directory of
// SSL_CERT_DIR has hundreds.
const maxTrustFiles = 20

func bounded(files []string) []string { return files[:min(len(files), maxTrustFiles)] }
