package flows

import (
	"cmp"
	"fmt"
	"strings"

	"pullpath/internal/client"
	"pullpath/tlsinspect"
)

// Shape is how a client identifies itself. A proxy's rule about user agents must see
// what the real client sends.
type Shape struct {
	// Tool is the client's name, Version its version as it was found.
	Tool    string
	Version string
	// Daemon means that a service manager starts it.
	Daemon bool
	// requestAgent goes with requests, connectAgent with CONNECT.
	requestAgent, connectAgent string
	speaks                     client.Speaks
	// release is the Go release that it is built with, where that is known.
	release string
}

// BuiltWith returns the shape of the client where it is built with a release of Go ("go1.22.5")
// and runs under this GODEBUG: both decide which key-exchange groups it offers. An empty release
// is not known.
func (s Shape) BuiltWith(release, godebug string) Shape {
	groups, unable := client.Groups(release, godebug)
	if s.release = release; groups != nil && strings.Contains(s.connectAgent, "Go-http-client") {
		s.speaks.Hello.Groups = groups
	}
	if unable != "" && s.speaks.NotModelled == "" {
		s.speaks.NotModelled = unable
	}
	return s
}

// ShapeOf returns the shape of a tool; an error says that it is not modelled. The
// version may be empty.
func ShapeOf(tool, version string) (Shape, error) {
	c, err := client.Named(tool)
	if err != nil {
		return Shape{}, err
	}
	sent := cmp.Or(version, c.Speaks.Release)
	if c.Speaks.ReleaseOnly {
		sent = c.Speaks.Release
	}
	c.Speaks.Asks = c.Speaks.Asks.Of(version)
	agent := fmt.Sprintf(c.Speaks.Agent, sent)
	return Shape{Tool: tool, Version: version, Daemon: c.Service != "", requestAgent: agent,
		connectAgent: cmp.Or(c.Speaks.ConnectAgent, agent), speaks: c.Speaks}, nil
}

// asks returns how the client asks.
func (s Shape) asks() client.Asks { return s.speaks.Asks }

// hello returns the shape of the client's ClientHello.
func (s Shape) hello() tlsinspect.Shape { return s.speaks.Hello }

// shape returns the run's, the default client's where none was set.
func (c Config) shape() Shape {
	if c.Client.Tool != "" {
		return c.Client
	}
	s, _ := ShapeOf(client.Default, "")
	return s
}
