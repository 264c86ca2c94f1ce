package desktop

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"net/url"
	"path"
	"strings"

	"pullpath/internal/hostproxy"
	"pullpath/internal/redact"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// remoteDocker returns the engine that the docker command controls by DOCKER_HOST or by its context
// where that is on another machine or in another container: the daemon of a service container, of a
// build host. It pulls with its own variables, and those of this shell do not reach it
// (https://docs.docker.com/engine/cli/proxy/).
func remoteDocker(h settings.Host) []settings.Client {
	v, where := dockerEndpoint(h)
	u, err := url.Parse(v.Value)
	if err != nil || u.Scheme != "tcp" && u.Scheme != "ssh" && u.Scheme != "http" && u.Scheme != "https" || ownHost(u.Hostname()) {
		return nil
	}
	shown := redact.Text(u.Host, maxAnswer)
	m := settings.Machine{Name: "another machine or container, " + shown, Source: where,
		Inside:  "docker info",
		Reaches: "this machine's address on the network that both share",
		Change: "start the daemon of " + shown + " with " + another + " (a service container: as its own variables; in GitLab: those of the " +
			"job or of the service in .gitlab-ci.yml)"}
	c := settings.Client{Tool: RemoteDocker, Installed: true, Machine: &m, Dialect: route.Go(), Assumed: true}
	c.Unknown = "the daemon at " + shown + " (" + where + ") pulls with its own variables, not with those of this shell, " +
		"and they were not read"
	c.Find = "run: " + m.Inside
	return []settings.Client{c}
}

// ownHost reports whether a name is this machine.
func ownHost(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "" || host == "localhost" || err == nil && addr.IsLoopback()
}

// dockerEndpoint is where the docker command finds its engine: DOCKER_HOST, else the context that
// its config.json names (https://docs.docker.com/engine/manage-resources/contexts/).
func dockerEndpoint(h settings.Host) (v route.Variable, where string) {
	if v, found := h.Env.Last("DOCKER_HOST"); found && v.Value != "" {
		return v, "DOCKER_HOST from " + v.Source
	}
	config := settings.DockerConfigPath(h.Home, h.Env)
	data, ok := read(h, config)
	if !ok {
		return v, ""
	}
	current := hostproxy.CurrentContext(data)
	if current == "" {
		return v, ""
	}
	sum := sha256.Sum256([]byte(current))
	file := path.Join(path.Dir(config), "contexts/meta", hex.EncodeToString(sum[:]), "meta.json")
	if data, ok = read(h, file); !ok {
		return v, ""
	}
	v = route.Variable{Name: "DOCKER_HOST", Value: strings.TrimSpace(hostproxy.ContextEndpoint(data)), Source: file}
	return v, "the context " + redact.Text(current, maxAnswer) + " of docker"
}
