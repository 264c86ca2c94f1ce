package settings

import (
	"net/url"

	"pullpath/internal/route"
)

// Machine is a machine inside a host, on which an engine pulls: a virtual machine, a
// distribution below WSL, a container that is a node. Its way has two steps: what the engine is
// told, and where on the host that leads.
type Machine struct {
	// Name is what people call it: "the VM of Docker Desktop".
	Name string
	// Told is the proxy that the engine inside is told, by the name that it has there, empty for
	// none; Source says who tells it.
	Told   string
	Source string
	// Inside is the command that shows what the engine has, run on the host.
	Inside string
	// Reaches is the host as it is reached from inside, and Change what gives the engine another
	// proxy; empty where that is not known.
	Reaches, Change string
	// CAs is whose roots it trusts.
	CAs CAs
}

// CAs is whose roots an engine in a machine trusts.
type CAs struct {
	// Whose is the host's or the machine's own, empty where no document says it.
	Whose Whose
	// Why says it in one line, Install how a CA gets in, empty where that is not known.
	Why, Install string
}

// Whose names a store of roots.
type Whose string

// Stores.
const (
	// HostRoots are those of the host's own store, of which the machine gets a copy when it starts.
	HostRoots Whose = "host"
	// OwnRoots are those of the machine's own system: the public web's, and what was put into it.
	OwnRoots Whose = "own"
)

// PAC is a proxy auto-config file that decides for a client.
type PAC struct {
	// URL is where the setting says that it is; empty where the setting holds the script itself.
	URL string
	// Variable and Source name the setting.
	Variable, Source string
	// Script is its text, nil where nobody has read it.
	Script []byte
}

// Where names the file for people.
func (p PAC) Where() string {
	if p.URL == "" {
		return "the PAC script in " + p.Source
	}
	return "the PAC file " + quoted(p.URL)
}

// askPAC returns what the script says, unsure where nobody has asked it.
func (c Client) askPAC(target *url.URL) route.Decision {
	if c.ByPAC != nil {
		return c.ByPAC(target)
	}
	return route.Decision{Dialect: c.Dialect.Name, Kind: route.Unsure, Reason: route.Depends, Variable: c.PAC.Variable, Source: c.PAC.Source,
		Why: c.PAC.Where() + " decides for each host (" + c.PAC.Variable + " from " + c.PAC.Source + "), and was not read"}
}

// engines returns the engines that products bring and start themselves.
func (h Host) engines() []Client {
	var out []Client
	for _, p := range h.Programs {
		if p.Engine != nil && h.wants(p.Tool) && p.on(h.Root.System()) {
			out = append(out, p.Engine(h)...)
		}
	}
	return out
}
