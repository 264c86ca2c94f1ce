package fault

import "time"

// Fault is one breakage. The set of types is sealed: each seam of the
// executors knows its own. What can be broken in which way is a row of [Kinds]; tags name
// the parameters of its fields, see field.
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
func (a Asked) seam() string     { return a.Fault.seam() }

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
	HTTPAlone  Effect = "http-alone"
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
	// Host is a host's name, TheProxy, TheResolver or [Resolver]; Everyone or empty means
	// all hosts.
	Host   string `fault:"host host"`
	Effect Effect
	// Address limits it to one of the host's addresses, Family to those of IPv4
	// (4) or IPv6 (6), and Port to one port; empty or 0 means all.
	Address string `fault:"address ip"`
	Family  int    `fault:"family=4|6"`
	Port    int    `fault:"port 1-65535"`
	// Behind is the place of the World's router that does it, from 1; 0 means the
	// host itself, and for what only a router says, the last one.
	Behind int `fault:"behind 1-64"`
	// TCPOnly leaves UDP to a name server alone.
	TCPOnly bool `fault:"tcp-only"`
}

// DNS changes the answer for a name.
type DNS struct {
	// Name is the name asked for; Everyone or empty means every name but the proxy's.
	Name string `fault:"host host"`
	// Type is the type asked for, "A" or "AAAA"; empty means both.
	Type string `fault:"type=A|AAAA"`
	// Resolver is the place of the name server that does it, from 1; 0 means
	// every one.
	Resolver int `fault:"resolver 1-64"`
	// Rcode is NXDOMAIN, SERVFAIL, REFUSED, or NOERROR with Addresses. Empty
	// leaves the proper answer, for what else is changed about it.
	Rcode string `fault:"rcode=NOERROR|FORMERR|SERVFAIL|NXDOMAIN|NOTIMP|REFUSED"`
	// Addresses are the answer under NOERROR, to A or AAAA as they are; none
	// gives no data.
	Addresses []string `fault:"address ip"`
	// Alias makes the name an alias of another, which has the addresses.
	Alias string `fault:"alias"`
	// Owner is the name that the records of the answer are about; empty is the one that
	// was asked for, or Alias.
	Owner string `fault:"owner"`
	// ExtendedError is the info code of RFC 8914 to send along, 0 for none, and
	// ExtendedText its text.
	ExtendedError uint16 `fault:"ede 0-65535"`
	ExtendedText  string `fault:"text text"`
	// Authority is the owner of an SOA to send along, empty for none.
	Authority string `fault:"soa"`
	// Own marks the answer as the server's own word (aa).
	Own bool `fault:"own"`
	// Unsigned gives the fault only to questions that want signatures checked:
	// those with CD get the proper answer.
	Unsigned bool `fault:"unsigned"`
	// Silent leaves the question without an answer.
	Silent bool
	// Delay is waited for before the answer.
	Delay time.Duration `fault:"delay"`
	// Truncate cuts the answer over UDP.
	Truncate bool `fault:"truncate"`
	// WrongID answers with another ID than the question's.
	WrongID bool
}

// ProxyPort changes what listens where the proxy should be: SpeaksTLS,
// SpeaksSSH or WebServer. SpeaksTLS serves the same proxy behind TLS and answers
// plain text with an alert, TLSAlone by ending the connection, with RST in place of
// FIN where ByReset is set. PlainAlone is the same proxy, which waits for the end of the
// line when it is spoken to in TLS or SOCKS, HTTPAlone one that ends SOCKS, SOCKSAlone a
// SOCKS server that ends all else. Close, Reset and Silence do so at the first byte of whatever is spoken.
type ProxyPort struct {
	Effect  Effect
	ByReset bool `fault:"by-reset"`
}

// Handshake breaks TLS with a host after its ClientHello has arrived: Reset,
// Close, Silence, Alert with the given number, Plaintext, or Garbage (a record that
// is no proper TLS). TheProxy means the proxy's own TLS.
type Handshake struct {
	// Host is a host's name, or TheProxy for one that speaks TLS itself; Everyone or empty
	// means all hosts.
	Host   string `fault:"host host"`
	Effect Effect
	Alert  uint8 `fault:"number 0-255"`
	// Text is what a plaintext peer says.
	Text string `fault:"body text"`
	// Only limits the fault to some ClientHellos; the zero value means all.
	Only Hello
	// First limits it to the first ones to the host, so many; 0 means all.
	First int `fault:"first 1-1073741824"`
	// Behind is the place of the World's router that does it, from 1; 0 means the
	// host itself.
	Behind int `fault:"behind 1-64"`
	// Warning sends this alert of level warning before anything else.
	Warning uint8 `fault:"warning 0-255"`
	// Delay is waited for before the effect.
	Delay time.Duration `fault:"delay"`
	// Acknowledged means of Silence that the ClientHello arrives and its answer is what is
	// lost; without it the ClientHello is.
	Acknowledged bool `fault:"acknowledged"`
}

// Hello is a condition on a ClientHello: each of its fields that is set must
// hold.
type Hello struct {
	// OwnName asks for the host's own name in the SNI, Name for this one.
	OwnName bool   `fault:"only=name"`
	Name    string `fault:"sni"`
	// MinBytes is the least length of the record, header included.
	MinBytes int `fault:"bytes size"`
	// Group is a key-exchange group that is offered (TLS Supported Groups of
	// IANA; X25519MLKEM768 is 4588).
	Group uint16 `fault:"only=post-quantum:4588"`
	// Version is a TLS version that is offered, as on the wire (0x0304 is 1.3).
	Version uint16 `fault:"only=tls-1.3:772"`
	// Split asks for more than one TCP segment.
	Split bool `fault:"only=split"`
}

// PathMTU loses, without a word, each packet to or from a host that is longer than
// MTU bytes, IP header included. A connection whose maximum segment size is small
// enough has none.
type PathMTU struct {
	// Host is a host's name or TheProxy; Everyone or empty means all hosts.
	Host string `fault:"host host"`
	MTU  int    `fault:"mtu 576-65535"`
	// Outbound loses those to the host alone.
	Outbound bool `fault:"direction=out|both:0"`
}

// TLSServer changes what a host's TLS server takes.
type TLSServer struct {
	// Host is a host's name or TheProxy; Everyone or empty means all hosts.
	Host string `fault:"host host"`
	// MaxVersion is the newest TLS version it speaks, as on the wire; 0 for all.
	MaxVersion uint16 `fault:"max=1.0:769|1.1:770|1.2:771"`
	// ClientCertificate makes it demand one, signed by the private CA.
	ClientCertificate bool `fault:"client-certificate"`
	// OnlySuite is the one cipher suite it speaks, of TLS 1.2 (TLS Cipher Suites of
	// IANA); 0 for all.
	OnlySuite uint16 `fault:"suite 1-65535"`
	// OnlyGroup is the one key-exchange group that it takes (TLS Supported Groups of IANA, by
	// crypto/tls's names); 0 for all.
	OnlyGroup uint16 `fault:"group=X25519MLKEM768:4588|SecP256r1MLKEM768:4587|SecP384r1MLKEM1024:4589|X25519:29|CurveP256:23|CurveP384:24|CurveP521:25"` //nolint:lll // a tag is one line
}

// Certificate changes the chain that a host presents.
type Certificate struct {
	// Host is a host's name or TheProxy; Everyone or empty means all hosts.
	Host string `fault:"host host"`
	// Issuer is who signs: "interceptor", "private" (a CA that is in no store),
	// "self" (the leaf signs itself), "goproxy" (the CA of that library, whose key
	// everybody has), or empty for the public CA.
	Issuer string `fault:"issuer=interceptor|private|self|goproxy"`
	// Names replaces the leaf's names.
	Names []string `fault:"names list"`
	// NotBefore and NotAfter are relative to the World's time; both zero for
	// the proper dates.
	NotBefore time.Duration `fault:"not-before signed"`
	NotAfter  time.Duration `fault:"not-after signed"`
	// OmitIntermediate leaves the intermediate out of the message.
	OmitIntermediate bool `fault:"no-intermediate"`
	// Organization and CommonName replace those of an interceptor's CA.
	Organization string `fault:"organization"`
	CommonName   string `fault:"name"`
	// ExpiredAuthority lets an interceptor's CA have ended a day ago.
	ExpiredAuthority bool `fault:"expired-ca"`
	// CAKey signs the leaf's key with itself: the leaf carries its CA's key.
	CAKey bool `fault:"ca-key"`
	// NegativeSerial gives the leaf a serial number that crypto/x509 refuses, SHA1
	// a signature that it does not take, NoNames a name in its subject alone.
	NegativeSerial bool `fault:"negative-serial"`
	SHA1           bool `fault:"sha1"`
	NoNames        bool `fault:"no-names"`
	// CopiedTimestamps gives a forged leaf those of the genuine one.
	CopiedTimestamps bool `fault:"copied-timestamps"`
	// ForClients limits the leaf to TLS clients, and OnlyFor its intermediate to
	// names below another domain.
	ForClients bool   `fault:"for-clients"`
	OnlyFor    string `fault:"only-for"`
}

// HTTP changes a host's answer to requests whose path begins with Path.
type HTTP struct {
	// Host is a host's name; Everyone or empty means all.
	Host string `fault:"host host"`
	// Path is how the path begins, or the whole of it where Whole is set. Blob limits it
	// to that blob of the World's image, "config" or "layer".
	Path  string `fault:"path path"`
	Whole bool   `fault:"whole"`
	Blob  string `fault:"blob=config|layer"`
	// Method limits it to requests by one method, Agent to clients whose User-Agent holds
	// this text, OverHead to requests whose line and fields are longer than so many bytes.
	// Plain limits it to requests without TLS, HTTP2 to those by HTTP/2.
	Method   string `fault:"method method"`
	Agent    string `fault:"agent"`
	OverHead int    `fault:"head size"`
	Plain    bool   `fault:"plain"`
	HTTP2    bool   `fault:"http2"`
	// Ranged limits it to requests for a part (Range).
	Ranged bool `fault:"ranged"`
	// Login limits it to requests with that login: [Token], another scheme in lower case,
	// [Form] or [NoLogin]. BadToken limits it to those whose token is none of the World's.
	Login    string `fault:"login=token|basic|digest|ntlm|negotiate|form|none"`
	BadToken bool   `fault:"bad-token"`
	// Status, Headers ("Name: value") and Body make the answer, and To is where a redirect
	// leads, for its Location, where {path} stands for the request's own path. Without a Status, Headers are added to the proper answer,
	// Remove are fields taken out of it, and Body, where set, replaces its body.
	Status  int      `fault:"status 100-999"`
	Headers []string `fault:"header header"`
	Body    string   `fault:"body text"`
	To      string   `fault:"to text"`
	Remove  []string `fault:"strip"`
	// Says, where set, is the name of the [Saying] that is the answer.
	Says string `fault:"what saying"`
	// Raw, where set, is the whole answer as it stands but for its Date, with an effect of
	// Close, Reset or Silence what comes before it. Kept leaves the connection open.
	Raw  string `fault:"raw text"`
	Kept bool   `fault:"kept"`
	// Granted gives the proper answer whatever login the request has.
	Granted bool `fault:"granted"`
	// Effect, where set, replaces the answer: Reset, Close, Silence (no byte), Truncate
	// (part of the body), Stall (part of the body, then nothing), NotTheBody (the body's
	// bytes are changed), Trickle (the body comes in drops), or Strip, which takes the
	// field Field away from the request and lets the proper answer stand.
	Effect Effect
	Field  string `fault:"field"`
	// Delay is waited for before the answer, proper or not.
	Delay time.Duration `fault:"delay"`
	// Rate is how many bytes of a body are sent in a second, 0 for all that can be, and
	// Over how long the whole of it takes.
	Rate int           `fault:"rate size"`
	Over time.Duration `fault:"over"`
	// Bytes are sent of the body before a Truncate or Stall, or this Share of it, from 0 to
	// 1. Without both it is half of the body for Truncate, none for Stall.
	Bytes int     `fault:"bytes size"`
	Share float64 `fault:"share"`
}

// Logins of a request that are no scheme of HTTP's, or that go by another name.
const (
	// Token is a Bearer token.
	Token = "token"
	// Form is one in the body of a POST.
	Form = "form"
	// NoLogin is none.
	NoLogin = "none"
)

// Stream breaks a connection that was accepted: Reset, Close, HalfClose (the
// sending side ends) or Silence, once so many bytes have gone to the client, 0 for
// before the first; or, without an effect, it slows the connection down.
type Stream struct {
	// Host is a host's name or TheProxy; Everyone or empty means all hosts.
	Host   string `fault:"host host"`
	Effect Effect
	Bytes  int `fault:"bytes size"`
	// Delay is waited for before the first byte, and Rate is how many are sent in a
	// second, 0 for all that can be. One that has none of Effect, Delay and Rate sends
	// [SlowRate].
	Delay time.Duration `fault:"delay"`
	Rate  int           `fault:"rate size"`
}

// SlowRate is a bad modem's, in bytes a second: a handshake passes, a layer does not.
const SlowRate = 4 << 10

// Counted is a fault that does not strike each time that it could. It goes by
// numbers alone, so a run can be repeated.
type Counted struct {
	Fault Fault
	// After is how many times it stays away first, Every which of the following it
	// takes (2 for every second one; 0 or 1 for each), Times how often it strikes at
	// the most, 0 for no end.
	After int `fault:"after"`
	Every int `fault:"every 1-2147483647"`
	Times int `fault:"times 1-2147483647"`
}

// Strikes reports whether the fault takes the occasion after so many others, having
// struck so often.
func (c Counted) Strikes(before, struck int) bool {
	return before >= c.After && (before-c.After)%max(c.Every, 1) == max(c.Every, 1)-1 && (c.Times == 0 || struck < c.Times)
}
