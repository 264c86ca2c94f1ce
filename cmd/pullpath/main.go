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
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"pullpath/internal/hint"
	"pullpath/internal/redact"
)

// version is set by the build (-ldflags "-X main.version=…").
var version = "0.1.0-dev"

// Exit statuses (docs/rules.md#exit-status).
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

func main() {
	out := os.Stdout
	if lost(out, os.Stdin, os.Stderr) {
		if closed, err := unwritable(closedOutput); err == nil {
			out = closed
		}
	}
	os.Exit(run(os.Args[1:], streams{in: os.Stdin, out: out, err: os.Stderr}))
}

// closedOutput is the name of a standard output that was closed before the program began.
const closedOutput = "standard output, which is closed"

// streams are the process's ends, so that a test can give others.
type streams struct {
	in  *os.File
	out *os.File
	err *os.File
}

// endingSignals are those that end a command. To a server a hangup says that its configuration is
// another one.
func endingSignals(args []string) []os.Signal {
	if len(args) > 0 && args[0] == "serve" {
		return []os.Signal{os.Interrupt, syscall.SIGTERM}
	}
	return []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}
}

func run(args []string, s streams) int {
	ctx, stop := signal.NotifyContext(context.Background(), endingSignals(args)...)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process, whatever it waits for
	root := newRoot(s)
	root.SetArgs(args)
	help := &remembering{w: s.out}
	root.SetOut(help)
	root.SetErr(s.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = help.err
	}
	secrets := givenSecrets(args, os.Environ())
	status := exitStatus(s, err, secrets)
	if p := pluginAsked(args, os.Getenv("PULLPATH_OUTPUT")); p != nil && unreported(err) {
		return noRun(s, p, oneLine(secrets.Scrub(err.Error())))
	}
	return status
}

// remembering keeps the first error of writing: the library prints its help without
// looking.
type remembering struct {
	w   io.Writer
	err error
}

// Write implements [io.Writer].
func (r *remembering) Write(text []byte) (int, error) {
	n, err := r.w.Write(text)
	if r.err == nil {
		r.err = err
	}
	return n, err
}

// givenSecrets returns the logins in arguments and variables. No error repeats one,
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
	if advice := hintOf(err); advice != "" {
		_, _ = fmt.Fprintf(s.err, "hint: %s\n", oneLine(secrets.Scrub(advice)))
	}
	return status
}

// hintOf returns the advice that an error carries, empty for none.
func hintOf(err error) string {
	var named *fs.PathError
	if errors.As(err, &named) && named.Path == closedOutput {
		return "give the output a file with -o FORMAT=FILE, or use >/dev/null to discard it; " +
			"/dev/null that is also open for reading (Python's DEVNULL) looks closed"
	}
	return hint.Of(err)
}

// oneLine returns a text on one line in which nothing moves a cursor: parts of it may
// come from a file, a peer or an argument.
func oneLine(text string) string {
	return redact.Visible(strings.Join(strings.Fields(text), " "))
}

// warn reports something that does not end the run.
func warn(s streams, format string, args ...any) {
	_, _ = fmt.Fprintf(s.err, "note: %s\n", oneLine(fmt.Sprintf(format, args...)))
}
