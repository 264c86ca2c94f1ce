package allowlist

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pullpath/internal/golden"
	"pullpath/internal/profile"
)

// company is a profile with everything that a form may have trouble with.
const company = `
name: Corp List; deny
title: "registry\nhttp_access allow all"
sources_seen: 2026-01-31
hosts:
- {host: registry.corp.example, role: registry, required: true, source: "https://corp.example/a"}
- {host: "*.blobs.corp.example", role: blob, source: "https://corp.example/a; https://corp.example/b"}
- {host: one.blobs.corp.example, role: blob}
- {host: registry.corp.example, port: 8443, role: registry}
- {host: "s3.<region>.corp.example", role: blob}
- {host: time.corp.example, port: 123, protocol: udp, role: service}
`

func load(t *testing.T) profile.Profile {
	t.Helper()
	p, err := profile.Parse([]byte(company))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// network knows one name by two families, and no other.
func network() Network {
	return Network{Now: func() time.Time { return time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) },
		LookUp: func(_ context.Context, host string) ([]netip.Addr, error) {
			if host != "registry.corp.example" {
				return nil, errors.New("no such\thost")
			}
			return []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("::ffff:192.0.2.7"), netip.MustParseAddr("2001:db8::7")}, nil
		}}
}

func TestForms(t *testing.T) {
	for _, f := range Forms() {
		t.Run(f.Name, func(t *testing.T) {
			var out bytes.Buffer
			left, err := f.Write(t.Context(), &out, load(t), network())
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, filepath.Join("testdata", f.Name+".txt"), out.String()+"--- left\n"+strings.Join(left, "\n")+"\n")
		})
	}
}

func TestNoAddressIsAnError(t *testing.T) {
	n := network()
	n.LookUp = func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("no such host") }
	for _, f := range Forms() {
		var out bytes.Buffer
		_, err := f.Write(t.Context(), &out, load(t), n)
		if (err != nil) != (f.Name == "nft") || err != nil && out.Len() > 0 {
			t.Errorf("%s: %v, %d bytes", f.Name, err, out.Len())
		}
	}
}
