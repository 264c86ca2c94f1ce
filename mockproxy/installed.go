package mockproxy

import (
	"fmt"
	"slices"
	"sync"

	"pullpath/internal/fault"
)

// Installed is a fault of a running network.
type Installed struct {
	ID int `json:"id"`
	// Fault is as it was typed, else as it could be.
	Fault string `json:"fault"`
	// Occasions is how often it could have struck, and Struck how often it did.
	Occasions int `json:"occasions"`
	Struck    int `json:"struck"`

	// given is the fault as it was installed, fault what it is without counts.
	given, fault fault.Fault
	count        fault.Counted
}

// installed are the faults of a network, which may change while it runs. It is
// safe for concurrent use.
type installed struct {
	mu   sync.Mutex
	next int
	list []*Installed
}

// add installs a fault and returns its number.
func (s *installed) add(f fault.Fault) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	one := &Installed{ID: s.next, given: f, fault: fault.Bare(f)}
	if asked, ok := f.(fault.Asked); ok {
		f = asked.Fault
	}
	one.count, _ = f.(fault.Counted)
	s.list = append(s.list, one)
	return s.next
}

// remove takes a fault out; false where there is none of that number.
func (s *installed) remove(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.list, func(one *Installed) bool { return one.ID == id })
	if i >= 0 {
		s.list = slices.Concat(s.list[:i], s.list[i+1:])
	}
	return i >= 0
}

// all returns the faults with their counts as they are now.
func (s *installed) all() []Installed {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Installed{}
	for _, one := range s.list {
		shown := *one
		shown.Fault = fault.Text(one.given)
		out = append(out, shown)
	}
	return out
}

// now returns the faults as they are installed. Of each the fault itself may be read: it
// does not change, and the list is made anew when one is taken out.
func (s *installed) now() []*Installed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list
}

// look returns the first fault of a type for which hit holds, without an occasion
// for it to strike.
func look[F fault.Fault](n *Network, hit func(F) bool) (F, bool) {
	for _, one := range n.faults.now() {
		if typed, ok := one.fault.(F); ok && hit(typed) {
			return typed, true
		}
	}
	var none F
	return none, false
}

// strike returns the first fault of a type for which hit holds and that strikes
// now: each that could is counted.
func strike[F fault.Fault](n *Network, hit func(F) bool) (F, bool) {
	s := &n.faults
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.list {
		typed, ok := one.fault.(F)
		if !ok || !hit(typed) {
			continue
		}
		strikes := one.count.Strikes(one.Occasions, one.Struck)
		one.Occasions++
		if strikes {
			one.Struck++
			return typed, true
		}
	}
	var none F
	return none, false
}

// Faults returns those that are installed now, with their counts.
func (n *Network) Faults() []Installed { return n.faults.all() }

// Install adds a fault to the running network, and returns its number. What only a
// dialler plays cannot be added: its clients have their addresses already.
func (n *Network) Install(f fault.Fault) (int, error) {
	switch s := fault.Bare(f).(type) {
	case fault.Socket:
		if s.Effect != fault.Reset {
			return 0, fmt.Errorf("%s is part of the network's addresses: give it at the start", fault.Name(f))
		}
	case fault.PathMTU:
		return 0, fmt.Errorf("%s is part of the network's addresses: give it at the start", fault.Name(f))
	}
	return n.faults.add(f), nil
}

// Remove takes a fault out of the running network; false where there is none.
func (n *Network) Remove(id int) bool { return n.faults.remove(id) }
