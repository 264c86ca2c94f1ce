package route

import (
	"net/url"

	"golang.org/x/net/http/httpproxy"
)

// Dialect is the rules of one client family: which variables it reads, in which
// order, and what it makes of their values.
type Dialect struct {
	Name string // as `pullpath settings --clients` spells it: go-1.26.8

	http    []string // the variables for http:// URLs; the first that is not empty counts
	https   []string // the same for https:// URLs
	noProxy []string // the same for the list of exceptions
	cgi     string   // if this is set, http:// requests are refused

	// ask puts the one question to the implementation of the rules. A nil URL
	// without error is direct.
	ask func(question) (*url.URL, error)
}

// question is what decides: the values of the chosen variables and the URL.
type question struct {
	proxy   string
	noProxy string
	cgi     bool
	target  *url.URL
}

// Go returns the rules of net/http in Go 1.26.8, the ones of podman, docker,
// containerd and crane built with it: upper case before lower case, an empty
// variable counts as unset, ALL_PROXY is not read, HTTP_PROXY is not used for
// https. (GOROOT/src/vendor/golang.org/x/net/http/httpproxy/proxy.go; the copy in
// x/net v0.61 and v0.62 prefers lower case, golang/go#79656, which is why the
// variables are chosen here and not by FromEnvironment.)
func Go() Dialect {
	return Dialect{
		Name:    "go-1.26.8",
		http:    []string{"HTTP_PROXY", "http_proxy"},
		https:   []string{"HTTPS_PROXY", "https_proxy"},
		noProxy: []string{"NO_PROXY", "no_proxy"},
		cgi:     "REQUEST_METHOD",
		ask:     askHTTPProxy,
	}
}

// askHTTPProxy asks the library that net/http vendors; parser and matcher of the
// pinned version are the same as those of Go 1.26.8.
func askHTTPProxy(q question) (*url.URL, error) {
	config := httpproxy.Config{HTTPProxy: q.proxy, HTTPSProxy: q.proxy, NoProxy: q.noProxy, CGI: q.cgi}
	return config.ProxyFunc()(q.target)
}

// variables returns the names that count for a URL scheme; none for a scheme
// that is never proxied.
func (d Dialect) variables(scheme string) []string {
	switch scheme {
	case "https":
		return d.https
	case "http":
		return d.http
	}
	return nil
}
