//go:build linux

package testbed

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Capture records the packets of a namespace, as tcpdump -i any does, until stop is called, which
// returns the file: pcapng.
func (b *Bed) Capture(ns *Namespace) (stop func() string) {
	b.t.Helper()
	file := filepath.Join(b.dir("capture-"+role(ns)), "any.pcapng")
	cmd := b.Command(context.Background(), ns, "dumpcap", "-q", "-i", "any", "-w", file)
	said, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.t.Fatalf("dumpcap: %v", err)
	}
	begun := make(chan bool)
	go func() { // it says the file's name once it captures
		in := bufio.NewScanner(said)
		for in.Scan() {
			if strings.HasPrefix(in.Text(), "File: ") {
				begun <- true
			}
		}
		close(begun)
	}()
	if !<-begun {
		b.t.Fatal("dumpcap does not capture")
	}
	return func() string {
		b.t.Helper()
		if err := flushed(ns, file); err != nil {
			b.t.Fatal(err)
		}
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) // ip, and the shell in front of dumpcap, are of its group
		for range begun {
			continue
		}
		_ = cmd.Wait() // ended by the signal
		if _, err := os.Stat(file); err != nil {
			b.t.Fatal(err)
		}
		return file
	}
}

// captureEnd is what a capture ends with: packets wait in the kernel until there are enough of
// them, and what came before this one is in the file when it is.
const captureEnd = "the capture ends here"

// flushed waits until what was sent so far is in the file.
func flushed(ns *Namespace, file string) error {
	for end := time.Now().Add(readyWithin); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		err := ns.within(func() error {
			conn, err := net.Dial("udp", "127.0.0.1:9") // discard: nobody listens
			if err != nil {
				return err
			}
			defer conn.Close()
			_, _ = conn.Write([]byte(captureEnd)) // refused by the time of the second one
			return nil
		})
		if err != nil {
			return err
		}
		data, err := os.ReadFile(file)
		if err != nil || bytes.Contains(data, []byte(captureEnd)) {
			return err
		}
	}
	return errors.New("dumpcap does not write what it captures")
}
