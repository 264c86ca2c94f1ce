package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
	"pullpath/internal/sandbox"
	"pullpath/mockproxy"
)

// newMock serves the built-in network, for a command or until interrupted.
func newMock(s streams) *cobra.Command {
	var o mockOptions
	var list, show bool
	var scenario string
	c := &cobra.Command{
		Use: "mock [--fault F]... [-- CMD ARG...]", Short: "Serve a local network with a fault in it",
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if err := fromEnvironment(c.Flags()); err != nil {
				return err
			}
			if list {
				return listFaults(s.out)
			}
			all, err := chosen(o, scenario, c)
			if err != nil {
				return err
			}
			world, err := all.world()
			if err != nil {
				return err
			}
			if show {
				return printScenario(s.out, all)
			}
			return serve(c.Context(), s, all, world, args)
		},
	}
	o.register(c.Flags())
	c.Flags().BoolVar(&list, "list", false, "list codes and faults")
	c.Flags().StringVar(&scenario, "scenario", "", "take the options of this YAML `FILE`; flags add to it")
	c.Flags().BoolVar(&show, "print-scenario", false, "print the options as a scenario file, and serve nothing")
	return c
}

// chosen are the options of a scenario with the flags over them, or the flags.
func chosen(o mockOptions, scenario string, c *cobra.Command) (mockOptions, error) {
	if scenario == "" {
		return o, nil
	}
	all, err := loadScenario(scenario)
	if err != nil {
		return all, err
	}
	return all, all.over(c.Flags())
}

// worldOf makes a World of catalogue codes and faults. A code brings its own
// World; further faults are added to it.
func worldOf(names ...string) (fault.World, error) {
	var world fault.World
	for _, name := range names {
		if name == healthy {
			continue
		}
		if i := slices.IndexFunc(catalogue.All(), func(e diagnosis.Entry) bool { return e.Code == name }); i >= 0 {
			if len(world.Faults) > 0 || world.Title != "" {
				return world, fmt.Errorf("--fault %s: a code brings its own network, so it comes first and alone", name)
			}
			world = catalogue.All()[i].Provoke
			world.Faults = slices.Clone(world.Faults)
			continue
		}
		f, err := readFault(name)
		if err != nil {
			return world, &hintError{err.Error(), "pullpath mock --list shows codes and faults"}
		}
		world.Faults = append(world.Faults, f)
		world.Title = joined(world.Title, name)
	}
	return world, nil
}

// readFault reads a fault. A body of the form @PRODUCT is a page of that product.
func readFault(text string) (fault.Fault, error) {
	spec, err := fault.Read(text)
	if err != nil {
		return nil, err
	}
	for i, p := range spec.Params {
		name, sample := strings.CutPrefix(p.Value, "@")
		if p.Name != "body" || !sample {
			continue
		}
		if spec.Params[i].Value, err = samplePage(name); err != nil {
			return nil, fmt.Errorf("fault %s: body=%s: %w", spec.Name, p.Value, err)
		}
	}
	return spec.Fault()
}

func listFaults(out io.Writer) error {
	for _, e := range catalogue.All() {
		if _, err := fmt.Fprintf(out, "%-34s %s\n", e.Code, e.Provoke.Title); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	for _, k := range fault.Kinds() {
		if _, err := fmt.Fprintf(out, "%-34s %s\n%34s %s\n", k.Name, k.About, "", k.Usage()); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(out, "\nAll but tcp-* and path-mtu also take every=N (or 1/N), after=N and times=N: each Nth time, not the\n"+
		"first N times, N times at the most. host=* is every host, host=proxy the proxy; body=@squid is a\npage of that product. header, strip, scheme and address may be repeated. A name that is a code as\n"+
		"well is the code; with a parameter it is the fault: tcp-reset:host=*.")
	return err
}

// serve runs the network, in a namespace of its own where that is asked for.
func serve(ctx context.Context, s streams, o mockOptions, world fault.World, command []string) error {
	if err := o.usable(command); err != nil {
		return err
	}
	if !o.Transparent || sandbox.Inside() {
		return serveMock(ctx, s, o, world, command)
	}
	status, err := sandbox.Reenter(sandbox.Command{Args: os.Args, Env: os.Environ(), In: s.in, Out: s.out, Err: s.err, Terminal: isTerminal(s.in)})
	if err != nil {
		return &hintError{"--transparent: " + err.Error(), "run it as root, or allow user namespaces (user.max_user_namespaces, " +
			"kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)"}
	}
	return exited(status)
}

// usable tells what does not go together.
func (o *mockOptions) usable(command []string) error {
	if o.Transparent && len(command) == 0 {
		return &hintError{"--transparent needs a command to run", "pullpath mock --transparent -- curl https://registry.redhat.io/v2/"}
	}
	if _, ok := shells[o.Shell]; !ok {
		return fmt.Errorf("--shell %s: none of sh, fish, powershell, docker, podman", o.Shell)
	}
	return nil
}

func serveMock(ctx context.Context, s streams, o mockOptions, world fault.World, command []string) (err error) {
	log, err := o.openLog(s, len(command) > 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	network, err := o.start(world, log)
	if err != nil {
		return err
	}
	defer network.Close()
	dir, err := os.MkdirTemp("", "pullpath-mock-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if names := unmet(world); len(names) > 0 && !o.Transparent {
		_, _ = fmt.Fprintf(s.err, "note: only pullpath meets %s here; other clients do in --transparent\n", strings.Join(names, ", "))
	}
	inside := insideOf(network, o.Transparent)
	env, err := inside.environment(dir)
	if err != nil {
		return err
	}
	admin := ""
	if o.Admin != "" {
		if admin, err = network.StartAdmin(o.Admin, readFault); err != nil {
			return fmt.Errorf("--admin: %w", err)
		}
	}
	if len(command) > 0 {
		if o.Transparent {
			if err := layoutOf(network).Apply(dir); err != nil {
				return fmt.Errorf("--transparent: %w", err)
			}
		}
		return runInside(s, env, command)
	}
	if err := announce(s.out, o, network, env, admin); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// start starts the network where the options want it.
func (o *mockOptions) start(world fault.World, log io.WriteCloser) (*mockproxy.Network, error) {
	ports := mockproxy.Ports{Anywhere: o.ListenAnywhere}
	for _, pair := range o.Listen {
		service, address, _ := strings.Cut(pair, "=")
		into, ok := map[string]*string{"http": &ports.HTTP, "https": &ports.HTTPS, "socks": &ports.SOCKS, "dns": &ports.DNS}[service]
		if !ok || address == "" {
			return nil, &hintError{fmt.Sprintf("--listen %s: no service with an address", pair), "http=127.0.0.1:3128; services are http, https, socks, dns"}
		}
		*into = address
	}
	options := []mockproxy.Option{mockproxy.Complete(), mockproxy.Listen(ports), mockproxy.KeepIn(o.CADir)}
	if log != (kept{io.Discard}) {
		options = append(options, mockproxy.Follow(func(e mockproxy.Event) { logEvent(log, e, o.Verbose) }))
	}
	return mockproxy.Start(world, options...)
}

// openLog is where the access log goes: the file that was named, else standard
// error, or nowhere while a command uses that.
func (o *mockOptions) openLog(s streams, command bool) (io.WriteCloser, error) {
	if o.Log == "" {
		if command && !o.Verbose {
			return kept{io.Discard}, nil
		}
		return kept{s.err}, nil
	}
	f, err := os.OpenFile(o.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--log: %w", err)
	}
	return f, nil
}

// kept is a writer that others close.
type kept struct{ io.Writer }

func (kept) Close() error { return nil }
