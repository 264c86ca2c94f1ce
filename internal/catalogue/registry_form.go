package catalogue

import (
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/words"
)

// registryHeaderMissing is about answers that some clients can use and some cannot.
func registryHeaderMissing() diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	without := func(title, client string, fields ...string) fault.World {
		return fault.World{Title: title, Targets: image, Flags: asClient(client), Faults: []fault.Fault{
			fault.HTTP{Host: "registry.redhat.io", Path: "/v2/ubi9/ubi/manifests", Remove: fields}}}
	}
	return answerRow(diagnosis.Entry{
		Code: RegistryHeaderMissing, Since: "0.1.0",
		Layer: diagnosis.Registry, Strength: diagnosis.Proven, Audience: diagnosis.RegistryOperator,
		Title: "{hosts} answers without {field}, and this client insists on it",
		Means: "The image is there, and the answer lacks what this client needs. A cache or reverse proxy before the registry " +
			"may take it away. {owner}",
		Remedy: "have {targets}, or what stands before it, answer requests for manifests with {field}",
		Symptoms: []diagnosis.Symptom{
			{Text: "missing or empty Content-Type header", Cite: "https://github.com/docker/cli/issues/5304"},
			{Text: "missing or empty Content-Length header", Cite: "https://github.com/docker/for-mac/issues/5143"},
		},
		Cite: []string{
			"https://github.com/containerd/containerd/issues/7390",
			"https://github.com/goharbor/harbor/pull/13793",
			"https://github.com/distribution/distribution/blob/v2.8.3/registry/client/repository.go (descriptorFromResponse)",
		},
		Values: []string{"field"},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(statusOf(h) == 200 && stepOf(h) == evidence.StepManifest && missingField(h) != "")
		},
		Refine:  func(_ *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) { m.Values["field"] = missingField(g[0]) },
		Provoke: without("a cache takes the type of manifests away, and docker pulls", "docker", "Content-Type"),
		Also: []fault.World{
			without("an edge takes the length of manifests away, and docker pulls", "docker", "Content-Length"),
			without("a cache takes the type of manifests away, and containerd pulls", "containerd", "Content-Type"),
			without("a cache takes the type of manifests away, and podman pulls", "", "Content-Type"),
			{Title: "a cache gives manifests the type of any bytes, and containerd pulls", Targets: image, Flags: asClient("containerd"),
				Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/ubi9/ubi/manifests",
					Remove: []string{"Content-Type"}, Headers: []string{"Content-Type: application/octet-stream"}}}},
		},
	})
}

// missingField is the field of a manifest's answer that a client insisted on: one that is not
// there, or a type that is none of a manifest's.
func missingField(h evidence.Hop) string {
	d := evidence.DetailOf[evidence.Request](h)
	for _, name := range []string{"Content-Type", "Content-Length"} {
		if value, _ := evidence.HeaderValue(d.Headers, name); value == "" {
			return name
		}
	}
	sound := d.Digest != nil && d.Digest.Want != "" && d.Digest.Want == d.Digest.Got
	if _, named := evidence.HeaderValue(d.Headers, "Docker-Content-Digest"); named && d.Method == "HEAD" {
		sound = true // no body came: who names a manifest's digest is a registry
	}
	if kind, other := otherType(d); sound && other {
		return "the Content-Type of a manifest (it has " + words.Quoted(kind) + ")"
	}
	return ""
}

// otherType is the type of an answer, and whether it is none of a manifest's.
func otherType(d evidence.Request) (string, bool) {
	kind, _ := evidence.HeaderValue(d.Headers, "Content-Type")
	return kind, !strings.Contains(kind, "manifest") && !strings.Contains(kind, "image.index")
}

// registrySpeaksHTTP is about registries without TLS.
func registrySpeaksHTTP() diagnosis.Entry {
	hosts := []fault.Host{{Name: "harbor.corp.example", Role: "registry", Address: "203.0.113.150", Private: true, Plain: true}}
	allowed := map[string]string{"/etc/containers/registries.conf": "[[registry]]\nlocation = \"harbor.corp.example:80\"\n" +
		"insecure = true\n"}
	insecure := map[string]string{"/etc/docker/daemon.json": `{"insecure-registries": ["harbor.corp.example"]}`}
	return diagnosis.Entry{
		Code: RegistrySpeaksHTTP, Since: "0.1.0",
		Layer: diagnosis.Registry, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "the registry at {hosts} speaks plain HTTP, and this client speaks TLS to it",
		Seen:  "{peers}: {text}; {asked} in plain HTTP: {answers}",
		Means: "A client speaks TLS to every registry that its configuration does not call insecure. Without TLS, content and logins can be " +
			"read and changed on the way.",
		Remedy: "name the port of {targets} that speaks TLS, if there is one",
		Or: diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "if the registry shall stay without TLS, allow it in the client: podman " +
			"insecure = true in registries.conf, docker insecure-registries in daemon.json, containerd an http:// host in hosts.toml"},
		Symptoms: []diagnosis.Symptom{
			{Text: "http: server gave HTTP response to HTTPS client", Cite: "https://github.com/containers/image/issues/1583"},
		},
		Cite: []string{
			"https://github.com/containers/image/issues/1583",
			"https://github.com/distribution/distribution/issues/1929",
			"containers-registries.conf(5) (insecure)",
		},
		Values: []string{"peers", "text", "asked", "answers"},
		Needs:  []evidence.Op{evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest},
		After:  wrongAddress(),
		Match: func(v *diagnosis.View) []diagnosis.Match {
			failed := withoutTLS(v)
			return matchEachWith(diagnosis.Group(failed, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) diagnosis.Match {
				answer := inPlain(v, g[0])
				m := diagnosis.Match{Hops: diagnosis.IDs(append(g, answer...)), Values: map[string]string{"peers": peers(g[:1]),
					"text": reason(g[0]), "asked": askedInPlain(answer[0]), "answers": answerText(evidence.DetailOf[evidence.Request](answer[0]))}}
				if g[0].Probe == evidence.ProbeTLSFirst {
					m.Severity = diagnosis.Warning
					m.Means = "The client's configuration allows this registry to be without TLS, so the pull goes on in plain HTTP. Content and " +
						"logins can be read and changed on the way; this check sent no login."
					m.Remedy = "have {targets} speak TLS, and take the permission out of the client's configuration"
				}
				return m
			})
		},
		Provoke: fault.World{Title: "the company's registry has no TLS", Direct: true, Hosts: hosts,
			Targets: []string{"harbor.corp.example:80/ubi9/ubi:latest"}},
		Also: []fault.World{{Title: "the company's registry has no TLS, and podman may do without", Direct: true, Hosts: hosts, Anonymous: true,
			Targets: []string{"harbor.corp.example:80"}, Files: allowed},
			{Title: "the company's registry has no TLS, podman may do without, and the login stays at home", Direct: true, Hosts: hosts,
				Targets: []string{"harbor.corp.example:80/ubi9/ubi:latest"}, Files: allowed,
				Faults: []fault.Fault{fault.HTTP{Host: "harbor.corp.example", Path: "/v2/", Status: 401,
					Headers: []string{`WWW-Authenticate: Basic realm="Harbor"`}}}},
			{Title: "the company's registry has no TLS, dockerd may do without, and names no port", Direct: true, Hosts: hosts, Anonymous: true,
				Targets: []string{"harbor.corp.example"}, Flags: asClient("docker"), Files: insecure},
			{Title: "the port of https is shut, and dockerd may do without TLS", Direct: true, Hosts: hosts, Anonymous: true,
				Targets: []string{"harbor.corp.example"}, Flags: asClient("docker"), Files: insecure,
				Faults: []fault.Fault{fault.Socket{Host: "harbor.corp.example", Port: 443, Effect: fault.Refuse}}}},
	}
}

// withoutTLS are the hops at which TLS with a registry came to nothing that answers in plain HTTP: where
// the client may do without, whatever broke.
func withoutTLS(v *diagnosis.View) []evidence.Hop {
	var out []evidence.Hop
	for _, op := range []evidence.Op{evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake} {
		out = append(out, v.Hops(op, func(h evidence.Hop) bool {
			broke := h.Probe == evidence.ProbeTLSFirst && h.State == evidence.Failed || h.FailedWith(evidence.NotTLS)
			return broke && len(inPlain(v, h)) > 0
		})...)
	}
	return out
}

// askedInPlain names the port that answered: that of http, where the image's name has none.
func askedInPlain(answer evidence.Hop) string {
	u, err := url.Parse(evidence.DetailOf[evidence.Request](answer).URL)
	if err == nil && u.Port() == "" && !strings.HasSuffix(answer.Target, ":80") {
		return "port 80 asked"
	}
	return "the same port asked"
}

// inPlain are the answers of a registry to the first request in plain HTTP after a handshake
// that was not answered by TLS: a side probe's, or the path's where the client may do without.
func inPlain(v *diagnosis.View, h evidence.Hop) []evidence.Hop {
	probe := evidence.ProbePlainHTTP
	if h.Probe == evidence.ProbeTLSFirst {
		probe = ""
	}
	return v.HopsAbout(evidence.OpRequest, diagnosis.About{}.Probe(probe).Target(h.Target).State(evidence.OK), func(o evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Request](o)
		return d.AuthSent == "" && d.Withheld == "" && strings.HasPrefix(d.URL, "http://") && isRegistrys(d)
	})
}

// isRegistrys reports whether an answer to /v2/ is one that registries alone give.
func isRegistrys(d evidence.Request) bool {
	version, _ := evidence.HeaderValue(d.Headers, "Docker-Distribution-Api-Version")
	return version != "" || d.Code == 401 && len(d.Challenges) > 0
}

// registrySpeaksTLS is about registries that a client asks without TLS.
func registrySpeaksTLS() diagnosis.Entry {
	hosts := []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "203.0.113.150", Private: true},
		{Name: "far.corp.example", Role: "registry", Address: "203.0.113.151", Private: true}}
	plain := []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "203.0.113.150", Private: true, Plain: true}}
	e := answerRow(diagnosis.Entry{
		Code: RegistrySpeaksTLS, Since: "0.1.0",
		Layer: diagnosis.Registry, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "{hosts} speaks TLS, and is asked in plain HTTP",
		Means:  "The server says that it was asked in plain HTTP at a port that speaks TLS. The address that led there has http://.",
		Remedy: "write https:// where {targets} is named: in the client's configuration of the registry",
		Symptoms: []diagnosis.Symptom{
			{Text: "Client sent an HTTP request to an HTTPS server", Cite: "https://github.com/golang/go/blob/go1.26.8/src/net/http/server.go"},
			{Text: "The plain HTTP request was sent to HTTPS port", Cite: "https://nginx.org/en/docs/http/ngx_http_ssl_module.html#errors"},
		},
		Cite: []string{
			"https://github.com/golang/go/blob/go1.26.8/src/net/http/server.go (Client sent an HTTP request to an HTTPS server)",
			"https://nginx.org/en/docs/http/ngx_http_ssl_module.html#errors (497)",
		},
		When: func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			body := evidence.DetailOf[evidence.Request](h).Body
			m := when(body != nil && v.Target(h.Target).Plain && slices.ContainsFunc(body.Markers, func(m string) bool {
				return slices.ContainsFunc(evidence.WantsTLS(), func(text string) bool { return strings.EqualFold(m, text) })
			}))
			if m != nil && v.Target(h.Target).FoundBy == "redirect" {
				m.Audience, m.Remedy = diagnosis.RegistryOperator, "write https://{targets} in what redirects there"
			}
			return m
		},
		Provoke: fault.World{Title: "a registry redirects by http:// to a port that speaks TLS", Direct: true, Hosts: hosts,
			Targets: []string{"registry.corp.example/ubi9/ubi:latest"}, Faults: []fault.Fault{fault.HTTP{Host: "registry.corp.example",
				Path: "/v2/ubi9", Status: 307, To: "http://far.corp.example:443{path}"}}},
		Also: []fault.World{{Title: "the port of a registry that is asked in plain HTTP answers with an alert of TLS", Direct: true,
			Hosts: plain, Targets: []string{"registry.corp.example:80/ubi9/ubi:latest"},
			Files: map[string]string{"/etc/containers/registries.conf": "[[registry]]\nlocation = \"registry.corp.example:80\"\n" +
				"insecure = true\n"},
			Faults: []fault.Fault{fault.HTTP{Host: "registry.corp.example", Raw: "\x15\x03\x01\x00\x02\x02\x0a"}}}},
	})
	said := e.Match
	e.Match = func(v *diagnosis.View) []diagnosis.Match { return append(said(v), matchAnswersInTLS(v)...) }
	return e
}

// matchAnswersInTLS finds requests of plain HTTP that are answered by a record of TLS: an alert, as
// servers send that speak nothing else (RFC 8446 sections 5.1 and 6). A text has what Go's client says of it.
func matchAnswersInTLS(v *diagnosis.View) []diagnosis.Match {
	hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
		return h.OnPath() && h.FailedWith() && overHTTP(h) && (evidence.DetailOf[evidence.Request](h).Alert != 0 ||
			strings.Contains(h.Failure.Text, `malformed HTTP response "\x15\x03`))
	})
	return matchEachWith(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) diagnosis.Match {
		values := requestValues(v, g)
		values["answers"] = join(g, reason)
		return diagnosis.Match{Hops: diagnosis.IDs(g), Values: values,
			Means: "What answers the request of plain HTTP is an alert of TLS: the port speaks TLS. The address that led there has http://."}
	})
}

// registryBlocked is about images that the client's own configuration forbids.
func registryBlocked() diagnosis.Entry {
	return diagnosis.Entry{
		Code: RegistryBlockedByPolicy, Since: "0.1.0",
		Layer: diagnosis.Settings, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "this client's own configuration forbids {hosts}",
		Seen:   "{where} has blocked = true for {entry}",
		Means:  "The client refuses before it sends anything. Network, proxy and registry have no part in it.",
		Remedy: "remove blocked from the entry for {entry} in {where}, or pull from a registry that is allowed",
		Symptoms: []diagnosis.Symptom{
			{Text: "registry … is blocked in /etc/containers/registries.conf",
				Cite: "https://github.com/containers/image/blob/v5.36.2/docker/docker_image_src.go"},
		},
		Cite:   []string{"containers-registries.conf(5) (blocked)"},
		Values: []string{"where", "entry"},
		Needs:  []evidence.Op{evidence.OpSetting},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.Hops(evidence.OpSetting, func(h evidence.Hop) bool {
				return h.State == evidence.Failed && setting(h).Decision == evidence.RegistryDecision
			})
			return matchEach(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) map[string]string {
				return map[string]string{"where": setting(g[0]).Source, "entry": setting(g[0]).Value}
			})
		},
		Provoke: fault.World{Title: "podman may not pull from the registry", Direct: true, Targets: []string{fault.Image + ":" + fault.ImageTag},
			Files: map[string]string{"/etc/containers/registries.conf": "[[registry]]\nlocation = \"registry.redhat.io\"\nblocked = true\n"}},
	}
}
