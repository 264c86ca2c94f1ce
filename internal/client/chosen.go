package client

import (
	"fmt"
	"slices"
	"strings"

	"pullpath/internal/hint"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// Chosen returns the clients of names as `settings --clients` takes them: a client of the host,
// or rules, which are a family or a family with its version. Where both have a name, it is that
// of the client if the host has it: the host knows its version and its files. Without a root the
// host is its environment.
func Chosen(names []string, h settings.Host) (settings.Reading, error) {
	var out, host settings.Reading
	for _, name := range names {
		tool, known := toolOf(name)
		rules, noRules := settings.OfDialects([]string{name}, h.Env)
		switch {
		case noRules == nil && (!known || h.Root == nil):
			out.Clients = append(out.Clients, rules...)
			continue
		case !known:
			return out, hint.New(fmt.Sprintf("--clients: no client and no rules are called %q", name),
				"clients are "+strings.Join(toolNames(Programs()), ", ")+"; rules are "+strings.Join(route.Families(), ", ")+
					", each also with a version as in curl-7.88.1")
		case host.Clients == nil && h.Root == nil:
			host.Clients = OfEnvironment(h.Env)
		case host.Clients == nil:
			host = Read(h)
			out.Remarks = host.Remarks
		}
		switch c, found := host.Client(tool); {
		case found:
			out.Clients = append(out.Clients, c)
		case noRules == nil:
			out.Clients = append(out.Clients, rules...)
		default:
			return out, hint.New(fmt.Sprintf("--clients %s: there is no %s here", name, tool), notHere(host, h))
		}
	}
	return out, nil
}

// notHere says which clients there are instead.
func notHere(host settings.Reading, h settings.Host) string {
	var there []string
	for _, c := range host.Clients {
		there = append(there, c.Tool)
	}
	text := "found are " + strings.Join(there, ", ")
	if h.Root == nil {
		text += "; what a service manager starts does not take its settings from this environment"
	}
	return text
}

// toolOf returns the row of `settings` that a name means: its own, or that of a client which
// --client takes.
func toolOf(name string) (string, bool) {
	if c, err := Named(name); err == nil {
		return c.Program().Tool, true
	}
	return name, slices.Contains(toolNames(Programs()), name)
}

func toolNames(programs []settings.Program) []string {
	var out []string
	for _, p := range programs {
		out = append(out, p.Tool)
	}
	return out
}
