//go:build !linux

package sandbox

import "errors"

var errLinux = errors.New("network namespaces are Linux's")

// Inside reports whether this process was run again by Reenter.
func Inside() bool { return false }

// IPv6 returns false: there are no namespaces here.
func IPv6() bool { return false }

// Reenter fails: only Linux has namespaces.
func Reenter(Command) (int, error) { return 0, errLinux }

// Apply fails: only Linux has namespaces.
func (l Layout) Apply(string) error { return errLinux }
