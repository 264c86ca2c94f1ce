package mockproxy

import "pullpath/internal/fault"

// The types of which a network is made.
type (
	// World is everything that a client meets; its zero value is a healthy network with
	// the hosts of registry.redhat.io.
	World = fault.World
	// Host is a host of a World.
	Host = fault.Host
	// Site are names and addresses in place of a World's own.
	Site = fault.Site
	// Stored is a client that takes the logins which are stored on its host.
	Stored = fault.Stored
	// Survey is what is asked of a host whose settings are read.
	Survey = fault.Survey
	// Fault is one thing that is broken; [ParseFault] makes it of its text.
	Fault = fault.Fault
	// Kind is a sort of faults that can be asked for, see [Kinds].
	Kind = fault.Kind
	// Effect is what happens to a connection in place of the proper thing.
	Effect = fault.Effect
	// Handshake is what becomes of ClientHellos.
	Handshake = fault.Handshake
	// Hello says which ClientHellos are meant.
	Hello = fault.Hello
)

// ParseFault reads a fault as it is typed after --fault: NAME or NAME:PARAM=VALUE,….
func ParseFault(text string) (Fault, error) {
	f, err := fault.Read(text, nil)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Kinds returns the faults by name, each with what breaks and its parameters.
func Kinds() []Kind { return fault.Kinds() }
