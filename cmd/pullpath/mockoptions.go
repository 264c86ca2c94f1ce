package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
	"pullpath/internal/hint"
	"pullpath/internal/profile"
	"pullpath/internal/vantage"
)

// mockOptions say which network to serve and where. They are the flags of mock and
// the keys of a scenario file.
type mockOptions struct {
	// Network replaces the healthy network by another one: of a saved report, or written
	// by hand. It is in scenario files alone.
	Network *fault.Scenario `yaml:"network,omitempty"`
	// Faults are catalogue codes and faults as [fault.Read] reads them.
	Faults []string `yaml:"faults,omitempty"`
	// Profile lends the names of hosts; Direct leaves out the proxy.
	Profile string `yaml:"profile,omitempty"`
	Direct  bool   `yaml:"direct,omitempty"`
	// As is a product whose way to refuse is taken, for the hosts in Deny or all.
	As        string   `yaml:"as,omitempty"`
	Deny      []string `yaml:"deny,omitempty"`
	Intercept bool     `yaml:"intercept,omitempty"`
	// TrustInterceptor puts the interceptor's CA into the client's store.
	TrustInterceptor bool `yaml:"trust_interceptor,omitempty"`
	// ProxyLogin are the credentials in the proxy's URL: "right" or "wrong".
	ProxyLogin string `yaml:"proxy_login,omitempty"`
	LayerSize  string `yaml:"layer_size,omitempty"`
	Serving    `yaml:",inline"`
}

// register binds the flags; what the options hold is their default.
func (o *mockOptions) register(f *pflag.FlagSet) {
	f.StringArrayVar(&o.Faults, "fault", o.Faults, "catalogue code or `name:parameter=value,...`; repeatable")
	vantage.ProfileFlag(f, &o.Profile, "also serve the hosts and the image of this profile: `NAME|FILE`; repeatable")
	f.BoolVar(&o.Direct, "direct", o.Direct, "no proxy between client and hosts")
	f.StringVar(&o.As, "as", o.As, "refuse as this `PRODUCT` does (squid, zscaler, fortigate, ...)")
	f.StringArrayVar(&o.Deny, "deny", o.Deny, "with --as: refuse only this `HOST`; repeatable")
	f.BoolVar(&o.Intercept, "intercept", o.Intercept,
		"with --as: present the product's chain for all hosts, and its block page inside for --deny HOST (* is all)")
	trustInterceptorFlag(f, &o.TrustInterceptor)
	f.StringVar(&o.ProxyLogin, "proxy-login", o.ProxyLogin, "credentials in the proxy's URL: `right|wrong`")
	f.StringVar(&o.LayerSize, "layer-size", o.LayerSize, "`SIZE` of the image's layer, for instance 500M; generated while it is read")
	o.Serving.register(f)
}

func trustInterceptorFlag(f *pflag.FlagSet, trust *bool) {
	f.BoolVar(trust, "trust-interceptor", *trust, "the client trusts the interceptor's CA")
}

// world returns the World that the options ask for.
func (o *mockOptions) world() (fault.World, error) {
	world, err := o.given()
	if err != nil {
		return world, err
	}
	if err := addFaults(&world, o.Faults...); err != nil {
		return world, err
	}
	product, err := o.productFaults()
	if err != nil {
		return world, err
	}
	world.Faults = append(world.Faults, product...)
	if o.As != "" {
		world.Title = joined(world.Title, "a proxy that refuses as "+o.As)
	}
	if o.Profile != "" {
		p, err := profile.Load(o.Profile)
		if err != nil {
			return world, err
		}
		inProfile(&world, p)
	}
	if o.LayerSize != "" {
		if world.LayerBytes, err = fault.Size(o.LayerSize); err != nil || world.LayerBytes > fault.MaxLayer {
			return world, hint.New(fmt.Sprintf("--layer-size %s: not a size up to 8G", o.LayerSize), "500M and 2G are sizes")
		}
	}
	if !slices.Contains([]string{"", "right", "wrong"}, o.ProxyLogin) {
		return world, fmt.Errorf("--proxy-login %s: neither right nor wrong", o.ProxyLogin)
	}
	if o.ProxyLogin != "" {
		world.ProxyLogin = o.ProxyLogin
	}
	if o.TrustInterceptor {
		world = world.TrustingInterceptors()
	}
	o.direct(&world)
	return world, nil
}

// direct takes the proxy away. In a namespace of its own a client needs none; a code or a
// report that has one keeps it.
func (o *mockOptions) direct(world *fault.World) {
	if o.Direct {
		world.Env = nil
	}
	if o.Direct || o.Transparent && !o.bringsNetwork() {
		world.Direct = true
	}
}

// given returns the scenario's own network, else the healthy one.
func (o *mockOptions) given() (fault.World, error) {
	switch {
	case o.Network == nil:
		return fault.World{}, nil
	case o.bringsNetwork():
		return fault.World{}, errors.New("a catalogue code brings its own network, and the scenario has one; take faults instead")
	}
	return o.Network.Network()
}

// bringsNetwork reports whether a catalogue code is among the faults.
func (o *mockOptions) bringsNetwork() bool {
	return slices.ContainsFunc(o.Faults, isCode)
}

// isCode reports whether a name is one of the catalogue's.
func isCode(name string) bool {
	return slices.ContainsFunc(catalogue.All(), func(e diagnosis.Entry) bool { return string(e.Code) == name })
}

// inProfile adds the hosts of a profile to a World, and its image. Layers come from
// the profile's own blob host.
func inProfile(world *fault.World, p profile.Profile) {
	known := map[string]bool{}
	if world.Hosts == nil {
		world.Hosts = fault.Hosts()
	}
	for _, h := range world.Hosts {
		known[h.Name] = true
	}
	for _, h := range p.World() {
		if !known[h.Name] {
			world.Hosts = append(world.Hosts, h)
		}
	}
	if p.Image != "" {
		world.Images = append(world.Images, p.Image)
	}
	for _, h := range p.Hosts {
		if string(h.Role) == "blob" && h.Walkable() && len(world.BlobHosts) == 0 && !known[h.Host] {
			world.BlobHosts = []string{h.Host}
		}
	}
}

func joined(title, more string) string {
	if title == "" {
		return more
	}
	return title + " and " + more
}
