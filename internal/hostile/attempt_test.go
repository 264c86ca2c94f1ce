//go:build linux

package hostile

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// attempt is one hostile case: what surrounds one run of the program, and what must
// hold of it. In args, env and files, {dir} stands for the row's own folder, and
// {dir}/out for the one that its outputs go to.
type attempt struct {
	name string
	// args follow the program's name. A check also gets every form of output, unless
	// plain is set.
	args  []string
	plain bool
	env   map[string]string
	stdin []byte
	// files are written into the row's folder before; prepare does what a table
	// cannot say.
	files   map[string]string
	prepare func(t *testing.T, dir string)
	// net is the network; nil for none. machine leaves out the pass: the program
	// reads this machine and is led to the peers by --connect-to.
	net     *network
	machine bool

	// timeout is the run's own limit, given as --timeout to a check; 0 is 5 s.
	timeout time.Duration
	// cpu is how long it may compute; 0 is 4 s, ten times what a check of a small
	// network takes.
	cpu time.Duration
	// memory is the most that it may hold at once, in MiB; 0 is 250.
	memory int
	// output is the most that one output may have, in bytes; 0 is 16 MiB, the bound
	// that a report has.
	output int
	// exit are the statuses that are right; none means 0, 1 or 2.
	exit []int
	// says are texts of which each must be in some output, lacks texts of which none
	// may be in any, in whatever spelling, secrets included.
	says, lacks []string
	// then looks at what else there is.
	then func(t *testing.T, r result)
}

// result is what one run left behind.
type result struct {
	dir       string
	status    int
	killed    bool
	took, cpu time.Duration
	memory    int // MiB
	out       map[string][]byte
	net       *running
}

// try runs the rows side by side.
func try(t *testing.T, rows []attempt) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, row)
			judge(t, row, r)
			if row.then != nil {
				row.then(t, r)
			}
			if t.Failed() {
				t.Logf("%s\nstatus %d, %v, computed %v, %d MiB\nstderr: %.600s\nstdout: %.1500s",
					strings.Join(row.args, " "), r.status, r.took, r.cpu, r.memory, r.out["stderr"], r.out["stdout"])
			}
		})
	}
}

// judge holds a run to the bounds of its row, and to what holds for every row.
func judge(t *testing.T, row attempt, r result) {
	t.Helper()
	limit := orDefault(row.timeout, defaultTimeout) + time.Second + busy
	switch {
	case r.killed:
		t.Errorf("it did not end and was killed after %v", r.took)
	case r.took > limit:
		t.Errorf("it took %v; the run's limit is %v", r.took, orDefault(row.timeout, defaultTimeout))
	}
	if most := orDefault(row.cpu, 4*time.Second); r.cpu > most {
		t.Errorf("it computed for %v, at most %v is right", r.cpu, most)
	}
	if most := orDefault(row.memory, 250); r.memory > most {
		t.Errorf("it held %d MiB, at most %d is right", r.memory, most)
	}
	if want := row.exit; len(want) == 0 && (r.status < 0 || r.status > 2) || len(want) > 0 && !slices.Contains(want, r.status) {
		t.Errorf("status %d, want %v", r.status, want)
	}
	for name, text := range r.out {
		judgeOutput(t, row, name, text)
	}
	for _, want := range row.says {
		if !r.says(want) {
			t.Errorf("no output says %q", want)
		}
	}
}

func judgeOutput(t *testing.T, row attempt, name string, text []byte) {
	t.Helper()
	if most := orDefault(row.output, 16<<20); len(text) > most {
		t.Errorf("%s has %d bytes, at most %d are right", name, len(text), most)
	}
	for _, sign := range []string{"panic:", "goroutine ", "fatal error:", "runtime error"} {
		if bytes.Contains(text, []byte(sign)) {
			t.Errorf("%s holds %q", name, sign)
		}
	}
	if i := obeyed(text); i >= 0 {
		t.Errorf("%s has a character that a terminal obeys: %q", name, text[max(0, i-30):min(len(text), i+30)])
	}
	for _, secret := range row.lacks {
		for spelling, form := range spellings(secret) {
			if bytes.Contains(text, []byte(form)) {
				t.Errorf("%s holds %.40q, spelled %s: %q", name, secret, spelling, around(text, form))
				break
			}
		}
	}
}

// around returns where a text stands.
func around(text []byte, form string) []byte {
	i := bytes.Index(text, []byte(form))
	return text[max(0, i-60):min(len(text), i+len(form)+20)]
}

// obeyed returns the place of the first character that is invalid, or moves a cursor,
// hides text or reorders it; -1 for none.
func obeyed(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 || r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) {
			return i
		}
		i += size
	}
	return -1
}

// spellings returns the ways in which a peer or a form of output may write a secret.
func spellings(secret string) map[string]string {
	quoted, err := json.Marshal(secret)
	if err != nil {
		quoted = []byte(secret)
	}
	inJSON := strings.Trim(string(quoted), `"`)
	out := map[string]string{"as it is": secret, "for a URL": url.QueryEscape(secret), "for a path": url.PathEscape(secret),
		"in base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "="),
		"in JSON":   inJSON, "in PHP's JSON": strings.ReplaceAll(inJSON, "/", `\/`), "in HTML": html.EscapeString(secret)}
	if len(secret) > 32 {
		out["its first 20 characters"] = secret[:20]
	}
	return out
}

// says reports whether any output holds a text.
func (r result) says(text string) bool {
	for _, out := range r.out {
		if bytes.Contains(out, []byte(text)) {
			return true
		}
	}
	return false
}

// report returns the run's report in JSON, and whether there is one.
func (r result) report(t *testing.T) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(r.out["json"], &doc); err != nil {
		t.Fatalf("no report: %v", err)
	}
	return doc
}

// codes returns those of the report's findings.
func (r result) codes(t *testing.T) []string {
	t.Helper()
	var out []string
	findings, _ := r.report(t)["findings"].([]any)
	for _, f := range findings {
		if finding, ok := f.(map[string]any); ok {
			code, _ := finding["code"].(string)
			out = append(out, code)
		}
	}
	return out
}

// read collects what a run wrote: its streams, and the files of its outputs.
func (r *result) read(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		r.out[e.Name()] = data
	}
}

func orDefault[T comparable](v, other T) T {
	var none T
	if v == none {
		return other
	}
	return v
}
