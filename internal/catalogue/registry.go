package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/refusal"
	"pullpath/internal/words"
)

// Codes of causes that lie in the registry itself.
const (
	RegistryUnlike          diagnosis.Code = "registry-unlike"           // the host answers, and not as a registry does
	RegistryUnlikeProfile   diagnosis.Code = "registry-unlike-profile"   // a registry answers, and not as the one that the profile knows
	RegistryTokenRejected   diagnosis.Code = "registry-token-rejected"   // the host does not accept the token that its token server gave
	RegistryAccessDenied    diagnosis.Code = "registry-access-denied"    // this account may not pull the image from the host
	RegistryNotFound        diagnosis.Code = "registry-not-found"        // the host does not have the image
	RegistryHeaderMissing   diagnosis.Code = "registry-header-missing"   // an answer lacks a field that this client insists on
	RegistrySpeaksHTTP      diagnosis.Code = "registry-speaks-http"      // the registry speaks plain HTTP, and the client speaks TLS
	RegistrySpeaksTLS       diagnosis.Code = "registry-speaks-tls"       // the registry speaks TLS, and the client plain HTTP
	RegistryPlatformMissing diagnosis.Code = "registry-platform-missing" // the image is not made for this platform
	RegistryMirrorUpstream  diagnosis.Code = "registry-mirror-upstream"  // the host is a cache, and its upstream refuses it
)

// unlikeProfile: a registry that answers soundly, and not as the profile knows it.
func unlikeProfile() diagnosis.Entry {
	challenge := `WWW-Authenticate: Bearer realm="https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth",` +
		`service="corp-mirror"`
	return diagnosis.Entry{
		Code: RegistryUnlikeProfile, Since: "0.1.0",
		Layer: diagnosis.Registry, Severity: diagnosis.Warning, Strength: diagnosis.Likely, Audience: diagnosis.NetworkTeam,
		Title: "{hosts} answers as a registry, but not as the one that the profile describes",
		Seen:  "{requests}: {differs}",
		Means: "A mirror, a caching proxy or a gateway may answer under this name; or the registry has changed and the profile is " +
			"out of date. Logins go to the token server that the answer names.",
		Remedy: "find out who answers under {hosts} from here: name, address and chain are shown above; if it is the registry " +
			"itself, correct expect in the profile",
		Cite: []string{
			"docs/field-notes.md#red-hats-registry",
			"https://distribution.github.io/distribution/spec/auth/token/",
		},
		Values: []string{"requests", "differs"},
		Needs:  []evidence.Op{evidence.OpRequest},
		After:  []diagnosis.Code{AuthRealmUnusable, AuthRealmPlaintext},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
				d := evidence.DetailOf[evidence.Request](h)
				return h.OnPath() && h.State == evidence.OK && d.Code/100 != 3 && d.AuthSent == "" && (d.Step == evidence.StepPing ||
					d.Step == evidence.StepManifest && d.Code == 401) && unlike(v, h) != ""
			})
			return matchEach(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) map[string]string {
				return map[string]string{"requests": join(g, requestLine), "differs": unlike(v, g[0])}
			})
		},
		Provoke: fault.World{Title: "a mirror answers under the registry's name", Anonymous: true,
			Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io",
				Path: "/v2/", Status: 401, Headers: []string{"Content-Type: application/json",
					"Docker-Distribution-Api-Version: registry/2.0", challenge},
				Body: `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`}}},
	}
}

// unlike says in what an answer differs from the fingerprint, empty for nothing or
// where none is stated.
func unlike(v *diagnosis.View, h evidence.Hop) string {
	want := v.Target(h.Target).Expect
	if want == nil {
		return ""
	}
	var out []string
	d := evidence.DetailOf[evidence.Request](h)
	if got, _ := evidence.HeaderValue(d.Headers, "Docker-Distribution-Api-Version"); want.APIVersion != "" && got != want.APIVersion {
		out = append(out, "Docker-Distribution-Api-Version is "+words.Quoted(got)+", expected "+words.Quoted(want.APIVersion))
	}
	for _, c := range d.Challenges {
		if !strings.EqualFold(c.Scheme, "Bearer") {
			continue
		}
		if realm := c.Params["realm"]; len(want.Realm) > 0 && !slices.Contains(want.Realm, realm) {
			out = append(out, "its realm is "+realm+", expected "+strings.Join(want.Realm, " or "))
		}
		if got := c.Params["service"]; want.Service != "" && got != want.Service {
			out = append(out, "its service is "+words.Quoted(got)+", expected "+words.Quoted(want.Service))
		}
	}
	return strings.Join(out, "; ")
}

func registry() []diagnosis.Entry {
	return []diagnosis.Entry{
		registryUnlike(), unlikeProfile(), registryTokenRejected(), registryAccessDenied(),
		registryNotFound(), registryPlatformMissing(), registryHeaderMissing(), registrySpeaksHTTP(), registrySpeaksTLS(),
		registryMirrorUpstream(),
	}
}

func registryMirrorUpstream() diagnosis.Entry {
	return answerRow(diagnosis.Entry{
		Code: RegistryMirrorUpstream, Since: "0.1.0",
		Layer: diagnosis.Registry, Strength: diagnosis.Proven, Audience: diagnosis.RegistryOperator,
		Title: "{hosts} is a cache, and the registry behind it does not serve it",
		Means: "The cache passes on what it met at its upstream: {messages}. The path from here to {hosts} works, and this host's login is " +
			"not what the upstream judges. {owner}",
		Remedy: "look at the upstream's address, login and rate limit in the cache's configuration, and at the cache's own way out",
		Symptoms: []diagnosis.Symptom{
			{Text: "unauthorized: http status code: 401, body:", Cite: "https://github.com/goharbor/harbor/issues/14767"},
			{Text: "unknown: artifact … not found", Cite: "https://github.com/goharbor/harbor/issues/18270"},
			{Text: "manifest unknown: manifest unknown", Cite: "https://github.com/sonatype/nexus-public/issues/639"},
			{Text: "unknown: Remote Auto Blocked until", Cite: "https://github.com/osism/testbed/issues/2357"},
			{Text: "denied: The authentication to the upstream registry failed", Cite: "https://github.com/aws/containers-roadmap/issues/2354"},
		},
		Cite: []string{
			"https://github.com/goharbor/harbor/issues/14767",
			"https://github.com/distribution/distribution/issues/4383",
		},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(means(h) == refusal.UpstreamFailed)
		},
		Provoke: fault.World{Title: "the cache's upstream refuses the cache", Targets: []string{fault.Image + ":" + fault.ImageTag},
			Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/ubi9", Status: 401,
				Headers: []string{"Content-Type: application/json"},
				Body:    `{"errors":[{"code":"UNAUTHORIZED","message":"http status code: 401, body: "}]}`}}},
		Also: []fault.World{{Title: "a cache cannot read what its upstream refuses with", Targets: []string{fault.Image + ":" + fault.ImageTag},
			Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/ubi9/ubi/blobs", Status: 500,
				Headers: []string{"Content-Type: application/json"},
				Body: `{"errors":[{"code":"UNKNOWN","message":"unknown error",` +
					`"detail":"error parsing HTTP 403 response body: unexpected end of JSON input"}]}`}}}},
	})
}

func registryUnlike() diagnosis.Entry {
	return answerRow(diagnosis.Entry{
		Code: RegistryUnlike, Since: "0.1.0",
		Layer: diagnosis.Registry, Strength: diagnosis.Likely, Audience: diagnosis.RegistryOperator,
		Title: "{hosts} answers, but not like a registry",
		Means: "A registry answers /v2/ with 200 in JSON, or with 401 and a challenge. This may be a web server, a portal page, or a " +
			"registry under another path. {owner}",
		Remedy: "check the name and the port of the registry; for a registry behind a reverse proxy, check that /v2/ is passed on",
		Symptoms: []diagnosis.Symptom{
			{Text: "unauthorized", Cite: "docs/field-notes.md#answers-that-mislead"},
			{Text: "invalid status code from registry 404 (Not Found)", Cite: "https://github.com/containers/image/blob/v5.36.2/docker/errors.go"},
			{Text: "error parsing HTTP 404 response body: invalid character 'p' after top-level value",
				Cite: "https://github.com/distribution/distribution/blob/v2.8.3/registry/client/errors.go"},
			{Text: "invalid character '<' looking for beginning of value", Cite: "https://github.com/moby/moby/issues/40507"},
		},
		Cite: []string{
			"docs/field-notes.md#answers-that-mislead",
			"https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#endpoints (end-1)",
		},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match { return takesUnlike(h) },
		Provoke: fault.World{Title: "a web server answers under the registry's name", Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io",
			Status: 200, Headers: []string{"Content-Type: text/html"}, Body: "<html><title>Welcome</title>It works.</html>"}}},
		Also: []fault.World{{Title: "a page is served as a manifest", Targets: []string{fault.Image + ":" + fault.ImageTag},
			Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/ubi9/ubi/manifests", Status: 200,
				Headers: []string{"Content-Type: text/html"}, Body: "<html><title>Welcome</title>It works.</html>"}}},
			{Title: "a web server answers HEAD for a manifest, and containerd pulls", Flags: asClient("containerd"),
				Targets: []string{fault.Image + ":" + fault.ImageTag}, Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Status: 200,
					Headers: []string{"Content-Type: text/html"}, Body: "<html><title>Welcome</title>It works.</html>"}}},
			{Title: "the registry redirects a manifest to itself for ever", Targets: []string{fault.Image + ":" + fault.ImageTag},
				Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/ubi9/ubi/manifests", Status: 307,
					To: "https://registry.redhat.io{path}"}}}},
	})
}

// takesUnlike takes answers that no registry gives to what was asked.
func takesUnlike(h evidence.Hop) *diagnosis.Match {
	if statusOf(h)/100 == 3 && stepOf(h) != evidence.StepToken {
		return &diagnosis.Match{Means: "A redirect has to name a host and a port with http or https, and clients follow ten of them, " +
			"so none comes to the end of this one. {owner}",
			Remedy: "correct where {hosts} redirects to: its public URL, or that of what answers for it"}
	}
	d := evidence.DetailOf[evidence.Request](h)
	body := d.Body
	if kind, other := otherType(d); d.Method == "HEAD" && d.Step == evidence.StepManifest && d.Code == 200 && other {
		return &diagnosis.Match{Means: "A manifest has a type of its own. The answer has " + words.Quoted(kind) + " and names no digest, as a " +
			"web server's does. {owner}", Remedy: "look at what answers for {targets}: a web server, or a cache whose upstream is not a registry"}
	}
	if d.Step == evidence.StepManifest && d.Code == 200 && body != nil && (len(d.Errors) > 0 || !strings.HasPrefix(body.Text, "{")) {
		return &diagnosis.Match{Means: "A manifest is a document in JSON. What came with a status of success is none: {answers}. {owner}",
			Remedy: "look at what answers for {targets}: a web server, or a cache whose upstream is not a registry"}
	}
	return when(d.Step == evidence.StepPing && (d.Code/100 == 2 || d.Code == 404 || pageOf(h) && d.Code/100 == 4 && !forbids(d.Code)))
}

// forbids tells a status by which a server refuses who asks.
func forbids(status int) bool { return status == 401 || status == 403 }

func registryTokenRejected() diagnosis.Entry {
	return answerRow(diagnosis.Entry{
		Code: RegistryTokenRejected, Since: "0.1.0",
		Layer: diagnosis.Registry, Strength: diagnosis.Likely, Audience: diagnosis.RegistryOperator,
		Title: "{hosts} does not accept the token that its token server gave",
		Means: "The token came from the realm that the registry names, and the request with it was refused. Clock, audience or key " +
			"of the two servers may differ, or the token may have been changed on the way.",
		Remedy: "compare clock, audience and key of registry and token server",
		Or:     diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "check this host's clock first (date -u)"},
		Symptoms: []diagnosis.Symptom{
			{Text: "reading manifest …: unauthorized", Cite: "https://github.com/containers/skopeo/issues/1300"},
		},
		Cite:  []string{"https://github.com/containers/skopeo/issues/1300", "RFC 6750 section 3.1"},
		After: []diagnosis.Code{AuthRealmPlaintext},
		When: func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			if statusOf(h) != 401 || stepOf(h) == evidence.StepToken || loginOf(h) == "" || lacksRight(v, h) {
				return nil
			}
			if _, ok := nodeDisagrees(v, h); ok {
				return &diagnosis.Match{Means: "The host took the same token for another request. A node behind it, or a service, may have " +
					"another clock, key or audience.",
					Remedy: "find out which node or service behind {targets} refused the request, and compare its clock, key and audience " +
						"with the others'"}
			}
			return &diagnosis.Match{}
		},
		Refine: func(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
			if took, ok := nodeDisagrees(v, g[0]); ok {
				m.Hops = append(m.Hops, took.ID)
			}
		},
		Provoke: fault.World{Title: "the registry refuses its own token", Faults: []fault.Fault{refusesToken("/v2/", "invalid_token")}},
		Also: []fault.World{{Title: "the registry takes a token for a manifest and refuses it for layers",
			Targets: []string{fault.Image + ":" + fault.ImageTag}, Faults: []fault.Fault{refusesToken("/v2/ubi9/ubi/blobs", "invalid_token")}}},
	})
}

// refusesToken is a registry that refuses tokens below a path and says why in its challenge.
func refusesToken(path, why string) fault.HTTP {
	return fault.HTTP{Host: "registry.redhat.io", Path: path, Login: fault.Token, Status: 401,
		Headers: []string{"Content-Type: application/json", "Docker-Distribution-Api-Version: registry/2.0",
			`WWW-Authenticate: Bearer realm="https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth",` +
				`service="docker-registry",error="` + why + `"`},
		Body: `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`}
}

func registryAccessDenied() diagnosis.Entry {
	json := []string{"Content-Type: application/json", "Docker-Distribution-Api-Version: registry/2.0"}
	image := []string{fault.Image + ":" + fault.ImageTag}
	return answerRow(diagnosis.Entry{
		Code: RegistryAccessDenied, Since: "0.1.0",
		Layer: diagnosis.Registry, Strength: diagnosis.Proven, Audience: diagnosis.AccountOwner,
		Title:  "{hosts} refuses access to the image",
		Means:  "The registry refuses the repository: {messages}.",
		Remedy: "check that the account is entitled to the repository, and the spelling of its name",
		Symptoms: []diagnosis.Symptom{
			{Text: "unsupported: This repo requires terms acceptance and is only available on registry.redhat.io",
				Cite: "https://github.com/syndesisio/fuse-online-install/issues/139"},
			{Text: "Error response from daemon: denied", Cite: "https://github.com/DaoCloud/crproxy/issues/8"},
			{Text: "denied: requested access to the resource is denied",
				Cite: "https://github.com/distribution/distribution/blob/v3.0.0/registry/api/errcode/register.go"},
		},
		Cite: []string{
			"https://github.com/containers/podman/issues/7780",
			"https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes (DENIED)",
		},
		After: []diagnosis.Code{AuthRealmPlaintext, AuthCredentialsElsewhere},
		When: func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			if lacksRight(v, h) {
				return rightLacking(v, h)
			}
			if stepOf(h) == evidence.StepToken { // without a login: one that was sent has a row of its own
				return when(statusOf(h) == 403 && loginOf(h) == "" && evidence.DetailOf[evidence.Request](h).SaysWhy())
			}
			if statusOf(h) != 403 || stepOf(h) == evidence.StepPing || pageOf(h) || atStore(h) {
				return nil
			}
			if d := evidence.DetailOf[evidence.Request](h); d.SaysWhy() || isRegistrys(d) {
				return &diagnosis.Match{}
			}
			return &diagnosis.Match{Strength: diagnosis.Possible, Means: "The answer does not say why. A registry refuses a repository so, " +
				"and a filter on the way or in front of the registry does too.",
				Remedy: "look up in the registry's log whether it sent this 403; if it did, check that the account is entitled to the repository"}
		},
		Also: []fault.World{{Title: "the registry takes the token, and says that it lacks the right", Targets: image,
			Faults: []fault.Fault{refusesToken("/v2/ubi9", "insufficient_scope")}}, {Title: "a 403 that says nothing", Targets: image,
			Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/ubi9", Status: 403}}}},
		Provoke: fault.World{Title: "the account lacks the entitlement", Targets: image,
			Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/ubi9",
				Status: 403, Headers: json, Body: `{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}`}}},
	})
}

// rightLacking is about a registry that refuses the repository to a token by a 401.
func rightLacking(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	m := &diagnosis.Match{Strength: diagnosis.Likely, Means: "The registry refuses this repository to the token: {answers}. "}
	if saysError(evidence.DetailOf[evidence.Request](h), "insufficient_scope") {
		m.Strength = diagnosis.Proven
	}
	if !anonymousToken(v, h) {
		m.Means += "The token was given for a login: this account may have no right to the repository, or the name may be misspelt."
		m.Remedy = "check that the account is entitled to the repository, and the spelling of its name"
		return m
	}
	m.Means += "The token was given without a login, and with such a one a registry hands out public images alone."
	m.Remedy = "log in with an account that is entitled to the repository, and check the spelling of its name: a repository that does not " +
		"exist is often refused in the same way"
	m.Or = diagnosis.Way{Audience: diagnosis.RegistryOperator,
		Remedy: "if the image is public, compare clock, audience and key of registry and token server"}
	return m
}

func registryNotFound() diagnosis.Entry {
	return answerRow(diagnosis.Entry{
		Code: RegistryNotFound, Since: "0.1.0",
		Layer: diagnosis.Registry, Strength: diagnosis.Proven, Audience: diagnosis.AccountOwner,
		Title: "{hosts} does not have the image",
		Means: "The path works up to the registry, which does not find the repository or tag: {messages}. Some registries say this also " +
			"to an account without access.",
		Remedy: "check the reference; the same name may exist on another registry",
		Symptoms: []diagnosis.Symptom{
			{Text: "manifest unknown", Cite: "https://github.com/distribution/distribution/blob/v3.0.0/registry/api/errcode/register.go"},
			{Text: "unknown: repository … not found", Cite: "https://github.com/goharbor/harbor/issues/13446"},
			{Text: "name unknown: Image not found",
				Cite: "https://github.com/distribution/distribution/blob/v3.0.0/registry/api/errcode/register.go (NAME_UNKNOWN)"},
			{Text: "unknown: Not Found", Cite: "https://github.com/containers/image/blob/v5.36.2/docker/errors_test.go"},
		},
		Cite: []string{
			"https://github.com/syndesisio/fuse-online-install/issues/139",
			"https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes (NAME_UNKNOWN, MANIFEST_UNKNOWN)",
		},
		When: func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			if isBlobStep(stepOf(h)) {
				if statusOf(h) != 404 {
					return nil
				}
				return &diagnosis.Match{Audience: diagnosis.RegistryOperator,
					Means:  "The path works up to the server, which does not have a part of the image that the registry lists: {messages}.",
					Remedy: "find out what became of that part in the registry's store; pushing the image again restores it"}
			}
			m := when(statusOf(h) == 404 && stepOf(h) == evidence.StepManifest)
			if m != nil && !v.Target(h.Target).Public {
				m.Remedy = "check the reference; where the repository is a cache, ask its operator whether the upstream answers: caches say the same " +
					"where it does not"
			}
			return m
		},
		Provoke: fault.World{Title: "the tag does not exist", Targets: []string{fault.Image + ":no-such-tag"}},
		Also: []fault.World{
			{Title: "a company's registry, which may be a cache, does not know the tag", Direct: true,
				Hosts:   []fault.Host{{Name: "hub.corp.example", Role: "registry", Address: "203.0.113.150", Private: true}},
				Targets: []string{"hub.corp.example/ubi9/ubi:no-such-tag"}},
			{Title: "the store has lost a part of the image", Targets: []string{fault.Image + ":" + fault.ImageTag},
				Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io", Status: 404, Headers: []string{"Content-Type: application/xml"},
					Body: `<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>`}}}},
	})
}

func registryPlatformMissing() diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	index := func(platforms ...string) fault.HTTP {
		var of []string
		for _, p := range platforms {
			system, architecture, _ := strings.Cut(p, "/")
			of = append(of, `{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":2,"digest":`+
				`"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",`+
				`"platform":{"os":"`+system+`","architecture":"`+architecture+`"}}`)
		}
		return fault.HTTP{Host: "registry.redhat.io", Path: "/v2/ubi9/ubi/manifests", Status: 200,
			Headers: []string{"Content-Type: application/vnd.oci.image.index.v1+json"},
			Body:    `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[` + strings.Join(of, ",") + `]}`}
	}
	return answerRow(diagnosis.Entry{
		Code: RegistryPlatformMissing, Since: "0.1.0",
		Layer: diagnosis.Registry, Strength: diagnosis.Proven, Audience: diagnosis.AccountOwner,
		Title:  "the image is not made for this platform",
		Means:  "The path works. The index at {hosts} has {platforms}, and this host needs another.",
		Remedy: "ask for a tag that has the platform, or pull for one of these with --platform or --arch",
		Symptoms: []diagnosis.Symptom{
			{Text: "no image found in image index for architecture",
				Cite: "https://github.com/containers/image/blob/v5.36.2/internal/manifest/oci_index.go"},
			{Text: "no image found in manifest list for architecture",
				Cite: "https://github.com/containers/image/blob/v5.36.2/internal/manifest/docker_schema2_list.go"},
			{Text: "no child with platform", Cite: "https://github.com/google/go-containerregistry/blob/v0.22.1/pkg/v1/remote/index.go"},
			{Text: "no match for platform in manifest", Cite: "https://github.com/containerd/containerd/blob/v2.4.2/core/images/image.go"},
		},
		Cite: []string{
			"https://github.com/opencontainers/image-spec/blob/v1.1.0/image-index.md (platform)",
			"https://github.com/containers/image/blob/v5.36.2/internal/manifest/oci_index.go",
		},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			d := evidence.DetailOf[evidence.Request](h)
			return when(d.Step == evidence.StepManifest && d.Code == 200 && len(d.Platforms) > 0)
		},
		Provoke: fault.World{Title: "the image is for two other platforms", Targets: image, Faults: []fault.Fault{index("linux/s390x",
			"linux/ppc64le", "unknown/unknown")}},
	})
}
