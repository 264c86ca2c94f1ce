// Package profile says what to check for a registry: its hosts, what each is
// for, and which of them belong to the public web. It is data; the walk finds out
// what the hosts really answer.
//
// A built-in profile is a file in data, of the same form as a user's own. There is
// no list of them: a new one is a new file.
package profile

import (
	"strings"

	"pullpath/internal/evidence"
)

// Profile is the allow-list of one registry.
type Profile struct {
	Name string `yaml:"name" json:"name"`
	// Order is the place of a built-in profile in lists; those without a number come
	// first.
	Order int `yaml:"order" json:"-"`
	// Title says in a few words what the profile covers.
	Title string `yaml:"title" json:"title"`
	// Image is an image with which a whole pull can be tried.
	Image string `yaml:"image" json:"image,omitempty"`
	// CA is a PEM file that is added to the client's trust for a run of this profile;
	// in a file its path is relative to the file.
	CA string `yaml:"ca" json:"ca,omitempty"`
	// Login is the host of the registry that a login given by hand is for; empty where
	// the profile has one registry, or does not say.
	Login string `yaml:"login" json:"login,omitempty"`
	// SourcesSeen is the day on which the pages of the hosts' sources were read, such as
	// 2026-01-31; empty where the profile does not say.
	SourcesSeen string `yaml:"sources_seen" json:"sources_seen,omitempty"`
	Hosts       []Host `yaml:"hosts" json:"hosts"`
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
	// Required means that a pull cannot work without it. An auth host becomes
	// required when the live challenge names it.
	Required bool `yaml:"required" json:"required"`
	// Public marks a host of the public web: its chain must end in a public root.
	Public bool `yaml:"public" json:"public"`
	// Purpose and Source are for the reader of the allow-list.
	Purpose string `yaml:"purpose" json:"purpose,omitempty"`
	Source  string `yaml:"source" json:"source,omitempty"`
	// Expect is how the registry is recognised; nil where that is not stated.
	Expect *evidence.Fingerprint `yaml:"expect" json:"expect,omitempty"`
}

// Walkable reports whether the host can be walked: it is a name, reached over TCP.
// Time servers and patterns of names are in the list for its reader.
func (h Host) Walkable() bool { return h.Protocol != udp && !strings.ContainsAny(h.Host, "*<") }

// NotWalked returns why a host is only listed, empty for one that is walked.
func (h Host) NotWalked() string {
	switch {
	case h.Walkable():
		return ""
	case h.Protocol == udp:
		return "UDP"
	}
	return "a pattern of names"
}

// Listed counts the entries and those that are only listed; nil where there are none of these.
func (p Profile) Listed() *evidence.Listed {
	out := evidence.Listed{Entries: len(p.Hosts)}
	for i := range p.Hosts {
		switch h := &p.Hosts[i]; {
		case h.Walkable():
		case h.Protocol == udp:
			out.UDP++
		default:
			out.Patterns++
		}
	}
	if out.UDP+out.Patterns == 0 {
		return nil
	}
	return &out
}

// RedHat returns the profile of registry.redhat.io. The token server is not a
// constant of it: sso.redhat.com is what the 2018 article names, and today's
// challenge names registry.redhat.io itself.
func RedHat() Profile {
	p, _ := builtIn("redhat")
	return p
}
