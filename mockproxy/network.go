package mockproxy

import (
	"crypto/ecdsa"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"pullpath/internal/fault"
)

// Network is a running World.
type Network struct {
	world       fault.World
	public      *authority
	interceptor *authority
	private     *authority
	tokenKey    *ecdsa.PrivateKey
	image       *image
	journal     journal
	quiet       *log.Logger

	// names are the World's addresses by name, origins the loopback ones.
	names     map[string]string
	origins   map[string]string
	proxy     string
	resolvers []string

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

// Start builds the World on loopback. Close ends it.
func Start(world fault.World, options ...Option) (*Network, error) {
	n := &Network{world: world, names: map[string]string{fault.ProxyName: fault.ProxyAddress},
		origins: map[string]string{}, done: make(chan struct{}), quiet: log.New(io.Discard, "", 0)}
	n.journal.now = n.Now
	for _, o := range options {
		o(n)
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

func (n *Network) prepare() error {
	var err error
	issue := func(a **authority, organization, name string, made time.Time, public bool) {
		if err == nil {
			*a, err = newAuthority(organization, name, made, public)
		}
	}
	interceptor, _ := find(n.world.Faults, func(c fault.Certificate) bool { return c.Issuer == "interceptor" })
	organization, name := interceptor.Organization, interceptor.CommonName
	if organization == "" {
		organization, name = "Corp Example", "Corp Example TLS Inspection"
	}
	since := n.Now()
	if interceptor.ExpiredAuthority {
		since = since.Add(-caLife/2 - 24*time.Hour)
	}
	issue(&n.public, "Mock Public Trust", "Mock Public", n.Now(), true)
	issue(&n.interceptor, organization, name, since, false)
	issue(&n.private, "Corp Example", "Corp Example Internal", n.Now(), false)
	if err != nil {
		return err
	}
	if n.tokenKey, err = newKey(); err != nil {
		return err
	}
	n.image, err = newImage(n.quiet)
	return err
}

func (n *Network) listen() error {
	for _, h := range n.world.AllHosts() {
		n.names[h.Name] = h.Address
		if err := n.startOrigin(h); err != nil {
			return fmt.Errorf("host %s: %w", h.Name, err)
		}
	}
	if err := n.startProxy(); err != nil {
		return fmt.Errorf("proxy: %w", err)
	}
	for i := range max(n.world.Resolvers, 1) {
		if err := n.startDNS(i + 1); err != nil {
			return fmt.Errorf("name server %d: %w", i+1, err)
		}
	}
	return nil
}

// Close ends every listener and connection and waits for the goroutines.
func (n *Network) Close() {
	n.once.Do(func() { close(n.done) })
	for _, c := range n.closers {
		c()
	}
	n.wg.Wait()
}

// Now is the World's time.
func (n *Network) Now() time.Time { return time.Now().Add(n.world.Clock) }

// World returns what the network was built from.
func (n *Network) World() fault.World { return n.world }

// Map leads the World's addresses to this network.
func (n *Network) Map() Map {
	m := Map{Routes: map[string]Route{}}
	for name, address := range n.names {
		to, who := n.origins[name], name
		if name == fault.ProxyName {
			to, who = n.proxy, fault.TheProxy
		}
		m.Routes[address] = Route{To: to, Effect: n.socketEffect(who, false), TCP: n.socketEffect(who, true)}
	}
	for i, address := range n.world.ResolverAddresses() {
		host, _, _ := net.SplitHostPort(address)
		who := fault.Resolver(i + 1)
		m.Routes[host] = Route{To: n.resolvers[i], Effect: n.socketEffect(who, false), TCP: n.socketEffect(who, true)}
	}
	if n.world.NoResolver {
		// Where a client asks that has no name server: itself.
		m.Routes["127.0.0.1"], m.Routes["::1"] = Route{Effect: fault.Refuse}, Route{Effect: fault.Refuse}
	}
	return m
}

// socketEffect is the effect at the socket that a dialler must play; Reset is
// played by the listener. tcp asks for what is broken for TCP alone.
func (n *Network) socketEffect(who string, tcp bool) fault.Effect {
	resolver := strings.HasPrefix(who, fault.TheResolver)
	infrastructure := who == fault.TheProxy || resolver
	s, ok := find(n.world.Faults, func(s fault.Socket) bool {
		return s.Effect != fault.Reset && s.TCPOnly == tcp &&
			(s.Host == who || resolver && s.Host == fault.TheResolver || !infrastructure && scope(s.Host, who))
	})
	if !ok {
		return ""
	}
	return s.Effect
}

// Resolvers are the World's configured name servers.
func (n *Network) Resolvers() []string { return n.world.ResolverAddresses() }

// PublicRoots is, in PEM, what stands for the roots of the public web.
func (n *Network) PublicRoots() []byte { return n.public.pem() }

// InterceptorCA is, in PEM, the authority of the World's interceptor.
func (n *Network) InterceptorCA() []byte { return n.interceptor.pem() }

// ClientRoots is, in PEM, the store of the World's client.
func (n *Network) ClientRoots() []byte {
	if n.world.EmptyStore {
		return nil
	}
	if n.world.TrustInterceptor {
		return append(n.public.pem(), n.interceptor.pem()...)
	}
	return n.public.pem()
}

// ProxyAddress is the loopback address of the forward proxy, for clients that
// cannot be led by a [Map].
func (n *Network) ProxyAddress() string { return n.proxy }

// Origin is the loopback address of a host, empty for one that is not there.
func (n *Network) Origin(host string) string { return n.origins[host] }

// ResolverAddress is the loopback address of the first name server.
func (n *Network) ResolverAddress() netip.AddrPort { return netip.MustParseAddrPort(n.resolvers[0]) }

// Events returns what happened so far.
func (n *Network) Events() []Event { return n.journal.all() }
