package hostproxy

import (
	"errors"
	"net"
	"net/url"
	"strings"

	"pullpath/internal/route"
	"pullpath/internal/strictyaml"
)

// ParseRancherDesktop reads the proxy of Rancher Desktop's settings.json, which only its
// distribution below WSL applies (https://docs.rancherdesktop.io/ui/preferences/wsl/proxy).
func ParseRancherDesktop(name string, data []byte) (Proxies, error) {
	out := Proxies{Place: "Rancher Desktop's settings", Rules: route.ProductProxies}
	o, err := parseObject(data)
	if err != nil {
		return out, err
	}
	proxy := o.object("experimental").object("virtualMachine").object("proxy")
	if enabled, _ := proxy.at("enabled").(bool); !enabled {
		return out, nil
	}
	host := proxy.text("address")
	scheme, rest, found := strings.Cut(host, "://")
	if !found {
		scheme, rest = "http", host
	}
	if rest == "" {
		return out, nil
	}
	u := url.URL{Scheme: scheme, Host: rest}
	if port := proxy.text("port"); port != "" && port != "0" {
		u.Host = net.JoinHostPort(strings.Trim(rest, "[]"), port)
	}
	if user := proxy.text("username"); user != "" {
		u.User = url.UserPassword(user, proxy.text("password"))
	}
	out.set("HTTPS_PROXY", "experimental.virtualMachine.proxy", u.String(), name)
	out.set("HTTP_PROXY", "experimental.virtualMachine.proxy", u.String(), name)
	out.set("NO_PROXY", "experimental.virtualMachine.proxy.noproxy", proxy.text("noproxy"), name)
	return out, nil
}

// ParsePodmanDesktop reads the proxy of Podman Desktop's settings.json: 0 takes the system's, 1 its
// own values, 2 none (podman-desktop, packages/main/src/plugin/proxy.ts).
func ParsePodmanDesktop(name string, data []byte) (Mode, Proxies, error) {
	out := Proxies{Place: "Podman Desktop's settings", Rules: route.ProductProxies}
	o, err := parseObject(data)
	if err != nil {
		return "", out, err
	}
	on, text := o.at("proxy.enabled").(bool)
	if text && on || o.text("proxy.enabled") == "1" {
		out.set("HTTP_PROXY", "proxy.http", o.text("proxy.http"), name)
		out.set("HTTPS_PROXY", "proxy.https", o.text("proxy.https"), name)
		out.set("NO_PROXY", "proxy.no", o.text("proxy.no"), name)
		return Manual, out, nil
	}
	if o.text("proxy.enabled") == "2" {
		out.Off = true
		return Manual, out, nil
	}
	return BySystem, out, nil
}

// ImportsNativeCA reports whether the configuration of a podman machine says that it takes the host's
// roots (containers/podman, pkg/machine/vmconfigs/config.go).
func ImportsNativeCA(data []byte) bool {
	o, err := parseObject(data)
	if err != nil {
		return false
	}
	yes, _ := o.at("ImportNativeCA").(bool)
	return yes
}

// ParseOrbStack reads network_proxy of OrbStack's vmconfig.json: auto takes the system's, none is
// none, everything else is a proxy (https://docs.orbstack.dev/machines/network#proxies-vpns).
func ParseOrbStack(name string, data []byte) (Mode, Proxies, error) {
	out := Proxies{Place: "OrbStack's settings", Rules: route.ProductProxies}
	o, err := parseObject(data)
	if err != nil {
		return "", out, err
	}
	switch value := o.text("network_proxy"); value {
	case "", "auto":
		return BySystem, out, nil
	case "none":
		out.Off = true
	default:
		out.set("HTTPS_PROXY", "network_proxy", value, name)
		out.set("HTTP_PROXY", "network_proxy", value, name)
	}
	return Manual, out, nil
}

// LimaConfig is what lima.yaml and colima.yaml say.
type LimaConfig struct {
	// Env are the variables that the guest gets.
	Env []route.Variable
	// Propagates tells that the variables of the shell that starts the guest go in as well.
	Propagates bool
	// Docker are the proxies of colima's key docker, which becomes the daemon.json of the guest.
	Docker []route.Variable
	// Ignored are the keys beside these, which dockerd does not read.
	Ignored []string
	// CACerts tells that caCerts adds CAs to the guest's own.
	CACerts bool
	// VMType is vz, qemu or wsl2. Runtime is colima's, docker where it is not written.
	VMType, Runtime string
}

// ParseLima reads lima.yaml and colima.yaml
// (https://github.com/lima-vm/lima/blob/v1.0.0/templates/default.yaml,
// https://github.com/abiosoft/colima/blob/v0.8.0/embedded/defaults/colima.yaml).
func ParseLima(name string, data []byte) (LimaConfig, error) {
	out := LimaConfig{Propagates: true}
	if len(data) > maxJSON {
		return out, errors.New("too large")
	}
	var doc map[string]any
	if err := strictyaml.Decode(data, &doc); err != nil {
		return out, errors.New("not valid YAML")
	}
	o := fold(doc)
	if env, ok := o.at("env").(map[string]any); ok {
		for _, key := range sortedKeys(env) {
			if value, ok := env[key].(string); ok {
				out.Env = append(out.Env, route.Variable{Name: key, Value: value, Source: name})
			}
		}
	}
	if propagates, said := o.at("propagateProxyEnv").(bool); said {
		out.Propagates = propagates
	}
	out.VMType, out.Runtime = o.text("vmType"), o.text("runtime")
	for _, key := range []string{"files", "certs"} {
		list, _ := o.object("caCerts").at(key).([]any)
		out.CACerts = out.CACerts || len(list) > 0
	}
	docker := o.object("docker").object("proxies")
	for _, key := range [][2]string{{"http-proxy", "HTTP_PROXY"}, {"https-proxy", "HTTPS_PROXY"}, {"no-proxy", "NO_PROXY"}} {
		if value := docker.text(key[0]); value != "" {
			out.Docker = append(out.Docker, route.Variable{Name: key[1], Value: value, Source: name, Key: "docker.proxies." + key[0]})
		}
	}
	for _, key := range sortedKeys(docker) {
		if key != "http-proxy" && key != "https-proxy" && key != "no-proxy" {
			out.Ignored = append(out.Ignored, "docker.proxies."+key)
		}
	}
	return out, nil
}

// BuildxBuilder is what docker buildx keeps of a builder.
type BuildxBuilder struct {
	// Env are the variables that it was created with. InContainer tells that it is a container, OnHost
	// that this has the host's network.
	Env                 []route.Variable
	InContainer, OnHost bool
}

// ParseBuilder reads a builder of docker buildx (docker/buildx, store/nodegroup.go and
// driver/docker-container/factory.go).
func ParseBuilder(name string, data []byte) (BuildxBuilder, error) {
	o, err := parseObject(data)
	if err != nil {
		return BuildxBuilder{}, err
	}
	out := BuildxBuilder{InContainer: o.text("Driver") == "docker-container"}
	if nodes, _ := o.at("Nodes").([]any); len(nodes) > 0 { // they share their options but for rare cases
		first, _ := nodes[0].(map[string]any)
		options := fold(first).object("DriverOpts")
		out.OnHost = options.text("network") == "host"
		for _, key := range sortedKeys(options) {
			if variable, ok := strings.CutPrefix(key, "env."); ok {
				out.Env = append(out.Env, route.Variable{Name: strings.ToUpper(variable), Value: options.text(key), Source: name, Key: key})
			}
		}
	}
	return out, nil
}
