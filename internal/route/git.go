package route

import (
	"net/url"
	"strings"
)

// gitDialect is git's own choice and its own splitting of the value, over the
// matcher of the libcurl it is linked with (git http.c, get_curl_handle): a
// variable that is set and empty means direct.
func gitDialect(v version) Dialect {
	lib := gitLibcurl(v)
	m := newCurlMatcher(lib)
	choose := func(env Environment, scheme string) Variable {
		own := env.firstDefined("http_proxy")
		if scheme == "https" {
			own = env.firstDefined("https_proxy", "HTTPS_PROXY")
		}
		if own.Name != "" {
			return own
		}
		return env.firstDefined("all_proxy", "ALL_PROXY")
	}
	return Dialect{Name: "git-" + v.text, Family: "git", rules: rules{
		choose: choose, list: firstDefinedOf("no_proxy", "NO_PROXY"), exempt: m.exempt, refuses: m.refuses,
		read: func(value string, _ *url.URL) reading { return gitReading(value, v, lib) },
		notRead: func(name string) string {
			if name == "HTTP_PROXY" {
				return "git never reads HTTP_PROXY in upper case"
			}
			return ""
		},
	}}
}

// gitLibcurl returns the libcurl that the distributions of a git version ship with
// it: Ubuntu 18.04 and 22.04, Debian 12 and 14.
func gitLibcurl(v version) version {
	switch {
	case v.atLeast(2, 55):
		return parseVersion("8.23.0")
	case v.atLeast(2, 39):
		return parseVersion("7.88.1")
	case v.atLeast(2, 34):
		return parseVersion("7.81.0")
	case v.atLeast(2, 25):
		return parseVersion("7.68.0")
	}
	return parseVersion("7.58.0")
}

// gitReading takes credentials and host out of the value (credential.c,
// credential_from_url_gently) and hands libcurl the host alone.
func gitReading(value string, v, lib version) reading {
	scheme, rest, found := strings.Cut(value, "://")
	if !found {
		scheme, rest = "http", value
	}
	if v.atLeast(2, 55) && !gitKnows(scheme) {
		return refused("git takes http, https and socks proxies only")
	}
	ends := "/"
	if v.atLeast(2, 25) {
		ends = "/?#"
	}
	authority := rest
	if i := strings.IndexAny(rest, ends); i >= 0 {
		authority = rest[:i]
	}
	if authority == "" {
		return refused("the proxy URL has no host")
	}
	if v.atLeast(2, 25) && strings.ContainsAny(value, "\r\n") {
		return refused("the value has a line end in it")
	}
	user, host := cutUser(authority, true)
	if strings.HasSuffix(host, ":") && v.atLeast(2, 25) {
		return refused("unsupported proxy syntax")
	}
	r := curlReading(host, lib)
	if r.proxy == nil {
		return r
	}
	switch {
	case scheme == "https":
		r.proxy.Scheme = "https"
		if r.proxy.Port() == "" {
			r.port = "443"
		}
	case strings.HasPrefix(scheme, "socks") && gitKnows(scheme):
		r.proxy.Scheme = scheme
	}
	if user != "" {
		r.proxy.User = userinfo(user)
	}
	return r
}

func gitKnows(scheme string) bool {
	switch scheme {
	case "http", "https", "socks", "socks4", "socks4a", "socks5", "socks5h":
		return true
	}
	return false
}
