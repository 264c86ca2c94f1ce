package settings

import (
	"slices"
	"strings"

	"pullpath/internal/redact"
	"pullpath/internal/route"
)

// FillFromContainersConf adds the variables of [engine] in containers.conf that the
// environment of the process does not have: podman and buildah do not replace any
// (docs/field-notes.md#podman).
func (h Host) FillFromContainersConf(c *Client) {
	conf := ReadContainers(h.Root, h.Home, h.Env)
	c.Remarks = append(c.Remarks, conf.Remarks...)
	env := slices.Clone(c.Env)
	for _, v := range conf.Engine {
		old, set := c.Env.Last(v.Name)
		switch {
		case !set:
			env = append(env, v)
		case old.Value != v.Value:
			m := remarkOn(EngineOverridden, v, "")
			kept := shown(old.Name, old.Value)
			m.Text = strings.TrimSuffix("podman and buildah keep what they find, "+old.Name+"="+kept, "=") + " from " + old.Source
			if m.Value == kept {
				m.Text += ", with another name or password"
			}
			m.Variable, m.Write = v.Called(), "keep the value in one of the two"
			c.Remarks = append(c.Remarks, m)
		}
	}
	c.Env = env
}

// FromDockerConfig takes over the variables that the docker CLI sets in containers and
// build steps. They come from its configuration alone, not from its environment.
func (h Host) FromDockerConfig(c *Client) {
	conf := ReadDockerConfig(h.Root, DockerConfigPath(h.Home, h.Env))
	c.Remarks = append(c.Remarks, conf.Remarks...)
	c.Env = nil
	for _, p := range conf.Proxies {
		own := filled(p.Env)
		if p.Host != "default" || len(own) == 0 {
			continue
		}
		c.Env = bothCases(own)
		c.Remarks = append(c.Remarks, Remark{Code: DockerConfigUnread, Source: own[0].Source, Variable: "proxies",
			Text: "it is put into containers and build steps; dockerd does not read it"})
	}
}

// ApplyDaemonJSON puts flags and daemon.json over the environment, key by key, as
// dockerd does after it has started, in both cases of each name
// (docs/field-notes.md#dockerd).
func (h Host) ApplyDaemonJSON(c *Client, s Service) {
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
	own := filled(slices.Concat(flagVariables(s.Flags), conf.Env))
	for _, v := range own {
		if old, set := started.Last(v.Name); set && old.Value != v.Value && v.Name != "NO_PROXY" {
			c.Remarks = append(c.Remarks, Remark{Code: DaemonOverrides, Source: v.Source, Variable: v.Name, Value: redact.ProxyURL(v.Value),
				Text: "it takes the place of " + redact.ProxyURL(old.Value) + " from " + old.Source})
		}
	}
	c.Env = slices.Concat(started, bothCases(own))
}

// filled leaves out empty values, which docker and dockerd take for keys that are not there
// (docker/cli, cli/config/configfile, ParseProxyConfig; moby, cmd/dockerd, configureProxyEnv).
func filled(env route.Environment) route.Environment {
	return slices.DeleteFunc(slices.Clone(env), func(v route.Variable) bool { return v.Value == "" })
}

// bothCases adds each variable in the other case, as docker sets them (docker/cli,
// cli/config/configfile, ParseProxyConfig).
func bothCases(env route.Environment) route.Environment {
	out := slices.Clone(env)
	for _, v := range env {
		out = append(out, route.Variable{Name: strings.ToLower(v.Name), Value: v.Value, Source: v.Source, Key: v.Called()})
	}
	return out
}

// flagVariables returns dockerd's proxy flags as the variables that it sets for them.
func flagVariables(flags []route.Variable) []route.Variable {
	var out []route.Variable
	for _, f := range flags {
		name := strings.ToUpper(strings.ReplaceAll(strings.TrimPrefix(f.Name, "--"), "-", "_"))
		out = append(out, route.Variable{Name: name, Value: f.Value, Source: f.Source, Key: f.Name})
	}
	return out
}

// over returns an environment with a file's own proxy and list on top. A variable
// without a source is not set.
func over(env route.Environment, proxy, noProxy route.Variable) route.Environment {
	if proxy.Source != "" {
		env = env.WithSetting(proxy)
	}
	if noProxy.Source != "" {
		env = env.WithNoProxySetting(noProxy)
	}
	return env
}

// inFile returns the last value of a key in a file.
func inFile(f File, key string) route.Variable {
	v, _ := f.Env.Last(key)
	return v
}

// FromCurlrc applies .curlrc: proxy= wins over the environment, NO_PROXY still applies,
// noproxy= replaces it (docs/field-notes.md#files-of-single-tools).
func (h Host) FromCurlrc(c *Client) {
	f := ReadCurl(h.Root, h.Home, h.Env)
	c.Remarks = append(c.Remarks, f.Remarks...)
	c.Env = over(c.Env, inFile(f, "proxy"), inFile(f, "noproxy"))
}

// FromGitconfig applies git's configuration: http.proxy wins over the environment, an
// empty one means direct, and http.<url>.proxy wins over both
// (docs/field-notes.md#files-of-single-tools).
func (h Host) FromGitconfig(c *Client) {
	conf := ReadGit(h.Root, h.Home, h.Env)
	c.Remarks = append(c.Remarks, conf.Remarks...)
	for _, p := range conf.Proxies {
		if p.URL == "" {
			c.Env = over(c.Env, p.Proxy, route.Variable{})
			continue
		}
		c.PerURL = append(c.PerURL, URLProxy{Prefix: p.URL, Proxy: p.Proxy})
	}
}

// FromDNF applies dnf.conf: proxy= of the main section wins over the environment, _none_
// and an empty value do not, and the environment's NO_PROXY still applies
// (docs/field-notes.md#dnf).
func (h Host) FromDNF(c *Client) {
	conf := ReadDNF(h.Root)
	c.Remarks = append(c.Remarks, conf.Remarks...)
	if p := conf.Main.Proxy; p.Value != "" && p.Value != "_none_" {
		c.Env = over(c.Env, p, route.Variable{})
	}
}

// FromRHSM applies rhsm.conf: host and port of the proxy, and its own list.
func (h Host) FromRHSM(c *Client) {
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

// FromInsights applies insights-client.conf, else rhsm.conf, else the environment
// (RedHatInsights/insights-core, insights/client/auto_config.py).
func (h Host) FromInsights(c *Client) {
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

// FromWgetrc applies wgetrc: its variables win over those of the environment
// (docs/field-notes.md#files-of-single-tools), and use_proxy = off over all (Wget manual, "Wgetrc
// Commands").
func (h Host) FromWgetrc(c *Client) {
	for _, f := range ReadWget(h.Root, h.Home, h.Env) {
		c.Remarks = append(c.Remarks, f.Remarks...)
		c.Env = append(slices.Clone(c.Env), f.Env...)
	}
	if use, _ := c.Env.Last("use_proxy"); use.Key != "" && slices.Contains([]string{"off", "no", "0"}, strings.ToLower(use.Value)) {
		c.off = use
	}
}
