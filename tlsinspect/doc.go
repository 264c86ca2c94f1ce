// Package tlsinspect makes a TLS handshake over a connection it is given and
// records what was presented before anything is judged.
//
// crypto/tls throws the chain away when it refuses it, so the handshake is made
// without its verification, the chain is written down, and afterwards each
// aspect (name, dates, trust, usage) is judged by itself against each store:
// the public web's roots, the system's, and those of the client under test. A
// wrong name must not hide an unknown authority.
//
// A judgement is a fact, "this store says this of that aspect". Whether the
// chain is an interceptor's is for package diagnosis to say.
//
// No credential may be sent over a connection of this package before its
// failure was looked at: the handshake completes over any chain.
package tlsinspect
