// Package oracle tests internal/credentials against the libraries of the real
// clients: podman's containers/image, docker/cli's configuration and
// go-containerregistry's keychain read the same trees and must find the same. It also
// has those clients pull from the mock, and checks what they print. It holds a check of a
// client to what its library does in Worlds made at random: whether it pulls, and what it
// asks in which order (docs/client-truth.md).
//
// It is a separate module, because these libraries are not part of the product. It has
// only tests; make test runs them.
package oracle
