package diagnosis

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pullpath/internal/evidence"
)

// entry returns a valid entry that matches the hops given.
func entry(code Code, severity Severity, after []Code, hops ...int) Entry {
	return Entry{Code: code, Title: "t {targets}", Layer: TCP, Severity: severity, Strength: Proven, Audience: HostAdmin,
		Seen: "s", Means: "m", Remedy: "r", Cite: []string{"c"}, Since: "0.1.0", NoSymptom: "made up",
		Needs: []evidence.Op{evidence.OpDial}, After: after,
		Match: func(*View) []Match {
			if len(hops) == 0 {
				return nil
			}
			return []Match{{Hops: hops}}
		}}
}

func unexplainedEntry() Entry {
	e := entry(Unexplained, Error, nil)
	e.Match, e.Values = nil, []string{"op", "kind", "text"}
	return e
}

// two targets of which the second is not required; a shared hop stands under both.
func twoTargets() *evidence.Trace {
	dial := func(id int, target string, state evidence.State, kind evidence.Kind) evidence.Hop {
		h := evidence.Hop{ID: id, Parent: 1, Op: evidence.OpDial, Target: target, Purpose: evidence.Path, State: state, Peer: "192.0.2.1:443"}
		if kind != "" {
			h.Failure = &evidence.Failure{Kind: kind, Text: "x"}
		}
		return h
	}
	return &evidence.Trace{Targets: []evidence.Target{{ID: "a:443", Endpoint: evidence.Endpoint{Host: "a", Port: 443}, Required: true},
		{ID: "b:443", Endpoint: evidence.Endpoint{Host: "b", Port: 443}}},
		Hops: []evidence.Hop{{ID: 1, Op: evidence.OpResolve, Purpose: evidence.Path, State: evidence.OK, Role: evidence.Proxy},
			dial(2, "a:443", evidence.Failed, evidence.Timeout), dial(3, "b:443", evidence.OK, "")}}
}

func TestMaskingIsTransitive(t *testing.T) {
	entries := []Entry{entry("root", Error, nil, 2), entry("middle", Error, []Code{"root"}, 2), entry("end", Error, []Code{"middle"}, 2)}
	r := Diagnose(twoTargets(), entries)
	if got := visibleCodes(r); !slices.Equal(got, []string{"root"}) {
		t.Errorf("visible %v, want root alone", got)
	}
	// Without the middle, the end still comes after the root.
	entries[1] = entry("middle", Error, []Code{"root"})
	if got := visibleCodes(Diagnose(twoTargets(), entries)); !slices.Equal(got, []string{"root"}) {
		t.Errorf("visible %v without the middle, want root alone", got)
	}
	if !slices.Equal(r.Verdict.RootCauses, []string{"root"}) {
		t.Errorf("root causes %v", r.Verdict.RootCauses)
	}
}

func visibleCodes(r Result) []string {
	var out []string
	for _, f := range r.Unmasked() {
		out = append(out, f.Code)
	}
	return out
}

func TestWhatMasksWhat(t *testing.T) {
	for name, row := range map[string]struct {
		first Severity
		hops  []int
		want  []string
	}{
		"error masks error":        {Error, []int{2}, []string{"first"}},
		"warning masks no error":   {Warning, []int{2}, []string{"first", "second"}},
		"info masks no error":      {Info, []int{2}, []string{"first", "second"}},
		"other target masks not":   {Error, []int{3}, []string{"first", "second"}},
		"shared hop masks for all": {Error, []int{1}, []string{"first"}},
	} {
		r := Diagnose(twoTargets(), []Entry{entry("first", row.first, nil, row.hops...), entry("second", Error, []Code{"first"}, 2)})
		if got := visibleCodes(r); !slices.Equal(got, row.want) {
			t.Errorf("%s: visible %v, want %v", name, got, row.want)
		}
	}
}

// One client's setting explains nothing about another's, and one entry of a list nothing
// about another entry.
func TestMaskingNeedsTheSameClientAndEntry(t *testing.T) {
	way := func(id int, client string) evidence.Hop {
		return evidence.Hop{ID: id, Op: evidence.OpSetting, Target: "a:443", Purpose: evidence.Probing, Probe: evidence.ProbeClientRoute,
			State: evidence.OK, Detail: evidence.Setting{Client: client}}
	}
	trace := twoTargets()
	trace.Hops = append(trace.Hops, way(4, "podman"), way(5, "curl"), way(6, "dockerd"))
	matching := func(code Code, after []Code, m Match) Entry {
		e := entry(code, Warning, after)
		e.Match = func(*View) []Match { return []Match{m} }
		return e
	}
	for name, row := range map[string]struct {
		first, second Match
		masked        bool
	}{
		"the same client":              {Match{Hops: []int{4}}, Match{Hops: []int{4}}, true},
		"one of its clients":           {Match{Hops: []int{4, 5}}, Match{Hops: []int{5, 6}}, true},
		"another client":               {Match{Hops: []int{4, 5}}, Match{Hops: []int{6}}, false},
		"compared with another client": {Match{Hops: []int{4, 5}}, Match{Hops: []int{4, 6}, About: []int{6}}, false},
		"about the compared":           {Match{Hops: []int{6}}, Match{Hops: []int{4, 6}, About: []int{6}}, true},
		"the run's own client":         {Match{Hops: []int{2}}, Match{Hops: []int{6}}, false},
		"the same entry": {Match{Hops: []int{4}, Entries: []string{"*.corp.example"}},
			Match{Hops: []int{4}, Entries: []string{"*.corp.example"}}, true},
		"a part of the entry": {Match{Hops: []int{4}, Entries: []string{"a.example b.example"}},
			Match{Hops: []int{4}, Entries: []string{"b.example"}}, true},
		"another entry": {Match{Hops: []int{4}, Entries: []string{"*.corp.example"}},
			Match{Hops: []int{4}, Entries: []string{"10.0.0.0/8"}}, false},
		"no entry": {Match{Hops: []int{4}}, Match{Hops: []int{4}, Entries: []string{"10.0.0.0/8"}}, true},
	} {
		r := Diagnose(trace, []Entry{matching("first", nil, row.first), matching("second", []Code{"first"}, row.second)})
		if got := !slices.Contains(visibleCodes(r), "second"); got != row.masked {
			t.Errorf("%s: masked %v, want %v", name, got, row.masked)
		}
	}
}

func TestErrorNeedsARequiredTarget(t *testing.T) {
	for _, row := range []struct {
		hop  int
		want Severity
	}{{2, Error}, {3, Warning}, {1, Error}} {
		r := Diagnose(twoTargets(), []Entry{entry("x", Error, nil, row.hop)})
		if got := r.Findings[0].Severity; got != row.want {
			t.Errorf("hop %d: %s, want %s", row.hop, got, row.want)
		}
	}
	if got := Diagnose(twoTargets(), []Entry{entry("x", Error, nil, 1)}).Findings[0].Targets; !slices.Equal(got, []string{"a:443", "b:443"}) {
		t.Errorf("a shared hop names %v", got)
	}
}

func TestFailedPathHopIsNeverSilent(t *testing.T) {
	r := Diagnose(twoTargets(), []Entry{unexplainedEntry()})
	if got := visibleCodes(r); !slices.Equal(got, []string{string(Unexplained)}) || r.Verdict.Status != StatusFail {
		t.Errorf("visible %v, verdict %s", got, r.Verdict.Status)
	}
	for name, change := range map[string]func(*evidence.Hop){
		"budget": func(h *evidence.Hop) { h.Failure.Kind = evidence.Budget },
		"probe":  func(h *evidence.Hop) { h.Purpose = evidence.Probing },
	} {
		trace := twoTargets()
		change(&trace.Hops[1])
		if got := visibleCodes(Diagnose(trace, []Entry{unexplainedEntry()})); len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestVerdict(t *testing.T) {
	clean := func() *evidence.Trace {
		trace := twoTargets()
		trace.Hops[1].State, trace.Hops[1].Failure = evidence.OK, nil
		return trace
	}
	ended := clean()
	ended.Run.Ended = "budget"
	for name, row := range map[string]struct {
		trace   *evidence.Trace
		entries []Entry
		want    string
	}{
		"pass": {clean(), nil, StatusPass}, "info": {clean(), []Entry{entry("i", Info, nil, 2)}, StatusPass},
		"warn": {clean(), []Entry{entry("w", Warning, nil, 2)}, StatusWarn}, "fail": {clean(), []Entry{entry("e", Error, nil, 2)}, StatusFail},
		"incomplete": {ended, nil, StatusIncomplete}, "fail though ended": {ended, []Entry{entry("e", Error, nil, 2)}, StatusFail},
	} {
		if got := Diagnose(row.trace, row.entries).Verdict.Status; got != row.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestValidateFindsEveryBreach(t *testing.T) {
	if errs := Validate([]Entry{entry("a", Error, nil), entry("b", Error, []Code{"a"}), unexplainedEntry()}); len(errs) > 0 {
		t.Fatal(errs)
	}
	for name, change := range map[string]func(*Entry){
		"code form":   func(e *Entry) { e.Code = "A_b" },
		"title":       func(e *Entry) { e.Title = "ends." },
		"layer":       func(e *Entry) { e.Layer = "x" },
		"severity":    func(e *Entry) { e.Severity = "" },
		"strength":    func(e *Entry) { e.Strength = "" },
		"audience":    func(e *Entry) { e.Audience = "" },
		"means":       func(e *Entry) { e.Means = "" },
		"cite":        func(e *Entry) { e.Cite = nil },
		"since":       func(e *Entry) { e.Since = "" },
		"version":     func(e *Entry) { e.Since = "soon" },
		"no symptom":  func(e *Entry) { e.NoSymptom = "" },
		"two answers": func(e *Entry) { e.Symptoms = []Symptom{{Text: "t", Cite: "c"}} },
		"when alone":  func(e *Entry) { e.When = func(*View, evidence.Hop) *Match { return nil } },
		"no when":     func(e *Entry) { e.Refine = func(*View, []evidence.Hop, *Match) {} },
		"not asked":   func(e *Entry) { e.Family = &Family{Name: "f"} },
		"stray order": func(e *Entry) { e.Family = &Family{Name: "f", Order: []Code{"a", "ghost"}} },
		"match":       func(e *Entry) { e.Match = nil },
		"needs":       func(e *Entry) { e.Needs = nil },
		"undeclared":  func(e *Entry) { e.Seen = "{nobody}" },
		"no ancestor": func(e *Entry) { e.After = []Code{"ghost"} },
		"after twice": func(e *Entry) { e.After = []Code{Unexplained, Unexplained} },
		"cycle":       func(e *Entry) { e.After = []Code{"a"} },
	} {
		e := entry("a", Error, nil)
		change(&e)
		if len(Validate([]Entry{e})) == 0 {
			t.Errorf("%s: no breach found", name)
		}
	}
	if len(Validate([]Entry{entry("a", Error, nil), entry("a", Error, nil)})) == 0 {
		t.Error("a code twice: no breach found")
	}
}

func TestCommandsAreQuoted(t *testing.T) {
	for in, want := range map[string]string{"https://h/a?b=c": `'https://h/a?b=c'`, "h:443": "h:443", "": "''",
		"a'b; rm -rf": `'a'\''b; rm -rf'`, "$(x)": "'$(x)'"} {
		if got := Quote(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	line := curl("http://p:3128", "Basic", "GET", "https://h/")
	if !strings.Contains(line, `"$USERNAME:$PASSWORD"`) {
		t.Errorf("credentials stand not as variables: %s", line)
	}
}

// Servers and methods come from a report, so a command quotes them as one word.
func TestServersAndMethodsAreQuoted(t *testing.T) {
	for server, want := range map[string]string{"192.0.2.53:53": "dig @192.0.2.53 a.io",
		"tls://[fd00::53]:8853": "dig @fd00::53 -p 8853 +tls a.io",
		"$(id):53":              "dig '@$(id)' a.io", "x:1;id": "dig @x -p '1;id' a.io", "x": "getent ahosts a.io"} {
		if got := dig(evidence.Resolve{Name: "a.io", Server: server}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for method, want := range map[string]string{"GET": "curl -v -x http://p:1 https://h/",
		"HEAD": "curl -v -x http://p:1 -I https://h/", "$(ID)": "curl -v -x http://p:1 -X '$(ID)' https://h/"} {
		if got := curl("http://p:1", "", method, "https://h/"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A target counts as walked where every hop of its path was made; hops of others and
// probes say nothing of it.
func TestStatusOfTargets(t *testing.T) {
	walked := func(change func(*evidence.Trace)) *evidence.Trace {
		trace := twoTargets()
		trace.Hops[1].State, trace.Hops[1].Failure = evidence.OK, nil
		change(trace)
		return trace
	}
	for name, c := range map[string]struct {
		trace   *evidence.Trace
		entries []Entry
		want    [2]string
	}{
		"pass":    {walked(func(*evidence.Trace) {}), nil, [2]string{StatusPass, StatusPass}},
		"skipped": {walked(func(t *evidence.Trace) { t.Hops[1].State = evidence.Skipped }), nil, [2]string{StatusSkipped, StatusPass}},
		"a skipped probe": {walked(func(t *evidence.Trace) {
			t.Hops[1].State = evidence.Skipped
			t.Hops[1].Purpose = evidence.Probing
		}), nil, [2]string{StatusSkipped, StatusPass}},
		"skipped and then": {walked(func(t *evidence.Trace) { t.Hops[1].State = evidence.Skipped; t.Hops[2].Target = "a:443" }), nil,
			[2]string{StatusSkipped, StatusSkipped}},
		"budget": {walked(func(t *evidence.Trace) {
			t.Hops[2].State, t.Hops[2].Failure = evidence.Failed, evidence.Fail(evidence.Budget, "x", nil)
		}), nil, [2]string{StatusPass, StatusSkipped}},
		"information": {walked(func(*evidence.Trace) {}), []Entry{entry("i", Info, nil, 2)}, [2]string{StatusPass, StatusPass}},
		"the worst one": {walked(func(*evidence.Trace) {}), []Entry{entry("w", Warning, nil, 1), entry("e", Error, nil, 2)},
			[2]string{StatusFail, StatusWarn}},
	} {
		r := Diagnose(c.trace, c.entries)
		if got := [2]string{r.Targets["a:443"], r.Targets["b:443"]}; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A finding for each of many hosts is judged without going over all hosts for each
// pair of findings.
func TestManyFindings(t *testing.T) {
	judged := func(hosts int) time.Duration {
		trace := &evidence.Trace{}
		var matches []Match
		for i := range hosts {
			id := fmt.Sprint("h", i)
			trace.Targets = append(trace.Targets, evidence.Target{ID: id, Required: true})
			trace.Hops = append(trace.Hops, evidence.Hop{ID: i + 1, Op: evidence.OpDial, Target: id, Purpose: evidence.Path, State: evidence.OK})
			matches = append(matches, Match{Hops: []int{i + 1}})
		}
		each := func(code Code, after ...Code) Entry {
			e := entry(code, Error, after)
			e.Match = func(*View) []Match { return matches }
			return e
		}
		began := time.Now()
		r := Diagnose(trace, []Entry{each("first"), each("second", "first")})
		took := time.Since(began)
		if len(r.Findings) != 2*hosts || len(r.Unmasked()) != hosts || r.Targets[fmt.Sprint("h", hosts-1)] != StatusFail {
			t.Errorf("%d findings, %d unmasked for %d hosts", len(r.Findings), len(r.Unmasked()), hosts)
		}
		return took
	}
	few, many := time.Hour, time.Hour
	for range 5 { // the best of five: a machine may be busy
		few, many = min(few, judged(100)), min(many, judged(1600))
	}
	// 16 times the hosts: 256 times the pairs, and 4096 times the work if each pair met
	// each host. A slow machine is slow for few too, a busy one stretches the longer of
	// the two, though not to many seconds.
	if many > 1000*few && many > 3*time.Second {
		t.Errorf("100 hosts took %v, 1600 took %v", few, many)
	}
}

// Squid's log has seconds since 1970; other proxies' lines keep to one form of the time.
func TestFindHasTheTimeOfSquidsLog(t *testing.T) {
	at := time.Date(2026, 1, 31, 12, 0, 0, 85_000_000, time.UTC)
	for server, epoch := range map[string]bool{"squid/5.7": true, "Squid": true, "": false, "nginx": false} {
		hop := evidence.Hop{ID: 1, Op: evidence.OpTunnel, At: at, Peer: "192.0.2.1:3128",
			Detail: evidence.Tunnel{Request: "CONNECT a:443 HTTP/1.1", Headers: []evidence.Header{{Name: "Server", Value: server}}}}
		v := NewView(&evidence.Trace{Hops: []evidence.Hop{hop}}, nil)
		got := findLines(v, []int{1})
		want := "2026-01-31T12:00:00.085Z "
		if epoch {
			want += "(access.log: 1769860800.085) "
		}
		if !slices.Equal(got, []string{want + "192.0.2.1:3128 CONNECT a:443 HTTP/1.1"}) {
			t.Errorf("%q: %q", server, got)
		}
	}
}
