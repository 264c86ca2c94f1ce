// Package resolve asks names of the name servers that this host would ask,
// each by itself, and records question, answers, rcode, extended error,
// transport and time.
//
// It does not judge: an answer of 0.0.0.0 is an answer. It does not cache, and
// it asks no server that is neither configured nor given.
//
// A look-up follows the stub resolver's order (resolv.conf(5)): hosts file,
// then the first server; the further servers are asked only when the first
// gave no usable answer or kept silent. Where no server is known, as on
// systems without a resolv.conf, the system's own look-up is asked and its
// answer recorded as "system".
package resolve
