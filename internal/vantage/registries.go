package vantage

import (
	"fmt"
	"slices"
	"strings"

	"pullpath/flows"
	"pullpath/internal/client"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/settings"
)

// registryConfig finds where the client under test asks for the targets: its registry
// configuration may name mirrors, rewrite a name, or forbid it. What it makes of a target's name
// is remarked on.
func (p *preparation) registryConfig() error {
	config := &p.run.Config
	config.Places, config.Remarks = map[string][]flows.Place{}, map[string][]flows.Remark{}
	if m := p.MadeUp; m != nil && m.Recalled != nil {
		config.Places = recalledPlaces(m.Recalled.Places)
		return nil
	}
	for _, a := range config.Targets {
		config.Remarks[a.Text] = suspectName(a)
	}
	tested, _ := client.Named(config.Client.Tool) // ShapeOf refuses what is not modelled
	if p.ask.pull.noMirrors || p.Host.Root == nil || tested.Registries == nil {
		return nil
	}
	var known settings.Registries
	p.notKnown(p.Host.Root.UnreadBy(func() { known = tested.Registries(p.Host.Root, p.Host.Home, p.Host.Shell) }), tested)
	for _, a := range config.Targets {
		config.Remarks[a.Text] = append(config.Remarks[a.Text], known.Ineffective(a.Name())...)
		entry, found := known.Lookup(a.Name())
		if !found {
			continue
		}
		places, err := placesOf(a, entry, known.Contacts(a.Name()))
		if err != nil {
			return err
		}
		if len(places) == 0 {
			config.Remarks[a.Text] = append(config.Remarks[a.Text], nowhere(entry, a))
			continue
		}
		config.Places[a.Text] = places
	}
	return nil
}

// notKnown makes the way of the client under test unknown where a file of its registry
// configuration is closed to this process: it may name a mirror. A client that this user
// starts here cannot read the file either.
func (p *preparation) notKnown(unread string, tested client.Client) {
	config := &p.run.Config
	own := settings.Client{Tool: tested.Program().Tool, Env: config.Env, Dialect: config.Dialect}
	if config.Own != nil {
		own = *config.Own
	}
	if unread == "" || own.Unknown != "" || p.Host.Root.Here() && !own.Daemon || len(config.Targets) == 0 {
		return
	}
	own.Unknown = unread + " cannot be read from here, and may name another host to ask"
	own.Find = "run it as root on that host, or check with --no-mirrors"
	config.Own = &own
}

// nowhere remarks that an entry leaves a client no host to ask.
func nowhere(entry settings.Registry, a flows.Argument) flows.Remark {
	what := "tags"
	if strings.Contains(a.Reference, ":") {
		what = "digests"
	}
	return flows.Remark{Code: settings.EntryRefused, Source: entry.Source, Value: entry.Prefix,
		Text:  "the entry has no host that may be asked for " + what + ": the client pulls nothing",
		Write: "name a host with the capabilities pull and resolve"}
}

// placesOf returns the places at which an argument is asked for by an entry.
func placesOf(a flows.Argument, entry settings.Registry, contacts []settings.Contact) ([]flows.Place, error) {
	if entry.Blocked {
		return []flows.Place{{Endpoint: a.Endpoint, Repository: a.Repository, Blocked: true, Source: entry.Source, Entry: entry.Prefix}}, nil
	}
	digest := strings.Contains(a.Reference, ":")
	var out []flows.Place
	for _, c := range contacts {
		later := c.For == "digest-only" && !digest || c.For == settings.FetchOnly
		if later && !entry.OfHost || c.For == "tag-only" && digest {
			continue // containerd alone goes elsewhere with the digest that a place told
		}
		at, err := flows.ParseHost(c.Host)
		if err != nil {
			return nil, hint.New(fmt.Sprintf("%s names no host: %s", c.Source, c.Host), "correct it, or check with --no-mirrors")
		}
		place := flows.Place{Endpoint: at.Registry(), Repository: c.Repository, API: c.API, Mirror: c.Mirror, Plain: c.Plain,
			Insecure: c.Insecure, TLSOnly: c.TLSOnly, Source: c.Source, Entry: entry.Prefix, ByDigest: later}
		if entry.OfHost {
			place.Endpoint = at.Endpoint
		}
		bare := !strings.Contains(c.Host[strings.LastIndexByte(c.Host, ']')+1:], ":")
		if c.Plain && bare {
			place.Port = 80
		}
		out = append(out, place)
		if c.Insecure && !c.Plain && !c.TLSOnly && bare {
			place.Plain, place.Port = true, 80
			out = append(out, place)
		}
	}
	if !slices.ContainsFunc(out, func(p flows.Place) bool { return !p.ByDigest }) {
		return nil, nil
	}
	return out, nil
}

// recalledPlaces are the places to which a report's client was led, in its order.
func recalledPlaces(targets []evidence.Target) map[string][]flows.Place {
	out := map[string][]flows.Place{}
	slices.SortStableFunc(targets, func(a, b evidence.Target) int { return a.Route.Registry.Order - b.Route.Registry.Order })
	for _, t := range targets {
		e := t.Route.Registry
		for _, asked := range e.Asked {
			out[asked.For] = append(out[asked.For], flows.Place{Endpoint: t.Endpoint, Repository: asked.Repository,
				Mirror: t.Role == evidence.Mirror, Plain: t.Plain && !e.Insecure, Insecure: e.Insecure, TLSOnly: e.TLSOnly,
				API: asked.API, Blocked: e.Blocked, ByDigest: asked.ByDigest,
				Source: e.Source, Entry: e.Entry})
		}
	}
	return out
}
