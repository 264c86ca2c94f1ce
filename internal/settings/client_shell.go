package settings

import (
	"slices"
	"strings"

	"pullpath/internal/redact"
	"pullpath/internal/route"
)

// shellTool is a client that is started from a shell and takes the shell's
// environment.
type shellTool struct {
	tool   string
	family string
	// binary is the program; its build or package tells the version.
	binary string
	scope  string
	// own are the settings of the client's own files, over the environment.
	own func(Host, *Client)
}

// shellTools lists the clients that a shell starts, in the order of the table.
func shellTools() []shellTool {
	return []shellTool{
		{"podman", "go", "podman", "", Host.fillFromContainersConf}, {"buildah", "go", "buildah", "", Host.fillFromContainersConf},
		{"skopeo", "go", "skopeo", "", nil}, {"docker build", "go", "docker", "the token request", nil},
		{"docker CLI", "go", "docker", "containers and builds", Host.fromDockerConfig},
		{"crane", "go", "crane", "", nil}, {"oras", "go", "oras", "", nil}, {"helm", "go", "helm", "", nil},
		{"curl", "curl", "curl", "", Host.fromCurlrc}, {"git", "git", "git", "", Host.fromGitconfig},
		{"dnf", "curl", "dnf", "", Host.fromDNF},
		{"python urllib", "python-urllib", "python3", "", nil}, {"python requests", "requests", "python3", "", nil},
		{"subscription-manager", "subscription-manager", "subscription-manager", "", Host.fromRHSM},
		{"insights-client", "insights-client", "insights-client", "", Host.fromInsights},
		{"wget", "wget", "wget", "", Host.fromWgetrc}, {"wget2", "wget2", "wget2", "", nil},
		{"node", "node-fetch-noenv", "node", "", nil}, {"java", "java", "java", "", nil},
	}
}

// OfEnvironment returns the clients that a shell with this environment starts,
// where nothing but the environment is known: the newest rules of each, assumed.
func OfEnvironment(env route.Environment) []Client {
	var out []Client
	for _, s := range shellTools() {
		if s.tool == "docker CLI" {
			continue // what it sets for containers stands in a file
		}
		out = append(out, Client{Tool: s.tool, Dialect: s.dialect(env, ""), Assumed: true, Env: env, Scope: s.scope})
	}
	return withFacts(out)
}

// dialect is the tool's rules at a version; the newest for "".
func (s shellTool) dialect(env route.Environment, version string) route.Dialect {
	d, err := route.At(s.familyIn(env), version)
	if err != nil {
		d = route.Go() // the table names known families only; a test holds it
	}
	return d
}

// familyIn is the tool's family under this environment: Node reads the variables
// only when it is told to.
func (s shellTool) familyIn(env route.Environment) string {
	if v, ok := find(env, "NODE_USE_ENV_PROXY"); s.tool == "node" && ok && v.Value == "1" {
		return "node-envproxy-http"
	}
	return s.family
}

// OfDialects returns one client for each name as `settings --clients` takes
// them: a family or a family with a version.
func OfDialects(names []string, env route.Environment) ([]Client, error) {
	var out []Client
	for _, name := range names {
		d, err := route.Named(name)
		if err != nil {
			return nil, err
		}
		out = append(out, Client{Dialect: d, Env: env})
	}
	return withFacts(out), nil
}

// shellClients returns the clients that the host has, or that a file of their own
// is there for, as in a report without programs; and podman and curl in any case.
func (h Host) shellClients() []Client {
	var out []Client
	for _, s := range shellTools() {
		c := Client{Tool: s.tool, Scope: s.scope, Env: h.Env}
		h.version(&c, s)
		if r, open := notEvaluated(h.EnvRemarks, h.Env); open {
			c.Unknown, c.Find = r.Variable+" is set by something that was not run ("+r.Source+")", "log in on the host and run: env | grep -i proxy"
		}
		if s.own != nil {
			s.own(h, &c)
		}
		if touched := len(c.Remarks)+len(c.PerURL) > 0 || !slices.Equal(c.Env, h.Env); !touched && !c.Installed && s.tool != "podman" && s.tool != "curl" {
			continue
		}
		if s.tool == "docker CLI" && len(c.Env) == 0 {
			continue // nothing is set for containers
		}
		c.Remarks = slices.Concat(h.EnvRemarks, c.Remarks, trustRemarks(h.Root, c.Tool, h.Home))
		out = append(out, c)
	}
	return out
}

// version finds version and rules of a shell's client.
func (h Host) version(c *Client, s shellTool) {
	if s.family == "go" {
		h.rules(c, s.binary)
		if s.binary == "podman" || s.binary == "buildah" || s.binary == "skopeo" {
			c.Dialect = c.Dialect.ForImages()
		}
		return
	}
	version := h.versionOf(s)
	c.Installed = version != "" || s.tool != "python requests" && FindProgram(h.Root, s.binary) != ""
	c.Version, c.Assumed = version, version == "" && c.Installed && s.hasVersions()
	c.Dialect = s.dialect(h.Env, version)
}

// hasVersions tells that the family's rules depend on the version.
func (s shellTool) hasVersions() bool {
	switch s.family {
	case "subscription-manager", "insights-client", "java", "python-urllib":
		return false
	}
	return true
}

// versionOf looks for the version where the client's own packaging tells it.
func (h Host) versionOf(s shellTool) string {
	var p Package
	switch s.tool {
	case "curl", "dnf":
		p, _ = CurlVersion(h.Root)
		if s.tool == "dnf" && FindProgram(h.Root, "dnf") == "" {
			return ""
		}
	case "python urllib":
		p, _ = PythonVersion(h.Root)
	case "python requests":
		p, _ = PythonPackage(h.Root, "requests")
	case "node":
		p, _ = PackageVersion(h.Root, "nodejs")
	case "java":
		return ""
	default:
		p, _ = PackageVersion(h.Root, s.binary)
	}
	return upstream(p.Version)
}

// sudoRemarks tells that sudo takes the variables away which this shell has.
func (h Host) sudoRemarks() []Remark {
	if _, found := find(h.Env, "HTTPS_PROXY"); !found {
		if _, found = find(h.Env, "https_proxy"); !found {
			return nil
		}
	}
	files := append([]string{"/etc/sudoers"}, h.Root.Glob("/etc/sudoers.d/*")...)
	seen := ""
	for _, file := range files {
		text, ok := h.Root.text(file)
		if !ok {
			continue
		}
		seen = file
		for line := range strings.Lines(text) {
			if strings.Contains(line, "env_keep") && strings.Contains(strings.ToLower(line), "_proxy") {
				return nil
			}
		}
	}
	if seen == "" {
		return nil
	}
	return []Remark{{Code: SudoDrops, Source: "/etc/sudoers", Variable: "env_keep", Text: "no proxy variable is among those that sudo keeps"}}
}

// dockerHostFacts tell that an engine on plain TCP is reached through the proxy.
func dockerHostFacts(env route.Environment) []Remark {
	v, found := find(env, "DOCKER_HOST")
	address, tcp := strings.CutPrefix(v.Value, "tcp://")
	if !found || !tcp {
		return nil
	}
	target, err := parseHTTP(address)
	if err != nil {
		return nil
	}
	d := route.Go().Decide(env, target)
	if d.Kind != route.Proxy {
		return nil
	}
	return []Remark{{Code: DockerHostProxied, Source: v.Source, Variable: v.Name, Value: redact.Text(v.Value, maxShown),
		Text: "requests to the engine go to " + d.ProxyText, Write: "NO_PROXY=" + target.Hostname()}}
}
