package report

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// archiveEntry is what the tests look at.
type archiveEntry struct {
	Time    float64
	Request struct {
		Method, URL string
		Headers     []struct{ Name, Value string }
	}
	Response struct {
		Status int
		Error  string `json:"_error"`
	}
	Timings map[string]float64
}

func archiveOf(t *testing.T, s sample) ([]byte, []archiveEntry) {
	t.Helper()
	raw := render(t, func(b *bytes.Buffer) error { return archive(b, s.trace, s.result) })
	var read struct {
		Log struct{ Entries []archiveEntry }
	}
	if err := json.Unmarshal(raw, &read); err != nil {
		t.Fatal(err)
	}
	return raw, read.Log.Entries
}

// The schema is that of https://github.com/ahmadnassri/har-schema, which validators of archives take.
func TestArchivesFollowTheSchema(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("../har/testdata/schema/har.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples() {
		raw, entries := archiveOf(t, s)
		if err := schema.Validate(decode(t, raw)); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		for _, e := range entries {
			sum := 0.0
			for name, ms := range e.Timings {
				if ms > 0 && name != "ssl" {
					sum += ms
				}
			}
			if sum-e.Time > 0.01 || e.Time-sum > 0.01 {
				t.Errorf("%s: %s %s takes %g ms, its parts %g", s.name, e.Request.Method, e.Request.URL, e.Time, sum)
			}
			if (e.Response.Status == 0) != (e.Response.Error != "" && e.Response.Status == 0) {
				t.Errorf("%s: %s has no status and no error", s.name, e.Request.URL)
			}
		}
	}
}

// What was refused is an entry with the answer, and what was not sent one with status 0.
func TestArchivesHaveWhatFailed(t *testing.T) {
	for _, row := range []struct {
		s    sample
		want []string
	}{
		{connectDenied(), []string{"CONNECT https://sso.redhat.com:443/ 403 CONNECT proxy_status",
			"GET https://sso.redhat.com/ 0 CONNECT proxy_status"}},
		{proxyNameUnresolved(), []string{"0 DNS nxdomain"}},
		{directNotFound(), []string{"0 DNS nxdomain"}},
		{interceptedUntrusted(), []string{"0 TLS untrusted"}},
	} {
		_, entries := archiveOf(t, row.s)
		var got []string
		for _, e := range entries {
			if e.Response.Error != "" {
				kind, _, _ := strings.Cut(e.Response.Error, ":")
				got = append(got, strings.Join([]string{e.Request.Method, e.Request.URL, statusText(e.Response.Status), kind}, " "))
			}
		}
		for _, want := range row.want {
			if !slices.ContainsFunc(got, func(line string) bool { return strings.HasSuffix(line, want) }) {
				t.Errorf("%s: no entry ends in %q: %q", row.s.name, want, got)
			}
		}
	}
	raw, _ := archiveOf(t, healthyProxied())
	if !bytes.Contains(raw, []byte(`"Bearer REDACTED"`)) && !bytes.Contains(raw, []byte(`"Basic REDACTED"`)) {
		t.Errorf("no login is shown as withheld: %s", raw)
	}
}

func statusText(code int) string {
	text, _ := json.Marshal(code)
	return string(text)
}
