package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"pullpath/internal/fault"
	"pullpath/internal/route"
	"pullpath/mockproxy"
)

// shells write what has to be set, each in its own way.
var shells = map[string]func(env []string) []string{
	"": inPOSIX, "sh": inPOSIX, "fish": inFish, "powershell": inPowerShell, "docker": forDocker, "podman": forPodman,
}

func each(env []string, line func(name, value string) string) []string {
	var out []string
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		out = append(out, line(name, value))
	}
	return out
}

// unset returns the variables of a user's own proxy that the network has no value for.
// Left alone, they would lead clients past it.
func unset(env []string) []string {
	var out []string
	for _, name := range append(route.ProxyVariables(), "NO_PROXY") {
		for _, name := range []string{name, strings.ToLower(name)} {
			if valueIn(env, name) == "" {
				out = append(out, name)
			}
		}
	}
	return out
}

func inPOSIX(env []string) []string {
	out := each(env, func(name, value string) string {
		return "export " + name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'"
	})
	if names := unset(env); names != nil {
		out = append([]string{"unset " + strings.Join(names, " ")}, out...)
	}
	return out
}

func inFish(env []string) []string {
	out := each(env, func(name, value string) string {
		return "set -gx " + name + " '" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(value) + "'"
	})
	if names := unset(env); names != nil {
		out = append([]string{"set -e " + strings.Join(names, " ")}, out...)
	}
	return out
}

func inPowerShell(env []string) []string {
	// Its variables have no case, so each is set once.
	var upper []string
	for _, pair := range env {
		if name, _, _ := strings.Cut(pair, "="); name == strings.ToUpper(name) {
			upper = append(upper, pair)
		}
	}
	out := each(upper, func(name, value string) string {
		return "$env:" + name + " = '" + strings.ReplaceAll(value, "'", "''") + "'"
	})
	var gone []string
	for _, name := range unset(env) {
		if name == strings.ToUpper(name) {
			gone = append(gone, "Env:"+name)
		}
	}
	if gone != nil {
		out = append([]string{"Remove-Item -ErrorAction SilentlyContinue " + strings.Join(gone, ", ")}, out...)
	}
	return out
}

// valueIn returns a variable's value, empty for one that is not there.
func valueIn(env []string, name string) string {
	for _, pair := range env {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// forDaemon returns what a daemon or an engine needs of the environment. It adds to what
// is set elsewhere, so a proxy variable without a value is there too, in both cases: Go
// takes the first of them that is not empty (golang.org/x/net/http/httpproxy).
func forDaemon(env []string) []string {
	var out []string
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"} {
		value := valueIn(env, name)
		out = append(out, name+"="+value)
		if value == "" {
			out = append(out, strings.ToLower(name)+"=")
		}
	}
	return append(out, "SSL_CERT_FILE="+valueIn(env, "SSL_CERT_FILE"))
}

// forDocker returns a drop-in for dockerd's unit, or the same in daemon.json (Docker 23
// and later).
func forDocker(env []string) []string {
	out := []string{"# /etc/systemd/system/docker.service.d/pullpath-mock.conf", "[Service]"}
	for _, pair := range forDaemon(env) {
		// A percent sign is a specifier of systemd.unit(5).
		out = append(out, fmt.Sprintf("Environment=%q", strings.ReplaceAll(pair, "%", "%%")))
	}
	out = append(out, "# then: systemctl daemon-reload && systemctl restart docker", "")
	proxies := struct {
		HTTP  string `json:"http-proxy,omitempty"`
		HTTPS string `json:"https-proxy,omitempty"`
		None  string `json:"no-proxy,omitempty"`
	}{valueIn(env, "HTTP_PROXY"), valueIn(env, "HTTPS_PROXY"), valueIn(env, "NO_PROXY")}
	if proxies.HTTP == "" && proxies.HTTPS == "" {
		return append(out, `# and no "proxies" in /etc/docker/daemon.json, which would win`)
	}
	text, _ := json.Marshal(proxies) // texts alone
	return append(out, "# or the proxies in /etc/docker/daemon.json:", `# {"proxies": `+string(text)+"}")
}

// forPodman returns a containers.conf(5), and the CA where podman looks for one registry
// (containers-certs.d(5)).
func forPodman(env []string) []string {
	var pairs []string
	for _, pair := range forDaemon(env) {
		pairs = append(pairs, fmt.Sprintf("%q", pair))
	}
	return []string{"# ~/.config/containers/containers.conf", "[engine]", "env = [" + strings.Join(pairs, ", ") + "]",
		"# the CA for one registry:", "# mkdir -p ~/.config/containers/certs.d/registry.redhat.io",
		"# cp " + valueIn(env, "SSL_CERT_FILE") + " ~/.config/containers/certs.d/registry.redhat.io/ca.crt"}
}

// announce writes where the network is and what to set.
func announce(out io.Writer, o Serving, network *mockproxy.Network, env []string, admin string) error {
	title := network.World().Title
	if title == "" {
		title = "nothing is broken"
	}
	where, open := "on loopback", exposed(o, network, admin)
	if open != nil {
		where = "on this machine's addresses"
	}
	lines := []string{"# mock network " + where + ": " + oneLine(title)}
	places := []struct{ name, address string }{{"proxy", "http://" + network.ProxyAddress()}, {"proxy", "https://" + network.SecureProxy()},
		{"proxy", "socks5h://" + network.SOCKS()}, {"DNS", network.ResolverAddress().String()}, {"admin", admin}}
	for _, p := range places {
		if p.address != "" {
			lines = append(lines, fmt.Sprintf("# %-6s %s", p.name, p.address))
		}
	}
	lines = append(lines, open...)
	lines = append(lines, "# in another terminal:")
	lines = append(lines, shells[o.Shell](env)...)
	lines = append(lines, "# then: "+asking(network), "# or:   pullpath check", "# Ctrl-C ends it")
	_, err := fmt.Fprintln(out, strings.Join(lines, "\n"))
	return err
}

// asking returns how curl asks the network's first registry.
func asking(network *mockproxy.Network) string {
	hosts := network.World().AllHosts()
	host := "registry.redhat.io"
	if i := slices.IndexFunc(hosts, func(h fault.Host) bool { return h.Role == "registry" }); i >= 0 {
		host = hosts[i].Name
	}
	if proxied(network.World()) {
		return "curl -v https://" + host + "/v2/"
	}
	return "curl -v --noproxy '*' --connect-to " + host + ":443:" + network.Origin(host) + " https://" + host + "/v2/"
}

// exposed names what other machines can reach.
func exposed(o Serving, network *mockproxy.Network, admin string) []string {
	ports, err := o.ports()
	if err != nil || !o.ListenAnywhere {
		return nil
	}
	var open []string
	for _, service := range []struct{ name, asked, at string }{
		{"the HTTP proxy", ports.HTTP, network.ProxyAddress()}, {"the HTTPS proxy", ports.HTTPS, network.SecureProxy()},
		{"the SOCKS server", ports.SOCKS, network.SOCKS()}, {"the name server", ports.DNS, network.ResolverAddress().String()},
		{"the admin interface, without a password", o.Admin, admin}} {
		if at, err := netip.ParseAddrPort(service.asked); err == nil && !at.Addr().IsLoopback() {
			open = append(open, service.name+" on port "+portOf(service.at))
		}
	}
	if len(open) == 0 {
		return nil
	}
	return []string{"# OTHER MACHINES CAN REACH: " + strings.Join(open, "; "), "# the proxy leads to this made-up network alone"}
}
