package settings

import (
	"slices"
	"strconv"

	"pullpath/internal/route"
)

// Host is the source of settings: a host's files and the environment of a shell on it.
type Host struct {
	Root *Root
	// Env is the environment of the shell from which clients are started.
	Env route.Environment
	// EnvRemarks are remarks on the files that Env was read from, if it was read from files.
	EnvRemarks []Remark
	// EnvUnread is a file of these that could not be read, empty for none.
	EnvUnread string
	// Home is the home directory of the user who starts them.
	Home string

	// Programs are the clients to look for, in the order of the table.
	Programs []Program
	// System returns the places of the operating system itself that decide for clients and could
	// not be read, and remarks on those that were; nil where the system has none.
	System func(Host) ([]Unread, []Remark)
	// PACs returns the PAC files that the operating system itself names; nil for none.
	PACs func(Host) []PAC

	processes []Process
	// only is the one tool that is asked for; empty for all.
	only string
}

// wants reports whether a tool is asked for.
func (h Host) wants(tool string) bool { return h.only == "" || h.only == tool }

// Reading is the settings that were found on a host.
type Reading struct {
	Clients []Client
	// Remarks are remarks on sources that belong to no single client.
	Remarks []Remark
}

// Read returns every client of the host: those that a shell starts, and the daemons
// with a unit or a process.
func Read(h Host) Reading {
	out := Reading{Clients: h.clients()}
	out.Remarks = h.Root.limited(slices.Concat(ReadKube(h.Root, h.Home, h.Env).Remarks, h.sudoRemarks(),
		systemTrustRemarks(h.Root), h.Root.Remarks()))
	out.leftOut(h.Root)
	unread, remarks := h.unreadPlaces(out.Clients)
	for _, u := range unread {
		out.Remarks = append(out.Remarks, u.remark())
	}
	out.Remarks = append(out.Remarks, remarks...)
	out.Remarks = slices.Concat(h.Root.unreadRemarks(), out.Remarks)
	return out
}

// ReadClient returns one tool's client, and reads no more than it needs.
func ReadClient(h Host, tool string) (Client, bool) {
	h.only = tool
	out := Reading{Clients: h.clients()}
	out.leftOut(h.Root)
	return out.Client(tool)
}

// clients reads the clients that are asked for.
func (h Host) clients() []Client {
	var names []string
	for _, p := range h.Programs {
		if p.Process != "" && h.wants(p.Tool) {
			names = append(names, p.Process)
		}
	}
	if len(names) > 0 {
		h.processes = Processes(h.Root, names...)
	}
	h.Env, h.EnvRemarks = h.Root.kept(h.Env), h.Root.limited(h.EnvRemarks)
	clients := slices.Concat(h.shellClients(), h.services(), h.engines())
	for i := range clients {
		clients[i].Env, clients[i].Remarks = h.Root.kept(clients[i].Env), h.Root.limited(clients[i].Remarks)
	}
	return h.withPACIgnored(withFacts(clients))
}

// leftOut marks the settings of every client as unknown where not all was read.
func (r Reading) leftOut(root *Root) {
	if unread := root.unreadRemarks(); len(unread) > 0 {
		r.unknown(unread[0].Text)
	}
	root.leaveLarge(r)
}

// leaveLarge notes the files that were too large to be read. Clients that do not read
// them are not affected.
func (r *Root) leaveLarge(found Reading) {
	all := slices.Clone(found.Remarks)
	for _, c := range found.Clients {
		all = append(all, c.Remarks...)
	}
	for _, m := range all {
		if m.Code == TooLarge {
			r.leave("%s %s", quoted(m.Source), m.Text)
		}
	}
}

// unknown marks the settings of every client as unknown: the deciding one may be in a
// part that was not read.
func (r Reading) unknown(why string) {
	for i := range r.Clients {
		if c := &r.Clients[i]; c.Unknown == "" {
			c.Unknown, c.Find = why, "look at the client's own environment and files on the host"
		}
	}
}

// maxRelevant bounds the variables that matter for a client and the remarks on its files.
// A shell has about ten; a host that is wrong in every way has about fifty.
const maxRelevant = 1000

// kept returns the variables of an environment, without those that are too long for a
// program or too many.
func (r *Root) kept(env route.Environment) route.Environment {
	out := slices.DeleteFunc(slices.Clone(env), func(v route.Variable) bool {
		if len(v.Value) > maxValue {
			r.leave("a value of %s with more than %d bytes (%s)", quoted(v.Name), maxValue, quoted(v.Source))
		}
		return len(v.Value) > maxValue
	})
	if len(out) > maxRelevant {
		r.leave("more than %d proxy variables (%s)", maxRelevant, quoted(out[maxRelevant].Source))
		out = out[:maxRelevant]
	}
	return out
}

// limited returns the remarks, at most maxRelevant.
func (r *Root) limited(remarks []Remark) []Remark {
	if len(remarks) <= maxRelevant {
		return remarks
	}
	r.leave("more than %d oddities, such as in %s", maxRelevant, quoted(remarks[maxRelevant].Source))
	return remarks[:maxRelevant]
}

// Client returns a tool's client.
func (r Reading) Client(tool string) (Client, bool) {
	i := slices.IndexFunc(r.Clients, func(c Client) bool { return c.Tool == tool })
	if i < 0 {
		return Client{}, false
	}
	return r.Clients[i], true
}

// Others returns the clients other than a tool that are installed or running and whose
// settings are about their own requests.
func (r Reading) Others(tool string) []Client {
	var out []Client
	for _, c := range r.Clients {
		if c.Tool != tool && (c.Installed || c.Running) && (c.Scope == "" || c.Daemon) {
			out = append(out, c)
		}
	}
	return out
}

// Login is the environment of a login shell of a host, as far as files show it.
type Login struct {
	Env     route.Environment
	Remarks []Remark
	// Unread is the first of these files that is there and could not be read; empty for none.
	Unread string
}

// LoginEnvironment reads what a login shell finds: PAM's file, then the shell's own.
func LoginEnvironment(root *Root, home string) Login {
	var out Login
	out.Unread = root.UnreadBy(func() {
		pam := ReadPAM(root)
		out.Env, out.Remarks = root.kept(pam.Env), pam.Remarks
		for _, f := range ReadLoginShell(root, home, out.Env) {
			out.Env, out.Remarks = append(out.Env, f.Env...), append(out.Remarks, f.Remarks...)
		}
	})
	out.Env, out.Remarks = root.kept(out.Env), root.limited(out.Remarks)
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }

// Keeps reports whether a variable of the environment bears on the route or the
// trust of a client. All others stay out of everything (docs/rules.md, rule 12).
func Keeps(name string) bool { return relevant(name) || name == "JAVA_TOOL_OPTIONS" }

// notEvaluated returns the first remark that a proxy variable has a value which the
// files do not show. A variable that is set again later is known.
func notEvaluated(remarks []Remark, env route.Environment) (Remark, bool) {
	for _, r := range remarks {
		if _, known := env.Last(r.Variable); known {
			continue
		}
		if (r.Code == NotEvaluated || r.Code == PassedEnvironment) && (isProxy(r.Variable) || isNoProxy(r.Variable)) {
			return r, true
		}
	}
	return Remark{}, false
}
