package fault

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Scenario is a World as a scenario file has it. Keys are the names of the fields in
// lower case, durations as Go writes them ("1.5s"), and what is zero is left out.
type Scenario struct {
	World   `yaml:",inline"`
	Written []Written `yaml:"faults"`
}

// Written is a fault in a scenario file: one of its kinds is set, and maybe how often it
// strikes, as in [Counted].
type Written struct {
	Socket       *Socket
	DNS          *DNS
	Connect      *Connect
	ProxyAuth    *ProxyAuth `yaml:"proxy_auth"`
	ProxyPort    *ProxyPort `yaml:"proxy_port"`
	Handshake    *Handshake
	Certificate  *Certificate
	TLSServer    *TLSServer `yaml:"tls_server"`
	PathMTU      *PathMTU   `yaml:"path_mtu"`
	HTTP         *HTTP
	Stream       *Stream
	Chain        *Chain
	ConnectReply *ConnectReply `yaml:"connect_reply"`
	HTTPReply    *HTTPReply    `yaml:"http_reply"`

	After int
	Every int
	Times int
}

// Scenario writes the World. It fails for a fault that counts faults that count.
func (w World) Scenario() (*Scenario, error) {
	out := &Scenario{World: w}
	for _, f := range w.Faults {
		one, err := written(f)
		if err != nil {
			return nil, err
		}
		out.Written = append(out.Written, one)
	}
	out.Faults = nil
	return out, nil
}

// Network is the World that a scenario describes, if it can be served: else the error is
// a [*Misplaced].
func (s *Scenario) Network() (World, error) {
	w := s.World
	for i, one := range s.Written {
		f, err := one.fault()
		if err != nil {
			return w, &Misplaced{fmt.Sprintf("faults[%d]", i), err}
		}
		w.Faults = append(w.Faults, f)
	}
	return w, w.Check()
}

func written(f Fault) (Written, error) {
	var out Written
	if c, ok := f.(Counted); ok {
		out.After, out.Every, out.Times = c.After, c.Every, c.Times
		f = c.Fault
	}
	kind := reflect.TypeOf(f)
	v := reflect.ValueOf(&out).Elem()
	for i := range v.NumField() {
		if at := v.Field(i); at.Kind() == reflect.Pointer && at.Type().Elem() == kind {
			at.Set(reflect.New(kind))
			at.Elem().Set(reflect.ValueOf(f))
			return out, nil
		}
	}
	return out, fmt.Errorf("%s cannot be written in a scenario", Name(f))
}

// fault is the one kind that is set.
func (w Written) fault() (Fault, error) {
	var out Fault
	v := reflect.ValueOf(w)
	for i := range v.NumField() {
		if at := v.Field(i); at.Kind() == reflect.Pointer && !at.IsNil() {
			if out != nil {
				return nil, errors.New("a fault is of one kind; give each an entry of its own")
			}
			out, _ = at.Elem().Interface().(Fault) // a pointer here is of a kind
		}
	}
	switch {
	case out == nil:
		return nil, fmt.Errorf("a fault needs a kind, one of %s", strings.Join(kinds(), ", "))
	case w.After < 0 || w.Every < 0 || w.Times < 0:
		return nil, errors.New("after, every and times are not negative")
	case w.After != 0 || w.Every != 0 || w.Times != 0:
		return Counted{Fault: out, After: w.After, Every: w.Every, Times: w.Times}, nil
	}
	return out, nil
}

// kinds are the keys by which a fault is of a kind.
func kinds() []string {
	var out []string
	t := reflect.TypeFor[Written]()
	for i := range t.NumField() {
		if f := t.Field(i); f.Type.Kind() == reflect.Pointer {
			name := f.Tag.Get("yaml")
			if name == "" {
				name = strings.ToLower(f.Name)
			}
			out = append(out, name)
		}
	}
	return out
}
