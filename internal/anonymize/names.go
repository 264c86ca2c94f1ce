package anonymize

import (
	"fmt"
	"net"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"pullpath/internal/evidence"
)

// top is the domain under which pseudonyms stand: reserved for private use, so
// that no pseudonym is anybody's name (ICANN board resolution 2024.07.29.06).
const top = "internal"

// generic are names that say nothing about a company.
var generic = []string{"localhost", "localhost.localdomain", "local", "localdomain", "cluster.local", "svc", "svc.cluster.local",
	"internal", "host.docker.internal", "http.docker.internal", "http", "https", "socks5", "socks5h", "invalid", "example"}

// cluster are the domains of services in a cluster: every cluster has them, and what they mean counts.
var cluster = []string{"svc.cluster.local", "cluster.local", "svc"}

// vendors are domains whose names below them are a customer's while the domain
// itself says which product or cloud it is.
var vendors = []string{"zscaler.net", "zscalerone.net", "zscalertwo.net", "zscalerthree.net", "zscloud.net", "goskope.com",
	"prismaaccess.com", "opendns.com", "umbrella.com",
	"cloudfront.net", "amazonaws.com", "cloudflarestorage.com", "akamaiedge.net", "akamai.net", "windows.net", "azurecr.io", "googleapis.com",
	"pkg.dev", "fastly.net"}

// documentation are the names of manuals and sources that our own texts cite.
var documentation = []string{"github.com", "golang.org", "docker.com", "redhat.com", "kernel.org",
	// The alias by which a filter says that it answered (package catalogue, sinkholes).
	"paloaltonetworks.com"}

// domain returns the part of a name that somebody registered.
func domain(host string) string {
	host = strings.ToLower(strings.Trim(host, "."))
	if d, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return d
	}
	return host
}

// isPublic tells a name that everybody knows: of a public domain, or a whole
// public suffix such as "io". Names under .invalid are ours: no resolver knows one
// (RFC 2606 section 2).
func (a *maker) isPublic(host string) bool {
	host = strings.ToLower(strings.Trim(host, "."))
	suffix, icann := publicsuffix.PublicSuffix(host)
	d := domain(host)
	return host == "" || strings.HasSuffix(host, ".invalid") || slices.Contains(generic, host) || icann && suffix == host || a.public[d] ||
		slices.Contains(documentation, d)
}

// host makes one name, address or host:port anonymous.
func (a *maker) host(s string) string {
	if addr, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return strings.Replace(s, strings.Trim(s, "[]"), a.address(addr), 1)
	}
	if prefix, err := netip.ParsePrefix(s); err == nil {
		return a.address(prefix.Addr()) + s[strings.IndexByte(s, '/'):]
	}
	bare := strings.ToLower(strings.Trim(emptyLabels.ReplaceAllString(s, "."), "."))
	if !nameForm.MatchString(bare) || a.isPublic(bare) || ownLabels.MatchString(bare) || ownLabels.MatchString(bare+"."+top) {
		return s
	}
	lead, trail := "", ""
	if strings.HasPrefix(s, ".") {
		lead = "."
	}
	if strings.HasSuffix(s, ".") {
		trail = "."
	}
	return lead + a.pseudonym(bare) + trail
}

// endpoint makes the host of a host:port anonymous, whatever form its name has.
func (a *maker) endpoint(s string) string {
	host, port, err := net.SplitHostPort(s)
	if _, noAddress := netip.ParseAddr(host); err != nil || noAddress == nil {
		return a.text(s)
	}
	return net.JoinHostPort(a.host(host), port)
}

// above makes the owner of an answer's zone anonymous. A top domain above the name stays
// above the pseudonym, which stands under another one.
func (a *maker) above(q evidence.Question, pseudonym string) string {
	zone := strings.Trim(q.Authority, ".")
	if !strings.Contains(zone, ".") && strings.HasSuffix(strings.ToLower(q.Name), "."+strings.ToLower(zone)) {
		return pseudonym[strings.LastIndexByte(pseudonym, '.')+1:]
	}
	return a.host(q.Authority)
}

var (
	nameForm = regexp.MustCompile(`^[\p{L}\p{N}_*-]+(\.[\p{L}\p{N}_*-]+)*$`)
	// emptyLabels are none that DNS can have, in a name that somebody mistyped.
	emptyLabels = regexp.MustCompile(`\.{2,}`)
	ownLabels   = regexp.MustCompile(`^(\*\.)?(n\d+\.)+(internal|svc\.cluster\.local|cluster\.local|svc)$`)
)

// maxName is how long a name can be (RFC 1035 section 2.3.4). What is longer is under
// no domain, and has as many labels as somebody cared to write.
const maxName = 253

// pseudonym names a host label by label, so that it stays under its domain.
func (a *maker) pseudonym(bare string) string {
	if len(bare) > maxName {
		return a.number(bare) + "." + top
	}
	labels := strings.Split(bare, ".")
	for i := range labels {
		if rest := strings.Join(labels[i:], "."); i > 0 && (slices.Contains(vendors, rest) || slices.Contains(cluster, rest)) {
			return a.number(bare) + "." + rest
		}
	}
	switch {
	case len(labels) == 1:
		return a.number(bare)
	case len(labels) == 2:
		if labels[0] == "*" {
			return "*." + top
		}
		return a.number(bare) + "." + top
	case labels[0] == "*":
		return "*." + a.pseudonym(strings.Join(labels[1:], "."))
	}
	return a.number(bare) + "." + a.pseudonym(strings.Join(labels[1:], "."))
}

// number returns the label of a name: one for each, whatever stands above it.
func (a *maker) number(bare string) string {
	key := "name " + bare
	if _, ok := a.pseudonyms[key]; !ok {
		a.counts["name"]++
		a.pseudonyms[key] = fmt.Sprintf("n%d", a.counts["name"])
	}
	return a.pseudonyms[key]
}

// hosts makes a list such as NO_PROXY anonymous, token by token.
func (a *maker) hosts(s string) string {
	if strings.Contains(s, "://") {
		return a.text(s)
	}
	return token.ReplaceAllStringFunc(s, func(t string) string {
		lead := t[:len(t)-len(strings.TrimLeft(t, ".*"))]
		if strings.Contains(t[len(lead):], "*") {
			return a.pattern(t)
		}
		body, port, hasPort := strings.Cut(t[len(lead):], ":")
		if _, err := netip.ParseAddr(t); err == nil || strings.Contains(port, ":") {
			return a.text(t)
		}
		body = a.host(body)
		if hasPort {
			body += ":" + port
		}
		return lead + body
	})
}

// pattern returns an entry with a star inside it. One that means a public host stays.
func (a *maker) pattern(t string) string {
	for _, host := range a.hostsSeen {
		if ok, err := path.Match(strings.ToLower(t), host); ok && err == nil {
			return t
		}
	}
	if a.isPublic(strings.ReplaceAll(t, "*", "")) || ours.MatchString(t) {
		return t
	}
	return a.label("pattern", t)
}

var token = regexp.MustCompile(`[^\s,;"']+`)
