package main

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/route"
	"pullpath/internal/userfile"
	"pullpath/mockproxy"
	"pullpath/resolve"
	"pullpath/tlsinspect"
	"pullpath/tunnel"
)

// surroundings are what a run takes from the machine, or from a made-up network
// in its place.
type surroundings struct {
	// machine tells that this is the host itself, not a made-up network; shell is
	// what of the process's environment bears on any client.
	machine bool
	shell   route.Environment
	env     route.Environment
	dial    tunnel.DialFunc
	// dialLimited is nil where the system cannot tell who answered.
	dialLimited tunnel.LimitedFunc
	// dialSegments and speak are nil where the system cannot do it.
	dialSegments tunnel.SegmentFunc
	speak        tunnel.SpeakFunc
	resolver     *resolve.Resolver
	stores       tlsinspect.Stores
	publicRoots  string
	logs         *tlsinspect.TransparencyLogs
	now          func() time.Time
	vantage      evidence.Vantage
	// ask is how a made-up network wants to be asked.
	ask askedWay
	// user, password and targets are a made-up network's own.
	user, password string
	proxyScheme    string
	// proxyUser, proxyPassword and proxyTicket log in at a made-up network's proxy.
	proxyUser, proxyPassword, proxyTicket string
	deep                                  bool
	control                               string
	targets                               []string
	// profile is the name of the one that a rebuilt network's report walked, listed its
	// text where it is a site's own. signatures are the site's.
	profile, listed, signatures string
	// recalled is what that report tells of files of its host.
	recalled evidence.Recollection
	// flags are those of a rebuilt network's report.
	flags []string
	// stored is a made-up host's client with logins of its own, files what lies on
	// that host, root where they were put.
	stored              *fault.Stored
	files               map[string]string
	root                string
	timeout, hopTimeout time.Duration
}

// askedWay are the flags of a made-up network that say how is asked.
type askedWay struct {
	Client, AuthFlow      string
	AsArticle, AllClients bool
	Repeat                int
}

// fromMachine takes everything from this host.
func fromMachine() (*surroundings, error) {
	public, err := tlsinspect.PublicRoots()
	if err != nil {
		return nil, err
	}
	if err := readableRoots(os.Getenv("SSL_CERT_FILE"), os.Getenv("SSL_CERT_DIR")); err != nil {
		return nil, err
	}
	system, err := x509.SystemCertPool()
	if err != nil {
		system = x509.NewCertPool()
	}
	var d net.Dialer
	s := &surroundings{machine: true, shell: processEnvironment(), env: proxyVariables(os.Environ()), dial: tunnel.Dialer{}.DialContext, now: time.Now,
		stores: tlsinspect.Stores{Public: public, System: system, Client: system.Clone()}}
	if (tunnel.Dialer{}).CanLimit() {
		s.dialLimited, s.dialSegments, s.speak = tunnel.Dialer{}.DialLimited, tunnel.Dialer{}.DialSegments, tunnel.Dialer{}.Speak
	}
	if s.logs, err = tlsinspect.BuiltInLogs(); err != nil {
		return nil, fmt.Errorf("built-in list of transparency logs: %w", err)
	}
	s.resolver = systemResolver(d.DialContext)
	s.resolver.Roots = system
	hostname, _ := os.Hostname()
	s.vantage = evidence.Vantage{Hostname: hostname, OS: runtime.GOOS, Addresses: ownAddresses(), Resolvers: s.resolver.Servers}
	return s, nil
}

// readableRoots looks at the files of roots that the environment names before the library
// does, which reads them to their end whatever they are (crypto/x509, root_unix.go).
func readableRoots(file, dirs string) error {
	files := []string{file}
	for _, dir := range filepath.SplitList(dirs) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // the library passes it over too
		}
		for _, e := range entries {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			continue
		}
		if info.Mode()&os.ModeDevice != 0 && name != os.DevNull || info.Size() > userfile.MaxBundle {
			return &hintError{fmt.Sprintf("SSL_CERT_FILE or SSL_CERT_DIR: %s is no file of certificates: a device, or larger than %d MiB", name, userfile.MaxBundle>>20),
				"name a PEM file, or unset the variable"}
		}
	}
	return nil
}

// proxyVariables picks the variables that decide routes, both spellings.
func proxyVariables(environ []string) route.Environment {
	var out route.Environment
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		switch strings.ToUpper(name) {
		case "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD":
			out = append(out, route.Variable{Name: name, Value: value, Source: "environment"})
		}
	}
	slices.SortFunc(out, func(a, b route.Variable) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func systemResolver(dial tunnel.DialFunc) *resolve.Resolver {
	r := &resolve.Resolver{Dial: dial, Now: time.Now}
	if f, err := os.Open("/etc/hosts"); err == nil {
		r.Hosts = resolve.ParseHosts(io.LimitReader(f, userfile.MaxHosts))
		_ = f.Close()
	}
	if runtime.GOOS != "windows" {
		r.Conf = resolve.DefaultConf()
		if f, err := os.Open("/etc/resolv.conf"); err == nil {
			if conf, err := resolve.ParseResolvConf(io.LimitReader(f, userfile.MaxHosts)); err == nil {
				r.Conf = conf
			}
			_ = f.Close()
		}
		r.Servers, r.Default = r.Conf.Servers, r.Conf.Default
	}
	r.Ways = append(r.Ways, resolve.GoWay())
	if path, err := exec.LookPath("getent"); err == nil {
		r.Ways = append(r.Ways, resolve.GetentWay(path))
	}
	r.System = func(ctx context.Context, name string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	}
	return r
}

// maxOwnAddresses bounds how many of this host's addresses are told; a host
// with containers has dozens, and the sockets' own are in the hops.
const maxOwnAddresses = 8

func ownAddresses() []string {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out []string
	for _, a := range addrs {
		prefix, err := netip.ParsePrefix(a.String())
		if err == nil && prefix.Addr().IsGlobalUnicast() && len(out) < maxOwnAddresses {
			out = append(out, prefix.Addr().String())
		}
	}
	return out
}

// fromPass takes everything from a made-up network, and nothing from this host.
func fromPass(p mockproxy.Pass) (*surroundings, error) {
	s := &surroundings{stored: p.Stored, files: p.Files, dial: p.Map.Dial, dialLimited: p.Map.DialLimited, dialSegments: p.Map.DialSegments, speak: p.Map.Speak,
		publicRoots: p.PublicRootsFile, profile: p.Profile, listed: p.Listed, signatures: p.Signatures, flags: p.Flags, targets: p.Targets, user: p.User, password: p.Password,
		proxyScheme: p.ProxyScheme, proxyUser: p.ProxyUser, proxyPassword: p.ProxyPassword, proxyTicket: p.ProxyTicket, ask: askedWay{p.Client, p.AuthFlow, p.AsArticle, p.AllClients, p.Repeat}, deep: p.Deep, control: p.Control,
		timeout: time.Duration(p.TimeoutMS) * time.Millisecond, hopTimeout: time.Duration(p.HopTimeoutMS) * time.Millisecond,
		now: func() time.Time { return time.Now().Add(p.Clock()) }}
	for name, value := range p.Environment {
		s.env = append(s.env, route.Variable{Name: name, Value: value, Source: "environment"})
	}
	slices.SortFunc(s.env, func(a, b route.Variable) int { return strings.Compare(a.Name, b.Name) })
	if p.Recalled != "" {
		if err := json.Unmarshal([]byte(p.Recalled), &s.recalled); err != nil {
			return nil, fmt.Errorf("network pass: what was read from files: %w", err)
		}
	}
	if err := s.readStores(p); err != nil {
		return nil, err
	}
	var err error
	if s.logs, err = tlsinspect.ReadLogs(p.Logs); err != nil {
		return nil, fmt.Errorf("network pass: %w", err)
	}
	s.resolver = &resolve.Resolver{Servers: p.Resolvers, Hosts: hostsFile(p.Hosts), Roots: s.stores.System, Dial: s.dial, Now: s.now}
	if len(p.Resolvers) == 0 {
		s.resolver.Servers, s.resolver.Default = resolve.DefaultServers(), true
	}
	s.resolver.System = s.pinned
	s.vantage = evidence.Vantage{Hostname: "mock-client", OS: runtime.GOOS, Addresses: []string{"127.0.0.1"},
		Resolvers: p.Resolvers, Network: "mock: " + p.Title, TrustStores: s.recalled.TrustStores, CAInstall: s.recalled.CAInstall}
	return s, nil
}

// readStores makes the trust stores of a made-up network.
func (s *surroundings) readStores(p mockproxy.Pass) error {
	for _, store := range []struct {
		pool **x509.CertPool
		pem  string
	}{{&s.stores.Public, p.PublicRoots}, {&s.stores.Client, p.ClientRoots}, {&s.stores.System, p.ClientRoots}} {
		*store.pool = x509.NewCertPool()
		if store.pem == "" {
			continue
		}
		if _, err := tlsinspect.AddPEM(*store.pool, []byte(store.pem)); err != nil {
			return fmt.Errorf("network pass: %w", err)
		}
	}
	for _, client := range slices.Sorted(maps.Keys(p.OtherRoots)) {
		pool := x509.NewCertPool()
		if _, err := tlsinspect.AddPEM(pool, []byte(p.OtherRoots[client])); err != nil {
			return fmt.Errorf("network pass: %w", err)
		}
		s.stores.Others = append(s.stores.Others, tlsinspect.NamedPool{Client: client, Pool: pool})
	}
	return nil
}

// pinned is how a made-up host finds a name server that is called by name.
func (s *surroundings) pinned(_ context.Context, name string) ([]netip.Addr, error) {
	if found := s.resolver.Hosts[name]; len(found) > 0 {
		return found, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// hostsFile is a made-up network's hosts file.
func hostsFile(entries map[string]string) map[string][]netip.Addr {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		fmt.Fprintf(&text, "%s %s\n", entries[name], name)
	}
	return resolve.ParseHosts(strings.NewReader(text.String()))
}

// newSeed makes the run's identifier, by which it is found in the logs of
// others. It falls back to a constant where there is no randomness: it is a
// label, not a key.
func newSeed() string {
	b := make([]byte, 4)
	if _, err := rand.Read(b); err != nil {
		return "00000000"
	}
	return hex.EncodeToString(b)
}
