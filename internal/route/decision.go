package route

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/redact"
)

// Kind is what the client does.
type Kind string

// The kinds. Refused is Go's answer to HTTP_PROXY in a CGI environment: the
// request fails before anything is dialled.
const (
	Direct  Kind = "direct"
	Proxy   Kind = "proxy"
	Refused Kind = "refused"
)

// Reason is the rule that led to the kind.
type Reason string

// The reasons.
const (
	ByVariable Reason = "variable"     // a proxy variable is set and nothing exempts the URL
	NotSet     Reason = "not-set"      // no variable that counts for this scheme is set
	Unusable   Reason = "unusable"     // one is set, cannot be parsed, and is silently ignored
	NoProxy    Reason = "no-proxy"     // a NO_PROXY entry matches
	Implicit   Reason = "implicit"     // the client exempts this host by itself
	OtherKind  Reason = "other-scheme" // neither http nor https: never proxied
	CGI        Reason = "cgi"          // refused, REQUEST_METHOD is set
)

// Decision is the way of one URL and why. What JSON shows of it is redacted; the
// address and the URL to dial are for the dialler only.
type Decision struct {
	Dialect string `json:"dialect"`
	Kind    Kind   `json:"kind"`
	Reason  Reason `json:"reason"`

	// Host and Port are what the client dials (kind proxy), the default port of
	// the scheme filled in; Port is empty where the client has no default. Both
	// can hold a part of a password that was not percent-encoded.
	Host string `json:"-"`
	Port string `json:"-"`
	// ProxyText is the proxy as it is dialled, redacted:
	// "http://REDACTED@proxy.corp:3128".
	ProxyText string `json:"proxy,omitempty"`

	Variable string `json:"variable,omitempty"` // the variable that counts: "HTTPS_PROXY"
	Source   string `json:"source,omitempty"`   // where it was set
	Value    string `json:"value,omitempty"`    // its value as written, redacted

	NoProxyVariable string `json:"no_proxy_variable,omitempty"` // the list in force, whether it matched or not
	NoProxySource   string `json:"no_proxy_source,omitempty"`
	Token           string `json:"token,omitempty"`    // reason no-proxy: the first entry that matches, as written
	Implicit        string `json:"implicit,omitempty"` // reason implicit: the rule in words

	NearMisses []NearMiss `json:"near_misses,omitempty"` // kind proxy: entries that were meant for this host
	Unused     []Unused   `json:"unused,omitempty"`
	Problems   []Problem  `json:"problems,omitempty"`

	proxy *url.URL
}

// Proxy returns the URL that the client dials, with credentials; nil unless the
// kind is proxy. It is a method so that no encoder and no fmt verb reaches it.
func (d Decision) Proxy() *url.URL {
	if d.proxy == nil {
		return nil
	}
	u := *d.proxy
	return &u
}

// Address returns host and port of the proxy in the form that net.Dial takes.
func (d Decision) Address() string { return net.JoinHostPort(d.Host, d.Port) }

// Broken reports whether the client, doing as decided, cannot reach the proxy
// that the setting means: it refuses, ignores the value, or dials a host or a
// port that is none.
func (d Decision) Broken() bool {
	return d.Kind == Refused || slices.ContainsFunc(d.Problems, func(p Problem) bool { return p.Broken })
}

// Decide returns the way of target under these variables. It never fails: what
// a client would refuse or misread is a decision too. The target is only read; a
// nil one is direct.
func (d Dialect) Decide(env Environment, target *url.URL) Decision {
	if target == nil {
		target = &url.URL{}
	}
	out := Decision{Dialect: d.Name, Kind: Direct, Unused: d.unused(env, target.Scheme)}
	names := d.variables(target.Scheme)
	if names == nil {
		out.Reason = OtherKind
		return out
	}
	chosen, found := env.first(names)
	if !found {
		out.Reason = NotSet
		return out
	}
	out.Variable, out.Source, out.Value = chosen.Name, chosen.Source, shownValue(chosen)
	exceptions, _ := env.first(d.noProxy)
	out.NoProxyVariable, out.NoProxySource = exceptions.Name, exceptions.Source

	dialled := d.parse(chosen.Value)
	out.Problems = problems(chosen.Value, dialled)
	q := question{proxy: chosen.Value, noProxy: exceptions.Value, cgi: env.lookup(d.cgi).Value != "", target: target}
	proxy, err := d.ask(q)
	switch {
	case err != nil:
		out.Kind, out.Reason = Refused, CGI
	case proxy != nil:
		out.Kind, out.Reason = Proxy, ByVariable
		out.setProxy(chosen.Value, proxy)
		out.NearMisses = d.nearMisses(exceptions.Value, target)
	case dialled == nil:
		out.Reason = Unusable
	default:
		out.explainDirect(d, exceptions.Value, target)
	}
	return out
}

// parse returns what the dialect makes of a proxy value, nil if nothing. It asks
// about a URL that no rule exempts.
func (d Dialect) parse(value string) *url.URL {
	proxy, err := d.ask(question{proxy: value, target: &url.URL{Scheme: "https", Host: "registry.invalid"}})
	if err != nil {
		return nil
	}
	return proxy
}

// setProxy fills in what is dialled.
func (d *Decision) setProxy(raw string, proxy *url.URL) {
	d.proxy = proxy
	d.Host, d.Port = proxy.Hostname(), port(proxy)
	d.ProxyText = shownProxy(raw, proxy)
}

// port returns the port of a proxy URL or the default that net/http dials
// (net/http/transport.go, schemePort); "" for a scheme without one.
func port(proxy *url.URL) string {
	if p := proxy.Port(); p != "" {
		return p
	}
	switch proxy.Scheme {
	case "http":
		return "80"
	case "https":
		return "443"
	case "socks5", "socks5h":
		return "1080"
	}
	return ""
}

// shownProxy returns the proxy as it is dialled, redacted. Where the parser took
// credentials for something else, scheme or host may be a part of them, and only
// the words that the parser's own retry leaves there ("http") are shown.
func shownProxy(raw string, proxy *url.URL) string {
	scheme, userinfo, address := proxy.Scheme, "", net.JoinHostPort(proxy.Hostname(), port(proxy))
	if proxy.User != nil {
		userinfo = redact.Mark + "@"
	}
	if strings.Contains(proxy.Opaque+proxy.Path+proxy.RawQuery+proxy.Fragment, "@") && !isScheme(proxy.Hostname()) {
		return redact.ProxyURL(raw)
	}
	if !strings.Contains(raw, "://") && !isScheme(scheme) {
		return redact.ProxyURL(raw)
	}
	return redact.Text(scheme, maxScheme) + "://" + userinfo + redact.Text(address, maxEntry)
}

// explainDirect names the rule by which a URL with a usable proxy goes direct:
// the client's own, or the first entry of the list that suffices alone.
func (d *Decision) explainDirect(rules Dialect, list string, target *url.URL) {
	if !rules.proxies("", target) {
		d.Reason, d.Implicit = Implicit, implicitRule(target)
		return
	}
	for entry := range strings.SplitSeq(list, ",") {
		if entry = strings.TrimSpace(entry); !rules.proxies(entry, target) {
			d.Reason, d.Token = NoProxy, redact.Text(entry, maxEntry)
			return
		}
	}
}

// implicitRule says in words why a host is exempt without any list.
func implicitRule(target *url.URL) string {
	if strings.ContainsAny(target.Hostname(), "[]") {
		return "a host that cannot be told from its port is never proxied"
	}
	return "localhost and loopback addresses are never proxied"
}

// proxies reports whether, with this list of exceptions and a proxy that is
// beyond doubt, target goes to the proxy.
func (d Dialect) proxies(list string, target *url.URL) bool {
	proxy, err := d.ask(question{proxy: "http://proxy.invalid:3128", noProxy: list, target: target})
	return err == nil && proxy != nil
}

// maxEntry bounds a shown NO_PROXY entry, in runes: the longest host name has
// 253 characters, and scheme or port around it are what is to be seen.
const maxEntry = 300
