package vantage

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"time"

	"pullpath/flows"
	"pullpath/internal/credentials"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/route"
	"pullpath/internal/settings"
	"pullpath/mockproxy"
	"pullpath/resolve"
	"pullpath/tlsinspect"
	"pullpath/tunnel"
)

// madeUpHome is the home directory on a made-up network's host, whose user is root.
const madeUpHome = "/root"

// resolvConf is where a host has its search list.
const resolvConf = "/etc/resolv.conf"

// Of looks from within a made-up network, and takes nothing from this machine. The files of
// its host are written to a folder of their own, which Close removes.
func Of(p mockproxy.Pass) (*Vantage, error) {
	v := &Vantage{MadeUp: &MadeUp{Flags: p.Flags, Targets: p.Targets, Words: p.Words, Profile: p.Profile, Listed: p.Listed,
		Signatures: p.Signatures,
		Survey:     p.Survey, User: p.User, Password: p.Password, Servers: p.Map.Servers(),
		Proxy: tunnel.Login{User: p.ProxyUser, Password: p.ProxyPassword, Kerberos: tunnel.Kerberos{Token: p.ProxyTicket}}}}
	env := environmentOf(p)
	v.Host = Host{Home: madeUpHome, Env: env, Shell: env}
	var err error
	if v.Host.Stores, err = storesOf(p); err != nil {
		return nil, err
	}
	if v.Host.Logs, err = tlsinspect.ReadLogs(p.Logs); err != nil {
		return nil, fmt.Errorf("network pass: %w", err)
	}
	v.Net = netOf(p, v.Host.Stores.System)
	v.Net.Vantage = evidence.Vantage{Hostname: "mock-client", OS: runtime.GOOS, Addresses: []string{fault.ClientAddress},
		Resolvers: p.Resolvers, Network: "mock: " + p.Title}
	if v.MadeUp.Stores, err = otherStores(p); err != nil {
		return nil, err
	}
	if err := v.recall(p.Recalled); err != nil {
		return nil, err
	}
	return v, v.plantHost(p)
}

// recall takes over what a rebuilt network's report says of its host's files.
func (v *Vantage) recall(text string) error {
	if text == "" {
		return nil
	}
	v.MadeUp.Recalled = &evidence.Recollection{}
	if err := json.Unmarshal([]byte(text), v.MadeUp.Recalled); err != nil {
		return fmt.Errorf("network pass: what was read from files: %w", err)
	}
	return nil
}

// environmentOf returns the proxy variables of the made-up host's shell.
func environmentOf(p mockproxy.Pass) route.Environment {
	var env route.Environment
	for _, name := range slices.Sorted(maps.Keys(p.Environment)) {
		env = append(env, route.Variable{Name: name, Value: p.Environment[name], Source: "environment"})
	}
	return env
}

// netOf speaks through the network's own dialers, to its name servers, by its clock.
func netOf(p mockproxy.Pass, roots *x509.CertPool) flows.Net {
	now := func() time.Time { return time.Now().Add(p.Clock()) }
	r := &resolve.Resolver{Servers: p.Resolvers, Hosts: hostsFile(p.Hosts), Roots: roots, Dial: p.Map.Dial, Now: now}
	if text := p.Files[resolvConf]; text != "" { // of which the name servers are the network's own
		if conf, err := resolve.ParseResolvConf(strings.NewReader(text)); err == nil {
			r.Conf = conf
		}
	}
	if len(p.Resolvers) == 0 {
		r.Servers, r.Default = resolve.DefaultServers(), true
	}
	r.System = fromHosts(r)
	wire := tunnel.Wire{Dial: p.Map.Dial, DialLimited: p.Map.DialLimited, DialSegments: p.Map.DialSegments, Speak: p.Map.Speak}
	return flows.Net{Wire: wire, Resolver: r, Now: now}
}

// fromHosts finds a name server that is called by its name in the hosts file, or not at all.
func fromHosts(r *resolve.Resolver) func(context.Context, string) ([]netip.Addr, error) {
	return func(_ context.Context, name string) ([]netip.Addr, error) {
		if found := r.Hosts[name]; len(found) > 0 {
			return found, nil
		}
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
}

// hostsFile returns a made-up network's hosts file.
func hostsFile(entries map[string]string) map[string][]netip.Addr {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		fmt.Fprintf(&text, "%s %s\n", entries[name], name)
	}
	return resolve.ParseHosts(strings.NewReader(text.String()))
}

// storesOf makes the trust stores of a made-up network.
func storesOf(p mockproxy.Pass) (tlsinspect.Stores, error) {
	var out tlsinspect.Stores
	for _, store := range []struct {
		pool **x509.CertPool
		pem  string
	}{{&out.Public, p.PublicRoots}, {&out.Client, p.ClientRoots}, {&out.System, p.ClientRoots}} {
		pool, err := poolOf(store.pem)
		if err != nil {
			return out, err
		}
		*store.pool = pool
	}
	if len(p.RootsAt) > 0 {
		out.OfHost = map[string]tlsinspect.Stores{}
	}
	for host, pem := range p.RootsAt {
		pool, err := poolOf(pem)
		if err != nil {
			return out, err
		}
		of := out
		of.Client, of.OfHost = pool, nil
		out.OfHost[host] = of
	}
	return out, nil
}

// otherStores returns those of the other clients of a rebuilt network's host.
func otherStores(p mockproxy.Pass) (out []tlsinspect.NamedPool, err error) {
	for _, client := range slices.Sorted(maps.Keys(p.OtherRoots)) {
		pool, err := poolOf(p.OtherRoots[client])
		if err != nil {
			return nil, err
		}
		out = append(out, tlsinspect.NamedPool{Client: client, Pool: pool})
	}
	return out, nil
}

// poolOf reads certificates of a pass, which may have none.
func poolOf(pem string) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if pem == "" {
		return pool, nil
	}
	if _, err := tlsinspect.AddPEM(pool, []byte(pem)); err != nil {
		return nil, fmt.Errorf("network pass: %w", err)
	}
	return pool, nil
}

// plantHost puts the files of the made-up host where they are read like another's.
func (v *Vantage) plantHost(p mockproxy.Pass) (err error) {
	if p.Stored == nil && len(p.Files) == 0 {
		return nil
	}
	if v.MadeUp.dir, err = plantFiles(p.Files); err != nil {
		return err
	}
	if v.Host.Root, err = settings.OpenRoot(v.MadeUp.dir); err != nil {
		v.Close()
		return err
	}
	if p.Stored != nil {
		v.Host.Logins = &credentials.Host{Root: v.Host.Root, Getenv: func(name string) string { return p.Stored.Env[name] }, Home: madeUpHome,
			Linux: true, Helpers: credentials.Empty(p.Stored.Helpers)}
	}
	return nil
}
