package profile

import (
	"fmt"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// World are the hosts of a made-up network in which all of the profile's answer as
// it expects: the healthy World's own, and those that are walked besides.
func (p Profile) World() []fault.Host {
	out := fault.Hosts()
	known := map[string]bool{}
	for _, h := range out {
		known[h.Name] = true
	}
	for i, h := range p.Hosts {
		at, free := address(i)
		if known[h.Host] || !h.Walkable() || !free {
			continue
		}
		known[h.Host] = true
		host := fault.Host{Name: h.Host, Role: string(h.Role), Address: at, Private: !h.Public}
		if h.Expect != nil {
			host.Service = h.Expect.Service
			if len(h.Expect.Realm) > 0 {
				host.Realm = h.Expect.Realm[0]
			}
		}
		if h.Role == evidence.Service {
			host.Role = string(evidence.Blob) // it has no conversation of its own
		}
		out = append(out, host)
	}
	return out
}

// ranges are those that RFC 5737 keeps for examples, with the first and last
// address that is free in them: the healthy World's own hosts lie below the first
// range's, a router of every World on 198.51.100.1.
var ranges = []struct {
	prefix      string
	first, last int
}{{"203.0.113", 120, 254}, {"192.0.2", 1, 254}, {"198.51.100", 2, 254}}

// address gives each host one of its own, as long as there are some.
func address(i int) (string, bool) {
	for _, r := range ranges {
		if size := r.last - r.first + 1; i >= size {
			i -= size
			continue
		}
		return fmt.Sprintf("%s.%d", r.prefix, r.first+i), true
	}
	return "", false
}
