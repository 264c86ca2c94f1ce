package resolve

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"pullpath/internal/redact"
)

// Transports by which a server is asked. UDP goes over to TCP where the answer
// is truncated.
const (
	UDP   = "udp"
	TCP   = "tcp"
	TLS   = "tls"
	HTTPS = "https"
)

// Server is one name server and the way it is asked.
type Server struct {
	// Transport is UDP, TCP, TLS (RFC 7858) or HTTPS (RFC 8484).
	Transport string
	// Host is the address, or for TLS and HTTPS maybe a name; Port its port.
	Host, Port string
	// Name is whom the certificate must be for.
	Name string
	// Path of an HTTPS server.
	Path string
}

// defaultPath is where DoH servers listen by custom (RFC 8484 section 4.1.1).
const defaultPath = "/dns-query"

// ParseServer reads addr[:port], or tcp://, tls:// or https:// before it. TLS
// takes a name to check the certificate against as #name behind the address.
func ParseServer(text string) (Server, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return plainServer(UDP, text, text)
	}
	switch scheme {
	case UDP, TCP:
		return plainServer(scheme, rest, text)
	case TLS:
		rest, name, _ := strings.Cut(rest, "#")
		return secureServer(TLS, rest, name, "853", text)
	case HTTPS:
		u, err := url.Parse(text)
		if err != nil || u.User != nil || u.Fragment != "" {
			return Server{}, fmt.Errorf("%q is not an https URL of a name server", redact.Argument(text))
		}
		s, err := secureServer(HTTPS, u.Host, "", "443", text)
		if s.Path = u.RequestURI(); u.Path == "" || u.Path == "/" && u.RawQuery == "" {
			s.Path = defaultPath
		}
		return s, err
	}
	return Server{}, fmt.Errorf("%q: no way to ask by %s://", redact.Argument(text), scheme)
}

func plainServer(transport, hostPort, text string) (Server, error) {
	host, port, err := splitPort(hostPort, "53")
	if err != nil || !isAddress(host) {
		return Server{}, fmt.Errorf("%q is not addr[:port]", redact.Argument(text))
	}
	return Server{Transport: transport, Host: host, Port: port}, nil
}

func secureServer(transport, hostPort, name, fallback, text string) (Server, error) {
	host, port, err := splitPort(hostPort, fallback)
	if err != nil || !isAddress(host) && !isName(host) || name != "" && !isName(name) {
		return Server{}, fmt.Errorf("%q is not host[:port]", redact.Argument(text))
	}
	if name == "" {
		name, _, _ = strings.Cut(host, "%")
	}
	return Server{Transport: transport, Host: host, Port: port, Name: name}, nil
}

// splitPort takes the port off, where there is one. An IPv6 address needs
// brackets only with a port.
func splitPort(text, fallback string) (host, port string, err error) {
	bare := text
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		bare = text[1 : len(text)-1]
	}
	if isAddress(bare) {
		return bare, fallback, nil
	}
	if !strings.Contains(text, ":") {
		return text, fallback, nil
	}
	host, port, err = net.SplitHostPort(text)
	if err != nil {
		return "", "", err
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", fmt.Errorf("%q is not a port", port)
	}
	return host, port, nil
}

// isAddress takes an IP address, with a zone of plain characters.
func isAddress(s string) bool {
	addr, err := netip.ParseAddr(s)
	return err == nil && !strings.ContainsFunc(addr.Zone(), func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune("[]/#?@:%", r)
	})
}

// isName takes a host name in ASCII, as it stands in certificates.
func isName(s string) bool {
	_, ok := dns.IsDomainName(s)
	return ok && s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_')
	})
}

// Address is host:port.
func (s Server) Address() string { return net.JoinHostPort(s.Host, s.Port) }

// String returns the server as evidence names it: host:port for the usual way, else
// a URL.
func (s Server) String() string {
	switch s.Transport {
	case TCP:
		return "tcp://" + s.Address()
	case TLS:
		if s.Name != "" && s.Name != s.Host {
			return "tls://" + s.Address() + "#" + s.Name
		}
		return "tls://" + s.Address()
	case HTTPS:
		return "https://" + s.Address() + s.Path
	}
	return s.Address()
}
