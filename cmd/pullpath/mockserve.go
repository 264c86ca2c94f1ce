package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"pullpath/internal/fault"
	"pullpath/internal/hint"
	"pullpath/internal/redact"
	"pullpath/internal/sandbox"
	"pullpath/mockproxy"
)

// Serving says where a network is served and how it is announced. It is part of mock and
// of replay. Its name is exported for the library that writes it, which cannot look into
// another.
type Serving struct {
	// Listen are SERVICE=ADDRESS, Admin an address. These and the files that are written
	// are said on the command line alone: a scenario may come from anybody.
	Listen         []string `yaml:"-"`
	ListenAnywhere bool     `yaml:"-"`
	Admin          string   `yaml:"-"`
	CADir          string   `yaml:"-"`
	Log            string   `yaml:"-"`
	Pcap           string   `yaml:"-"`
	Transparent    bool     `yaml:"transparent,omitempty"`
	Verbose        bool     `yaml:"verbose,omitempty"`
	Shell          string   `yaml:"shell,omitempty"`
	// stranger means that the network was described by a file, not by flags: a command in
	// it is led nowhere else.
	stranger bool
}

// unwritten returns the flags that are given and that no scenario holds.
func (o *Serving) unwritten() []string {
	var out []string
	for _, f := range []struct {
		name  string
		given bool
	}{{"--listen", len(o.Listen) > 0}, {"--listen-anywhere", o.ListenAnywhere}, {"--admin", o.Admin != ""}, {"--ca-dir", o.CADir != ""},
		{"--log", o.Log != ""}, {"--pcap", o.Pcap != ""}} {
		if f.given {
			out = append(out, f.name)
		}
	}
	return out
}

func (o *Serving) register(f *pflag.FlagSet) {
	f.StringArrayVar(&o.Listen, "listen", o.Listen, "`SERVICE=ADDR:PORT` for http, https, socks or dns; repeatable")
	f.BoolVar(&o.ListenAnywhere, "listen-anywhere", o.ListenAnywhere, "allow addresses that other machines can reach")
	f.StringVar(&o.Admin, "admin", o.Admin, "serve an HTTP interface for faults and counters at `ADDR:PORT`")
	f.StringVar(&o.CADir, "ca-dir", o.CADir, "keep the authorities in `DIR` and use them again the next time")
	f.BoolVar(&o.Transparent, "transparent", o.Transparent, "run CMD in a network namespace where ports 443, 80 and 53 are the mock's (Linux)")
	f.StringVar(&o.Log, "log", o.Log, "write the access log to `FILE`")
	f.StringVar(&o.Pcap, "pcap", o.Pcap, "write the packets of the network's own connections to `file` (pcapng, Linux, CAP_NET_RAW)")
	f.BoolVarP(&o.Verbose, "verbose", "v", o.Verbose, "header fields in the access log, without secrets")
	f.StringVar(&o.Shell, "shell", o.Shell, "print what to set, in the form of `sh|fish|powershell|docker|podman`")
}

// serve runs the network that make makes, in a namespace of its own where that is asked
// for: there the program runs again, so make is called once in either case and may read
// standard input.
func (o *Serving) serve(ctx context.Context, s streams, command []string, make func() (fault.World, error)) error {
	if err := o.usable(command); err != nil {
		return err
	}
	if !o.Transparent || sandbox.Inside() {
		world, err := make()
		if err != nil {
			return err
		}
		return o.serveWorld(ctx, s, world, command)
	}
	status, err := sandbox.Reenter(sandbox.Command{Args: os.Args, Env: os.Environ(), In: s.in, Out: s.out, Err: s.err,
		Terminal: isTerminal(s.in)})
	if err != nil {
		return hint.New("--transparent: "+err.Error(), "run it as root, or allow user namespaces (user.max_user_namespaces, "+
			"kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)")

	}
	return exited(status)
}

// usable returns an error where options exclude each other.
func (o *Serving) usable(command []string) error {
	if o.Transparent && len(command) == 0 {
		return hint.New("--transparent needs a command to run", "end with -- curl https://registry.redhat.io/v2/, for instance")
	}
	if _, ok := shells[o.Shell]; !ok {
		return fmt.Errorf("--shell %s: none of sh, fish, powershell, docker, podman", o.Shell)
	}
	_, err := o.ports()
	return err
}

func (o *Serving) serveWorld(ctx context.Context, s streams, world fault.World, command []string) (err error) {
	defer outliveReaders()()
	log, err := within(ctx, "opening the file of --log", func() (*accessLog, error) { return o.openLog(s, len(command) > 0) })
	if err != nil {
		return err
	}
	if log != nil {
		defer func() { err = errors.Join(err, log.close()) }()
	}
	network, err := within(ctx, "starting the made-up network", func() (*mockproxy.Network, error) { return o.start(world, log) })
	if err != nil {
		return err
	}
	defer network.Close()
	recording, err := within(ctx, "opening the file of --pcap", func() (*mockPackets, error) { return recordMock(o.Pcap, network) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, recording.finish(s)) }()
	dir, err := os.MkdirTemp("", "pullpath-mock-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	place := insideOf(network, o.Transparent)
	if o.stranger && !o.Transparent {
		place = place.onLoopback()
	}
	env, err := place.environment(dir)
	if err != nil {
		return err
	}
	for _, name := range place.elsewhere(world) {
		warn(s, "%s names no proxy of this network: a command would be led to a port on which nothing listens", name)
	}
	admin := ""
	if o.Admin != "" {
		if admin, err = network.StartAdmin(o.Admin, readFault); err != nil {
			return fmt.Errorf("--admin: %w", err)
		}
	}
	if err := o.reach(s, network, dir); err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return endedWhile(ctx, "starting the made-up network")
	}
	if len(command) > 0 {
		return runInside(s, env, command)
	}
	if err := announce(s.out, *o, network, env, admin); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// outliveReaders turns SIGPIPE, which would end the process, into an error of the write,
// so that what was made here is removed then too. It returns the function that undoes
// that.
func outliveReaders() func() {
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE)
	return func() { signal.Stop(pipe) }
}

// reach lets clients reach the network, and says which faults they cannot meet in it.
func (o *Serving) reach(s streams, network *mockproxy.Network, dir string) error {
	if o.Transparent {
		if o.Admin != "" || len(o.Listen) > 0 {
			warn(s, "in --transparent the ports of --admin and --listen are those of the namespace: CMD alone reaches them")
		}
		return furnish(s, network, dir)
	}
	if !proxied(network.World()) {
		warn(s, "this network has no proxy: only pullpath meets it here; other clients reach the real network; use --transparent")
		return nil
	}
	if bypass := bypasses(network.World()); o.stranger && bypass != "" {
		warn(s, "NO_PROXY is %q: what it names, other clients than pullpath reach in the real network; use --transparent", bypass)
	}
	if names := unmet(network.World()); len(names) > 0 {
		warn(s, "only pullpath meets %s here; other clients do in --transparent", strings.Join(names, ", "))
	}
	return nil
}

// maxShownList is as much of a NO_PROXY list as a warning shows, in characters: two lines.
const maxShownList = 200

// bypasses returns the World's NO_PROXY, empty where there is none.
func bypasses(w fault.World) string {
	for name, value := range w.Environment() {
		if strings.EqualFold(name, "NO_PROXY") && strings.TrimSpace(value) != "" {
			return redact.Text(value, maxShownList)
		}
	}
	return ""
}

// furnish makes the network's addresses those of the namespace that this process is in.
func furnish(s streams, network *mockproxy.Network, dir string) error {
	ipv6 := sandbox.IPv6()
	if !ipv6 {
		for _, name := range beyond(network) {
			warn(s, "%s has IPv6 addresses alone, and this kernel has no IPv6", name)
		}
	}
	err := layoutOf(network, ipv6).Apply(dir)
	if err == nil && ipv6 {
		err = network.ListenIPv6()
	}
	if err != nil {
		return fmt.Errorf("--transparent: %w", err)
	}
	return nil
}

// start starts the network where the options want it.
func (o *Serving) start(world fault.World, log *accessLog) (*mockproxy.Network, error) {
	ports, err := o.ports()
	if err != nil {
		return nil, err
	}
	options := []mockproxy.Option{mockproxy.Complete(), mockproxy.Listen(ports), mockproxy.KeepIn(o.CADir)}
	if log != nil {
		options = append(options, mockproxy.Log(log.add))
	}
	return mockproxy.Start(world, options...)
}

// ports returns those of --listen.
func (o *Serving) ports() (mockproxy.Ports, error) {
	ports := mockproxy.Ports{Anywhere: o.ListenAnywhere}
	for _, pair := range o.Listen {
		service, address, _ := strings.Cut(pair, "=")
		into, ok := map[string]*string{"http": &ports.HTTP, "https": &ports.HTTPS, "socks": &ports.SOCKS, "dns": &ports.DNS}[service]
		switch {
		case !ok || address == "":
			return ports, hint.New(fmt.Sprintf("--listen %s: no service with an address", pair),
				"http=127.0.0.1:3128; services are http, https, socks, dns")
		case *into != "":
			return ports, hint.New(fmt.Sprintf("--listen %s: %s is at %s already", pair, service, *into), "each service has one address")
		case o.Transparent && strings.HasPrefix(address, "[") && !strings.HasPrefix(address, "[::]:"):
			return ports, hint.New(fmt.Sprintf("--listen %s: --transparent leads addresses of IPv4 there", pair), "give an address of IPv4")
		}
		*into = address
	}
	return ports, nil
}

// openLog returns the access log: in the file that was named, else on standard error, and
// nil while a command uses that.
func (o *Serving) openLog(s streams, command bool) (*accessLog, error) {
	if o.Log == "" {
		if command && !o.Verbose {
			return nil, nil //nolint:nilnil // no log is no error
		}
		return newAccessLog(s.err, nil, o.Verbose), nil
	}
	f, err := os.OpenFile(o.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--log: %w", err)
	}
	return newAccessLog(f, f, o.Verbose), nil
}
