package fault

import "time"

// Fault is one breakage. The set of types is sealed: each seam of the
// executors knows its own.
type Fault interface{ seam() string }

func (Socket) seam() string      { return "socket" }
func (DNS) seam() string         { return "dns" }
func (Connect) seam() string     { return "connect" }
func (ProxyAuth) seam() string   { return "connect" }
func (ProxyPort) seam() string   { return "socket" }
func (Handshake) seam() string   { return "handshake" }
func (Certificate) seam() string { return "handshake" }
func (TLSServer) seam() string   { return "handshake" }
func (PathMTU) seam() string     { return "socket" }
func (HTTP) seam() string        { return "http" }
func (Stream) seam() string      { return "socket" }
func (c Counted) seam() string   { return c.Fault.seam() }

// Effect is what happens at a seam instead of the proper thing.
type Effect string

// Effects. Which seam knows which is said at the seam's type.
const (
	Refuse     Effect = "refuse"
	Drop       Effect = "drop"
	Reset      Effect = "reset"
	NoRoute    Effect = "no-route"
	Close      Effect = "close"
	Silence    Effect = "silence"
	Garbage    Effect = "garbage"
	Page       Effect = "page"
	Alert      Effect = "alert"
	Plaintext  Effect = "plaintext"
	Truncate   Effect = "truncate"
	SpeaksTLS  Effect = "tls"
	SpeaksSSH  Effect = "ssh"
	TLSAlone   Effect = "tls-alone"
	PlainAlone Effect = "plain-alone"
	SOCKSAlone Effect = "socks-alone"
	WebServer  Effect = "web-server"
	NotTheBody Effect = "alter"
	Endless    Effect = "endless"
	Late       Effect = "late"
	Forge      Effect = "forge"
	Flood      Effect = "flood"
	Trickle    Effect = "trickle"
	Strip      Effect = "strip"
	HalfClose  Effect = "half-close"
	Stall      Effect = "stall"
	// What a router says by ICMP: administratively prohibited, host unreachable,
	// network unreachable.
	Prohibit        Effect = "prohibit"
	HostUnreachable Effect = "host-unreachable"
	NetUnreachable  Effect = "net-unreachable"
	// DenyLocally is this host's own kernel: a prohibit route or a local rule.
	DenyLocally Effect = "deny-locally"
)

// Socket breaks TCP to a host: Refuse (RST to the SYN), Drop (the SYN is never
// answered), NoRoute, Prohibit, HostUnreachable, NetUnreachable, DenyLocally, or
// Reset (accepted, then reset before a byte). For a name server it breaks UDP
// too.
type Socket struct {
	// Host is a host's name, Everyone, TheProxy, TheResolver or [Resolver].
	Host   string
	Effect Effect
	// Address limits it to one of the host's addresses, Family to those of IPv4
	// (4) or IPv6 (6), and Port to one port; empty or 0 means all.
	Address string
	Family  int
	Port    int
	// Behind is the place of the World's router that does it, from 1; 0 means the
	// host itself, and for what only a router says, the last one.
	Behind int
	// TCPOnly leaves UDP to a name server alone.
	TCPOnly bool `yaml:"tcp_only"`
}

// DNS changes the answer for a name.
type DNS struct {
	// Name is the name asked for; empty means every name but the proxy's.
	Name string
	// Type is the type asked for, "A" or "AAAA"; empty means both.
	Type string
	// Resolver is the place of the name server that does it, from 1; 0 means
	// every one.
	Resolver int
	// Rcode is NXDOMAIN, SERVFAIL, REFUSED, or NOERROR with Addresses. Empty
	// leaves the proper answer, for what else is changed about it.
	Rcode string
	// Addresses are the answer under NOERROR, to A or AAAA as they are; none
	// gives no data.
	Addresses []string
	// Alias makes the name an alias of another, which has the addresses.
	Alias string
	// Owner is the name that the records of the answer are about; empty is the one that
	// was asked for, or Alias.
	Owner string
	// ExtendedError is the info code of RFC 8914 to send along, 0 for none, and
	// ExtendedText its text.
	ExtendedError uint16 `yaml:"extended_error"`
	ExtendedText  string `yaml:"extended_text"`
	// Authority is the owner of an SOA to send along, empty for none.
	Authority string
	// Own marks the answer as the server's own word (aa).
	Own bool
	// Unsigned gives the fault only to questions that want signatures checked:
	// those with CD get the proper answer.
	Unsigned bool
	// Silent leaves the question without an answer.
	Silent bool
	// Delay is waited for before the answer.
	Delay time.Duration
	// Truncate cuts the answer over UDP.
	Truncate bool
	// WrongID answers with another ID than the question's.
	WrongID bool `yaml:"wrong_id"`
}

// ProxyPort changes what listens where the proxy should be: SpeaksTLS,
// SpeaksSSH or WebServer. SpeaksTLS serves the same proxy behind TLS and answers
// plain text with an alert, TLSAlone by ending the connection, with RST in place of
// FIN where ByReset is set. PlainAlone is the same proxy, which waits for the end of the
// line when it is spoken to in TLS or SOCKS, SOCKSAlone a SOCKS server that ends all
// else. Close, Reset and Silence do so at the first byte of whatever is spoken.
type ProxyPort struct {
	Effect  Effect
	ByReset bool `yaml:"by_reset"`
}

// Handshake breaks TLS with a host after its ClientHello has arrived: Reset,
// Close, Silence, Alert with the given number, Plaintext, or Garbage (a record that
// is no proper TLS). TheProxy means the proxy's own TLS.
type Handshake struct {
	// Host is a host's name, Everyone, or TheProxy for one that speaks TLS itself.
	Host   string
	Effect Effect
	Alert  uint8
	// Text is what a plaintext peer says.
	Text string
	// Only limits the fault to some ClientHellos; the zero value means all.
	Only Hello
	// First limits it to the first ones to the host, so many; 0 means all.
	First int
	// Behind is the place of the World's router that does it, from 1; 0 means the
	// host itself.
	Behind int
	// Warning sends this alert of level warning before anything else.
	Warning uint8
	// Delay is waited for before the effect.
	Delay time.Duration
}

// Hello is a condition on a ClientHello: each of its fields that is set must
// hold.
type Hello struct {
	// OwnName asks for the host's own name in the SNI, Name for this one.
	OwnName bool `yaml:"own_name"`
	Name    string
	// MinBytes is the least length of the record, header included.
	MinBytes int `yaml:"min_bytes"`
	// Group is a key-exchange group that is offered (TLS Supported Groups of
	// IANA; X25519MLKEM768 is 4588).
	Group uint16
	// Version is a TLS version that is offered, as on the wire (0x0304 is 1.3).
	Version uint16
	// Split asks for more than one TCP segment.
	Split bool
}

// PathMTU loses, without a word, each packet to or from a host that is longer than
// MTU bytes, IP header included. A connection whose maximum segment size is small
// enough has none.
type PathMTU struct {
	// Host is a host's name, Everyone or TheProxy.
	Host string
	MTU  int
	// Outbound loses those to the host alone.
	Outbound bool
}

// TLSServer changes what a host's TLS server takes.
type TLSServer struct {
	// Host is a host's name or TheProxy; Everyone or empty means all hosts.
	Host string
	// MaxVersion is the newest TLS version it speaks, as on the wire; 0 for all.
	MaxVersion uint16 `yaml:"max_version"`
	// ClientCertificate makes it demand one, signed by the private CA.
	ClientCertificate bool `yaml:"client_certificate"`
	// OnlySuite is the one cipher suite it speaks, of TLS 1.2 (TLS Cipher Suites of
	// IANA); 0 for all.
	OnlySuite uint16 `yaml:"only_suite"`
}

// Certificate changes the chain that a host presents.
type Certificate struct {
	// Host is a host's name or TheProxy; Everyone or empty means all hosts.
	Host string
	// Issuer is who signs: "interceptor", "private" (a CA that is in no store),
	// "self" (the leaf signs itself), "goproxy" (the CA of that library, whose key
	// everybody has), or empty for the public CA.
	Issuer string
	// Names replaces the leaf's names.
	Names []string
	// NotBefore and NotAfter are relative to the World's time; both zero for
	// the proper dates.
	NotBefore time.Duration `yaml:"not_before"`
	NotAfter  time.Duration `yaml:"not_after"`
	// OmitIntermediate leaves the intermediate out of the message.
	OmitIntermediate bool `yaml:"omit_intermediate"`
	// Organization and CommonName replace those of an interceptor's CA.
	Organization string
	CommonName   string `yaml:"common_name"`
	// ExpiredAuthority lets an interceptor's CA have ended a day ago.
	ExpiredAuthority bool `yaml:"expired_authority"`
	// CAKey signs the leaf's key with itself: the leaf carries its CA's key.
	CAKey bool `yaml:"ca_key"`
	// NegativeSerial gives the leaf a serial number that crypto/x509 refuses, SHA1
	// a signature that it does not take, NoNames a name in its subject alone.
	NegativeSerial bool `yaml:"negative_serial"`
	SHA1           bool
	NoNames        bool `yaml:"no_names"`
	// CopiedTimestamps gives a forged leaf those of the genuine one.
	CopiedTimestamps bool `yaml:"copied_timestamps"`
	// ForClients limits the leaf to TLS clients, and OnlyFor its intermediate to
	// names below another domain.
	ForClients bool   `yaml:"for_clients"`
	OnlyFor    string `yaml:"only_for"`
}

// HTTP changes a host's answer to requests whose path begins with Path.
type HTTP struct {
	// Host is a host's name; Everyone or empty means all.
	Host string
	Path string
	// WithToken limits the fault to requests that carry a Bearer token, and
	// WithBasic to those that carry Basic credentials.
	WithToken bool `yaml:"with_token"`
	WithBasic bool `yaml:"with_basic"`
	// Method limits it to requests by one method.
	Method string
	// OverHead limits it to requests whose line and fields are longer than so many
	// bytes.
	OverHead int `yaml:"over_head"`
	Status   int
	Headers  []string
	Body     string
	// Effect, where set, replaces the answer: Reset, Close, Silence (no byte),
	// Truncate (part of the body), Stall (part of the body, then nothing), NotTheBody (the body's bytes are changed), Trickle
	// (the body comes in drops), or Strip, which takes the field Field away from the
	// request and lets the proper answer stand.
	Effect Effect
	Field  string
	// Delay is waited for before the answer, proper or not.
	Delay time.Duration
	// Remove are fields taken out of the proper answer. Without a Status, Headers
	// are added to it and Body, where set, replaces its body.
	Remove []string
	// Rate is how many bytes of a body are sent in a second, 0 for all that can be.
	Rate int
	// Bytes are sent of the body before a Truncate or Stall; 0 means half of it for
	// Truncate, none for Stall.
	Bytes int
}

// Stream breaks a connection that was accepted: Reset, Close, HalfClose (the
// sending side ends) or Silence, once so many bytes have gone to the client, 0 for
// before the first; or, without an effect, it slows the connection down.
type Stream struct {
	// Host is a host's name, Everyone or TheProxy.
	Host   string
	Effect Effect
	Bytes  int
	// Delay is waited for before the first byte, and Rate is how many are sent in a
	// second, 0 for all that can be.
	Delay time.Duration
	Rate  int
}

// Counted is a fault that does not strike each time that it could. It goes by
// numbers alone, so a run can be repeated.
type Counted struct {
	Fault Fault
	// After is how many times it stays away first, Every which of the following it
	// takes (2 for every second one; 0 or 1 for each), Times how often it strikes at
	// the most, 0 for no end.
	After, Every, Times int
}

// Strikes tells whether the fault takes the occasion after so many others, having
// struck so often.
func (c Counted) Strikes(before, struck int) bool {
	return before >= c.After && (before-c.After)%max(c.Every, 1) == max(c.Every, 1)-1 && (c.Times == 0 || struck < c.Times)
}
