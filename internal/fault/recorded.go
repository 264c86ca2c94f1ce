package fault

import "time"

func (Chain) seam() string        { return "handshake" }
func (ConnectReply) seam() string { return "connect" }
func (HTTPReply) seam() string    { return "http" }

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
	Host  string
	Certs []Cert
	// Public and Trusted tell that the chain's end is a root of the public web,
	// and one in the client's store.
	Public, Trusted bool
	// TrustedBy are the other clients of the host in whose stores it is.
	TrustedBy []string `yaml:"trusted_by"`
	// Anchor is the root that is not presented: its subject and key. Empty where
	// none is known.
	Anchor Cert
	// Copied gives the leaf the timestamps of another certificate.
	Copied bool
}

// Cert is one certificate of a chain.
type Cert struct {
	CommonName   string `yaml:"common_name"`
	IssuerName   string `yaml:"issuer_name"`
	Organization []string
	IssuerOrg    []string `yaml:"issuer_org"`
	Names        []string
	// NotBefore and NotAfter are relative to the World's time.
	NotBefore time.Duration `yaml:"not_before"`
	NotAfter  time.Duration `yaml:"not_after"`
	// Key is its kind as a report writes it, "RSA 2048" or "ECDSA P-256"; KeyID
	// tells keys apart.
	Key        string
	KeyID      string `yaml:"key_id"`
	CA         bool
	SelfSigned bool `yaml:"self_signed"`
	// Timestamps marks one with those of transparency logs.
	Timestamps bool
	AIA, CRL   []string
	Policies   []string
	// ForClients leaves out the use for servers; OnlyFor limits an authority to
	// names below a domain.
	ForClients bool   `yaml:"for_clients"`
	OnlyFor    string `yaml:"only_for"`
	// NegativeSerial and SHA1 make what crypto/x509 refuses.
	NegativeSerial bool `yaml:"negative_serial"`
	SHA1           bool
}

// ConnectReply is a proxy's answer to one request as a report has it.
type ConnectReply struct {
	// Request is the request line. Agent and Auth limit it to a User-Agent and to
	// the scheme of the login that went along; AnyAuth lifts the latter.
	Request, Agent, Auth string
	AnyAuth              bool `yaml:"any_auth"`
	// AnyHost makes it the answer to a CONNECT to whatever host: that of a login which
	// the proxy does not take.
	AnyHost bool `yaml:"any_host"`
	// Node is the place of the proxy's address, from 1; 0 means every one.
	Node int
	// Raw is the answer as it stands. Empty with Effect: Close, Reset, Silence.
	Raw    string
	Effect Effect
	// Kept leaves the connection open after the answer.
	Kept  bool
	Delay time.Duration
}

// HTTPReply is a host's answer to one request as a report has it.
type HTTPReply struct {
	Host, Method string
	// Path is the whole path. Query is not compared.
	Path string
	// Blob limits it to that blob of the World's image: "config" or "layer". The names of
	// a report's blobs are others.
	Blob string
	// Auth is the scheme of the login that went along, "form" for one in the body.
	// Bad limits it to a token that is known to be wrong.
	Auth string
	Bad  bool
	// Agent limits it to a User-Agent; empty means all.
	Agent string
	// OverHead limits it to requests whose line and fields are longer than so many
	// bytes.
	OverHead int `yaml:"over_head"`
	// Raw is the answer as it stands, from the status line. Proper lets the World's
	// own answer stand, with Effect as in [HTTP]; both empty plays Effect alone.
	Raw    string
	Proper bool
	// Kept leaves the connection open after Raw.
	Kept   bool
	Effect Effect
	Delay  time.Duration
	// Share is how much of the proper body comes before a Truncate or Stall, from 0 to 1;
	// Over is how long the whole of it takes.
	Share float64
	Over  time.Duration
}
