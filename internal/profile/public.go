package profile

import (
	"slices"
	"strings"

	"pullpath/internal/evidence"
)

// registries are public ones of which no built-in profile has all hosts, each with the hosts below it. Their
// certificates are of public authorities, so that everybody's trust store has these: another authority there
// is somebody's on the way. Zones in which companies have private endpoints are not among them.
var registries = []string{
	"gcr.io", "nvcr.io", "docker.elastic.co", "registry.suse.com", "cgr.dev", "lscr.io", "container-registry.oracle.com",
	"registry.digitalocean.com", "registry.opensource.zalan.do", "docker.cloudsmith.io", "xpkg.upbound.io", "registry.fedoraproject.org",
	"registry.opensuse.org", "docker.n8n.io", "releases-docker.jfrog.io", "docker.redpanda.com", "registry.ollama.ai",
	"r2.cloudflarestorage.com",
}

// PublicRegistry reports whether a host is one of a registry of the public web: a built-in profile says so,
// or it is widely known.
func PublicRegistry(at evidence.Endpoint) bool {
	for _, p := range BuiltIn() {
		if h, ok := p.Entry(at); ok {
			return h.Public
		}
	}
	host := evidence.HostName(at.Host)
	return slices.ContainsFunc(registries, func(known string) bool { return host == known || strings.HasSuffix(host, "."+known) })
}
