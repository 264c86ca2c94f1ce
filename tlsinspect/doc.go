// Package tlsinspect makes a TLS handshake over a given connection and records
// what was presented before anything is judged.
//
// [Handshake] makes it, and what it returns has the chain and what each store says of it,
// whether the handshake completed or not; [PublicRoots] is the store of the public web.
//
// crypto/tls throws the chain away when it refuses it, so the handshake is made
// without its verification, the chain is written down, and afterwards each
// aspect (name, dates, trust, usage) is judged by itself against each store:
// the public web's roots, the system's, and those of the client under test. A
// wrong name must not hide an unknown authority.
//
// A judgement is a fact, "this store says this of that aspect". Package diagnosis
// says whether the chain is an interceptor's.
//
// No credential may be sent over a connection of this package before its
// failure was checked: the handshake completes over any chain.
package tlsinspect
