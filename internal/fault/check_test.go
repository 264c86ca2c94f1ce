package fault

import (
	"testing"
	"time"
)

// Of several things that are wrong the same one is told each time.
func TestCheckNamesTheSameFirst(t *testing.T) {
	wrong := map[string]string{"E": "x", "C": "x", "A": "x", "D": "x", "B": "x"}
	for want, world := range map[string]World{
		`env.A: only proxy variables are set`:                {Env: wrong},
		`pins: "A" at "x": not a host name at an IP address`: {Pins: wrong},
		`proxy_nodes: -1 of them; at most 64 can be served`:  {ProxyNodes: -1, Resolvers: -1},
		`client_clock: 2400000h0m0s is more than 100 years`: {Clock: 2400000 * time.Hour, ClientClock: 2400000 * time.Hour,
			TokenClock: 2400000 * time.Hour},
		`site.strays: "A" is not an IP address`: {Site: &Site{Proxies: []Host{{Name: "p", Address: "192.0.2.1"}},
			Strays: map[string]Effect{"C": Refuse, "B": Refuse, "A": Refuse}}},
	} {
		for range 30 {
			if err := world.Check(); err == nil || err.Error() != want {
				t.Fatalf("%v, want %s", err, want)
			}
		}
	}
}

func TestParseNamesTheSameFirst(t *testing.T) {
	for _, text := range []string{"tcp-refuse:family=a,port=b,behind=c", "tls-reset:first=a,behind=b",
		"http-delay:delay=1s,every=a,after=b,times=c"} {
		first := ""
		for range 30 {
			_, err := Parse(text)
			if err == nil || first != "" && err.Error() != first {
				t.Fatalf("%s: %v, and before %s", text, err, first)
			}
			first = err.Error()
		}
	}
}
