package route

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// family is one kind of client: how a version of it decides, and the newest
// version that was measured.
type family struct {
	name   string
	newest string
	make   func(version) Dialect
}

// families returns the kinds of clients that are known.
func families() []family {
	ruby := func(name string) func(version) Dialect {
		return func(v version) Dialect { return rubyDialect(name, v) }
	}
	plain := func(v version) Dialect {
		return directDialect("node-fetch-noenv", v, "Node reads the variables only with NODE_USE_ENV_PROXY=1")
	}
	return []family{
		{"go", goNewest, goDialect}, {"curl", "8.23.0", curlDialect}, {"git", "2.55.0", gitDialect},
		{"wget", "1.25.0", wgetDialect}, {"wget2", "2.2.0", wget2Dialect},
		{"python-urllib", "3.14.10", urllibDialect}, {"requests", "2.34.2", requestsDialect},
		{"httpx", "0.28.1", httpxDialect}, {"aiohttp", "3.14.3", aiohttpDialect},
		{"subscription-manager", "", subscriptionManagerDialect}, {"insights-client", "", insightsDialect},
		{"ruby-nethttp", "3.3.8", ruby("ruby-nethttp")}, {"ruby-openuri", "3.3.8", ruby("ruby-openuri")},
		{"undici", "8.12.4", undiciDialect}, {"node-envproxy-fetch", "26.10.0", nodeFetchDialect},
		{"node-envproxy-http", "26.10.0", nodeHTTPDialect}, {"node-fetch-noenv", "20.20.2", plain},
		{"java", "17-env", javaDialect},
	}
}

// Families returns the names of the known kinds of clients.
func Families() []string {
	var out []string
	for _, f := range families() {
		out = append(out, f.name)
	}
	return out
}

// builtWith are measured programs by the Go release that they were built with;
// each answered as a plain Go program of that release does (docs/field-notes.md#proxy-settings).
func builtWith() map[string]string {
	return map[string]string{
		"cli/buildah-pull-1.28.2": "1.19.8", "cli/buildah-pull-1.39.3": "1.24.4", "cli/buildah-pull-1.43.2": goNewest,
		"cli/buildx-imagetools-0.13.1": "1.24.4", "cli/buildx-imagetools-0.29.1": goNewest,
		"cli/crane-0.22.1": goNewest, "cli/docker-manifest-26.1.5": "1.24.4", "cli/docker-manifest-28.5.2": goNewest,
		"cli/helm-3.22": goNewest, "cli/kubectl-1.32.4": "1.24.4", "cli/oras-1.3.6": goNewest, "cli/regctl-0.11.7": goNewest,
		"cli/podman-login-4.3.1": "1.19.8", "cli/podman-login-5.4.2": "1.24.4", "cli/podman-login-5.8.6": goNewest,
		"cli/podman-pull-4.3.1": "1.19.8", "cli/podman-pull-5.4.2": "1.24.4", "cli/podman-pull-5.8.6": goNewest,
		"cli/skopeo-1.9.3": "1.19.8", "cli/skopeo-1.18.0": "1.24.4", "cli/skopeo-1.22.0": goNewest,
	}
}

var versioned = regexp.MustCompile(`^(.+?)-([0-9][^-]*(?:-.*)?)$`)

// Named returns the dialect of a name as the report spells it: a family ("curl",
// the newest measured version) or a family with a version ("curl-7.88.1"). A
// version between two that are known to differ takes the rules of the older.
func Named(name string) (Dialect, error) {
	if release, ok := builtWith()[name]; ok {
		d := goDialect(parseVersion(release))
		d.Name = name
		for _, tool := range []string{"cli/podman-pull-", "cli/buildah-pull-", "cli/skopeo-"} {
			if strings.HasPrefix(name, tool) {
				d = d.ForImages()
			}
		}
		return d, nil
	}
	known, text := name, ""
	if m := versioned.FindStringSubmatch(name); m != nil && !slices.Contains(Families(), name) {
		known, text = m[1], m[2]
	}
	for _, f := range families() {
		if f.name != known {
			continue
		}
		if text == "" {
			text = f.newest
		}
		d := f.make(parseVersion(text))
		return d, nil
	}
	return Dialect{}, fmt.Errorf("no client family is called %q; known are %s", known, strings.Join(Families(), ", "))
}

// At returns the dialect of a family at a version; the newest measured for "".
func At(family, version string) (Dialect, error) {
	if version == "" {
		return Named(family)
	}
	return Named(family + "-" + version)
}
