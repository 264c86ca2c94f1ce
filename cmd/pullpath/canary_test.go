package main

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pullpath/internal/catalogue"
	"pullpath/internal/fault"
	"pullpath/internal/report"
)

// canaries returns what must be in no output: names, passwords, tokens (a JWT
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
		if !e.Packets {
			calls[string(e.Code)] = []string{"--mock=" + string(e.Code)}
		}
	}
	for name, args := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			call := []string{"check", "-v", "--timeout", "5s", "-o", "table", "--events", filepath.Join(dir, "events")}
			for _, f := range report.Formats() {
				call = append(call, "-o", f.Name+"="+filepath.Join(dir, f.Name))
			}
			texts := printed(t, append(call, args...))
			files, err := filepath.Glob(filepath.Join(dir, "*"))
			if err != nil || len(files) != len(report.Formats())+1 {
				t.Errorf("%d files were written, want one for each form and the events (%v)", len(files), err)
			}
			for _, f := range files {
				text, err := os.ReadFile(f)
				if err != nil || len(text) == 0 {
					t.Errorf("%s is empty (%v)", f, err)
				}
				texts = append(texts, string(text))
			}
			for _, text := range texts {
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
