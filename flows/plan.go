package flows

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/profile"
	"pullpath/internal/route"
	"pullpath/tunnel"
)

// Plan is what a run will walk, before anything is sent.
type Plan struct {
	Targets []Planned
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
	// Unspoken says that the route's proxy is one that is not spoken to; empty for none.
	Unspoken string
}

// NewPlan lays out the targets: the arguments with what the profile knows of
// their registry, or the whole profile.
func NewPlan(c Config) (Plan, error) {
	p := Plan{places: map[string]int{}}
	if len(c.Targets) == 0 {
		for _, h := range c.Profile.Hosts {
			if !h.Walkable() {
				continue
			}
			if err := p.add(c, fromProfile(h)); err != nil {
				return Plan{}, err
			}
		}
		return p, nil
	}
	for _, a := range c.Targets {
		if err := p.argument(c, a); err != nil {
			return Plan{}, err
		}
	}
	if !p.walksRegistryOf(c.Profile) {
		return p, nil
	}
	for _, h := range c.Profile.Hosts {
		if h.Role == evidence.Auth && h.Walkable() {
			if err := p.add(c, fromProfile(h)); err != nil {
				return Plan{}, err
			}
		}
	}
	return p, nil
}

func fromProfile(h profile.Host) evidence.Target {
	return evidence.Target{ID: targetID(h.Host, h.Port), Host: h.Host, Port: h.Port, Role: h.Role,
		Required: h.Required, Public: h.Public, Listed: true, FoundBy: "profile", Expect: h.Expect}
}

// targetID names a host and port; one host has one ID, however its name is spelled.
func targetID(host string, port int) string {
	return net.JoinHostPort(evidence.HostName(host), fmt.Sprint(port))
}

// argument adds a TARGET of the command line. What the profile knows of the
// host is kept; a host that it does not know is taken for a registry.
func (p *Plan) argument(c Config, a Argument) error {
	t := evidence.Target{ID: targetID(a.Host, a.Port), Host: a.Host, Port: a.Port, Role: evidence.Registry}
	for _, h := range c.Profile.Hosts {
		if equalHost(h.Host, a.Host) && h.Port == a.Port {
			t = fromProfile(h)
		}
	}
	t.Required, t.FoundBy = true, "argument"
	if err := p.add(c, t); err != nil {
		return err
	}
	if a.Repository == "" {
		return nil
	}
	i := p.places[t.ID]
	p.Targets[i].Target.Role = evidence.Registry
	p.Targets[i].AllowListOnly = false
	p.Targets[i].Target.Images = append(p.Targets[i].Target.Images, a.Text)
	p.Targets[i].Images = append(p.Targets[i].Images, a)
	return nil
}

func (p *Plan) walksRegistryOf(prof profile.Profile) bool {
	registries := map[string]bool{}
	for i := range prof.Hosts {
		if h := &prof.Hosts[i]; h.Role == evidence.Registry {
			registries[evidence.HostName(h.Host)] = true
		}
	}
	return slices.ContainsFunc(p.Targets, func(q Planned) bool {
		return q.Target.Role == evidence.Registry && registries[evidence.HostName(q.Target.Host)]
	})
}

// add decides the route of a target and appends it, once.
func (p *Plan) add(c Config, t evidence.Target) error {
	if _, known := p.places[t.ID]; known {
		return nil
	}
	if len(p.Targets) == evidence.MaxTargets {
		return fmt.Errorf("more than %d hosts: a run does not walk so many", evidence.MaxTargets)
	}
	if _, err := url.Parse("https://" + urlHost(t.Host, t.Port) + "/"); err != nil {
		return fmt.Errorf("target %s is no host: %w", t.ID, err)
	}
	planned := plan(c, t)
	if planned.Unspoken != "" {
		return errors.New(planned.Unspoken)
	}
	p.places[t.ID] = len(p.Targets)
	p.Targets = append(p.Targets, planned)
	return nil
}

// plan decides the route of a target.
func plan(c Config, t evidence.Target) Planned {
	d, unspoken := c.Dialect.Decide(c.Env, &url.URL{Scheme: "https", Host: urlHost(t.Host, t.Port), Path: "/"}), ""
	t.Route = evidence.Route{Kind: "direct", Source: d.Variable, Rule: d.Token}
	if d.Kind == route.Proxy {
		if !d.Broken() && !tunnel.Speaks(d.Proxy()) {
			unspoken = fmt.Sprintf("the proxy %s cannot be walked: http, https, socks5 and socks5h are spoken", d.ProxyText)
		}
		t.Route = evidence.Route{Kind: "proxy", Proxy: d.ProxyText, Source: d.Variable}
	} else if d.Token != "" {
		t.Route.Source = d.NoProxyVariable
	}
	return Planned{Target: t, Decision: d, AllowListOnly: t.Role == evidence.Blob || t.Role == evidence.Service, Unspoken: unspoken}
}

// urlHost writes host and port as they stand in a URL; 443 is left out.
func urlHost(host string, port int) string {
	if port == 443 {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	return net.JoinHostPort(host, fmt.Sprint(port))
}
