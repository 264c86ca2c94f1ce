// Package kubernetes holds the tests in a real cluster: an API server, a scheduler, a controller manager
// and a kubelet on each of three nodes, built from their Go modules, with Debian's etcd, containerd and
// runc. A node is a set of namespaces with a network of the mock's around it. It is a module of its
// own, and "make test" does not run it: the first build takes a quarter of an hour.
package kubernetes
