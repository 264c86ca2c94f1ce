package vantage

import (
	"cmp"
	"crypto/x509"
	"strings"

	"pullpath/flows"
	"pullpath/internal/client"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/route"
	"pullpath/internal/settings"
	"pullpath/tlsinspect"
)

// client takes route, rules and shape of --client, and the ways of the host's other clients.
func (p *preparation) client() (err error) {
	tool, config := p.ask.Client(), &p.run.Config
	tested, _ := client.Named(tool) // ShapeOf refuses what is not modelled
	if config.Client, err = flows.ShapeOf(tool, ""); err != nil {
		return hint.New(err.Error(), cmp.Or(hint.Of(err), "leave --client out to walk as podman"))
	}
	config.Client = config.Client.BuiltWith(p.ask.goRelease(), "")
	if own := tested.Speaks.Dialect; p.MadeUp != nil && own != "" {
		if config.Dialect, err = route.Named(own); err != nil {
			return err
		}
	}
	if m := p.MadeUp; m != nil && m.Recalled != nil && m.Recalled.Unknown != "" {
		config.Own = &settings.Client{Env: config.Env, Dialect: config.Dialect, Unknown: m.Recalled.Unknown, Find: m.Recalled.Find}
	}
	p.recallMachine()
	if p.Host.Root == nil {
		return nil
	}
	return p.ownWays(tested)
}

// recallMachine gives the client of a rebuilt network the step inside a machine that its report has.
func (p *preparation) recallMachine() {
	config := &p.run.Config
	if p.MadeUp == nil || p.MadeUp.Recalled == nil || p.MadeUp.Recalled.Inside == nil {
		return
	}
	if config.Own == nil {
		config.Own = &settings.Client{Env: config.Env, Dialect: config.Dialect}
	}
	in := p.MadeUp.Recalled.Inside
	config.Own.Machine = &settings.Machine{Name: in.Machine, Told: in.Told, Source: in.ToldBy, Inside: in.Inside,
		Reaches: in.Reaches, Change: in.Change}
}

// ownWays applies the host's files about the client under test.
func (p *preparation) ownWays(tested client.Client) (err error) {
	config := &p.run.Config
	own, found := p.ownRow(tested)
	// A made-up host's variables are those of its client, unless its files start the client.
	if found && (p.MadeUp == nil || (own.Daemon || own.Machine != nil) && own.Installed) {
		if config.Client, err = flows.ShapeOf(tested.Name, own.Version); err != nil {
			return err
		}
		debug, _ := own.Env.Last("GODEBUG")
		config.Client = config.Client.BuiltWith(cmp.Or(p.ask.goRelease(), own.Toolchain), debug.Value)
		config.Dialect = own.Dialect
		if own.Unknown == "" {
			config.Env = own.Env
		}
		config.Own = &own
	} else if unread := p.Host.ShellUnread; !found && unread != "" {
		config.Own = &settings.Client{Env: config.Env, Dialect: config.Dialect,
			Unknown: unread + " cannot be read from here, and may name a proxy",
			Find:    p.Host.Root.System().FindInLogin()}
	}
	return nil
}

// ownRow is the client under test as the files of its host show it, or the engine that it controls
// there.
func (p *preparation) ownRow(tested client.Client) (own settings.Client, found bool) {
	for _, row := range tested.RowsOn(p.Host.Root.System()) {
		if own, found = settings.ReadClient(p.Host.settings(), row); found {
			return own, true
		}
	}
	return own, false
}

// ownCAs adds the CA files that the client under test has for the registries that it asks: those
// for one count there, and at hosts that it leads to.
func (p *preparation) ownCAs() error {
	if p.Host.Root == nil {
		return nil
	}
	tested, _ := client.Named(p.ask.Client()) // ShapeOf refuses what is not modelled
	stores := &p.run.Config.Stores
	own, hosts := *stores, map[string]tlsinspect.Stores{}
	for _, host := range p.registries() {
		at := own
		for _, file := range tested.Program().Trust.FilesFor(p.Host.Root, p.Host.Home, host) {
			if data, err := p.Host.Root.ReadFile(file); err == nil { // else it is named among the remarks of the root
				addTo(&at.Client, data)
				addTo(&stores.Client, data)
			}
		}
		hosts[host] = at
	}
	if stores.Client != own.Client {
		stores.OfHost = hosts
	}
	return nil
}

// survey begins to find out about the host's other clients, beside the walk; nil where
// nothing is known of them. What a report says of a host's files stands in their place in a
// network that was rebuilt from it.
func (p *preparation) survey() func() flows.HostSurvey {
	if m := p.MadeUp; m != nil && m.Recalled != nil {
		known := flows.HostSurvey{Stores: m.Stores, TrustStores: m.Recalled.TrustStores, CAInstall: m.Recalled.CAInstall,
			Unread: m.Recalled.Unread}
		return func() flows.HostSurvey { return known }
	}
	if p.Host.Root == nil {
		return nil
	}
	tested, _ := client.Named(p.ask.Client()) // ShapeOf refuses what is not modelled
	host, tool, registries, system := p.Host, tested.Program().Tool, p.registries(), p.run.Config.Stores.System
	var missing []string
	switch own := p.run.Config.Own; {
	case own != nil && own.Tool != "":
		tool = own.Tool
	case own == nil && host.Root.System() != settings.Linux && len(tested.RowsOn(host.Root.System())) > 1:
		missing = []string{"the engine of " + tested.Name + ": on " + host.Root.System().String() +
			" it pulls from inside a machine, and none was " +
			"found; this walk goes by the variables of the shell"}
	}
	done := make(chan flows.HostSurvey, 1)
	go func() {
		reading := host.reading()
		own, found := reading.Client(tool)
		if !found {
			own = settings.Client{Tool: tool, Env: host.settings().Env}
		}
		out := flows.HostSurvey{Others: append(reading.Others(tool), host.loginShells()...), CAInstall: settings.CAInstall(host.Root, own)}
		out.Unread = append(missing, reading.UnreadPlaces()...)
		out.Stores, out.TrustStores = flows.ClientStores(host.Root, reading.Clients, host.Home, registries, system)
		out.Strays, out.Registries = tested.Program().Trust.Strays(host.Root, host.Home, registries), registries
		done <- out
	}()
	return func() flows.HostSurvey { return <-done }
}

// loginShells is the client that a new login would be, where the host's files give a login a
// proxy and the user's shell has none: who looks at the shell alone does not see it.
func (h Host) loginShells() []settings.Client {
	env := LoginEnvironment(h.Root, h.Home).Env
	if _, known := h.Shell.Last("HTTPS_PROXY"); known || len(proxyVariables(env)) == 0 {
		return nil
	}
	return []settings.Client{{Tool: "a login shell", Env: env, Dialect: route.Go(), Installed: true}}
}

func addTo(pool **x509.CertPool, pem []byte) {
	next := (*pool).Clone()
	if _, err := tlsinspect.AddPEM(next, pem); err == nil {
		*pool = next
	}
}

// registries returns the names of certs.d directories for the targets and their mirrors: host,
// or host:port.
func (p *preparation) registries() []string {
	var out []string
	add := func(host string, port int) {
		out = append(out, evidence.Endpoint{Host: strings.ToLower(host), Port: port}.URLHost())
	}
	config := p.run.Config
	for _, a := range config.Targets {
		add(a.Host, a.Port)
		for _, place := range config.Places[a.Text] {
			add(place.Host, place.Port)
		}
	}
	if len(config.Targets) == 0 {
		for _, h := range config.Profile.Hosts {
			if h.Walkable() {
				add(h.Host, h.Port)
			}
		}
	}
	return out
}
