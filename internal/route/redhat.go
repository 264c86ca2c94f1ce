package route

import (
	"net/url"
	"strings"
)

// subscriptionManagerDialect is subscription-manager (rhsm/utils.py and
// rhsm/connection.py at 3a53d8222). Only its decision functions were run, so what
// it would dial is not claimed.
func subscriptionManagerDialect(v version) Dialect {
	list := func(env Environment) Variable {
		if v, ok := env.first([]string{"no_proxy", "NO_PROXY"}); ok {
			return v
		}
		return pythonList(env)
	}
	all := []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"}
	return Dialect{Name: named("subscription-manager", v), Family: "subscription-manager", rules: rules{
		choose: names(all, all), list: list, exempt: rhsmExempt, unseen: true,
		read: func(value string, _ *url.URL) reading { return rhsmReading(value) },
	}}
}

// named returns a name of a family that has mostly been seen without a version.
func named(family string, v version) string {
	if v.text == "" {
		return family
	}
	return family + "-" + v.text
}

// rhsmExempt takes asterisks and blanks off each entry and applies urllib's rule.
func rhsmExempt(list string, target *url.URL) (string, bool) {
	host := hostOf(target)
	if list == "*" {
		return "*", true
	}
	for entry := range strings.SplitSeq(list, ",") {
		plain := strings.TrimLeft(strings.TrimFunc(entry, isSpace), "* ")
		if _, ok := urllibExempt(plain, host); ok && plain != "" && plain != "*" {
			return strings.TrimFunc(entry, isSpace), true
		}
	}
	return "", false
}

// rhsmReading takes host and port out of the value; the scheme says nothing, and
// the default port is 3128 (rhsm/connection.py, DEFAULT_PROXY_PORT).
func rhsmReading(value string) reading {
	value = strings.TrimRight(value, "\r\n")
	scheme, rest, found := strings.Cut(value, "://")
	switch {
	case strings.HasPrefix(value, " "):
		return dials("http", " http", "", "3128", nil)
	case strings.HasSuffix(value, " "), strings.Contains(value, `"`), strings.HasPrefix(value, "http:") && !found,
		strings.HasPrefix(value, "http//"):
		return refused("the proxy URL cannot be parsed")
	case !found:
		rest = value
	case scheme != "http" && scheme != "https":
		return refused("the scheme is not supported")
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	user, host := lastUser(rest)
	name, port, ok := cutPort(host)
	if !ok || name == "" {
		return refused("the proxy URL cannot be parsed")
	}
	var credentials *url.Userinfo
	if name, password, set := strings.Cut(user, ":"); set {
		credentials = url.UserPassword(name, password)
	} else if user != "" {
		credentials = url.User(user)
	}
	return dials("http", strings.ToLower(name), port, "3128", credentials)
}

// insightsDialect is insights-client (insights/client/connection.py at
// 43cbb25ff): upper-case names only, a matcher of its own. Only its decision
// function was run.
func insightsDialect(v version) Dialect {
	return Dialect{Name: named("insights-client", v), Family: "insights-client", rules: rules{
		choose: func(env Environment, scheme string) Variable {
			if scheme != "https" {
				return Variable{}
			}
			return env.lookup("HTTPS_PROXY")
		},
		list: firstOf("NO_PROXY"), exempt: insightsExempt, unseen: true,
		read: func(value string, _ *url.URL) reading {
			w := read(value)
			name, port, _ := cutPort(w.authority)
			return dials("http", name, port, "80", userinfo(w.userinfo))
		},
		notRead: func(name string) string {
			if name != strings.ToUpper(name) {
				return "insights-client reads upper-case names only"
			}
			return ""
		},
	}}
}

func insightsExempt(list string, target *url.URL) (string, bool) {
	host := hostOf(target)
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimFunc(entry, isSpace)
		suffix := strings.TrimPrefix(entry, "*")
		if entry == "*" || entry != "" && entry == host || suffix != "" && (suffix != entry || suffix[0] == '.') &&
			strings.HasSuffix(host, suffix) {
			return entry, true
		}
	}
	return "", false
}
