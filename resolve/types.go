package resolve

import "pullpath/internal/evidence"

// What an answer is made of.
type (
	// Detail is what was asked and answered.
	Detail = evidence.Resolve
	// Question is one question to a name server with its answer.
	Question = evidence.Question
	// Failure says why there is no address, by a closed list of kinds.
	Failure = evidence.Failure
	// Stub is how this host's own resolver is configured.
	Stub = evidence.Stub
	// Scribe makes texts fit to be kept; its zero value leaves them as they are, but for
	// control characters.
	Scribe = evidence.Scribe
)
