// Package oracle holds internal/credentials to the libraries of the real
// clients: containers/image of podman, docker/cli's configuration, and
// go-containerregistry's keychain read the same trees and must find the same.
//
// It is a module of its own: these libraries are no part of the product. It has
// tests only; make test runs them.
package oracle
