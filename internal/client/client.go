// Package client has one value for each container client, with everything in which
// clients differ: where a host keeps its settings, what it trusts, which stored logins it
// reads, and how it talks to a registry. A further client is one more value in clients.go.
//
// [Named] returns the client of a name, [Programs] the rows of `settings`.
package client

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"pullpath/internal/credentials"
	"pullpath/internal/desktop"
	"pullpath/internal/hint"
	"pullpath/internal/route"
	"pullpath/internal/settings"
	"pullpath/tlsinspect"
)

// Default is the client that a run takes without --client.
const Default = "podman"

// Client is everything in which one client differs from the others.
type Client struct {
	// Name is what --client takes. It is empty for a client whose settings are shown and
	// as which no run asks.
	Name string
	// Row names the row of `settings` from which a run takes route, version and trust;
	// empty for the row of the client's own name.
	Row string
	// Like is the client as which it asks, for an engine in a machine; empty for one that asks in
	// its own way.
	Like string
	// Programs are the rows of `settings`.
	Programs []settings.Program
	// Registries reads where it asks for the images of a registry; nil for a client that asks
	// the registry which an image names.
	Registries func(root *settings.Root, home string, env route.Environment) settings.Registries
	// Logins says which stored logins it reads; its zero value reads none.
	Logins credentials.Reader
	// Speaks is how a client identifies itself and what it asks. A filter on the way
	// must see what the real client sends.
	Speaks Speaks
	// Service names the unit that pulls, without its ending; empty for a command.
	Service string
	// NoPostQuantum says how to keep it from offering a post-quantum group, empty
	// for a Go program, which GODEBUG keeps from it.
	NoPostQuantum string
}

// Speaks is how a client introduces itself and what it asks. A filter on the way must
// meet what the real client sends.
type Speaks struct {
	// Agent is the User-Agent of its requests, with %s for the version.
	Agent string
	// ConnectAgent goes with CONNECT, empty for the one of its requests.
	ConnectAgent string
	// Release is the version that stands in where none was found.
	Release string
	// ReleaseOnly means that the client sends the version of a library, which is in no
	// file of a host.
	ReleaseOnly bool
	// HTTP2 offers HTTP/2 and speaks it where the server takes it; others offer no protocol, so
	// HTTP/1.1 is spoken.
	HTTP2 bool
	// Hello is the shape of its ClientHello.
	Hello tlsinspect.Shape
	// NotModelled says what of it is not imitated, empty where all is.
	NotModelled string
	// LooksUpForSOCKS means that it looks a host up itself for a socks5:// proxy.
	LooksUpForSOCKS bool
	// SystemLookup means that it looks names up by the C library, not by Go's resolver.
	SystemLookup bool
	// Dialect names the rules by which it reads the proxy variables where no file of a
	// host shows its release; empty for those of Go.
	Dialect string
	Asks    Asks
	Waits   Waits
}

// Asks is how a client asks, as far as a filter on the way can tell clients apart by it.
type Asks struct {
	// ManifestFirst leaves out /v2/ and begins with the manifest.
	ManifestFirst bool
	// Heads asks for a manifest by HEAD before GET; HeadOnly gives up where HEAD is
	// refused, others go on with GET.
	Heads, HeadOnly bool
	// AnyPing goes on without a login whatever answers /v2/, but for a challenge.
	AnyPing bool
	// PingsAgain asks /v2/ with the token, and gives up where that is refused.
	PingsAgain bool
	// Forms sends a login in a form (grant_type=password), and by GET only where the
	// token server knows no POST.
	Forms bool
	// RefusesPrivateRealms gives up where the challenge names a token server by an
	// address that is private, loopback or link-local and not the registry's own
	// (go-containerregistry since v0.21.5, google/go-containerregistry#2258).
	RefusesPrivateRealms bool
	// HeadNeeds are the fields that the answer to a manifest's HEAD must have where it has a
	// digest. ManifestByType takes a manifest for what its Content-Type says; others read it.
	HeadNeeds []string
	// HeadByType takes it for what the type of the HEAD's answer says.
	ManifestByType, HeadByType bool
	// TypeWithin holds a manifest to the type that it says itself. TagsAlone asks by HEAD for tags
	// and not for digests.
	TypeWithin, TagsAlone bool
	// Foreign is when a layer is fetched from the URLs that the manifest has for it
	// (OCI image spec, descriptor.md, "urls"); empty for never.
	Foreign Foreign
	// BlobsFallBack asks the next place of an image where one does not give a blob; others
	// stay where the manifest came from.
	BlobsFallBack bool
	// FromFirst looks for each content at the first place anew.
	FromFirst bool
	// AnyRedirects follows more than the ten redirects of net/http.
	AnyRedirects bool
	// LoginByPath sends a login along with a redirect where the same host is asked for a
	// path with /v2/; others do what net/http does.
	LoginByPath bool
	// RefusesPlainRealms gives up where a registry reached by https names its token server by
	// http:// (go-containerregistry since v0.21.5, transport/ping.go).
	RefusesPlainRealms bool
	// Resumes is how it goes on with a blob whose transfer broke off; empty for a client that
	// gives up.
	Resumes Resumes
	// ResumesSince is the client's first version that does, empty for all.
	ResumesSince string
	// TokenLeast is how long it takes every token for good, whatever its answer says, before it
	// asks for a new one; 0 where it goes by the answer alone.
	TokenLeast time.Duration
	// ID names the client in token requests, by GET where IDInQuery says so and in
	// every form. Account names the user in the query.
	ID                 string
	IDInQuery, Account bool
}

// Of returns how a version of the client asks; the empty one is not known, and asks as the newest.
func (a Asks) Of(version string) Asks {
	if v := "v" + version; semver.IsValid(v) && semver.Compare(v, "v"+a.ResumesSince) < 0 {
		a.Resumes = ""
	}
	return a
}

// Resumes is what a client takes for the rest of a blob, which it asks for by Range.
type Resumes string

// Ways.
const (
	// NeedsPart: the part that it asked for, alone.
	NeedsPart Resumes = "part"
	// TakesWhole: also the whole anew.
	TakesWhole Resumes = "whole"
)

// Foreign is when a client goes to the URLs of a layer.
type Foreign string

// Times.
const (
	// InPlace: and not to the registry.
	InPlace Foreign = "in-place"
	// Before: and to the registry where they do not serve it.
	Before Foreign = "before"
	// After: where the registry does not serve it.
	After Foreign = "after"
)

// Waits is how long a client waits for the steps of its path; 0 where it has no limit
// of its own and waits as long as its user does.
type Waits struct{ Dial, Connect, Handshake time.Duration }

// Names returns those that --client takes, in the order of its help.
func Names() []string {
	var out []string
	for _, c := range All() {
		if c.Name != "" {
			out = append(out, c.Name)
		}
	}
	return out
}

// Askers returns those of the names that ask in a way of their own.
func Askers() []string {
	return slices.DeleteFunc(Names(), func(name string) bool {
		c, err := Named(name)
		return err != nil || c.Like != ""
	})
}

// Named returns the client of a name; an error says that it is not modelled.
func Named(name string) (Client, error) {
	all := All()
	if i := slices.IndexFunc(all, func(c Client) bool { return c.Name == name && name != "" }); i >= 0 {
		return all[i], nil
	}
	return Client{}, hint.New(fmt.Sprintf("client %q is not modelled; %s are", name, strings.Join(Names(), ", ")),
		hint.DidYouMean(name, Names()))
}

// Programs returns the rows of `settings` in the order of its table: what a shell starts,
// then the services of the host, then those of the user.
func Programs() []settings.Program {
	var out []settings.Program
	for _, c := range All() {
		out = append(out, c.Programs...)
	}
	slices.SortStableFunc(out, func(a, b settings.Program) int { return kind(a) - kind(b) })
	return out
}

func kind(p settings.Program) int {
	switch {
	case p.OfUser:
		return 2
	case len(p.Units) > 0, p.Engine != nil:
		return 1
	}
	return 0
}

// Program returns the row of `settings` from which a run takes the client's route and
// trust.
func (c Client) Program() settings.Program {
	name := c.Row
	if name == "" {
		name = c.Name
	}
	for _, p := range c.Programs {
		if p.Tool == name {
			return p
		}
	}
	return settings.Program{}
}

// noPostQuantum is the variable that keeps a Go program from offering a post-quantum
// group (go.dev/doc/godebug, tlsmlkem).
const noPostQuantum = "GODEBUG=tlsmlkem=0"

// WithoutPostQuantum returns how the client of a name is kept from offering a
// post-quantum group: a service by a drop-in of its unit (systemd.unit(5)), a command by
// its variable.
//
// On Windows and macOS there are no units, and an engine in a machine has its environment there.
func WithoutPostQuantum(name, os string) string {
	c, err := Named(name)
	switch {
	case err == nil && (c.Like != "" || c.Service != "" && os != "linux" && os != ""):
		return "set " + noPostQuantum + " in the environment of the engine that " + name + " pulls by, where it runs: in its " +
			"machine, or for its service"
	case err == nil && c.Service != "":
		return fmt.Sprintf("in /etc/systemd/system/%s.service.d/tlsmlkem.conf the two lines [Service] and Environment=%s, "+
			"then systemctl daemon-reload && systemctl restart %s", c.Service, noPostQuantum, c.Service)
	case err == nil && c.NoPostQuantum != "":
		return c.NoPostQuantum
	case name == "":
		return "set " + noPostQuantum + " in the client's environment"
	}
	return "run " + name + " with " + noPostQuantum + " in its environment; where a unit runs it, by Environment=" +
		noPostQuantum + " below [Service]"
}

// Read returns every client that a host has.
func Read(h settings.Host) settings.Reading {
	h.Programs, h.System, h.PACs = Programs(), desktop.System, desktop.PACs
	return settings.Read(h)
}

// OfEnvironment returns the clients that a shell with an environment starts.
func OfEnvironment(env route.Environment) []settings.Client {
	return settings.OfEnvironment(Programs(), env)
}

// RowsOn returns the rows of `settings` from which a run takes the client's way on a system, the
// first that the host has: where docker and podman are but the remote control of an engine in a
// machine, the engines that they control. An engine elsewhere that docker was told to use comes first.
func (c Client) RowsOn(s settings.System) []string {
	if c.Name == "docker" {
		return append([]string{desktop.RemoteDocker}, c.rowsHere(s)...)
	}
	return c.rowsHere(s)
}

// rowsHere are those of the machine itself.
func (c Client) rowsHere(s settings.System) []string {
	own := c.Program().Tool
	if s == settings.Linux {
		return []string{own}
	}
	return append([]string{own}, map[string][]string{
		"docker": {desktop.DockerDesktop, desktop.RancherDesktop, desktop.Colima, desktop.OrbStack, "dockerd of Windows"},
		"podman": {desktop.PodmanMachine}, "containerd": {"containerd of Windows", desktop.Lima},
	}[c.Name]...)
}
