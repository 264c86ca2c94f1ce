package evidence

import (
	"net"
	"net/url"
)

// ProxyAddress returns the host:port in a proxy's URL, as [Hop.Via] and [Route] have it;
// what is no URL stays as it is.
func ProxyAddress(proxy string) string {
	if u, err := url.Parse(proxy); err == nil && u.Host != "" {
		return u.Host
	}
	return proxy
}

// ProxyHost returns the host in a proxy's URL; what has no port stays as it is.
func ProxyHost(proxy string) string {
	address := ProxyAddress(proxy)
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}
