package fault

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

func socketKinds() []Kind {
	var out []Kind
	for effect, about := range map[Effect]string{Refuse: "the connection is refused", Drop: "the SYN is dropped",
		Reset: "the accepted connection is reset", NoRoute: "no route leads there",
		Prohibit: "a router prohibits it by ICMP", HostUnreachable: "a router says that the host is unreachable",
		NetUnreachable: "a router says that the network is unreachable", DenyLocally: "this host's own kernel denies it"} {
		out = append(out, Kind{Name: "tcp-" + string(effect), About: about + "; host may be proxy, resolver or resolver-2",
			Params: []string{"host", "address", "family", "port", "behind"},
			build:  func(p params) (Fault, error) { return p.socket(effect) }})
	}
	slices.SortFunc(out, func(a, b Kind) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (p params) socket(effect Effect) (Fault, error) {
	f := Socket{Host: p.host(), Effect: effect, Address: p["address"]}
	for name, into := range inOrder(map[string]*int{"family": &f.Family, "port": &f.Port, "behind": &f.Behind}) {
		var err error
		if *into, err = p.number(name, 0); err != nil {
			return nil, err
		}
	}
	if strings.Contains(f.Address, separator) {
		return nil, errors.New("address is there twice")
	}
	if f.Family != 0 && f.Family != 4 && f.Family != 6 {
		return nil, fmt.Errorf("family=%d is neither 4 nor 6", f.Family)
	}
	return f, nil
}

// streamKinds break connections that were accepted.
func streamKinds() []Kind {
	var out []Kind
	for _, k := range []struct {
		effect Effect
		about  string
	}{{Reset, "an accepted connection is reset after so many bytes to the client"}, {Close, "an accepted connection ends after so many bytes"},
		{HalfClose, "the server stops sending after so many bytes, and goes on listening"}, {Silence, "an accepted connection falls silent after so many bytes"},
		{"", "an accepted connection is slow; rate=4K if neither rate nor delay is given"}} {
		out = append(out, Kind{Name: named("conn", k.effect, "slow"), About: k.about + "; host may be proxy",
			Params: []string{"host", "bytes", "delay", "rate"}, build: func(p params) (Fault, error) { return p.stream(k.effect) }})
	}
	return out
}

func (p params) stream(effect Effect) (Fault, error) {
	slow := 0
	if _, given := p["delay"]; effect == "" && !given {
		slow = slowRate
	}
	f := Stream{Host: p.host(), Effect: effect}
	var of, at, in error
	f.Bytes, of = p.size("bytes", 0)
	f.Rate, at = p.size("rate", slow)
	f.Delay, in = p.delay()
	return f, all(of, at, in)
}

// slowRate is a bad modem's, in bytes a second: a handshake passes, a layer does not.
const slowRate = 4 << 10
