// Package hostile holds the tests that try to hurt the program: peers that say
// what no honest one says, files that somebody else wrote, arguments that no
// user means. It has tests only.
//
// Each row of its tables runs the built binary once, the way it is shipped, and
// states what must hold: how long it may run and compute, how much memory it may
// take, how much it may write, how it may exit, and what its outputs must and must
// not hold. Some things hold for every row and are not written there: no panic, no
// character that a terminal obeys, no secret of the row in any output.
//
// A row that needs a network gets one on loopback, into which the binary is let by
// the same pass that the made-up networks use. Its peers are functions over a
// connection, so that they can say anything at all; those that a row does not
// replace are honest. A row that needs this machine itself (getent, credential
// helpers) is led to its peers by --connect-to.
//
// Waiting is not measured by a clock where it can be avoided: a machine that is busy
// with other tests is slow, and computes as much as before. The bound on time is
// therefore the one that the program promises (--timeout and one second) plus what a
// busy machine adds, and the bound that finds the quadratic is the one on computing.
package hostile
