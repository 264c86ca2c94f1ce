package client

import (
	"crypto/tls"
	"slices"
	"time"

	"pullpath/internal/credentials"
	"pullpath/internal/settings"
	"pullpath/tlsinspect"
)

// goConnect is the User-Agent of a CONNECT that net/http sends (transport.go).
const goConnect = "Go-http-client/1.1"

// likePodman is how a client asks that is built from containers/image, with its first version that
// goes on with a blob that broke off: containers/image has body_reader.go since v5.24.1.
func likePodman(resumesSince string) Asks {
	out := asksLikePodman
	out.ResumesSince = resumesSince
	return out
}

// What several clients share, because they are built from the same library.
var (
	// containers/image, docker/docker_client.go.
	// pkg manifest, NormalizedMIMEType: what has no type of a manifest is read as schema 1.
	// docker_image_src.go, GetBlob: a layer with URLs is fetched from them alone.
	// docker_client.go, minimumTokenLifetimeSeconds.
	asksLikePodman = Asks{ManifestByType: true, Foreign: InPlace, ID: "containers/image", Account: true, TokenLeast: time.Minute,
		// body_reader.go.
		Resumes: NeedsPart}
	// containers/image, docker/docker_client.go, newDockerClient.
	helloLikePodman = tlsinspect.Shape{Suites: tlsinspect.ModernSuites()}
	// containers/image, docker/docker_client.go and pkg/tlsclientconfig: a dialer of 30
	// s and a TLS handshake of 10 s. net/http, transport.go, dialConn: a CONNECT gets one
	// minute where the request has no deadline. moby (registry/registry.go) and
	// containerd (core/remotes/docker/config/hosts.go) have the same.
	waitsLikePodman = Waits{Dial: 30 * time.Second, Connect: time.Minute, Handshake: 10 * time.Second}

	// containers-certs.d(5).
	trustOfCommands = settings.Trust{Dirs: []string{"~/.config/containers/certs.d", "/etc/containers/certs.d", "/etc/docker/certs.d"},
		Place: "/etc/containers/certs.d"}
	trustOfServices = settings.Trust{Dirs: []string{"/etc/containers/certs.d", "/etc/docker/certs.d"}}
)

// restartedBy returns a trust with the command that makes a service read it.
func restartedBy(command string, t settings.Trust) settings.Trust {
	t.Restart = command
	return t
}

// All returns the clients: those that pull images, then those that people test with.
func All() []Client {
	out := slices.Concat(pulling(), engines(), tools())
	for i, c := range out {
		out[i].Logins.Client = c.Name
	}
	return out
}

// pulling returns the clients that pull images.
//
// The ways of asking: pings, methods and the form of containerd were measured with the
// clients' libraries (docs/field-notes.md), the parameters were read in their sources,
// which each value names.
func pulling() []Client {
	return []Client{podman(), buildah(), skopeo(), docker(), containerd(), crio(), kubelet(), buildkitd(), crane()}
}

func podman() Client {
	return Client{
		Name: "podman",
		Programs: []settings.Program{
			{Tool: "podman", Binary: "podman", LinuxOnly: true, Images: true, Own: settings.Host.FillFromContainersConf, Always: true,
				Mirrors: settings.ReadRegistries, Trust: trustOfCommands},
			{Tool: "podman service", Binary: "podman", Units: []string{"podman.service", "podman.socket"}, Scope: "remote clients and podman.socket",
				Images: true, Own: settings.Host.FillFromContainersConf, Trust: restartedBy("systemctl restart podman", trustOfServices)},
			{Tool: "podman service of the user", Binary: "podman", Units: []string{"podman.service", "podman.socket"}, Scope: "remote clients",
				OfUser: true, Images: true, Own: settings.Host.FillFromContainersConf},
		},
		Registries: settings.ReadRegistries,
		Logins:     credentials.Reader{Rules: credentials.Containers},
		Speaks: Speaks{
			// containers/image, docker/docker_client.go, defaultUserAgent.
			Agent: "containers/%s (github.com/containers/image)", ConnectAgent: goConnect, Release: "5.36.2", ReleaseOnly: true,
			Hello: helloLikePodman,
			// podman, go.mod of v4.4.2.
			Asks: likePodman("4.4.2"), Waits: waitsLikePodman,
		},
	}
}

func buildah() Client {
	return Client{Programs: []settings.Program{{Tool: "buildah", Binary: "buildah", LinuxOnly: true, Images: true,
		Own:   settings.Host.FillFromContainersConf,
		Trust: trustOfCommands}},
		Logins: credentials.Reader{Rules: credentials.Containers}}
}

func skopeo() Client {
	return Client{
		Name:       "skopeo",
		Programs:   []settings.Program{{Tool: "skopeo", Binary: "skopeo", Images: true, Trust: trustOfCommands}},
		Registries: settings.ReadRegistries,
		Logins:     credentials.Reader{Rules: credentials.Containers, NoDockerConfig: true},
		Speaks: Speaks{
			// skopeo, cmd/skopeo/main.go, defaultUserAgent.
			Agent: "skopeo/%s", ConnectAgent: goConnect, Release: "1.22.0",
			Hello: helloLikePodman,
			// skopeo, go.mod of v1.12.0.
			Asks: likePodman("1.12.0"), Waits: waitsLikePodman,
		},
	}
}

func docker() Client {
	return Client{
		Name: "docker", Row: "dockerd", Service: "docker",
		Programs: []settings.Program{
			{Tool: "docker build", Binary: "docker", Packages: []string{"docker-ce-cli", "docker-cli", "docker.io"}, Scope: "the token request"},
			{Tool: "docker CLI", Binary: "docker", Packages: []string{"docker-ce-cli", "docker-cli", "docker.io"}, Scope: "containers and builds",
				Own: settings.Host.FromDockerConfig, FileOnly: true},
			{Tool: "dockerd", Binary: "dockerd", Packages: dockerPackages(), Units: []string{"docker.service", "snap.docker.dockerd.service"},
				Files: []string{"/etc/docker/daemon.json"}, Process: "dockerd", Override: settings.Host.ApplyDaemonJSON,
				Trust: settings.Trust{Dirs: []string{"/etc/docker/certs.d"}, Restart: "systemctl restart docker"}},
			{Tool: "dockerd of the user", Binary: "dockerd", Packages: dockerPackages(), Units: []string{"docker.service"}, OfUser: true,
				Trust: settings.Trust{Dirs: []string{"~/.config/docker/certs.d"}}},
		},
		Registries: settings.ReadDockerd,
		Logins:     credentials.Reader{Rules: credentials.Docker},
		Speaks: Speaks{
			// moby, dockerversion/useragent.go; the kernel's part is left out.
			Agent: "docker/%s go/go1.24 os/linux arch/amd64", ConnectAgent: goConnect, Release: "28.5.2",
			// go-connections, tlsconfig/config.go, ClientDefault.
			Hello: tlsinspect.Shape{Suites: tlsinspect.ModernSuites(), MinVersion: tls.VersionTLS12},
			// moby, distribution/pull_v2.go, and distribution, registry/client: tags.Get
			// asks by HEAD and goes on with GET.
			// Its session.go authorizes each request by the list of challenges;
			// descriptorFromResponse (repository.go) wants type and length of the HEAD.
			// moby, registry/auth.go, PingV2Registry: a status is not looked at.
			// pull_v2.go, pullTag: a digest needs no HEAD. manifests.go, UnmarshalManifest.
			Asks: Asks{Heads: true, HeadNeeds: []string{"Content-Type", "Content-Length"}, ManifestByType: true,
				// pull.go, pullEndpoints, and errors.go, continueOnError: whatever fails at a mirror.
				TypeWithin: true, TagsAlone: true, AnyPing: true, BlobsFallBack: true,
				// distribution, registry/client/auth/session.go, minimumTokenLifetimeSeconds.
				LoginByPath: true, ID: "docker", Account: true, TokenLeast: time.Minute,
				// moby, distribution/pull_v2.go: a server without parts is asked anew.
				Resumes: TakesWhole},
			Waits: waitsLikePodman,
		},
	}
}

func containerd() Client {
	return Client{
		Name: "containerd", Service: "containerd",
		Programs: []settings.Program{{Tool: "containerd", Binary: "containerd", Packages: []string{"containerd.io", "containerd"},
			Process: "containerd", Files: []string{"/etc/containerd/config.toml"},
			Units: []string{"containerd.service", "rke2-agent.service", "rke2-server.service", "k3s.service", "k3s-agent.service",
				"snap.microk8s.daemon-containerd.service", "snap.k8s.containerd.service"},
			Own:   settings.Host.FillContainerd,
			Scope: "CRI pulls",
			// The default of config_path (containerd, plugins/cri/images/plugin.go).
			Trust: settings.Trust{Dirs: []string{"/etc/containerd/certs.d", "/etc/docker/certs.d", "/var/snap/microk8s/current/args/certs.d"},
				HostsTOML: true, Files: settings.ContainerdFiles,
				Restart: "systemctl restart containerd"}}},
		Registries: settings.ReadContainerd,
		// containerd has no store: nerdctl reads docker's, and a kubelet passes its pull
		// secrets by CRI.
		Logins: credentials.Reader{Rules: credentials.Docker},
		Speaks: Speaks{
			// containerd, core/remotes/docker/resolver.go.
			Agent: "containerd/%s", ConnectAgent: goConnect, Release: "2.1.9",
			// containerd, core/remotes/docker: resolver.go and auth/fetch.go.
			Asks: Asks{ManifestFirst: true, Heads: true, HeadOnly: true, HeadNeeds: []string{"Content-Type"}, HeadByType: true, Forms: true,
				// fetcher.go, Fetch: external URLs first.
				BlobsFallBack: true, FromFirst: true, Foreign: Before, ID: "containerd-client",
				// httpreadseeker.go, and fetcher.go: what was had is passed over in an answer of all.
				Resumes: TakesWhole},
			Waits: waitsLikePodman,
		},
	}
}

func crio() Client {
	return Client{
		Name: "crio", Service: "crio",
		Programs: []settings.Program{{Tool: "crio", Binary: "crio", Packages: []string{"cri-o"}, Units: []string{"crio.service"}, Process: "crio",
			Files: []string{"/etc/crio/crio.conf", "/etc/crio/crio.conf.d"},
			Scope: "CRI pulls", Images: true, Trust: restartedBy("systemctl restart crio", trustOfServices)}},
		Registries: settings.ReadRegistries,
		Logins:     credentials.Reader{Rules: credentials.Containers, File: settings.CRIOAuthFile},
		Speaks: Speaks{
			// cri-o, internal/version, UserAgent; go and kernel are left out.
			Agent: "cri-o/%s", ConnectAgent: goConnect, Release: "1.33.0",
			Hello: helloLikePodman,
			// cri-o, go.mod of v1.27.0.
			Asks: likePodman("1.27.0"), Waits: waitsLikePodman,
		},
	}
}

func buildkitd() Client {
	return Client{Programs: []settings.Program{
		// https://github.com/moby/buildkit/tree/v0.32.2/examples/systemd
		{Tool: "buildkitd", Binary: "buildkitd", Units: []string{"buildkit.service", "buildkitd.service"}, Process: "buildkitd", Scope: "builds",
			Mirrors: settings.ReadBuildkitd,
			Trust: settings.Trust{Files: settings.BuildkitdFiles, Restart: "systemctl restart buildkit",
				Place: "/etc/buildkit/buildkitd.toml (ca = [\"FILE\"] below [registry.\"HOST\"])"}},
		{Tool: "buildkitd of the user", Binary: "buildkitd", Units: []string{"buildkit.service"}, Scope: "builds", OfUser: true,
			Trust: settings.Trust{Files: settings.BuildkitdOfUserFiles,
				Place: "~/.config/buildkit/buildkitd.toml (ca = [\"FILE\"] below [registry.\"HOST\"])"}},
	}}
}

func kubelet() Client {
	return Client{Programs: []settings.Program{{Tool: "kubelet", Binary: "kubelet", Units: []string{"kubelet.service"}, Process: "kubelet",
		Files: []string{"/etc/kubernetes/kubelet.conf", "/var/lib/kubelet/config.yaml"}, Starts: settings.Host.CredentialPlugins,
		Scope: "credential plugins; it does not pull"}}}
}

func crane() Client {
	return Client{
		Name:     "crane",
		Programs: []settings.Program{{Tool: "crane", Binary: "crane"}},
		Logins:   credentials.Reader{Rules: credentials.Crane},
		Speaks: Speaks{
			// go-containerregistry, pkg/v1/remote/transport/useragent.go.
			Agent: "go-containerregistry/v%s", ConnectAgent: goConnect, Release: "0.22.1",
			// go-containerregistry, pkg/v1/remote/options.go, DefaultTransport: ForceAttemptHTTP2.
			HTTP2: true,
			// go-containerregistry, pkg/v1/remote/transport: ping.go and bearer.go.
			// remote/image.go, Compressed: the registry, then the URLs.
			Asks: Asks{Foreign: After, ID: "go-containerregistry", RefusesPrivateRealms: true, RefusesPlainRealms: true, AnyRedirects: true},
			// go-containerregistry, pkg/v1/remote/options.go, DefaultTransport.
			Waits: Waits{Dial: 5 * time.Second, Connect: time.Minute, Handshake: 10 * time.Second},
		},
	}
}

// dockerPackages returns those that bring Docker's engine.
func dockerPackages() []string { return []string{"docker-ce", "docker.io", "moby-engine"} }
