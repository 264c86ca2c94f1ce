// Package resolve asks names of the name servers that this host would ask,
// each by itself, and records question, answers, rcode, extended error,
// transport and time.
//
// It does not judge: an answer of 0.0.0.0 is an answer. It does not cache, and
// it asks no server that is neither configured nor given.
//
// A look-up follows the order of Go's stub resolver (net/dnsclient_unix.go,
// resolv.conf(5)): hosts file, then the first server; the next counts only when
// the one before gave no usable answer or kept silent. With [Options.All] the
// further servers are asked at the same time, so that what they say can be
// compared, and the order decides all the same. [Options.Ways] asks the host's
// own ways beside them: Go's resolver as this host has configured it, and the C
// library with its NSS modules by getent(1). Where no server is known, as on
// systems without a resolv.conf, the system's own look-up is asked and its
// answer recorded as "system".
package resolve
