package grid

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pullpath/internal/cost"

	"pullpath/internal/anonymize"
	"pullpath/internal/catalogue"
	"pullpath/internal/compare"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/profile"
	"pullpath/internal/report"
	"pullpath/internal/ticket"
)

// entries are made once: a fuzz target asks for them all the time.
var entries = catalogue.All()

// readable is a garbled report as a command reads it, nil where it is refused.
func readable(data []byte, seed uint64) *evidence.Trace {
	trace, err := evidence.Read(bytes.NewReader(garble(data, seed)))
	if err != nil {
		return nil
	}
	return trace
}

// harmless fails where a text has anything that a terminal obeys.
func harmless(t *testing.T, what, text string) {
	t.Helper()
	i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) })
	if i >= 0 {
		t.Fatalf("%s has %q: %q", what, text[i], text[max(0, i-60):min(len(text), i+60)])
	}
}

// ownWords are what commands hold that a shell is to obey.
var ownWords = strings.NewReplacer(`"$PROXY_USER:$PROXY_PASSWORD"`, "", `"$USERNAME:$PASSWORD"`, "", `"Authorization: Bearer $TOKEN"`,
	"", " </dev/null", "")

// quotedWord is what a shell takes as it stands.
var quotedWord = regexp.MustCompile(`'[^']*'|\\'`)

// pastable fails where a shell would obey a part of a command that came out of the
// report.
func pastable(t *testing.T, command string) {
	t.Helper()
	bare := quotedWord.ReplaceAllString(ownWords.Replace(command), "")
	if i := strings.IndexFunc(bare, func(r rune) bool {
		return !strings.ContainsRune("-._~:/@%+,= ", r) && !(r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)))
	}); i >= 0 {
		t.Fatalf("a shell would obey %q in %q", bare[i:], command)
	}
}

// writtenForms is in how many forms a report is written while it is judged: each costs
// what one linear reader does. Beside those of the table these are three tickets and three
// short tables.
var writtenForms = len(report.Formats()) + 6

// FuzzJudge: whatever a report says, it is judged, every finding is about hops and
// targets of the report, and nothing in any form is obeyed by who reads it.
func FuzzJudge(f *testing.F) {
	addReports(f)
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		cost.Linear(t, writtenForms*len(data), func() {
			trace := readable(data, seed)
			if trace == nil {
				return
			}
			result := diagnosis.Diagnose(trace, entries)
			for _, finding := range result.Findings {
				for _, id := range finding.Hops {
					if _, ok := trace.Hop(id); !ok {
						t.Errorf("%s is about hop %d, which is not there", finding.Code, id)
					}
				}
				for _, line := range finding.Reproduce {
					pastable(t, line)
				}
				for _, id := range finding.Targets {
					if _, ok := trace.Target(id); !ok {
						t.Errorf("%s is about target %q, which is not there", finding.Code, id)
					}
				}
			}
			for form, text := range rendered(t, walked{trace: trace, result: result}) {
				harmless(t, form, strings.ReplaceAll(text, "\r\n", "\n"))
				wellFormed(t, form, text)
			}
			shortForms(t, trace, result)
		})
	})
}

// shortForms writes the forms of the table that rendered leaves out.
func shortForms(t *testing.T, trace *evidence.Trace, result diagnosis.Result) {
	t.Helper()
	for _, options := range []report.TableOptions{{}, {Quiet: true}, {Width: 60, Verbose: true}} {
		var b bytes.Buffer
		if err := report.Table(&b, trace, result, options); err != nil {
			t.Fatal(err)
		}
		harmless(t, "table", b.String())
	}
}

// wellFormed holds a form that a program reads to its grammar; the JSON is a report.
func wellFormed(t *testing.T, form, text string) {
	t.Helper()
	switch form {
	case "json", "html":
		again, err := evidence.Read(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%s is not read back: %v", form, err)
		}
		if verdict := diagnosis.Diagnose(again, entries).Verdict.Status; form == "json" && !strings.Contains(text, `"status": "`+verdict+`"`) {
			t.Errorf("read back it is judged %q", verdict)
		}
	case "junit":
		for d := xml.NewDecoder(strings.NewReader(text)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				return
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// FuzzCompare: a report is the same as itself, two reports name hosts of their own
// alone, and what is compared one way differs the other way too.
func FuzzCompare(f *testing.F) {
	addReports(f)
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		cost.Linear(t, len(data), func() {
			a, b := readable(data, seed), readable(data, seed/2)
			if a == nil || b == nil {
				return
			}
			if same := compare.Traces([]string{"a", "a"}, []*evidence.Trace{a, a}); !same.Same() {
				t.Errorf("a report differs from itself: %+v", same.Findings)
			}
			result := compare.Traces([]string{"a", "b"}, []*evidence.Trace{a, b})
			for _, h := range result.Hosts {
				_, inA := a.Target(h.Target)
				_, inB := b.Target(h.Target)
				if h.Cells[0].Walked != inA || h.Cells[1].Walked != inB {
					t.Errorf("%q is walked: %v, %v", h.Target, h.Cells[0].Walked, h.Cells[1].Walked)
				}
			}
			if back := compare.Traces([]string{"b", "a"}, []*evidence.Trace{b, a}); back.Same() != result.Same() {
				t.Errorf("same: %v, the other way %v", result.Same(), back.Same())
			}
			var table, document bytes.Buffer
			if err := errors.Join(report.CompareTable(&table, result, 80), report.CompareJSON(&document, result)); err != nil {
				t.Fatal(err)
			}
			harmless(t, "table", table.String())
			harmless(t, "json", document.String())
			if !json.Valid(document.Bytes()) {
				t.Errorf("no JSON: %q", document.String())
			}
		})
	})
}

// FuzzTicket: a request is put to an audience that is one, once, and asks for what
// findings that count are about, on hosts and proxies of the report.
func FuzzTicket(f *testing.F) {
	addReports(f)
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		cost.Linear(t, len(data), func() {
			trace := readable(data, seed)
			if trace == nil {
				return
			}
			result := diagnosis.Diagnose(trace, entries)
			hosts, counts := connectable(trace), map[string]bool{}
			for _, finding := range result.Unmasked() {
				counts[finding.Code] = counts[finding.Code] || finding.Severity != diagnosis.Info
			}
			last := -1
			for _, request := range ticket.Make(trace, result, entries) {
				place := slices.Index(diagnosis.Audiences(), request.Audience)
				if place <= last {
					t.Errorf("%q comes at place %d after %d", request.Audience, place, last)
				}
				last = place
				for _, b := range request.Blocks {
					if !counts[b.Code] {
						t.Errorf("%s is asked for, and is no finding that counts", b.Code)
					}
					pastable(t, b.Verify)
					for _, r := range slices.Concat(b.Rows, b.Concerns) {
						if !hosts[r.Host] {
							t.Errorf("%s asks for %q, which the report does not have", b.Code, r.Host)
						}
					}
				}
			}
		})
	})
}

// connectable are the hosts of targets and of proxies.
func connectable(t *evidence.Trace) map[string]bool {
	out := map[string]bool{}
	for _, target := range t.Targets {
		out[target.Host] = true
	}
	for _, h := range t.Hops {
		out[evidence.ProxyHost(h.Via)] = true
	}
	return out
}

// FuzzAnonymize: an anonymous report is read back, has the shape of the one that it was
// made of, and is not changed by the making.
func FuzzAnonymize(f *testing.F) {
	addReports(f)
	profile.BuiltIn() // read once in a process, which is no cost of a report
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		cost.Linear(t, len(data), func() {
			trace := readable(data, seed)
			if trace == nil {
				return
			}
			before := saveable(t, trace)
			once := anonymize.Trace(trace)
			if saveable(t, trace) != before {
				t.Error("the report that was made anonymous was changed")
			}
			text := saveable(t, once)
			harmless(t, "the report", text)
			again, err := evidence.Read(strings.NewReader(text))
			if err != nil {
				t.Fatalf("it is not read back: %v", err)
			}
			sameShape(t, trace, again)
			sameShape(t, trace, anonymize.Trace(again))
			for _, secret := range secretsOf(trace) {
				if strings.Contains(text, secret) {
					t.Errorf("%q is left", secret)
				}
			}
		})
	})
}

func saveable(t *testing.T, trace *evidence.Trace) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.JSON(&b, trace, diagnosis.Result{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// secretsOf are names that no anonymous report may have: the targets under a domain of
// the company's that our seeds have.
func secretsOf(t *evidence.Trace) []string {
	out := map[string]bool{}
	for _, target := range t.Targets {
		if host := strings.ToLower(target.Host); strings.HasSuffix(host, ".corp") || strings.HasSuffix(host, ".acmecorp") {
			out[target.Host] = len(host) < 200
		}
	}
	maps.DeleteFunc(out, func(_ string, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(out))
}

// sameShape: as many targets and hops, and each hop what it was.
func sameShape(t *testing.T, a, b *evidence.Trace) {
	t.Helper()
	if len(a.Targets) != len(b.Targets) || len(a.Hops) != len(b.Hops) {
		t.Fatalf("%d targets and %d hops, before %d and %d", len(b.Targets), len(b.Hops), len(a.Targets), len(a.Hops))
	}
	place := func(t *evidence.Trace, id string) int {
		return slices.IndexFunc(t.Targets, func(x evidence.Target) bool { return x.ID == id })
	}
	for i, h := range a.Hops {
		o := b.Hops[i]
		if h.Op != o.Op || h.State != o.State || h.Kind() != o.Kind() || h.Parent != o.Parent || h.Because != o.Because ||
			place(a, h.Target) != place(b, o.Target) || (h.Detail == nil) != (o.Detail == nil) {
			t.Fatalf("hop %d is %+v, before %+v", h.ID, o, h)
		}
	}
}

// chained are hosts of which each fails, stands on the one before it and goes a way of its
// own: the most findings, on the most hosts, that a report of its size can have.
func chained(op, kind string, count int) []byte {
	var targets, hops []string
	for i := range count {
		targets = append(targets, fmt.Sprintf(`{"id":"h%d","host":"h%d","port":443,"required":true,"public":true}`, i, i))
		hops = append(hops, fmt.Sprintf(`{"id":%d,"parent":%d,"op":%q,"target":"h%d","via":"http://p%d:3128","peer":"1.2.3.4:%d",`+
			`"purpose":"path","state":"failed","failure":{"kind":%q,"text":"t%d"}}`,
			i+1, max(i-1, 0), op, i, i, i, kind, i))
	}
	return []byte(reportOf(strings.Join(targets, ","), strings.Join(hops, ",")))
}

// endings are one way to fail for each operation that a host can be chained by.
var endings = map[string]string{"dial": "refused", "tunnel": "proxy_status", "handshake": "reset", "request": "closed"}

func TestChainedHostsAreAllJudged(t *testing.T) {
	t.Parallel()
	for op, kind := range endings {
		trace := readable(chained(op, kind, 400), 0)
		if trace == nil {
			t.Fatalf("%s: the report is refused", op)
		}
		if result := diagnosis.Diagnose(trace, entries); len(result.Findings) < 10 {
			t.Errorf("%s: %d findings", op, len(result.Findings))
		}
	}
}

// BenchmarkDiagnoseChained tells by its two sizes whether the work grows with the square:
// four times the hosts then take sixteen times as long.
func BenchmarkDiagnoseChained(b *testing.B) {
	for _, op := range slices.Sorted(maps.Keys(endings)) {
		for _, count := range []int{400, 1600} {
			trace := readable(chained(op, endings[op], count), 0)
			b.Run(fmt.Sprintf("%s/%d", op, count), func(b *testing.B) {
				for b.Loop() {
					diagnosis.Diagnose(trace, entries)
				}
			})
		}
	}
}
