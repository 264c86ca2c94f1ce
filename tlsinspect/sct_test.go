package tlsinspect

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pullpath/internal/cost"

	"github.com/google/go-cmp/cmp"

	"pullpath/internal/evidence"
)

func vector(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if block, _ := pem.Decode(data); block != nil {
		return block.Bytes
	}
	return data
}

func vectorCert(t *testing.T, name string) *x509.Certificate {
	t.Helper()
	cert, err := x509.ParseCertificate(vector(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// logsWith returns a list with one log.
func logsWith(t *testing.T, key []byte, date time.Time) *TransparencyLogs {
	t.Helper()
	id := sha256.Sum256(key)
	data, err := json.Marshal(map[string]any{"log_list_timestamp": date, "operators": []any{map[string]any{
		"tiled_logs": []any{map[string]any{"description": "Vector", "log_id": id[:], "key": key}}}}})
	if err != nil {
		t.Fatal(err)
	}
	logs, err := ReadLogs(data)
	if err != nil {
		t.Fatal(err)
	}
	return logs
}

func TestTimestampsOfTheVectors(t *testing.T) {
	known := logsWith(t, vector(t, "ct-log-key.pem"), time.Now())
	unknown, err := BuiltInLogs()
	if err != nil {
		t.Fatal(err)
	}
	authority := vectorCert(t, "ct-ca.pem")
	beside, ok := parseSCT(vector(t, "ct-leaf.sct"))
	if !ok {
		t.Fatal("the timestamp beside the leaf cannot be read")
	}
	for _, row := range []struct {
		name, leaf string
		stapled    []sct
		logs       *TransparencyLogs
		want       evidence.Timestamps
		copied     bool
	}{
		{"embedded", "ct-embedded.pem", nil, known, evidence.Timestamps{Verified: 1, Logs: []string{"Vector"}}, false},
		{"embedded, of another certificate", "ct-embedded-invalid.pem", nil, known, evidence.Timestamps{Bad: 1}, true},
		{"embedded, of a log that is not on the list", "ct-embedded-invalid.pem", nil, unknown, evidence.Timestamps{Unknown: 1}, false},
		{"beside the certificate", "ct-leaf.pem", []sct{beside}, known, evidence.Timestamps{Verified: 1, Logs: []string{"Vector"}}, false},
		{"beside another certificate", "ct-embedded.pem", []sct{beside}, known,
			evidence.Timestamps{Verified: 1, Bad: 1, Logs: []string{"Vector"}}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			leaf := vectorCert(t, row.leaf)
			precert, err := precertEntry(leaf, authority)
			if err != nil {
				t.Fatal(err)
			}
			var got evidence.Timestamps
			o := Options{Logs: row.logs}
			o.check(&got, embeddedSCTs(leaf), precert)
			o.check(&got, row.stapled, x509Entry(leaf))
			if diff := cmp.Diff(row.want, got); diff != "" || got.Copied() != row.copied {
				t.Errorf("(-want +got):\n%s copied %v, want %v", diff, got.Copied(), row.copied)
			}
		})
	}
}

func TestTimestampsThatAreNotLookedAt(t *testing.T) {
	leaf := vectorCert(t, "ct-embedded.pem")
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	at := func(days int) func() time.Time { return func() time.Time { return day.AddDate(0, 0, days) } }
	key := vector(t, "ct-log-key.pem")
	for _, row := range []struct {
		name string
		o    Options
		want string
	}{
		{"no list", Options{Now: at(0)}, "no list of logs was given"},
		{"no list, and why", Options{Now: at(0), NoLogs: "--public-roots"}, "--public-roots"},
		{"an old list", Options{Now: at(181), Logs: logsWith(t, key, day)}, "older than 180 days"},
		// The vector's signature is SHA-1, so that crypto/x509 finds no issuer.
		{"no issuer", Options{Now: at(180), Logs: logsWith(t, key, day)}, "issuer was not presented"},
	} {
		count, got := row.o.timestamps([]*x509.Certificate{leaf}, nil)
		if count != 1 || got == nil || !strings.Contains(got.NotLooked, row.want) || got.Verified+got.Bad+got.Unknown != 0 || got.Copied() {
			t.Errorf("%s: %d, %+v; want %q", row.name, count, got, row.want)
		}
	}
	if count, got := (Options{Now: at(0)}).timestamps([]*x509.Certificate{vectorCert(t, "ct-leaf.pem")}, nil); count != 0 || got != nil {
		t.Errorf("a leaf without timestamps: %d, %+v", count, got)
	}
}

func TestAllButTheTimestampsIsKept(t *testing.T) {
	bare := vectorCert(t, "ct-ca.pem")
	if got, err := withoutSCTs(bare.RawTBSCertificate); err != nil || !bytes.Equal(got, bare.RawTBSCertificate) {
		t.Errorf("a certificate without timestamps was changed (%v)", err)
	}
	if _, err := withoutSCTs([]byte("no certificate")); err == nil {
		t.Error("what is no certificate was taken")
	}
}

func TestLogLists(t *testing.T) {
	logs, err := BuiltInLogs()
	if err != nil || len(logs.logs) < 60 || logs.Date.IsZero() {
		t.Fatalf("built-in list: %v, %+v", err, logs)
	}
	for name, row := range map[string]struct{ text, want string }{
		"no JSON":   {"<html>", "no log list of version 3"},
		"empty":     {"{}", "no logs or no date"},
		"no date":   {`{"operators":[]}`, "no logs or no date"},
		"a bad key": {`{"operators":[{"logs":[{"description":"x","log_id":"AAAA","key":"AAAA"}]}]}`, `log "x": key`},
		"another ID": {`{"operators":[{"logs":[{"description":"x","log_id":"AAAA",` +
			`"key":"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQc` +
			`DQgAEmXg8sUUzwBYaWrRb+V0IopzQ6o3UyEJ04r5ZrRXGdpYM8K+hB0pXrGRLI0eeWz+3skXrS0IO83AhA3GpRL6s6w=="}]}]}`, "not the hash of its key"},
	} {
		if _, err := ReadLogs([]byte(row.text)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
	}
}

func FuzzSCTList(f *testing.F) {
	f.Add([]byte{4, 2, 0, 0})
	f.Add([]byte{4, 6, 0, 4, 0, 2, 1, 1})
	f.Fuzz(func(t *testing.T, der []byte) {
		cost.Linear(t, len(der), func() {
			// Version, log, time, extensions, algorithm and an empty signature are 47 bytes.
			if list := parseSCTList(der); len(list)*47 > len(der) || len(list) > maxSCTs {
				t.Errorf("%d timestamps in %d bytes", len(list), len(der))
			}
		})
	})
}

func FuzzWithoutSCTs(f *testing.F) {
	for _, name := range []string{"ct-embedded.pem", "ct-ca.pem"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		block, _ := pem.Decode(data)
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(cert.RawTBSCertificate)
	}
	f.Fuzz(func(t *testing.T, tbs []byte) {
		cost.Linear(t, len(tbs), func() {
			if out, err := withoutSCTs(tbs); err == nil && len(out) > len(tbs) {
				t.Errorf("%d bytes became %d", len(tbs), len(out))
			}
		})
	})
}
