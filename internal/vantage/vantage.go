package vantage

import (
	"context"
	"net/netip"
	"os"
	"slices"
	"strings"

	"pullpath/flows"
	"pullpath/internal/client"
	"pullpath/internal/credentials"
	"pullpath/internal/desktop"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/route"
	"pullpath/internal/settings"
	"pullpath/tlsinspect"
	"pullpath/tunnel"
)

// Vantage is from where a run looks.
type Vantage struct {
	// Net is what a run speaks through: dialers, name servers, a clock.
	Net flows.Net
	// Host is the host that the client under test runs on.
	Host Host
	// MadeUp is the made-up network that this is; nil for a real one.
	MadeUp *MadeUp
}

// Host is a host as its clients see it.
type Host struct {
	// Root holds its files; nil where none can be read. Home is the user's directory.
	Root *settings.Root
	Home string
	// Env are the proxy variables of the user's shell, Shell all of its variables that
	// bear on a client.
	Env, Shell route.Environment
	// ShellRemarks are about the files that the shell's variables were read from, and
	// ShellUnread is one that could not be read. Both are empty where a shell is running.
	ShellRemarks []settings.Remark
	ShellUnread  string
	// Stores are its trust stores, Logs the transparency logs that are known.
	Stores tlsinspect.Stores
	Logs   *tlsinspect.TransparencyLogs
	// Logins finds what its clients have stored; nil where nothing is looked for.
	Logins *credentials.Host
}

// MadeUp is what a made-up network brings along for the run in it.
type MadeUp struct {
	// Flags and Targets are how it wants to be asked where the command line says nothing.
	Flags, Targets []string
	// Words are its hosts whose names are one word.
	Words []string
	// Profile is the name of the profile that a rebuilt network's report walked, Listed its
	// text where it is a site's own. Signatures are the site's own signs of its proxies.
	Profile, Listed, Signatures string
	// User and Password are its account, good at all of its registries.
	User, Password string
	// Proxy is its login at the proxy where the proxy's URL has none.
	Proxy tunnel.Login
	// Recalled is what a rebuilt network's report says of the files of its host; nil for a
	// network that was not rebuilt.
	Recalled *evidence.Recollection
	// Stores are the trust stores of the other clients of a rebuilt network's host.
	Stores []tlsinspect.NamedPool
	// Survey is what is asked of its host's settings; nil where a path is walked.
	Survey *fault.Survey
	// Servers are where it listens, on loopback.
	Servers []netip.AddrPort
	// dir holds the files of its host, empty where it has none.
	dir string
}

// Close removes what a made-up host's files were written to.
func (v *Vantage) Close() {
	if v.MadeUp != nil && v.MadeUp.dir != "" {
		_ = os.RemoveAll(v.MadeUp.dir)
	}
}

// reading reads the settings of the host's clients.
func (h Host) reading() settings.Reading { return settings.Read(h.settings()) }

func (h Host) settings() settings.Host {
	return settings.Host{Programs: client.Programs(), System: desktop.System, PACs: desktop.PACs, Root: h.Root, Env: h.Shell, Home: h.Home,
		EnvRemarks: h.ShellRemarks, EnvUnread: h.ShellUnread}
}

// Run is a run that is ready to be made.
type Run struct {
	Config flows.Config
	Plan   flows.Plan
	Net    flows.Net
	// servers are where a made-up network listens, logins what [Run.Logins] says.
	servers []netip.AddrPort
	logins  []string
}

// Walk makes the run.
func (r Run) Walk(ctx context.Context) *evidence.Trace {
	return flows.Run(ctx, r.Config, r.Plan, r.Net)
}

// proxyVariables picks the variables that decide routes, by name.
func proxyVariables(shell route.Environment) route.Environment {
	var out route.Environment
	for _, v := range shell {
		if route.IsVariable(v.Name) {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b route.Variable) int { return strings.Compare(a.Name, b.Name) })
	return out
}
