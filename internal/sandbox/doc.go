// Package sandbox runs a command in an environment of its own, or in a network
// namespace of its own whose addresses lead to listeners in it.
//
// A namespace is entered by running this program again inside (see [Reenter]): a
// process cannot change all its threads. In there [Layout.Apply] makes addresses,
// routes and rules with ip(8) and nft(8), and names by a resolv.conf, hosts and
// nsswitch.conf that only this namespace sees. Nothing of it reaches the machine's own network.
package sandbox
