package rebuild

import (
	"encoding/json"
	"testing"
	"time"

	"pullpath/internal/evidence"
)

// The same report is rebuilt as the same network: proxies of variables that no hop went
// through stand in the order of the variables.
func TestARebuiltNetworkIsTheSameEachTime(t *testing.T) {
	trace := &evidence.Trace{}
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "FTP_PROXY"} {
		trace.Run.ProxySettings = append(trace.Run.ProxySettings, evidence.UnusedVariable{Name: name,
			Value: "http://of-" + name + ".example:3128"})
	}
	first := ""
	for range 30 {
		world, _ := World(trace, time.Second)
		data, err := json.Marshal(world.Site.Proxies)
		if err != nil {
			t.Fatal(err)
		}
		if len(world.Site.Proxies) != 4 || first != "" && string(data) != first {
			t.Fatalf("%s, and before %s", data, first)
		}
		first = string(data)
	}
}

// A host at a loopback address that took a connection is there again. Where nothing took one
// the address is that of a sinkhole.
func TestHostsOnLoopback(t *testing.T) {
	const name, address = "registry.corp.example", "127.0.0.1"
	for state, want := range map[evidence.State]bool{evidence.OK: true, evidence.Failed: false} {
		dial := evidence.Hop{ID: 2, Op: evidence.OpDial, Target: name + ":5000", Peer: address + ":5000", Purpose: evidence.Path, State: state,
			Detail: evidence.Dial{Address: address + ":5000"}}
		if state == evidence.Failed {
			dial.Failure = evidence.Fail(evidence.Refused, "connection refused", nil)
		}
		world, _ := World(&evidence.Trace{
			Targets: []evidence.Target{{ID: name + ":5000", Endpoint: evidence.Endpoint{Host: name, Port: 5000}, Role: evidence.Registry}},
			Hops: []evidence.Hop{{ID: 1, Op: evidence.OpResolve, Target: name + ":5000", Purpose: evidence.Path, State: evidence.OK,
				Detail: evidence.Resolve{Name: name, Server: "--resolve", Addresses: []string{address}}}, dial}}, time.Second)
		if got := world.Hosts[0].Address == address; len(world.Hosts) != 1 || got != want {
			t.Errorf("dial %s: hosts %+v", state, world.Hosts)
		}
	}
}
