// Package resolve looks names up at the name servers that this host would ask,
// each server separately, and records question, answers, rcode, extended error,
// transport and time.
//
// [Resolver.Lookup] looks a name up and returns what each server said;
// [ParseResolvConf] reads which servers this host has.
//
// It does not judge: an answer of 0.0.0.0 is an answer. It does not cache, and
// it asks no server that is neither configured nor given.
//
// A look-up follows the order of Go's stub resolver (net/dnsclient_unix.go,
// resolv.conf(5)): hosts file, then the first server; the next counts only when
// the one before gave no usable answer or kept silent. With [Options.All] the
// further servers are asked at the same time, so that their answers can be
// compared; the order still decides. [Options.Ways] also asks the host's
// own ways: Go's resolver as this host has configured it, and the C
// library with its NSS modules by getent(1). Where no server is known, as on
// systems without a resolv.conf, the system's own look-up is asked and its
// answer recorded as "system".
package resolve
