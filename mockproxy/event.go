package mockproxy

import (
	"sync"
	"time"
)

// Event is one thing that reached the network, in the order of arrival. It
// serves the access log and tests that count.
type Event struct {
	At time.Time
	// Kind is "dns", "tcp", "connect", "handshake" or "request".
	Kind string
	// Host is the World's host, the proxy or the resolver.
	Host string
	// Peer is the address that it came from.
	Peer string
	// Headers are the fields of a request, "Name: value", without secrets; only
	// [Follow] sees them.
	Headers []string
	// What is the question, request line or status.
	What string
	// Auth is the scheme of the credentials that came along, never their value.
	Auth string
	// Fault names the fault that was applied as fault.Name does, empty for none.
	Fault string
}

// journal keeps events; it is safe for concurrent use.
type journal struct {
	mu     sync.Mutex
	events []Event
	follow func(Event)
	// sorts are counted besides, since only the last events are kept.
	sorts []Counter
	// shaken counts the handshakes with each host of the World, for the same reason.
	shaken map[string]int
	now    func() time.Time
}

func (j *journal) add(e Event) {
	e.At = j.now()
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.events) >= maxEvents {
		j.events = append(j.events[:0:0], j.events[len(j.events)/2:]...)
	}
	kept := e
	kept.Headers = nil // for who follows; kept, they would be most of the memory
	j.events = append(j.events, kept)
	j.count(e)
	if e.Kind == "handshake" {
		if j.shaken == nil {
			j.shaken = map[string]int{}
		}
		j.shaken[e.Host]++
	}
	if j.follow != nil {
		j.follow(e)
	}
}

func (j *journal) all() []Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Event(nil), j.events...)
}

// among tells that a host has been shaken hands with fewer than first times; 0
// means that the number does not matter.
func (j *journal) among(first int, host string) bool {
	if first == 0 {
		return true
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.shaken[host] < first
}

// maxEvents bounds what is kept of a network that runs for days; then the older
// half goes.
const maxEvents = 1 << 16

// count adds an event to those of its sort.
func (j *journal) count(e Event) {
	for i, c := range j.sorts {
		if c.Kind == e.Kind && c.Host == e.Host && c.Fault == e.Fault {
			j.sorts[i].Count++
			return
		}
	}
	if len(j.sorts) < maxSorts {
		j.sorts = append(j.sorts, Counter{e.Kind, e.Host, e.Fault, 1})
	}
}

// maxSorts bounds the counters: names that are looked up are the clients' choice.
const maxSorts = 1 << 10

func (j *journal) counters() []Counter {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Counter{}, j.sorts...)
}
