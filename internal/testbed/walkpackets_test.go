//go:build linux

package testbed_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"pullpath/internal/golden"
	"pullpath/internal/testbed"
)

// inPackets are the layers of which a capture tells: what is inside TLS, and the settings, it does
// not show.
var inPackets = []string{"dns", "tcp", "proxy", "tls"}

// notInPackets are the codes of these layers that packets cannot show, with the reason.
var notInPackets = map[string]string{
	"tls-intercepted-untrusted":    "TLS 1.3 encrypts the certificate, and a check goes on behind it",
	"tls-intercepted-trusted":      "TLS 1.3 encrypts the certificate",
	"tls-intercepted-broken":       "TLS 1.3 encrypts the certificate, and a check goes on behind it",
	"tls-trusted-in-this-run-only": "what a client was given is a setting",
	"proxy-tls-untrusted":          "TLS 1.3 encrypts the certificate, and a check goes on behind it",
	"proxy-tls-failed":             "TLS 1.3 encrypts the alert",
	"proxy-speaks-plaintext":       "that a proxy was meant is a setting",
	"dns-left-to-proxy":            "nothing fails",
}

// standsFor is what packets say in place of a code that a setting or a side probe decides.
var standsFor = map[string]string{
	"proxy-refused":     "tcp-refused",  // that a proxy was meant is a setting
	"proxy-not-a-proxy": "proxy-closed", // a side probe tells what answers there
}

// ofProbes reports whether the packets of a check may show a code beside what it says: its side
// probes try the way without the proxy, and speak TLS and HTTP to it. A client makes none.
func ofProbes(code string, want []string) bool {
	return slices.ContainsFunc(want, func(of string) bool {
		return standsFor[of] == code || strings.HasPrefix(of, "proxy-") && (code == "tcp-timeout" || code == "proxy-not-a-proxy")
	})
}

// told is what the packets of each walk tell, for the page.
var told struct {
	sync.Mutex
	lines []string
}

// fromPackets compares what the packets of a check tell with what the check says.
func (w walk) fromPackets(t *testing.T, live report, file string) {
	t.Helper()
	out, err := exec.Command(testbed.PullPath(t), "diagnose", "-o", "json", file).Output()
	var read struct {
		report
		Candidates []struct{ Code string }
	}
	if json.Unmarshal(out, &read) != nil {
		t.Errorf("no report of the capture: %v", err)
		return
	}
	codes, want := read.codes(), live.codes()
	for _, code := range want {
		place := slices.IndexFunc(read.Candidates, func(c struct{ Code string }) bool { return c.Code == code })
		how := ""
		switch {
		case slices.Contains(codes, code):
			how = "decided"
		case place >= 0:
			how = fmt.Sprintf("candidate %d", place+1)
		case slices.Contains(codes, standsFor[code]):
			how = "as " + standsFor[code]
		case notInPackets[code] != "":
			how = "not in packets: " + notInPackets[code]
		default:
			t.Errorf("the check says %s, its packets %v, %v (%s)", code, codes, read.Candidates, file)
		}
		w.tell(code, how)
	}
	if len(want) == 0 {
		w.tell("nothing", cmp.Or(strings.Join(codes, ", "), "nothing"))
	}
	for _, code := range codes {
		if !slices.Contains(want, code) && !ofProbes(code, want) {
			t.Errorf("the packets say %s, which the check does not: %v", code, want)
		}
	}
}

func (w walk) tell(code, how string) {
	told.Lock()
	defer told.Unlock()
	told.lines = append(told.lines, fmt.Sprintf("| %s | %s | %s |", w.name, code, how))
}

// codes are the unmasked findings in the layers of which packets tell.
func (r report) codes() []string {
	var out []string
	for _, f := range r.Findings {
		if f.MaskedBy == "" && slices.Contains(inPackets, f.Layer) && f.Severity != "info" && !slices.Contains(out, f.Code) {
			out = append(out, f.Code)
		}
	}
	return out
}

// packetsPage is the table of what packets tell, in docs.
const packetsPage = "../../docs/from-packets.md"

// writePacketsPage writes the page, where goldens are updated.
func writePacketsPage(t *testing.T) {
	t.Helper()
	if !golden.Updating() {
		return
	}
	slices.Sort(told.lines)
	text := `# What packets tell

What ` + "`pullpath diagnose`" + ` makes of the packets of each walk of ` + "`internal/testbed`" + `: real daemons in network
namespaces, captured in the client's, as ` + "`tcpdump -i any`" + ` does. Beside it is what the check itself says in
the layers of which packets can tell: names, TCP, the proxy, TLS. ` + "`decided`" + ` is a finding with the same
code, ` + "`candidate N`" + ` the N-th of the causes that remain, ` + "`as CODE`" + ` what packets show in
its place. What is inside TLS, and what only a setting decides, is not in packets.

| network | the check says | its packets |
|---|---|---|
`
	if err := os.WriteFile(packetsPage, []byte(text+strings.Join(told.lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}
