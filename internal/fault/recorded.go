package fault

import (
	"slices"
	"time"
)

func (Chain) seam() string { return "handshake" }

// Site are the names and addresses of a network that was seen, in place of the
// World's own.
type Site struct {
	// Proxies are the forward proxies by name; the first is the one that clients
	// on loopback are led to.
	Proxies []Host
	// Resolvers are the name servers, address and port.
	Resolvers []string
	// Routers are the devices on the way, nearest first; nil keeps the World's.
	Routers []string
	// Strays are addresses of no host, and what becomes of a connection to them.
	Strays map[string]Effect
	// Profile is the name of the profile that was walked, Listed what is known of it, as
	// a file of a profile has it, for one that is a site's own.
	Profile, Listed string
	// Signatures are the site's own signs of its proxies, as --signatures reads them.
	Signatures string
	// Recalled is what was read from files of the client's host, as JSON: settings of
	// other clients, stored logins, trust stores.
	Recalled string
	// Clients are the other clients of that host that have trust stores of their own.
	Clients []string
}

// Chain is the certificate chain that a host presents, certificate by
// certificate, as a report has it. Keys are new; where two certificates had one
// key they have one again.
type Chain struct {
	// Host is a host's name or TheProxy; Everyone means all hosts.
	Host  string `fault:"host"`
	Certs []Cert `fault:"cert"`
	// Public and Trusted tell that the chain's end is a root of the public web,
	// and one in the client's store.
	Public  bool `fault:"public"`
	Trusted bool `fault:"trusted"`
	// Given puts it into the file that the run is given besides (--cacert), not into the
	// client's store.
	Given bool `fault:"given"`
	// TrustedBy are the other clients of the host in whose stores it is.
	TrustedBy []string `fault:"trusted-by"`
	// Anchor is the root that is not presented: its subject and key. Empty where
	// none is known.
	Anchor Cert `fault:"anchor"`
	// Copied gives the leaf the timestamps of another certificate.
	Copied bool `fault:"copied"`
}

// TrustingInterceptors returns the World with the CAs of its interceptors in the client's
// store: that of the World's own, and the end of each recorded chain that is not of the
// public web.
func (w World) TrustingInterceptors() World {
	w.TrustInterceptor = true
	w.Faults = slices.Clone(w.Faults)
	for i, f := range w.Faults {
		w.Faults[i] = trusting(f)
	}
	return w
}

// trusting returns a fault as it is where the client trusts the end of its chain.
func trusting(f Fault) Fault {
	switch f := f.(type) {
	case Asked:
		if c, chain := trusting(f.Fault).(Chain); chain {
			return c
		}
		return f
	case Counted:
		f.Fault = trusting(f.Fault)
		return f
	case Chain:
		f.Trusted = f.Trusted || !f.Public
		return f
	}
	return f
}

// Cert is one certificate of a chain.
type Cert struct {
	CommonName   string   `fault:"cn"`
	IssuerName   string   `fault:"issuer"`
	Organization []string `fault:"o"`
	IssuerOrg    []string `fault:"issuer-o"`
	Names        []string `fault:"name"`
	// NotBefore and NotAfter are relative to the World's time.
	NotBefore time.Duration `fault:"not-before signed"`
	NotAfter  time.Duration `fault:"not-after signed"`
	// Key is its kind as a report writes it, "RSA 2048" or "ECDSA P-256"; KeyID
	// tells keys apart.
	Key        string `fault:"key"`
	KeyID      string `fault:"key-id"`
	CA         bool   `fault:"ca"`
	SelfSigned bool   `fault:"self-signed"`
	// Timestamps marks one with those of transparency logs.
	Timestamps bool     `fault:"timestamps"`
	AIA        []string `fault:"aia"`
	CRL        []string `fault:"crl"`
	Policies   []string `fault:"policy"`
	// ForClients leaves out the use for servers; OnlyFor limits an authority to
	// names below a domain.
	ForClients bool   `fault:"for-clients"`
	OnlyFor    string `fault:"only-for"`
	// NegativeSerial and SHA1 make what crypto/x509 refuses.
	NegativeSerial bool `fault:"negative-serial"`
	SHA1           bool `fault:"sha1"`
}
