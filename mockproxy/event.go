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
	// What is the question, request line or status.
	What string
	// Auth is the scheme of the credentials that came along, never their value.
	Auth string
	// Fault names the fault that was applied, empty for none.
	Fault string
}

// journal keeps events; it is safe for concurrent use.
type journal struct {
	mu     sync.Mutex
	events []Event
	follow func(Event)
	now    func() time.Time
}

func (j *journal) add(e Event) {
	e.At = j.now()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e)
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
	n := 0
	for _, e := range j.events {
		if e.Kind == "handshake" && e.Host == host {
			n++
		}
	}
	return n < first
}
