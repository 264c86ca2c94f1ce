package tlsinspect

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"slices"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Stores are the trust stores that a chain is judged against.
type Stores struct {
	// Public stands for the public web.
	Public *x509.CertPool
	// System is the store of this machine.
	System *x509.CertPool
	// Client is the store of the client under test, with what the run adds to it.
	Client *x509.CertPool
	// Own is that store without the run's additions, nil where there are none. Added are
	// the additions: each is Own with that one, under its name.
	Own   *x509.CertPool
	Added []NamedPool
	// OfHost are the stores at single hosts, of a client that keeps CA files by the registry: by
	// host, or host:port where the port is not that of https; a host alone stands for its other
	// ports too. At every other host these count.
	OfHost map[string]Stores
}

// At returns the stores that count at a host.
func (s Stores) At(host string) Stores {
	of, known := s.OfHost[host]
	if name, _, err := net.SplitHostPort(host); !known && err == nil {
		of, known = s.OfHost[name]
	}
	if !known {
		return s
	}
	return of
}

// Add adds certificates to the client's store for this run alone, at every host, under the name
// of who gave them.
func (s Stores) Add(name string, data []byte) (Stores, error) {
	hosts := make(map[string]Stores, len(s.OfHost))
	for host, of := range s.OfHost {
		with, err := of.Add(name, data)
		if err != nil {
			return s, err
		}
		hosts[host] = with
	}
	s.OfHost = hosts
	if s.Own == nil {
		s.Own = s.Client
	}
	all, alone := s.Client.Clone(), s.Own.Clone()
	for _, pool := range []*x509.CertPool{all, alone} {
		if _, err := AddPEM(pool, data); err != nil {
			return s, err
		}
	}
	s.Client, s.Added = all, append(slices.Clone(s.Added), NamedPool{Client: name, Pool: alone})
	return s, nil
}

// NamedPool is the store of a client, or the client's with an addition of that name.
type NamedPool struct {
	Client string
	Pool   *x509.CertPool
	// OfHost are the stores at single hosts, as [Stores].OfHost are.
	OfHost map[string]*x509.CertPool
}

func (p NamedPool) at(host string) *x509.CertPool {
	if of, ok := p.OfHost[host]; ok {
		return of
	}
	return p.Pool
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
// block that cannot be parsed is an error: a CA that is silently left out is the
// kind of fault that users look for with this program.
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
