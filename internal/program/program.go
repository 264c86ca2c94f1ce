// Package program runs small programs of this host that answer a question: credential
// helpers, getent. Whatever they do, the caller continues when its context ends: a
// program runs in its own process group, which is killed as a whole, and nobody waits for
// a child that keeps the program's output open.
package program

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"pullpath/internal/redact"
)

// MaxOutput bounds what is kept of each of a program's two outputs, in bytes. The longest
// answers, a registry's token and thirty addresses, have a few kilobytes.
const MaxOutput = 64 << 10

// drain is how long the outputs of a program that has ended may stay open. Its own text
// is in the pipe by then, and only a child of it can hold the other end.
const drain = 250 * time.Millisecond

// Output is what a program said.
type Output struct{ Stdout, Stderr string }

// Run starts a program, gives it its input and waits until it ends or the context does.
// The error is that of the context, of the start, or of [exec.ExitError]. A child that
// outlives the program and keeps its outputs is killed, which is not an error. The
// variables that hold this program's own secrets are not passed on.
func Run(ctx context.Context, name string, args []string, stdin string) (Output, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	alone(cmd)
	cmd.Env = redact.WithoutOwn(os.Environ())
	cmd.Stdin = strings.NewReader(stdin)
	cmd.WaitDelay = drain
	out, complaint := &bounded{left: MaxOutput}, &bounded{left: MaxOutput}
	cmd.Stdout, cmd.Stderr = out, complaint
	err := cmd.Run()
	if cmd.Process != nil && (ctx.Err() != nil || errors.Is(err, exec.ErrWaitDelay)) {
		killAll(cmd.Process)
	}
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.Is(err, exec.ErrWaitDelay):
		err = nil
	}
	return Output{out.String(), complaint.String()}, err
}

// bounded keeps the first bytes of a stream and drops the rest.
type bounded struct {
	bytes.Buffer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), b.left)
	b.left -= n
	_, _ = b.Buffer.Write(p[:n])
	return len(p), nil
}

// ReadFrom keeps exec's copy from going past the bound.
func (b *bounded) ReadFrom(r io.Reader) (int64, error) { return io.Copy(writerOnly{b}, r) }

type writerOnly struct{ io.Writer }
