//go:build linux

package testbed

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// readyWithin bounds the wait for a daemon's port, which ends at once when the
	// daemon does. They need well under a second; Squid has been seen to need more
	// than 30 beside five busy loops.
	readyWithin = 2 * time.Minute
	readyEvery  = 10 * time.Millisecond

	// stopWithin is how long a daemon may take to tidy up (Squid removes its
	// shared memory) before it is killed.
	stopWithin = 3 * time.Second

	// logTail is how much of each log a failed test shows.
	logTail = 8 << 10
)

// daemon is a program that stays in the foreground.
type daemon struct {
	name  string     // for messages, and of its directory
	ns    *Namespace // where it runs
	ready string     // the TCP address or the socket that it answers on when it is up
	argv  []string
	logs  []string // further files that it writes, below its directory
}

// dir returns the directory of a daemon, made on first use.
func (b *Bed) dir(name string) string {
	b.t.Helper()
	dir := filepath.Join(b.Dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.t.Fatal(err)
	}
	return dir
}

// start runs a daemon until the test ends and returns when its port answers.
// The test fails, with the daemon's log, when it ends or never answers.
func (b *Bed) start(d daemon) {
	b.t.Helper()
	dir := b.dir(d.name)
	out, err := os.Create(filepath.Join(dir, "output.log"))
	if err != nil {
		b.t.Fatal(err)
	}
	cmd := b.Command(context.Background(), d.ns, d.argv[0], d.argv[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		b.t.Fatalf("start %s: %v", d.name, err)
	}
	_ = out.Close() // the child has its own
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(ended)
	}()
	b.t.Cleanup(func() {
		stop(cmd, ended)
		b.showLogs(d)
	})
	b.await(d, ended)
}

// await polls the daemon's port from inside its namespace.
func (b *Bed) await(d daemon, ended <-chan struct{}) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	defer cancel()
	tick := time.NewTicker(readyEvery)
	defer tick.Stop()
	network := "tcp"
	if filepath.IsAbs(d.ready) {
		network = "unix"
	}
	for {
		conn, err := d.ns.Dial(ctx, network, d.ready)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-ended:
			b.t.Fatalf("%s ended before it answered on %s", d.name, d.ready)
		case <-ctx.Done():
			b.t.Fatalf("%s does not answer on %s: %v", d.name, d.ready, err)
		case <-tick.C:
		}
	}
}

// stop asks a daemon to end and kills its whole group when it does not.
func stop(cmd *exec.Cmd, ended <-chan struct{}) {
	_ = syscall.Kill(cmd.Process.Pid, syscall.SIGTERM) // it may be gone
	select {
	case <-ended:
	case <-time.After(stopWithin):
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	<-ended
}

// showLogs attaches the tail of a daemon's logs to a failed test.
func (b *Bed) showLogs(d daemon) {
	if !b.t.Failed() {
		return
	}
	for _, name := range append([]string{"output.log"}, d.logs...) {
		text, err := os.ReadFile(filepath.Join(b.Dir, d.name, name))
		if err != nil || len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		if len(text) > logTail {
			text = text[len(text)-logTail:]
		}
		b.t.Logf("%s, %s:\n%s", d.name, name, text)
	}
}
