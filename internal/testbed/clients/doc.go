// Package clients holds the rules of package route to the real clients of the
// machine, so that a new version that behaves otherwise shows up as a failed
// test. It has tests only.
//
// Each client stands alone in a house without a cable (testbed.NewCell), where
// every address is its own: 127.0.0.77 is the proxies, one port for each
// variable, any other address a target. The client gets one case of package
// route's vectors after the other, in an environment that holds nothing else;
// its first TCP connection, or that it ends without one, is its answer. That is
// how the vectors were measured too. Nothing answers: what a client sends to a
// proxy is not looked at here.
//
// The answer is compared with the dialect of the version that the client says
// of itself. A sample of the rows is enough to notice a change; all of them are
// asked with
//
//	go test ./internal/testbed/clients -all
package clients
