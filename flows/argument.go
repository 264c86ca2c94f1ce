package flows

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/distribution/reference"

	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/redact"
)

// ParseArguments reads the TARGETs of a command line.
func ParseArguments(texts []string) ([]Argument, error) {
	var out []Argument
	for _, text := range texts {
		a, err := ParseArgument(text)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// ParseArgument reads a TARGET: with a slash an image reference, without one a
// host or host:port.
func ParseArgument(text string) (Argument, error) {
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		return Argument{}, hint.New(fmt.Sprintf("target %q is a URL", redact.Argument(text)), "leave "+scheme+":// away: "+redact.Argument(rest))
	}
	if strings.Contains(text, "/") {
		return parseImage(text)
	}
	return ParseHost(text)
}

// longestName bounds a host name, its last dot included (RFC 1035, section 2.3.4).
const longestName = 254

var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$`)

// IsHostName reports whether a text has the form of a name that is looked up.
func IsHostName(text string) bool { return len(text) <= longestName && hostName.MatchString(text) }

// ParseHost reads a host or host:port; the port is 443 where none is named.
func ParseHost(text string) (Argument, error) {
	host, port := strings.Trim(text, "[]"), 443
	if !IsAddress(host) && strings.Contains(text, ":") {
		h, p, err := net.SplitHostPort(text)
		if err != nil {
			return Argument{}, fmt.Errorf("target %q is not host:port", redact.Argument(text))
		}
		if port, err = ParsePort(p); err != nil {
			return Argument{}, hint.New(fmt.Sprintf("target %q: %v", redact.Argument(text), err),
				"an image needs its registry in front, for example registry.redhat.io/"+redact.Argument(text))

		}
		host = h
	}
	if strings.Contains(host, "%") {
		return Argument{}, hint.New(fmt.Sprintf("target %q has a zone, which means something on one machine alone", redact.Argument(text)),
			"write the address without it, or a host name")
	}
	if !IsAddress(host) && !IsHostName(host) {
		return Argument{}, hint.New(fmt.Sprintf("target %q is neither a host nor an image reference", redact.Argument(text)),
			"write a host, host:port, or registry/repository:tag")

	}
	return Argument{Endpoint: evidence.Endpoint{Host: strings.TrimSuffix(host, "."), Port: port}, Text: text}, nil
}

// Name is the argument as clients' registry configurations name it: Docker Hub by the name of
// its images, no tag and no digest.
func (a Argument) Name() string {
	host := a.URLHost()
	if host == dockerHub && a.Repository != "" {
		host = "docker.io"
	}
	if a.Repository == "" {
		return host
	}
	return host + "/" + a.Repository
}

// Registry is the endpoint at which images of the host are asked for: Docker Hub's is another
// than its name.
func (a Argument) Registry() evidence.Endpoint {
	if a.Host == "docker.io" {
		a.Host = dockerHub
	}
	return a.Endpoint
}

// dockerHub is the host that serves docker.io (docker/cli, registry config).
const dockerHub = "registry-1.docker.io"

// unsetVariable says what a script leaves in a name whose variable is empty or was not
// replaced; empty for a name without that.
func unsetVariable(text string) string {
	switch {
	case strings.HasPrefix(text, "/"):
		return "begins with a slash: a variable before it may be empty"
	case strings.Contains(text, "//"):
		return "has an empty part: a variable in it may be empty"
	case strings.ContainsAny(text, "${}"):
		return "has a variable that was not replaced"
	}
	return ""
}

// IsShortName reports whether a text is an image without its registry
// (https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed).
func IsShortName(text string) bool {
	first, _, found := strings.Cut(text, "/")
	return found && !strings.ContainsAny(first, ".:") && first != "localhost"
}

func parseImage(text string) (Argument, error) {
	if unset := unsetVariable(text); unset != "" {
		return Argument{}, hint.New(fmt.Sprintf("target %q %s", redact.Argument(text), unset),
			"give the variable that names the registry its value; some clients take such a name for one of Docker Hub")
	}
	if IsShortName(text) {
		return Argument{}, hint.New(fmt.Sprintf("target %q does not name its registry", redact.Argument(text)),
			"write the full name, for example docker.io/"+redact.Argument(text)+" or registry.redhat.io/"+redact.Argument(text))

	}
	named, err := reference.ParseNormalizedNamed(text)
	if err != nil {
		return Argument{}, fmt.Errorf("target %q is not an image reference: %w", redact.Argument(text), err)
	}
	if reference.Domain(named) == "" {
		return Argument{}, hint.New(fmt.Sprintf("target %q: no client takes %q for a registry's name", redact.Argument(text),
			redact.Argument(text[:strings.Index(text, "/")])),
			"a registry's name has letters, digits, dots and dashes")

	}
	named = reference.TagNameOnly(named)
	a := Argument{Endpoint: evidence.Endpoint{Host: reference.Domain(named), Port: 443}, Repository: reference.Path(named), Text: text}
	if host, port, err := net.SplitHostPort(a.Host); err == nil {
		a.Host = host
		if a.Port, err = ParsePort(port); err != nil {
			return Argument{}, fmt.Errorf("target %q: %w", redact.Argument(text), err)
		}
	}
	if a.Host == "docker.io" {
		a.Host = dockerHub
	}
	switch ref := named.(type) {
	case reference.Digested:
		a.Reference = ref.Digest().String()
	case reference.Tagged:
		a.Reference = ref.Tag()
	}
	return a, nil
}

// IsAddress says that a text is an IP address.
func IsAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// ParsePort reads a port number.
func ParsePort(s string) (int, error) {
	port, err := strconv.Atoi(s)
	if err != nil || port < 1 || port > math.MaxUint16 {
		return 0, fmt.Errorf("%q is not a port", s)
	}
	return port, nil
}
