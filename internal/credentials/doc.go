// Package credentials reads the logins that container clients have stored on a
// host, each client's by its own rules and in its own order, and says of each
// where it stands and why it counts.
//
// The rules are those of three readers, and they differ: containers/image
// (podman, skopeo, CRI-O), docker/cli (docker, nerdctl) and
// go-containerregistry (crane). They are written from the sources and held to
// these by a test module of its own, internal/oracle.
//
// A store is read and never written. A credential helper is run only where the
// files are this host's own, once for each server, with a time limit; what it
// says on stderr is captured. A login never prints its secret: not by fmt, not
// as JSON, not in an error.
//
// Out of scope: pull secrets that a kubelet hands to its runtime by CRI, and
// curl's .netrc.
package credentials
