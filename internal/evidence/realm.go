package evidence

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// RealmProblem says why no client can go to a realm, in words of ours alone; empty where
// nothing is wrong with it. A realm is a URL of http or https with a host (distribution
// spec, auth/token.md).
func RealmProblem(realm string) string {
	u, err := url.Parse(realm)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "it is no URL of http or https"
	}
	return HostProblem(u)
}

// HostProblem says why no connection can be made to the host and port of a URL, empty where
// one can: url.Parse accepts ports that do not exist, two ports, and a zone, which means
// something only on one machine.
func HostProblem(u *url.URL) string {
	host, port := u.Hostname(), u.Port()
	n, err := strconv.ParseUint(port, 10, 16)
	_, notAddress := netip.ParseAddr(host)
	switch {
	case HostName(host) == "":
		return "it has no host"
	case strings.Contains(host, "%"):
		return "its address has a zone"
	case strings.Contains(host, ":") && notAddress != nil:
		return "it has two ports"
	case strings.ContainsAny(host, " ,"):
		return "it has two hosts"
	case port != "" && (err != nil || n == 0):
		return "its port is none"
	}
	return ""
}

// WantsTLS are the texts by which a server says that it was asked in plain HTTP at a port that
// speaks TLS: net/http's (server.go), nginx's (497), Apache's (ssl_engine_io.c).
func WantsTLS() []string {
	return []string{"HTTP request to an HTTPS server", "plain HTTP request was sent to HTTPS port",
		"speaking plain HTTP to an SSL-enabled server port"}
}
