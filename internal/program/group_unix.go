//go:build unix

package program

import (
	"os"
	"os/exec"
	"syscall"
)

// alone puts a program and its children into a process group of their own.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// killAll kills what is left of a program's group. A group that has ended already is not
// an error.
func killAll(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }
