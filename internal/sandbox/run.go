package sandbox

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// Marker names the variable by which the program knows that it was run again; no
// command is to see it.
const Marker = "PULLPATH_SANDBOX"

// Command is what to run.
type Command struct {
	Args []string
	// Env is the whole environment, NAME=VALUE.
	Env []string
	In  io.Reader
	Out io.Writer
	Err io.Writer
	// Terminal means that In is a terminal: an interrupt that is typed there reaches
	// the command by itself.
	Terminal bool
}

// signalBase is what shells add to the number of the signal that ended a command
// (POSIX.1-2017 XCU 2.8.2 asks for more than 128).
const signalBase = 128

// Run runs the command, passes on the signals that this process gets meanwhile,
// and returns its exit status: 128 and the number of a signal that ended it. An
// error means that it did not run.
func Run(c Command) (int, error) {
	cmd := exec.Command(c.Args[0], c.Args[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Env, c.In, c.Out, c.Err
	return c.finish(cmd)
}

func (c Command) finish(cmd *exec.Cmd) (int, error) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("run %s: %w", c.Args[0], err)
	}
	ended := make(chan struct{})
	passed := make(chan struct{})
	go func() {
		defer close(passed)
		for {
			select {
			case s := <-signals:
				if typed := s == os.Interrupt || s == syscall.SIGQUIT; !c.Terminal || !typed {
					_ = cmd.Process.Signal(s) // it may have ended meanwhile
				}
			case <-ended:
				return
			}
		}
	}()
	err := cmd.Wait()
	close(ended)
	<-passed
	return status(err, c.Args[0])
}

// status returns the exit status in the outcome of a command.
func status(err error, name string) (int, error) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case !errors.As(err, &exit):
		return 0, fmt.Errorf("run %s: %w", name, err)
	}
	if by, ok := exit.Sys().(syscall.WaitStatus); ok && by.Signaled() {
		return signalBase + int(by.Signal()), nil
	}
	return exit.ExitCode(), nil
}
