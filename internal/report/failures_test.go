package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// many returns a run over hosts of which the last fails.
func many(hosts int) (walk, diagnosis.Result) {
	var names []string
	for i := range hosts {
		names = append(names, fmt.Sprintf("host%02d.example", i))
	}
	w := newWalk("direct", names...)
	status := map[string]string{}
	for i, name := range names {
		if i < hosts-1 {
			w.add(name, 1, evidence.Handshake{})
			continue
		}
		w.add(name, 1, evidence.Handshake{}, failed(evidence.Reset, "reset"))
		status[name] = diagnosis.StatusFail
	}
	return w, judged(w, diagnosis.StatusFail, status)
}

// Hosts that pass share lines where they are many. --failures leaves them out, the wide
// table and -v show each.
func TestHostsThatPassAreFolded(t *testing.T) {
	for name, c := range map[string]struct {
		hosts   int
		opts    TableOptions
		each    int
		summary string
	}{
		"few":           {maxPassing + 1, TableOptions{}, maxPassing + 1, ""},
		"many":          {maxPassing + 2, TableOptions{}, 1, "13 hosts pass: host00.example, host01.example"},
		"many in full":  {maxPassing + 2, TableOptions{Verbose: true}, maxPassing + 2, ""},
		"many wide":     {maxPassing + 2, TableOptions{Wide: true}, maxPassing + 2, ""},
		"failures only": {3, TableOptions{Failures: true}, 1, "2 more hosts without a failure, which --failures leaves out"},
	} {
		w, r := many(c.hosts)
		got := string(render(t, func(b *bytes.Buffer) error { return Table(b, w.t, r, c.opts) }))
		each := 0
		for line := range strings.Lines(got) {
			if strings.HasPrefix(line, "host") {
				each++
			}
		}
		if each != c.each || !strings.Contains(got, c.summary) || c.summary == "" && strings.Contains(got, "hosts pass:") {
			t.Errorf("%s: %d hosts have lines, want %d:\n%s", name, each, c.each, got)
		}
	}
}
