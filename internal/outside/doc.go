// Package outside uses the packages of pullpath as another project does: it is a module of
// its own whose path is not below pullpath's, so that Go refuses it the internal packages
// (https://go.dev/ref/spec#Import_declarations, go help packages). It has tests only; make
// test runs them.
package outside
