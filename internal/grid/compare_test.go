package grid

import (
	"bytes"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"pullpath/internal/compare"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/golden"
	"pullpath/internal/report"
)

// comparisons are pairs of Worlds and the differences that are named.
func comparisons() map[string]struct {
	a, b  fault.World
	codes []string
} {
	squid := fault.Connect{Status: 403, Headers: []string{"Server: squid/5.7", "X-Squid-Error: ERR_ACCESS_DENIED 0"}}
	tiny := fault.Connect{Status: 403, Headers: []string{"Server: tinyproxy/1.11.1"}}
	nodes := func(faults ...fault.Fault) fault.World { return fault.World{ProxyNodes: 2, Faults: faults} }
	type pair = struct {
		a, b  fault.World
		codes []string
	}
	return map[string]pair{
		"same":    {fault.World{}, fault.World{}, nil},
		"refused": {fault.World{}, fault.World{Faults: []fault.Fault{squid}}, []string{compare.Refused, compare.OtherDevice}[:1]},
		"device":  {fault.World{Faults: []fault.Fault{squid}}, fault.World{Faults: []fault.Fault{tiny}}, []string{compare.OtherDevice}},
		"inspected": {fault.World{}, fault.World{Faults: []fault.Fault{fault.Certificate{Issuer: "interceptor"}}},
			[]string{compare.Inspected}},
		"route": {fault.World{}, fault.World{Direct: true}, []string{compare.OtherRoute}},
		"answer": {fault.World{Direct: true}, fault.World{Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Rcode: "NXDOMAIN"}}}, []string{compare.OtherAnswer}},
		"proxy node":    {nodes(), nodes(fault.Socket{Host: fault.ProxyNode(1), Effect: fault.Refuse}), []string{compare.OtherNode}},
		"client":        {fault.World{}, fault.World{Flags: []string{"--client=skopeo"}}, []string{compare.OtherClient}},
		"clock":         {fault.World{Direct: true}, fault.World{Direct: true, ClientClock: -45 * 24 * 3600e9}, []string{compare.OtherClock}},
		"missing hosts": {fault.World{}, fault.World{Targets: []string{"cdn.quay.io:443"}}, []string{compare.NotWalked}},
	}
}

var port = regexp.MustCompile(`127\.0\.0\.1:\d+`)

func TestComparisons(t *testing.T) {
	t.Parallel()
	for name, c := range comparisons() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := walk(c.a), walk(c.b)
			if a.err != nil || b.err != nil {
				t.Fatal(a.err, b.err)
			}
			r := compare.Traces([]string{"a.json", "b.json"}, []*evidence.Trace{saved(t, a), saved(t, b)})
			var codes []string
			for _, f := range r.Findings {
				if !slices.Contains(codes, f.Code) {
					codes = append(codes, f.Code)
				}
			}
			if !slices.Equal(codes, c.codes) {
				t.Errorf("differences %v, want %v", codes, c.codes)
			}
			if r.Same() != (len(c.codes) == 0) {
				t.Errorf("same: %v", r.Same())
			}
			var out bytes.Buffer
			if err := report.CompareTable(&out, r, 80); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, filepath.Join("testdata", "compare", name+".txt"), port.ReplaceAllString(steady(out.String()), "PORT"))
		})
	}
}
