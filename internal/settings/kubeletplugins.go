package settings

import (
	"slices"

	"github.com/goccy/go-yaml/ast"

	"pullpath/internal/route"
	"pullpath/internal/strictyaml"
)

// pluginConfigs are where distributions put the configuration of the kubelet's credential
// plugins; where its unit has the flag, that alone counts.
//
// https://kubernetes.io/docs/tasks/administer-cluster/kubelet-credential-provider/
var pluginConfigs = []string{
	"/etc/eks/image-credential-provider/config.json",
	"/var/lib/kubelet/credential-provider-config.yaml",
	"/etc/srv/kubernetes/cri_auth_config.yaml",
	"/etc/kubernetes/credential-providers/ecr-credential-provider.yaml",
	"/etc/kubernetes/credential-providers/acr-credential-provider.yaml",
	"/etc/kubernetes/credential-providers/gcr-credential-provider.yaml",
}

// pluginConfigFlag names the file on the kubelet's command line.
const pluginConfigFlag = "--image-credential-provider-config"

// credentialPlugin is one program that the kubelet runs for a registry's login.
type credentialPlugin struct {
	name string
	// env is added to the kubelet's own environment, and counts before it.
	env []route.Variable
}

// CredentialPlugins returns the plugins of the kubelet as clients of their own: each talks to the
// cloud's API for the login of a pull, by the kubelet's environment and by what its entry adds
// (kubernetes, pkg/credentialprovider/plugin/plugin.go, mergeEnvVars).
func (h Host) CredentialPlugins(kubelet Client, s Service) []Client {
	files := pluginConfigs
	if len(s.PluginFlags) > 0 {
		files = []string{s.PluginFlags[len(s.PluginFlags)-1].Value}
	}
	var out []Client
	for _, file := range files {
		plugins, remark := readPlugins(h.Root, file)
		if remark.Code != "" {
			out = append(out, Client{Tool: "kubelet's credential plugins", Daemon: true, Remarks: []Remark{remark}, Env: kubelet.Env,
				Dialect: route.Go(), Assumed: true, Installed: true})
		}
		for _, p := range plugins {
			env, remarks := judged(h.Root, file, p.env)
			c := Client{Tool: p.name, Scope: "kubelet's logins", Daemon: true, Installed: true, Running: kubelet.Running, dropIn: kubelet.dropIn,
				Env: append(slices.Clone(kubelet.Env), env...), Remarks: remarks, Unknown: kubelet.Unknown, Find: kubelet.Find}
			h.rules(&c, Program{Tool: p.name, Binary: p.name})
			out = append(out, c)
		}
	}
	return out
}

// readPlugins reads a CredentialProviderConfig, which is YAML or JSON.
func readPlugins(root *Root, name string) ([]credentialPlugin, Remark) {
	text, ok := root.text(name)
	if !ok {
		return nil, Remark{}
	}
	file, err := strictyaml.Parse([]byte(text))
	if err != nil {
		return nil, refused(err, Remark{Code: Syntax, Source: name, Text: "not valid YAML: the kubelet does not start"})
	}
	if len(file.Docs) == 0 {
		return nil, Remark{}
	}
	var out []credentialPlugin
	for _, part := range entriesOf(file.Docs[0].Body) {
		list, ok := part.Value.(*ast.SequenceNode)
		if !ok || keyOf(part) != "providers" {
			continue
		}
		for _, item := range list.Values {
			if p := readPlugin(name, item); p.name != "" {
				out = append(out, p)
			}
		}
	}
	return out, Remark{}
}

func readPlugin(file string, node ast.Node) credentialPlugin {
	var p credentialPlugin
	for _, field := range entriesOf(node) {
		switch keyOf(field) {
		case "name":
			p.name = textOf(field.Value)
		case "env":
			list, _ := field.Value.(*ast.SequenceNode)
			if list == nil {
				continue
			}
			for _, item := range list.Values {
				p.env = append(p.env, pluginVariable(file, item)...)
			}
		}
	}
	return p
}

// pluginVariable reads one entry of env: its name and its value.
func pluginVariable(file string, node ast.Node) []route.Variable {
	var v route.Variable
	for _, field := range entriesOf(node) {
		switch keyOf(field) {
		case "name":
			v.Name = textOf(field.Value)
		case "value":
			v.Value, v.Source = textOf(field.Value), at(file, field.Value.GetToken().Position.Line)
		}
	}
	if !isName(v.Name) {
		return nil
	}
	return []route.Variable{v}
}
