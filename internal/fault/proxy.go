package fault

import "time"

// Connect changes the proxy's answer to CONNECT for a host.
type Connect struct {
	// Host is a host's name; Everyone or empty means all.
	Host string `fault:"host host"`
	// Port limits it to one port of the host and OtherPorts to all but one; 0
	// means all.
	Port       int `fault:"port 1-65535"`
	OtherPorts int `fault:"other-ports 1-65535"`
	// Node is the place of the proxy's address that answers so, from 1; 0 means
	// every one.
	Node int `fault:"node 1-64"`
	// Agent limits it to clients whose User-Agent holds this text, and UnlessAgent to all
	// but those.
	Agent       string `fault:"agent"`
	UnlessAgent string `fault:"unless-agent"`
	// Login limits it to requests with that login: "basic", "digest", "ntlm" or
	// "negotiate", or [NoLogin].
	Login string `fault:"login=basic|digest|ntlm|negotiate|none"`
	// Plain makes it the answer to GET http://host/ through the proxy, not to
	// CONNECT.
	Plain bool `fault:"plain"`
	// Status, Phrase, Headers ("Name: value") and Body make the answer.
	Status  int      `fault:"status 100-999"`
	Phrase  string   `fault:"phrase text"`
	Headers []string `fault:"header header"`
	Body    string   `fault:"body text"`
	// To is where a redirect leads, for its Location.
	To string `fault:"to text"`
	// Raw, where set, is the whole answer as it stands, with an effect of Close, Reset or
	// Silence what comes before it.
	Raw string `fault:"raw text"`
	// Reply is the reply code of a SOCKS server (RFC 1928), used in place of all
	// the others where the client speaks SOCKS.
	Reply int `fault:"reply 1-8"`
	// Delay is waited for before the answer; with nothing else set, that is the
	// proper one.
	Delay time.Duration `fault:"delay"`
	// Effect, where set, replaces the answer: Close, Reset, Silence, Garbage
	// (bytes that are no HTTP), Page (a 200, then Body instead of the tunnel),
	// Endless (the Status, then Body over and over), Flood (headers that never
	// end), Late (a 200, and the end at the first byte inside) or Forge (a 200, and
	// TLS inside with a certificate of the interceptor for whatever name is asked).
	Effect Effect
}

// ProxyAuth makes the proxy ask for credentials. Basic, Digest and NTLM accept
// the World's proxy account; every other scheme is only offered. A SOCKS client
// is asked for name and password, unless the first scheme is SOCKSGSSAPI or
// SOCKSOwn.
type ProxyAuth struct {
	// Schemes are those on offer; none stands for Basic.
	Schemes []string `fault:"scheme"`
	Realm   string   `fault:"realm text"`
	// HangsUp ends the connection with each 407.
	HangsUp bool `fault:"hangs-up"`
	// Garbled makes the challenge of NTLM unreadable, as Squid's ntlm_fake_auth
	// does.
	Garbled bool `fault:"garbled"`
}

// Methods that a SOCKS server may want besides name and password: GSSAPI, and one
// of the private range (RFC 1928 section 3).
const (
	SOCKSGSSAPI = "GSSAPI"
	SOCKSOwn    = "private"
)
