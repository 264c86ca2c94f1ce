//go:build unix

package main

import (
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// lost reports whether a standard stream was closed when the program began. Go's runtime
// opens /dev/null in its place, for reading and writing (runtime, fds_unix.go), so that
// nothing is left of it but this: a shell that throws a result away opens that for
// writing alone. Where the system cannot say, nothing is lost.
func lost(f *os.File, beside ...*os.File) bool {
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_ACCMODE != unix.O_RDWR {
		return false
	}
	info, err := f.Stat()
	if err != nil {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(info, null) && !slices.ContainsFunc(beside, func(b *os.File) bool { return shared(f, b) })
}

// unwritable returns what stands for a stream that was closed: all that is written to it
// fails.
func unwritable(name string) (*os.File, error) {
	fd, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}
