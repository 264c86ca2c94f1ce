package evidence

import (
	"fmt"
	"slices"
)

// Kind classifies a failure. The list is closed: a new kind is a change of the
// contract, and what fits none is [Unknown], never a near miss.
type Kind string

// Kinds of failure, by the operation in which they are met first. Several are
// shared between operations; [KindsOf] says which operation may report which.
const (
	// Timeout: the other side said nothing within the hop's limit.
	Timeout Kind = "timeout"
	// Refused: TCP RST to our SYN or ICMP port unreachable; for a resolver,
	// rcode REFUSED.
	Refused Kind = "refused"
	// Reset: the connection was open and a TCP RST ended it.
	Reset Kind = "reset"
	// NoRoute means that this host or a router says that there is no route to the address.
	NoRoute Kind = "no_route"
	// Prohibited: ICMP administratively prohibited (type 3 code 9, 10 or 13).
	Prohibited Kind = "prohibited"
	// DeniedLocally: the local kernel refused to send (EPERM, EACCES, EINVAL
	// of a blackhole route).
	DeniedLocally Kind = "denied_locally"

	// NXDomain: the name does not exist (rcode 3).
	NXDomain Kind = "nxdomain"
	// NoData: the name exists and has no address of the wanted families.
	NoData Kind = "nodata"
	// ServFail: rcode 2.
	ServFail Kind = "servfail"
	// Rcode: any other rcode than NOERROR.
	Rcode Kind = "rcode"
	// Unreachable: the resolver cannot be talked to. Its port is closed, no
	// route leads to it, or its TLS fails.
	Unreachable Kind = "unreachable"
	// Truncated: an answer or body ended before its announced end; for a
	// resolver, the answer over UDP was cut and TCP gave none.
	Truncated Kind = "truncated"
	// Malformed: an answer that is no DNS message, or answers with a wrong ID
	// and none with the right one.
	Malformed Kind = "malformed"

	// ProxyStatus: the proxy answered CONNECT with a status other than 2xx,
	// or a SOCKS server with a reply code other than success.
	ProxyStatus Kind = "proxy_status"
	// NotHTTP: the peer's first bytes are no HTTP status line.
	NotHTTP Kind = "not_http"
	// SpeaksTLS: the peer answered plain text with a TLS record.
	SpeaksTLS Kind = "speaks_tls"
	// Closed: the peer ended the connection with FIN before it answered.
	Closed Kind = "closed"

	// Alert: the peer sent a fatal TLS alert.
	Alert Kind = "alert"
	// NotTLS: the peer's first bytes are no TLS record.
	NotTLS Kind = "not_tls"
	// Protocol: the exchange broke for a reason of its own protocol, TLS or HTTP/2.
	Protocol Kind = "protocol"
	// Untrusted: the chain does not end in the store of the client under test.
	Untrusted Kind = "untrusted"
	// Expired: a certificate of the chain is past its NotAfter.
	Expired Kind = "expired"
	// NotYetValid: a certificate of the chain is before its NotBefore.
	NotYetValid Kind = "not_yet_valid"
	// WrongName: the leaf is not valid for the host that was asked.
	WrongName Kind = "wrong_name"
	// MalformedCertificate: crypto/x509 refuses to parse a certificate.
	MalformedCertificate Kind = "malformed_certificate"

	// UnexpectedAnswer: a complete HTTP answer that is not on the plan's list.
	UnexpectedAnswer Kind = "unexpected_answer"
	// DigestMismatch: the content does not hash to its digest.
	DigestMismatch Kind = "digest_mismatch"
	// TooLarge: headers or a document past our bound.
	TooLarge Kind = "too_large"

	// Invalid means that a setting cannot mean what it says.
	Invalid Kind = "invalid"

	// Budget: the run's own time ended while this hop was under way. It says
	// nothing about the peer.
	Budget Kind = "budget"
	// Unknown: none of the others. The text has all there is.
	Unknown Kind = "unknown"
)

var kindsOf = map[Op][]Kind{
	OpSetting: {Invalid},
	OpResolve: {NXDomain, NoData, ServFail, Refused, Rcode, Timeout, Unreachable, Truncated, Malformed},
	OpDial:    {Timeout, Refused, Reset, NoRoute, Prohibited, DeniedLocally},
	OpTunnel:  {ProxyStatus, NotHTTP, SpeaksTLS, Closed, Reset, Timeout},
	OpHandshake: {Reset, Closed, Timeout, Alert, NotTLS, Protocol, Untrusted, Expired, NotYetValid,
		WrongName, MalformedCertificate},
	OpRequest: {Reset, Closed, Timeout, Protocol, Truncated, UnexpectedAnswer, DigestMismatch, TooLarge},
}

// KindsOf returns the kinds that an operation may report, Budget and Unknown
// included. It returns nil for an operation that does not exist.
func KindsOf(op Op) []Kind {
	own, ok := kindsOf[op]
	if !ok {
		return nil
	}
	return append(slices.Clone(own), Budget, Unknown)
}

// Failure is why a hop failed: a class for machines and the raw text for
// people, classified once, at the boundary where the error arose.
type Failure struct {
	Kind Kind `json:"kind" scrub:"-"`
	// Text is what the operating system, library or peer said, scrubbed of
	// secrets and control characters, otherwise unchanged.
	Text string `json:"text"`

	cause error
}

// Fail makes a failure from the error that caused it. The text is given apart
// because the error's own may hold a secret; the error stays reachable for
// errors.Is and errors.As and is not saved.
func Fail(kind Kind, text string, cause error) *Failure {
	return &Failure{Kind: kind, Text: text, cause: cause}
}

// Error gives kind and text, so that no reader loses the one for the other.
func (f *Failure) Error() string { return fmt.Sprintf("%s: %s", f.Kind, f.Text) }

// Unwrap returns the error that was classified, nil in a loaded trace.
func (f *Failure) Unwrap() error { return f.cause }
