package settings

import (
	"pullpath/internal/route"
)

// shellTool is a client that is started from a shell and takes the shell's
// environment.
type shellTool struct {
	tool   string
	family string
	scope  string
}

// shellTools lists the clients that a shell starts, in the order of the table.
func shellTools() []shellTool {
	return []shellTool{
		{"podman", "go", ""}, {"buildah", "go", ""}, {"skopeo", "go", ""},
		{"docker build", "go", "the token request"},
		{"crane", "go", ""}, {"oras", "go", ""}, {"helm", "go", ""},
		{"curl", "curl", ""}, {"git", "git", ""}, {"dnf", "curl", ""},
		{"python urllib", "python-urllib", ""}, {"python requests", "requests", ""},
		{"subscription-manager", "subscription-manager", ""}, {"insights-client", "insights-client", ""},
		{"wget", "wget", ""}, {"wget2", "wget2", ""}, {"node", "node-fetch-noenv", ""}, {"java", "java", ""},
	}
}

// OfEnvironment returns the clients that a shell with this environment starts,
// where nothing but the environment is known: the newest rules of each, assumed.
func OfEnvironment(env route.Environment) []Client {
	var out []Client
	for _, s := range shellTools() {
		d, err := route.Named(s.familyIn(env))
		if err != nil {
			continue // the table names known families only; a test holds it
		}
		out = append(out, Client{Tool: s.tool, Dialect: d, Assumed: true, Env: env, Scope: s.scope})
	}
	return withFacts(out)
}

// familyIn is the tool's family under this environment: Node reads the variables
// only when it is told to.
func (s shellTool) familyIn(env route.Environment) string {
	if s.family != "node-fetch-noenv" {
		return s.family
	}
	for _, v := range env {
		if v.Name == "NODE_USE_ENV_PROXY" && v.Value == "1" {
			return "node-envproxy-http"
		}
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
