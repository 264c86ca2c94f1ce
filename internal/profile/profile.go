// Package profile says what to check for a registry: its hosts, what each is
// for, and which of them belong to the public web. It is data; what the hosts
// really answer is for the walk to find out.
package profile

import (
	"fmt"
	"os"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml"

	"pullpath/internal/evidence"
)

// Profile is the allow-list of one registry.
type Profile struct {
	Name string `yaml:"name"`
	// Title says in a few words what is pulled from here.
	Title string `yaml:"title"`
	Hosts []Host `yaml:"hosts"`
}

// Host is one host of a profile.
type Host struct {
	Host string        `yaml:"host"`
	Port int           `yaml:"port"`
	Role evidence.Role `yaml:"role"`
	// Required tells that a pull cannot work without it. An auth host becomes
	// required when the live challenge names it.
	Required bool `yaml:"required"`
	// Public marks a host of the public web: its chain must end in a public root.
	Public bool `yaml:"public"`
	// Purpose and Source are for the reader of the allow-list.
	Purpose string `yaml:"purpose"`
	Source  string `yaml:"source"`
}

// RedHat is the profile of registry.redhat.io. The token server is not a
// constant of it: sso.redhat.com is what the 2018 article names, and today's
// challenge names registry.redhat.io itself.
func RedHat() Profile {
	p := Profile{Name: "redhat", Title: "registry.redhat.io, its token server and the CDN of its layers", Hosts: []Host{
		{Host: "registry.redhat.io", Port: 443, Role: evidence.Registry, Required: true, Public: true,
			Purpose: "manifests, and today the token server", Source: "OpenShift: Configuring your firewall"},
		{Host: "sso.redhat.com", Port: 443, Role: evidence.Auth, Public: true,
			Purpose: "token server of the 2018 article", Source: "access.redhat.com/articles/3560571"},
	}}
	for _, name := range []string{"cdn", "cdn01", "cdn02", "cdn03", "cdn04", "cdn05", "cdn06"} {
		p.Hosts = append(p.Hosts, Host{Host: name + ".quay.io", Port: 443, Role: evidence.Blob, Required: true, Public: true,
			Purpose: "layers, by redirect", Source: "access.redhat.com node 7001746; OpenShift: Configuring your firewall"})
	}
	return p
}

// BuiltIn lists the profiles that need no file.
func BuiltIn() []Profile { return []Profile{RedHat()} }

// Load returns a built-in profile by its name, or reads a YAML file.
func Load(nameOrFile string) (Profile, error) {
	for _, p := range BuiltIn() {
		if p.Name == nameOrFile {
			return p, nil
		}
	}
	data, err := os.ReadFile(nameOrFile)
	if err != nil {
		return Profile{}, fmt.Errorf("profile %q is neither built in (%s) nor a readable file: %w", nameOrFile, names(), err)
	}
	var p Profile
	if err := yaml.UnmarshalWithOptions(data, &p, yaml.Strict()); err != nil {
		return Profile{}, fmt.Errorf("profile %s: %w", nameOrFile, err)
	}
	if err := p.complete(); err != nil {
		return Profile{}, fmt.Errorf("profile %s: %w", nameOrFile, err)
	}
	return p, nil
}

func names() string {
	out := ""
	for i, p := range BuiltIn() {
		if i > 0 {
			out += ", "
		}
		out += p.Name
	}
	return out
}

var hostForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$`)

// complete fills in defaults and checks a profile that was read.
func (p *Profile) complete() error {
	if len(p.Hosts) == 0 {
		return fmt.Errorf("no hosts")
	}
	roles := []evidence.Role{evidence.Registry, evidence.Auth, evidence.Blob}
	for i := range p.Hosts {
		h := &p.Hosts[i]
		if h.Port == 0 {
			h.Port = 443
		}
		switch {
		case !hostForm.MatchString(h.Host):
			return fmt.Errorf("host %d: %q is no host name", i+1, h.Host)
		case h.Port < 1 || h.Port > 65535:
			return fmt.Errorf("host %s: port %d is out of range", h.Host, h.Port)
		case !slices.Contains(roles, h.Role):
			return fmt.Errorf("host %s: role %q is none of registry, auth, blob", h.Host, h.Role)
		}
	}
	return nil
}
