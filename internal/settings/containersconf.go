package settings

import (
	"path"
	"slices"
	"strings"

	"pullpath/internal/route"
)

// Containers is what podman and buildah take from containers.conf
// (containers.conf(5); skopeo and CRI-O do not apply it).
type Containers struct {
	Files []string // that exist, in the order in which they are read
	// Engine is [engine] env: it fills variables that the process does not have.
	Engine route.Environment
	// Container is [containers] env: it reaches containers, not the pull.
	Container route.Environment
	// HTTPProxy is [containers] http_proxy, "true" or "false": whether a
	// container gets the proxy variables of the process. Source is empty if no
	// file sets it; true is the default.
	HTTPProxy route.Variable
	Remarks   []Remark
}

// containersFiles returns the files that containers/common reads, the least
// important first (pkg/config/config.go, NewConfig and systemConfigs). Where
// CONTAINERS_CONF names a file, only that one is read.
func containersFiles(root *Root, home string, env route.Environment) []string {
	if named := valueOf("CONTAINERS_CONF", env); named != "" {
		return []string{clean(named)}
	}
	var files []string
	for _, base := range []string{"/usr/share/containers/containers.conf", "/etc/containers/containers.conf",
		home + "/.config/containers/containers.conf"} {
		files = append(files, base)
		files = append(files, root.Glob(base+".d/*.conf")...)
	}
	if named := valueOf("CONTAINERS_CONF_OVERRIDE", env); named != "" {
		files = append(files, clean(named))
	}
	return files
}

// ReadContainers reads containers.conf in all its places, for a user with this
// home directory (older podman reads none there for root) and with these variables, of
// which CONTAINERS_CONF and CONTAINERS_CONF_OVERRIDE name further ones.
func ReadContainers(root *Root, home string, env route.Environment) Containers {
	var c Containers
	for _, name := range containersFiles(root, home, env) {
		text, ok := root.text(name)
		if !ok {
			continue
		}
		c.Files = append(c.Files, name)
		c.read(root, name, text)
	}
	return c
}

// ReadContainersFile reads one containers.conf.
func ReadContainersFile(root *Root, name string) Containers {
	var c Containers
	if text, ok := root.text(name); ok {
		c.Files = append(c.Files, name)
		c.read(root, name, text)
	}
	return c
}

// read takes over one file: what it sets replaces what a lesser one set, a list
// as a whole unless it says {append=true}.
func (c *Containers) read(root *Root, name, text string) {
	values, line, err := parseTOML(text)
	if err != nil {
		c.Remarks = append(c.Remarks, refused(err, Remark{Code: Syntax, Source: at(name, line),
			Text: "not valid TOML: podman and buildah refuse to run"}))
		return
	}
	for _, v := range values {
		if v.path == "containers.http_proxy" && v.text != "true" && v.text != "false" {
			c.Remarks = append(c.Remarks, Remark{Code: Syntax, Source: at(name, v.line), Variable: "http_proxy", Value: shown("http_proxy", v.text),
				Text:  "is true or false in [containers], and tells whether containers get the proxy variables: podman and buildah refuse to run",
				Write: "a proxy is set by env below [engine]"})
			return
		}
	}
	var engine, container route.Environment
	engineSet, containerSet := false, false
	for _, v := range values {
		variable := route.Variable{Source: at(name, v.line)}
		variable.Name, variable.Value, _ = strings.Cut(v.text, "=")
		switch {
		case v.path == "engine.env":
			engineSet = true
			variable.Key = "engine.env " + variable.Name
			engine = append(engine, variable)
		case strings.HasPrefix(v.path, "engine.env[") && strings.HasSuffix(v.path, ".append") && v.text == "true":
			engine = append(slices.Clone(c.Engine), engine...)
		case strings.HasPrefix(v.path, "containers.env[") && strings.HasSuffix(v.path, ".append") && v.text == "true":
			container = append(slices.Clone(c.Container), container...)
		case v.path == "containers.env":
			containerSet = true
			container = append(container, variable)
		case v.path == "containers.http_proxy":
			c.HTTPProxy = route.Variable{Name: "http_proxy", Value: v.text, Source: variable.Source}
		default:
			c.unread(v, name)
		}
	}
	if engineSet {
		c.Engine = c.judge(root, name, engine)
	}
	if containerSet {
		c.Container = c.judge(root, name, container)
	}
}

// judge keeps the variables that matter and the remarks on their values.
func (c *Containers) judge(root *Root, name string, vars route.Environment) route.Environment {
	env, remarks := judged(root, name, vars)
	c.Remarks = merged(c.Remarks, remarks)
	return env
}

// unread remarks on a proxy under a key that containers.conf does not have.
func (c *Containers) unread(v tomlValue, name string) {
	key := v.path[strings.LastIndexByte(v.path, '.')+1:]
	if !isProxy(key) && !isNoProxy(key) {
		return
	}
	variable := route.Variable{Name: key, Value: v.text, Source: at(name, v.line)}
	m := remarkOn(ContainersKeyUnread, variable, "containers.conf has no such key: podman and buildah ignore it")
	m.Write = corrected(`env = ["`+strings.ToUpper(normal(key))+"=", key, v.text, `"]`)
	c.Remarks = append(c.Remarks, m)
}

// crioFiles returns CRI-O's own configuration and its drop-ins, by name
// (crio.conf.d(5)).
func crioFiles(root *Root) []string {
	files := []string{"/etc/crio/crio.conf"}
	dropIns := append(root.Glob("/usr/lib/crio/crio.conf.d/*"), root.Glob("/etc/crio/crio.conf.d/*")...)
	slices.SortStableFunc(dropIns, func(a, b string) int { return strings.Compare(path.Base(a), path.Base(b)) })
	return append(files, dropIns...)
}

// ReadCRIO reads crio.conf and crio.conf.d for what looks like a proxy setting:
// CRI-O takes its proxy from its environment only. default_env of a runtime
// concerns containers.
func ReadCRIO(root *Root) []File {
	var files []File
	for _, name := range crioFiles(root) {
		text, ok := root.text(name)
		if !ok {
			continue
		}
		f := File{Path: name, Found: true}
		values, line, err := parseTOML(text)
		if err != nil {
			f.Remarks = append(f.Remarks, refused(err, Remark{Code: Syntax, Source: at(name, line), Text: "not valid TOML: CRI-O refuses to start"}))
		}
		for _, v := range values {
			key := v.path[strings.LastIndexByte(v.path, '.')+1:]
			if isProxy(key) || isNoProxy(key) {
				variable := route.Variable{Name: key, Value: v.text, Source: at(name, v.line)}
				f.Remarks = append(f.Remarks, remarkOn(ContainersKeyUnread, variable,
					"crio.conf has no such key: CRI-O takes its proxy from its environment"))
			}
		}
		files = append(files, f)
	}
	return files
}
