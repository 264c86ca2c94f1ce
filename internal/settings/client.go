package settings

import (
	"net/url"

	"pullpath/internal/route"
)

// Client is one client on a host: the rules that it follows, and what it finds
// set.
type Client struct {
	// Tool is its name as people know it: "dockerd".
	Tool string
	// Version is its version as it was found, empty where none was.
	Version string
	// Dialect are its rules; Assumed tells that no version was found and the
	// newest known rules stand in.
	Dialect route.Dialect
	Assumed bool
	// Env is what it finds set, in layers; the last one of a name counts.
	Env route.Environment
	// PerURL are settings that hold for some URLs only (git's http.<url>.proxy).
	PerURL []URLProxy
	// Scope says what its decisions are about where that is not the pull itself.
	Scope string
	// Unknown says why the effective value cannot be known from here, Find how to
	// learn it.
	Unknown string
	Find    string
	// Installed and Running tell what was seen of it.
	Installed, Running bool
	// Daemon tells that a service manager starts it, not a shell.
	Daemon bool
	// Remarks are facts about the sources that it reads.
	Remarks []Remark
}

// URLProxy is a proxy for the URLs that begin with Prefix.
type URLProxy struct {
	Prefix string
	Value  string
	Source string
}

// Decide returns the client's way to a URL.
func (c Client) Decide(target *url.URL) route.Decision {
	env := c.Env
	best := -1
	for i, p := range c.PerURL {
		if p.covers(target) && (best < 0 || len(p.Prefix) > len(c.PerURL[best].Prefix)) {
			best = i
		}
	}
	if best >= 0 {
		env = env.WithSetting(c.PerURL[best].Value, c.PerURL[best].Source)
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

// Name is the tool with its version.
func (c Client) Name() string {
	if c.Version == "" {
		return c.Tool
	}
	return c.Tool + " " + c.Version
}
