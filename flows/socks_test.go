package flows

import (
	"net/url"
	"testing"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/route"
)

// A side probe that asks for the walk's own host gives the address of the first walk,
// because a connection made anew may look the name up at the same time.
func TestSameAddressIsTheFirstWalks(t *testing.T) {
	const host, port = "registry.example", 443
	env := route.Environment{{Name: "https_proxy", Value: "socks5://proxy.example:1080"}}
	d := route.Go().Decide(env, &url.URL{Scheme: "https", Host: host})
	shape, err := ShapeOf("curl", "")
	if err != nil {
		t.Fatal(err)
	}
	r := &run{cfg: Config{Client: shape}, rec: newRecorder(time.Now, nil, evidence.Scribe{})}
	target := evidence.Target{ID: host + ":443", Endpoint: evidence.Endpoint{Host: host, Port: port}}
	w := &walk{run: r, planned: Planned{Target: target, Decision: d}, log: &targetLog{target: target}}
	for _, address := range []string{"192.0.2.1", "192.0.2.2"} {
		r.cfg.Pins = []Pin{{Host: host, Port: port, Address: address}}
		if got, _ := w.lookUpForSOCKS(nil, target.Endpoint); got != address+":443" {
			t.Errorf("the tunnel is asked for %s, want %s", got, address)
		}
	}
	if got := w.sameAddress(target.ID); got != "192.0.2.1:443" {
		t.Errorf("a probe asks for %s, want the first walk's address", got)
	}
}
