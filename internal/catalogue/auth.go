package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

func auth() []diagnosis.Entry {
	json := []string{"Content-Type: application/json"}
	rows := []diagnosis.Entry{
		credentialsMissing(),
		httpRow("auth-credentials-rejected", diagnosis.AccountOwner, diagnosis.Proven, "the login is refused by {hosts}",
			"The answer has the form of the token server's own: the path works and name or password do not fit. They were sent once.",
			"check name and secret; a service account's name is NUMBER|NAME, quoted in a shell, and its secret is long: a paste may have cut it",
			[]string{"failures F6: the article's 401; aboutbits/postgresql-operator#9", "distribution spec, auth/token.md"},
			fault.World{Title: "the password is wrong", WrongPassword: true}),
		httpRow("auth-token-malformed", diagnosis.ProxyAdmin, diagnosis.Likely, "{hosts} answers 200 without a token",
			"The token server's answer should be JSON with token or access_token; {token}. A page or a stripped answer stands in for it.",
			"look at what answers for {targets}: a portal, a cache, or a filter that rewrites JSON",
			[]string{"failures F2, F9: moby/moby#40507", "distribution spec, auth/token.md"},
			fault.World{Title: "the token server answers without a token", Faults: []fault.Fault{fault.HTTP{Host: "sso.redhat.com",
				Status: 200, Headers: json, Body: `{}`}}}),
	}
	rows[1].After = append(rows[1].After, "auth-credentials-malformed", "auth-credentials-newline")
	return append(storedLogins(), rows...)
}

// credentialsMissing is an information when only the path was checked, and an
// error when an image was to be pulled.
func credentialsMissing() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "auth-credentials-missing", Since: since, Layer: diagnosis.Auth, Severity: diagnosis.Info, Strength: diagnosis.Proven,
		Audience: diagnosis.AccountOwner,
		Title:    "no credentials were sent, and {hosts} wants some",
		Seen:     "{requests}: {answers}",
		Means:    "The token server answered the request without credentials by a 401 in its own form. That proves the path and is no network fault.",
		Remedy:   "give a login (-u NAME) to check it too; for a pull, podman login",
		Cite:     []string{"failures F6, F7: containers/podman#19307", "distribution spec, auth/token.md"},
		Values:   []string{"requests", "answers"}, Needs: []evidence.Op{evidence.OpRequest, evidence.OpSetting},
		After: []string{"auth-credentials-elsewhere", "auth-file-broken", "auth-entry-broken", "auth-helper-failed", "auth-entry-hidden"},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
				d := evidence.DetailOf[evidence.Request](h)
				return h.OnPath() && d.AuthSent == "" && d.Withheld == "" && d.Code == 401 && h.State == evidence.OK && (d.Step == "token" || wantsBasic(v, h))
			})
			return matchEachWith(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) diagnosis.Match {
				m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: map[string]string{"requests": join(g, requestLine),
					"answers": answerText(evidence.DetailOf[evidence.Request](g[0]))}}
				if wantsImage(v) {
					m.Severity = diagnosis.Error
				}
				if m.Means = noneStored(v, g[0].Target); m.Means == "" && wantsBasic(v, g[0]) {
					m.Means = "The registry answered the request without credentials by a 401 that asks for name and password (Basic). That proves the path and is no network fault."
				}
				return m
			})
		},
		Provoke: fault.World{Title: "an image is asked for without a login", Anonymous: true,
			Targets: []string{fault.Image + ":" + fault.ImageTag}},
		Also: []fault.World{stored("the client is logged in at another registry alone", "podman",
			map[string]string{podmanLogins: fault.AuthFile("quay.io", fault.AccountUser, fault.AccountPassword)})},
	}
}

// wantsBasic tells a registry's 401 that offers no tokens, after which no login was sent.
func wantsBasic(v *diagnosis.View, h evidence.Hop) bool {
	// A token is not asked for in the clear.
	bearer := func(c evidence.Challenge) bool {
		return strings.EqualFold(c.Scheme, "Bearer") && strings.HasPrefix(strings.ToLower(c.Params["realm"]), "https://")
	}
	d := evidence.DetailOf[evidence.Request](h)
	if h.Role != evidence.Registry || len(d.Challenges) == 0 || slices.ContainsFunc(d.Challenges, bearer) {
		return false
	}
	_, sent := v.FirstAbout(evidence.OpRequest, diagnosis.About{}.Target(h.Target), func(o evidence.Hop) bool {
		return evidence.DetailOf[evidence.Request](o).AuthSent != ""
	})
	return !sent
}

func wantsImage(v *diagnosis.View) bool {
	for _, t := range v.Targets() {
		if len(t.Images) > 0 {
			return true
		}
	}
	return false
}

// unlikeProfile: a registry that answers soundly, and not as the profile knows it.
func unlikeProfile() diagnosis.Entry {
	challenge := `WWW-Authenticate: Bearer realm="https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth",service="corp-mirror"`
	return diagnosis.Entry{
		Code: "registry-unlike-profile", Since: "0.3.0", Layer: diagnosis.Registry, Severity: diagnosis.Warning, Strength: diagnosis.Likely,
		Audience: diagnosis.NetworkTeam,
		Title:    "{hosts} answers as a registry, and not as the one that the profile knows",
		Seen:     "{requests}: {differs}",
		Means:    "A mirror, a caching proxy or a gateway may stand under this name; or the registry has changed and the profile is out of date. Logins go to the token server that the answer names.",
		Remedy:   "find out who answers under {hosts} from here: name, address and chain stand above; if it is the registry itself, correct expect in the profile",
		Cite:     []string{"registries section 1.1, public captures of 2023 and 2026", "distribution spec, auth/token.md"},
		Values:   []string{"requests", "differs"}, Needs: []evidence.Op{evidence.OpRequest},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
				d := evidence.DetailOf[evidence.Request](h)
				return h.OnPath() && h.State == evidence.OK && d.AuthSent == "" && (d.Step == "ping" || d.Step == "manifest" && d.Code == 401) && unlike(v, h) != ""
			})
			return matchEach(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) map[string]string {
				return map[string]string{"requests": join(g, requestLine), "differs": unlike(v, g[0])}
			})
		},
		Provoke: fault.World{Title: "a mirror answers under the registry's name", Anonymous: true, Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io",
			Path: "/v2/", Status: 401, Headers: []string{"Content-Type: application/json", "Docker-Distribution-Api-Version: registry/2.0", challenge},
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
		out = append(out, "Docker-Distribution-Api-Version is "+quoted(got)+", expected "+quoted(want.APIVersion))
	}
	for _, c := range d.Challenges {
		if !strings.EqualFold(c.Scheme, "Bearer") {
			continue
		}
		if realm := c.Params["realm"]; len(want.Realm) > 0 && !slices.Contains(want.Realm, realm) {
			out = append(out, "its realm is "+realm+", expected "+strings.Join(want.Realm, " or "))
		}
		if got := c.Params["service"]; want.Service != "" && got != want.Service {
			out = append(out, "its service is "+quoted(got)+", expected "+quoted(want.Service))
		}
	}
	return strings.Join(out, "; ")
}

func registry() []diagnosis.Entry {
	json := []string{"Content-Type: application/json", "Docker-Distribution-Api-Version: registry/2.0"}
	image := []string{fault.Image + ":" + fault.ImageTag}
	return []diagnosis.Entry{
		unlikeProfile(),
		httpRow("registry-token-rejected", diagnosis.RegistryOperator, diagnosis.Likely, "{hosts} does not accept the token that its token server gave",
			"The token came from the realm that the registry names, and the request with it was refused. Clock, audience or key of the two servers differ, or the token was changed on the way.",
			"check this host's clock; if it is right, ask the registry's operator",
			[]string{"failures F8, F11: containers/skopeo#1300", "RFC 6750 section 3.1"},
			fault.World{Title: "the registry refuses its own token", Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", WithToken: true,
				Status: 401, Headers: append(json, `WWW-Authenticate: Bearer realm="https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth",service="docker-registry",error="invalid_token"`),
				Body: `{"errors":[{"code":"UNAUTHORIZED","message":"invalid token"}]}`}}}),
		httpRow("registry-access-denied", diagnosis.AccountOwner, diagnosis.Proven, "this account may not pull the image from {hosts}",
			"The registry knows the token and refuses the repository: {messages}.",
			"check that the account is entitled to the repository, and its spelling",
			[]string{"failures G8: podman/podman#7780", "OCI distribution spec, code DENIED"},
			fault.World{Title: "the account lacks the entitlement", Targets: image, Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/ubi9",
				Status: 403, Headers: json, Body: `{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}`}}}),
		httpRow("registry-not-found", diagnosis.AccountOwner, diagnosis.Proven, "{hosts} does not have the image",
			"The path works up to the registry; repository or tag do not exist there: {messages}.",
			"check the reference; the same name may live on another registry",
			[]string{"failures G8: fuse-online-install#139", "OCI distribution spec, codes NAME_UNKNOWN and MANIFEST_UNKNOWN"},
			fault.World{Title: "the tag does not exist", Targets: []string{fault.Image + ":no-such-tag"}}),
		httpRow("blob-url-rejected", diagnosis.NetworkTeam, diagnosis.Likely, "{hosts} refuses the signed URL that the registry gave",
			"The store behind the redirect answers in its own form. Its URL lives ten minutes and covers the host name: something altered it, added a header, or held it back too long.",
			"look for a proxy or filter that rewrites URLs or adds headers for {targets}; check this host's clock",
			[]string{"failures H5, H6: OPA#6580, konflux-ci/caching ADR 0001"},
			fault.World{Title: "the blob store refuses the signed URL", Targets: image, Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io", Status: 403,
				Headers: []string{"Content-Type: application/xml"}, Body: `<?xml version="1.0"?><Error><Code>SignatureDoesNotMatch</Code></Error>`}}}),
	}
}

func anyLayer() []diagnosis.Entry {
	return []diagnosis.Entry{{
		Code: diagnosis.Unexplained, Since: since, Layer: diagnosis.Any, Severity: diagnosis.Error, Strength: diagnosis.Possible,
		Audience: diagnosis.NetworkTeam,
		Title:    "a step of the path to {hosts} failed, and no known cause fits",
		Seen:     "{op} failed ({kind}): {text}",
		Means:    "The evidence is complete and this version has no explanation for it. The failure is real.",
		Remedy:   "send the report (-o json) to whoever maintains this tool, and the find line to the network team",
		Cite:     []string{"DESIGN: the tool never says that all is well while a hop failed"},
		Values:   []string{"op", "kind", "text"},
		Provoke: fault.World{Title: "the registry answers with a status that no rule knows", Faults: []fault.Fault{
			fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", Status: 418}}},
	}}
}
