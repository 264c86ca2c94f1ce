package fault

import (
	"errors"
	"fmt"
)

// Scenario is a World as a scenario file has it. Keys are the names of the fields in
// lower case, durations as Go writes them ("1.5s"), and what is zero is left out. Faults
// are written as they are typed.
type Scenario struct {
	World   `yaml:",inline"`
	Written []Written `yaml:"faults"`
}

// Written is a fault in a scenario file: its text.
type Written string

// MarshalYAML returns the text as a plain string, which is quoted where it must be.
func (w Written) MarshalYAML() (any, error) { return string(w), nil }

// UnmarshalYAML reads the text, and says of anything else what stands there.
func (w *Written) UnmarshalYAML(read func(any) error) error {
	var text string
	if read(&text) != nil {
		return errors.New("a fault is written as --fault takes it: connect-status:status=403")
	}
	*w = Written(text)
	return nil
}

// Scenario writes the World. It fails for a fault that cannot be typed.
func (w World) Scenario() (*Scenario, error) {
	out := &Scenario{World: w}
	for _, f := range w.Faults {
		text, ok := Typed(f)
		if !ok {
			return nil, fmt.Errorf("%s cannot be written in a scenario", Text(f))
		}
		out.Written = append(out.Written, Written(text))
	}
	out.Faults = nil
	return out, nil
}

// Network returns the World that a scenario describes, if it can be served: else the
// error is a [*Misplaced].
func (s *Scenario) Network() (World, error) {
	w := s.World
	for i, text := range s.Written {
		f, err := Parse(string(text))
		if err != nil {
			return w, &Misplaced{fmt.Sprintf("faults[%d]", i), err}
		}
		w.Faults = append(w.Faults, f)
	}
	return w, w.Check()
}
