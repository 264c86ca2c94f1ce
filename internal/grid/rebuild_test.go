package grid

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/rebuild"
	"pullpath/internal/report"
)

// notRebuilt are the Worlds whose cause lies in files of the client's host: a
// report has what was made of them, a network has none.
func notRebuilt(world fault.World) string {
	switch {
	case world.Survey != nil:
		return "settings are read, no path is walked"
	}
	return ""
}

// roundTripExceptions are the further Worlds that do not come back, and why.
var roundTripExceptions = map[string]string{
	"proxy-credentials-unescaped":   "the password that breaks the URL is in no report",
	"proxy-credentials-unescaped-2": "the password that breaks the URL is in no report",
}

// caused lists the unmasked codes with their targets.
func caused(r diagnosis.Result) []string {
	var out []string
	for _, f := range r.Unmasked() {
		if slices.Contains(visible(r), f.Code) {
			out = append(out, fmt.Sprint(f.Code, " ", f.Targets))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// The law: report -> World -> report. The network that is rebuilt from a report is
// judged as the one that was reported.
func TestRebuiltNetworkIsJudgedTheSame(t *testing.T) {
	slots := make(chan struct{}, atOnce)
	for _, name := range slices.Sorted(maps.Keys(all())) {
		w := all()[name]
		if w.err != nil || notRebuilt(w.world) != "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slots <- struct{}{}
			defer func() { <-slots }()
			world, cannot := rebuild.World(saved(t, w), time.Minute)
			again := walk(world)
			if again.err != nil {
				t.Fatal(again.err)
			}
			same := slices.Equal(caused(again.result), caused(w.result))
			why, excepted := roundTripExceptions[name]
			switch {
			case !same && !excepted:
				t.Errorf("rebuilt: %v, before: %v; not rebuilt: %s", caused(again.result), caused(w.result), strings.Join(cannot, "; "))
			case same && excepted:
				t.Errorf("comes back, and is excepted: %s", why)
			}
		})
	}
}

// A proxy on the client's own machine, beside a name server there, comes back.
func TestLoopbackProxyIsRebuilt(t *testing.T) {
	at := fault.Site{Profile: "redhat", Proxies: []fault.Host{{Name: "127.0.0.1", Address: "127.0.0.1"}}, Resolvers: []string{"127.0.0.1:53"}}
	w := walk(fault.World{Site: &at, Env: map[string]string{"HTTPS_PROXY": "http://127.0.0.1:3128"},
		Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Status: 403}}})
	if w.err != nil {
		t.Fatal(w.err)
	}
	if got := caused(w.result); len(got) != 1 || !strings.HasPrefix(got[0], "proxy-connect-denied ") {
		t.Fatalf("%v, want proxy-connect-denied alone", got)
	}
	world, cannot := rebuild.World(saved(t, w), time.Minute)
	if again := walk(world); again.err != nil || !slices.Equal(caused(again.result), caused(w.result)) {
		t.Errorf("rebuilt: %v, %v, before: %v; not rebuilt: %q", caused(again.result), again.err, caused(w.result), cannot)
	}
}

// saved is a trace as a report brings it back.
func saved(t *testing.T, w walked) *evidence.Trace {
	t.Helper()
	var b bytes.Buffer
	if err := report.JSON(&b, w.trace, w.result); err != nil {
		t.Fatal(err)
	}
	out, err := evidence.Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
