package sandbox

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Inside reports whether this process was run again by [Reenter].
func Inside() bool { return os.Getenv(Marker) != "" }

// IPv6 reports whether the network of this process has IPv6. Linux leaves the file out
// where the kernel has none (ipv6.disable=1), and says 1 where its use is forbidden.
func IPv6() bool {
	forbidden, err := os.ReadFile("/proc/sys/net/ipv6/conf/all/disable_ipv6")
	return err == nil && strings.TrimSpace(string(forbidden)) == "0"
}

// tools are what a namespace is furnished with.
var tools = []string{"ip", "nft"}

// Reenter runs this program again, with the same arguments, as the first process
// of a network namespace that has nothing in it, and returns its exit status. Root
// needs no more; for another user it is a user namespace besides, where the kernel
// allows that. The error says why there is none.
func Reenter(c Command) (int, error) {
	for _, tool := range tools {
		if _, err := lookPath(tool); err != nil {
			return 0, fmt.Errorf("a network namespace needs %s, which is not installed", tool)
		}
	}
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	// The death signal is that of the thread that starts the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var failed error
	for _, own := range []bool{false, true} {
		if !own && os.Geteuid() != 0 {
			continue
		}
		cmd := exec.Command(self, c.Args[1:]...)
		cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = append(c.Env, Marker+"=1"), c.In, c.Out, c.Err
		cmd.SysProcAttr = namespaces(own)
		code, err := c.finish(cmd)
		if err == nil {
			return code, nil
		}
		failed = err
	}
	var errno syscall.Errno
	if errors.As(failed, &errno) {
		failed = errno
	}
	return 0, fmt.Errorf("this kernel gives user %d no network namespace: %w", os.Getuid(), failed)
}

// namespaces returns those of the network and of mounts, and one of users in which
// this user is root.
func namespaces(users bool) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS, Pdeathsig: syscall.SIGTERM}
	if users {
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return attr
}

// Apply furnishes the namespace that this process was run again in. It refuses to
// touch a network that has anything in it.
func (l Layout) Apply(dir string) error {
	if err := empty(); err != nil {
		return err
	}
	for _, step := range []struct{ tool, input string }{{"ip", l.addresses()}, {"nft", l.rules()}} {
		args := map[string][]string{"ip": {"-batch", "-"}, "nft": {"-f", "-"}}[step.tool]
		path, err := lookPath(step.tool)
		if err != nil {
			return err
		}
		cmd := exec.Command(path, args...)
		cmd.Stdin = strings.NewReader(step.input)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("furnish the namespace with %s: %w: %s", step.tool, err, out)
		}
	}
	return l.mountNames(dir)
}

// empty reports whether the network has nothing but a loopback interface that is down,
// as a new one has.
func empty() error {
	all, err := net.Interfaces()
	if err != nil {
		return fmt.Errorf("interfaces: %w", err)
	}
	if len(all) != 1 || all[0].Flags&net.FlagLoopback == 0 || all[0].Flags&net.FlagUp != 0 {
		return errors.New("this is not a new network namespace; unset " + Marker)
	}
	return nil
}

// mountNames lays the files that a look-up reads over the machine's own, for this
// namespace alone.
func (l Layout) mountNames(dir string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts private: %w", err)
	}
	const nsswitch = "/etc/nsswitch.conf"
	over := map[string]string{"/etc/resolv.conf": l.resolvConf(), "/etc/hosts": l.hostsFile()}
	if own, err := os.ReadFile(nsswitch); err == nil { // musl has none
		over[nsswitch] = switchConf(string(own))
	}
	for path, text := range over {
		file := filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
		if err := unix.Mount(file, path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("mount a file over %s: %w", path, err)
		}
	}
	return nil
}

// lookPath looks for a program where root has it too.
func lookPath(name string) (string, error) {
	path, err := exec.LookPath(name)
	for _, dir := range []string{"/usr/sbin/", "/sbin/"} {
		if err == nil {
			break
		}
		path, err = exec.LookPath(dir + name)
	}
	return path, err
}
