package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"pullpath/flows"
	"pullpath/internal/redact"
	"pullpath/internal/settings"
)

// Defaults of the command line. A pull's path has about ten round trips, so
// thirty seconds hold a slow one and one silent hop; five seconds is what
// resolv.conf(5) gives a name server and more than any sound hop needs.
const (
	defaultTimeout    = 30 * time.Second
	defaultHopTimeout = 5 * time.Second
	defaultBlobBytes  = 8 << 20
	healthy           = "healthy"
	defaultProfile    = "redhat"
	// maxRepeat bounds --repeat: CDNs choose among fewer than ten hosts, and a
	// registry counts requests.
	maxRepeat = 50
)

// checkOptions are the flags of check as typed.
type checkOptions struct {
	profile, user, proxy, noProxy, caCert, publicRoots, ctLogs, mock, client, control, signatures, saveChain, authFile, events string
	passwordStdin, anonymous, anonymize, strict, noProbes, deep, retryRejected, trace                                          bool
	withhold, keepBodies                                                                                                       bool
	ipv4, ipv6, quiet, verbose, noColor, noProgress                                                                            bool
	resolvers, resolve, connectTo, outputs                                                                                     []string
	authFlow, realm, platform                                                                                                  string
	asArticle, full                                                                                                            bool
	repeat                                                                                                                     int
	timeout                                                                                                                    time.Duration
	hopTimeout                                                                                                                 hopPatience
	blobBytes                                                                                                                  int64
	atProxy                                                                                                                    proxyOptions
	// root is this machine's file system once it was read, nil in a made-up network.
	root *settings.Root
	// clients are those of this machine, read with root.
	clients []settings.Client
}

func newCheckOptions() *checkOptions { return &checkOptions{} }

func (o *checkOptions) register(f *pflag.FlagSet) {
	o.registerLogin(f)
	o.registerNetwork(f)
	o.registerTrust(f)
	o.registerPull(f)
	o.registerOutput(f)
}

// registerLogin registers what says who logs in, and how.
func (o *checkOptions) registerLogin(f *pflag.FlagSet) {
	f.StringVarP(&o.user, "user", "u", "", "registry login as `name[:password]`; asks for the password where it is left out")
	f.BoolVar(&o.passwordStdin, "password-stdin", false, "read the password from stdin")
	f.StringVar(&o.authFile, "authfile", "", "take the login from this auth.json or config.json `file` alone")
	f.BoolVar(&o.anonymous, "anonymous", false, "use no credentials, stored ones neither")
	f.StringVar(&o.authFlow, "auth-flow", "", "how the login is sent: `basic` (GET), oauth (POST of a form), or all, each in turn; the client's own way where it is left out")
	f.StringVar(&o.realm, "realm", "", "ask this token server `URL` instead of the one that the challenge names")
	f.BoolVar(&o.asArticle, "as-article", false, "make the requests of Red Hat's article literally, at sso.redhat.com, and say where the registry differs today")
	f.BoolVar(&o.withhold, "withhold-from-interceptors", false, "send no login over a chain that is not one of the public web: an inspecting proxy's, trusted or not, or a private CA's, which looks the same")
	f.BoolVar(&o.retryRejected, "retry-rejected", false, "send credentials again that were rejected in this run")
}

// registerNetwork registers what says what is walked, on which way, and for how long.
func (o *checkOptions) registerNetwork(f *pflag.FlagSet) {
	f.StringVar(&o.profile, "profile", defaultProfile, "built-in profile or YAML `file`")
	f.StringVarP(&o.proxy, "proxy", "x", "", "proxy `URL`, replaces the proxy variables; empty goes direct")
	f.StringVar(&o.noProxy, "noproxy", "", "`list` that replaces NO_PROXY")
	o.atProxy.register(f)
	f.StringArrayVar(&o.resolvers, "resolver", nil, "name server `addr[:port]`, or tcp://, tls://, https:// to ask instead of the system's; repeatable")
	f.StringArrayVar(&o.resolve, "resolve", nil, "`host:port:addr` as in curl; repeatable")
	f.StringArrayVar(&o.connectTo, "connect-to", nil, "`h1:p1:h2:p2` as in curl; repeatable")
	f.DurationVar(&o.timeout, "timeout", defaultTimeout, "limit of the whole run")
	o.hopTimeout.limit = defaultHopTimeout
	f.Var(&o.hopTimeout, "hop-timeout", "limit of one hop; client waits as long as the client would, and for two minutes in all where --timeout is left out")
	f.StringVar(&o.mock, "mock", "", "check the built-in network, with a `fault` in it; needs no network")
	f.Lookup("mock").NoOptDefVal = healthy
	f.BoolVarP(&o.ipv4, "ipv4", "4", false, "IPv4 only")
	f.BoolVarP(&o.ipv6, "ipv6", "6", false, "IPv6 only")
}

// registerTrust registers what names files of the site: whom to trust, and how its products are known.
func (o *checkOptions) registerTrust(f *pflag.FlagSet) {
	f.StringVar(&o.caCert, "cacert", "", "PEM `file` added to the client's trust store")
	f.StringVar(&o.ctLogs, "ct-logs", "", "JSON `file` with the list of certificate transparency logs, instead of the built-in one")
	f.StringVar(&o.publicRoots, "public-roots", "", "PEM `file` that stands for the roots of the public web")
	f.StringVar(&o.saveChain, "save-chain", "", "write the certificates that each host presented to a PEM `file`")
	f.StringVar(&o.signatures, "signatures", "", "YAML `file` with the site's own signs of its proxies")
}

// registerPull registers what says as which client is asked, how much is pulled, and what is looked at besides.
func (o *checkOptions) registerPull(f *pflag.FlagSet) {
	f.StringVar(&o.client, "client", flows.ClientName, "`tool` whose route, trust store and requests are taken: podman, skopeo, docker, containerd, crio, crane, curl; all asks as each")
	f.Int64Var(&o.blobBytes, "blob-bytes", defaultBlobBytes, "how many bytes of a layer to read")
	f.BoolVar(&o.full, "full", false, "read every layer whole and check its digest")
	f.IntVar(&o.repeat, "repeat", 1, "ask `n` times for a layer's redirect, and walk every CDN host that turns up")
	f.StringVar(&o.platform, "platform", "", "`os/arch` to pick from an index; this machine's architecture on linux where it is left out")
	f.BoolVar(&o.noProbes, "no-probes", false, "send only what the pull itself would send")
	f.BoolVar(&o.deep, "deep", false, "run the side probes though nothing failed, and the loud ones: a browser's name, a name that does not exist")
	f.StringVar(&o.control, "control", "", "`host[:port]` that a refusing proxy is asked for, to tell a rule about the target from one about this client")
	f.BoolVar(&o.trace, "trace", false, "show the devices on the way to every address, by SYNs with rising TTL")
}

// registerOutput registers what says what is written.
func (o *checkOptions) registerOutput(f *pflag.FlagSet) {
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "`format[=file]`: table, wide, json, markdown, html, junit; repeatable")
	f.StringVar(&o.events, "events", "", "write each step to `file` as JSON Lines while it runs; - is stdout, where nothing else then goes")
	f.BoolVar(&o.anonymize, "anonymize", false, anonymizeUsage)
	f.BoolVar(&o.strict, "strict", false, "a warning fails the run")
	f.BoolVar(&o.keepBodies, "keep-bodies", false, "keep the words of answers whole, not their first 512 characters; they may name persons")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print the verdict alone")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "print every hop in full")
	f.BoolVar(&o.noColor, "no-color", false, "no colour")
	f.BoolVar(&o.noProgress, "no-progress", false, "no display while running")
}

// validate refuses what contradicts itself, before anything is sent.
func (o *checkOptions) validate() error {
	if err := o.validateLogin(); err != nil {
		return err
	}
	for _, c := range []struct {
		wrong bool
		text  string
	}{
		{o.ipv4 && o.ipv6, "-4 contradicts -6"},
		{o.trace && o.noProbes, "--trace contradicts --no-probes"},
		{o.noProbes && (o.deep || o.control != ""), "--no-probes contradicts --deep and --control"},
		{o.quiet && o.verbose, "-q contradicts -v"},
		{o.asArticle && (o.authFlow != "" || o.realm != ""), "--as-article contradicts --auth-flow and --realm, which it sets"},
		{!slices.Contains([]string{"", "basic", "oauth", "all"}, o.authFlow), "--auth-flow " + strconv.Quote(o.authFlow) + " is none of basic, oauth, all"},
		{o.repeat < 1 || o.repeat > maxRepeat, fmt.Sprintf("--repeat must be from 1 to %d", maxRepeat)},
		{o.timeout <= 0 || o.hopTimeout.limit <= 0, "--timeout and --hop-timeout must be positive"},
		{o.anonymize && o.events != "", "--anonymize contradicts --events: pseudonyms are given when the whole run is known"},
		{o.anonymize && o.saveChain != "", "--anonymize contradicts --save-chain: a certificate cannot be made anonymous"},
		{o.blobBytes < 0, "--blob-bytes must not be negative"},
		{o.mock != "" && len(o.resolvers) > 0, "--resolver contradicts --mock, which has its own"},
	} {
		if c.wrong {
			return errors.New(c.text)
		}
	}
	return nil
}

// validateLogin refuses a login that is named in two ways.
func (o *checkOptions) validateLogin() error {
	switch {
	case o.anonymous && (o.user != "" || o.passwordStdin):
		return errors.New("--anonymous contradicts -u and --password-stdin")
	case o.authFile != "" && (o.anonymous || o.user != "" || o.passwordStdin):
		return errors.New("--authfile contradicts -u, --password-stdin and --anonymous")
	case o.passwordStdin && o.user == "":
		return &hintError{"--password-stdin without a name", "give the name with -u NAME"}
	case o.passwordStdin && strings.Contains(o.user, ":"):
		return errors.New("-u NAME:PASSWORD contradicts --password-stdin")
	}
	return nil
}

func (o *checkOptions) family() int {
	switch {
	case o.ipv4:
		return 4
	case o.ipv6:
		return 6
	}
	return 0
}

// pins reads --resolve HOST:PORT:ADDR.
func (o *checkOptions) pins() ([]flows.Pin, error) {
	var out []flows.Pin
	for _, text := range o.resolve {
		parts := strings.SplitN(text, ":", 3)
		if len(parts) != 3 || parts[0] == "" {
			return nil, fmt.Errorf("--resolve %q is not host:port:addr", redact.Argument(text))
		}
		if err := hostPart("--resolve", parts[0]); err != nil {
			return nil, err
		}
		port, err := parsePort(parts[1])
		if err != nil {
			return nil, fmt.Errorf("--resolve %q: %w", redact.Argument(text), err)
		}
		addr := strings.Trim(parts[2], "[]")
		if !isAddress(addr) {
			return nil, fmt.Errorf("--resolve %q: the last part is no IP address", redact.Argument(text))
		}
		out = append(out, flows.Pin{Host: parts[0], Port: port, Address: addr})
	}
	return out, nil
}

// detours reads --connect-to H1:P1:H2:P2, where each part may be empty.
func (o *checkOptions) detours() ([]flows.Detour, error) {
	var out []flows.Detour
	for _, text := range o.connectTo {
		parts := splitColons(text)
		if len(parts) != 4 {
			return nil, fmt.Errorf("--connect-to %q is not host1:port1:host2:port2", redact.Argument(text))
		}
		if err := errors.Join(hostPart("--connect-to", parts[0]), hostPart("--connect-to", parts[2])); err != nil {
			return nil, err
		}
		d := flows.Detour{FromHost: parts[0], ToHost: parts[2]}
		for i, to := range []*int{&d.FromPort, &d.ToPort} {
			given := parts[2*i+1]
			if given == "" {
				continue
			}
			port, err := parsePort(given)
			if err != nil {
				return nil, fmt.Errorf("--connect-to %q: %w", redact.Argument(text), err)
			}
			*to = port
		}
		out = append(out, d)
	}
	return out, nil
}

// hostPart refuses what cannot be a host, a login before one for instance. Empty is
// right, it stands for any.
func hostPart(flag, host string) error {
	if host == "" || isAddress(strings.Trim(host, "[]")) || hostName.MatchString(host) {
		return nil
	}
	return fmt.Errorf("%s: %q is no host", flag, redact.Argument(host))
}

// splitColons splits at colons outside brackets and takes the brackets off.
func splitColons(s string) []string {
	parts, depth := []string{""}, 0
	for _, r := range s {
		switch {
		case r == '[':
			depth++
		case r == ']':
			depth--
		case r == ':' && depth == 0:
			parts = append(parts, "")
		default:
			parts[len(parts)-1] += string(r)
		}
	}
	return parts
}

func parsePort(s string) (int, error) {
	port, err := strconv.Atoi(s)
	if err != nil || port < 1 || port > math.MaxUint16 {
		return 0, fmt.Errorf("%q is no port", s)
	}
	return port, nil
}
