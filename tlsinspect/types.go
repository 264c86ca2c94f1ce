package tlsinspect

import "pullpath/internal/evidence"

// What a handshake is recorded as.
type (
	// Detail is what was presented, and what each store says of it.
	Detail = evidence.Handshake
	// Certificate is one certificate of the chain.
	Certificate = evidence.Certificate
	// ClientTrust is what the store of another client says of the chain.
	ClientTrust = evidence.ClientTrust
	// Completion is what was done to complete a chain.
	Completion = evidence.Completion
	// Alerted is one alert by number and name.
	Alerted = evidence.Alerted
	// Delivery is what became of the bytes that were sent.
	Delivery = evidence.Delivery
	// Failure says why the client under test would not go on, by a closed list of kinds.
	Failure = evidence.Failure
	// Scribe makes texts fit to be kept; its zero value leaves them as they are, but for
	// control characters.
	Scribe = evidence.Scribe
)
