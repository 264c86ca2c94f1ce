package tlsinspect

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Stores are the trust stores that a chain is judged against.
type Stores struct {
	// Public stands for the public web.
	Public *x509.CertPool
	// System is the store of this machine.
	System *x509.CertPool
	// Client is the store of the client under test.
	Client *x509.CertPool
	// Others are the stores of further clients, by name; of them trust alone is asked.
	Others []NamedPool
}

// NamedPool is the store of a client.
type NamedPool struct {
	Client string
	Pool   *x509.CertPool
}

// PublicRoots returns Mozilla's roots with their constraints, as compiled in.
// The package is bundle and not fallback: the latter would make them the
// process's own and hide a machine without certificates.
func PublicRoots() (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	for root := range bundle.Roots() {
		cert, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			return nil, fmt.Errorf("parse built-in root: %w", err)
		}
		if root.Constraint == nil {
			pool.AddCert(cert)
			continue
		}
		pool.AddCertWithConstraint(cert, root.Constraint)
	}
	return pool, nil
}

// AddPEM adds the certificates of a PEM file to a pool and returns how many. A
// block that cannot be parsed is an error: a CA that is silently left out is
// what the user came here to find.
func AddPEM(pool *x509.CertPool, data []byte) (int, error) {
	count := 0
	for len(data) > 0 {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return count, fmt.Errorf("certificate %d: %w", count+1, err)
		}
		pool.AddCert(cert)
		count++
	}
	if count == 0 {
		return 0, fmt.Errorf("no PEM certificate in it")
	}
	return count, nil
}
