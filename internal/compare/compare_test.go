package compare

import (
	"testing"

	"pullpath/internal/evidence"
)

// Traces of hostile reports: hosts that one lacks, hops without details.
func TestTracesWithoutDetails(t *testing.T) {
	a := &evidence.Trace{Targets: []evidence.Target{{ID: "a:443", Host: "a"}}}
	for _, op := range operations() {
		a.Hops = append(a.Hops, evidence.Hop{ID: len(a.Hops) + 1, Op: op, Target: "a:443", Purpose: evidence.Path, State: evidence.OK},
			evidence.Hop{ID: len(a.Hops) + 2, Op: op, Target: "a:443", Purpose: evidence.Path, State: evidence.Failed, Failure: evidence.Fail(evidence.Unknown, "x", nil)})
	}
	b := &evidence.Trace{Targets: []evidence.Target{{ID: "b:443", Host: "b"}}}
	r := Traces([]string{"a", "b"}, []*evidence.Trace{a, b})
	if r.Same() || len(r.Hosts) != 2 || r.Hosts[0].Cells[1].Walked {
		t.Errorf("%+v", r)
	}
	if same := Traces([]string{"a", "a"}, []*evidence.Trace{a, a}); !same.Same() {
		t.Errorf("a report differs from itself: %+v", same.Findings)
	}
}

func TestRotatedAnswersAreAlike(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{{"1.1.1.1 2.2.2.2", "2.2.2.2 3.3.3.3", true}, {"1.1.1.1", "2.2.2.2", false}, {"", "1.1.1.1", false}} {
		if got := alike(evidence.OpResolve, c.a, c.b); got != c.same {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}

// handshakeWith is a report in which a host presented a chain of so many
// certificates, which ends in a way.
func handshakeWith(issuer, anchor string, certificates int, offset *float64) *evidence.Trace {
	d := evidence.Handshake{Anchor: evidence.Anchor{Kind: anchor}}
	for range certificates {
		d.Chain = append(d.Chain, evidence.Certificate{IssuerOrg: []string{issuer}})
	}
	return &evidence.Trace{Vantage: evidence.Vantage{ClockOffsetMS: offset}, Targets: []evidence.Target{{ID: "a:443", Host: "a"}},
		Hops: []evidence.Hop{{ID: 1, Op: evidence.OpHandshake, Target: "a:443", Purpose: evidence.Path, State: evidence.OK, Detail: d}}}
}

// Only a whole chain of an authority that is not public stands for inspection; a
// server that forgets a certificate does not.
func TestAuthoritiesAreNotAccused(t *testing.T) {
	for name, c := range map[string]struct {
		anchor       string
		certificates int
		want         string
	}{
		"of a local store":            {evidence.AnchorLocal, 1, Inspected},
		"presented with its root":     {evidence.AnchorPresented, 2, Inspected},
		"signed by itself":            {evidence.AnchorPresented, 1, OtherAuthority},
		"an intermediate is missing":  {evidence.AnchorMissing, 1, OtherAuthority},
		"of another public authority": {evidence.AnchorPublic, 2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := Traces([]string{"a", "b"}, []*evidence.Trace{handshakeWith("DigiCert Inc", evidence.AnchorPublic, 2, nil), handshakeWith("Corp", c.anchor, c.certificates, nil)})
			expect(t, r, c.want)
		})
	}
	t.Run("two local ones", func(t *testing.T) {
		r := Traces([]string{"a", "b"}, []*evidence.Trace{handshakeWith("Corp", evidence.AnchorLocal, 2, nil), handshakeWith("Branch", evidence.AnchorLocal, 2, nil)})
		expect(t, r, OtherAuthority)
	})
}

func expect(t *testing.T, r Result, want string) {
	t.Helper()
	if want == "" && len(r.Findings) != 0 || want != "" && (len(r.Findings) != 1 || r.Findings[0].Code != want) {
		t.Errorf("%+v, want %q alone", r.Findings, want)
	}
}

// A clock that nobody measured is not one that is right.
func TestClocks(t *testing.T) {
	for name, c := range map[string]struct {
		a, b *float64
		text string
	}{
		"behind":       {new(0.0), new(3.6e6), "the clocks differ. a: within a minute of the servers. b: 3600 s behind the servers."},
		"ahead":        {new(-3.6e6), new(900.0), "the clocks differ. a: 3600 s ahead of the servers. b: within a minute of the servers."},
		"not measured": {nil, new(3.6e6), "the clocks differ. a: not measured. b: 3600 s behind the servers."},
		"nobody knows": {nil, nil, ""},
		"near":         {new(-20e3), new(20e3), ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := Traces([]string{"a", "b"}, []*evidence.Trace{handshakeWith("X", evidence.AnchorPublic, 2, c.a), handshakeWith("X", evidence.AnchorPublic, 2, c.b)})
			switch {
			case c.text == "" && len(r.Findings) > 0:
				t.Errorf("%+v", r.Findings)
			case c.text != "" && (len(r.Findings) != 1 || r.Findings[0].Code != OtherClock || r.Findings[0].Text != c.text):
				t.Errorf("%+v, want %q", r.Findings, c.text)
			}
		})
	}
}
