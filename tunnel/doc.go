// Package tunnel opens the path to a host: it dials an address, and it speaks
// CONNECT or SOCKS on a given connection, keeping a refusal whole.
//
// [Dial] opens a connection, to a proxy or to a host; [Connect] asks the proxy for a
// tunnel on it and returns the answer as it was sent.
//
// net/http drops status, headers and body of a refused CONNECT and leaves the
// reason phrase alone as an error ("Forbidden"; net/http transport.go). What a
// proxy team needs is what was dropped, so CONNECT is spoken here, by hand:
// status line as sent, headers in order and case, a bounded part of the body,
// and the bytes that follow a 200 before we said anything.
//
// The package decides nothing: which proxy to use is settled before, and what
// a refusal means is judged after. It never resolves names.
package tunnel
