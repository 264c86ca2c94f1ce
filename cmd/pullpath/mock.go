package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
	"pullpath/mockproxy"
)

// newMock serves the built-in network, for a command or until interrupted.
func newMock(s streams) *cobra.Command {
	var faults []string
	var list bool
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
			world, err := worldOf(faults...)
			if err != nil {
				return err
			}
			return serveMock(c.Context(), s, world, args)
		},
	}
	c.Flags().StringArrayVar(&faults, "fault", nil, "catalogue code or `name:parameter=value,...`; repeatable")
	c.Flags().BoolVar(&list, "list", false, "list codes and faults")
	return c
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
			continue
		}
		f, err := fault.Parse(name)
		if err != nil {
			return world, &hintError{err.Error(), "pullpath mock --list shows codes and faults"}
		}
		world.Faults = append(world.Faults, f)
		world.Title = strings.TrimPrefix(world.Title+" and "+name, " and ")
	}
	return world, nil
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
		if _, err := fmt.Fprintf(out, "%-34s %s\n", k.Usage(), k.About); err != nil {
			return err
		}
	}
	return nil
}

func serveMock(ctx context.Context, s streams, world fault.World, command []string) error {
	var options []mockproxy.Option
	if len(command) == 0 {
		options = append(options, mockproxy.Follow(func(e mockproxy.Event) { logEvent(s.err, e) }))
	}
	network, err := mockproxy.Start(world, options...)
	if err != nil {
		return err
	}
	defer network.Close()
	dir, err := os.MkdirTemp("", "pullpath-mock-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	env, err := mockEnvironment(network, dir)
	if err != nil {
		return err
	}
	if len(command) > 0 {
		return runInside(ctx, s, env, command)
	}
	if err := announce(s.out, network, env); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// mockEnvironment is what a client needs to be in the network: for any client
// the loopback proxy and a trust store, for pullpath itself a pass.
func mockEnvironment(network *mockproxy.Network, dir string) ([]string, error) {
	bundle := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(bundle, append(systemBundle(), network.ClientRoots()...), 0o600); err != nil {
		return nil, err
	}
	pass, err := network.Pass().Save(dir)
	if err != nil {
		return nil, err
	}
	env := []string{"SSL_CERT_FILE=" + bundle, "CURL_CA_BUNDLE=" + bundle, mockproxy.PassVariable + "=" + pass}
	for name, value := range network.World().Environment() {
		env = append(env, name+"="+onLoopback(value, network))
		if lower := strings.ToLower(name); lower != name {
			env = append(env, lower+"="+onLoopback(value, network))
		}
	}
	slices.Sort(env)
	return env, nil
}

// onLoopback puts the proxy's loopback address into a proxy URL of the World,
// and leaves any other value as it is.
func onLoopback(value string, network *mockproxy.Network) string {
	u, err := url.Parse(value)
	if err != nil || !network.World().IsProxy(u.Hostname()) {
		return value
	}
	u.Host = network.ProxyAddress()
	return u.String()
}

// systemBundle is the first CA bundle of this host that can be read, as
// crypto/x509 looks for them (root_linux.go); empty where there is none.
func systemBundle() []byte {
	for _, path := range []string{os.Getenv("SSL_CERT_FILE"), "/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"} {
		if data, err := os.ReadFile(path); path != "" && err == nil && x509.NewCertPool().AppendCertsFromPEM(data) {
			return append(data, '\n')
		}
	}
	return nil
}

// runInside runs a command in the network and exits with its status.
func runInside(ctx context.Context, s streams, env, command []string) error {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.in, s.out, s.err
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); len(proxyVariables([]string{pair})) == 0 && name != mockproxy.PassVariable {
			cmd.Env = append(cmd.Env, pair)
		}
	}
	cmd.Env = append(cmd.Env, env...)
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return &statusError{status: exit.ExitCode()}
	case err != nil:
		return fmt.Errorf("run %s: %w", command[0], err)
	}
	return nil
}

func announce(out io.Writer, network *mockproxy.Network, env []string) error {
	title := network.World().Title
	if title == "" {
		title = "nothing is broken"
	}
	lines := []string{"# mock network on loopback: " + title, "# in another terminal:"}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		lines = append(lines, "export "+name+"='"+strings.ReplaceAll(value, "'", `'\''`)+"'")
	}
	how := "curl -v https://registry.redhat.io/v2/"
	if network.World().Direct {
		how = "curl -v --noproxy '*' --connect-to registry.redhat.io:443:" + network.Origin("registry.redhat.io") + " https://registry.redhat.io/v2/"
	}
	lines = append(lines, "# then: "+how, "# or:   pullpath check", "# Ctrl-C ends it")
	_, err := fmt.Fprintln(out, strings.Join(lines, "\n"))
	return err
}

// logEvent writes one line per request in the manner of an access log.
func logEvent(out io.Writer, e mockproxy.Event) {
	line := e.At.UTC().Format("15:04:05.000") + " " + e.Kind + " " + e.Host
	if e.What != "" {
		line += " " + e.What
	}
	if e.Auth != "" {
		line += " auth=" + e.Auth
	}
	if e.Fault != "" {
		line += " fault=" + strings.ReplaceAll(e.Fault, " ", "-")
	}
	_, _ = fmt.Fprintln(out, line)
}
