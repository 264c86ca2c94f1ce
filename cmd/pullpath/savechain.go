package main

import (
	"bytes"
	"encoding/pem"
	"fmt"

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
// one: an old file must not be taken for this run's.
func (f *chainFile) write() error {
	if f.path == "" {
		return nil
	}
	mode := userfile.Mode{New: 0o644, Keep: true} // certificates are public
	if err := userfile.Replace(f.path, f.text.Bytes(), mode); err != nil {
		return fmt.Errorf("--save-chain: %w", err)
	}
	return nil
}
