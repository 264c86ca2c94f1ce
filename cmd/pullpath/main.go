// Command pullpath walks the path of a container pull and says at which hop
// and why it breaks, and whose change mends it.
//
// This package turns flags into a configuration, calls, prints, and picks the
// exit status. It knows nothing of networks.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"pullpath/internal/redact"
)

// version is set by the build (-ldflags "-X main.version=…").
var version = "0.1.0-dev"

// Exit statuses (CONTRACT.md section 1).
const (
	exitOK       = 0
	exitFindings = 1
	exitUsage    = 2
)

// statusError carries an exit status through cobra. A nil cause prints nothing:
// the result was printed already.
type statusError struct {
	status int
	cause  error
}

func (e *statusError) Error() string {
	if e.cause == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.cause.Error()
}

func (e *statusError) Unwrap() error { return e.cause }

// hintError is an error with advice: one line each.
type hintError struct {
	text string
	hint string
}

func (e *hintError) Error() string { return e.text }

func main() {
	os.Exit(run(os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// streams are the process's ends, so that a test can give others.
type streams struct {
	in  *os.File
	out *os.File
	err *os.File
}

func run(args []string, s streams) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process, whatever it waits for
	root := newRoot(s)
	root.SetArgs(args)
	root.SetOut(s.out)
	root.SetErr(s.err)
	return exitStatus(s, root.ExecuteContext(ctx), givenSecrets(args, os.Environ()))
}

// givenSecrets are the logins in arguments and variables. No error repeats one,
// whoever wrote its text.
func givenSecrets(args, environ []string) *redact.Secrets {
	return redact.Arguments(args, []string{"-u", "--user", "-U", "--proxy-user"}, environ)
}

// exitStatus prints an error the house's way, without secrets, and returns the exit status.
func exitStatus(s streams, err error, secrets *redact.Secrets) int {
	if err == nil {
		return exitOK
	}
	status := exitUsage
	var coded *statusError
	if errors.As(err, &coded) {
		status = coded.status
		if coded.cause == nil {
			return status
		}
	}
	_, _ = fmt.Fprintf(s.err, "error: %s\n", oneLine(secrets.Scrub(err.Error())))
	var hinted *hintError
	if errors.As(err, &hinted) && hinted.hint != "" {
		_, _ = fmt.Fprintf(s.err, "hint: %s\n", oneLine(secrets.Scrub(hinted.hint)))
	}
	return status
}

func oneLine(text string) string {
	return strings.Join(strings.Fields(text), " ")
}
