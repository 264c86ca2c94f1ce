package fault

import "time"

// Connect changes the proxy's answer to CONNECT for a host.
type Connect struct {
	// Host is a host's name; Everyone or empty means all.
	Host string
	// Port limits it to one port of the host and OtherPorts to all but one; 0
	// means all.
	Port       int
	OtherPorts int `yaml:"other_ports"`
	// Node is the place of the proxy's address that answers so, from 1; 0 means
	// every one.
	Node int
	// Agent limits it to clients whose User-Agent holds this text, and UnlessAgent to all
	// but those.
	Agent       string
	UnlessAgent string `yaml:"unless_agent"`
	// Plain makes it the answer to GET http://host/ through the proxy, not to
	// CONNECT.
	Plain bool
	// Status, Phrase, Headers ("Name: value") and Body make the answer.
	Status  int
	Phrase  string
	Headers []string
	Body    string
	// Raw, where set, is the whole answer as it stands.
	Raw string
	// Reply is the reply code of a SOCKS server (RFC 1928), used in place of all
	// the others where the client speaks SOCKS.
	Reply int
	// Delay is waited for before the answer; with nothing else set, that is the
	// proper one.
	Delay time.Duration
	// Effect, where set, replaces the answer: Close, Reset, Silence, Garbage
	// (bytes that are no HTTP), Page (a 200, then a page instead of the tunnel),
	// Endless (the answer, with a body that never ends), Flood (headers that never
	// end), Late (a 200, and the end at the first byte inside) or Forge (a 200, and
	// TLS inside with a certificate of the interceptor for whatever name is asked).
	Effect Effect
}

// ProxyAuth makes the proxy ask for credentials. Basic, Digest and NTLM accept
// the World's proxy account; every other scheme is only offered. A SOCKS client
// is asked for name and password, unless the first scheme is SOCKSGSSAPI or
// SOCKSOwn.
type ProxyAuth struct {
	Schemes []string
	Realm   string
	// HangsUp ends the connection with each 407.
	HangsUp bool `yaml:"hangs_up"`
	// Garbled makes the challenge of NTLM unreadable, as Squid's ntlm_fake_auth
	// does.
	Garbled bool
}

// Methods that a SOCKS server may want besides name and password: GSSAPI, and one
// of the private range (RFC 1928 section 3).
const (
	SOCKSGSSAPI = "GSSAPI"
	SOCKSOwn    = "private"
)
