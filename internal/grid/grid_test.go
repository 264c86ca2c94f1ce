package grid

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/report"
	"pullpath/internal/ticket"
)

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
	t.Parallel()
	for _, err := range diagnosis.Validate(catalogue.All()) {
		t.Error(err)
	}
}

func TestHealthyNetworkHasNoFinding(t *testing.T) {
	t.Parallel()
	for name, world := range map[string]fault.World{"proxied": {}, "direct": {Direct: true},
		"image":                        {Targets: []string{fault.Image + ":" + fault.ImageTag}},
		"realm at the registry itself": ownRealm(),
		"proxy login": {ProxyLogin: "right", Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Basic"},
			Realm: "corp"}}}} {
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

func rendered(t *testing.T, w walked) map[string]string {
	t.Helper()
	out := map[string]string{}
	write := func(format string, into func(*bytes.Buffer) error) {
		var b bytes.Buffer
		if err := into(&b); err != nil {
			t.Fatal(err)
		}
		out[format] = b.String()
	}
	for _, f := range report.Formats() {
		write(f.Name, func(b *bytes.Buffer) error {
			return f.Write(b, w.trace, w.result, report.TableOptions{Width: 200, Verbose: true})
		})
	}
	write("ticket", func(b *bytes.Buffer) error {
		r := report.Requests{Trace: w.trace, Result: w.result, Tickets: ticket.Make(w.trace, w.result, catalogue.All())}
		if err := report.TicketCSV(b, r); err != nil {
			return err
		}
		if err := report.TicketMarkdown(b, r); err != nil {
			return err
		}
		return report.Ticket(b, r, 200)
	})
	return out
}

// Every kind of failure and every fault is used by some row, or the list says
// why not yet.
func TestVocabularyIsUsed(t *testing.T) {
	t.Parallel()
	notYet := map[evidence.Kind]string{
		evidence.Protocol: "no row for protocol errors", evidence.TooLarge: "no row for floods",
		evidence.Budget: "says nothing about the peer", evidence.Unknown: "becomes unexplained",
	}
	seen := map[evidence.Kind]bool{}
	faults := map[string]bool{}
	if testing.Short() {
		t.Skip("it walks every World")
	}
	for _, w := range allWalks() {
		if w.err != nil {
			t.Fatal(w.err)
		}
		for _, h := range w.trace.Hops {
			if h.Failure != nil {
				seen[h.Failure.Kind] = true
			}
		}
		for _, f := range w.world.Faults {
			faults[reflect.TypeOf(f).Name()] = true
		}
	}
	for _, op := range []evidence.Op{evidence.OpSetting, evidence.OpResolve, evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake,
		evidence.OpRequest} {
		for _, kind := range evidence.KindsOf(op) {
			if _, known := notYet[kind]; !seen[kind] && !known {
				t.Errorf("no row provokes the kind %s", kind)
			}
		}
	}
	for _, f := range []fault.Fault{fault.Socket{}, fault.DNS{}, fault.Connect{}, fault.ProxyAuth{}, fault.ProxyPort{}, fault.Handshake{},
		fault.Certificate{}, fault.TLSServer{}, fault.PathMTU{}, fault.HTTP{}} {
		if name := reflect.TypeOf(f).Name(); !faults[name] {
			t.Errorf("no row uses the fault %s", name)
		}
	}
}
