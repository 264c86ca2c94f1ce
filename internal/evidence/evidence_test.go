package evidence

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pullpath/internal/cost"
)

func TestParseChallenges(t *testing.T) {
	for in, want := range map[string][]Challenge{
		``:                  nil,
		`,, ,`:              nil,
		`Basic realm="a b"`: {{Scheme: "Basic", Params: map[string]string{"realm": "a b"}}},
		`Negotiate`:         {{Scheme: "Negotiate"}},
		`NTLM TlRMTVNTUAACAAAADAAMADgAAAA=, Basic realm=x`: {{Scheme: "NTLM"}, {Scheme: "Basic", Params: map[string]string{"realm": "x"}}},
		`Bearer realm="https://a/t",service="s, t",scope="x"`: {{Scheme: "Bearer",
			Params: map[string]string{"realm": "https://a/t", "service": "s, t", "scope": "x"}}},
		`Negotiate, NTLM, Basic Realm="\"q\""`: {{Scheme: "Negotiate"}, {Scheme: "NTLM"},
			{Scheme: "Basic", Params: map[string]string{"realm": `"q"`}}},
		`Newauth realm="apps", type=1, title="x", Basic realm="simple"`: {{Scheme: "Newauth",
			Params: map[string]string{"realm": "apps", "type": "1", "title": "x"}}, {Scheme: "Basic", Params: map[string]string{"realm": "simple"}}},
		`Basic realm="never ends`: {{Scheme: "Basic", Params: map[string]string{"realm": "never ends"}}},
	} {
		if got := ParseChallenges(in); !reflect.DeepEqual(got, want) {
			t.Errorf("%q gives %v, want %v", in, got, want)
		}
	}
}

func FuzzParseChallenges(f *testing.F) {
	f.Add(`Bearer realm="https://a/t",service="s", Basic realm="\`)
	f.Add("NTLM AAAA=, ,,\x00 = = \"")
	f.Fuzz(func(t *testing.T, s string) {
		cost.Linear(t, len(s), func() {
			if got := ParseChallenges(s); len(got) > maxChallenges {
				t.Errorf("%d challenges", len(got))
			}
		})
	})
}

func TestBodyKeepsWhatRecognises(t *testing.T) {
	s := Scribe{Markers: []string{"FortiGuard", "policy_denied"}}
	page := "<html><head><title> Web\n page &amp; blocked </title><script>var x = 'hidden'</script></head><body><p>By fortiguard.</p></body>"
	b := s.Body([]byte(page), "text/plain", false)
	if !b.HTML || b.Title != "Web page & blocked" || !reflect.DeepEqual(b.Markers, []string{"FortiGuard"}) || b.Text != "By fortiguard." {
		t.Errorf("%+v", b)
	}
	if s.Body(nil, "text/html", false) != nil {
		t.Error("an empty body is kept")
	}
	long := s.Body([]byte(strings.Repeat("é", 5000)), "", true)
	if n := utf8.RuneCountInString(long.Text); n > maxKept+1 || !long.Truncated || long.HTML {
		t.Errorf("%d characters kept, %+v", n, long.Truncated)
	}
}

// sound returns a small trace that keeps all laws.
func sound() *Trace {
	return &Trace{Schema: Schema, Started: time.Unix(1e9, 0).UTC(),
		Targets: []Target{{ID: "h:443", Endpoint: Endpoint{Host: "h", Port: 443}, Role: Registry}},
		Hops: []Hop{
			{ID: 1, Op: OpSetting, Target: "h:443", Purpose: Path, State: OK, At: time.Unix(1e9, 0).UTC(), Detail: Setting{Decision: "direct"}},
			{ID: 2, Parent: 1, Op: OpResolve, Target: "h:443", Purpose: Path, State: Failed, At: time.Unix(1e9, 0).UTC(),
				Failure: &Failure{Kind: NXDomain, Text: "rcode NXDOMAIN"}, Detail: Resolve{Name: "h", Questions: []Question{{ExtendedError: -1}}}},
			{ID: 3, Parent: 2, Op: OpDial, Target: "h:443", Purpose: Path, State: Skipped, Because: 2, At: time.Unix(1e9, 0).UTC()},
			{ID: 4, Parent: 1, Op: OpTunnel, Target: "h:443", Purpose: Probing, State: OK, At: time.Unix(1e9, 0).UTC(), Detail: Tunnel{Code: 200}},
			{ID: 5, Parent: 4, Op: OpHandshake, Target: "h:443", Purpose: Probing, State: OK, At: time.Unix(1e9, 0).UTC(),
				Detail: Handshake{SCTs: 2}},
			{ID: 6, Parent: 5, Op: OpRequest, Target: "h:443", Purpose: Probing, State: OK, At: time.Unix(1e9, 0).UTC(),
				Detail: Request{Step: "ping"}},
			{ID: 7, Parent: 1, Op: OpDial, Target: "h:443", Purpose: Probing, State: OK, At: time.Unix(1e9, 0).UTC(),
				Detail: Dial{Address: "1.2.3.4:443"}},
		}}
}

func TestTraceSurvivesJSON(t *testing.T) {
	data, err := json.Marshal(sound())
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, sound()) {
		t.Errorf("read back:\n%+v\nwritten:\n%+v", got, sound())
	}
}

func TestCheckHoldsEveryLaw(t *testing.T) {
	if err := sound().Check(); err != nil {
		t.Fatal(err)
	}
	for name, breach := range map[string]func(*Trace){
		"target twice":             func(t *Trace) { t.Targets = append(t.Targets, t.Targets[0]) },
		"id out of place":          func(t *Trace) { t.Hops[1].ID = 9 },
		"no such target":           func(t *Trace) { t.Hops[0].Target = "x:1" },
		"no such operation":        func(t *Trace) { t.Hops[2].Op = "ping" },
		"foreign detail":           func(t *Trace) { t.Hops[0].Detail = Dial{} },
		"parent after child":       func(t *Trace) { t.Hops[0].Parent = 2 },
		"because of nothing":       func(t *Trace) { t.Hops[2].Because = 99 },
		"no purpose":               func(t *Trace) { t.Hops[0].Purpose = "" },
		"ok with a failure":        func(t *Trace) { t.Hops[1].State = OK },
		"failed without a failure": func(t *Trace) { t.Hops[1].Failure = nil },
		"kind of another op":       func(t *Trace) { t.Hops[1].Failure.Kind = Untrusted },
		"no state":                 func(t *Trace) { t.Hops[0].State = "" },
		"control character":        func(t *Trace) { t.Hops[1].Failure.Text = "a\x1b[2J" },
		"not UTF-8":                func(t *Trace) { t.Hops[1].Failure.Text = "\xff" },
	} {
		trace := sound()
		breach(trace)
		if trace.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestReadRefusesWhatIsNoReport(t *testing.T) {
	for _, text := range []string{"", "{", "[]", `{"schema":"pullpath.report/v2"}`,
		`{"schema":"pullpath.report/v1","hops":[{"id":1,"op":"x","detail":{}}]}`,
		`{"schema":"pullpath.report/v1","hops":[{"id":7,"op":"dial"}]}`} {
		if _, err := Read(strings.NewReader(text)); err == nil {
			t.Errorf("%q is read as a report", text)
		}
	}
}

// Why a report is refused is printed: what it says itself is escaped there.
func TestRefusalsAreInert(t *testing.T) {
	for name, text := range map[string]string{
		"schema":    `{"schema":"pullpath.report/v1\u001b"}`,
		"target":    `{"schema":"pullpath.report/v1","targets":[{"id":"\u001b"},{"id":"\u001b"}]}`,
		"no target": `{"schema":"pullpath.report/v1","hops":[{"id":1,"op":"dial","target":"\u001b"}]}`,
		"operation": `{"schema":"pullpath.report/v1","hops":[{"id":1,"op":"\u001b"}]}`,
		"detail":    `{"schema":"pullpath.report/v1","hops":[{"id":1,"op":"\u001b","detail":{}}]}`,
		"purpose":   `{"schema":"pullpath.report/v1","hops":[{"id":1,"op":"dial","purpose":"\u001b"}]}`,
		"state":     `{"schema":"pullpath.report/v1","hops":[{"id":1,"op":"dial","purpose":"path","state":"\u001b"}]}`,
		"kind": `{"schema":"pullpath.report/v1","hops":[{"id":1,"op":"dial","purpose":"path",` +
			`"state":"failed","failure":{"kind":"\u001b"}}]}`,
		"time": `{"schema":"pullpath.report/v1","started":"\u001b"}`,
		"text": `{"schema":"pullpath.report/v1","hops":[{"id":1,"op":"dial","purpose":"path",` +
			`"state":"failed","failure":{"kind":"timeout","text":"\u001b"}}]}`,
	} {
		_, err := Read(strings.NewReader(text))
		if err == nil || strings.ContainsFunc(err.Error(), unicode.IsControl) {
			t.Errorf("%s: %q", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	data, _ := json.Marshal(sound())
	f.Add(string(data))
	f.Add("<html>" + pageBegin + string(data) + pageEnd)
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			if trace, err := Read(strings.NewReader(text)); err == nil && trace.Check() != nil {
				t.Error("a trace that breaks the laws was read")
			}
		})
	})
}
