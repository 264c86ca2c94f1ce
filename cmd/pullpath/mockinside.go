package main

import (
	"crypto/x509"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pullpath/internal/fault"
	"pullpath/internal/redact"
	"pullpath/internal/route"
	"pullpath/internal/sandbox"
	"pullpath/internal/userfile"
	"pullpath/mockproxy"
)

// inside is what a client needs to be in a network.
type inside struct {
	network *mockproxy.Network
	// proxy is where the World's proxy is for it; empty for where the World says.
	proxy string
	// loopback leads proxy variables nowhere but to loopback, whatever they say.
	loopback bool
}

// onLoopback returns the same for a World that somebody else described.
func (i inside) onLoopback() inside {
	i.loopback = true
	return i
}

// nowhere is a proxy that refuses: port 1 is that of tcpmux (RFC 1078), which no host runs.
const nowhere = "http://127.0.0.1:1"

// elsewhere names the variables of the World that lead to no proxy of it.
func (i inside) elsewhere(w fault.World) []string {
	var out []string
	for name, value := range w.Environment() {
		if i.loopback && value != "" && i.valueFor(name, value) == nowhere {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// valueFor returns the value of a variable as a command gets it. Clients read a broken URL
// differently, so a value that leads to loopback has the one form that all read alike.
func (i inside) valueFor(name, value string) string {
	if upper := strings.ToUpper(name); !i.loopback || value == "" || upper == "NO_PROXY" || upper == "REQUEST_METHOD" {
		return i.reachable(value)
	}
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" {
		if u, err = url.Parse("http://" + value); err != nil {
			return nowhere
		}
	}
	clean := url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host}
	ip, err := netip.ParseAddr(u.Hostname())
	switch {
	case !slices.Contains([]string{"http", "https", "socks4", "socks4a", "socks5", "socks5h"}, u.Scheme):
		return nowhere
	case i.proxy != "" && i.network.World().IsProxy(u.Hostname()):
		clean.Host = i.proxy
		return clean.String()
	case err == nil && ip.IsLoopback(), strings.EqualFold(u.Hostname(), "localhost"):
		return clean.String()
	}
	return nowhere
}

// insideOf leads a client to loopback, or in a namespace to the World's addresses. The
// loopback of a namespace is the mock's own: a proxy that was on the client's machine is
// where the mock has it, and one that refused is nowhere.
func insideOf(network *mockproxy.Network, namespace bool) inside {
	at := network.World().ProxyAddresses()[0]
	ip, err := netip.ParseAddr(at)
	if namespace && (err != nil || !ip.IsLoopback() || network.Map().Routes[at].Effect != "") {
		return inside{network: network}
	}
	return inside{network: network, proxy: network.ProxyAddress()}
}

// bundleVariables name the file of roots: Go and OpenSSL, curl, Python's requests,
// git. Node takes what it names in addition to its own.
var bundleVariables = []string{"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS"}

// environment returns the variables for a client: for any client the proxy, a trust
// store and a login, for pullpath itself a pass. The files are made in dir.
func (i inside) environment(dir string) ([]string, error) {
	bundle := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(bundle, append(systemBundle(), i.network.ClientRoots()...), 0o600); err != nil {
		return nil, err
	}
	pass, err := i.network.Pass().Save(dir)
	if err != nil {
		return nil, err
	}
	env := []string{mockproxy.PassVariable + "=" + pass}
	for _, name := range bundleVariables {
		env = append(env, name+"="+bundle)
	}
	world := i.network.World()
	if login := loginFile(world); login != "" {
		file := filepath.Join(dir, "auth.json")
		if err := os.WriteFile(file, []byte(login), 0o600); err != nil {
			return nil, err
		}
		env = append(env, "REGISTRY_AUTH_FILE="+file)
	}
	for name, value := range world.Environment() {
		env = append(env, name+"="+i.valueFor(name, value))
		lower := strings.ToLower(name)
		if _, own := world.Environment()[lower]; !own {
			env = append(env, lower+"="+i.valueFor(name, value))
		}
	}
	slices.Sort(env)
	return slices.Compact(env), nil
}

// loginFile returns the World's login as podman and skopeo read it; empty where the
// World has none, or where its client finds its own.
func loginFile(w fault.World) string {
	if w.Anonymous || w.Stored != nil {
		return ""
	}
	password := fault.AccountPassword
	if w.WrongPassword {
		password += "-wrong"
	}
	var triples []string
	for _, h := range w.AllHosts() {
		if h.Role == "registry" {
			triples = append(triples, h.Name, fault.AccountUser, password)
		}
	}
	for _, image := range w.Images {
		if host, _, _ := strings.Cut(image, "/"); !slices.Contains(triples, host) {
			triples = append(triples, host, fault.AccountUser, password)
		}
	}
	return fault.AuthFile(triples...)
}

// reachable puts the proxy's loopback address into a proxy URL of the World, and
// leaves any other value as it is.
func (i inside) reachable(value string) string {
	u, err := url.Parse(value)
	if err != nil || !i.network.World().IsProxy(u.Hostname()) || i.proxy == "" {
		return value
	}
	u.Host = i.proxy
	return u.String()
}

// systemBundle returns the first CA bundle of this host that can be read, as
// crypto/x509 looks for them (root_linux.go); empty where there is none.
func systemBundle() []byte {
	for _, path := range []string{os.Getenv("SSL_CERT_FILE"), "/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"} {
		if path == "" {
			continue
		}
		if data, err := userfile.Read(path, userfile.MaxBundle); err == nil && x509.NewCertPool().AppendCertsFromPEM(data) {
			return append(data, '\n')
		}
	}
	return nil
}

// runInside runs a command in the network and exits with its status. The logins that
// this process was given are not for it.
func runInside(s streams, env, command []string) error {
	c := sandbox.Command{Args: command, In: s.in, Out: s.out, Err: s.err, Terminal: isTerminal(s.in)}
	for _, pair := range redact.WithoutLogins(os.Environ()) {
		name, _, _ := strings.Cut(pair, "=")
		if !route.IsVariable(name) && name != mockproxy.PassVariable && name != sandbox.Marker {
			c.Env = append(c.Env, pair)
		}
	}
	c.Env = append(c.Env, env...)
	status, err := sandbox.Run(c)
	if err != nil {
		return err
	}
	return exited(status)
}

// exited ends with the status of a command.
func exited(status int) error {
	if status == exitOK {
		return nil
	}
	return &statusError{status: status}
}

// proxied reports whether a client which asks for an https:// URL has a proxy in a World.
func proxied(w fault.World) bool {
	for name, value := range w.Environment() {
		if upper := strings.ToUpper(name); value != "" && (upper == "HTTPS_PROXY" || upper == "ALL_PROXY") {
			return true
		}
	}
	return false
}

// unmet names the faults that a client with these settings cannot meet, unless it is
// pullpath: what a dialler or a name server plays, while it dials the proxy alone.
func unmet(w fault.World) []string {
	var out []string
	for _, f := range w.Faults {
		if what := directAlone(fault.Bare(f)); what != "" && !slices.Contains(out, what) {
			out = append(out, what)
		}
	}
	return out
}

// directAlone names a fault that is met only on the way without a proxy, empty for
// one that is not. A reset is played by the host itself, at any connection.
func directAlone(f fault.Fault) string {
	where := ""
	switch f := f.(type) {
	case fault.Socket:
		if f.Effect == fault.Reset {
			return ""
		}
		where = f.Host
	case fault.PathMTU:
		where = f.Host
	case fault.DNS:
		where = f.Name
	default:
		return ""
	}
	if where == "" || where == fault.Everyone {
		return fault.Name(f)
	}
	return fault.Name(f) + " of " + where
}

// portOf returns the port in an address that a listener has.
func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}
