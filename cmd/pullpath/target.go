package main

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strings"

	"github.com/distribution/reference"

	"pullpath/flows"
	"pullpath/internal/redact"
)

func parseTargets(args []string) ([]flows.Argument, error) {
	var out []flows.Argument
	for _, text := range args {
		a, err := parseTarget(text)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// parseTarget reads a TARGET: with a slash an image reference, without one a
// host or host:port.
func parseTarget(text string) (flows.Argument, error) {
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		return flows.Argument{}, &hintError{fmt.Sprintf("target %q is a URL", redact.Argument(text)), "leave " + scheme + ":// away: " + redact.Argument(rest)}
	}
	if strings.Contains(text, "/") {
		return parseImage(text)
	}
	return parseHost(text)
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9_.])?$`)

func parseHost(text string) (flows.Argument, error) {
	host, port := strings.Trim(text, "[]"), 443
	if !isAddress(host) && strings.Contains(text, ":") {
		h, p, err := net.SplitHostPort(text)
		if err != nil {
			return flows.Argument{}, fmt.Errorf("target %q is no host:port", redact.Argument(text))
		}
		if port, err = parsePort(p); err != nil {
			return flows.Argument{}, &hintError{fmt.Sprintf("target %q: %v", redact.Argument(text), err),
				"an image needs its registry in front, for example registry.redhat.io/" + redact.Argument(text)}
		}
		host = h
	}
	if strings.Contains(host, "%") {
		return flows.Argument{}, &hintError{fmt.Sprintf("target %q has a zone, which means something on one machine alone", redact.Argument(text)), "write the address without it, or a host name"}
	}
	if !isAddress(host) && !hostName.MatchString(host) {
		return flows.Argument{}, &hintError{fmt.Sprintf("target %q is neither a host nor an image reference", redact.Argument(text)),
			"write a host, host:port, or registry/repository:tag"}
	}
	return flows.Argument{Host: strings.TrimSuffix(host, "."), Port: port, Text: text}, nil
}

// dockerHub is the host that serves docker.io (docker/cli, registry config).
const dockerHub = "registry-1.docker.io"

func parseImage(text string) (flows.Argument, error) {
	first, _, _ := strings.Cut(text, "/")
	if !strings.ContainsAny(first, ".:") && first != "localhost" {
		return flows.Argument{}, &hintError{fmt.Sprintf("target %q does not name its registry", redact.Argument(text)),
			"write the full name, for example docker.io/" + redact.Argument(text) + " or registry.redhat.io/" + redact.Argument(text)}
	}
	named, err := reference.ParseNormalizedNamed(text)
	if err != nil {
		return flows.Argument{}, fmt.Errorf("target %q is no image reference: %w", redact.Argument(text), err)
	}
	if reference.Domain(named) == "" {
		return flows.Argument{}, &hintError{fmt.Sprintf("target %q: no client takes %q for a registry's name", redact.Argument(text), redact.Argument(first)),
			"a registry's name has letters, digits, dots and dashes"}
	}
	named = reference.TagNameOnly(named)
	a := flows.Argument{Host: reference.Domain(named), Port: 443, Repository: reference.Path(named), Text: text}
	if host, port, err := net.SplitHostPort(a.Host); err == nil {
		a.Host = host
		if a.Port, err = parsePort(port); err != nil {
			return flows.Argument{}, fmt.Errorf("target %q: %w", redact.Argument(text), err)
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

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}
