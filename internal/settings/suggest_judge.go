package settings

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/redact"
	"pullpath/internal/route"
)

// suggested names the values of a suggestion where a source is asked for.
const suggested = "this suggestion"

// environment returns the variables that the suggestion sets.
func (s Suggestion) environment() route.Environment {
	list := strings.Join(s.NoProxy, ",")
	var env route.Environment
	for _, v := range [][2]string{{"HTTPS_PROXY", s.HTTPS.Proxy}, {"HTTP_PROXY", s.HTTP.Proxy}, {"NO_PROXY", list}} {
		env = append(env, route.Variable{Name: v[0], Value: v[1], Source: suggested},
			route.Variable{Name: strings.ToLower(v[0]), Value: v[1], Source: suggested})
	}
	return env
}

// judge asks the lints and the rules of every client about the values, before anybody is
// told to use them.
func (w Wanted) judge(s *Suggestion) {
	env := s.environment()
	for _, c := range w.Clients {
		told := Client{Tool: c.Tool, Version: c.Version, Dialect: c.Dialect, Assumed: c.Assumed, Daemon: c.Daemon, vendor: c.vendor, Env: env}
		kept := slices.DeleteFunc(slices.Clone(c.Remarks), func(r Remark) bool { return r.Code != DockerConfigUnread })
		for _, r := range slices.Concat(withFacts([]Client{told})[0].Remarks, kept) {
			if !slices.ContainsFunc(s.Left, func(o Remark) bool { return o.Code == r.Code && o.Text == r.Text }) {
				s.Left = append(s.Left, r)
			}
		}
	}
	if strings.Contains(s.HTTPS.Proxy+s.HTTP.Proxy, "@") {
		s.Left = append(s.Left, Remark{Code: PasswordReadable, Source: suggested, Value: redact.ProxyURL(s.HTTPS.Proxy),
			Text: "the lines hold a password; keep others from reading the files that only one user or service needs"})
	}
	w.leftOut(s)
	w.apart(s, env)
}

// leftOut says which entries of the host's lists no form expresses.
func (w Wanted) leftOut(s *Suggestion) {
	for _, list := range w.exceptions() {
		for _, entry := range strings.SplitN(list, ",", maxTried) {
			entry = strings.TrimSpace(entry)
			if entry == "" || len(RecommendedNoProxy([]string{entry})) > len(RecommendedNoProxy(nil)) || slices.Contains(s.NoProxy, entry) {
				continue
			}
			text := "the entry " + redact.Text(entry, maxShown) + " is left out: no form of it is read by all clients"
			if entry == "*" {
				text = "the entry * is left out: with it some clients use no proxy at all"
			}
			s.Apart = appendNew(s.Apart, text)
		}
	}
}

// maxTried bounds the entries that are tried with every client: each is held against the whole
// list. The longest list of a cluster has about a hundred.
const maxTried = 200

// apart says which clients do not do what the values mean.
func (w Wanted) apart(s *Suggestion, env route.Environment) {
	if len(s.NoProxy) > maxTried {
		s.Apart = append(s.Apart, fmt.Sprintf("only the first %d entries of the list were tried with every client", maxTried))
	}
	for _, e := range s.NoProxy[:min(len(s.NoProxy), maxTried)] {
		if apart := w.otherwise(env, sample(e), route.Direct); len(apart) > 0 {
			text := e + " does not keep these from the proxy: " + strings.Join(apart, ", ")
			if strings.Contains(e, "/") {
				text = "the prefix " + e + " is not read by " + strings.Join(apart, ", ") + ": for them list each address"
			}
			s.Apart = append(s.Apart, text)
		}
	}
	if s.socks() {
		s.Apart = append(s.Apart, "wget, subscription-manager and insights-client speak to no SOCKS proxy: their own files stay as they are")
	}
	if apart := w.otherwise(env, outside("https"), route.Proxy); len(apart) > 0 {
		s.Apart = append(s.Apart, "these do not go to the proxy by such variables: "+strings.Join(apart, ", "))
	}
}

// socks reports whether the proxy is a SOCKS proxy.
func (s Suggestion) socks() bool { return strings.HasPrefix(s.HTTPS.Proxy, "socks") }

// sample returns a URL that an entry of the list means.
func sample(entry string) *url.URL {
	host := entry
	if prefix, err := netip.ParsePrefix(entry); err == nil {
		host = prefix.Addr().Next().String()
	}
	if domain, dotted := strings.CutPrefix(host, "."); dotted {
		host = "sample." + domain
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return &url.URL{Scheme: "https", Host: host}
}

// otherwise returns the clients whose way to a URL is another than the one that is meant.
// What a client does where its setting does not decide is not known, and so not claimed. A
// client that talks to its vendor's hosts alone meets none that are exempt.
func (w Wanted) otherwise(env route.Environment, target *url.URL, meant route.Kind) []string {
	var out []string
	for _, c := range w.Clients {
		d := c.Dialect.Decide(env, target)
		ofVendor := !c.Daemon && !c.concerns(NoProxyApex)
		proxied := d.Outcome() == string(route.Proxy)
		if meant == route.Direct && proxied && !ofVendor || meant == route.Proxy && !proxied {
			out = appendNew(out, called(c))
		}
	}
	return out
}
