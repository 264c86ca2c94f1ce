// Package manifests holds the tests of the files below deploy/kubernetes: they are built as kubectl
// builds them, and decoded into the types of Kubernetes, which refuse a key that is not theirs. It is
// a module of its own, so that the product depends on neither.
package manifests
