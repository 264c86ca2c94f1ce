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
		trace.Run.ProxySettings = append(trace.Run.ProxySettings, evidence.UnusedVariable{Name: name, Value: "http://of-" + name + ".example:3128"})
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
