package settings

import (
	"cmp"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/route"
)

// Wanted is the input of a suggestion.
type Wanted struct {
	Clients []Client
	// Targets are the URLs that are asked about. Asked tells that they were named one by
	// one and are not those of a profile.
	Targets []*url.URL
	Asked   bool
	// System is the host's, whose places the settings are written for; empty for Linux.
	System System
}

// Suggestion is the settings that make the clients of a host alike, with what has to be
// known of them. It holds no credentials: USER:PASSWORD stands in their place.
type Suggestion struct {
	// Named are the proxies that the clients use for https, the most used first.
	Named []NamedProxy
	// HTTPS and HTTP are the proxies that were chosen, with the reason.
	HTTPS, HTTP Choice
	// NoProxy are the entries of the list, and Added says why some of them were added.
	NoProxy []string
	Added   []string
	// Direct says which clients go direct because a setting of their own says so, and by which.
	Direct []string
	// Apart says what cannot be made alike, one sentence each.
	Apart []string
	// Left is what `settings` still says of these values.
	Left  []Remark
	Files []SuggestedFile
}

// NamedProxy is a proxy that clients of the host use.
type NamedProxy struct {
	URL     string
	Clients []string
	// From are the settings that name it, with their files and lines.
	From []string

	address  string
	https    bool
	loopback bool
	// shared tells that it is set where several clients read it.
	shared bool
}

// Choice is one of the proxies, and why it was chosen.
type Choice struct{ Proxy, Why string }

// Suggest returns the recommended settings. It fails where no client names a proxy.
func Suggest(w Wanted) (Suggestion, error) {
	named, plain := w.named("https"), w.named("http")
	if len(named) == 0 {
		return Suggestion{}, errors.New("no client here uses a proxy for https://")
	}
	out := Suggestion{Named: named, HTTPS: choose(named, slices.Concat(named, plain), len(w.Clients))}
	out.HTTP = w.plain(plain, named, out.HTTPS)
	out.NoProxy = RecommendedNoProxy(w.exceptions())
	out.Added = w.alone(out.NoProxy)
	w.add(&out)
	out.Direct = w.direct()
	w.judge(&out)
	out.Files = w.files(out)
	return out, nil
}

// outside is a host that no list names.
func outside(scheme string) *url.URL { return &url.URL{Scheme: scheme, Host: "outside.example"} }

// idle returns the decision of a client that has a proxy and exempts every host from it.
func (c Client) idle(scheme string) (route.Decision, bool) {
	d := c.Decide(outside(scheme))
	return d, d.Reason == route.NoProxy && d.Token == "*"
}

// named returns the proxies that the clients use for URLs of a scheme where nothing exempts
// these, the most used first. A client that exempts every host uses none.
func (w Wanted) named(scheme string) []NamedProxy {
	var out []NamedProxy
	for _, c := range w.Clients {
		if _, idle := c.idle(scheme); idle || c.Unknown != "" {
			continue
		}
		c.Env = c.Env.WithNoProxy(route.Variable{})
		for _, target := range w.Targets {
			d := c.Decide(&url.URL{Scheme: scheme, Host: target.Host})
			if d.Kind != route.Proxy || d.Broken() {
				continue
			}
			p := NamedProxy{URL: plainProxy(d), address: d.Address(), https: d.Proxy().Scheme == "https", loopback: isLoopback(d.Host)}
			i := slices.IndexFunc(out, func(o NamedProxy) bool { return o.URL == p.URL })
			if i < 0 {
				i, out = len(out), append(out, p)
			}
			out[i].shared = out[i].shared || len(w.Clients) == 1 || w.holders(d.Source) > 1
			out[i].Clients = appendNew(out[i].Clients, called(c))
			out[i].From = appendNew(out[i].From, d.Variable+" from "+d.Source)
		}
	}
	slices.SortStableFunc(out, func(a, b NamedProxy) int { return len(b.Clients) - len(a.Clients) })
	return out
}

// called is a client's name; one that was asked for by its rules alone has theirs.
func called(c Client) string {
	if c.Tool == "" {
		return c.Dialect.Name
	}
	return c.Tool
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() || host == "localhost"
}

func appendNew(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// plainProxy returns the proxy that a client dials, without its credentials.
func plainProxy(d route.Decision) string {
	user := ""
	if d.Proxy().User != nil {
		user = "USER:PASSWORD@"
	}
	return d.Proxy().Scheme + "://" + user + net.JoinHostPort(d.Host, d.Port)
}

// lists returns the NO_PROXY lists that a client finds.
func (c Client) lists() []route.Variable {
	var out []route.Variable
	for _, v := range c.Env {
		if last, _ := c.Env.Last(v.Name); strings.EqualFold(v.Name, "NO_PROXY") && last == v {
			out = append(out, v)
		}
	}
	return out
}

// exceptions returns the NO_PROXY lists of all clients.
func (w Wanted) exceptions() []string {
	var out []string
	for _, c := range w.Clients {
		for _, v := range c.lists() {
			out = appendNew(out, v.Value)
		}
	}
	return out
}

// NoProxy returns the list that stands for all lists of the clients.
func (w Wanted) NoProxy() []string {
	out := Suggestion{NoProxy: RecommendedNoProxy(w.exceptions())}
	w.add(&out)
	return out.NoProxy
}

// alone says which entries one client alone has: in the common list they hold for all.
func (w Wanted) alone(list []string) []string {
	clients, from := map[string][]string{}, map[string]string{}
	for _, c := range w.Clients {
		for _, v := range c.lists() {
			for _, e := range RecommendedNoProxy([]string{v.Value}) {
				clients[e] = appendNew(clients[e], called(c))
				from[e] = cmp.Or(from[e], "only "+called(c)+" exempts it ("+v.Called()+" from "+v.Source+")")
			}
		}
	}
	var order []string
	entries := map[string][]string{}
	for _, e := range list[len(RecommendedNoProxy(nil)):] {
		if len(w.Clients) > 1 && len(clients[e]) == 1 && !strings.HasPrefix(e, ".") { // a dotted one has its bare form beside it
			order = appendNew(order, from[e])
			entries[from[e]] = append(entries[from[e]], e)
		}
	}
	var out []string
	for _, why := range order {
		text := strings.Join(entries[why], ", ") + ": " + why
		if len(entries[why]) > 1 {
			text = strings.Replace(text, " exempts it ", " exempts them ", 1)
		}
		out = append(out, text)
	}
	return out
}

// add adds the addresses that were asked about and that are inside: not every client reads a
// prefix. It also adds the engine of DOCKER_HOST.
func (w Wanted) add(s *Suggestion) {
	for _, c := range w.Clients {
		v, _ := c.Env.Last("DOCKER_HOST")
		address, tcp := strings.CutPrefix(v.Value, "tcp://")
		if target, err := parseHTTP(address); tcp && err == nil && !slices.Contains(s.NoProxy, target.Hostname()) {
			s.NoProxy = append(s.NoProxy, target.Hostname())
			s.Added = append(s.Added, target.Hostname()+" is the engine of DOCKER_HOST ("+v.Source+")")
		}
	}
	for _, target := range w.Targets {
		addr, err := netip.ParseAddr(target.Hostname())
		if !w.Asked || err != nil || slices.Contains(s.NoProxy, addr.String()) {
			continue
		}
		why := ""
		for _, e := range s.NoProxy {
			if prefix, err := netip.ParsePrefix(e); err == nil && prefix.Contains(addr) {
				why = "it is in " + e + ", and not every client reads a prefix"
			}
		}
		if why == "" && (addr.IsPrivate() || addr.IsLinkLocalUnicast()) {
			why = "it is a private address, which a proxy seldom reaches"
		}
		if why != "" {
			s.NoProxy = append(s.NoProxy, addr.String())
			s.Added = append(s.Added, addr.String()+" was asked for: "+why)
		}
	}
}

// RecommendedNoProxy writes lists in the one form that every measured client
// reads alike: commas only, each domain bare and dotted, names without port,
// addresses spelled out, prefixes as an addition, loopback named
// (internal/route/testdata/vectors.json, Z02 to Z10).
func RecommendedNoProxy(lists []string) []string {
	out := []string{"localhost", "127.0.0.1", "::1"}
	known := map[string]bool{"localhost": true, "127.0.0.1": true, "::1": true}
	for _, list := range lists {
		for _, entry := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(", \t\r\n;|", r) }) {
			for _, e := range plainEntry(entry) {
				if !known[e] {
					known[e] = true
					out = append(out, e)
				}
			}
		}
	}
	return out
}

// plainEntry returns an entry in the form that all clients read; nothing where no form
// expresses it.
func plainEntry(entry string) []string {
	entry = strings.ToLower(strings.Trim(entry, `"'`))
	if _, rest, found := strings.Cut(entry, "://"); found {
		entry, _, _ = strings.Cut(rest, "/")
	}
	if prefix, err := netip.ParsePrefix(entry); err == nil {
		if prefix.IsSingleIP() {
			return []string{prefix.Addr().String()}
		}
		return []string{prefix.Masked().String()}
	}
	if host, _, err := net.SplitHostPort(entry); err == nil {
		entry = host
	}
	entry = strings.TrimSuffix(strings.Trim(entry, "[]/"), ".")
	if addr, err := netip.ParseAddr(entry); err == nil {
		return []string{addr.String()}
	}
	domain := strings.TrimLeft(strings.TrimPrefix(entry, "*"), ".")
	switch {
	case domain == "", strings.ContainsAny(domain, "*/<>#\\@$`{}()'\""):
		return nil
	case domain == "localhost", entry == domain && !strings.Contains(domain, "."):
		return []string{domain}
	}
	return []string{domain, "." + domain}
}
