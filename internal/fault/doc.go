// Package fault is breakage as data: a World is everything that a pull meets
// on its way, and a Fault is one thing in it that is wrong.
//
// Nothing here acts. Package mockproxy builds a World out of loopback
// listeners, the test bed builds it out of routers and namespaces, and a
// catalogue row names the World that provokes it. Because the vocabulary is
// data and a leaf of the import graph, the judge of a report never links the
// code that breaks things.
//
// A Fault stands at a seam, the place on the path where it is installed:
// the socket, the DNS answer, the CONNECT answer, the handshake with its
// certificate, or the HTTP exchange.
package fault
