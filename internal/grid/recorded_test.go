package grid

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pullpath/flows"
	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/golden"
	"pullpath/internal/report"
)

// record walks the recorded reports anew. It is apart from -update: times and
// ports differ with every run, and each form of each report with them.
var record = flag.Bool("record", false, "walk the reports of internal/report/testdata/reports anew")

// hostileText is what a peer may say: a tag, a script, an entity, marks that turn
// the reading direction, a terminal's escape, a table's bar and a code span.
const hostileText = "</script><script>alert(1)</script><img src=x onerror=alert(2)>&lt;b&gt; \u202egnp.exe\u2066 \x1b[31mred\x1b[0m | " +
	"`x` ]]> {{.}} "

// recorded are the Worlds whose reports every form is tried on.
func recorded() map[string]fault.World {
	rows := worlds()
	image := []string{fault.Image + ":" + fault.ImageTag}
	hosts := fault.Hosts()
	trailed := rows["tcp-timeout"]
	login := rows["auth-credentials-rejected"]
	denied := []fault.Fault{
		fault.Connect{Host: "sso.redhat.com", Status: 403, Headers: []string{"Server: squid/5.7", "X-Squid-Error: ERR_ACCESS_DENIED 0"}},
		fault.Handshake{Host: "cdn01.quay.io", Effect: fault.Reset},
		fault.Certificate{Host: "cdn02.quay.io", NotBefore: -1000 * 3600e9, NotAfter: -24 * 3600e9},
		fault.Certificate{Host: "cdn03.quay.io", Issuer: "private"},
		fault.Connect{Host: "cdn04.quay.io", Status: 503, Headers: []string{"X-Squid-Error: ERR_DNS_FAIL 0"}},
		fault.Handshake{Host: "cdn05.quay.io", Effect: fault.Plaintext, Text: "HTTP/1.1 200 OK\r\n\r\nhello"},
	}
	return map[string]fault.World{
		"healthy":               {Title: "the healthy network", Targets: image},
		"proxy-denied":          rows["proxy-connect-denied"],
		"intercepted-untrusted": rows["tls-intercepted-untrusted"],
		"intercepted-trusted":   rows["tls-intercepted-trusted"],
		"dns-filtered":          rows["dns-filtered"],
		"timeout-trail":         trailed,
		"image-blob-blocked": {Title: "an image whose blob host the proxy refuses", Targets: image,
			Faults: []fault.Fault{fault.Connect{Host: hosts[3].Name, Status: 403, Headers: []string{"X-Squid-Error: ERR_ACCESS_DENIED 0"}}}},
		"login-refused": login,
		"many-findings": {Title: "a proxy, certificates and hosts that break in several ways", Faults: denied},
		"hostile": {Title: "peers that say what a page or a terminal would obey", Faults: []fault.Fault{
			fault.Connect{Host: "sso.redhat.com", Status: 403, Headers: []string{"Content-Type: text/html", "Server: " + hostileText},
				Body: "<html><head><title>" + hostileText + "</title></head><body>" + hostileText + "</body></html>"},
			fault.Certificate{Host: "cdn01.quay.io", Issuer: "interceptor", Organization: hostileText, CommonName: hostileText},
			fault.DNS{Name: "cdn02.quay.io", Rcode: "NXDOMAIN", ExtendedError: 17, ExtendedText: hostileText},
			fault.Handshake{Host: "cdn03.quay.io", Effect: fault.Plaintext, Text: hostileText},
		}},
	}
}

const recordedDir = "../report/testdata/reports"

func recordedPath(name string) string { return filepath.Join(recordedDir, name+".json") }

// Every recorded report is there, none besides, and each is judged as it was.
func TestRecordedReports(t *testing.T) {
	t.Parallel()
	for name, world := range recorded() {
		if *record {
			recordReport(t, name, world)
		}
		data, err := os.ReadFile(recordedPath(name))
		if err != nil {
			t.Errorf("%v; go test ./internal/grid -run TestRecordedReports -record writes it", err)
			continue
		}
		trace, err := evidence.Read(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var again bytes.Buffer
		if err := report.JSON(&again, trace, diagnosis.Diagnose(trace, catalogue.All())); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, recordedPath(name), again.String())
	}
	files, err := filepath.Glob(recordedDir + "/*.json")
	if err != nil || len(files) != len(recorded()) {
		t.Errorf("%d files in %s, want %d (%v)", len(files), recordedDir, len(recorded()), err)
	}
}

func recordReport(t *testing.T, name string, world fault.World) {
	t.Helper()
	w := walk(world, func(c *flows.Config) { c.Trace = name == "timeout-trail" })
	if w.err != nil {
		t.Fatalf("%s: %v", name, w.err)
	}
	w.trace.Seed, w.trace.Tool.Version = "recorded", "1.0.0"
	var out bytes.Buffer
	if err := report.JSON(&out, w.trace, w.result); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(recordedPath(name), out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, f := range w.result.Unmasked() {
		codes = append(codes, f.Code)
	}
	slices.Sort(codes)
	t.Logf("%s: %s %v", name, w.result.Verdict.Status, codes)
}
