package flows

import (
	"io"
	"net/url"
	"time"

	"pullpath/internal/credentials"
	"pullpath/internal/evidence"
	"pullpath/internal/profile"
	"pullpath/internal/redact"
	"pullpath/internal/route"
	"pullpath/internal/settings"
	"pullpath/resolve"
	"pullpath/tlsinspect"
	"pullpath/tunnel"
)

// Config is what a run is asked to do. It is complete: nothing is read from
// the process's environment or files later.
type Config struct {
	Profile profile.Profile
	// Targets replace the profile's; empty walks the profile.
	Targets []Argument
	// Places are where the client asks for an image or at a host, in its order, by the
	// argument's text; without any it is the registry that the argument names.
	Places map[string][]Place
	// Remarks are what is said of an argument's name and of the client's entries about it, by
	// the argument's text.
	Remarks map[string][]Remark
	// Env are the proxy variables, Dialect the rules by which they are read.
	Env     route.Environment
	Dialect route.Dialect
	// PAC is what a proxy auto-config file says of a URL: the ways in their order, at least one, by which
	// it is decided instead of all below; nil without such a file.
	PAC func(*url.URL) ([]route.Decision, evidence.PACAnswer)
	// Own is the client under test as the files of its host show it, by which it is decided
	// instead of Env and Dialect; nil where they do not, or where a flag decides.
	Own *settings.Client
	// User and Password log in at the token server of a registry; where they are empty,
	// the stored login is used. LoginAt is that registry, by its target's ID: no other
	// one is sent this login. It is empty for a made-up network, whose login is good for
	// all, and where one token server stands for all (Realm).
	User, Password, LoginAt string
	// Logins are the logins that the client under test has stored, by the target's ID of
	// the registry.
	Logins map[string]credentials.Answer
	// ProxyLogin are credentials for the proxy that stand for those in its URL; its
	// scheme alone says how those in the URL are sent. Empty sends them as Basic.
	ProxyLogin tunnel.Login
	// AuthFlow is how a login is sent: "basic" (GET), "oauth" (POST of a form), "all"
	// for each in turn, or empty for the client's own way.
	AuthFlow string
	// Realm is asked for tokens instead of the one that the challenge names.
	Realm *url.URL
	// AsArticle makes the requests of the article's commands, parameter by parameter.
	AsArticle bool
	// AllClients also asks as every other modelled client would.
	AllClients bool
	// Anonymous means that the user asked for no login.
	Anonymous bool
	// Survey finds out about the host's other clients; nil where this is not wanted. Its
	// result is asked for when the paths have been walked, so that it may run beside
	// them.
	Survey func() HostSurvey
	// Recalled is what a report says about its host's files, in a network rebuilt from
	// it. It is added to what Logins and Survey have.
	Recalled evidence.Recollection
	// Client is the client whose shape the run takes.
	Client Shape
	// Stores judge chains; Client is the one under test.
	Stores tlsinspect.Stores
	// PublicRoots names the file that stands for the public roots, empty for the
	// built-in ones.
	PublicRoots string
	// Logs are the transparency logs by whose keys timestamps are checked; nil
	// where they are not, for the reason in NoLogs.
	Logs   *tlsinspect.TransparencyLogs
	NoLogs string
	// Pins are --resolve, Detours --connect-to.
	Pins    []Pin
	Detours []Detour
	// WithholdInspectable sends no login, nor a token that one has brought, over a chain
	// that is not one of the public web: whoever inspects TLS could read it there.
	WithholdInspectable bool
	// Timeout bounds the run, HopTimeout one hop.
	Timeout, HopTimeout time.Duration
	// ClientPatience waits for the steps of the path as long as the client would;
	// HopTimeout then is the limit of side probes alone.
	ClientPatience bool
	// BlobBytes is how much of a layer is read.
	BlobBytes int64
	// NoProbes leaves out all that the pull itself would not send.
	NoProbes bool
	// Deep runs side probes though nothing failed, and those that are loud.
	Deep bool
	// Control is a host:port for which a proxy is asked after it refused a target. This
	// separates a rule about the target from one about this client. Empty for none.
	Control string
	// Signatures are the site's own ways to recognise its proxies.
	Signatures []evidence.Signature
	// Trace looks for the devices on the way to every address, though nothing failed.
	Trace bool
	// Flags are the flags of the command line, for the report.
	Flags []string
	// RetryRejected lifts the rule that rejected credentials are not sent again.
	RetryRejected bool
	// Architecture picks the manifest of an index, e.g. amd64, among those of OS;
	// empty is linux.
	Architecture, OS string
	// Full reads every layer whole.
	Full bool
	// Repeat is how often the registry is asked for the redirect of a layer, to see
	// the CDN hosts that it chooses among. 0 and 1 ask once.
	Repeat int
	// Turn is by which of several addresses the run goes ([Net.InTurn] sets it).
	Turn Turn
	// Scribe makes texts fit to be kept; its secrets learn this run's tokens.
	Scribe evidence.Scribe
}

// Argument is one TARGET of the command line.
type Argument struct {
	evidence.Endpoint
	// Image is the repository with tag or digest, empty for a plain host.
	Repository, Reference string
	// API is the path of the registry's API where that is not /v2.
	API string
	// Text is the argument as a report shows it.
	Text string
}

// Place is where a client asks for an image: the registry that its name has, or one that the
// client's registry configuration puts in its place or before it.
type Place struct {
	evidence.Endpoint
	// Repository is the image's there.
	Repository string
	Mirror     bool
	// Plain asks in HTTP without TLS. Insecure takes any certificate, and asks in plain HTTP
	// where TLS is not spoken.
	// TLSOnly takes the second back.
	Plain, Insecure, TLSOnly bool
	// API is the path of its API where that is not /v2.
	API string
	// ByDigest means that it is not asked what a tag means: it is asked for the manifest and the
	// blobs once another place has told the digest.
	ByDigest bool
	// Blocked means that the client's configuration forbids the image: nothing is sent.
	Blocked bool
	// Source is the file and line that says so, empty for the client's own rule, and Entry
	// what it is written for.
	Source, Entry string
}

// Pin is --resolve HOST:PORT:ADDR: this address stands for that name.
type Pin struct {
	Host    string
	Port    int
	Address string
}

// Detour is --connect-to H1:P1:H2:P2: connections for the first go to the
// second. An empty host or port matches all, as in curl.
type Detour struct {
	FromHost string
	FromPort int
	ToHost   string
	ToPort   int
}

// Net is the world outside, injected.
type Net struct {
	tunnel.Wire
	Resolver *resolve.Resolver
	Now      func() time.Time
	Vantage  evidence.Vantage
	// KeyLog gets the secrets of the run's TLS connections, as crypto/tls writes them; nil for
	// no receiver.
	KeyLog io.Writer
	// Seed identifies the run.
	Seed    string
	Version string
	// Watch receives every change of a hop, one at a time and in order; nil for no
	// receiver. It must not block: the walk waits for it.
	Watch func(Event)
	// Transfer receives how many bytes of a blob have come in, and of how many; nil for
	// no receiver.
	Transfer func(target string, done, of int64)
	// KeepChain receives each host's chain as it was presented, DER, in plan order at
	// the end of the run; nil for no receiver.
	KeepChain func(target string, chain [][]byte)
}

// ArticleRealm is the token server of the article's commands.
const ArticleRealm = "https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth"

// AskAsArticle makes a run send the requests of the article's commands: as curl, to the
// article's token server, by GET and by POST.
func (c *Config) AskAsArticle() {
	c.AsArticle, c.AuthFlow = true, "all"
	c.Client, _ = ShapeOf("curl", c.Client.Version)
	c.Realm, _ = url.Parse(ArticleRealm)
}

func (c Config) secrets() *redact.Secrets { return c.Scribe.Secrets }

func (c Config) credentials() string {
	switch {
	case c.User != "":
		return "given"
	case c.Anonymous:
		return "anonymous"
	}
	for _, a := range c.Logins {
		if !a.Login.Empty() {
			return "stored"
		}
	}
	return "none"
}
