package grid

import (
	"bytes"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pullpath/flows"
	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/report"
	"pullpath/internal/ticket"
)

func argument(text string) flows.Argument {
	host, rest, image := strings.Cut(text, "/")
	a := flows.Argument{Host: host, Port: 443, Text: text}
	if name, port, ok := strings.Cut(host, ":"); ok {
		a.Host = name
		a.Port, _ = strconv.Atoi(port)
	}
	if image {
		a.Repository, a.Reference, _ = strings.Cut(rest, ":")
	}
	return a
}

// visible lists the unmasked codes of findings that are as bad as the worst: an
// information beside an error is no second cause.
func visible(r diagnosis.Result) []string {
	var out []string
	worst := diagnosis.Info
	for _, f := range r.Unmasked() {
		if f.Severity == diagnosis.Error || f.Severity == diagnosis.Warning && worst == diagnosis.Info {
			worst = f.Severity
		}
	}
	for _, f := range r.Unmasked() {
		if (f.Severity != diagnosis.Info || worst == diagnosis.Info) && !slices.Contains(out, f.Code) {
			out = append(out, f.Code)
		}
	}
	return out
}

func TestCatalogueIsValid(t *testing.T) {
	for _, err := range diagnosis.Validate(catalogue.All()) {
		t.Error(err)
	}
}

func TestHealthyNetworkHasNoFinding(t *testing.T) {
	for name, world := range map[string]fault.World{"proxied": {}, "direct": {Direct: true}, "image": {Targets: []string{fault.Image + ":" + fault.ImageTag}},
		"realm at the registry itself": ownRealm(),
		"proxy login":                  {ProxyLogin: "right", Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Basic"}, Realm: "corp"}}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := walk(world)
			if w.err != nil {
				t.Fatal(w.err)
			}
			if len(w.result.Findings) > 0 || w.result.Verdict.Status != diagnosis.StatusPass {
				t.Errorf("verdict %s, findings %v", w.result.Verdict.Status, codes(w.result.Findings))
			}
			for _, target := range w.trace.Targets {
				if got := w.result.Targets[target.ID]; got != diagnosis.StatusPass {
					t.Errorf("%s: %s", target.ID, got)
				}
			}
		})
	}
}

// ownRealm is a World whose registry names itself as the token server, as
// today's registry.redhat.io does.
func ownRealm() fault.World {
	return fault.World{Direct: true, Targets: []string{"registry.corp.example/ubi9/ubi:latest"},
		Hosts: []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "203.0.113.150"}}}
}

func codes(findings []diagnosis.Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, f.Code)
	}
	return out
}

func TestEveryWorldProvokesItsCode(t *testing.T) {
	for name, w := range all() {
		t.Run(name, func(t *testing.T) {
			code := codeOf(name)
			if w.err != nil {
				t.Fatal(w.err)
			}
			if err := w.trace.Check(); err != nil {
				t.Error(err)
			}
			if got := visible(w.result); !slices.Equal(got, []string{code}) {
				t.Errorf("visible codes %v, all findings %v", got, codes(w.result.Findings))
			}
			for _, f := range w.result.Unmasked() {
				if f.Code == code && (len(f.Hops) == 0 || len(f.Targets) == 0) {
					t.Errorf("the finding points at hops %v of targets %v", f.Hops, f.Targets)
				}
			}
		})
	}
}

// A row that speaks on another row's World must be tied to it by After, in one
// direction or the other.
func TestRowsAreSilentOnOtherWorlds(t *testing.T) {
	entries := catalogue.All()
	for _, e := range entries {
		if e.Match == nil {
			continue
		}
		for name, w := range all() {
			code := codeOf(name)
			if code == e.Code || w.err != nil {
				continue
			}
			if len(e.Match(diagnosis.NewView(w.trace))) > 0 && !related(entries, e.Code, code) && !isInfo(e) {
				t.Errorf("%s speaks on the World of %s", e.Code, name)
			}
		}
	}
}

// isInfo: an information may stand beside any cause; it masks none and is no
// second one.
func isInfo(e diagnosis.Entry) bool { return e.Severity == diagnosis.Info }

func related(entries []diagnosis.Entry, a, b string) bool {
	return slices.Contains(diagnosis.Ancestors(entries, a), b) || slices.Contains(diagnosis.Ancestors(entries, b), a)
}

func TestSavedTraceIsJudgedTheSame(t *testing.T) {
	for code, w := range all() {
		if w.err != nil {
			continue
		}
		var saved bytes.Buffer
		if err := report.JSON(&saved, w.trace, w.result); err != nil {
			t.Fatal(err)
		}
		loaded, err := evidence.Read(&saved)
		if err != nil {
			t.Errorf("%s: %v", code, err)
			continue
		}
		if again := diagnosis.Diagnose(loaded, catalogue.All()); !reflect.DeepEqual(again, w.result) {
			t.Errorf("%s: judged again: %v, before: %v", code, visible(again), visible(w.result))
		}
	}
}

func TestMatchReadsWhatTheEntryNeeds(t *testing.T) {
	for _, e := range catalogue.All() {
		if e.Match == nil {
			continue
		}
		for code, w := range all() {
			if w.err != nil {
				continue
			}
			v := diagnosis.NewView(w.trace)
			e.Match(v)
			for _, op := range v.Reads() {
				if !slices.Contains(e.Needs, op) {
					t.Errorf("%s reads %s hops in the World of %s and does not say so", e.Code, op, code)
				}
			}
		}
	}
}

// Every match fills every value of its entry: no text shows a placeholder.
func TestTextsHaveAllTheirValues(t *testing.T) {
	for code, w := range all() {
		for _, f := range w.result.Findings {
			for _, text := range []string{f.Title, f.Seen, f.Explanation, f.Remedy} {
				if strings.ContainsAny(text, "{}") && !strings.Contains(text, `{"`) {
					t.Errorf("%s: %s: %q has an open placeholder", code, f.Code, text)
				}
			}
		}
	}
}

// secretsOf must be nowhere, in no format, under no fault.
func TestNoSecretLeaves(t *testing.T) {
	for code, w := range all() {
		if w.err != nil {
			continue
		}
		for format, text := range rendered(t, w) {
			for _, secret := range w.secrets {
				if secret != "" && strings.Contains(text, secret) {
					t.Errorf("%s: %s holds %q", code, format, secret)
				}
			}
		}
	}
}

func rendered(t *testing.T, w walked) map[string]string {
	t.Helper()
	out := map[string]string{}
	for format, write := range map[string]func(*bytes.Buffer) error{
		"json":     func(b *bytes.Buffer) error { return report.JSON(b, w.trace, w.result) },
		"markdown": func(b *bytes.Buffer) error { return report.Markdown(b, w.trace, w.result) },
		"html":     func(b *bytes.Buffer) error { return report.HTML(b, w.trace, w.result) },
		"junit":    func(b *bytes.Buffer) error { return report.JUnit(b, w.trace, w.result) },
		"ticket": func(b *bytes.Buffer) error {
			tickets := ticket.Make(w.trace, w.result, catalogue.All())
			if err := report.TicketCSV(b, tickets); err != nil {
				return err
			}
			if err := report.TicketMarkdown(b, w.trace, tickets); err != nil {
				return err
			}
			return report.Ticket(b, w.trace, tickets, 200)
		},
		"table": func(b *bytes.Buffer) error {
			return report.Table(b, w.trace, w.result, report.TableOptions{Width: 200, Wide: true, Verbose: true})
		},
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		out[format] = b.String()
	}
	return out
}

// Every kind of failure and every fault is used by some row, or the list says
// why not yet.
func TestVocabularyIsUsed(t *testing.T) {
	notYet := map[evidence.Kind]string{
		evidence.Protocol: "no row for protocol errors", evidence.TooLarge: "no row for floods",
		evidence.Budget: "says nothing about the peer", evidence.Unknown: "becomes unexplained",
	}
	seen := map[evidence.Kind]bool{}
	faults := map[string]bool{}
	for _, w := range all() {
		for _, h := range w.trace.Hops {
			if h.Failure != nil {
				seen[h.Failure.Kind] = true
			}
		}
		for _, f := range w.world.Faults {
			faults[reflect.TypeOf(f).Name()] = true
		}
	}
	for _, op := range []evidence.Op{evidence.OpSetting, evidence.OpResolve, evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest} {
		for _, kind := range evidence.KindsOf(op) {
			if _, known := notYet[kind]; !seen[kind] && !known {
				t.Errorf("no row provokes the kind %s", kind)
			}
		}
	}
	for _, f := range []fault.Fault{fault.Socket{}, fault.DNS{}, fault.Connect{}, fault.ProxyAuth{}, fault.ProxyPort{}, fault.Handshake{}, fault.Certificate{}, fault.TLSServer{}, fault.PathMTU{}, fault.HTTP{}} {
		if name := reflect.TypeOf(f).Name(); !faults[name] {
			t.Errorf("no row uses the fault %s", name)
		}
	}
}
