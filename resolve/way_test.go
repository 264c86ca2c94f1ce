package resolve

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/cost"

	"pullpath/internal/evidence"
)

func script(t *testing.T, body string) Way {
	t.Helper()
	path := filepath.Join(t.TempDir(), "getent")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return GetentWay(path)
}

func TestGetent(t *testing.T) {
	for name, row := range map[string]struct {
		body  string
		kind  evidence.Kind
		addrs []string
	}{
		"found": {"echo '192.0.2.1  STREAM name'; echo '192.0.2.1  DGRAM'; echo '2001:db8::1 STREAM'", "",
			[]string{"192.0.2.1", "2001:db8::1"}},
		"not found":  {"exit 2", evidence.NXDomain, nil},
		"nothing":    {"exit 0", evidence.NoData, nil},
		"broken":     {"exit 1", evidence.Unknown, nil},
		"asks right": {`[ "$1 $2" = "ahosts x.example" ] && echo 192.0.2.1`, "", []string{"192.0.2.1"}},
		"hangs":      {"exec sleep 60", evidence.Timeout, nil},
	} {
		t.Run(name, func(t *testing.T) {
			way := script(t, row.body) // written before any is run: a fork would hold it open
			t.Parallel()
			limit := ample
			if name == "hangs" {
				limit = brief
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			r := resolver()
			a := r.askWay(ctx, WayGetent, way.Ask, "x.example")
			if kind(a) != row.kind || !slices.Equal(a.Detail.Addresses, row.addrs) {
				t.Errorf("kind %q (%v), addresses %v", kind(a), a.Failure, a.Detail.Addresses)
			}
		})
	}
	if _, err := script(t, "echo 192.0.2.1").Ask(t.Context(), "--help"); err == nil {
		t.Error("a name that is an option is handed over")
	}
}

// The host's own ways are compared and never chosen.
func TestWaysAreBesideTheServers(t *testing.T) {
	r := resolver(serve(t, addresses))
	r.Ways = []Way{{WayGo, func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("broken") }},
		{WayGetent, func(ctx context.Context, _ string) ([]netip.Addr, error) { <-ctx.Done(); return nil, ctx.Err() }}}
	ctx, cancel := context.WithTimeout(t.Context(), ample)
	defer cancel()
	sources := r.Ask(ctx, "x.example", Options{All: true, Ways: true})
	if len(sources) != 3 || !sources[0].Answer().Chosen || sources[2].Answered() {
		t.Fatalf("%d sources, or a way was waited for", len(sources))
	}
	cancel()
	for i, want := range []string{WayGo, WayGetent} {
		if a := sources[i+1].Answer(); a.Detail.Server != want || !a.Way || a.Chosen || a.Failure == nil {
			t.Errorf("%+v", a)
		}
	}
	if n := len(r.Ask(t.Context(), "x.example", Options{All: true})); n != 1 {
		t.Errorf("%d sources without ways", n)
	}
}

func FuzzParseAhosts(f *testing.F) {
	f.Add("192.0.2.1 STREAM a\n::1\n\xff\n")
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			addrs := parseAhosts(strings.NewReader(text))
			slices.SortFunc(addrs, netip.Addr.Compare)
			if len(addrs) > maxRecords || len(slices.Compact(slices.Clone(addrs))) != len(addrs) {
				t.Errorf("%v", addrs)
			}
		})
	})
}
