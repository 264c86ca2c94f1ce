package flows

import (
	"pullpath/internal/credentials"
	"pullpath/internal/evidence"
	"pullpath/internal/profile"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// What a run is made of.
type (
	// Profile lists the hosts that a run walks.
	Profile = profile.Profile
	// ListedHost is a host of a Profile.
	ListedHost = profile.Host
	// Endpoint is a host and a port.
	Endpoint = evidence.Endpoint
	// Role is what a host is for.
	Role = evidence.Role
	// Environment are the proxy variables.
	Environment = route.Environment
	// Variable is one of them.
	Variable = route.Variable
	// Dialect is how a client reads them.
	Dialect = route.Dialect
	// Decision is what they say of a host.
	Decision = route.Decision
	// Signature is a sign by which a proxy is recognised.
	Signature = evidence.Signature
	// Scribe makes texts fit to be kept; its zero value leaves them as they are, but for
	// control characters.
	Scribe = evidence.Scribe
)

// What a run is recorded as.
type (
	// Trace is the record of a run: the hops of the way to each target.
	Trace = evidence.Trace
	// Hop is one step of the way to a host.
	Hop = evidence.Hop
	// Target is a host that was walked to.
	Target = evidence.Target
	// Vantage is where the run looked from.
	Vantage = evidence.Vantage
	// PACAnswer is what a proxy auto-config file said for a target.
	PACAnswer = evidence.PACAnswer
	// StrayCA is a CA file that the client under test does not read.
	StrayCA = settings.StrayCA
	// TrustStore is the store of one client on the host.
	TrustStore = evidence.TrustStore
	// Recollection is what a report tells of the files of its host.
	Recollection = evidence.Recollection
)

// What is read of the host's files.
type (
	// LoginHost is where stored logins are looked for.
	LoginHost = credentials.Host
	// StoredLogin is what was found for a registry.
	StoredLogin = credentials.Answer
	// LoginKind is the sort of a login.
	LoginKind = credentials.Kind
	// Client is a client that the host has.
	Client = settings.Client
	// Root is the folder that the host's files are read below.
	Root = settings.Root
	// Remark is what is said of a setting.
	Remark = settings.Remark
)

// ReadDialect returns the rules of a client by family and version, such as go-1.26.8 or
// curl-7.88.1.
func ReadDialect(name string) (Dialect, error) { return route.Named(name) }
