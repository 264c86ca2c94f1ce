package mockproxy

import (
	"bytes"
	"crypto/x509"
	"testing"
	"time"

	"pullpath/internal/fault"
)

// certOf is a certificate of a report by the names of its subject and issuer.
func certOf(name, issuer string) fault.Cert {
	return fault.Cert{CommonName: name, IssuerName: issuer, KeyID: "key of " + name, CA: name != "leaf", SelfSigned: name == issuer,
		Names: map[bool][]string{true: {"leaf.example"}}[name == "leaf"], NotBefore: -time.Hour, NotAfter: time.Hour}
}

// Chains are linked by name, whatever their order.
func TestChainsAreLinkedByName(t *testing.T) {
	leaf, middle, root := certOf("leaf", "middle"), certOf("middle", "root"), certOf("root", "root")
	for name, certs := range map[string][]fault.Cert{
		"in order":            {leaf, middle, root},
		"root before middle":  {leaf, root, middle},
		"leaf twice":          {leaf, leaf, middle},
		"with a stranger":     {leaf, certOf("stranger", "nobody"), middle},
		"root is not there":   {leaf, middle},
		"authority is absent": {leaf},
	} {
		n := start(t, fault.World{Faults: []fault.Fault{fault.Chain{Host: "leaf.example", Trusted: true, Certs: certs}}})
		chain := n.seen.hosts["leaf.example"].Certificate
		if len(chain) != len(certs) {
			t.Fatalf("%s: %d certificates", name, len(chain))
		}
		roots, between := x509.NewCertPool(), x509.NewCertPool()
		roots.AppendCertsFromPEM(n.ClientRoots())
		for _, der := range chain[1:] {
			cert, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			between.AddCert(cert)
		}
		first, err := x509.ParseCertificate(chain[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := first.Verify(x509.VerifyOptions{DNSName: "leaf.example", Roots: roots, Intermediates: between}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name == "leaf twice" && !bytes.Equal(chain[0], chain[1]) {
			t.Error("the leaf that is there twice are two")
		}
	}
}

// Certificates that issue each other end somewhere.
func TestChainInACircle(t *testing.T) {
	leaf, a, b := certOf("leaf", "a"), certOf("a", "b"), certOf("b", "a")
	for _, certs := range [][]fault.Cert{{leaf, a, b}, {a, b, a}, {leaf, a, b, a, b}} {
		n := start(t, fault.World{Faults: []fault.Fault{fault.Chain{Host: "leaf.example", Trusted: true, Public: true, Certs: certs}}})
		for i, der := range n.seen.hosts["leaf.example"].Certificate {
			if _, err := x509.ParseCertificate(der); err != nil {
				t.Errorf("certificate %d of %d: %v", i, len(certs), err)
			}
		}
	}
}
