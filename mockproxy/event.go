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
	// [Follow] and [Log] see them.
	Headers []string
	// What is the question, request line or status.
	What string
	// Auth is the scheme of the credentials that came along, never their value.
	Auth string
	// Fault names the fault that was applied as fault.Name does, empty for none.
	Fault string
	// Status is that of the answer to a request, "-" for an answer without one, or the
	// reply code of a SOCKS server; Bytes are those of the answer's body, and Took how
	// long it was in the making. Of a tunnel that is the answer that opens it. Only [Log]
	// sees them.
	Status string
	Bytes  int64
	Took   time.Duration
	// pending marks one that is logged once it is answered.
	pending bool
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
	// log hears of an exchange when it is answered. open are those under way that it is
	// to hear of, none once it is over.
	log  func(Event)
	open sync.WaitGroup
	over bool
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
	if j.log != nil && !e.pending {
		j.log(e)
	}
}

// tell logs an event that was kept before.
func (j *journal) tell(e Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.log(e)
}

// begin announces an exchange that will be logged; false where it is too late.
func (j *journal) begin() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.over {
		j.open.Add(1)
	}
	return !j.over
}

// settle waits for the exchanges under way, whose connections have ended.
func (j *journal) settle() {
	j.mu.Lock()
	j.over = true
	j.mu.Unlock()
	j.open.Wait()
}

func (j *journal) all() []Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Event(nil), j.events...)
}

// among reports whether a host has been shaken hands with fewer than first times; 0
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
