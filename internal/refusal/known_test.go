package refusal

import (
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// Each line of the file is a meaning, the login that the request had, the status and the
// answer's body.
func TestKnown(t *testing.T) {
	data, err := os.ReadFile("testdata/known.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		parts := strings.SplitN(strings.TrimSpace(line), " | ", 4)
		if len(parts) != 4 {
			t.Fatalf("not of four parts: %s", line)
		}
		status, _ := strconv.Atoi(parts[2])
		r := evidence.Request{Code: status, AuthSent: strings.Trim(parts[1], "-"), Errors: Read([]byte(parts[3]), "", status)}
		if s, _ := Known(r); string(s.Means) != strings.Trim(parts[0], "-") {
			t.Errorf("%q: %s", s.Means, line)
		}
	}
}

// A sentence of a page counts in a page alone.
func TestKnownInPages(t *testing.T) {
	const text = "Error: Forbidden Your client does not have permission to get URL /v2/ from this server."
	page := evidence.Request{Code: 403, Body: &evidence.Body{HTML: true, Title: "403 Forbidden", Text: text}}
	if s, _ := Known(page); s.Means != AddressDenied {
		t.Errorf("%q", s.Means)
	}
	if s, ok := Known(evidence.Request{Code: 403, Errors: []evidence.APIError{{Message: text}}}); ok {
		t.Errorf("%q, where no page came", s.Means)
	}
}

// Every sentence is one that the mock can say (http-says:what=NAME), and it can say no other.
func TestSentencesAreSaid(t *testing.T) {
	said := map[int]string{}
	for _, s := range fault.Sayings() {
		r := evidence.Request{Code: s.Status, Errors: Read([]byte(s.Body), s.Kind, s.Status)}
		switch s.At {
		case fault.AtLogin:
			r.AuthSent = "Basic"
		case fault.AtImage, fault.AtStoreWithToken:
			r.AuthSent = "Bearer"
		case fault.AtOpening, fault.AtStore:
		}
		if s.Kind == "text/html" {
			r.Body = evidence.Scribe{}.Body([]byte(s.Body), s.Kind, false)
		}
		known, ok := Known(r)
		if !ok || known.Who != s.Who {
			t.Errorf("%s: read as one of %q", s.Name, known.Who)
		}
		said[slices.IndexFunc(sentences(), func(o Sentence) bool { return reflect.DeepEqual(o, known) })] = s.Name
	}
	for i, s := range sentences() {
		if said[i] == "" {
			t.Errorf("no saying of the mock has the sentence of %s: %q %q", s.Who, s.Code, s.All)
		}
	}
}

// Every sentence can be said and looked up, and says when it does not fit.
func TestSentencesAreSound(t *testing.T) {
	for _, s := range sentences() {
		if s.Who == "" || s.Means == "" || s.Grade == "" || !strings.HasPrefix(s.Cite, "https://") || s.Code == "" && len(s.All) == 0 {
			t.Errorf("%+v lacks something", s)
		}
		if s.Login && s.Anonymous || s.Whole && len(s.All) != 1 {
			t.Errorf("%+v can never be said", s)
		}
	}
}
