package resolve

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"time"

	"pullpath/internal/evidence"
)

// Hedge is how long the first server may be silent before the others are
// asked too. Public resolvers answer in well under 200 ms; a second leaves
// room for a cold cache behind a slow link and still saves four of the five
// seconds that resolv.conf(5) waits.
const Hedge = time.Second

// Resolver asks names. The zero value asks nobody but the literal and is
// usable.
type Resolver struct {
	// Servers are the name servers, host:port, in the order of use.
	Servers []string
	// Hosts are the entries of the hosts file, names in lower case.
	Hosts map[string][]netip.Addr
	// Candidates gives the names to try for a name, as the search list has
	// them; nil tries the name itself.
	Candidates func(name string) []string
	// Dial opens connections to servers.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// System is the system's own look-up, asked when there are no servers.
	System func(ctx context.Context, name string) ([]netip.Addr, error)
	// Family limits the addresses to 4 or 6; 0 takes both.
	Family int
	// Now is the clock.
	Now func() time.Time
	// Scribe makes texts fit to be kept.
	Scribe evidence.Scribe
}

// Answer is what one source said, or how asking it failed.
type Answer struct {
	Detail  evidence.Resolve
	Failure *evidence.Failure
	// Peer is the server's address, empty for local sources.
	Peer  string
	Local string
	Began time.Time
	Took  time.Duration
	// Chosen marks the answer that the walk goes on with, or fails with.
	Chosen bool
}

// Addresses returns the answer's addresses, parsed.
func (a Answer) Addresses() []netip.Addr {
	var out []netip.Addr
	for _, s := range a.Detail.Addresses {
		if addr, err := netip.ParseAddr(s); err == nil {
			out = append(out, addr)
		}
	}
	return out
}

// Lookup asks a name and returns one answer per source that was asked, in the
// order of the configuration. Exactly one is chosen. The context bounds all.
func (r *Resolver) Lookup(ctx context.Context, name string) []Answer {
	if a, ok := r.local(name); ok {
		return []Answer{a}
	}
	if len(r.Servers) == 0 {
		return []Answer{r.system(ctx, name)}
	}
	answers := r.askServers(ctx, name)
	answers[choose(answers)].Chosen = true
	return answers
}

// local answers from what needs no server: an address literal or the hosts file.
func (r *Resolver) local(name string) (Answer, bool) {
	a := Answer{Began: r.Now(), Chosen: true, Detail: evidence.Resolve{Name: name}}
	if addr, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		a.Detail.Server, a.Detail.Addresses = "literal", []string{addr.Unmap().String()}
		return a, true
	}
	pinned := r.sift(r.Hosts[strings.ToLower(strings.TrimSuffix(name, "."))])
	if len(pinned) == 0 {
		return a, false
	}
	a.Detail.Server, a.Detail.Addresses = "hosts", pinned
	return a, true
}

// sift keeps the wanted family, IPv4 first: most sites that block do so on
// both, and IPv4 is the family that every hop of theirs knows.
func (r *Resolver) sift(addrs []netip.Addr) []string {
	var v4, v6 []string
	for _, a := range addrs {
		a = a.Unmap()
		switch {
		case a.Is4() && r.Family != 6:
			v4 = append(v4, a.String())
		case a.Is6() && r.Family != 4:
			v6 = append(v6, a.String())
		}
	}
	return append(v4, v6...)
}

// askServers asks the first server, and the others when it fails or is slow.
func (r *Resolver) askServers(ctx context.Context, name string) []Answer {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make([]Answer, len(r.Servers))
	done := make(chan int, len(r.Servers))
	ask := func(i int) {
		answers[i] = r.askServer(ctx, r.Servers[i], name)
		done <- i
	}
	go ask(0)
	hedge := time.NewTimer(Hedge)
	defer hedge.Stop()
	asked, finished := 1, 0
	for finished < asked || asked < len(answers) {
		more := false
		select {
		case i := <-done:
			finished++
			if answers[i].definite() {
				cancel()
				for ; finished < asked; finished++ {
					<-done
				}
				return answers[:asked]
			}
			more = true
		case <-hedge.C:
			more = true
		}
		for ; more && asked < len(answers); asked++ {
			go ask(asked)
		}
	}
	return answers
}

// definite tells that a stub resolver would stop here: an address, or the
// server's word that there is none. On SERVFAIL and REFUSED it goes on to the
// next server (resolv.conf(5); Go's net/dnsclient_unix.go, tryOneName).
func (a Answer) definite() bool {
	return a.Failure == nil || a.Failure.Kind == evidence.NXDomain || a.Failure.Kind == evidence.NoData
}

// choose picks the answer that a client ends up with: the first definite one,
// else the first of all.
func choose(answers []Answer) int {
	for i, a := range answers {
		if a.definite() {
			return i
		}
	}
	return 0
}

func (r *Resolver) names(name string) []string {
	if r.Candidates == nil {
		return []string{name}
	}
	return r.Candidates(name)
}
