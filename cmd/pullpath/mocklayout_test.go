package main

import (
	"fmt"
	"testing"

	"pullpath/internal/fault"
	"pullpath/mockproxy"
)

// Two servers at one address, of which one has a fault, make the same namespace each
// time: what holds for the whole address stands before what holds for a port.
func TestALayoutIsTheSameEachTime(t *testing.T) {
	const shared = "203.0.113.128"
	n, err := mockproxy.Start(fault.World{Site: &fault.Site{Proxies: []fault.Host{{Name: fault.ProxyName, Address: shared}},
		Resolvers: []string{shared + ":53"}},
		Faults: []fault.Fault{fault.Socket{Host: fault.TheResolver, Effect: fault.NoRoute}}}, mockproxy.Complete())
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	first := ""
	for range 30 {
		l := layoutOf(n, true)
		effects := []fault.Effect{}
		for _, p := range l.Places {
			if p.Address.String() == shared {
				effects = append(effects, p.Effect)
			}
		}
		if len(effects) != 2 || effects[0] != "" || effects[1] != fault.NoRoute {
			t.Fatalf("at %s: %q", shared, effects)
		}
		text := fmt.Sprint(l.Places)
		if first != "" && text != first {
			t.Fatalf("%s\nand before\n%s", text, first)
		}
		first = text
	}
}
