// Package testbed puts real programs on a real network, for tests only: it
// makes network namespaces, joins them with cables, and starts the daemons that a
// container pull meets on its way (Squid, tinyproxy, nginx, docker-registry, a
// token server, the name servers unbound, dnsmasq and dnsdist) inside them. The test that asks for a part
// owns it; when the test ends the part is gone, also when the test failed.
//
// The street has three houses in a row:
//
//	client 10.77.1.2 ── 10.77.1.1 corp 10.77.2.1 ── 10.77.2.2 outside
//
// The client runs the program under test. Corp runs the proxies and the name
// server that the client asks, and forwards packets only after OpenEgress.
// Outside is the Internet: one address for each public host, each with a
// certificate under a root made for the bed, which is the only root in the
// system's trust store of all three namespaces.
//
// Nothing leaves the namespaces: they have no cable to the machine, and the
// servers that run in the test process hold sockets that were made inside.
// It needs root, Linux and Debian's packages; Require says what is missing.
package testbed
