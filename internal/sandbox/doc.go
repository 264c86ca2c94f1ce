// Package sandbox runs a command in its own environment, or in its own network
// namespace whose addresses lead to listeners in it.
//
// A namespace is entered by running this program again inside (see [Reenter]): a
// process cannot change all its threads. Inside, [Layout.Apply] makes addresses,
// routes and rules with ip(8) and nft(8), and names by a resolv.conf, hosts and
// nsswitch.conf that only this namespace sees. The machine's own network stays untouched.
package sandbox
