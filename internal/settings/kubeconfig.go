package settings

import (
	"strings"

	"github.com/goccy/go-yaml/ast"

	"pullpath/internal/route"
	"pullpath/internal/strictyaml"
)

// KubeProxy is the proxy-url of a cluster in a kubeconfig: kubectl and oc take
// it instead of the environment's and apply no NO_PROXY.
type KubeProxy struct {
	Server string         // the cluster's address, "" if it stands elsewhere
	Proxy  route.Variable // "proxy-url"
}

// Kube is what a kubeconfig says about proxies.
type Kube struct {
	Path    string
	Found   bool
	Proxies []KubeProxy
	Remarks []Remark
}

// ReadKube reads a kubeconfig, the one of KUBECONFIG or .kube/config below the
// home directory. Of a list in KUBECONFIG only the first is read.
func ReadKube(root *Root, home string, env route.Environment) Kube {
	k := Kube{Path: clean(home + "/.kube/config")}
	if named, _, _ := strings.Cut(valueOf("KUBECONFIG", env), ":"); named != "" {
		k.Path = clean(named)
	}
	text, ok := root.text(k.Path)
	if !ok {
		return k
	}
	k.Found = true
	k.parse(text)
	for _, p := range k.Proxies {
		k.Remarks = append(k.Remarks, valueRemarks(p.Proxy)...)
		k.Remarks = append(k.Remarks, exposed(root, k.Path, route.Environment{p.Proxy})...)
	}
	return k
}

// parse finds the mappings that hold a proxy-url.
func (k *Kube) parse(text string) {
	file, err := strictyaml.Parse([]byte(text))
	if err != nil {
		k.Remarks = append(k.Remarks, refused(err, Remark{Code: Syntax, Source: k.Path, Text: "not valid YAML: kubectl refuses it"}))
		return
	}
	for _, doc := range file.Docs {
		if doc.Body != nil {
			ast.Walk(k, doc.Body)
		}
	}
}

// Visit implements [ast.Visitor] for parse.
func (k *Kube) Visit(node ast.Node) ast.Visitor {
	mapping, ok := node.(*ast.MappingNode)
	if !ok {
		return k
	}
	var found KubeProxy
	for _, entry := range mapping.Values {
		value, ok := entry.Value.(*ast.StringNode)
		if !ok || entry.Key == nil {
			continue
		}
		switch entry.Key.String() {
		case "server":
			found.Server = value.Value
		case "proxy-url":
			found.Proxy = route.Variable{Name: "proxy-url", Value: value.Value, Source: at(k.Path, value.GetToken().Position.Line)}
		}
	}
	if found.Proxy.Source != "" {
		k.Proxies = append(k.Proxies, found)
		k.Remarks = append(k.Remarks, remarkOn(KubeProxyURL, found.Proxy,
			"kubectl and oc take it instead of the variables and apply no NO_PROXY"))
	}
	return k
}
