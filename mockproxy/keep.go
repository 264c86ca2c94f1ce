package mockproxy

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pullpath/internal/userfile"
)

// KeepIn keeps the network's authorities in a directory, so that the next network
// that is started with it has the same: a client can be told to trust it for good.
// The keys are there for this user alone.
func KeepIn(dir string) Option { return func(n *Network) { n.keep = dir } }

// authority returns the one of that name: from the directory where they are kept, else
// a new one.
func (n *Network) authority(organization, name string, now time.Time) (*authority, error) {
	if n.keep == "" {
		return newAuthority(organization, name, now)
	}
	path := filepath.Join(n.keep, fileName(organization+" "+name)+".pem")
	data, err := userfile.Read(path, maxAuthority)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		a, err := newAuthority(organization, name, now)
		if err != nil {
			return nil, err
		}
		return a, a.save(path)
	case err != nil:
		return nil, fmt.Errorf("CA directory: %w", err)
	}
	a, err := parseAuthority(data)
	if err != nil {
		return nil, fmt.Errorf("CA directory: %s: %w; remove it to have a new one", path, err)
	}
	return a, nil
}

// maxAuthority bounds a file that save wrote, in bytes: it has less than 4 KiB.
const maxAuthority = 64 << 10

// fileName returns a name as a file can have it.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
}

// save writes both certificates and both keys, root first, for this user alone.
func (a *authority) save(path string) error {
	var out []byte
	for _, cert := range []*x509.Certificate{a.root, a.intermediate} {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})...)
	}
	for _, key := range []*ecdsa.PrivateKey{a.rootKey, a.key} {
		der, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			return fmt.Errorf("CA directory: %w", err)
		}
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})...)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("CA directory: %w", err)
	}
	if err := userfile.Replace(path, out, userfile.Mode{New: 0o600}); err != nil {
		return fmt.Errorf("CA directory: %w", err)
	}
	return nil
}

// parseAuthority reads what save wrote.
func parseAuthority(data []byte) (*authority, error) {
	var certs []*x509.Certificate
	var keys []*ecdsa.PrivateKey
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, err
			}
			certs = append(certs, cert)
		case "EC PRIVATE KEY":
			key, err := x509.ParseECPrivateKey(block.Bytes)
			if err != nil {
				return nil, err
			}
			keys = append(keys, key)
		}
	}
	if len(certs) != 2 || len(keys) != 2 || !keys[0].PublicKey.Equal(certs[0].PublicKey) || !keys[1].PublicKey.Equal(certs[1].PublicKey) {
		return nil, errors.New("not two certificates with their keys")
	}
	return &authority{root: certs[0], intermediate: certs[1], rootKey: keys[0], key: keys[1]}, nil
}
