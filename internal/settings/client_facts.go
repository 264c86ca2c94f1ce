package settings

import (
	"cmp"
	"slices"
	"strings"

	"pullpath/internal/redact"
	"pullpath/internal/route"
)

// The codes of facts about values; each is the code of the lint that it makes.
const (
	NoProxySeparator   Code = "no-proxy-separator"
	NoProxyURL         Code = "no-proxy-url-entry"
	NoProxyWildcard    Code = "no-proxy-wildcard"
	NoProxyStar        Code = "no-proxy-star-in-list"
	NoProxyPort        Code = "no-proxy-port"
	NoProxyCIDR        Code = "no-proxy-cidr"
	NoProxyIPv6        Code = "no-proxy-ipv6-form"
	NoProxyDot         Code = "no-proxy-trailing-dot"
	NoProxyApex        Code = "no-proxy-domain-form"
	NoProxyLoopback    Code = "no-proxy-loopback-missing"
	NoProxyIDN         Code = "no-proxy-idn"
	NoProxyHTTPX       Code = "no-proxy-breaks-httpx"
	NoProxyLookAlikes  Code = "no-proxy-look-alikes"
	ValueQuoted        Code = "setting-quoted"
	ProxyWithoutPort   Code = "proxy-url-without-port"
	ProxyWithoutScheme Code = "proxy-url-without-scheme"
	ProxySOCKS         Code = "proxy-socks"
	ProxyHTTPS         Code = "proxy-url-https"
	ProxyOnLoopback    Code = "proxy-on-loopback"
	OneCase            Code = "proxy-variable-one-case"
	EmptyShadows       Code = "proxy-variable-empty"
	RequestMethod      Code = "request-method-set"
	KnownBadVersion    Code = "client-version-known-bad"
	DockerHostProxied  Code = "docker-host-proxied"
	SudoDrops          Code = "sudo-drops-proxy"
	DaemonOverrides    Code = "daemon-json-overrides-unit"
	DockerConfigUnread Code = "docker-config-proxies"
)

// formCodes maps the forms of package route to the lints.
func formCodes() map[string]Code {
	return map[string]Code{
		route.FormSeparator: NoProxySeparator, route.FormURL: NoProxyURL, route.FormWildcard: NoProxyWildcard,
		route.FormStar: NoProxyStar, route.FormPort: NoProxyPort, route.FormCIDR: NoProxyCIDR, route.FormIPv6: NoProxyIPv6,
		route.FormDot: NoProxyDot, route.FormApex: NoProxyApex, route.FormLoopback: NoProxyLoopback, route.FormIDN: NoProxyIDN,
		route.FormHTTPX: NoProxyHTTPX, route.FormQuoted: ValueQuoted, route.FormNoPort: ProxyWithoutPort,
		route.FormNoScheme: ProxyWithoutScheme, route.FormSOCKS: ProxySOCKS, route.FormHTTPS: ProxyHTTPS, route.FormOnHost: ProxyOnLoopback,
	}
}

// withFacts returns the clients with remarks on the values that each one finds.
func withFacts(clients []Client) []Client {
	for i := range clients {
		c := &clients[i]
		if c.Machine != nil {
			continue // its values are a shell's, whose rows have them, or no variables
		}
		for _, r := range slices.Concat(valueFacts(c.Env), caseFacts(c.Env), dockerHostFacts(c.Env), clientFacts(*c)) {
			quotedBefore := r.Code == ValueQuoted && slices.ContainsFunc(c.Remarks,
				func(o Remark) bool { return o.Code == LiteralQuotes && o.Source == r.Source })
			if c.concerns(r.Code) && !quotedBefore {
				c.Remarks = append(c.Remarks, r)
			}
		}
	}
	return clients
}

// concerns reports whether a fact about a value matters for the client. Only the daemon,
// a Go program, reads its variables, so how other clients would read them does not
// matter there. A proxy on loopback matters for daemons alone.
func (c Client) concerns(code Code) bool {
	vendor := c.Dialect.Family == "subscription-manager" || c.Dialect.Family == "insights-client" || c.vendor
	switch code {
	case NoProxyLoopback, NoProxyApex:
		return !c.Daemon && !vendor // these talk to their vendor's hosts alone
	case ProxyOnLoopback:
		return c.Daemon
	case OneCase, EmptyShadows, NoProxyWildcard, NoProxyStar, NoProxyPort, NoProxyIDN, NoProxyHTTPX,
		ProxyWithoutScheme, ProxySOCKS, DockerHostProxied:
		return !c.Daemon
	}
	return true
}

// valueFacts returns remarks on the forms of the proxy variables and lists that are set.
// A value that stands under several names gets one remark.
func valueFacts(env route.Environment) []Remark {
	var out []Remark
	codes, told := formCodes(), map[string]bool{}
	for _, v := range env {
		if own, others := takenApart(v); len(others) > 0 && (isProxy(v.Name) || isNoProxy(v.Name)) {
			out = append(out, joinedRemark(v, append([]route.Variable{own}, others...)))
			continue
		}
		var forms []route.Form
		switch strings.ToUpper(v.Name) {
		case "NO_PROXY":
			forms = route.Forms(v.Value)
		case "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY":
			forms = route.ValueForms(v.Value)
		}
		for _, f := range forms {
			key := string(codes[f.Code]) + "\x00" + f.Entry + "\x00" + v.Source
			if told[key] {
				continue
			}
			told[key] = true
			out = append(out, Remark{Code: codes[f.Code], Source: v.Source, Variable: v.Called(), Value: redact.Text(f.Entry, maxShown),
				Text: f.Text, Write: redact.Text(f.Write, maxShown)})
		}
	}
	return out
}

// maxShown bounds a value in a remark, in runes: twice the longest list that
// clusters make.
const maxShown = 4096

// caseFacts returns remarks on the upper-case and lower-case spelling of a name.
func caseFacts(env route.Environment) []Remark {
	var out []Remark
	for _, name := range []string{"HTTPS_PROXY", "NO_PROXY"} {
		upper, hasUpper := env.Last(name)
		lower, hasLower := env.Last(strings.ToLower(name))
		switch {
		case hasUpper && upper.Value != "" && !hasLower:
			out = append(out, Remark{Code: OneCase, Source: upper.Source, Variable: name, Text: "wget reads lower-case names only",
				Write: "set " + strings.ToLower(name) + " to the same value"})
		case hasLower && lower.Value != "" && !hasUpper:
			out = append(out, Remark{Code: OneCase, Source: lower.Source, Variable: lower.Name, Text: "insights-client reads upper-case names only",
				Write: "set " + name + " to the same value"})
		case hasLower && lower.Value == "" && upper.Value != "":
			out = append(out, Remark{Code: EmptyShadows, Source: lower.Source, Variable: lower.Name,
				Text:  "the empty " + lower.Name + " hides " + name + " from git, urllib, requests, wget, Ruby and undici, not from Go and curl",
				Write: "unset " + lower.Name + ", or set both to the same value"})
		}
	}
	if v, ok := env.Last("REQUEST_METHOD"); ok && v.Value != "" {
		if proxy, set := env.Last("HTTP_PROXY"); set && proxy.Value != "" {
			out = append(out, Remark{Code: RequestMethod, Source: v.Source, Variable: v.Name,
				Text: "Go clients take the process for a CGI program and refuse every http:// request while HTTP_PROXY is set"})
		}
	}
	return out
}

// clientFacts returns remarks on the client's release.
func clientFacts(c Client) []Remark {
	var out []Remark
	if bad := c.Dialect.KnownBad(); bad != "" && !c.Assumed {
		out = append(out, Remark{Code: KnownBadVersion, Source: c.Name(), Variable: c.Dialect.Name, Text: bad,
			Write: "update " + cmp.Or(c.Tool, c.Dialect.Name)})
	}
	out = append(out, c.neverUsed()...)
	if !c.Dialect.LooseSuffix() {
		return out
	}
	for _, v := range c.Env {
		if !strings.EqualFold(v.Name, "NO_PROXY") {
			continue
		}
		for entry := range strings.SplitSeq(v.Value, ",") {
			entry = strings.TrimSpace(entry)
			if strings.Contains(entry, ".") && !strings.HasPrefix(entry, ".") && strings.Trim(entry, "0123456789./") != "" {
				return append(out, Remark{Code: NoProxyLookAlikes, Source: v.Source, Variable: v.Name, Value: redact.Text(entry, maxShown),
					Text:  cmp.Or(c.Name(), c.Dialect.Name) + " compares endings without a label boundary, so that not" + entry + " is exempt too",
					Write: "." + entry})
			}
		}
	}
	return out
}

// neverUsed returns a remark on a proxy in a client's own file beside what keeps the client
// from every proxy.
func (c Client) neverUsed() []Remark {
	d, idle := c.idle("https")
	why := "the entry * of " + d.NoProxyVariable + " (" + d.NoProxySource + ") exempts every host"
	named := d.Variable != d.Reads && inLine.MatchString(d.Source)
	if v, _ := c.Env.Last("https_proxy"); c.off.Name != "" {
		idle, why, named = true, d.Implicit, v.Key != "" && v.Value != ""
		d.Source, d.Variable, d.Value = v.Source, v.Called(), shown(v.Name, v.Value)
	}
	file, _, _ := strings.Cut(d.Source, ":")
	if !idle || !named || !strings.Contains(why, file+":") {
		return nil
	}
	return []Remark{{Code: NeverUsed, Source: d.Source, Variable: d.Variable, Value: d.Value, Text: "no request goes to it: " + why,
		Write: "remove one of the two"}}
}
