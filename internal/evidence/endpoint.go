package evidence

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Endpoint is a host and a port.
type Endpoint struct {
	Host string `json:"host" scrub:"-"`
	Port int    `json:"port"`
}

// The ports of http and https, which URLs leave out.
const httpPort, httpsPort = 80, 443

// EndpointOf is where a URL leads; without a port that is 443.
func EndpointOf(u *url.URL) Endpoint {
	port, err := strconv.Atoi(u.Port())
	switch {
	case err != nil && u.Scheme == "http":
		port = httpPort
	case err != nil:
		port = httpsPort
	}
	return Endpoint{Host: u.Hostname(), Port: port}
}

// ID names the endpoint as host:port. One host has one ID, however its name is spelled.
func (e Endpoint) ID() string {
	return net.JoinHostPort(HostName(e.Host), strconv.Itoa(e.Port))
}

// URLHost is the endpoint as it stands in an https URL: 443 is left out.
func (e Endpoint) URLHost() string {
	switch {
	case e.Port != httpsPort:
		return net.JoinHostPort(e.Host, strconv.Itoa(e.Port))
	case strings.Contains(e.Host, ":"):
		return "[" + e.Host + "]"
	}
	return e.Host
}

// URL is the endpoint's root by https.
func (e Endpoint) URL() *url.URL {
	return &url.URL{Scheme: "https", Host: e.URLHost(), Path: "/"}
}

// Is tells that two endpoints are one host at one port.
func (e Endpoint) Is(other Endpoint) bool {
	return e.Port == other.Port && HostName(e.Host) == HostName(other.Host)
}
