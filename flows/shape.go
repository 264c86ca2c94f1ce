package flows

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"strings"

	"pullpath/tlsinspect"
)

// Shape is how a client introduces itself. A proxy's user-agent rule must meet
// what the real client sends.
type Shape struct {
	// Tool is the client's name, Version its version as it was found.
	Tool    string
	Version string
	// Daemon tells that a service manager starts it.
	Daemon bool
	// requestAgent goes with requests, connectAgent with CONNECT.
	requestAgent, connectAgent string
	asks                       asking
	// looksUpForSOCKS tells that it looks a host up itself for a socks5:// proxy.
	looksUpForSOCKS bool
	// hello is what is in its ClientHello.
	hello tlsinspect.Shape
}

// asking is how a client asks, as far as a filter on the way can tell clients
// apart by it.
type asking struct {
	// manifestFirst leaves out /v2/ and begins with the manifest.
	manifestFirst bool
	// heads asks for a manifest by HEAD before GET; headOnly gives up where HEAD is
	// refused, others go on with GET.
	heads, headOnly bool
	// forms sends a login in a form (grant_type=password), and by GET only where the
	// token server knows no POST.
	forms bool
	// refusesPrivateRealms gives up where the challenge names a token server by an
	// address that is private, loopback or link-local and not the registry's own
	// (go-containerregistry since v0.21.5, issue 2258).
	refusesPrivateRealms bool
	// clientID names the client in token requests, by GET where idInQuery says so and
	// in every form. account names the user in the query.
	clientID           string
	idInQuery, account bool
}

// The ways of asking. Pings, methods and the containerd form were measured with the
// libraries of the clients (failures 0.1 rule 8), the parameters read in their
// sources (registries 1.3).
var (
	// containers/image, docker/docker_client.go.
	asksLikePodman = asking{clientID: "containers/image", account: true}
	// moby, distribution/pull_v2.go, and distribution, registry/client: tags.Get asks
	// by HEAD and goes on with GET.
	asksLikeDocker = asking{heads: true, clientID: "docker", account: true}
	// containerd, core/remotes/docker: resolver.go and auth/fetch.go.
	asksLikeContainerd = asking{manifestFirst: true, heads: true, headOnly: true, forms: true, clientID: "containerd-client"}
	// go-containerregistry, pkg/v1/remote/transport: ping.go and bearer.go.
	asksLikeCrane = asking{clientID: "go-containerregistry", refusesPrivateRealms: true}
	// The article's commands.
	asksLikeCurl = asking{clientID: "curl", idInQuery: true}
)

// goConnect is the User-Agent of a CONNECT that net/http sends (transport.go).
const goConnect = "Go-http-client/1.1"

// shapes lists the modelled clients: the format of their User-Agent and the
// version that stands in where none was found.
func shapes() []struct {
	tool, agent, version string
	asks                 asking
} {
	return []struct {
		tool, agent, version string
		asks                 asking
	}{
		// containers/image, docker/docker_client.go, defaultUserAgent.
		{"podman", "containers/%s (github.com/containers/image)", "5.36.2", asksLikePodman},
		// skopeo, cmd/skopeo/main.go, defaultUserAgent.
		{"skopeo", "skopeo/%s", "1.22.0", asksLikePodman},
		// moby, dockerversion/useragent.go; the kernel's part is left out.
		{"docker", "docker/%s go/go1.24 os/linux arch/amd64", "28.5.2", asksLikeDocker},
		// containerd, core/remotes/docker/resolver.go.
		{"containerd", "containerd/%s", "2.1.9", asksLikeContainerd},
		// cri-o, internal/version, UserAgent; go and kernel are left out.
		{"crio", "cri-o/%s", "1.33.0", asksLikePodman},
		// go-containerregistry, pkg/v1/remote/transport/useragent.go.
		{"crane", "go-containerregistry/v%s", "0.22.1", asksLikeCrane},
		{"curl", "curl/%s", "8.14.1", asksLikeCurl},
	}
}

// helloOf is the ClientHello of a tool, none of which offers ALPN here: HTTP/1.1
// is spoken, as podman, docker and containerd do (measured: 1502 bytes for
// registry.redhat.io in containers/image, 1510 in containerd, Go 1.26). crane
// offers h2 besides, and curl's is OpenSSL's: these two are not modelled.
func helloOf(tool string) tlsinspect.Shape {
	switch tool {
	case "docker":
		// go-connections, tlsconfig/config.go, ClientDefault.
		return tlsinspect.Shape{Suites: tlsinspect.ModernSuites(), MinVersion: tls.VersionTLS12}
	case "podman", "skopeo", "crio":
		// containers/image, docker/docker_client.go, newDockerClient.
		return tlsinspect.Shape{Suites: tlsinspect.ModernSuites()}
	}
	return tlsinspect.Shape{}
}

// notModelled says what a run does not imitate of its client.
func (s Shape) notModelled() string {
	switch s.Tool {
	case "crane":
		return "crane's ClientHello: it offers h2 besides"
	case "curl":
		return "curl's ClientHello: that of its TLS library; Go's own is sent"
	}
	return ""
}

// ClientName is the client whose shape a run takes without --client.
const ClientName = "podman"

// ShapeOf returns the shape of a tool; an error says that it is not modelled. The
// version may be empty. podman's is that of containers/image, which it sends, and
// which no file on a host tells.
func ShapeOf(tool, version string) (Shape, error) {
	var known []string
	for _, s := range shapes() {
		if s.tool != tool {
			known = append(known, s.tool)
			continue
		}
		sent := cmp.Or(version, s.version)
		if tool == "podman" {
			sent = s.version
		}
		out := Shape{Tool: tool, Version: version, requestAgent: fmt.Sprintf(s.agent, sent), connectAgent: goConnect, asks: s.asks, hello: helloOf(tool)}
		if tool == "curl" {
			out.connectAgent, out.looksUpForSOCKS = out.requestAgent, true
		}
		out.Daemon = tool == "docker" || tool == "containerd" || tool == "crio"
		return out, nil
	}
	return Shape{}, fmt.Errorf("client %q is not modelled; %s are", tool, strings.Join(known, ", "))
}

// shape is the run's, podman's where none was set.
func (c Config) shape() Shape {
	if c.Client.Tool != "" {
		return c.Client
	}
	s, _ := ShapeOf(ClientName, "")
	return s
}

// Tools lists the modelled clients.
func Tools() []string {
	var out []string
	for _, s := range shapes() {
		out = append(out, s.tool)
	}
	return out
}
