package catalogue

import (
	"os"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/diagnosis"
)

// Every symptom finds its row: as a client prints it, with something in every gap, and as
// it stands in the row.
func TestSymptomsFindTheirRows(t *testing.T) {
	for _, e := range All() {
		for _, s := range e.Symptoms {
			if s.Cite == "" || strings.TrimSpace(s.Text) != s.Text {
				t.Errorf("%s: the symptom %q has no citation, or blanks around it", e.Code, s.Text)
			}
			for _, message := range []string{"Error: " + strings.ReplaceAll(s.Text, "…", " something ") + " (exit 125)", s.Text} {
				if !slices.ContainsFunc(diagnosis.BySymptom(All(), message), func(f diagnosis.Found) bool { return f.Entry.Code == e.Code }) {
					t.Errorf("%s is not found by %q", e.Code, message)
				}
			}
		}
	}
}

func TestBySymptom(t *testing.T) {
	for message, want := range map[string]diagnosis.Code{
		"proxyconnect tcp: EOF": "proxy-closed",
		"Error: initializing source docker://registry.redhat.io/ubi9: pinging container registry: " +
			`Get "https://registry.redhat.io/v2/": Forbidden`: "proxy-connect-denied",
		`dial tcp 23.5.6.7:443: i/o timeout`:                    "tcp-timeout",
		`proxyconnect tcp: dial tcp 10.1.2.3:8080: i/o timeout`: "proxy-timeout",
		`dial tcp 10.0.0.5:5000: i/o timeout`:                   "tcp-timeout",
		`dial tcp 10.0.0.5:5000: connect: connection refused`:   "tcp-refused",
		"no sense at all": "",
		"":                "",
	} {
		found := diagnosis.BySymptom(All(), message)
		if want == "" && len(found) > 0 {
			t.Errorf("%q finds %s", message, found[0].Entry.Code)
		}
		if want == "" {
			continue
		}
		best := found
		for i, f := range found {
			if len(f.Symptom.Text) < len(found[0].Symptom.Text) {
				best = found[:i]
				break
			}
		}
		if !slices.ContainsFunc(best, func(f diagnosis.Found) bool { return f.Entry.Code == want }) {
			t.Errorf("%q does not find %s among the first", message, want)
		}
	}
}

// What curl and skopeo print in a row's World finds the row: testdata/printed.txt has it by
// code and client, as "pullpath mock --fault CODE -- CLIENT" shows it.
func TestWhatClientsPrintFindsTheRow(t *testing.T) {
	data, err := os.ReadFile("testdata/printed.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), " | ", 3)
		if len(parts) != 3 {
			t.Fatalf("a line is not of three parts: %q", line)
		}
		found := diagnosis.BySymptom(All(), parts[2])
		if !slices.ContainsFunc(found, func(f diagnosis.Found) bool { return string(f.Entry.Code) == parts[0] }) {
			t.Errorf("%s is not found by what %s prints: %s", parts[0], parts[1], parts[2])
		}
	}
}

// Go's word for the way to the proxy rules out what lies behind it.
func TestTheWayToTheProxyRulesOthersOut(t *testing.T) {
	for _, message := range []string{
		"proxyconnect tcp: tls: first record does not look like a TLS handshake",
		"proxyconnect tcp: dial tcp 10.1.2.3:3128: connect: connection refused",
		"proxyconnect tcp: tls: failed to verify certificate: x509: certificate signed by unknown authority",
		`proxyconnect tcp: EOF`,
	} {
		found := diagnosis.BySymptom(All(), message)
		if len(found) == 0 {
			t.Errorf("%q finds nothing", message)
		}
		for _, f := range found {
			behind := f.Entry.Layer != diagnosis.Proxy && f.Entry.Layer != diagnosis.Settings && f.Entry.Layer != diagnosis.DNS
			if behind || f.Entry.Code == ProxyAnswersWithPage || f.Entry.Code == ProxySpeaksTLS {
				t.Errorf("%q finds %s", message, f.Entry.Code)
			}
		}
	}
}
