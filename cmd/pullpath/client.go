package main

import (
	"crypto/x509"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pullpath/flows"
	"pullpath/internal/route"
	"pullpath/internal/settings"
	"pullpath/tlsinspect"
)

// toolRows leads from a TOOL of --client to its row in the settings.
func toolRows() map[string]string {
	return map[string]string{"podman": "podman", "skopeo": "skopeo", "docker": "dockerd", "containerd": "containerd",
		"crio": "crio", "crane": "crane", "curl": "curl"}
}

// thisHost reads the settings of the machine. A made-up network has no host.
func thisHost(env route.Environment) (settings.Reading, *settings.Root, error) {
	root, err := settings.OpenRoot("/")
	if err != nil {
		return settings.Reading{}, nil, err
	}
	return settings.Read(settings.Host{Root: root, Env: env, Home: home()}), root, nil
}

// home is the user's home directory, empty where there is none.
func home() string {
	dir, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return dir
}

// clientUnderTest takes route, rules and shape of --client, and the ways of the
// host's other clients. A made-up network may have a client of its own.
func (o *checkOptions) clientUnderTest(c *cobra.Command, around *surroundings, config *flows.Config) error {
	if around.ask.Client != "" && !c.Flags().Changed("client") {
		o.client = around.ask.Client
	}
	shape, err := flows.ShapeOf(o.tool(), "")
	if err != nil {
		return &hintError{err.Error(), "leave --client out to walk as podman"}
	}
	config.Client = shape
	around.resolver.OwnNames = o.tool() == "curl" // the others look names up by Go's resolver
	if !around.machine {
		return o.madeUpClient(around, config)
	}
	reading, root, err := thisHost(around.shell)
	if err != nil {
		return err
	}
	tool := toolRows()[o.tool()]
	if own, found := reading.Client(tool); found {
		if config.Client, err = flows.ShapeOf(o.tool(), own.Version); err != nil {
			return err
		}
		config.Dialect = own.Dialect
		if own.Unknown == "" {
			config.Env = own.Env
		}
	}
	config.Others = reading.Beside(tool)
	o.root, o.clients = root, reading.Clients
	return nil
}

// madeUpClient takes the rules of the client and the ways of a made-up host's others.
func (o *checkOptions) madeUpClient(around *surroundings, config *flows.Config) (err error) {
	if o.tool() == "curl" {
		if config.Dialect, err = route.Named("curl"); err != nil {
			return err
		}
	}
	if around.root == "" {
		return nil
	}
	root, err := settings.OpenRoot(around.root)
	if err != nil {
		return err
	}
	reading := settings.Read(settings.Host{Root: root, Env: around.env, Home: madeUpHome})
	config.Others = reading.Beside(toolRows()[o.tool()])
	config.Stores.Others, around.vantage.TrustStores = flows.ClientStores(root, reading.Clients, madeUpHome, targetHosts(config), config.Stores.System)
	around.vantage.CAInstall = settings.CAInstall(root)
	return nil
}

// madeUpHome is the home directory on a made-up network's host.
const madeUpHome = "/root"

// clientStores reads the stores of the host's clients for the targets.
func (o *checkOptions) clientStores(around *surroundings, config *flows.Config) {
	if o.root == nil {
		return
	}
	config.Stores.Others, around.vantage.TrustStores = flows.ClientStores(o.root, o.clients, home(), targetHosts(config), config.Stores.System)
	around.vantage.CAInstall = settings.CAInstall(o.root)
}

// ownTrust adds the CA files that the client reads for the targets' registries.
func (o *checkOptions) ownTrust(config *flows.Config) error {
	if o.root == nil {
		return nil
	}
	tool := toolRows()[o.tool()]
	for _, host := range targetHosts(config) {
		for _, file := range settings.TrustFiles(o.root, tool, home(), host) {
			data, err := o.root.ReadFile(file)
			if err != nil {
				continue // named among the remarks of the root
			}
			addTo(&config.Stores.Client, data)
		}
	}
	return nil
}

func addTo(pool **x509.CertPool, pem []byte) {
	next := (*pool).Clone()
	if _, err := tlsinspect.AddPEM(next, pem); err == nil {
		*pool = next
	}
}

// targetHosts are the names of certs.d directories: host, or host:port.
func targetHosts(config *flows.Config) []string {
	var out []string
	add := func(host string, port int) {
		name := strings.ToLower(host)
		if port != 443 {
			name = net.JoinHostPort(name, strconv.Itoa(port))
		}
		out = append(out, name)
	}
	for _, a := range config.Targets {
		add(a.Host, a.Port)
	}
	if len(config.Targets) == 0 {
		for _, h := range config.Profile.Hosts {
			if h.Walkable() {
				add(h.Host, h.Port)
			}
		}
	}
	return out
}
