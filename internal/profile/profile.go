// Package profile says what to check for a registry: its hosts, what each is
// for, and which of them belong to the public web. It is data; what the hosts
// really answer is for the walk to find out.
//
// The built-in profiles are files of the same form as a user's own, in data.
package profile

import (
	"strings"

	"pullpath/internal/evidence"
)

// Profile is the allow-list of one registry.
type Profile struct {
	Name string `yaml:"name" json:"name"`
	// Title says in a few words what is pulled from here.
	Title string `yaml:"title" json:"title"`
	// Image is one to try a whole pull with.
	Image string `yaml:"image" json:"image,omitempty"`
	// CA is a PEM file that is added to the client's trust for a run of this profile;
	// in a file its path is relative to the file.
	CA string `yaml:"ca" json:"ca,omitempty"`
	// Login is the host of the registry to which a login belongs that is given by hand;
	// empty where the profile has one registry, or does not say.
	Login string `yaml:"login" json:"login,omitempty"`
	Hosts []Host `yaml:"hosts" json:"hosts"`
}

// Host is one host of a profile.
type Host struct {
	// Host is a name, or a pattern of names: one with a * or a <part> in it is
	// listed and not walked.
	Host string `yaml:"host" json:"host"`
	Port int    `yaml:"port" json:"port"`
	// Protocol is "tcp", or "udp" for a host that is listed and not walked.
	Protocol string        `yaml:"protocol" json:"protocol"`
	Role     evidence.Role `yaml:"role" json:"role"`
	// Required tells that a pull cannot work without it. An auth host becomes
	// required when the live challenge names it.
	Required bool `yaml:"required" json:"required"`
	// Public marks a host of the public web: its chain must end in a public root.
	Public bool `yaml:"public" json:"public"`
	// Purpose and Source are for the reader of the allow-list.
	Purpose string `yaml:"purpose" json:"purpose,omitempty"`
	Source  string `yaml:"source" json:"source,omitempty"`
	// Expect is how a registry is known; nil where that is not stated.
	Expect *evidence.Fingerprint `yaml:"expect" json:"expect,omitempty"`
}

// Walkable reports whether the host can be walked: a name, over TCP. Time servers
// and patterns of names are for the reader of the list.
func (h Host) Walkable() bool { return h.Protocol != udp && !strings.ContainsAny(h.Host, "*<") }

// NotWalked says why a host is listed only, empty for one that is walked.
func (h Host) NotWalked() string {
	switch {
	case h.Walkable():
		return ""
	case h.Protocol == udp:
		return "UDP"
	}
	return "a pattern of names"
}

// RedHat is the profile of registry.redhat.io. The token server is not a
// constant of it: sso.redhat.com is what the 2018 article names, and today's
// challenge names registry.redhat.io itself.
func RedHat() Profile {
	p, _ := builtIn("redhat")
	return p
}
