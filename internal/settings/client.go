package settings

import (
	"net/url"

	"pullpath/internal/route"
)

// Client is one client on a host: the rules that it follows and the settings that it
// finds.
type Client struct {
	// Tool is its name as people know it: "dockerd".
	Tool string
	// Version is its version, empty where none was found.
	Version string
	// Dialect is its rules. Assumed means that no version was found, so that the
	// newest known rules are used.
	Dialect route.Dialect
	Assumed bool
	// Toolchain is the Go release that its program was built with ("go1.22.5"), empty where that
	// is not known.
	Toolchain string
	// Env is the variables that it finds, in layers; the last one of a name counts.
	Env route.Environment
	// PerURL are settings that hold for some URLs only (git's http.<url>.proxy).
	PerURL []URLProxy
	// Scope says what its decisions concern where that is not the pull itself.
	Scope string
	// Unknown says why the effective value cannot be known from here. Find says how
	// to find it out.
	Unknown string
	Find    string
	// Installed and Running say whether its program and its process were found.
	Installed, Running bool
	// Daemon means that a service manager starts it, not a shell. Change says how it is given another
	// proxy, in the words of its host's system; empty for what a shell starts.
	Daemon bool
	Change string
	// Remarks are facts about the sources that it reads.
	Remarks []Remark
	// Unread are places that may decide for it and were not read.
	Unread []Unread
	// Machine is the machine inside the host on which it pulls; nil where it pulls on the host.
	Machine *Machine
	// Lost says why the proxy that it is told cannot be the one that is meant: it then reaches none.
	Lost string
	// Handed is a PAC file of the host that is not handed over to where it pulls.
	Handed *PAC
	// Why says why it goes direct whatever its settings name; empty where nothing keeps it.
	Why string
	// PAC is the script that decides where the host's system setting names one; Decide asks ByPAC
	// then, and is unsure where nobody has read the script.
	PAC   *PAC
	ByPAC func(*url.URL) route.Decision
	// Trust is where it looks for a registry's CA.
	Trust Trust
	// off is a key of its own that keeps it from every proxy; without a name there is none.
	off route.Variable
	// dropIn is where a drop-in of its unit stands, empty for what no unit starts.
	dropIn string
	// vendor tells that it talks to its vendor's hosts alone.
	vendor bool
}

// URLProxy is a proxy for the URLs that begin with Prefix.
type URLProxy struct {
	Prefix string
	Proxy  route.Variable
}

// Decide returns the client's route to a URL.
func (c Client) Decide(target *url.URL) route.Decision {
	if c.off.Name != "" {
		return route.Decision{Dialect: c.Dialect.Name, Kind: route.Direct, Reason: route.Implicit,
			Implicit: c.off.Called() + " = " + c.off.Value + " keeps it from every proxy (from " + c.off.Source + ")"}
	}
	if c.Why != "" {
		return route.Decision{Dialect: c.Dialect.Name, Kind: route.Direct, Reason: route.Implicit, Implicit: c.Why}
	}
	if c.PAC != nil {
		return c.askPAC(target)
	}
	env := c.Env
	best := -1
	for i, p := range c.PerURL {
		if p.covers(target) && (best < 0 || len(p.Prefix) > len(c.PerURL[best].Prefix)) {
			best = i
		}
	}
	if best >= 0 {
		env = env.WithSetting(c.PerURL[best].Proxy)
	}
	return c.Dialect.Decide(env, target)
}

// covers compares scheme, host and port of the prefix, with * for one label as
// git has it (git-config(1), http.<url>.*).
func (p URLProxy) covers(target *url.URL) bool {
	u, err := url.Parse(p.Prefix)
	if err != nil || target == nil {
		return false
	}
	return u.Scheme == target.Scheme && u.Port() == target.Port() && labelsMatch(u.Hostname(), target.Hostname())
}

// Name returns the tool with its version.
func (c Client) Name() string {
	if c.Version == "" {
		return c.Tool
	}
	return c.Tool + " " + c.Version
}
