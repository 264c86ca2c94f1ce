// Package wine runs the program as it is built for Windows, under Wine. It has tests only, and
// what they need to start it.
package wine
