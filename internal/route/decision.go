package route

import (
	"net"
	"net/url"
	"slices"

	"pullpath/internal/redact"
)

// Kind is what the client does.
type Kind string

// The kinds. Refused is a client that ends with an error before it dials: Go in
// a CGI environment, curl with a value that it cannot parse. Unsure is a decision
// that depends on what no setting holds (Ruby looks the name up first).
const (
	Direct  Kind = "direct"
	Proxy   Kind = "proxy"
	Refused Kind = "refused"
	Unsure  Kind = "unsure"
)

// Reason is the rule that led to the kind.
type Reason string

// The reasons.
const (
	ByVariable Reason = "variable"     // a proxy variable is set and nothing exempts the URL
	NotSet     Reason = "not-set"      // no variable that counts for this scheme is set
	Empty      Reason = "empty"        // the one that counts is set and empty
	Unusable   Reason = "unusable"     // one is set, cannot be parsed, and is silently ignored
	NoProxy    Reason = "no-proxy"     // a NO_PROXY entry matches
	Implicit   Reason = "implicit"     // the client exempts this host by itself
	OtherKind  Reason = "other-scheme" // neither http nor https: never proxied
	CGI        Reason = "cgi"          // refused, REQUEST_METHOD is set
	BadValue   Reason = "bad-value"    // refused, the client says that it cannot use the value
	BadTarget  Reason = "bad-target"   // refused, the client does not take this URL
	Depends    Reason = "depends"      // unsure
)

// Decision is the way of one URL and why. What JSON shows of it is redacted; the
// address and the URL to dial are for the dialler only.
type Decision struct {
	Dialect string `json:"dialect"`
	Kind    Kind   `json:"kind"`
	Reason  Reason `json:"reason"`

	// Host and Port are what the client dials (kind proxy), the default port of
	// the client filled in; Port is empty where it has no default. Both can hold a
	// part of a password that was not percent-encoded.
	Host string `json:"-"`
	Port string `json:"-"`
	// OfLogin means that Host is such a part, which is neither to be looked up nor shown.
	OfLogin bool `json:"-"`
	// ProxyText is the proxy as it is dialled, redacted:
	// "http://REDACTED@proxy.corp:3128".
	ProxyText string `json:"proxy,omitempty"`

	Variable string `json:"variable,omitempty"` // what counts, as its source calls it: "HTTPS_PROXY", "http.proxy"
	Source   string `json:"source,omitempty"`   // where it was set
	Value    string `json:"value,omitempty"`    // its value as written, redacted

	NoProxyVariable string `json:"no_proxy_variable,omitempty"` // the list in force, whether it matched or not
	NoProxySource   string `json:"no_proxy_source,omitempty"`
	Token           string `json:"token,omitempty"`    // reason no-proxy: the first entry that matches, as written
	Implicit        string `json:"implicit,omitempty"` // reason implicit: the rule in words
	// Reads and NoProxyReads are the variables as which the client reads the two.
	Reads        string `json:"-"`
	NoProxyReads string `json:"-"`
	// Why says in words why the client refuses, or what the decision depends on.
	Why string `json:"why,omitempty"`

	NearMisses []NearMiss `json:"near_misses,omitempty"` // kind proxy: entries that were meant for this host
	// Networks are the list's entries that are address prefixes, where the kind is proxy and
	// the target a name: a client compares them with hosts that are written as addresses.
	Networks []string  `json:"-"`
	Unused   []Unused  `json:"unused,omitempty"`
	Problems []Problem `json:"problems,omitempty"`

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

// Broken reports whether the client, by this decision, cannot reach the proxy that the
// setting means: it refuses, ignores the value, or dials a wrong host or port.
func (d Decision) Broken() bool {
	return d.Kind == Refused || slices.ContainsFunc(d.Problems, func(p Problem) bool { return p.Broken })
}

// Outcome returns what is seen of the client: "direct", "proxy", "error" when it
// refuses or dials something else, "unknown" when that cannot be known from here.
func (d Decision) Outcome() string {
	switch {
	case d.Kind == Unsure:
		return "unknown"
	case d.Kind == Refused, d.Kind == Proxy && d.Broken():
		return "error"
	}
	return string(d.Kind)
}

// Decide returns the way of target under these variables. It never fails: what
// a client would refuse or misread is a decision too. The target is only read; a
// nil one is direct.
func (d Dialect) Decide(env Environment, target *url.URL) Decision {
	if target == nil {
		target = &url.URL{}
	}
	out := Decision{Dialect: d.Name, Kind: Direct, Unused: d.unused(env, target.Scheme)}
	if target.Scheme != "http" && target.Scheme != "https" {
		out.Reason = OtherKind
		return out
	}
	list := d.rules.list(env)
	if d.rules.refuses != nil {
		if why := d.rules.refuses(env, list.Value, target); why != "" {
			out.refuse(BadTarget, why)
			return out
		}
	}
	chosen := d.rules.choose(env, target.Scheme)
	if chosen.Value == "" {
		out.Reason = NotSet
		if chosen = d.empty(env, chosen, target.Scheme, len(out.Unused) == 0); chosen.Name != "" {
			out.Reason, out.Variable, out.Source, out.Reads = Empty, chosen.Called(), chosen.Source, chosen.Name
		}
		return out
	}
	out.Variable, out.Source, out.Value = chosen.Called(), chosen.Source, shownValue(chosen)
	out.NoProxyVariable, out.NoProxySource = list.Called(), list.Source
	out.Reads, out.NoProxyReads = chosen.Name, list.Name
	if !d.rules.readFirst {
		if out.exempt(d, list.Value, target); out.Reason != "" {
			return out
		}
	}
	out.take(d, chosen.Value, target)
	if out.Reason == ByVariable && d.rules.readFirst {
		if out.cgi(d, env, target); out.Reason == ByVariable {
			out.exempt(d, list.Value, target)
		}
	}
	if out.Kind == Proxy {
		out.NearMisses = d.nearMisses(list.Value, target)
		out.Networks = networks(list.Value, target)
	}
	return out
}

// empty returns the variable that is set and empty where none has a value: the one that counts
// because it is set, else a key of a file, else, where nothing tells more, any that the client
// reads for the scheme.
func (d Dialect) empty(env Environment, chosen Variable, scheme string, any bool) Variable {
	if chosen.Name != "" {
		return chosen
	}
	for _, v := range env {
		filled := v
		filled.Value = "x"
		if v == env.lookup(v.Name) && v.Value == "" && (any || v.Key != "") && d.rules.choose(Environment{filled}, scheme).Name != "" {
			return v
		}
	}
	return Variable{}
}

// refuse makes it a decision that ends with an error.
func (d *Decision) refuse(reason Reason, why string) {
	d.Kind, d.Reason, d.Why, d.proxy, d.Host, d.Port, d.ProxyText = Refused, reason, why, nil, "", "", ""
}

// cgi applies Go's rule about HTTP_PROXY in a CGI environment: the request
// fails, whoever set the variable.
func (d *Decision) cgi(rules Dialect, env Environment, target *url.URL) {
	if rules.Family == "go" && target.Scheme == "http" && env.lookup("REQUEST_METHOD").Value != "" {
		d.refuse(CGI, "REQUEST_METHOD is set, so HTTP_PROXY is distrusted and the request refused")
	}
}

// take records what the client makes of the value.
func (d *Decision) take(rules Dialect, value string, target *url.URL) {
	r := rules.rules.read(value, target)
	switch {
	case r.failure != "":
		d.refuse(BadValue, r.failure)
		d.Problems = append([]Problem{{Rejected, "the client refuses the value: " + r.failure, true}}, rules.causes(value)...)
	case r.proxy == nil:
		d.Reason = Unusable
		d.Problems = append(effects(r, value), rules.causes(value)...)
	default:
		d.Kind, d.Reason = Proxy, ByVariable
		d.setProxy(value, r)
		if rules.rules.unseen {
			return
		}
		d.Problems = append(effects(r, value), rules.causes(value)...)
	}
}

// exempt records the rule by which a URL goes direct, if one does.
func (d *Decision) exempt(rules Dialect, list string, target *url.URL) {
	direct := func(reason Reason) {
		d.Kind, d.Reason, d.proxy, d.Host, d.Port, d.ProxyText = Direct, reason, nil, "", "", ""
	}
	if own := rules.rules.own; own != nil {
		if rule := own(target); rule != "" {
			direct(Implicit)
			d.Implicit = rule
			return
		}
	}
	if entry, ok := rules.rules.exempt(list, target); ok {
		direct(NoProxy)
		d.Token = redact.Text(entry, maxEntry)
		return
	}
	if unsure := rules.rules.unsure; unsure != nil {
		if why := unsure(list, target); why != "" {
			d.Kind, d.Reason, d.Why, d.proxy = Unsure, Depends, why, nil
		}
	}
}

// exempts reports whether the list sends target direct by itself or by a rule of
// the client's own.
func (d Dialect) exempts(list string, target *url.URL) bool {
	if d.rules.own != nil && d.rules.own(target) != "" {
		return true
	}
	_, ok := d.rules.exempt(list, target)
	return ok
}

// maxEntry bounds a shown NO_PROXY entry, in runes: the longest host name has
// 253 characters, and scheme or port around it have to be visible.
const maxEntry = 300
