package settings

import (
	"cmp"
	"net/url"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"pullpath/internal/strictyaml"
)

// rancherFiles are where k3s and RKE2 have their configuration of registries, and their own.
func rancherFiles() [][2]string {
	return [][2]string{
		{"/etc/rancher/k3s/registries.yaml", "/etc/rancher/k3s/config.yaml"},
		{"/etc/rancher/rke2/registries.yaml", "/etc/rancher/rke2/config.yaml"},
	}
}

// rancherRegistry is one key of mirrors or configs of registries.yaml
// (https://docs.k3s.io/installation/private-registry).
type rancherRegistry struct {
	host, source string
	endpoints    []string
	rewrites     []Rewrite
	skip         bool
	authority    string
}

// readRancher reads registries.yaml, of which k3s and RKE2 make hosts.toml for their containerd
// (https://github.com/k3s-io/k3s/blob/06ea261ce3f1/pkg/agent/containerd/config.go,
// getHostConfigs). False where there is none.
func readRancher(root *Root) (Registries, bool) {
	for _, names := range rancherFiles() {
		text, ok := root.text(names[0])
		if !ok {
			continue
		}
		r := Registries{Files: names[:1]}
		mirrors, configs, err := parseRancher(names[0], text)
		if err != nil {
			r.refuse(err, Remark{Code: Syntax, Source: names[0], Text: "not valid YAML: k3s and RKE2 do not start"})
			return r, true
		}
		r.ofRancher(mirrors, configs, onlyMirrors(root, names[1]))
		return r, true
	}
	return Registries{}, false
}

// ofRancher makes the entries.
func (r *Registries) ofRancher(mirrors, configs []rancherRegistry, noDefault bool) {
	for _, m := range mirrors {
		r.Entries = append(r.Entries, r.rancherMirrors(m, configs, noDefault))
	}
	for _, c := range configs {
		if !r.has(c.host) && (c.skip || c.authority != "") {
			r.Entries = append(r.Entries, Registry{Prefix: c.host, OfHost: true, Source: c.source, authorities: withFile(nil, c.authority, false),
				Mirrors: []Mirror{{Own: true, Insecure: c.skip, TLSOnly: true, Source: c.source}}})
		}
	}
}

// rancherMirrors is the entry of one key of mirrors. The registry that the names have comes
// last, and is not asked twice.
func (r *Registries) rancherMirrors(m rancherRegistry, configs []rancherRegistry, noDefault bool) Registry {
	skips := func(host string) bool {
		return slices.ContainsFunc(configs, func(c rancherRegistry) bool { return c.host == host && c.skip })
	}
	e := Registry{Prefix: m.host, OfHost: true, Source: m.source}
	own := Mirror{Own: true, Source: m.source, TLSOnly: !onLoopback(m.host), Insecure: skips(m.host) || onLoopback(m.host)}
	for i, endpoint := range m.endpoints {
		p, ok := rancherEndpoint(endpoint)
		if !ok {
			r.Unread = append(r.Unread, UnreadEntry{Prefix: m.host, Source: m.source, Value: quoted(endpoint),
				Why: "it is no URL: k3s and RKE2 leave it out"})
			continue
		}
		p.Source, p.Rewrites, p.Insecure = m.source, m.rewrites, p.Insecure || skips(registryOf(p.Location))
		p.Own = p.Location == m.host || m.host == dockerIO && p.Location == dockerIOHost
		if p.Own && i == len(m.endpoints)-1 {
			own = p
			continue
		}
		e.Mirrors = append(e.Mirrors, p)
	}
	if !noDefault || own.Location != "" {
		e.Mirrors = append(e.Mirrors, own)
	}
	for _, c := range configs {
		if slices.ContainsFunc(e.Mirrors, func(p Mirror) bool { return c.host == cmp.Or(registryOf(p.Location), m.host) }) {
			e.authorities = withFile(e.authorities, c.authority, false)
		}
	}
	return e
}

// registryOf is the host as configs name it.
func registryOf(location string) string {
	if host := hostOf(location); host != dockerIOHost {
		return host
	}
	return dockerIO
}

// rancherEndpoint reads an endpoint (config.go, normalizeEndpointAddress): a path that is not
// /v2 is that of the API.
func rancherEndpoint(endpoint string) (Mirror, bool) {
	u, err := url.Parse(withScheme(endpoint))
	if err != nil || u.Host == "" {
		return Mirror{}, false
	}
	m := Mirror{Plain: u.Scheme == "http", TLSOnly: true}
	switch u.Path {
	case "", "/", "/v2":
		m.at(u.Host, "/v2")
	default:
		m.at(u.Host, u.Path)
	}
	if u.Host == dockerIO {
		m.Location = dockerIOHost
	}
	return m, true
}

// parseRancher reads the parts of registries.yaml that say where an image is asked for.
func parseRancher(name, text string) (mirrors, configs []rancherRegistry, err error) {
	file, err := strictyaml.Parse([]byte(text))
	if err != nil || len(file.Docs) == 0 {
		return nil, nil, err
	}
	for _, part := range entriesOf(file.Docs[0].Body) {
		for _, host := range entriesOf(part.Value) {
			r := rancherRegistry{host: keyOf(host), source: at(name, host.Key.GetToken().Position.Line)}
			for _, field := range entriesOf(host.Value) {
				r.take(keyOf(field), field.Value)
			}
			switch keyOf(part) {
			case "mirrors":
				mirrors = append(mirrors, r)
			case "configs":
				configs = append(configs, r)
			}
		}
	}
	return mirrors, configs, nil
}

// take applies one field.
func (r *rancherRegistry) take(key string, value ast.Node) {
	switch key {
	case "endpoint":
		if list, ok := value.(*ast.SequenceNode); ok {
			for _, item := range list.Values {
				r.endpoints = append(r.endpoints, textOf(item))
			}
		}
	case "rewrite":
		for _, e := range entriesOf(value) {
			if made, ok := rewrite(keyOf(e), textOf(e.Value)); ok {
				r.rewrites = append(r.rewrites, made)
			}
		}
	case "tls":
		for _, e := range entriesOf(value) {
			switch keyOf(e) {
			case "insecure_skip_verify":
				r.skip = textOf(e.Value) == "true"
			case "ca_file":
				r.authority = textOf(e.Value)
			}
		}
	}
}

// onlyMirrors reports whether the registry that a name has is not asked after its mirrors.
func onlyMirrors(root *Root, name string) bool {
	text, ok := root.text(name)
	if !ok {
		return false
	}
	file, err := strictyaml.Parse([]byte(text))
	if err != nil || len(file.Docs) == 0 {
		return false
	}
	for _, e := range entriesOf(file.Docs[0].Body) {
		if keyOf(e) == "disable-default-registry-endpoint" {
			return textOf(e.Value) == "true"
		}
	}
	return false
}

// entriesOf are the entries of a mapping, none for another node.
func entriesOf(node ast.Node) []*ast.MappingValueNode {
	if m, ok := node.(*ast.MappingNode); ok {
		return slices.DeleteFunc(slices.Clone(m.Values), func(e *ast.MappingValueNode) bool { return e.Key == nil || e.Key.GetToken() == nil })
	}
	return nil
}

func keyOf(e *ast.MappingValueNode) string {
	if key, ok := e.Key.(ast.Node); ok {
		return textOf(key)
	}
	return ""
}

// textOf is the text of a scalar, empty for another node.
func textOf(node ast.Node) string {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	case ast.ScalarNode:
		return n.GetToken().Value
	}
	return ""
}
