package fault

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"pullpath/internal/route"
)

// Misplaced is what cannot be in a World, and where in its scenario it stands.
type Misplaced struct {
	// Place is a path of keys, such as hosts[2].address.
	Place string
	Err   error
}

// Error implements error, with the place.
func (m *Misplaced) Error() string { return m.Place + ": " + m.Err.Error() }

// Unwrap returns what is wrong, without the place.
func (m *Misplaced) Unwrap() error { return m.Err }

// What a World may hold. A host costs a listener and a certificate, an address of a
// proxy or a name server its listeners; a profile of 2,000 hosts is served beside those of
// the healthy World, and resolv.conf(5) takes three name servers. More routers than an initial TTL of Linux has hops are none.
const (
	MaxHosts   = 2048
	MaxServers = 64
	MaxRouters = 64
	MaxCerts   = 16
	// MaxFaults is some for each host.
	MaxFaults = 10 * MaxHosts
	// MaxListed bounds lists that name hosts, images or addresses: each host may be there
	// in some of them.
	MaxListed = 2 * MaxHosts
	// MaxFlags is more than a check has.
	MaxFlags = 100
	// MaxText bounds a value that is told to a command or shown, in bytes. A NO_PROXY of
	// OpenShift has about 4 KiB.
	MaxText = 64 << 10
	// MaxTime bounds a clock's error and a wait. RFC 5280 certificates and the dates of
	// a computer without a battery lie within.
	MaxTime = 100 * 365 * 24 * time.Hour
)

// Check returns what of the World cannot be served: addresses that are none, names that
// no file of hosts and no certificate can hold, more than a machine has ports for. The
// error is a [*Misplaced].
func (w World) Check() error {
	for _, check := range []func() error{w.checkSizes, w.checkHosts, w.checkServers, w.checkClient, w.checkFiles, w.checkTimes} {
		if err := check(); err != nil {
			return err
		}
	}
	for i, f := range w.Faults {
		if err := checkFault(f); err != nil {
			return &Misplaced{fmt.Sprintf("faults[%d]", i), err}
		}
	}
	return nil
}

// checkSizes looks at how much of everything there is.
func (w World) checkSizes() error {
	counts := map[string]int{"targets": len(w.Targets), "images": len(w.Images), "blob_hosts": len(w.BlobHosts), "pins": len(w.Pins)}
	if w.Site != nil {
		counts["site.strays"] = len(w.Site.Strays)
	}
	for place, count := range inOrder(counts) {
		if count > MaxListed {
			return &Misplaced{place, fmt.Errorf("%d of them; at most %d are taken", count, MaxListed)}
		}
	}
	switch {
	case len(w.Faults) > MaxFaults:
		return &Misplaced{"faults", fmt.Errorf("%d faults; at most %d can be played", len(w.Faults), MaxFaults)}
	case len(w.Flags) > MaxFlags:
		return &Misplaced{"flags", fmt.Errorf("%d flags; at most %d are taken", len(w.Flags), MaxFlags)}
	case len(w.Title) > MaxText:
		return &Misplaced{"title", fmt.Errorf("%d bytes; at most %d are shown", len(w.Title), MaxText)}
	}
	return nil
}

// inOrder goes through a map by its keys in order: of several things that are wrong,
// the same one is told each time.
func inOrder[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}

func (w World) checkHosts() error {
	if len(w.Hosts) > MaxHosts {
		return &Misplaced{"hosts", fmt.Errorf("%d hosts, at most %d can be served", len(w.Hosts), MaxHosts)}
	}
	known := map[string]bool{}
	for i, h := range w.Hosts {
		err := h.check()
		if known[h.Name] {
			err = fmt.Errorf("host %s is there twice", h.Name)
		}
		if err != nil {
			return &Misplaced{fmt.Sprintf("hosts[%d]", i), err}
		}
		known[h.Name] = true
	}
	return nil
}

func (h Host) check() error {
	if !HostName(h.Name) {
		return fmt.Errorf("%q is not a host name", h.Name)
	}
	if len(h.Further) >= MaxServers {
		return fmt.Errorf("%s has %d addresses, at most %d can be served", h.Name, len(h.Further)+1, MaxServers)
	}
	if !HasRole(h.Role) {
		return fmt.Errorf("%s: role %q is none of %s", h.Name, h.Role, strings.Join(roles(), ", "))
	}
	for _, a := range h.Addresses() {
		if net.ParseIP(a) == nil {
			return fmt.Errorf("%s: %q is not an IP address", h.Name, a)
		}
	}
	return nil
}

// roles returns those that a host of a World can have: what it answers.
func roles() []string { return []string{"registry", "mirror", "auth", "blob", IssuerRole} }

// HasRole reports whether a host can have a role; one without has no conversation of its
// own.
func HasRole(role string) bool { return role == "" || slices.Contains(roles(), role) }

// keyKind are the kinds of keys that a report writes.
var keyKind = regexp.MustCompile(`^(|RSA \d{3,5}|ECDSA P-(224|256|384|521)|Ed25519|DSA)$`)

// HasKey reports whether a certificate can have a key of that kind; "" is any.
func HasKey(kind string) bool { return keyKind.MatchString(kind) }

// HostName reports whether a text can be the name of a host in a file of hosts, a URL
// and a certificate. Underscores and what RFC 1123 has no place for are met in the
// field.
func HostName(text string) bool {
	const longest = 253 // RFC 1035 section 2.3.4, as text
	return text != "" && len(text) <= longest && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`/\@?#%"'<>,;`, r)
	})
}

// checkServers looks at proxies, name servers and the devices on the way.
func (w World) checkServers() error {
	proxies := w.Proxies()
	if len(proxies) == 0 {
		return &Misplaced{"site.proxies", errors.New("a network has at least one proxy, be it unused")}
	}
	for i, p := range proxies {
		if err := p.check(); err != nil {
			return &Misplaced{fmt.Sprintf("site.proxies[%d]", i), err}
		}
	}
	for place, count := range inOrder(map[string]int{"site.proxies": len(w.ProxyAddresses()), "site.resolvers": len(w.ResolverAddresses()),
		"proxy_nodes": w.ProxyNodes, "resolvers": w.Resolvers, "site.routers": len(w.Routers())}) {
		if count < 0 || count > MaxServers {
			return &Misplaced{place, fmt.Errorf("%d of them; at most %d can be served", count, MaxServers)}
		}
	}
	if w.Site == nil {
		return nil
	}
	return w.Site.check()
}

// check looks at the addresses of what was seen.
func (s *Site) check() error {
	for address := range inOrder(s.Strays) {
		if net.ParseIP(address) == nil {
			return &Misplaced{"site.strays", fmt.Errorf("%q is not an IP address", address)}
		}
	}
	for i, r := range s.Routers {
		if ip := net.ParseIP(r); ip.To4() == nil {
			return &Misplaced{fmt.Sprintf("site.routers[%d]", i), fmt.Errorf("%q is not an IPv4 address", r)}
		}
	}
	for i, r := range s.Resolvers {
		if err := CheckResolver(r); err != nil {
			return &Misplaced{fmt.Sprintf("site.resolvers[%d]", i), err}
		}
	}
	return nil
}

// CheckResolver takes address:port, or a tcp://, tls:// or https:// URL with a port.
func CheckResolver(text string) error {
	host, _, err := net.SplitHostPort(text)
	if err == nil && net.ParseIP(host) != nil {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "tcp" && u.Scheme != "tls" && u.Scheme != "https" || !HostName(u.Hostname()) || u.Port() == "" {
		return fmt.Errorf("%q is not a name server: address:port, or tcp://, tls:// or https:// with a port", text)
	}
	if u.Fragment != "" && !HostName(u.Fragment) {
		return fmt.Errorf("%q is not a host name", u.Fragment)
	}
	return nil
}

// checkClient looks at what a command in the World is told.
func (w World) checkClient() error {
	for name, value := range inOrder(w.Env) {
		switch {
		case !route.IsVariable(name) && (w.Survey == nil || name != "DOCKER_HOST"): // with that no command runs
			return &Misplaced{"env." + name, errors.New("only proxy variables are set")}
		case len(value) > MaxText:
			return &Misplaced{"env." + name, fmt.Errorf("a value of %d bytes; at most %d are told", len(value), MaxText)}
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' }):
			return &Misplaced{"env." + name, errors.New("a value has no control characters")}
		}
	}
	for name, address := range inOrder(w.Pins) {
		if !HostName(name) || net.ParseIP(address) == nil {
			return &Misplaced{"pins", fmt.Errorf("%q at %q: not a host name at an IP address", name, address)}
		}
	}
	for i, image := range w.Images {
		if !ImageName(image) {
			return &Misplaced{fmt.Sprintf("images[%d]", i), fmt.Errorf("%q is not an image", image)}
		}
	}
	if w.LayerBytes < 0 || w.LayerBytes > MaxLayer {
		return &Misplaced{"layer_bytes", fmt.Errorf("%d; at most %d can be made", w.LayerBytes, int64(MaxLayer))}
	}
	return nil
}

// MaxLayer is the largest layer that is made, in bytes. Its digest is reckoned before
// anything is served, about 400 MB in a second on a slow machine; the largest layers that
// are pulled, of images with models in them, have this size.
const MaxLayer = 8 << 30

// SmallLayer is the size of a layer where none is asked for, in bytes: that of the
// smallest images which people pull (alpine has 3.5 MiB), so that a fault in the middle of
// a layer has one.
const SmallLayer = 3 << 20

// LayerSize returns the size of the image's layer, in bytes.
func (w World) LayerSize() int64 { return cmp.Or(w.LayerBytes, SmallLayer) }

// ImageName reports whether a text can be the path of an image in a registry.
func ImageName(text string) bool {
	const longest = 512
	return text != "" && len(text) <= longest && !strings.ContainsFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-:/@[]", r))
	})
}

func (w World) checkTimes() error {
	for place, d := range inOrder(map[string]time.Duration{"clock": w.Clock, "client_clock": w.ClientClock, "token_clock": w.TokenClock,
		"token_life": w.TokenLife}) {
		if d.Abs() > MaxTime {
			return &Misplaced{place, fmt.Errorf("%s is more than 100 years", d)}
		}
	}
	return nil
}

// checkFault looks at what would end a server and not a client, and at parameters that do
// not go together.
func checkFault(f Fault) error {
	switch f := Bare(f).(type) {
	case nil:
		return errors.New("there is no fault in it")
	case DNS:
		for _, a := range f.Addresses {
			if net.ParseIP(a) == nil {
				return fmt.Errorf("%q is not an IP address", a)
			}
		}
	case Chain:
		return f.check()
	case Certificate:
		if f.Names != nil && len(f.Names) == 0 {
			return errors.New("a certificate for no name; leave the names out for the proper one")
		}
		return checkNames(f.Names)
	case Connect:
		return checkRedirect(f.To, f.Status)
	case HTTP:
		return checkRedirect(f.To, f.Status)
	}
	return nil
}

// check looks at the certificates of a chain.
func (c Chain) check() error {
	if len(c.Certs) > MaxCerts {
		return fmt.Errorf("%d certificates in a chain; at most %d are made", len(c.Certs), MaxCerts)
	}
	for _, cert := range c.Certs {
		if !HasKey(cert.Key) {
			return fmt.Errorf("key %q of %s is none of RSA 2048, ECDSA P-256, ECDSA P-384, Ed25519", cert.Key, cert.CommonName)
		}
		if i := slices.IndexFunc(slices.Concat(cert.Names, cert.AIA, cert.CRL), func(text string) bool { return !ASCII(text) }); i >= 0 {
			return fmt.Errorf("the certificate of %s holds a name or URL with more than ASCII", cert.CommonName)
		}
	}
	return nil
}

// checkRedirect looks at the status of a redirect (RFC 9110 section 15.4).
func checkRedirect(to string, status int) error {
	if to != "" && status/100 != 3 {
		return fmt.Errorf("status=%d is not a redirect; 301, 302, 303, 307 and 308 are", status)
	}
	return nil
}

// ASCII reports whether a text can stand in a certificate as a name or a URL (IA5String,
// RFC
// 5280 section 4.2.1.6), and is there at all.
func ASCII(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r >= 0x7f })
}

func checkNames(names []string) error {
	for _, n := range names {
		if !HostName(n) {
			return fmt.Errorf("%q is not a host name", n)
		}
	}
	return nil
}
