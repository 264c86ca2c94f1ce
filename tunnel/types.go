package tunnel

import "pullpath/internal/evidence"

// What a connection, a tunnel or a request is recorded as.
type (
	// DialDetail is what was seen of a TCP connection.
	DialDetail = evidence.Dial
	// Detail is what was seen of CONNECT or SOCKS.
	Detail = evidence.Tunnel
	// Header is a field of an answer as it was spelled.
	Header = evidence.Header
	// RequestDetail is what was seen of a request.
	RequestDetail = evidence.Request
	// Trail are the devices on the way to an address.
	Trail = evidence.Trail
	// Step is which request of a pull one is.
	Step = evidence.Step
	// Delivery is what became of the bytes that were sent.
	Delivery = evidence.Delivery
	// Failure says why there is none.
	Failure = evidence.Failure
	// Kind is the sort of a failure, of a closed list.
	Kind = evidence.Kind
	// Scribe makes texts fit to be kept; its zero value leaves them as they are, but for
	// control characters.
	Scribe = evidence.Scribe
)
