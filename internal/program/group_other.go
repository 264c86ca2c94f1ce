//go:build !unix

package program

import (
	"os"
	"os/exec"
)

// alone has nothing to do here: the system has no process groups that can be killed.
func alone(*exec.Cmd) {}

// killAll ends the program itself.
func killAll(p *os.Process) { _ = p.Kill() }
