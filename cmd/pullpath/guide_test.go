package main

import (
	"fmt"
	"maps"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/golden"
	"pullpath/internal/report"
)

// guideDir holds the stories.
const guideDir = "../../docs/guide"

var (
	worldLine = regexp.MustCompile(`<!-- world: (\S+) -->`)
	console   = regexp.MustCompile("(?s)```console\n\\$ (pullpath [^\n]*)\n.*?```")
)

// What the stories show of a terminal is what the tool prints. go test
// ./cmd/pullpath -run Guide -update writes it.
func TestGuideShowsWhatTheToolPrints(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(guideDir, "*.md"))
	if err != nil || len(pages) != 7 {
		t.Fatalf("%d pages, want six stories and their list: %v", len(pages), err)
	}
	for _, page := range pages {
		t.Run(filepath.Base(page), func(t *testing.T) {
			was, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, page, retold(t, string(was)))
		})
	}
}

// retold runs every command of a page in its World and puts what it prints below it.
func retold(t *testing.T, page string) string {
	t.Helper()
	m := worldLine.FindStringSubmatch(page)
	if m == nil {
		return page
	}
	world := strings.TrimPrefix(m[1], "fault:")
	saved := filepath.Join(t.TempDir(), "report.json")
	return console.ReplaceAllStringFunc(page, func(block string) string {
		line := console.FindStringSubmatch(block)[1]
		return "```console\n$ " + line + "\n" + strings.TrimRight(printedFor(t, argumentsOf(line)[1:], world, saved), "\n") + "\n```"
	})
}

// argumentsOf splits a command line; single quotes hold words together.
func argumentsOf(line string) []string {
	var out []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			out = append(out, part)
			continue
		}
		out = append(out, strings.Fields(part)...)
	}
	return out
}

func printedFor(t *testing.T, args []string, world, saved string) string {
	t.Helper()
	switch args[0] {
	case "check":
		steadyReport(t, append(args, "--mock="+world), saved)
		return printed(t, []string{"diagnose", saved})[0]
	case "settings":
		return printed(t, append([]string{"settings", "--root", plantedWorld(t, world)}, args[1:]...))[0]
	}
	for i, a := range args {
		if a == "report.json" {
			args[i] = saved
		}
	}
	return printed(t, args)[0]
}

// plantedWorld lays the files of a World out as a root file system.
func plantedWorld(t *testing.T, code string) string {
	t.Helper()
	root := t.TempDir()
	for _, e := range catalogue.All() {
		if string(e.Code) != code {
			continue
		}
		// What a World has in its shell comes from a file that login shells read.
		files := map[string]string{"etc/profile.d/proxy.sh": "export HTTPS_PROXY=" + fault.ProxyURL + " https_proxy=" + fault.ProxyURL + "\n"}
		maps.Copy(files, e.Provoke.Files)
		for name, text := range files {
			path := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return root
}

// steadyReport walks the World and saves the report with equal times and ports, so
// that the same is printed on every machine.
func steadyReport(t *testing.T, args []string, saved string) {
	t.Helper()
	raw := filepath.Join(t.TempDir(), "raw.json")
	printed(t, append(args, "-o", "json="+raw, "-o", "table"))
	trace, err := readReport(nil, raw)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	trace.Started, trace.Seed, trace.DurationMS, trace.Tool.Version = begin, "1f0c", 4000, "1.0.0"
	trace.Vantage.Hostname, trace.Vantage.Network, trace.Vantage.Addresses = "node7", "", []string{"10.20.3.7"}
	for i, h := range trace.Hops {
		trace.Hops[i] = steadyHop(h, begin)
	}
	f, err := os.Create(saved)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := report.JSON(f, trace, diagnosis.Diagnose(trace, catalogue.All())); err != nil {
		t.Fatal(err)
	}
}

func steadyHop(h evidence.Hop, begin time.Time) evidence.Hop {
	h.BeganMS = float64(10 * h.ID)
	h.At = begin.Add(time.Duration(10*h.ID) * time.Millisecond)
	if h.TookMS = 500 * math.Round(h.TookMS/500); h.TookMS < 1000 {
		h.TookMS = 8
	}
	if _, _, err := net.SplitHostPort(h.Local); err == nil {
		h.Local = fmt.Sprintf("10.20.3.7:%d", 50000+h.ID)
	}
	switch d := h.Detail.(type) {
	case evidence.Handshake:
		d.BytesSent, d.BytesReceived = 100*(d.BytesSent/100), 0
		d.HelloBytes = 10 * (d.HelloBytes / 10)
		h.Detail = d
	case evidence.Request:
		d.FirstByteMS, d.Transfer = 8, nil
		for i, header := range d.Headers {
			if header.Name == "Date" {
				d.Headers[i].Value = h.At.Format(http.TimeFormat)
			}
		}
		if d.Token != nil {
			token := *d.Token
			token.Length = 1500
			d.Token = &token
		}
		h.Detail = d
	}
	return h
}
