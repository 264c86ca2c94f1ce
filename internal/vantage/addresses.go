package vantage

import (
	"errors"
	"fmt"
	"strings"

	"pullpath/flows"
	"pullpath/internal/client"
	"pullpath/internal/hint"
	"pullpath/internal/redact"
	"pullpath/resolve"
)

// pins reads --resolve HOST:PORT:ADDR.
func pins(texts []string) ([]flows.Pin, error) {
	var out []flows.Pin
	for _, text := range texts {
		parts := strings.SplitN(text, ":", 3)
		if len(parts) != 3 || parts[0] == "" {
			return nil, fmt.Errorf("--resolve %q is not host:port:addr", redact.Argument(text))
		}
		if err := hostPart("--resolve", parts[0]); err != nil {
			return nil, err
		}
		port, err := flows.ParsePort(parts[1])
		if err != nil {
			return nil, fmt.Errorf("--resolve %q: %w", redact.Argument(text), err)
		}
		addr := strings.Trim(parts[2], "[]")
		if !flows.IsAddress(addr) {
			return nil, fmt.Errorf("--resolve %q: the last part is not an IP address", redact.Argument(text))
		}
		out = append(out, flows.Pin{Host: parts[0], Port: port, Address: addr})
	}
	return out, nil
}

// detours reads --connect-to H1:P1:H2:P2, where each part may be empty.
func detours(texts []string) ([]flows.Detour, error) {
	var out []flows.Detour
	for _, text := range texts {
		parts := splitColons(text)
		if len(parts) != 4 {
			return nil, fmt.Errorf("--connect-to %q is not host1:port1:host2:port2", redact.Argument(text))
		}
		if err := errors.Join(hostPart("--connect-to", parts[0]), hostPart("--connect-to", parts[2])); err != nil {
			return nil, err
		}
		d := flows.Detour{FromHost: parts[0], ToHost: parts[2]}
		for i, to := range []*int{&d.FromPort, &d.ToPort} {
			given := parts[2*i+1]
			if given == "" {
				continue
			}
			port, err := flows.ParsePort(given)
			if err != nil {
				return nil, fmt.Errorf("--connect-to %q: %w", redact.Argument(text), err)
			}
			*to = port
		}
		out = append(out, d)
	}
	return out, nil
}

// hostPart refuses what cannot be a host, a login before one for instance. Empty is
// right, it stands for any.
func hostPart(flag, host string) error {
	if host == "" || flows.IsAddress(strings.Trim(host, "[]")) || flows.IsHostName(host) {
		return nil
	}
	return fmt.Errorf("%s: %q is not a host", flag, redact.Argument(host))
}

// splitColons splits at colons outside brackets and takes the brackets off.
func splitColons(s string) []string {
	parts, depth := []string{""}, 0
	for _, r := range s {
		switch {
		case r == '[':
			depth++
		case r == ']':
			depth--
		case r == ':' && depth == 0:
			parts = append(parts, "")
		default:
			parts[len(parts)-1] += string(r)
		}
	}
	return parts
}

// maxFlagText bounds what an error repeats of a flag.
const maxFlagText = 200

// nameServers applies --resolver: these are asked, and not the system's ways.
func (p *preparation) nameServers() error {
	own := *p.run.Net.Resolver
	p.run.Net.Resolver = &own
	own.Family = p.ask.family()
	tested, _ := client.Named(p.ask.Client()) // ShapeOf refuses what is not modelled
	own.OwnNames = tested.Speaks.SystemLookup
	if len(p.ask.resolvers) == 0 {
		return nil
	}
	var servers []string
	for _, text := range p.ask.resolvers {
		server, err := resolve.ParseServer(text)
		if err != nil {
			return hint.New("--resolver "+redact.Text(err.Error(), maxFlagText),
				"give addr[:port], tcp://addr, tls://addr[#name] or https://host/path")
		}
		servers = append(servers, server.String())
	}
	own.Servers, own.Domains, own.Default, own.Unknown, own.Ways = servers, nil, false, "", nil
	p.run.Net.Vantage.Resolvers = servers
	return nil
}
