package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pullpath/flows"
	"pullpath/internal/buildinfo"
	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/metrics"
	"pullpath/internal/profile"
	"pullpath/internal/report"
	"pullpath/internal/serve"
	"pullpath/internal/strictyaml"
	"pullpath/internal/userfile"
	"pullpath/internal/vantage"
	"pullpath/mockproxy"
	"pullpath/tlsinspect"
)

// defaultListen is where the server listens: 9719 is in no list of ports that exporters have
// (https://github.com/prometheus/prometheus/wiki/Default-port-allocations).
const defaultListen = "127.0.0.1:9719"

// serveOptions are the flags of serve.
type serveOptions struct {
	listen, config, web, state string
	anywhere                   bool
	interval                   time.Duration
	profile, client            string
	root, node                 string
	labels                     []string
}

// newServe returns the command that walks on a schedule and serves what it sees.
func newServe(s streams) *cobra.Command {
	o := &serveOptions{}
	c := &cobra.Command{Use: "serve", Short: "Walk on a schedule, and serve metrics, probes and reports over HTTP", Args: arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error { return runServe(c.Context(), s, o) }}
	o.register(c.Flags())
	completeFlag(c, "profile", profile.Names()...)
	completeFlag(c, "client", clientNames()...)
	return c
}

func (o *serveOptions) register(f *pflag.FlagSet) {
	f.StringVar(&o.config, "config", "", "YAML `file` with modules and their schedule; it is read again on SIGHUP")
	f.StringVar(&o.listen, "listen", defaultListen, "`address:port` to listen on")
	f.BoolVar(&o.anywhere, "listen-anywhere", false, "allow an address that other machines can reach")
	f.StringVar(&o.web, "web-config", "", "YAML `file` with TLS and basic auth, in the form of Prometheus' exporters (web.config.file)")
	f.DurationVar(&o.interval, "interval", serve.DefaultEvery, "how often the path is walked, where no --config says so")
	f.StringVar(&o.profile, "profile", vantage.DefaultProfile, "what is walked where no --config says so: a built-in profile or YAML `file`")
	f.StringVar(&o.client, "client", "", "as which `tool`, where no --config says so")
	f.StringVar(&o.root, "root", "", "take settings, trust, logins and name servers from the files below `DIR`; the network is that of "+
		"this process")
	f.StringVar(&o.state, "state", "", "keep the last report of each module, and the last that came out otherwise, in this `directory`")
	f.StringVar(&o.node, "node", "", "what the fleet calls this host; the report has the `name`, and it decides when the first walk begins")
	f.StringArrayVar(&o.labels, "label", nil, "what the fleet knows of this host besides, `name=value` as in zone=a; repeatable, at most 16")
}

func runServe(ctx context.Context, s streams, o *serveOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	config, err := o.read()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(s.err, nil))
	server := serve.New(config, o.options(log))
	if err := o.tryModules(ctx, config); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return hint.New(fmt.Sprintf("--listen %s: %v", o.listen, err), "another program may have the port; give --listen another one")
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go server.Run(ctx)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	go o.reloads(ctx, hangups, server, log)
	log.Info("serving", "address", listener.Addr().String(), "modules", len(config.Modules))
	return serveHTTP(ctx, listener, server.Handler(), o.web, log)
}

// windDown is how long requests may go on after the end was asked for.
const windDown = 500 * time.Millisecond

// serveHTTP serves until ctx ends.
func serveHTTP(ctx context.Context, l net.Listener, handler http.Handler, webConfig string, log *slog.Logger) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	ended := make(chan error, 1)
	go func() {
		ended <- web.Serve(l, server, &web.FlagConfig{WebConfigFile: &webConfig}, slog.New(slog.DiscardHandler))
	}()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	winding, cancel := context.WithTimeout(context.WithoutCancel(ctx), windDown)
	defer cancel()
	if server.Shutdown(winding) != nil {
		_ = server.Close() // who still waits is sent away
	}
	if err := <-ended; err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// check refuses what cannot be served, before anything is sent.
func (o *serveOptions) check() error {
	if o.interval < serve.LeastEvery {
		return fmt.Errorf("--interval %s: the least is %s", o.interval, serve.LeastEvery)
	}
	if err := mockproxy.CheckAddress(o.listen, o.anywhere); err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	if o.web != "" {
		if err := web.Validate(o.web); err != nil {
			return fmt.Errorf("--web-config %s: %w", o.web, err)
		}
	}
	if o.state != "" {
		if info, err := os.Stat(o.state); err != nil || !info.IsDir() {
			return hint.New(fmt.Sprintf("--state %s: not a directory", o.state), "make it, for this user alone: it holds names of hosts")
		}
	}
	return nil
}

// module names the module where no configuration does: by the profile, if that is a built-in one.
func (o *serveOptions) module() string {
	if profile.IsBuiltIn(o.profile) {
		return o.profile
	}
	return "default"
}

// read reads the configuration; without one the profile is walked.
func (o *serveOptions) read() (serve.Config, error) {
	text := fmt.Appendf(nil, "modules: {%[1]s: {profile: %[2]q, client: %[3]q}}\nschedule: [{module: %[1]s, every: %[4]s}]\n",
		o.module(), o.profile,
		o.client, o.interval)
	if o.config != "" {
		var err error
		if text, err = userfile.Read(o.config, serve.MaxConfig); err != nil {
			return serve.Config{}, fmt.Errorf("--config: %w", err)
		}
	}
	config, err := serve.ParseConfig(text)
	if err != nil {
		var wrong *strictyaml.Error
		if errors.As(err, &wrong) && o.config != "" {
			return serve.Config{}, fmt.Errorf("--config %s:%d: %w", o.config, wrong.Line, wrong.Err)
		}
		return serve.Config{}, fmt.Errorf("--config: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(config.Modules)) {
		m := config.Modules[name]
		if m.Profile == "" {
			continue
		}
		p, err := profile.Load(m.Profile)
		if err != nil {
			return serve.Config{}, o.wrong(name, m, err)
		}
		for _, h := range p.Hosts {
			if h.Walkable() {
				m.Hosts = append(m.Hosts, evidence.Endpoint{Host: h.Host, Port: cmp.Or(h.Port, 443)}.ID())
			}
		}
		config.Modules[name] = m
	}
	return config, nil
}

// flagKeys are what is a flag of check and has another name in a configuration.
var flagKeys = strings.NewReplacer("--cacert", "ca", "--public-roots", "public_roots", "--signatures", "signatures", "--profile", "profile",
	"--client", "client")

// wrong says which module cannot be walked, and where it stands.
func (o *serveOptions) wrong(name string, m serve.Module, err error) error {
	if o.config == "" {
		return hint.New(fmt.Sprintf("module %s: %v", name, err), hint.Of(err))
	}
	return hint.New(fmt.Sprintf("--config %s:%d: module %s: %s", o.config, m.Line, name, flagKeys.Replace(err.Error())), hint.Of(err))
}

// tryModules makes each module ready once, so that what cannot be walked is said at the start.
func (o *serveOptions) tryModules(ctx context.Context, config serve.Config) error {
	for _, name := range slices.Sorted(maps.Keys(config.Modules)) {
		m := config.Modules[name]
		if _, leave, err := o.prepare(ctx, m, m.Walked(), true); err != nil {
			return o.wrong(name, m, err)
		} else {
			leave()
		}
	}
	return nil
}

// reloads takes another configuration at each SIGHUP. One that is wrong is named, and the one
// before stays.
func (o *serveOptions) reloads(ctx context.Context, hangups <-chan os.Signal, server *serve.Server, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
		}
		config, err := o.read()
		if err == nil {
			err = o.tryModules(ctx, config)
		}
		if err != nil {
			log.Error("the configuration is as it was", "err", err)
			continue
		}
		server.Reload(config)
		log.Info("configuration read again", "modules", len(config.Modules))
	}
}

func (o *serveOptions) options(log *slog.Logger) serve.Options {
	info := buildinfo.Read()
	build := metrics.Build{Version: version, Revision: info.Revision, Roots: info.Roots}
	if logs, err := tlsinspect.BuiltInLogs(); err == nil {
		build.CTLogs = logs.Date.UTC().Format(time.DateOnly)
	}
	hostname, _ := os.Hostname()
	out := serve.Options{Build: build, Node: cmp.Or(o.node, hostname), Log: log, Walk: o.walk,
		Judge:  func(t *evidence.Trace) diagnosis.Result { return diagnosis.Diagnose(t, catalogue.All()) },
		Target: func(text string) error { _, err := flows.ParseArgument(text); return err }}
	if o.state != "" {
		out.Save = o.save
	}
	return out
}

// save keeps a report: the last, and the last that came out otherwise.
func (o *serveOptions) save(module string, r serve.Report, changed bool) error {
	var text strings.Builder
	if err := report.JSON(&text, r.Trace, r.Result); err != nil {
		return err
	}
	names := []string{module + ".last.json"}
	if changed {
		names = append(names, module+".changed.json")
	}
	for _, name := range names {
		if err := userfile.Replace(filepath.Join(o.state, name), []byte(text.String()), userfile.Mode{New: reportMode}); err != nil {
			return err
		}
	}
	return nil
}

// walk makes a walk of a module. Files are read anew for each.
func (o *serveOptions) walk(ctx context.Context, m serve.Module, targets []string, probes bool) (*evidence.Trace, error) {
	ready, leave, err := o.prepare(ctx, m, targets, probes)
	if err != nil {
		return nil, err
	}
	defer leave()
	return ready.Walk(ctx), nil
}

// prepare makes a walk ready.
func (o *serveOptions) prepare(ctx context.Context, m serve.Module, targets []string, probes bool) (vantage.Run, func(), error) {
	where := checkOptions{root: o.root}
	from, leave, err := where.vantage(nil, streams{})
	if err != nil {
		return vantage.Run{}, nil, err
	}
	var ask vantage.Ask
	set := pflag.NewFlagSet("module", pflag.ContinueOnError)
	ask.Register(set)
	if err := set.Parse(o.flagsOf(m, probes)); err != nil {
		leave()
		return vantage.Run{}, nil, err
	}
	err = ask.Validate()
	var ready vantage.Run
	if err == nil {
		ready, err = from.Prepare(ctx, &ask, targets)
	}
	if err != nil {
		leave()
		return vantage.Run{}, nil, err
	}
	ready.Net.Seed, ready.Net.Version = vantage.NewSeed(), version
	return ready, leave, nil
}

// flagsOf says in the flags of check what a module says.
func (o *serveOptions) flagsOf(m serve.Module, probes bool) []string {
	out := []string{"--timeout=" + m.Timeout.String(), "--node=" + o.node}
	for _, l := range o.labels {
		out = append(out, "--label="+l)
	}
	for _, f := range [][2]string{{"profile", m.Profile}, {"client", m.Client}, {"cacert", m.CA}, {"public-roots", m.PublicRoots},
		{"signatures", m.Signatures}} {
		if f[1] != "" {
			out = append(out, "--"+f[0]+"="+f[1])
		}
	}
	for _, f := range []struct {
		name string
		set  bool
	}{{"anonymous", !m.Login}, {"no-probes", !probes}, {"no-mirrors", m.NoMirrors}} {
		if f.set {
			out = append(out, "--"+f.name)
		}
	}
	return out
}
