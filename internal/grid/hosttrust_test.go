package grid

import (
	"slices"
	"strings"
	"testing"

	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
)

// A chain that only the host's store trusts is not said to be trusted by an engine whose machine is not
// given the host's CAs, and is where the machine takes them.
func TestInterceptionThatTheHostAloneTrusts(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{"{}": "with a CA that this host trusts",
		`{"ImportNativeCA": true}`: "with a CA that the client trusts"} {
		w := walk(fault.World{TrustInterceptor: true, Flags: []string{"--client=podman-machine"},
			Files:  map[string]string{"/root/.config/containers/podman/machine/qemu/work.json": config},
			Faults: []fault.Fault{fault.Certificate{Host: fault.Everyone, Issuer: "interceptor"}}})
		if w.err != nil {
			t.Fatal(w.err)
		}
		i := slices.IndexFunc(w.result.Findings, func(f diagnosis.Finding) bool { return f.Code == "tls-intercepted-trusted" })
		if i < 0 || !strings.Contains(w.result.Findings[i].Title, want) {
			t.Errorf("%s: %s, want %s", config, told(w), want)
			continue
		}
		alone := strings.Contains(w.result.Findings[i].Remedy, "the machine of the client needs the CA too")
		said := slices.ContainsFunc(w.result.Findings, func(f diagnosis.Finding) bool { return f.Code == "client-trust-misplaced" })
		if alone != (config == "{}") || said != alone {
			t.Errorf("%s: %v %v %s", config, alone, said, w.result.Findings[i].Remedy)
		}
	}
}
