package main

import (
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
	"pullpath/internal/profile"
)

// mockOptions say which network to serve and where. They are the flags of mock and
// the keys of a scenario file.
type mockOptions struct {
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
	// Listen are SERVICE=ADDRESS, Admin an address.
	Listen         []string `yaml:"listen,omitempty"`
	ListenAnywhere bool     `yaml:"listen_anywhere,omitempty"`
	Admin          string   `yaml:"admin,omitempty"`
	CADir          string   `yaml:"ca_dir,omitempty"`
	Transparent    bool     `yaml:"transparent,omitempty"`
	Log            string   `yaml:"log,omitempty"`
	Verbose        bool     `yaml:"verbose,omitempty"`
	Shell          string   `yaml:"shell,omitempty"`
}

// register binds the flags; what the options hold is their default.
func (o *mockOptions) register(f *pflag.FlagSet) {
	f.StringArrayVar(&o.Faults, "fault", o.Faults, "catalogue code or `name:parameter=value,...`; repeatable")
	f.StringVar(&o.Profile, "profile", o.Profile, "serve the hosts and the image of this profile as well: `NAME|FILE`")
	f.BoolVar(&o.Direct, "direct", o.Direct, "no proxy between client and hosts")
	f.StringVar(&o.As, "as", o.As, "refuse as this `PRODUCT` does (squid, zscaler, fortigate, ...)")
	f.StringArrayVar(&o.Deny, "deny", o.Deny, "with --as: refuse this `HOST` alone; repeatable")
	f.BoolVar(&o.Intercept, "intercept", o.Intercept, "with --as: present the product's chain for all hosts, refuse by its block page inside")
	f.BoolVar(&o.TrustInterceptor, "trust-interceptor", o.TrustInterceptor, "the client trusts the interceptor's CA")
	f.StringVar(&o.ProxyLogin, "proxy-login", o.ProxyLogin, "credentials in the proxy's URL: `right|wrong`")
	f.StringVar(&o.LayerSize, "layer-size", o.LayerSize, "`SIZE` of the image's layer, 500M for instance; made as it is read")
	f.StringArrayVar(&o.Listen, "listen", o.Listen, "`SERVICE=ADDR:PORT` for http, https, socks or dns; repeatable")
	f.BoolVar(&o.ListenAnywhere, "listen-anywhere", o.ListenAnywhere, "allow addresses that other machines can reach")
	f.StringVar(&o.Admin, "admin", o.Admin, "serve an HTTP interface for faults and counters at `ADDR:PORT`")
	f.StringVar(&o.CADir, "ca-dir", o.CADir, "keep the authorities in `DIR`, and take them from there the next time")
	f.BoolVar(&o.Transparent, "transparent", o.Transparent, "run CMD in a network namespace whose 443, 80 and 53 are the mock's (Linux)")
	f.StringVar(&o.Log, "log", o.Log, "write the access log to `FILE`")
	f.BoolVarP(&o.Verbose, "verbose", "v", o.Verbose, "header fields in the access log, without secrets")
	f.StringVar(&o.Shell, "shell", o.Shell, "print what to set as `sh|fish|powershell|docker|podman` wants it")
}

// world is the World that the options ask for.
func (o *mockOptions) world() (fault.World, error) {
	world, err := worldOf(o.Faults...)
	if err != nil {
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
		if world.LayerBytes, err = fault.Size(o.LayerSize); err != nil || world.LayerBytes > maxLayer {
			return world, &hintError{fmt.Sprintf("--layer-size %s: no size up to 100G", o.LayerSize), "500M and 2G are sizes"}
		}
	}
	if !slices.Contains([]string{"", "right", "wrong"}, o.ProxyLogin) {
		return world, fmt.Errorf("--proxy-login %s: neither right nor wrong", o.ProxyLogin)
	}
	if o.ProxyLogin != "" {
		world.ProxyLogin = o.ProxyLogin
	}
	world.TrustInterceptor = world.TrustInterceptor || o.TrustInterceptor
	// In a namespace of its own a client needs no proxy; a code that has one keeps it.
	if o.Direct || o.Transparent && !o.bringsNetwork() {
		world.Direct = true
	}
	return world, nil
}

// maxLayer is more than any layer; digests of more take minutes.
const maxLayer = 100 << 30

// bringsNetwork tells that a catalogue code is among the faults.
func (o *mockOptions) bringsNetwork() bool {
	return slices.ContainsFunc(o.Faults, func(name string) bool {
		return slices.ContainsFunc(catalogue.All(), func(e diagnosis.Entry) bool { return e.Code == name })
	})
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
