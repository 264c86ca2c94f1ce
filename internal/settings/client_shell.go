package settings

import (
	"slices"
	"strings"

	"pullpath/internal/redact"
	"pullpath/internal/route"
)

// OfEnvironment returns the clients that a shell with this environment starts,
// where nothing but the environment is known: the newest rules of each, assumed. What a
// client takes from a file is not known.
func OfEnvironment(programs []Program, env route.Environment) []Client {
	var out []Client
	for _, p := range programs {
		if !p.service() && !p.FileOnly && p.Engine == nil {
			out = append(out, Client{Tool: p.Tool, Dialect: p.dialect(env, ""), vendor: p.Vendor, Assumed: true, Env: env, Scope: p.Scope})
		}
	}
	return withFacts(out)
}

// OfDialects returns one client for each name as `settings --clients` takes
// them: a family or a family with a version.
func OfDialects(names []string, env route.Environment) ([]Client, error) {
	var out []Client
	for _, name := range names {
		d, err := route.Named(name)
		if err != nil {
			return nil, err
		}
		out = append(out, Client{Dialect: d, Env: env})
	}
	return withFacts(out), nil
}

// shellClients returns the clients that the host has, or that a file of their own
// is there for, as in a report without programs; and those that are always shown.
func (h Host) shellClients() []Client {
	var out []Client
	findInLogin := h.Root.System().FindInLogin()
	for _, p := range h.Programs {
		if p.service() || p.Engine != nil || !h.wants(p.Tool) || !p.on(h.Root.System()) {
			continue
		}
		c := Client{Tool: p.Tool, Scope: p.Scope, Trust: p.Trust, vendor: p.Vendor, Env: h.Env}
		h.version(&c, p)
		if r, open := notEvaluated(h.EnvRemarks, h.Env); open {
			c.Unknown, c.Find = r.Variable+" is set by something that was not run ("+r.Source+")", findInLogin
		}
		c.notKnown(h.EnvUnread, findInLogin)
		if p.Own != nil {
			c.notKnown(h.Root.UnreadBy(func() { p.Own(h, &c) }), findInLogin)
		}
		if touched := len(c.Remarks)+len(c.PerURL) > 0 || !slices.Equal(c.Env, h.Env); !touched && !c.Installed && !p.Always {
			continue
		}
		if p.FileOnly && len(c.Env) == 0 {
			continue // nothing is set for containers
		}
		c.Remarks = slices.Concat(h.EnvRemarks, c.Remarks, p.Trust.remarks(h.Root, h.Home))
		out = append(out, c)
	}
	return out
}

// FindInLogin says how to find out what a new shell has.
func (s System) FindInLogin() string {
	if s == Windows {
		return "log in on the host and run: set | findstr /i proxy"
	}
	return "log in on the host and run: env | grep -i proxy"
}

// notKnown says that a file could not be read which may decide about the client's way; the
// empty path is none.
func (c *Client) notKnown(unread, find string) {
	if unread != "" && c.Unknown == "" {
		c.Unknown, c.Find = quoted(unread)+" cannot be read from here, and may name a proxy", find
	}
}

// version finds version and rules of a shell's client.
func (h Host) version(c *Client, p Program) {
	if p.Family == "" {
		h.rules(c, p)
		return
	}
	version := p.version(h.Root)
	c.Installed = version != "" || !p.Library && FindProgram(h.Root, p.Binary) != ""
	c.Version, c.Assumed = version, version == "" && c.Installed && !p.OneRule
	c.Dialect = p.dialect(h.Env, version)
}

// sudoRemarks returns a remark where sudo removes the proxy variables of this shell.
func (h Host) sudoRemarks() []Remark {
	if _, found := h.Env.Last("HTTPS_PROXY"); !found {
		if _, found = h.Env.Last("https_proxy"); !found {
			return nil
		}
	}
	files := append([]string{"/etc/sudoers"}, h.Root.Glob("/etc/sudoers.d/*")...)
	seen := ""
	for _, file := range files {
		text, ok := h.Root.text(file)
		if !ok {
			continue
		}
		seen = file
		for line := range strings.Lines(text) {
			if strings.Contains(line, "env_keep") && strings.Contains(strings.ToLower(line), "_proxy") {
				return nil
			}
		}
	}
	if seen == "" {
		return nil
	}
	return []Remark{{Code: SudoDrops, Source: "/etc/sudoers", Variable: "env_keep", Text: "sudo keeps no proxy variable"}}
}

// dockerHostFacts returns a remark where an engine on TCP is reached through the proxy. The docker
// command speaks TLS with it where DOCKER_TLS_VERIFY says so, or a context; the port of TLS is 2376
// (https://docs.docker.com/engine/security/protect-access/).
func dockerHostFacts(env route.Environment) []Remark {
	v, found := env.Last("DOCKER_HOST")
	address, tcp := strings.CutPrefix(v.Value, "tcp://")
	if !found || !tcp {
		return nil
	}
	target, err := parseHTTP(address)
	if err != nil {
		return nil
	}
	if verify, _ := env.Last("DOCKER_TLS_VERIFY"); verify.Value != "" || target.Port() == "2376" {
		target.Scheme = "https"
	}
	d := route.Go().Decide(env, target)
	if d.Kind != route.Proxy {
		return nil
	}
	return []Remark{{Code: DockerHostProxied, Source: v.Source, Variable: v.Name, Value: redact.Text(v.Value, maxShown),
		Text: "requests to the engine go to " + d.ProxyText, Write: "NO_PROXY=" + target.Hostname()}}
}
