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
		files := append(append([]string{}, s.Base...), s.Added...)
		for _, name := range files {
			if data, err := root.ReadFile(name); err == nil {
				pool.AppendCertsFromPEM(data)
			}
		}
		pools = append(pools, tlsinspect.NamedPool{Client: s.Client, Pool: pool})
		told = append(told, evidence.TrustStore{Client: s.Client, Files: bounded(files), Replaced: s.Why, Place: s.Place, Restart: s.Restart})
	}
	return pools, told
}

// maxTrustFiles bounds how many files of a store are named; a directory of
// SSL_CERT_DIR has hundreds.
const maxTrustFiles = 20

func bounded(files []string) []string { return files[:min(len(files), maxTrustFiles)] }
