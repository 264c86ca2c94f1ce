package vantage

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"pullpath/internal/client"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/profile"
)

// Defaults of the command line. A pull's path has about ten round trips, so
// thirty seconds hold a slow one and one silent hop; five seconds is what
// resolv.conf(5) gives a name server and more than any sound hop needs.
const (
	defaultTimeout    = 30 * time.Second
	defaultHopTimeout = 5 * time.Second
	defaultBlobBytes  = 8 << 20
	// DefaultProfile is the allow-list that is walked where nothing else is asked for.
	DefaultProfile = profile.Default
	// maxRepeat bounds --repeat: CDNs choose among fewer than ten hosts, and a
	// registry counts requests.
	maxRepeat = 50
	// AllClients is the value of --client that asks as each.
	AllClients = "all"
)

// Ask is how a run is asked for: the flags of check that say so. A made-up network may
// say in flags too how it wants to be asked; the command line wins.
type Ask struct {
	// Profile and Timeout are what --profile and --timeout hold.
	Profile string
	Timeout time.Duration
	// Console asks the user for values that are not in the flags.
	Console Console

	flags *pflag.FlagSet
	// network are the flags that a made-up network has set.
	network map[string]bool

	login                         loginFlags
	proxy                         proxyFlags
	trust                         trustFlags
	pull                          pullFlags
	fleet                         nodeFlags
	ipv4, ipv6                    bool
	resolvers, resolve, connectTo []string
	hopTimeout                    hopPatience
	keepBodies, allRequired       bool
}

// Console is the user at the command line. Its zero value asks nobody.
type Console struct {
	// Password asks for the password of somebody without echo; nil where no terminal is there.
	Password func(of string) (string, error)
	// Stdin reads a password from the standard input.
	Stdin func() (string, error)
	// Getenv reads the process's environment; nil reads nothing.
	Getenv func(name string) string
	// Left is how much time the run has left; nil for as much as it needs.
	Left func() time.Duration
}

func (c Console) getenv(name string) string {
	if c.Getenv == nil {
		return ""
	}
	return c.Getenv(name)
}

// loginFlags say who logs in at registries, and how.
type loginFlags struct {
	user, authFile, flow, realm                                  string
	passwordStdin, anonymous, asArticle, withhold, retryRejected bool
}

// proxyFlags say which proxy is taken, and who logs in at it.
type proxyFlags struct {
	url, exceptions, user, pac           string
	basic, digest, ntlm, negotiate, wpad bool
}

// trustFlags name files of the site: whom to trust, and how its products are recognised.
type trustFlags struct {
	ca, ctLogs, publicRoots, signatures string
}

// pullFlags say as which client to ask, how much to pull, and what else to look at.
type pullFlags struct {
	client, platform, control              string
	blobBytes                              int64
	repeat                                 int
	full, noMirrors, noProbes, deep, trace bool
}

// Register adds the flags to a set of a command line.
func (a *Ask) Register(f *pflag.FlagSet) {
	a.flags = f
	a.registerLogin(f)
	a.registerNetwork(f)
	a.registerProxy(f)
	a.registerTrust(f)
	a.registerPull(f)
	a.registerNode(f)
}

func (a *Ask) registerLogin(f *pflag.FlagSet) {
	l := &a.login
	f.StringVarP(&l.user, "user", "u", "", "registry login as `name[:password]`; asks for a missing password")
	f.BoolVar(&l.passwordStdin, "password-stdin", false, "read the password from stdin")
	f.StringVar(&l.authFile, "authfile", "", "take the login only from this auth.json or config.json `file`")
	f.BoolVar(&l.anonymous, "anonymous", false, "use no login, not even a stored one")
	f.StringVar(&l.flow, "auth-flow", "",
		"`flow` by which the login is sent: basic (GET), oauth (POST of a form), or all, one after the other; without it as the client does")
	f.StringVar(&l.realm, "realm", "", "ask this token server `URL` instead of the one that the challenge names")
	f.BoolVar(&l.asArticle, "as-article", false,
		"make the requests of Red Hat's article as they are written, at sso.redhat.com, and say where the registry differs today")
	f.BoolVar(&l.withhold, "withhold-from-interceptors", false,
		"send no login over a chain that is not of the public web: one of an inspecting proxy, trusted or not, or of a private CA, which "+
			"looks the same")
	f.BoolVar(&l.retryRejected, "retry-rejected", false, "send a login again that was rejected in this run")
}

// AllRequiredFlag is --all-required, of a run and of a judgement of a saved one.
func AllRequiredFlag(f *pflag.FlagSet, all *bool) {
	f.BoolVar(all, "all-required", false, "take every host of the profile for required, the optional ones too")
}

func (a *Ask) registerNetwork(f *pflag.FlagSet) {
	a.Profile = DefaultProfile
	ProfileFlag(f, &a.Profile, "built-in profile or YAML `file`; repeatable: the hosts of all")
	AllRequiredFlag(f, &a.allRequired)
	f.StringArrayVar(&a.resolvers, "resolver", nil,
		"name server `addr[:port]`, or tcp://, tls://, https:// to ask instead of the system's; repeatable")
	f.StringArrayVar(&a.resolve, "resolve", nil,
		"use this address for a host and port, `host:port:addr` as in curl; repeatable")
	f.StringArrayVar(&a.connectTo, "connect-to", nil,
		"connect to another host and port, `h1:p1:h2:p2` as in curl; repeatable")
	f.DurationVar(&a.Timeout, "timeout", defaultTimeout, "limit of the whole run")
	a.hopTimeout.limit = defaultHopTimeout
	f.Var(&a.hopTimeout, "hop-timeout",
		"limit of one hop; client waits as long as the client would, and two minutes in all without --timeout")
	f.BoolVarP(&a.ipv4, "ipv4", "4", false, "IPv4 only")
	f.BoolVarP(&a.ipv6, "ipv6", "6", false, "IPv6 only")
	f.BoolVar(&a.keepBodies, "keep-bodies", false, "keep the whole text of answers, not only the first 512 characters; it may name persons")
}

func (a *Ask) registerProxy(f *pflag.FlagSet) {
	p := &a.proxy
	f.StringVarP(&p.url, "proxy", "x", "", "proxy `URL` that replaces the proxy variables; an empty one means direct")
	f.StringVar(&p.pac, "pac", "", "`file` or URL with FindProxyForURL (PAC): go by what it says for each host, as a browser does")
	f.BoolVar(&p.wpad, "wpad", false, "as --pac, with the file that the network names (WPAD)")
	f.StringVar(&p.exceptions, "noproxy", "", "`list` that replaces NO_PROXY")
	f.StringVarP(&p.user, "proxy-user", "U", "", "login for the proxy as `name[:password]`; asks for a missing password")
	f.BoolVar(&p.basic, "proxy-basic", false, "log in to the proxy with Basic, the only scheme of container clients; the default")
	f.BoolVar(&p.digest, "proxy-digest", false, "log in to the proxy with Digest")
	f.BoolVar(&p.ntlm, "proxy-ntlm", false, "log in to the proxy with NTLM")
	f.BoolVar(&p.negotiate, "proxy-negotiate", false, "log in to the proxy with Negotiate (Kerberos), by this user's tickets or --proxy-user")
}

func (a *Ask) registerTrust(f *pflag.FlagSet) {
	t := &a.trust
	f.StringVar(&t.ca, "cacert", "", "PEM `file` added to the client's trust store")
	f.StringVar(&t.ctLogs, "ct-logs", "", "JSON `file` with the list of certificate transparency logs, instead of the built-in one")
	f.StringVar(&t.publicRoots, "public-roots", "", "PEM `file` that replaces the roots of the public web")
	f.StringVar(&t.signatures, "signatures", "", "YAML `file` with signs by which to recognise your own proxies")
}

func (a *Ask) registerPull(f *pflag.FlagSet) {
	p := &a.pull
	f.StringVar(&p.client, "client", client.Default,
		"check as this `tool` would, with its route, trust store and requests: "+strings.Join(client.Names(), ", ")+
			"; all also asks as each of them; tool@go1.22 as one that is built with that release of Go")
	f.Int64Var(&p.blobBytes, "blob-bytes", defaultBlobBytes, "read `n` bytes of a layer")
	f.BoolVar(&p.full, "full", false, "read every layer whole and check its digest")
	f.IntVar(&p.repeat, "repeat", 1, "ask `n` times for a layer's redirect, and walk every CDN host that turns up")
	f.StringVar(&p.platform, "platform", "", "`os/arch` to choose from an index; without it linux and this machine's architecture")
	f.BoolVar(&p.noMirrors, "no-mirrors", false, "ask the registry that an image names, whatever the client's registry configuration says")
	f.BoolVar(&p.noProbes, "no-probes", false, "send only what the pull itself would send")
	f.BoolVar(&p.deep, "deep", false,
		"run the side probes although nothing failed, and also the conspicuous ones: a browser's User-Agent, a name that does not exist")
	f.StringVar(&p.control, "control", "",
		"`host[:port]` that the proxy is known to allow: asked for when it refuses another one, to distinguish a rule about the target from "+
			"one about this client")
	f.BoolVar(&p.trace, "trace", false, "show the devices on the way to every address, by SYNs with a rising TTL")
}

// Validate refuses what contradicts itself, before anything is sent.
func (a *Ask) Validate() error {
	if err := a.login.validate(); err != nil {
		return err
	}
	p := a.pull
	if err := p.validate(); err != nil {
		return err
	}
	for _, c := range []struct {
		wrong bool
		text  string
	}{
		{a.ipv4 && a.ipv6, "-4 contradicts -6"},
		{p.trace && p.noProbes, "--trace contradicts --no-probes"},
		{p.noProbes && (p.deep || p.control != ""), "--no-probes contradicts --deep and --control"},
		{p.repeat < 1 || p.repeat > maxRepeat, fmt.Sprintf("--repeat must be from 1 to %d", maxRepeat)},
		{a.Timeout <= 0 || a.hopTimeout.limit <= 0, "--timeout and --hop-timeout must be positive"},
		{p.blobBytes < 0, "--blob-bytes must not be negative"},
	} {
		if c.wrong {
			return errors.New(c.text)
		}
	}
	return nil
}

// validate refuses a login that is named in two ways.
func (l loginFlags) validate() error {
	switch {
	case l.anonymous && (l.user != "" || l.passwordStdin):
		return errors.New("--anonymous contradicts -u and --password-stdin")
	case l.authFile != "" && (l.anonymous || l.user != "" || l.passwordStdin):
		return errors.New("--authfile contradicts -u, --password-stdin and --anonymous")
	case l.passwordStdin && l.user == "":
		return hint.New("--password-stdin without a name", "give the name with -u NAME")
	case l.passwordStdin && strings.Contains(l.user, ":"):
		return errors.New("-u NAME:PASSWORD contradicts --password-stdin")
	case l.asArticle && (l.flow != "" || l.realm != ""):
		return errors.New("--as-article contradicts --auth-flow and --realm, which it sets")
	case !slices.Contains([]string{"", "basic", "oauth", "all"}, l.flow):
		return errors.New("--auth-flow " + strconv.Quote(l.flow) + " is none of basic, oauth, all")
	}
	return nil
}

// Client returns the client whose path is walked; with --client all it is the default
// one.
func (a *Ask) Client() string {
	if a.pull.client == AllClients {
		return client.Default
	}
	name, _, _ := strings.Cut(a.pull.client, "@")
	return name
}

// goRelease returns the Go release of --client TOOL@RELEASE, empty for the installed client's.
func (a *Ask) goRelease() string {
	_, release, _ := strings.Cut(a.pull.client, "@")
	return release
}

// validate refuses a release that says nothing of how a client talks.
func (p pullFlags) validate() error {
	name, release, ok := strings.Cut(p.client, "@")
	switch {
	case !ok:
		return nil
	case name == AllClients:
		return errors.New("--client all takes the releases that are installed, not one that is named")
	case !client.IsGoRelease(release):
		return hint.New(fmt.Sprintf("--client: %q is no release of Go", release),
			"put the one that the client is built with behind the @, as in go1.22; `go version -m FILE` prints it")
	}
	return nil
}

// RetriesRejected says that a login that was rejected is sent again (--retry-rejected).
func (a *Ask) RetriesRejected() bool { return a.login.retryRejected }

// NamesResolvers says that the command line names name servers.
func (a *Ask) NamesResolvers() bool { return len(a.resolvers) > 0 }

// given says that a flag was set, by the command line or the made-up network.
func (a *Ask) given(name string) bool { return a.flags.Changed(name) }

// byUser says that the command line, and not the made-up network, has set a flag.
func (a *Ask) byUser(name string) bool { return a.flags.Changed(name) && !a.network[name] }

func (a *Ask) family() int {
	switch {
	case a.ipv4:
		return 4
	case a.ipv6:
		return 6
	}
	return 0
}

// scribe makes texts fit to be kept.
func (a *Ask) scribe() evidence.Scribe { return evidence.Scribe{KeepBodies: a.keepBodies} }
