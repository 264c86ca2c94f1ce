package fault

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Addresses of a World. Names resolve into the documentation ranges of RFC
// 5737 and RFC 3849, so that no report of a made-up network can be mistaken
// for one of a real network.
const (
	// ResolverAddress is the World's first name server.
	ResolverAddress = "203.0.113.53:53"
	// ProxyName and ProxyAddress are its forward proxy; ProxyTCPPort is Squid's
	// default, the one most sites keep.
	ProxyName    = "proxy.corp.example"
	ProxyAddress = "203.0.113.10"
	ProxyTCPPort = "3128"
	// ClientAddress is the client's own, on the site's network.
	ClientAddress = "10.20.3.7"
	// ProxyURL is what HTTPS_PROXY holds in a World that has a proxy.
	ProxyURL = "http://" + ProxyName + ":" + ProxyTCPPort
)

// Names by which a Fault means a part of the World that is no host of it.
const (
	// Everyone is every host of the registry, not proxy and resolver.
	Everyone = "*"
	// TheProxy is the forward proxy.
	TheProxy = "proxy"
	// TheResolver is every name server, [Resolver] one of several.
	TheResolver = "resolver"
)

// What stands in a file of a World for what its network makes when it starts.
const (
	// InterceptorCA stands for the interceptor's CA, PEM.
	InterceptorCA = "@interceptor-ca@"
	// OtherRoots stands for roots that are none of the World's public web, PEM.
	OtherRoots = "@other-roots@"
	// GivenRoots stands for the roots of a report that its run was given besides those of
	// the client's store, PEM.
	GivenRoots = "@given-roots@"
	// LogList stands for the list of its transparency logs, JSON.
	LogList = "@log-list@"
)

// Resolver names one of the World's name servers by its place, from 1.
func Resolver(place int) string { return fmt.Sprintf("%s-%d", TheResolver, place) }

// World is everything that a pull meets: the healthy one with the differences
// that are written. Its zero value is the healthy World.
type World struct {
	// Title says in a few words what is wrong here.
	Title string
	// Direct leaves out the proxy: hosts are reached straight.
	Direct bool
	// Env replaces the proxy variables; nil takes those that Direct implies.
	Env map[string]string
	// Hosts replaces the healthy hosts; nil takes [Hosts].
	Hosts []Host
	// Targets are the arguments of the check; nil walks the profile.
	Targets []string
	// Anonymous logs in with nothing instead of the World's account.
	Anonymous bool
	// WrongPassword logs in with a password that the token server refuses.
	WrongPassword bool `yaml:"wrong_password"`
	// ProxyLogin puts credentials into the proxy's URL: "right" or "wrong".
	ProxyLogin string `yaml:"proxy_login"`
	// ProxyLoginBeside keeps them out of the URL: the client has them from elsewhere
	// (--proxy-user, a ticket), and other clients do not.
	ProxyLoginBeside bool `yaml:"proxy_login_beside"`
	// ProxyNodes is how many addresses the proxy's name has; 0 means one.
	ProxyNodes int `yaml:"proxy_nodes"`
	// NoAccess makes the token server grant nothing, OwnRealm the registry name itself
	// in its challenge.
	NoAccess bool `yaml:"no_access"`
	OwnRealm bool `yaml:"own_realm"`
	// TokenClock is the token server's time minus the World's.
	TokenClock time.Duration `yaml:"token_clock"`
	// TokenLife is how long its tokens hold; 0 means [TokenLife].
	TokenLife time.Duration `yaml:"token_life"`
	// BlobsByHTTP makes the registry redirect to the blob host in plain HTTP, and
	// BlobHost to another host than the first.
	BlobsByHTTP bool     `yaml:"blobs_by_http"`
	BlobHosts   []string `yaml:"blob_hosts"`
	// Images are repositories that hold the image besides [Image], as host/path; each
	// has the tag latest and its own.
	Images []string
	// LayerBytes is the size of the image's layer; 0 means [SmallLayer].
	LayerBytes int64 `yaml:"layer_bytes"`
	// LayerHost makes the image's layer a foreign one, which its manifest has a URL for at
	// this host.
	LayerHost string `yaml:"layer_host"`
	// HTTP2 makes its hosts offer HTTP/2.
	HTTP2 bool
	// Flags are the flags in which the check is asked for, as --name or --name=value.
	Flags []string
	// TrustInterceptor puts the interceptor's CA into the client's store.
	TrustInterceptor bool `yaml:"trust_interceptor"`
	// EmptyStore leaves the client's store without any root.
	EmptyStore bool `yaml:"empty_store"`
	// Resolvers is how many name servers are configured; 0 means one.
	Resolvers int
	// NoResolver leaves the host without a configured name server.
	NoResolver bool `yaml:"no_resolver"`
	// Pins are the entries of the client's hosts file, name to address.
	Pins map[string]string
	// Clock is the World's time minus the real one.
	Clock time.Duration
	// ClientClock is the client's time minus the World's: by how much its clock
	// is wrong.
	ClientClock time.Duration `yaml:"client_clock"`
	// Files are files of the client's host, by absolute path: units, configuration,
	// what a running daemon was started with.
	Files map[string]string
	// Stored logs in as the files of the client's host say, not with the World's
	// account; nil logs in with that.
	Stored *Stored
	// Survey makes it a host whose settings are read; no path is walked.
	Survey *Survey
	// Site replaces names and addresses by those of a network that was seen.
	Site *Site
	// Faults are what is broken.
	Faults []Fault `yaml:"-"`
}

// Stored is a client on the World's host, whose user is root, that takes the
// logins which are stored there.
type Stored struct {
	// Env are the variables that name files of logins.
	Env map[string]string
	// Helpers are the credential helpers that are installed; they have no login.
	Helpers []string
}

// WithForeignRoots returns the World whose check is given roots (--public-roots) that
// are none of the World's public web.
func WithForeignRoots(w World) World {
	const roots, logs = "/etc/corp-roots.pem", "/etc/ct-logs.json"
	w.Files = maps.Clone(w.Files)
	if w.Files == nil {
		w.Files = map[string]string{}
	}
	w.Files[roots], w.Files[logs] = OtherRoots, LogList
	w.Flags = append(slices.Clone(w.Flags), "--public-roots="+roots, "--ct-logs="+logs)
	return w
}

// WithGivenRoots returns the World whose check is given further CAs (--cacert), which are
// in a file with this text.
func WithGivenRoots(w World, text string) World {
	const roots = "/etc/given-roots.pem"
	w.Files = maps.Clone(w.Files)
	if w.Files == nil {
		w.Files = map[string]string{}
	}
	w.Files[roots] = text
	w.Flags = append(slices.Clone(w.Flags), "--cacert="+roots)
	return w
}

// AuthFile returns a file of logins, as podman and docker write it: triples of key,
// name and secret.
func AuthFile(triples ...string) string {
	var entries []string
	for i := 0; i+2 < len(triples); i += 3 {
		auth := base64.StdEncoding.EncodeToString([]byte(triples[i+1] + ":" + triples[i+2]))
		entries = append(entries, fmt.Sprintf("%q: {%q: %q}", triples[i], "auth", auth))
	}
	return fmt.Sprintf("{%q: {%s}}\n", "auths", strings.Join(entries, ", "))
}

// Survey is what is asked of a host whose settings are read.
type Survey struct {
	// Clients are the rules to apply, family-version; nil takes the clients that
	// its files and its shell show.
	Clients []string
	// Hosts are the hosts that are decided about; nil takes the World's registry.
	Hosts []string
}

// Canonical are proxy variables in the one form that every client reads alike:
// both cases, scheme and port written, loopback and each domain named twice
// (docs/field-notes.md#no_proxy-lists). Pairs of name and value replace or add; an empty
// value takes a variable away.
func Canonical(pairs ...string) map[string]string {
	const list = "localhost,127.0.0.1,::1,corp.example,.corp.example"
	env := map[string]string{"HTTPS_PROXY": ProxyURL, "https_proxy": ProxyURL, "HTTP_PROXY": ProxyURL, "http_proxy": ProxyURL,
		"NO_PROXY": list, "no_proxy": list}
	for i := 0; i+1 < len(pairs); i += 2 {
		env[pairs[i]] = pairs[i+1]
		if pairs[i+1] == "" {
			delete(env, pairs[i])
		}
	}
	return env
}

// Exempting are canonical variables with further entries in the list.
func Exempting(entries string) map[string]string {
	list := Canonical()["NO_PROXY"] + "," + entries
	return Canonical("NO_PROXY", list, "no_proxy", list)
}

// Proxied are canonical variables with another proxy.
func Proxied(proxy string) map[string]string {
	return Canonical("HTTPS_PROXY", proxy, "https_proxy", proxy, "HTTP_PROXY", proxy, "http_proxy", proxy)
}

// IssuerRole is the role of a host that serves the certificate of the public
// authority's intermediate in plain HTTP, where leaves say that it is.
const IssuerRole = "issuer"

// Host is a host of the World.
type Host struct {
	Name    string
	Role    string
	Address string
	// Further are more addresses of the same host, of IPv4 or IPv6.
	Further []string
	// Private marks a host that the profile does not call public.
	Private bool
	// Plain makes it speak HTTP without TLS, at every port.
	Plain bool
	// Realm and Service are what a registry's challenge names; an empty Realm is the
	// registry itself, an empty Service that of Red Hat's.
	Realm, Service string
}

// Account is the World's own login, made up for it.
const (
	AccountUser     = "11009103|pullpath-mock"
	AccountPassword = "mock-registry-Passw0rd-7f3a"
	// AccountIdentity is the same login as an identity token.
	AccountIdentity = "mock-registry-identity-token-c81e"
	ProxyUser       = "svc-build"
	ProxyPassword   = "mock-proxy-Passw0rd-51c2"
	// ProxyTicket stands for a ticket that the proxy takes: a World has no KDC.
	ProxyTicket = "mock-proxy-ticket-9b40"
)

// Image is the repository with an image in it that every World serves.
const (
	Image    = "registry.redhat.io/ubi9/ubi"
	ImageTag = "latest"
	// BlobHost is where the registry of the healthy World has its blobs: the first of
	// its CDN by number.
	BlobHost = "cdn01.quay.io"
	// RealmPath is that of Red Hat's token server, https://access.redhat.com/articles/3560571.
	RealmPath = "/auth/realms/rhcc/protocol/redhat-docker-v2/auth"
)

// Hosts returns the hosts of the healthy World: those of the built-in profile
// for registry.redhat.io.
func Hosts() []Host {
	hosts := []Host{
		{Name: "registry.redhat.io", Role: "registry", Address: "203.0.113.101", Realm: "https://sso.redhat.com" + RealmPath},
		{Name: "sso.redhat.com", Role: "auth", Address: "203.0.113.102"},
		{Name: "cdn.quay.io", Role: "blob", Address: "203.0.113.110"},
	}
	for i, name := range []string{"cdn01", "cdn02", "cdn03", "cdn04", "cdn05", "cdn06"} {
		hosts = append(hosts, Host{Name: name + ".quay.io", Role: "blob", Address: "203.0.113.11" + string(rune('1'+i))})
	}
	return hosts
}

// TokenLife is how long a token of the healthy World holds: the expires_in of the answer in
// https://access.redhat.com/articles/3560571.
const TokenLife = 5 * time.Minute

// Addresses returns all addresses of the host.
func (h Host) Addresses() []string { return append([]string{h.Address}, h.Further...) }

// Routers returns the devices on the way from the World's client to every address,
// nearest first: two of the site, one of its provider.
func Routers() []string { return []string{"10.20.3.1", "10.1.0.1", "198.51.100.1"} }

// BothFamilies returns the healthy hosts, each with an IPv6 address besides.
func BothFamilies() []Host {
	hosts := Hosts()
	for i, h := range hosts {
		hosts[i].Further = []string{"2001:db8::" + h.Address[strings.LastIndex(h.Address, ".")+1:]}
	}
	return hosts
}

// WithAddresses returns the healthy hosts, one of them with further addresses.
func WithAddresses(name string, further ...string) []Host {
	hosts := Hosts()
	for i, h := range hosts {
		if h.Name == name {
			hosts[i].Further = further
		}
	}
	return hosts
}

// Environment returns the proxy variables of the World.
func (w World) Environment() map[string]string {
	if w.Env != nil {
		return w.Env
	}
	if w.Direct {
		return map[string]string{}
	}
	return map[string]string{"HTTPS_PROXY": w.proxyURL(), "HTTP_PROXY": w.proxyURL()}
}

func (w World) proxyURL() string {
	switch {
	case w.ProxyLoginBeside:
	case w.ProxyLogin == "right":
		return "http://" + ProxyUser + ":" + ProxyPassword + "@" + ProxyName + ":" + ProxyTCPPort
	case w.ProxyLogin == "wrong":
		return "http://" + ProxyUser + ":" + ProxyPassword + "-wrong@" + ProxyName + ":" + ProxyTCPPort
	}
	return ProxyURL
}

// ProxyNode names one of the proxy's addresses by its place, from 1, for faults
// of sockets.
func ProxyNode(place int) string { return fmt.Sprintf("%s-%d", TheProxy, place) }

// ProxyAddresses returns the addresses of the proxy's name: the first is
// ProxyAddress, the others follow it.
func (w World) ProxyAddresses() []string {
	var out []string
	for _, p := range w.Proxies() {
		out = append(out, p.Addresses()...)
	}
	return out
}

// Proxies returns the forward proxies by name.
func (w World) Proxies() []Host {
	if w.Site != nil {
		return w.Site.Proxies
	}
	var out []string
	for i := range max(w.ProxyNodes, 1) {
		out = append(out, fmt.Sprintf("203.0.113.%d", firstProxy+i))
	}
	return []Host{{Name: ProxyName, Address: out[0], Further: out[1:]}}
}

// Routers returns the devices on the way to every address.
func (w World) Routers() []string {
	if w.Site != nil && w.Site.Routers != nil {
		return w.Site.Routers
	}
	return Routers()
}

// IsProxy reports whether a name is one of the World's proxies.
func (w World) IsProxy(name string) bool {
	return slices.ContainsFunc(w.Proxies(), func(p Host) bool { return p.Name == name })
}

// firstProxy is the last part of ProxyAddress.
const firstProxy = 10

// ResolverAddresses returns the addresses of the configured name servers, in
// order: the first is ResolverAddress, the others follow it.
func (w World) ResolverAddresses() []string {
	if w.Site != nil {
		return w.Site.Resolvers
	}
	var out []string
	for i := range max(w.Resolvers, 1) {
		out = append(out, fmt.Sprintf("203.0.113.%d:53", firstResolver+i))
	}
	if w.NoResolver {
		return nil
	}
	return out
}

// firstResolver is the last part of ResolverAddress.
const firstResolver = 53

// RedirectsTo returns the hosts that blobs are redirected to, in turn; none where the
// registry serves them.
func (w World) RedirectsTo() []string {
	if len(w.BlobHosts) > 0 {
		return w.BlobHosts
	}
	if slices.ContainsFunc(w.AllHosts(), func(h Host) bool { return h.Name == BlobHost && h.Role == "blob" }) {
		return []string{BlobHost}
	}
	return nil
}

// AllHosts returns the World's hosts.
func (w World) AllHosts() []Host {
	if w.Hosts != nil {
		return w.Hosts
	}
	return Hosts()
}
