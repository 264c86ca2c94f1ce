package catalogue

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/diagnosis"
)

// The tables beside the rows name rows that exist.
func TestTablesNameRows(t *testing.T) {
	codes := append(slices.Sorted(maps.Keys(changes())), slices.Sorted(maps.Keys(symptoms()))...)
	for _, code := range codes {
		if !slices.ContainsFunc(All(), func(e diagnosis.Entry) bool { return e.Code == code }) {
			t.Errorf("no row %s", code)
		}
	}
}

// silentRows are error rows without a symptom of their own, and why.
var silentRows = map[string]string{
	diagnosis.Unexplained:       "no client message belongs to what is not explained",
	"tls-compromised-authority": "the client trusts the authority and prints nothing",
	"auth-realm-suspect":        "clients follow such a realm, and print whatever becomes of it",
	"article-differs":           "it is about a page's requests, not about a client",
}

// Every symptom finds its code, and every error row has a symptom or a reason for
// none.
func TestSymptomsFindTheirCodes(t *testing.T) {
	for _, e := range All() {
		reason := silentRows[e.Code]
		if (len(e.Symptoms) == 0) == (reason == "") && (e.Severity == diagnosis.Error || reason != "") {
			t.Errorf("%s: %d symptoms, and the reason for none is %q", e.Code, len(e.Symptoms), reason)
		}
		for _, s := range e.Symptoms {
			if s.Cite == "failures " || strings.TrimSpace(s.Text) != s.Text {
				t.Errorf("%s: %q has no citation or hanging blanks", e.Code, s.Text)
			}
			// As a client prints it, with something in every gap, and as it stands here.
			for _, message := range []string{"Error: " + strings.ReplaceAll(s.Text, "…", " something ") + " (exit 125)", s.Text} {
				if !slices.ContainsFunc(diagnosis.BySymptom(All(), message), func(f diagnosis.Found) bool { return f.Entry.Code == e.Code }) {
					t.Errorf("%s is not found by %q", e.Code, message)
				}
			}
		}
	}
}

func TestBySymptom(t *testing.T) {
	for message, want := range map[string]string{
		"proxyconnect tcp: EOF": "proxy-closed",
		`Error: initializing source docker://registry.redhat.io/ubi9: pinging container registry: Get "https://registry.redhat.io/v2/": Forbidden`: "proxy-connect-denied",
		`dial tcp 23.5.6.7:443: i/o timeout`:                    "tcp-timeout",
		`proxyconnect tcp: dial tcp 10.1.2.3:8080: i/o timeout`: "proxy-timeout",
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
