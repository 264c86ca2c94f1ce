package settings

import (
	"strings"

	"pullpath/internal/route"
)

// DockerConfig is the part of the docker client's config.json that concerns
// proxies. They become variables of containers and build arguments, and nothing
// else: neither the daemon nor the client uses them for a pull (docker/cli,
// cli/config/configfile, ParseProxyConfig).
type DockerConfig struct {
	Path    string
	Found   bool
	Proxies []DockerProxies
	Remarks []Remark
}

// DockerProxies is one entry of "proxies".
type DockerProxies struct {
	Host string // the daemon that it is for, "default" for all
	Env  route.Environment
}

// DockerConfigPath returns where the client looks: in the directory that
// DOCKER_CONFIG names, or in .docker below the home directory.
func DockerConfigPath(home string, env route.Environment) string {
	for i := len(env) - 1; i >= 0; i-- {
		if env[i].Name == "DOCKER_CONFIG" && env[i].Value != "" {
			return clean(env[i].Value + "/config.json")
		}
	}
	return clean(home + "/.docker/config.json")
}

// dockerProxyKeys are the keys of an entry and the variable that each becomes;
// the client sets it in lower case as well.
var dockerProxyKeys = map[string]string{
	"httpProxy": "HTTP_PROXY", "httpsProxy": "HTTPS_PROXY", "noProxy": "NO_PROXY", "ftpProxy": "FTP_PROXY", "allProxy": "ALL_PROXY",
}

// ReadDockerConfig reads a config.json of the docker client.
func ReadDockerConfig(root *Root, name string) DockerConfig {
	c := DockerConfig{Path: clean(name)}
	text, ok := root.text(name)
	if !ok {
		return c
	}
	c.Found = true
	values, line, err := parseJSON(text)
	if err != nil {
		c.Remarks = append(c.Remarks, refused(err, Remark{Code: Syntax, Source: at(c.Path, line),
			Text: "not valid JSON: the client uses none of it"}))
		return c
	}
	var all []route.Variable
	for _, v := range values {
		if len(v.path) != 3 || !strings.EqualFold(v.path[0], "proxies") || v.kind != 's' {
			continue
		}
		for key, name := range dockerProxyKeys {
			if strings.EqualFold(v.path[2], key) { // encoding/json takes any case
				variable := route.Variable{Name: name, Value: v.text, Source: at(c.Path, v.line), Key: "proxies." + quoted(v.path[1]) + "." + v.path[2]}
				c.add(v.path[1], variable)
				all = append(all, variable)
			}
		}
	}
	_, c.Remarks = judged(root, c.Path, all)
	return c
}

// add appends a variable to the entry of a host; entries are in file order.
func (c *DockerConfig) add(host string, v route.Variable) {
	if n := len(c.Proxies); n == 0 || c.Proxies[n-1].Host != host {
		c.Proxies = append(c.Proxies, DockerProxies{Host: host})
	}
	last := &c.Proxies[len(c.Proxies)-1]
	last.Env = append(last.Env, v)
}
