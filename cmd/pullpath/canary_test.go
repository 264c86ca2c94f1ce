package main

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pullpath/internal/catalogue"
	"pullpath/internal/fault"
)

// canaries are what must be in no output: names, passwords, tokens (a JWT
// begins with eyJ), and the Basic form of each pair.
func canaries() []string {
	out := []string{"eyJ"}
	for _, pair := range [][2]string{{fault.AccountUser, fault.AccountPassword}, {fault.AccountUser, fault.AccountPassword + "-wrong"},
		{fault.ProxyUser, fault.ProxyPassword}, {"canary-user", "canary-pass-93f1"}, {"canaryproxy", "canary-proxy-pass"}} {
		out = append(out, pair[0], pair[1], base64.StdEncoding.EncodeToString([]byte(pair[0]+":"+pair[1])))
	}
	return out
}

func TestNoSecretIsPrinted(t *testing.T) {
	own := []string{"-u", "canary-user:canary-pass-93f1", "-x", "http://canaryproxy:canary-proxy-pass@proxy.corp.example:3128"}
	calls := map[string][]string{"own login": append([]string{"--mock"}, own...),
		"own login, denied": append([]string{"--mock=proxy-auth-required"}, own...)}
	for _, e := range catalogue.All() {
		calls[e.Code] = []string{"--mock=" + e.Code}
	}
	for name, args := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events := filepath.Join(t.TempDir(), "events")
			texts := printed(t, append([]string{"check", "-v", "--timeout", "5s", "-o", "wide", "-o", "json", "-o", "markdown", "-o", "html", "-o", "junit",
				"--events", events}, args...))
			told, err := os.ReadFile(events)
			if err != nil || len(told) == 0 {
				t.Errorf("no events were written (%v)", err)
			}
			for _, text := range append(texts, string(told)) {
				for _, c := range canaries() {
					if strings.Contains(text, c) {
						t.Errorf("the output holds %q", c)
					}
				}
			}
		})
	}
}

// printed runs the command in this process and returns stdout and stderr.
func printed(t *testing.T, args []string) []string {
	t.Helper()
	dir := t.TempDir()
	var files []*os.File
	for _, name := range []string{"out", "err"} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		files = append(files, f)
	}
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	run(args, streams{in: in, out: files[0], err: files[1]})
	var out []string
	for _, f := range files {
		data, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(data))
	}
	if out[0] == "" {
		t.Errorf("nothing was printed: %s", out[1])
	}
	return out
}
