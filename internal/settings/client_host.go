package settings

import (
	"slices"
	"strconv"

	"pullpath/internal/route"
)

// Host is what settings are read of: a host's files, and what a shell on it finds
// set.
type Host struct {
	Root *Root
	// Env is the environment of the shell from which clients are started.
	Env route.Environment
	// EnvRemarks are facts about the files that Env was read from, if it was.
	EnvRemarks []Remark
	// Home is the home directory of the user who starts them.
	Home string

	processes []Process
}

// Reading is what was found on a host.
type Reading struct {
	Clients []Client
	// Remarks are facts about sources that belong to no one client.
	Remarks []Remark
}

// Read gathers every client that the host has: those that a shell starts, and the
// daemons of which it has a unit or a process.
func Read(h Host) Reading {
	var names []string
	for _, d := range daemons() {
		if d.process != "" {
			names = append(names, d.process)
		}
	}
	h.processes = Processes(h.Root, names...)
	h.Env, h.EnvRemarks = h.Root.kept(h.Env), h.Root.told(h.EnvRemarks)
	clients := slices.Concat(h.shellClients(), h.daemonClients())
	for i := range clients {
		clients[i].Env, clients[i].Remarks = h.Root.kept(clients[i].Env), h.Root.told(clients[i].Remarks)
	}
	out := Reading{Clients: withFacts(clients)}
	out.Remarks = h.Root.told(slices.Concat(ReadKube(h.Root, h.Home, h.Env).Remarks, h.sudoRemarks(), systemTrustRemarks(h.Root), h.Root.Remarks()))
	if unread := h.Root.unreadRemarks(); len(unread) > 0 {
		out.unknown(unread[0].Text)
	}
	h.Root.leaveLarge(out)
	out.Remarks = slices.Concat(h.Root.unreadRemarks(), out.Remarks)
	return out
}

// leaveLarge notes the files that were larger than is read. The clients that do not read
// them do what they do.
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

// unknown takes back what every client does: what decides may be in what was not read.
func (r Reading) unknown(why string) {
	for i := range r.Clients {
		if c := &r.Clients[i]; c.Unknown == "" {
			c.Unknown, c.Find = why, "look at the client's own environment and files on the host"
		}
	}
}

// maxRelevant bounds the variables that bear on a client, and the remarks on its files: a
// shell has some ten, a host that is wrong in every way some fifty.
const maxRelevant = 1000

// kept are the variables of an environment that a program can have.
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

// told are the remarks that are told.
func (r *Root) told(remarks []Remark) []Remark {
	if len(remarks) <= maxRelevant {
		return remarks
	}
	r.leave("more than %d oddities, such as in %s", maxRelevant, quoted(remarks[maxRelevant].Source))
	return remarks[:maxRelevant]
}

// Client returns the row of a tool.
func (r Reading) Client(tool string) (Client, bool) {
	i := slices.IndexFunc(r.Clients, func(c Client) bool { return c.Tool == tool })
	if i < 0 {
		return Client{}, false
	}
	return r.Clients[i], true
}

// Beside returns the clients that pull or are tested with beside a tool: those
// that are installed or running, and whose row is about their own requests.
func (r Reading) Beside(tool string) []Client {
	var out []Client
	for _, c := range r.Clients {
		if c.Tool != tool && (c.Installed || c.Running) && (c.Scope == "" || c.Daemon) {
			out = append(out, c)
		}
	}
	return out
}

// LoginEnvironment is what a login shell of a host finds set, as far as its files
// tell: PAM's file, then the shells' own.
func LoginEnvironment(root *Root, home string) (route.Environment, []Remark) {
	pam := ReadPAM(root)
	env, remarks := root.kept(pam.Env), pam.Remarks
	for _, f := range ReadLoginShell(root, home, env) {
		env, remarks = append(env, f.Env...), append(remarks, f.Remarks...)
	}
	return root.kept(env), root.told(remarks)
}

func itoa(n int) string { return strconv.Itoa(n) }

// Keeps reports whether a variable of the environment bears on the way or the
// trust of a client; all others stay out of everything (CONTRACT.md 4.12).
func Keeps(name string) bool { return relevant(name) || name == "JAVA_TOOL_OPTIONS" }

// notEvaluated is the first remark by which a proxy variable has a value that the
// files do not tell; one that is set again behind it is known.
func notEvaluated(remarks []Remark, env route.Environment) (Remark, bool) {
	for _, r := range remarks {
		if _, known := find(env, r.Variable); known {
			continue
		}
		if (r.Code == NotEvaluated || r.Code == PassedEnvironment) && (isProxy(r.Variable) || isNoProxy(r.Variable)) {
			return r, true
		}
	}
	return Remark{}, false
}
