package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"time"

	"pullpath/internal/userfile"
)

// chainFile gathers presented chains for --save-chain.
type chainFile struct {
	path string
	text bytes.Buffer
}

// add takes one host's chain, DER. The line before each certificate is what
// openssl and others pass over.
func (f *chainFile) add(target string, chain [][]byte) {
	for i, der := range chain {
		fmt.Fprintf(&f.text, "# %s, certificate %d of %d as presented\n", target, i+1, len(chain))
		f.text.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
}

// write makes the file. A run in which no host presented a chain makes an empty
// one: an old file must not be taken for this run's. A pipe that nobody reads is waited
// for as long as the run's time lasts, and a moment in any case.
func (f *chainFile) write(ctx context.Context, left time.Duration) error {
	if f.path == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, max(left, queueGrace))
	defer cancel()
	_, err := within(ctx, "writing the file of --save-chain", func() (struct{}, error) {
		return struct{}{}, userfile.Replace(f.path, f.text.Bytes(), userfile.Mode{New: 0o644, Keep: true}) // certificates are public
	})
	if err != nil {
		return fmt.Errorf("--save-chain: %w", err)
	}
	return nil
}
