package flows

import (
	"errors"
	"fmt"
	"net/url"
	"slices"

	"pullpath/internal/evidence"
	"pullpath/internal/profile"
	"pullpath/internal/route"
	"pullpath/tunnel"
)

// Plan is what a run will walk, before anything is sent.
type Plan struct {
	Targets []Planned
	// chains are the arguments for which the client's configuration names places.
	chains []chain
	// places are those of the targets by their ID.
	places map[string]int
}

// Planned is one target with its route.
type Planned struct {
	Target   evidence.Target
	Decision route.Decision
	// Images to pull from it, for a registry.
	Images []Argument
	// AllowListOnly marks a blob host that is walked because it is on the list,
	// not because a redirect named it, and a host that no pull talks to.
	AllowListOnly bool
	// Insecure takes any certificate, and asks in plain HTTP where TLS is not spoken; TLSOnly
	// takes the second back.
	Insecure, TLSOnly bool
	// Remarks are what is said of the names for which it is asked, and of the client's
	// entries about them.
	Remarks []Remark
	// chained are images that are asked for here in turn with other places; inTurn means
	// that the target is walked only when its turn comes.
	chained []Argument
	inTurn  bool
	// blocked is the entry of the client's configuration that forbids what is asked for here.
	blocked *evidence.RegistryEntry
	// Unspoken says that the route's proxy is one that is not spoken to; empty for none.
	Unspoken string
}

// NewPlan makes the targets: the arguments with what the profile knows about their
// registry, or the whole profile.
func NewPlan(c Config) (Plan, error) {
	p := Plan{places: map[string]int{}}
	for _, a := range c.Targets {
		if err := p.argument(c, a); err != nil {
			return Plan{}, err
		}
	}
	named := len(c.Targets) > 0
	if named && !p.walksRegistryOf(c.Profile) {
		return p, nil
	}
	for _, h := range c.Profile.Hosts {
		if !h.Walkable() || named && h.Role != evidence.Auth {
			continue
		}
		if err := p.put(c, fromProfile(h), Argument{}); err != nil {
			return Plan{}, err
		}
	}
	return p, nil
}

func fromProfile(h profile.Host) evidence.Target {
	at := evidence.Endpoint{Host: h.Host, Port: h.Port}
	return evidence.Target{ID: at.ID(), Endpoint: at, Role: h.Role,
		Required: h.Required, Public: h.Public, Listed: true, FoundBy: "profile", Expect: h.Expect}
}

// target returns the target that an argument names, with what the profile knows about
// the host. A host that it does not know counts as a registry, and so does one with an
// image.
func (c Config) target(a Argument) evidence.Target {
	t := evidence.Target{ID: a.ID(), Endpoint: a.Endpoint, Role: evidence.Registry, Public: profile.PublicRegistry(a.Endpoint)}
	if h, listed := c.Profile.Entry(a.Endpoint); listed {
		h.Host, h.Port = a.Host, a.Port
		t = fromProfile(h)
	}
	t.Required, t.FoundBy = true, "argument"
	if a.Repository != "" {
		t.Role = evidence.Registry
	}
	return t
}

func (p *Plan) walksRegistryOf(prof profile.Profile) bool {
	registries := map[string]bool{}
	for i := range prof.Hosts {
		if h := &prof.Hosts[i]; h.Role == evidence.Registry {
			registries[evidence.HostName(h.Host)] = true
		}
	}
	return slices.ContainsFunc(p.Targets, func(q Planned) bool {
		return q.Target.Role.HasImages() && !q.inTurn && registries[evidence.HostName(q.Target.Host)]
	})
}

// put adds a target to the plan with its route, once, and the argument's image to it.
func (p *Plan) put(c Config, t evidence.Target, a Argument) error {
	i, known := p.places[t.ID]
	if !known {
		if len(p.Targets) == evidence.MaxTargets {
			return fmt.Errorf("more than %d hosts: a run does not walk so many", evidence.MaxTargets)
		}
		if _, err := url.Parse("https://" + t.URLHost() + "/"); err != nil {
			return fmt.Errorf("target %s is not a host: %w", t.ID, err)
		}
		planned := c.plan(t)
		if planned.Unspoken != "" {
			return errors.New(planned.Unspoken)
		}
		i = len(p.Targets)
		p.places[t.ID] = i
		p.Targets = append(p.Targets, planned)
	}
	if a.Repository != "" {
		q := &p.Targets[i]
		q.Target.Role, q.AllowListOnly = evidence.Registry, false
		q.Target.Images, q.Images = append(q.Target.Images, a.Text), append(q.Images, a)
	}
	return nil
}

// decide returns the client's way to a URL.
func (c Config) decide(u *url.URL) route.Decision {
	if c.PAC != nil {
		ways, _ := c.PAC(u)
		return ways[0]
	}
	if c.Own != nil {
		return c.Own.Decide(u)
	}
	return c.Dialect.Decide(c.Env, u)
}

// unknown says why the client's way cannot be told from here, empty where it can.
func (c Config) unknown() string {
	if c.Own == nil {
		return ""
	}
	return c.Own.Unknown
}

// plan decides the route of a target.
func (c Config) plan(t evidence.Target) Planned {
	d, unspoken, entry := c.decide(t.URL()), "", t.Route.Registry
	t.Route = evidence.Route{Kind: "direct", Source: d.Variable, Rule: d.Token}
	if d.Kind == route.Proxy {
		if !d.Broken() && !tunnel.Speaks(d.Proxy()) {
			unspoken = fmt.Sprintf("the proxy %s cannot be walked: http, https, socks5 and socks5h are spoken", d.ProxyText)
		}
		t.Route = evidence.Route{Kind: "proxy", Proxy: d.ProxyText, Source: d.Variable}
	} else if d.Token != "" {
		t.Route.Source = d.NoProxyVariable
	}
	if c.unknown() != "" {
		t.Route = evidence.Route{Kind: "unknown"}
	}
	t.Route.Registry = entry
	return Planned{Target: t, Decision: d, AllowListOnly: t.Role == evidence.Blob || t.Role == evidence.Service, Unspoken: unspoken}
}
