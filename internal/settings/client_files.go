package settings

import (
	"slices"
	"strings"

	"pullpath/internal/redact"
	"pullpath/internal/route"
)

// fillFromContainersConf adds what containers.conf sets for the engine where the
// process environment has nothing: podman and buildah fill, they do not replace
// (proxy-settings 2.4, measured).
func (h Host) fillFromContainersConf(c *Client) {
	conf := ReadContainers(h.Root, h.Home, h.Env)
	c.Remarks = append(c.Remarks, conf.Remarks...)
	env := slices.Clone(c.Env)
	for _, v := range conf.Engine {
		if _, set := find(c.Env, v.Name); !set {
			env = append(env, v)
		}
	}
	c.Env = env
}

// fromDockerConfig is what the docker CLI sets in containers and build steps; its
// own environment is not asked for that.
func (h Host) fromDockerConfig(c *Client) {
	conf := ReadDockerConfig(h.Root, DockerConfigPath(h.Home, h.Env))
	c.Remarks = append(c.Remarks, conf.Remarks...)
	c.Env = nil
	for _, p := range conf.Proxies {
		if p.Host != "default" || len(p.Env) == 0 {
			continue
		}
		c.Env = bothCases(p.Env)
		c.Remarks = append(c.Remarks, Remark{Code: DockerConfigUnread, Source: p.Env[0].Source, Variable: "proxies",
			Text: "it is put into containers and build steps; dockerd does not read it"})
	}
}

// applyDaemonJSON puts flags and daemon.json over the environment, key by key, as
// dockerd does after it has started, in both cases of each name (proxy-settings
// 2.2, measured).
func (h Host) applyDaemonJSON(c *Client, s Service) {
	conf := DaemonFile{}
	for _, name := range DaemonFiles(h.Home) {
		if conf = ReadDaemonFile(h.Root, name); conf.Found {
			break
		}
	}
	c.Remarks = slices.Concat(c.Remarks, conf.Remarks, DaemonConflicts(s, conf))
	if conf.Refused {
		return
	}
	started := c.Env
	own := slices.Concat(flagVariables(s.Flags), conf.Env)
	for _, v := range own {
		if old, set := find(started, v.Name); set && old.Value != v.Value && v.Name != "NO_PROXY" {
			c.Remarks = append(c.Remarks, Remark{Code: DaemonOverrides, Source: v.Source, Variable: v.Name, Value: redact.ProxyURL(v.Value),
				Text: "it takes the place of " + redact.ProxyURL(old.Value) + " from " + old.Source})
		}
	}
	c.Env = slices.Concat(started, bothCases(own))
}

// bothCases adds each variable in the other case, as docker sets them (docker/cli,
// cli/config/configfile, ParseProxyConfig).
func bothCases(env route.Environment) route.Environment {
	out := slices.Clone(env)
	for _, v := range env {
		out = append(out, route.Variable{Name: strings.ToLower(v.Name), Value: v.Value, Source: v.Source})
	}
	return out
}

// flagVariables are dockerd's proxy flags as the variables that it makes of them.
func flagVariables(flags []route.Variable) []route.Variable {
	var out []route.Variable
	for _, f := range flags {
		name := strings.ToUpper(strings.ReplaceAll(strings.TrimPrefix(f.Name, "--"), "-", "_"))
		out = append(out, route.Variable{Name: name, Value: f.Value, Source: f.Source})
	}
	return out
}

// over puts a file's own proxy and list over an environment; a variable without a
// source is not set.
func over(env route.Environment, proxy, noProxy route.Variable) route.Environment {
	if proxy.Source != "" {
		env = env.WithSetting(proxy.Value, proxy.Source)
	}
	if noProxy.Source != "" {
		env = env.WithNoProxySetting(noProxy.Value, noProxy.Source)
	}
	return env
}

// inFile is a file's last value of a key.
func inFile(f File, key string) route.Variable {
	v, _ := find(f.Env, key)
	return v
}

// fromCurlrc: proxy= beats the environment, NO_PROXY still applies, noproxy=
// replaces it (measured).
func (h Host) fromCurlrc(c *Client) {
	f := ReadCurl(h.Root, h.Home, h.Env)
	c.Remarks = append(c.Remarks, f.Remarks...)
	c.Env = over(c.Env, inFile(f, "proxy"), inFile(f, "noproxy"))
}

// fromGitconfig: http.proxy beats the environment, an empty one means direct,
// http.<url>.proxy beats both (measured).
func (h Host) fromGitconfig(c *Client) {
	conf := ReadGit(h.Root, h.Home, h.Env)
	c.Remarks = append(c.Remarks, conf.Remarks...)
	for _, p := range conf.Proxies {
		if p.URL == "" {
			c.Env = over(c.Env, p.Proxy, route.Variable{})
			continue
		}
		c.PerURL = append(c.PerURL, URLProxy{Prefix: p.URL, Value: p.Proxy.Value, Source: p.Proxy.Source})
	}
}

// fromDNF: proxy= of the main section beats the environment; _none_ and an empty
// value do not, and the environment's NO_PROXY applies to it too (measured with
// dnf 4.14 and dnf5).
func (h Host) fromDNF(c *Client) {
	conf := ReadDNF(h.Root)
	c.Remarks = append(c.Remarks, conf.Remarks...)
	if p := conf.Main.Proxy; p.Value != "" && p.Value != "_none_" {
		c.Env = over(c.Env, p, route.Variable{})
	}
}

// fromRHSM: host and port of rhsm.conf, and its own list.
func (h Host) fromRHSM(c *Client) {
	conf := ReadRHSM(h.Root)
	c.Remarks = append(c.Remarks, conf.Remarks...)
	proxy, _ := conf.Proxy()
	c.Env = over(c.Env, proxy, nonEmpty(conf.NoProxy))
}

func nonEmpty(v route.Variable) route.Variable {
	if v.Value == "" {
		return route.Variable{}
	}
	return v
}

// fromInsights: its own file, else rhsm.conf, else the environment
// (insights/client/auto_config.py).
func (h Host) fromInsights(c *Client) {
	f, rhsm := ReadInsights(h.Root), ReadRHSM(h.Root)
	c.Remarks = append(c.Remarks, f.Remarks...)
	proxy, noProxy := nonEmpty(inFile(f, "proxy")), nonEmpty(inFile(f, "no_proxy"))
	if proxy.Source == "" {
		proxy, _ = rhsm.Proxy()
	}
	if noProxy.Source == "" {
		noProxy = nonEmpty(rhsm.NoProxy)
	}
	c.Env = over(c.Env, proxy, noProxy)
}

// fromWgetrc: its variables beat the environment's of the same name (measured).
func (h Host) fromWgetrc(c *Client) {
	for _, f := range ReadWget(h.Root, h.Home, h.Env) {
		c.Remarks = append(c.Remarks, f.Remarks...)
		c.Env = append(slices.Clone(c.Env), f.Env...)
	}
}
