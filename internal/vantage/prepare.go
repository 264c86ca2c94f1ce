package vantage

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strings"

	"pullpath/flows"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/product"
	"pullpath/internal/profile"
	"pullpath/internal/redact"
	"pullpath/internal/route"
	"pullpath/internal/userfile"
)

// preparation is a run that is being made ready.
type preparation struct {
	*Vantage
	ask *Ask
	run Run
	// engine tells that the host has the client under test, or an engine that it controls.
	engine bool
}

// Prepare makes the run that is asked for, of the targets that args name. It reads files,
// may run credential helpers until ctx ends, and may ask at the console; it sends nothing.
func (v *Vantage) Prepare(ctx context.Context, ask *Ask, args []string) (Run, error) {
	p := &preparation{Vantage: v, ask: ask, run: Run{Net: v.Net}}
	if v.MadeUp != nil {
		if err := ask.takeNetworks(v.MadeUp.Flags); err != nil {
			return p.run, err
		}
		args = orElse(args, v.MadeUp.Targets)
		p.run.servers = v.MadeUp.Servers
	}
	p.run.Config = p.fromFlags()
	for _, step := range []func() error{
		func() error { return p.parse(args) },
		p.profile,
		p.addresses,
		p.words,
		p.node,
		p.signatures,
		p.control,
		p.client,
		p.requests,
		p.registryConfig,
		p.ownCAs,
		p.route,
		p.trust,
		p.transparency,
		p.nameServers,
		func() error { return p.pac(ctx) },
		p.login,
		p.loginAtProxy,
	} {
		if err := step(); err != nil {
			return p.run, err
		}
	}
	p.learnSecrets()
	var err error
	if p.run.Plan, err = flows.NewPlan(p.run.Config); err != nil {
		return p.run, err
	}
	if err := p.storedLogins(ctx); err != nil {
		return p.run, err
	}
	if err := p.checkRoute(); err != nil {
		return p.run, err
	}
	p.run.Config.Survey, p.run.logins = p.survey(), p.logins()
	return p.run, nil
}

// fromFlags returns the part of the configuration that the flags alone give.
func (p *preparation) fromFlags() flows.Config {
	a := p.ask
	config := flows.Config{Dialect: route.Go(), Env: p.Host.Env, Stores: p.Host.Stores, Logs: p.Host.Logs,
		Timeout: a.Timeout, HopTimeout: a.hopTimeout.limit, ClientPatience: a.hopTimeout.client,
		Anonymous: a.login.anonymous, AuthFlow: a.login.flow, WithholdInspectable: a.login.withhold, RetryRejected: a.login.retryRejected,
		BlobBytes: a.pull.blobBytes, Full: a.pull.full, Repeat: a.pull.repeat, AllClients: a.pull.client == AllClients,
		NoProbes: a.pull.noProbes, Deep: a.pull.deep, Trace: a.pull.trace,
		Architecture: runtime.GOARCH, Flags: a.reportedFlags(), Scribe: a.scribe()}
	config.Scribe.Secrets = &redact.Secrets{}
	if config.ClientPatience && !a.given("timeout") {
		config.Timeout = clientTimeout
	}
	return config
}

// profile is the allow-list of the run. With --all-required each of its hosts is required.
func (p *preparation) profile() error {
	if err := p.namedProfile(); err != nil || !p.ask.allRequired {
		return err
	}
	hosts := slices.Clone(p.run.Config.Profile.Hosts)
	for i := range hosts {
		hosts[i].Required = true
	}
	p.run.Config.Profile.Hosts = hosts
	return nil
}

// namedProfile is that of --profile, else those that the targets belong to, or the one that a rebuilt network's report walked: one that
// this version has built in, or what the report shows of a site's own.
func (p *preparation) namedProfile() (err error) {
	name, listed := p.ask.Profile, ""
	if !p.ask.given("profile") {
		name = cmp.Or(p.profilesOfTargets(), name)
	}
	if m := p.MadeUp; m != nil && m.Profile != "" && !p.ask.given("profile") {
		if profile.IsBuiltIn(m.Profile) {
			name = m.Profile
		} else {
			listed = m.Listed
		}
	}
	if listed != "" {
		p.run.Config.Profile, err = profile.Parse([]byte(listed))
		return err
	}
	p.run.Config.Profile, err = profile.Load(name)
	return err
}

// profilesOfTargets are the built-in profiles whose registries the targets are.
func (p *preparation) profilesOfTargets() string {
	var out []string
	for _, a := range p.run.Config.Targets {
		if name := profile.Of(a.Registry()); name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return strings.Join(out, profile.Separator)
}

// words refuses a target of one word that nothing here has as the name of a host.
func (p *preparation) words() error {
	known := []string{}
	for _, pin := range p.ask.resolve {
		known = append(known, before(pin))
	}
	for _, detour := range p.ask.connectTo {
		known = append(known, before(detour))
	}
	if p.MadeUp != nil {
		known = append(known, p.MadeUp.Words...)
		known = append(known, p.MadeUp.Targets...)
	}
	for _, a := range p.run.Config.Targets {
		if err := CheckWord(a.Text, p.run.Config.Profile, known); err != nil {
			return &UnknownWord{Word: a.Text, AsImage: p.shortName(a.Text)}
		}
	}
	return nil
}

// before is what stands before the first colon.
func before(text string) string {
	text, _, _ = strings.Cut(text, ":")
	return text
}

// addresses reads --resolve and --connect-to.
func (p *preparation) addresses() (err error) {
	if p.run.Config.Pins, err = pins(p.ask.resolve); err != nil {
		return err
	}
	p.run.Config.Detours, err = detours(p.ask.connectTo)
	return err
}

// signatures reads --signatures, or takes those of a rebuilt network's report.
func (p *preparation) signatures() (err error) {
	name := p.ask.trust.signatures
	if name == "" {
		if p.MadeUp != nil && p.MadeUp.Signatures != "" {
			p.run.Config.Signatures, err = product.ParseOwn([]byte(p.MadeUp.Signatures))
		}
		return err
	}
	data, err := userfile.Read(name, userfile.MaxSignatures)
	if err != nil {
		return fmt.Errorf("--signatures: %w", err)
	}
	if p.run.Config.Signatures, err = product.ParseOwn(data); err != nil {
		return fmt.Errorf("--signatures %s: %w", name, err)
	}
	return nil
}

// control is host:port of --control.
func (p *preparation) control() error {
	if p.ask.pull.control == "" {
		return nil
	}
	a, err := flows.ParseHost(p.ask.pull.control)
	if err != nil {
		return fmt.Errorf("--control: %w", err)
	}
	p.run.Config.Control = a.ID()
	return nil
}

// articleRegistry is the registry of the article's fifth command.
const articleRegistry = "registry.redhat.io"

// requests applies the flags about requests.
func (p *preparation) requests() error {
	config, a := &p.run.Config, p.ask
	if a.pull.platform != "" {
		parts := strings.Split(a.pull.platform, "/")
		if len(parts) < 2 || parts[0] == "" || parts[1] == "" {
			return hint.New(fmt.Sprintf("--platform %q is not os/arch", a.pull.platform), "give for instance linux/arm64")
		}
		config.OS, config.Architecture = parts[0], parts[1]
	}
	if a.login.realm != "" {
		u, err := url.Parse(a.login.realm)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			return hint.New(fmt.Sprintf("--realm %s is not an https URL of a token server", redact.URL(a.login.realm)),
				"a login is not sent in the clear, nor taken out of a URL")
		}
		config.Realm = u
	}
	if a.login.asArticle {
		config.AskAsArticle()
		if len(config.Targets) == 0 {
			config.Targets = []flows.Argument{{Endpoint: evidence.Endpoint{Host: articleRegistry, Port: 443}, Text: articleRegistry}}
		}
	}
	return nil
}

// route applies -x and --noproxy to the environment.
func (p *preparation) route() error {
	if p.ask.given("proxy") || p.ask.given("noproxy") {
		p.run.Config.Own = nil
	}
	if p.ask.given("proxy") {
		p.run.Config.Env = p.run.Config.Env.WithProxy(p.ask.asVariable("proxy", "-x", p.ask.proxy.url))
	}
	if p.ask.given("noproxy") {
		p.run.Config.Env = p.run.Config.Env.WithNoProxy(p.ask.asVariable("noproxy", "--noproxy", p.ask.proxy.exceptions))
	}
	return nil
}

// checkRoute refuses a proxy from a flag that cannot mean what it says. One from
// the environment is a finding instead: it is what the client has.
func (p *preparation) checkRoute() error {
	if p.ask.proxy.url == "" {
		return nil
	}
	for _, t := range p.run.Plan.Targets {
		for _, problem := range t.Decision.Problems {
			if problem.Broken {
				return hint.New(fmt.Sprintf("-x %s: %s", redact.ProxyURL(p.ask.proxy.url), problem.Text), "write scheme://host:port")
			}
		}
	}
	return nil
}

// learnSecrets makes the run know what must not leave it.
func (p *preparation) learnSecrets() {
	config := &p.run.Config
	secrets := config.Scribe.Secrets
	secrets.AddPair(config.User, config.Password)
	secrets.AddPair(config.ProxyLogin.User, config.ProxyLogin.Password)
	for _, v := range config.Env {
		secrets.AddProxyURL(v.Value)
	}
	for _, text := range append([]string{p.ask.login.realm}, p.ask.resolvers...) {
		secrets.AddArgument(text) // a key in a query
	}
}

func orElse(args, others []string) []string {
	if len(args) > 0 {
		return args
	}
	return others
}
