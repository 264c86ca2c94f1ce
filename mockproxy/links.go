package mockproxy

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"reflect"
	"slices"
	"strings"

	"pullpath/internal/fault"
)

// made is a certificate of a chain with its key.
type made struct {
	cert *x509.Certificate
	der  []byte
	key  crypto.Signer
}

// chain makes one chain.
func (n *Network) chain(c fault.Chain) (*tls.Certificate, error) {
	links := map[int]*made{}
	out := &tls.Certificate{}
	for i := range c.Certs {
		m, err := n.link(c, i, links)
		if err != nil {
			return nil, err
		}
		out.Certificate = append(out.Certificate, m.der)
	}
	out.PrivateKey = links[0].key
	root, err := n.rootOf(c, links)
	if err != nil {
		return nil, err
	}
	if root != nil && c.Public {
		n.seen.public = append(n.seen.public, root)
	}
	if root != nil && c.Trusted {
		n.seen.client = append(n.seen.client, root)
	}
	if root != nil && !c.Trusted && !c.Given {
		n.seen.refused[c.Host] = append(n.seen.refused[c.Host], root)
	}
	if root != nil && c.Given {
		n.seen.given = append(n.seen.given, root)
	}
	for _, client := range c.TrustedBy {
		if root != nil {
			n.seen.others[client] = append(n.seen.others[client], root)
		}
	}
	return out, nil
}

// link makes a certificate of a chain, after the one that issued it. Servers present
// them in any order, and some twice. It is nil for one that is just being made, which
// happens where certificates issue each other.
func (n *Network) link(c fault.Chain, i int, links map[int]*made) (*made, error) {
	if m, begun := links[i]; begun {
		return m, nil
	}
	cert := c.Certs[i]
	if same := slices.IndexFunc(c.Certs[:i], func(o fault.Cert) bool { return reflect.DeepEqual(o, cert) }); same >= 0 {
		return n.link(c, same, links)
	}
	key, err := n.keyOf(cert)
	if err != nil {
		return nil, err
	}
	links[i] = nil
	by := &made{key: key} // it signs itself
	if !cert.SelfSigned {
		if by, err = n.above(c, i, links); err != nil {
			return nil, err
		}
	}
	m := &made{key: key}
	m.cert, m.der, err = n.issue(cert, c.Copied && i == 0, by.cert, key.Public(), by.key)
	links[i] = m
	return m, err
}

// above returns who issued a certificate: one of the chain, or the end above it.
func (n *Network) above(c fault.Chain, i int, links map[int]*made) (*made, error) {
	if j := issuerIn(c.Certs, i); j >= 0 {
		if m, err := n.link(c, j, links); err != nil || m != nil {
			return m, err
		}
	}
	cert, key, err := n.end(c, c.Certs[i])
	return &made{cert: cert, key: key}, err
}

// issuerIn returns the place of the certificate that issued another by its name, the next
// of them; -1 where the chain has none.
func issuerIn(certs []fault.Cert, i int) int {
	for step := 1; step < len(certs); step++ {
		j := (i + step) % len(certs)
		if o := certs[j]; o.CommonName == certs[i].IssuerName && slices.Equal(o.Organization, certs[i].IssuerOrg) && o.KeyID != certs[i].KeyID {
			return j
		}
	}
	return -1
}

// rootOf returns where a chain ends: in a certificate of its own that signs itself, or in
// the end above its last; nil where its certificates issue each other.
func (n *Network) rootOf(c fault.Chain, links map[int]*made) (*x509.Certificate, error) {
	i := 0
	for range c.Certs {
		if c.Certs[i].SelfSigned {
			m, err := n.link(c, i, links)
			return m.cert, err
		}
		j := issuerIn(c.Certs, i)
		if j < 0 {
			root, _, err := n.end(c, c.Certs[i])
			return root, err
		}
		i = j
	}
	return nil, nil
}

// end returns the authority above the last certificate of a chain: the anchor, or one
// that nobody has, under the name of the issuer.
func (n *Network) end(c fault.Chain, last fault.Cert) (*x509.Certificate, crypto.Signer, error) {
	above := c.Anchor
	if above.KeyID == "" {
		above.CommonName, above.Organization = last.IssuerName, last.IssuerOrg
		above.KeyID = "issuer " + last.IssuerName + strings.Join(last.IssuerOrg, "")
	}
	above.CA, above.SelfSigned = true, true
	if above.NotAfter == 0 {
		above.NotBefore, above.NotAfter = -caLife/2, caLife/2
	}
	key, err := n.keyOf(above)
	if err != nil {
		return nil, nil, err
	}
	cert, _, err := n.issue(above, false, nil, key.Public(), key)
	return cert, key, err
}
