package mockproxy

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"pullpath/internal/fault"
)

// Network is a running World.
type Network struct {
	world       fault.World
	typed       []string
	faults      installed
	ports       Ports
	complete    bool
	keep        string
	public      *authority
	interceptor *authority
	private     *authority
	seen        seen
	// interceptors are those of several products, by the names of their authorities.
	interceptors map[string]*authority
	issued       sync.Mutex
	configs      map[string]*tls.Config
	logList      []byte
	tokenKey     *ecdsa.PrivateKey
	image        *image
	engine       http.Handler
	journal      journal
	quiet        *log.Logger
	// redirects counts those to blob hosts.
	redirects atomic.Int64

	// tenants are the World's hosts by address.
	tenants map[string]tenants
	// names are the World's addresses by name, origins the loopback ones, shared those
	// by an address that several hosts have.
	names     map[string][]string
	origins   map[string]string
	shared    map[string]string
	handlers  map[string]http.Handler
	proxies   []string
	resolvers []string
	servers   []nameServer
	// secure, socks and plain are those of a complete network.
	secure, socks, plain string
	// doubles listen on ::1 besides, each for one listener.
	doubles []func() error
	// plainDNS is the first name server that is asked in plain DNS.
	plainDNS string

	// done is closed when the network ends.
	done    chan struct{}
	once    sync.Once
	closers []func()
	wg      sync.WaitGroup
}

// Option changes how a network is started.
type Option func(*Network)

// Follow calls f for every event as it happens, one at a time.
func Follow(f func(Event)) Option { return func(n *Network) { n.journal.follow = f } }

// Log calls f for every event, one at a time: for a request when it is answered, for all
// else as it happens.
func Log(f func(Event)) Option { return func(n *Network) { n.journal.log = f } }

// WithFaults adds faults as they are typed after --fault, such as
// "connect-status:status=403,host=sso.redhat.com"; see [Kinds].
func WithFaults(texts ...string) Option {
	return func(n *Network) { n.typed = append(n.typed, texts...) }
}

// Start builds a World on loopback; the zero World is a healthy network. Close ends it.
func Start(world fault.World, options ...Option) (*Network, error) {
	n := &Network{world: world, tenants: tenantsOf(world), names: map[string][]string{}, handlers: map[string]http.Handler{},
		origins: map[string]string{}, shared: map[string]string{}, interceptors: map[string]*authority{},
		configs: map[string]*tls.Config{}, done: make(chan struct{}), quiet: log.New(io.Discard, "", 0)}
	for _, p := range world.Proxies() {
		n.names[p.Name] = p.Addresses()
	}
	n.journal.now = n.Now
	for _, o := range options {
		o(n)
	}
	if err := n.takeFaults(); err != nil {
		return nil, fmt.Errorf("mock network: %w", err)
	}
	if err := n.ports.check(); err != nil {
		return nil, err
	}
	if err := n.prepare(); err != nil {
		return nil, fmt.Errorf("mock network: %w", err)
	}
	if err := n.listen(); err != nil {
		n.Close()
		return nil, fmt.Errorf("mock network: %w", err)
	}
	return n, nil
}

// takeFaults installs the World's faults and those that were typed.
func (n *Network) takeFaults() error {
	n.world.Faults = slices.Clone(n.world.Faults)
	for _, text := range n.typed {
		f, err := fault.Read(text, nil)
		if err == nil {
			err = n.world.CheckPlaces(f)
		}
		if err != nil {
			return err
		}
		n.world.Faults = append(n.world.Faults, f)
	}
	for _, f := range n.world.Faults {
		n.faults.add(f)
	}
	return n.world.Check()
}

func (n *Network) prepare() error {
	var err error
	issue := func(a **authority, organization, name string, made time.Time) {
		if err == nil {
			*a, err = n.authority(organization, name, made)
		}
	}
	issue(&n.public, "Mock Public Trust", "Mock Public", n.Now())
	issue(&n.private, "Corp Example", "Corp Example Internal", n.Now())
	if err != nil {
		return err
	}
	shape, _ := look(n, func(c fault.Certificate) bool { return c.Issuer == "interceptor" })
	if n.interceptor, err = n.interceptorOf(shape); err != nil {
		return err
	}
	if n.public.logs, err = newLogs(n.Now()); err != nil {
		return err
	}
	if n.logList, err = n.public.logs.list(); err != nil {
		return err
	}
	if n.tokenKey, err = newKey(); err != nil {
		return err
	}
	if err := n.chains(); err != nil {
		return err
	}
	n.image, err = newImage(n.quiet, n.world)
	return err
}

func (n *Network) listen() error {
	for _, h := range n.world.AllHosts() {
		n.names[h.Name] = h.Addresses()
		if err := n.startOrigin(h); err != nil {
			return fmt.Errorf("host %s: %w", h.Name, err)
		}
	}
	if err := n.startShared(); err != nil {
		return err
	}
	if err := n.startProxy(); err != nil {
		return fmt.Errorf("proxy: %w", err)
	}
	if n.complete {
		if err := n.startFurther(); err != nil {
			return err
		}
	}
	return n.startNameServers()
}

// Close ends every listener and connection and waits for the goroutines.
func (n *Network) Close() {
	n.once.Do(func() { close(n.done) })
	for _, c := range n.closers {
		c()
	}
	n.journal.settle()
	n.wg.Wait()
}

// Now returns the World's time.
func (n *Network) Now() time.Time { return time.Now().Add(n.world.Clock) }

// World returns what the network was built from.
func (n *Network) World() fault.World { return n.world }

// Map leads the World's addresses to this network.
func (n *Network) Map() Map {
	m := Map{Routes: map[string]Route{}, Routers: n.world.Routers()}
	for _, h := range n.world.AllHosts() {
		for _, address := range h.Addresses() {
			m.Routes[address] = n.routeTo(cmp.Or(n.shared[address], n.origins[h.Name]), address, n.at(address).names()...)
		}
	}
	for i, address := range n.world.ProxyAddresses() {
		who := fault.ProxyNode(i + 1)
		m.Routes[address] = n.routeTo(n.proxies[i], address, who)
	}
	for i, s := range n.servers {
		host := s.address(n.world)
		key := host
		if _, taken := m.Routes[host]; taken { // a proxy and a name server of one address
			key = net.JoinHostPort(host, s.port)
		}
		m.Routes[key] = n.routeTo(n.resolvers[i], host, fault.Resolver(i+1))
	}
	n.strays(m)
	if n.world.NoResolver {
		// Where a client asks that has no name server: itself.
		for _, self := range []string{"127.0.0.1", "::1"} {
			if _, taken := m.Routes[self]; !taken {
				m.Routes[self] = Route{Effect: fault.Refuse}
			}
		}
	}
	return m
}

// routeTo returns the way to one address, with what is broken there for those who have
// it.
func (n *Network) routeTo(to, address string, who ...string) Route {
	out := Route{To: to, Hosts: who}
	for _, one := range n.faults.now() {
		if h, ok := one.fault.(fault.Handshake); ok && anyOf(who, h.Host) {
			out.Hellos = append(out.Hellos, h)
		}
	}
	if f, ok := look(n, func(f fault.PathMTU) bool {
		return f.Host == fault.TheProxy && strings.HasPrefix(who[0], fault.TheProxy+"-") || n.origins[who[0]] != "" && anyOf(who, f.Host)
	}); ok {
		out.MTU, out.Outbound = f.MTU, f.Outbound
	}
	if s, ok := n.socketFault(who, address, false); ok {
		out.Effect, out.Port, out.Behind = s.Effect, s.Port, s.Behind
	}
	if s, ok := n.socketFault(who, address, true); ok {
		out.TCP, out.Port, out.Behind = s.Effect, s.Port, s.Behind
	}
	return out
}

// anyOf reports whether a fault's host means one of these.
func anyOf(hosts []string, pattern string) bool {
	return slices.ContainsFunc(hosts, func(host string) bool { return scope(pattern, host) })
}

// socketFault returns the fault at the socket that a dialler must play; Reset is
// played by the listener. tcp asks for what is broken for TCP alone.
func (n *Network) socketFault(who []string, address string, tcp bool) (fault.Socket, bool) {
	resolver := strings.HasPrefix(who[0], fault.TheResolver)
	proxy := strings.HasPrefix(who[0], fault.TheProxy+"-")
	family := 4
	if strings.Contains(address, ":") {
		family = 6
	}
	return look(n, func(s fault.Socket) bool {
		return s.Effect != fault.Reset && s.TCPOnly == tcp && (s.Address == "" || s.Address == address) &&
			(s.Family == 0 || s.Family == family) &&
			(slices.Contains(who, s.Host) || resolver && s.Host == fault.TheResolver || proxy && s.Host == fault.TheProxy ||
				!resolver && !proxy && anyOf(who, s.Host))
	})
}

// Resolvers returns the World's configured name servers.
func (n *Network) Resolvers() []string { return n.world.ResolverAddresses() }

// PublicRoots is, in PEM, what stands for the roots of the public web.
func (n *Network) PublicRoots() []byte {
	return append(n.public.pem(), certsPEM(n.seen.public)...)
}

// LogList returns the World's list of transparency logs, as those of the browsers are
// written.
func (n *Network) LogList() []byte { return n.logList }

// InterceptorCA is, in PEM, the authority of the World's interceptor.
func (n *Network) InterceptorCA() []byte { return n.interceptor.pem() }

// ClientRoots is, in PEM, the store of the World's client.
func (n *Network) ClientRoots() []byte {
	if n.world.EmptyStore {
		return certsPEM(n.seen.client)
	}
	out := append(n.public.pem(), certsPEM(n.seen.client)...)
	if n.world.TrustInterceptor {
		n.issued.Lock()
		defer n.issued.Unlock()
		for _, name := range slices.Sorted(maps.Keys(n.interceptors)) {
			out = append(out, n.interceptors[name].pem()...)
		}
	}
	return out
}

// rootsAt is, in PEM, the store of the World's client at each host at which it refuses a root that
// it trusts elsewhere.
func (n *Network) rootsAt() map[string]string {
	out := map[string]string{}
	for host, refused := range n.seen.refused {
		isRefused := func(c *x509.Certificate) bool { return slices.ContainsFunc(refused, c.Equal) }
		if slices.ContainsFunc(n.seen.client, isRefused) {
			kept := slices.DeleteFunc(slices.Clone(n.seen.client), isRefused)
			out[host] = string(n.public.pem()) + string(certsPEM(kept))
		}
	}
	return out
}

// otherRoots is, in PEM, the store of each other client of the World's host.
func (n *Network) otherRoots() map[string]string {
	out := map[string]string{}
	for _, client := range n.world.Site.Clients {
		out[client] = string(n.public.pem()) + string(certsPEM(n.seen.others[client]))
	}
	return out
}

// ProxyAddress returns the loopback address of the forward proxy, the first, for clients
// that cannot be led by a [Map].
func (n *Network) ProxyAddress() string { return n.proxies[0] }

// Transport leads an HTTP client through the forward proxy, and trusts what the World's
// client trusts.
func (n *Network) Transport() *http.Transport {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(n.ClientRoots())
	return &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: n.ProxyAddress()}),
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
}

// Origin returns the loopback address of a host, empty for one that is not there.
func (n *Network) Origin(host string) string { return n.origins[host] }

// ResolverAddress returns the loopback address of the first name server that is asked in
// plain DNS. There is one even where the World's client has none.
func (n *Network) ResolverAddress() netip.AddrPort { return netip.MustParseAddrPort(n.plainDNS) }

// Events returns what happened so far.
func (n *Network) Events() []Event { return n.journal.all() }
