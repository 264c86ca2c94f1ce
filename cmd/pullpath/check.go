package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pullpath/flows"
	"pullpath/internal/anonymize"
	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/product"
	"pullpath/internal/profile"
	"pullpath/internal/redact"
	"pullpath/internal/route"
	"pullpath/mockproxy"
	"pullpath/resolve"
	"pullpath/tlsinspect"
)

// check walks the path and prints what was seen.
func check(c *cobra.Command, s streams, o *checkOptions, args []string) error {
	if err := fromEnvironment(c.Flags()); err != nil {
		return err
	}
	if err := o.validate(); err != nil {
		return err
	}
	run := newBudget(c.Context(), o.timeout)
	defer run.close()
	outputs, err := within(run, openingOutputs, func() (*outputs, error) { return openOutputs(o.outputsOf()) })
	if err != nil {
		return err
	}
	defer outputs.discard()
	seed := newSeed()
	events, err := within(run, "opening the file of --events", func() (*eventFile, error) { return openEvents(o.events, s, seed, outputs) })
	if err != nil {
		return err
	}
	defer events.discard()
	around, closeNetwork, err := o.enter(run, s)
	if err != nil {
		return err
	}
	defer closeNetwork()
	if err := around.plantFiles(); err != nil {
		return err
	}
	defer around.removeFiles()
	if err := takeFlags(c.Flags(), around.flags); err != nil {
		return err
	}
	config, plan, err := o.prepare(c, run, s, around, args)
	if err != nil {
		return err
	}
	progress := newProgress(s.err, o, plan)
	chains := &chainFile{path: o.saveChain}
	walk, done := context.WithTimeout(c.Context(), walkTime(run.left(), len(plan.Targets)))
	defer done()
	trace := flows.Run(walk, config, plan, flows.Net{Dial: around.dial, DialLimited: around.dialLimited, DialSegments: around.dialSegments, Speak: around.speak,
		Resolver: around.resolver, Now: around.now, Vantage: around.vantage, Seed: seed, Version: version,
		Watch: func(e flows.Event) { events.hop(e); progress.hop(e) }, Transfer: progress.transfer, KeepChain: chains.add})
	progress.clear()
	after := unlessEnded(c.Context())
	if err := chains.write(after, run.left()); err != nil {
		return err
	}
	_, err = within(after, "judging and writing what was seen", func() (struct{}, error) {
		return struct{}{}, conclude(s, o, outputs, events, trace)
	})
	return err
}

// unlessEnded is a context for what comes after a walk. A signal that ended the walk has
// done its work: what was seen is still written, and the next signal ends the process.
func unlessEnded(ctx context.Context) context.Context {
	if ctx.Err() != nil {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// enter is surroundings within the run's time.
func (o *checkOptions) enter(run *budget, s streams) (*surroundings, func(), error) {
	type entered struct {
		around *surroundings
		leave  func()
	}
	in, err := within(run, "reading this host's network", func() (entered, error) {
		around, leave, err := o.surroundings(run, s)
		return entered{around, leave}, err
	})
	return in.around, in.leave, err
}

// prepare is configure within the run's time.
func (o *checkOptions) prepare(c *cobra.Command, run *budget, s streams, around *surroundings, args []string) (flows.Config, flows.Plan, error) {
	type prepared struct {
		config flows.Config
		plan   flows.Plan
	}
	made, err := within(run, "reading what the run was given", func() (prepared, error) {
		config, plan, err := o.configure(c, run, s, around, args)
		return prepared{config, plan}, err
	})
	return made.config, made.plan, err
}

// conclude judges the trace, prints it and picks the exit status.
func conclude(s streams, o *checkOptions, outputs *outputs, events *eventFile, trace *evidence.Trace) error {
	if o.anonymize {
		trace = anonymize.Trace(trace)
	}
	result := diagnosis.Diagnose(trace, catalogue.All())
	told := events.finish(result)
	if err := outputs.write(s, o, trace, result); err != nil {
		return err
	}
	if told != nil { // the report is worth having without them
		return told
	}
	switch v := result.Verdict; {
	case trace.Run.Ended == "interrupted", v.Status == diagnosis.StatusIncomplete:
		return &statusError{status: exitUsage}
	case v.Status == diagnosis.StatusFail, o.strict && v.Status == diagnosis.StatusWarn:
		return &statusError{status: exitFindings}
	}
	return nil
}

// surroundings picks the machine, a network that this process was let into, or
// one that is started for this run.
func (o *checkOptions) surroundings(run *budget, s streams) (*surroundings, func(), error) {
	none := func() {}
	if o.mock != "" {
		world, err := worldOf(o.mock)
		if err != nil {
			return nil, none, err
		}
		if prof, err := profile.Load(o.profile); err == nil && world.Hosts == nil && o.profile != defaultProfile {
			world.Hosts = prof.World()
		}
		noteMissed(s, world, nil, o.mock)
		resume := run.pause()
		network, err := mockproxy.Start(world)
		resume()
		if err != nil {
			return nil, none, err
		}
		around, err := fromPass(network.Pass())
		return around, network.Close, err
	}
	if path := os.Getenv(mockproxy.PassVariable); path != "" {
		pass, err := mockproxy.LoadPass(path)
		if err != nil {
			return nil, none, err
		}
		around, err := fromPass(pass)
		return around, none, err
	}
	around, err := fromMachine()
	return around, none, err
}

// configure makes the configuration and the plan of the run.
func (o *checkOptions) configure(c *cobra.Command, run *budget, s streams, around *surroundings, args []string) (flows.Config, flows.Plan, error) {
	secrets := &redact.Secrets{}
	config := flows.Config{Dialect: route.Go(), Env: around.env, Stores: around.stores, Anonymous: o.anonymous,
		Timeout: o.timeout, HopTimeout: o.hopTimeout.limit, ClientPatience: o.hopTimeout.client, WithholdInspectable: o.withhold, BlobBytes: o.blobBytes, Full: o.full, NoProbes: o.noProbes, Trace: o.trace, Deep: o.deep || around.deep,
		RetryRejected: o.retryRejected, Architecture: runtime.GOARCH, Scribe: evidence.Scribe{Secrets: secrets, KeepBodies: o.keepBodies}}
	config.PublicRoots, config.Flags = around.publicRoots, toldFlags(c.Flags())
	around.limits(c, &config)
	steps := []func() error{
		func() (err error) { config.Profile, err = o.walkedProfile(c, around); return },
		func() (err error) { config.Targets, err = parseTargets(orElse(args, around.targets)); return },
		func() (err error) { config.Pins, err = o.pins(); return },
		func() (err error) { config.Detours, err = o.detours(); return },
		func() (err error) { config.Signatures, err = o.ownSignatures(around); return },
		func() (err error) { config.Control, err = o.controlHost(around); return },
		func() error { return o.clientUnderTest(c, around, &config) },
		func() error { return o.requests(around, &config) },
		func() error { return o.route(c, &config) },
		func() error { return o.ownTrust(&config) },
		func() error { return o.trust(&config) },
		func() error { return o.transparency(around, &config) },
		func() error { o.clientStores(around, &config); return nil },
		func() error { return o.nameServers(around) },
		func() error { return o.login(run, s, around, &config) },
		func() error { return o.atProxy.loginAtProxy(run, s, around, &config) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return config, flows.Plan{}, err
		}
	}
	secrets.AddPair(config.User, config.Password)
	secrets.AddPair(config.ProxyLogin.User, config.ProxyLogin.Password)
	for _, v := range config.Env {
		secrets.AddProxyURL(v.Value)
	}
	for _, text := range append([]string{o.realm}, o.resolvers...) {
		secrets.AddArgument(text) // a key in a query
	}
	around.resolver.Family = o.family()
	plan, err := flows.NewPlan(config)
	if err != nil {
		return config, plan, err
	}
	if err := o.storedLogins(run, around, &config, plan); err != nil {
		return config, plan, err
	}
	return config, plan, o.checkRoute(c, plan)
}

// walkedProfile is that of --profile, or the one that a rebuilt network's report
// walked: one that this version has built in, or what the report tells of a site's own.
func (o *checkOptions) walkedProfile(c *cobra.Command, around *surroundings) (profile.Profile, error) {
	switch {
	case around.profile == "" || c.Flags().Changed("profile"):
		return profile.Load(o.profile)
	case slices.Contains(profile.Names(), around.profile):
		return profile.Load(around.profile)
	case around.listed == "":
		return profile.Load(o.profile)
	}
	return profile.Parse([]byte(around.listed))
}

// limits takes a made-up network's own where no flag says otherwise.
func (s *surroundings) limits(c *cobra.Command, config *flows.Config) {
	if s.timeout > 0 && !c.Flags().Changed("timeout") {
		config.Timeout = s.timeout
	}
	if s.hopTimeout > 0 && !c.Flags().Changed("hop-timeout") {
		config.HopTimeout = s.hopTimeout
	}
	if config.ClientPatience && s.timeout == 0 && !c.Flags().Changed("timeout") {
		config.Timeout = clientTimeout
	}
}

func orElse(args, others []string) []string {
	if len(args) > 0 {
		return args
	}
	return others
}

// route applies -x and --noproxy to the environment.
func (o *checkOptions) route(c *cobra.Command, config *flows.Config) error {
	if c.Flags().Changed("proxy") {
		config.Env = config.Env.WithProxy(o.proxy, "-x")
	}
	if c.Flags().Changed("noproxy") {
		config.Env = config.Env.WithNoProxy(o.noProxy, "--noproxy")
	}
	return nil
}

// checkRoute refuses a proxy from a flag that cannot mean what it says. One from
// the environment is a finding instead: it is what the client has.
func (o *checkOptions) checkRoute(c *cobra.Command, plan flows.Plan) error {
	if !c.Flags().Changed("proxy") || o.proxy == "" {
		return nil
	}
	for _, p := range plan.Targets {
		for _, problem := range p.Decision.Problems {
			if problem.Broken {
				return &hintError{fmt.Sprintf("-x %s: %s", redact.ProxyURL(o.proxy), problem.Text), "write scheme://host:port"}
			}
		}
	}
	return nil
}

// trust applies --cacert, the profile's own CA and --public-roots.
func (o *checkOptions) trust(config *flows.Config) error {
	if err := trustFile(config, "--cacert", o.caCert); err != nil {
		return err
	}
	if err := trustFile(config, "profile "+config.Profile.Name+", ca", config.Profile.CA); err != nil {
		return err
	}
	if o.publicRoots == "" {
		return nil
	}
	pool, err := poolFromFile(o.publicRoots)
	if err != nil {
		return fmt.Errorf("--public-roots: %w", err)
	}
	config.Stores.Public, config.PublicRoots = pool, o.publicRoots
	return nil
}

// transparency applies --ct-logs. With --public-roots alone the built-in list is
// not that of the roots' world, and timestamps are not looked at.
func (o *checkOptions) transparency(around *surroundings, config *flows.Config) error {
	config.Logs = around.logs
	switch {
	case o.ctLogs != "":
		data, err := os.ReadFile(o.ctLogs)
		if err != nil {
			return fmt.Errorf("--ct-logs: %w", err)
		}
		if config.Logs, err = tlsinspect.ReadLogs(data); err != nil {
			return &hintError{fmt.Sprintf("--ct-logs %s: %v", o.ctLogs, err), "give the JSON of gstatic.com/ct/log_list/v3/log_list.json or one of its form"}
		}
	case o.publicRoots != "":
		config.Logs, config.NoLogs = nil, "--public-roots was given without --ct-logs"
	}
	return nil
}

// trustFile adds a PEM file to the store under test; the empty name adds nothing.
func trustFile(config *flows.Config, what, name string) error {
	if name == "" {
		return nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	config.Stores.Client = config.Stores.Client.Clone()
	if _, err := tlsinspect.AddPEM(config.Stores.Client, data); err != nil {
		return fmt.Errorf("%s %s: %w", what, name, err)
	}
	return nil
}

// nameServers applies --resolver: these are asked, and not the system's ways.
func (o *checkOptions) nameServers(around *surroundings) error {
	if len(o.resolvers) == 0 {
		return nil
	}
	var servers []string
	for _, text := range o.resolvers {
		server, err := resolve.ParseServer(text)
		if err != nil {
			return &hintError{"--resolver " + redact.Text(err.Error(), maxFlagText), "give addr[:port], tcp://addr, tls://addr[#name] or https://host/path"}
		}
		servers = append(servers, server.String())
	}
	around.resolver.Servers, around.resolver.Default, around.resolver.Ways = servers, false, nil
	around.vantage.Resolvers = servers
	return nil
}

// ownSignatures reads --signatures, or takes those of a rebuilt network's report.
func (o *checkOptions) ownSignatures(around *surroundings) ([]evidence.Signature, error) {
	switch {
	case o.signatures == "" && around.signatures == "":
		return nil, nil
	case o.signatures == "":
		return product.ParseOwn([]byte(around.signatures))
	}
	data, err := os.ReadFile(o.signatures)
	if err != nil {
		return nil, fmt.Errorf("--signatures: %w", err)
	}
	own, err := product.ParseOwn(data)
	if err != nil {
		return nil, fmt.Errorf("--signatures %s: %w", o.signatures, err)
	}
	return own, nil
}

// controlHost is host:port of --control, or a made-up network's own.
func (o *checkOptions) controlHost(around *surroundings) (string, error) {
	if o.control == "" {
		return around.control, nil
	}
	a, err := parseHost(o.control)
	if err != nil {
		return "", fmt.Errorf("--control: %w", err)
	}
	return net.JoinHostPort(strings.ToLower(a.Host), strconv.Itoa(a.Port)), nil
}

// maxFlagText bounds what an error repeats of a flag.
const maxFlagText = 200

// login finds the user's name and password: flags, then the environment, then
// a made-up network's own account.
func (o *checkOptions) login(run *budget, s streams, around *surroundings, config *flows.Config) error {
	name, password, given := strings.Cut(o.user, ":")
	switch {
	case o.anonymous, o.authFile != "":
		return nil
	case o.passwordStdin:
		var err error
		config.User = name
		config.Password, err = readPassword(s.in)
		return err
	case given:
		config.User, config.Password = name, password
		return nil
	}
	if name == "" {
		name, password = os.Getenv("PULLPATH_USERNAME"), os.Getenv("PULLPATH_PASSWORD")
		if name == "" {
			name, password = around.user, around.password
		}
		config.User, config.Password = name, password
		return nil
	}
	if password = os.Getenv("PULLPATH_PASSWORD"); password == "" {
		if !term.IsTerminal(int(s.in.Fd())) {
			return &hintError{"no password for -u " + redact.User(name), "use --password-stdin or PULLPATH_PASSWORD"}
		}
		var err error
		if password, err = askWithin(run, s, redact.User(name)); err != nil {
			return err
		}
	}
	config.User, config.Password = name, password
	return nil
}
