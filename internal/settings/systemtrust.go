package settings

import (
	"crypto/x509"

	"pullpath/internal/route"
)

// SystemRoots returns the roots that a Go program trusts on this host with this environment:
// the first bundle that exists and all directories, or what SSL_CERT_FILE and SSL_CERT_DIR
// name (https://pkg.go.dev/crypto/x509#SystemCertPool).
func SystemRoots(root *Root, env route.Environment) *x509.CertPool {
	files, why := replaced(root, Client{Env: env})
	if why == "" {
		files = rootFiles(root, systemBundles(), systemCertDirs())
	}
	pool := x509.NewCertPool()
	for _, name := range files {
		if data, err := root.ReadFile(name); err == nil {
			pool.AppendCertsFromPEM(data)
		}
	}
	return pool
}
