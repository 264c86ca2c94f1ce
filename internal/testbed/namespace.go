//go:build linux

package testbed

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	// namespaceDir and configDir are fixed by ip-netns(8): the first holds the
	// handles, the second what "ip netns exec" lays over /etc.
	namespaceDir = "/run/netns"
	configDir    = "/etc/netns"

	// namePrefix begins every name we make, so that a sweep takes only ours.
	namePrefix = "pullpath-"
)

// Namespace is one network namespace with its own /etc.
type Namespace struct {
	// Name is the name ip(8) knows it by; no two processes use the same.
	Name string
}

// beds counts the beds of this process; it makes their names differ.
var beds atomic.Int64

// newNamespace makes a namespace called after its bed and its role, and has
// the test remove it with everything that runs in it.
func newNamespace(t testing.TB, label, role string) *Namespace {
	t.Helper()
	n := &Namespace{Name: label + "-" + role}
	t.Cleanup(func() {
		if err := removeNamespace(n.Name); err != nil {
			t.Errorf("remove namespace %s: %v", n.Name, err)
		}
	})
	ip(t, "netns", "add", n.Name)
	ip(t, "-n", n.Name, "link", "set", "lo", "up")
	return n
}

// etc writes one file that commands in the namespace see below /etc. The first
// part of the path must exist in the machine's /etc: ip lays ours over it.
func (n *Namespace) etc(t testing.TB, path, content string) {
	t.Helper()
	file := filepath.Join(configDir, n.Name, path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Dial connects from inside the namespace. The address must be a literal: a
// name would be looked up on a thread that is outside.
func (n *Namespace) Dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	err = n.within(func() error {
		conn, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return conn, err
}

// Listen opens a TCP listener inside the namespace. It stays there: a socket
// belongs to the namespace it was made in, whichever thread accepts from it.
func (n *Namespace) Listen(address string) (l net.Listener, err error) {
	err = n.within(func() error {
		l, err = new(net.ListenConfig).Listen(context.Background(), "tcp", address)
		return err
	})
	return l, err
}

// ListenPacket opens a UDP socket inside the namespace.
func (n *Namespace) ListenPacket(address string) (c net.PacketConn, err error) {
	err = n.within(func() error {
		c, err = new(net.ListenConfig).ListenPacket(context.Background(), "udp", address)
		return err
	})
	return c, err
}

// within runs f on a thread that is inside the namespace and brings the thread
// home again. A thread that cannot come home is not unlocked, so that it ends
// with its goroutine instead of serving another one in the wrong network. It
// must come home in the usual case: daemons die with the thread that started
// them (see detach).
func (n *Namespace) within(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		home, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			done <- err
			return
		}
		defer home.Close()
		if err = enter(filepath.Join(namespaceDir, n.Name)); err == nil {
			err = f()
		}
		if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
			done <- errors.Join(err, back)
			return
		}
		runtime.UnlockOSThread()
		done <- err
	}()
	return <-done
}

// enter moves the calling thread into the namespace behind a handle.
func enter(handle string) error {
	file, err := os.Open(handle)
	if err != nil {
		return err
	}
	defer file.Close()
	return os.NewSyscallError("setns", unix.Setns(int(file.Fd()), unix.CLONE_NEWNET))
}

// ip runs ip(8) and fails the test with its output.
func ip(t testing.TB, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// removeNamespace kills what still runs inside, then removes the namespace and
// its /etc. A namespace that is already gone is not an error.
func removeNamespace(name string) error {
	if err := os.RemoveAll(filepath.Join(configDir, name)); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(namespaceDir, name)); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	pids, err := exec.Command("ip", "netns", "pids", name).Output()
	if err != nil {
		return fmt.Errorf("list processes: %w", err)
	}
	for field := range strings.FieldsSeq(string(pids)) {
		if pid, err := strconv.Atoi(field); err == nil && pid != os.Getpid() {
			_ = unix.Kill(pid, unix.SIGKILL) // it may have ended by itself meanwhile
		}
	}
	if out, err := exec.Command("ip", "netns", "delete", name).CombinedOutput(); err != nil {
		return fmt.Errorf("delete: %w: %s", err, out)
	}
	return nil
}
