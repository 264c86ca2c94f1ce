//go:build linux

package testbed

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pullpath/internal/allowlist"
	"pullpath/internal/profile"
)

// What an allow-list is written for reads it: Squid and nft parse the forms of every
// built-in profile without a complaint.
func TestAllowListsAreRead(t *testing.T) {
	Require(t, "squid", "nftables")
	n := allowlist.Network{Now: time.Now, LookUp: func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")}, nil
	}}
	for _, p := range profile.BuiltIn() {
		for _, f := range allowlist.Forms() {
			var out bytes.Buffer
			if _, err := f.Write(t.Context(), &out, p, n); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "list")
			var reader *exec.Cmd
			switch f.Name {
			case "squid":
				out.WriteString("http_access deny all\nhttp_port 127.0.0.1:3128\n")
				reader = exec.CommandContext(t.Context(), "squid", "-k", "parse", "-f", file)
			case "nft":
				reader = exec.CommandContext(t.Context(), "nft", "-c", "-f", file)
			default:
				continue
			}
			if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			said, err := reader.CombinedOutput()
			if text := string(said); err != nil || strings.Contains(text, "WARNING") || strings.Contains(text, "ERROR") {
				t.Errorf("%s, %s: %v\n%s", p.Name, f.Name, err, text)
			}
		}
	}
}
