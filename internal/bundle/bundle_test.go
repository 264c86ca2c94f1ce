package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/hint"
)

const report = `{"schema": "pullpath.report/v1", "a": "}\"{"}`

// packed is a tar archive of files.
func packed(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for i := 0; i < len(files); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: files[i], Size: int64(len(files[i+1])), Typeflag: tar.TypeReg, Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// names are what is found, with ! before what could not be read.
func names(t *testing.T, args []string, stdin string) []string {
	t.Helper()
	var out []string
	err := Each(args, strings.NewReader(stdin), func(i Item) bool {
		name := filepath.Base(i.Name)
		if i.Err != nil {
			name = "!" + name
		}
		out = append(out, name)
		return true
	})
	if err != nil {
		return []string{"error " + hint.Of(err)}
	}
	return out
}

func TestEach(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	for name, data := range map[string][]byte{
		"a/one.json": []byte(report), "a/b/two.html": []byte("<html>"), "a/notes.txt": nil, "a/broken.tar": []byte("xx"), "empty/x.txt": nil,
		"sos.tar.gz": packed(t, "sos/r.json", report, "sos/other.json", "{}", "sos/page.html", "<p>"+report, "sos/other.html", "<p>"),
		"l.ndjson":   []byte(report + "\n" + report + "\n"), "cut.tar.gz": packed(t, "r.json", report)[:60],
	} {
		if err := os.MkdirAll(filepath.Dir(at(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at(name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		args  []string
		stdin string
		want  []string
	}{
		"files":           {args: []string{at("a/one.json"), at("a/b/two.html")}, want: []string{"one.json", "two.html"}},
		"a directory":     {args: []string{at("a")}, want: []string{"two.html", "!broken.tar", "one.json"}},
		"a pattern":       {args: []string{at("a/*.json")}, want: []string{"one.json"}},
		"an archive":      {args: []string{at("sos.tar.gz")}, want: []string{"r.json", "page.html"}},
		"a cut one":       {args: []string{at("cut.tar.gz")}, want: []string{"!cut.tar.gz"}},
		"lines of a file": {args: []string{at("l.ndjson")}, want: []string{"report 1 of the stream", "report 2 of the stream"}},
		"lines of stdin": {args: []string{"-"}, stdin: report + "\n\n" + report, want: []string{"report 1 of the stream",
			"report 2 of the stream"}},
		"reports with breaks": {args: []string{"-"}, stdin: strings.ReplaceAll(report, ",", ",\n") + report,
			want: []string{"report 1 of the stream", "report 2 of the stream"}},
		"what is no report": {args: []string{"-"}, stdin: "hello\n" + report, want: []string{"report 1 of the stream",
			"report 2 of the stream"}},
		"one that is cut": {args: []string{"-"}, stdin: report[:20], want: []string{"report 1 of the stream"}},
		"nothing":         {args: []string{"-"}},
		"no such file":    {args: []string{at("nowhere")}, want: []string{"error "}},
		"no such pattern": {args: []string{at("*.xml")},
			want: []string{"error name files, a directory, an archive, or - for one report on each line"}},
		"an empty directory": {args: []string{at("empty")},
			want: []string{"error reports are files named .json, .json.gz or .html, or archives with them"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := names(t, c.args, c.stdin); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// Who has enough is given no more.
func TestEachEnds(t *testing.T) {
	n := 0
	err := Each([]string{"-", "-"}, strings.NewReader(strings.Repeat(report, 5)), func(Item) bool { n++; return n < 2 })
	if err != nil || n != 2 {
		t.Errorf("%d reports were given: %v", n, err)
	}
}

// Whatever a stream holds, its reports come out whole.
func FuzzLines(f *testing.F) {
	f.Add(report, "{}")
	f.Add(`{"a":"\\"}`, `{`)
	f.Fuzz(func(t *testing.T, a, b string) {
		var got int
		if err := Each([]string{"-"}, strings.NewReader(report+a+"\n"+b), func(i Item) bool {
			if got++; got == 1 && string(i.Data) != report {
				t.Errorf("the first is %q", i.Data)
			}
			return got < 1000
		}); err != nil {
			t.Error(fmt.Errorf("%w", err))
		}
	})
}
