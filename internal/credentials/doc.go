// Package credentials reads the logins that container clients have stored on a
// host. It follows each client's own rules and order, and says for each login in
// which file it is and why it counts.
//
// The rules are those of three readers, and they differ: containers/image
// (podman, skopeo, CRI-O), docker/cli (docker, nerdctl) and
// go-containerregistry (crane). They are written from the sources, and the module
// internal/oracle tests them against the libraries.
//
// A store is read and never written. A credential helper is run only where the
// files are this host's own, once for each server, with a time limit; its
// stderr is captured. A login never prints its secret: not by fmt, not
// as JSON, not in an error.
//
// Out of scope: pull secrets that a kubelet hands to its runtime by CRI, and
// curl's .netrc.
package credentials
