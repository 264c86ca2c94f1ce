package grid

import (
	"fmt"
	"testing"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
)

// BenchmarkDiagnose judges a report of 500 hosts that the proxy refuses.
func BenchmarkDiagnose(b *testing.B) {
	var hosts []fault.Host
	var targets []string
	for i := range 500 {
		name := fmt.Sprintf("registry-%d.corp.example", i)
		hosts = append(hosts, fault.Host{Name: name, Role: "registry", Address: fmt.Sprintf("203.0.%d.%d", 113+i/250, i%250+1)})
		targets = append(targets, name)
	}
	w := walk(fault.World{Hosts: hosts, Targets: targets, Faults: []fault.Fault{fault.Connect{Host: fault.Everyone, Status: 403}}})
	if w.err != nil {
		b.Fatal(w.err)
	}
	b.ReportMetric(float64(len(w.trace.Hops)), "hops")
	for b.Loop() {
		diagnosis.Diagnose(w.trace, catalogue.All())
	}
}
