package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pullpath/internal/capture/draw"
)

const (
	atClient = `
		0.00 10.0.0.5:40001 > 203.0.113.9:443 S mss=1460
		0.02 203.0.113.9:443 > 10.0.0.5:40001 SA ttl=61 mss=1460
		0.03 10.0.0.5:40001 > 203.0.113.9:443 PA hello=registry.redhat.io
		0.04 203.0.113.9:443 > 10.0.0.5:40001 RA ttl=63`
	atServer = `
		0.01 192.0.2.7:61000 > 203.0.113.9:443 S ttl=62 mss=1460
		0.01 203.0.113.9:443 > 192.0.2.7:61000 SA ttl=63 mss=1460
		0.04 192.0.2.7:61000 > 203.0.113.9:443 RA ttl=62`
)

// Captures are read by diagnose and laid side by side by compare; what is wrong with the arguments
// is said.
func TestCaptures(t *testing.T) {
	dir := t.TempDir()
	file := func(name, packets string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, draw.PCAP(t, packets), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	client, server := file("client.pcap", atClient), file("server.pcap", atServer)
	cut := filepath.Join(dir, "cut.pcap")
	if err := os.WriteFile(cut, draw.PCAP(t, atClient)[:30], 0o600); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		args []string
		want string
	}{
		"diagnose":              {[]string{"diagnose", client}, "FAIL tcp-reset-injected"},
		"who sent it":           {[]string{"diagnose", client}, "came with hop limit 63"},
		"compare":               {[]string{"compare", client, server}, "something between sends it"},
		"compare as JSON":       {[]string{"compare", client, server, "-o", "json"}, `"kind": "made"`},
		"one capture":           {[]string{"compare", client}, "1 of 1 files are captures"},
		"a form of reports":     {[]string{"compare", client, server, "-o", "html"}, `captures are not compared as "html"`},
		"not one packet":        {[]string{"diagnose", cut}, "the capture cannot be read"},
		"a flag of reports":     {[]string{"compare", client, server, "--baseline", "x"}, "--labels and --baseline are for reports"},
		"the same place, twice": {[]string{"compare", client, client}, "nothing is lost or made between the two places"},
	} {
		t.Run(name, func(t *testing.T) {
			if texts := saidBy(t, row.args); !strings.Contains(strings.Join(strings.Fields(texts), " "), row.want) {
				t.Errorf("no %q in:\n%s", row.want, texts)
			}
		})
	}
}

// saidBy is all that a command prints, results and errors.
func saidBy(t *testing.T, args []string) string {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	run(args, streams{in: os.Stdin, out: out, err: out})
	data, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
