// Package mockproxy is a network on loopback in which a pull can be walked: a
// name server, a forward proxy (goproxy), a token server, a registry with an
// image, and the hosts that its blobs are redirected to, with the names and
// certificates of the real ones under authorities made for the run.
//
// It executes a fault.World. It knows no evidence and no diagnosis: a mock that
// knew the answers would mark its own exam.
//
// Names resolve to the documentation ranges, and [Map] leads these addresses to
// loopback listeners, so a report shows the World's addresses and no packet
// leaves the machine. Every listener is bound to 127.0.0.1 unless [Listen] says
// otherwise, and every key is made when the network starts and dies with it unless
// [KeepIn] keeps it.
//
// A network's faults are counted, and can be changed while it runs ([Network.Install],
// [Network.Admin]).
package mockproxy
