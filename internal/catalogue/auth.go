package catalogue

import (
	"net/url"
	"slices"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/refusal"
)

// Codes of causes that lie in logins and tokens.
const (
	ArticleDiffers           diagnosis.Code = "article-differs"            // the registry names another token server than the article
	AuthCredentialsElsewhere diagnosis.Code = "auth-credentials-elsewhere" // this host has a login that the client does not use
	AuthFileBroken           diagnosis.Code = "auth-file-broken"           // a login file cannot be used
	AuthEntryBroken          diagnosis.Code = "auth-entry-broken"          // one entry of a login file cannot be decoded
	AuthHelperFailed         diagnosis.Code = "auth-helper-failed"         // the credential helper for the registry does not answer
	AuthEntryHidden          diagnosis.Code = "auth-entry-hidden"          // a helper is asked in place of the login in the file
	AuthFilesDisagree        diagnosis.Code = "auth-files-disagree"        // two files hold different logins for the registry
	AuthCredentialsNewline   diagnosis.Code = "auth-credentials-newline"   // the secret for the registry ends in a line break
	AuthCredentialsMalformed diagnosis.Code = "auth-credentials-malformed" // the login for the registry cannot be what was meant
	AuthCredentialsMissing   diagnosis.Code = "auth-credentials-missing"   // no credentials were sent, and the host wants some
	AuthCredentialsRejected  diagnosis.Code = "auth-credentials-rejected"  // the login is refused by the host
	AuthCredentialsExpired   diagnosis.Code = "auth-credentials-expired"   // the login for the host has expired
	AuthLockedOut            diagnosis.Code = "auth-locked-out"            // the host takes no login for now: too many have failed
	AuthTokenMalformed       diagnosis.Code = "auth-token-malformed"       // the host answers 200 without a token
	AuthTokenClock           diagnosis.Code = "auth-token-clock"           // the token is not valid by the time of the host
	AuthTokenExpired         diagnosis.Code = "auth-token-expired"         // the token for the host ran out during the pull
	AuthTokenWithoutAccess   diagnosis.Code = "auth-token-without-access"  // the token does not cover what the host is asked for
	AuthRealmSuspect         diagnosis.Code = "auth-realm-suspect"         // logins are sent to a place where no token server is
	AuthRealmUnusable        diagnosis.Code = "auth-realm-unusable"        // the registry names a token server that cannot be asked
	AuthRealmPlaintext       diagnosis.Code = "auth-realm-plaintext"       // the registry names its token server by http://
	AuthLoginWithheld        diagnosis.Code = "auth-login-withheld"        // the login was withheld from the host
	AuthRealmRefused         diagnosis.Code = "auth-realm-refused"         // a registry names its token server by a private address
)

// articleDiffers is about the article's requests where today's registry asks for
// others (docs/rules.md, rule 13).
func articleDiffers() diagnosis.Entry {
	return diagnosis.Entry{
		Code: ArticleDiffers, Since: "0.1.0",
		Layer: diagnosis.Auth, Severity: diagnosis.Info, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "the registry names another token server than the article",
		Seen:  "the challenge of {registry} names {named}; the article asks {asked}",
		Means: "Clients follow the challenge. What the article's commands meet at {asked} says nothing about a pull from " +
			"{registry}, which does not need that host.",
		Remedy:    "allow the host that the challenge names; check it without --as-article",
		NoSymptom: "it is about a page's requests, not about a client",
		Cite:      []string{"docs/field-notes.md#red-hats-registry", "https://access.redhat.com/articles/3560571"},
		Values:    []string{"registry", "named", "asked"},
		Needs:     []evidence.Op{evidence.OpRequest},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			if !v.Run().AsArticle {
				return nil
			}
			asked := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { return stepOf(h) == evidence.StepToken })
			hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
				d := evidence.DetailOf[evidence.Request](h)
				return d.Step == evidence.StepPing && len(asked) > 0 && realmHost(d) != "" &&
					realmHost(d) != locationHost(evidence.DetailOf[evidence.Request](asked[0]).URL)
			})
			return matchEach(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) map[string]string {
				return map[string]string{"registry": g[0].Target, "named": realmHost(evidence.DetailOf[evidence.Request](g[0])),
					"asked": locationHost(evidence.DetailOf[evidence.Request](asked[0]).URL)}
			})
		},
		Provoke: fault.World{Title: "the article's requests, and a registry that is its own token server",
			Flags: []string{"--as-article"}, OwnRealm: true},
	}
}

// auth are the rows about logins and tokens.
func auth() []diagnosis.Entry {
	return slices.Concat([]diagnosis.Entry{articleDiffers()}, storedLogins(), logInRows(), tokenRows(),
		[]diagnosis.Entry{realmUnusable(), realmPlaintext(), realmSuspect(), loginWithheld(), realmRefused()})
}

// logInRows are about the login that was sent, or was not, and what came of it.
func logInRows() []diagnosis.Entry {
	return []diagnosis.Entry{credentialsMissing(), authCredentialsRejected(), authCredentialsExpired(), authLockedOut(), authTokenMalformed()}
}

func authCredentialsExpired() diagnosis.Entry {
	return answerRow(diagnosis.Entry{
		Code: AuthCredentialsExpired, Since: "0.1.0",
		Layer: diagnosis.Auth, Strength: diagnosis.Proven, Audience: diagnosis.AccountOwner,
		Title: "the login for {hosts} has expired",
		Means: "The server says so itself: {messages}. The path works up to it. Some registries give passwords that hold for hours, and " +
			"tokens end on a day that was chosen when they were made. {owner}",
		Remedy: "log in with a new password or token; where the registry's passwords hold for hours only, use its credential helper",
		Symptoms: []diagnosis.Symptom{
			{Text: "denied: Your authorization token has expired. Reauthenticate and try again.",
				Cite: "https://docs.aws.amazon.com/AmazonECR/latest/userguide/common-errors-docker.html"},
		},
		Cite: []string{
			"https://docs.aws.amazon.com/AmazonECR/latest/userguide/common-errors-docker.html",
			"RFC 6749 section 5.2 (invalid_grant)",
		},
		After: []diagnosis.Code{AuthCredentialsMalformed, AuthCredentialsNewline},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(means(h) == refusal.LoginExpired)
		},
		Provoke: fault.World{Title: "the password of the registry held for twelve hours", Faults: []fault.Fault{fault.HTTP{Host: "sso.redhat.com",
			Login: "basic", Status: 403, Headers: []string{"Content-Type: application/json"},
			Body: `{"errors":[{"code":"DENIED","message":"Your authorization token has expired. Reauthenticate and try again."}]}`}}},
	})
}

// needlessLogin is a World in which a client has a stored login that its token server refuses,
// and without which it gives a token.
func needlessLogin(title, client string) fault.World {
	refuses := fault.HTTP{Host: "sso.redhat.com", Status: 403, Headers: []string{"Content-Type: application/json"},
		Body: `{"errors":[{"code":"DENIED","message":"denied"}]}`}
	basic, form := refuses, refuses
	basic.Login, form.Login = "basic", fault.Form
	w := stored(title, client, map[string]string{dockerLogins: rightLogin()})
	w.Faults = []fault.Fault{basic, form, fault.HTTP{Host: "sso.redhat.com", Login: fault.NoLogin, Granted: true}}
	return w
}

// refusedByPage is the same where the token server refuses with a page of its own.
func refusedByPage() fault.World {
	w := needlessLogin("a stored login is refused by a page, and the image needs none", "")
	for i, f := range w.Faults[:2] {
		if h, ok := f.(fault.HTTP); ok {
			h.Headers, h.Body = []string{"Content-Type: text/html"}, "<html><title>403 Forbidden</title></html>"
			w.Faults[i] = h
		}
	}
	return w
}

// authLockedOut never asks for a login: each further one makes it last.
func authLockedOut() diagnosis.Entry {
	return answerRow(diagnosis.Entry{
		Code: AuthLockedOut, Since: "0.1.0",
		Layer: diagnosis.Auth, Strength: diagnosis.Proven, Audience: diagnosis.AccountOwner,
		Title: "{hosts} takes no login for now, because too many have failed",
		Means: "The server counts failed logins by account or by source address: {messages}. It refuses right ones too until a time " +
			"has passed, and it is not the limit on pulls. Hosts that leave through one proxy, or under one address, are counted as one. {owner}",
		Remedy: "find what sends wrong logins, from this account or from behind this address (pull secrets, build servers, old login files), " +
			"and stop it; then wait{wait} and make no attempt before that",
		Symptoms: []diagnosis.Symptom{
			{Text: "toomanyrequests: too many failed login attempts for username or IP address",
				Cite: "https://github.com/docker/hub-feedback/issues/786"},
			{Text: "This request is blocked due to recurrent login failures", Cite: "https://github.com/conan-io/conan/issues/17080"},
		},
		Cite: []string{
			"https://github.com/docker/hub-feedback/issues/786",
			"https://github.com/docker/hub-feedback/issues/2201",
		},
		Values: []string{"wait"},
		When:   func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match { return when(means(h) == refusal.LockedOut) },
		Refine: func(_ *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
			m.Values["wait"] = retryAfter(evidence.DetailOf[evidence.Request](g[0]))
			m.Reproduce = []string{diagnosis.WithoutLogin(g[0])}
		},
		Provoke: fault.World{Title: "the token server has locked logins out", Targets: []string{fault.Image + ":" + fault.ImageTag},
			Faults: []fault.Fault{fault.HTTP{Host: "sso.redhat.com", Login: "basic", Status: 429, Headers: []string{"Content-Type: " +
				"application/json"},
				Body: `{"details":"too many failed login attempts for username or IP address"}`}}},
	})
}

func authCredentialsRejected() diagnosis.Entry {
	return answerRow(diagnosis.Entry{
		Code: AuthCredentialsRejected, Since: "0.1.0",
		Layer: diagnosis.Auth, Strength: diagnosis.Proven, Audience: diagnosis.AccountOwner,
		Title: "the login is refused by {hosts}",
		Means: "A 401 to a request with a login means that name or password is not accepted. The path works up to the server that " +
			"answered. {owner}",
		Remedy: "check name and secret; a service account's name is NUMBER|NAME, quoted in a shell, and its secret is long: a paste " +
			"may have cut it",
		Symptoms: []diagnosis.Symptom{
			{Text: "invalid username/password", Cite: "docs/field-notes.md#answers-that-mislead"},
			{Text: "denied: denied", Cite: "https://github.com/dexidp/dex/issues/2672"},
			{Text: "failed to fetch oauth token: unexpected status: 403 Forbidden", Cite: "https://github.com/akuity/kargo/issues/777"},
			{Text: "failed to fetch oauth token: unexpected status from GET request to …: 403 Forbidden",
				Cite: "https://github.com/hashicorp/terraform-provider-helm/issues/1397"},
			{Text: "unauthorized: HTTP Basic: Access denied", Cite: "https://gitlab.com/gitlab-org/gitlab-foss/-/issues/26281"},
			{Text: "unauthorized: Please login to the Red Hat Registry using your Customer Portal credentials",
				Cite: "https://github.com/kubernetes/minikube/issues/9732"},
		},
		Cite: []string{
			"https://access.redhat.com/articles/3560571",
			"https://github.com/aboutbits/postgresql-operator/issues/9",
			"https://distribution.github.io/distribution/spec/auth/token/",
		},
		Values:  []string{"file"},
		Needs:   []evidence.Op{evidence.OpSetting},
		After:   []diagnosis.Code{AuthCredentialsMalformed, AuthCredentialsNewline},
		When:    takesLoginRefused,
		Refine:  refineLoginRefused,
		Provoke: fault.World{Title: "the password is wrong", WrongPassword: true},
		Also: []fault.World{needlessLogin("a stored login is refused, and the image needs none", ""),
			needlessLogin("containerd's stored login is refused, and the image needs none", "containerd"), refusedByPage()},
	})
}

func authTokenMalformed() diagnosis.Entry {
	json := []string{"Content-Type: application/json"}
	return answerRow(diagnosis.Entry{
		Code: AuthTokenMalformed, Since: "0.1.0",
		Layer: diagnosis.Auth, Strength: diagnosis.Likely, Audience: diagnosis.ProxyAdmin,
		Title: "{hosts} answers 200 without a token",
		Means: "The token server's answer should be JSON with token or access_token; {token}. A page may have been sent " +
			"instead, or an answer with parts removed. {owner}",
		Remedy: "look at what answers for {targets}: a portal, a cache, or a filter that rewrites JSON",
		Symptoms: []diagnosis.Symptom{
			{Text: "authorization server did not include a token in the response", Cite: "docs/field-notes.md#answers-that-mislead"},
			{Text: "no token in bearer response", Cite: "docs/field-notes.md#answers-that-mislead"},
			{Text: "invalid character '<' looking for beginning of value", Cite: "https://github.com/containers/podman/issues/4254"},
			{Text: `decoding bearer token (last URL "…", body start "<!DOCTYPE…"): invalid character '<'`,
				Cite: "internal/oracle/network_test.go"},
		},
		Cite: []string{
			"https://github.com/moby/moby/issues/40507",
			"https://distribution.github.io/distribution/spec/auth/token/",
		},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(statusOf(h) == 200 && stepOf(h) == evidence.StepToken)
		},
		Provoke: fault.World{Title: "the token server answers without a token", Faults: []fault.Fault{fault.HTTP{Host: "sso.redhat.com",
			Status: 200, Headers: json, Body: `{}`}}},
	})
}

// credentialsMissing is an information when only the path was checked, and an
// error when an image was to be pulled.
func credentialsMissing() diagnosis.Entry {
	return diagnosis.Entry{
		Code: AuthCredentialsMissing, Since: "0.1.0",
		Layer: diagnosis.Auth, Severity: diagnosis.Info, Strength: diagnosis.Proven, Audience: diagnosis.AccountOwner,
		Title: "no credentials were sent, and {hosts} asks for some",
		Seen:  "{requests}: {answers}",
		Means: "The token server answered the request without credentials with a 401 of its own. So the path works up to it; this is " +
			"not a network fault.",
		Remedy: "give a login (-u NAME) to check it too; for a pull, podman login",
		Symptoms: []diagnosis.Symptom{
			{Text: "unauthorized: Please login to the Red Hat Registry", Cite: "https://github.com/containers/podman/issues/7780"},
			{Text: "failed to fetch anonymous token: unexpected status from GET request to …: 401",
				Cite: "https://github.com/containerd/containerd/blob/v2.4.2/core/remotes/docker/authorizer.go"},
			{Text: "no basic auth credentials", Cite: "https://docs.aws.amazon.com/AmazonECR/latest/userguide/common-errors-docker.html"},
		},
		Cite: []string{
			"https://github.com/containers/podman/issues/19307",
			"https://distribution.github.io/distribution/spec/auth/token/",
		},
		Values: []string{"requests", "answers"},
		Needs:  []evidence.Op{evidence.OpRequest, evidence.OpSetting},
		After:  []diagnosis.Code{AuthCredentialsElsewhere, AuthFileBroken, AuthEntryBroken, AuthHelperFailed, AuthEntryHidden},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
				d := evidence.DetailOf[evidence.Request](h)
				return h.OnPath() && d.AuthSent == "" && d.Withheld == "" && d.Code == 401 && h.State == evidence.OK &&
					(d.Step == evidence.StepToken && !askedAgain(v, h) || wantsBasic(v, h)) || leftBehind(v, h)
			})
			return matchEachWith(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) diagnosis.Match {
				m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: map[string]string{"requests": join(g, requestLine),
					"answers": answerText(evidence.DetailOf[evidence.Request](g[0]))}}
				if wantsImage(v) {
					m.Severity = diagnosis.Error
				}
				if leftBehind(v, g[0]) {
					m.Severity, m.Audience = diagnosis.Error, diagnosis.RegistryOperator
					m.Means = "A redirect led here, and clients leave login and token behind when they follow one to a host " +
						"that is not below the first."
					m.Remedy = "have the registry redirect only to hosts that need no login, or answer by itself"
					return m
				}
				if m.Means = noneStored(v, g[0].Target); m.Means == "" && wantsBasic(v, g[0]) {
					m.Means = "The registry answered the request without credentials with a 401 that asks for name and password (Basic). " +
						"So the path works up to it; this is not a network fault."
				}
				return m
			})
		},
		Provoke: fault.World{Title: "an image is asked for without a login", Anonymous: true,
			Targets: []string{fault.Image + ":" + fault.ImageTag}},
		Also: []fault.World{stored("the client is logged in at another registry alone", "podman",
			map[string]string{podmanLogins: fault.AuthFile("quay.io", fault.AccountUser, fault.AccountPassword)}),
			{Title: "the registry redirects manifests to another one that wants a login", Direct: true,
				Targets: []string{fault.Image + ":" + fault.ImageTag}, Hosts: append(fault.Hosts(),
					fault.Host{Name: "far.corp.example", Role: "registry", Address: "203.0.113.180", Private: true}),
				Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/ubi9", Status: 307, To: "https://far.corp.example{path}"}}}},
	}
}

// storedLogins are the rows about stored logins.
func storedLogins() []diagnosis.Entry {
	out := []diagnosis.Entry{credentialsElsewhere()}
	for _, r := range slices.Concat(storedFiles(), storedForms()) {
		out = append(out, r.row())
	}
	return out
}

func (r storedRow) row() diagnosis.Entry {
	e := shared(diagnosis.Entry{
		Layer: diagnosis.Auth, Severity: diagnosis.Warning, Strength: diagnosis.Proven,
		Seen:   "{where}: {text}",
		Values: []string{"where", "text", "entry", "client", "registry"},
		Needs:  []evidence.Op{evidence.OpSetting, evidence.OpRequest},
	}, r.Entry)
	e.Match = func(v *diagnosis.View) []diagnosis.Match { return r.match(v) }
	return e
}

func credentialsElsewhere() diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	return diagnosis.Entry{
		Code: AuthCredentialsElsewhere, Since: "0.1.0",
		Layer: diagnosis.Auth, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "{client} finds no login for {registry}, and this host has one that it does not use",
		Seen:  "{client} looked at {looked}; not used: {found}",
		Means: "A login belongs to the user and to the client that made it, and it stands under one name of the registry. Root under sudo, " +
			"a service and cron have files of their own; docker and crane do not read podman's; " +
			"the runtime directory is emptied when its user's last session ends.",
		Remedy: "log in again as the user and with the client that pulls, by the registry's name as the image has it, or name the file that " +
			"has the login: REGISTRY_AUTH_FILE or --authfile",
		Symptoms: []diagnosis.Symptom{
			{Text: "unauthorized: Please login to the Red Hat Registry", Cite: "https://github.com/containers/podman/issues/19307"},
		},
		Cite: []string{
			"https://github.com/containers/podman/issues/19307",
			"https://github.com/containers/podman/issues/5405",
			"docs/field-notes.md#stored-logins",
			"internal/oracle/oracle_test.go",
			"containers-auth.json(5)",
		},
		Values: []string{"client", "registry", "looked", "found"},
		Needs:  []evidence.Op{evidence.OpSetting, evidence.OpRequest},
		Match:  matchElsewhere,
		Provoke: fault.World{Title: "a user is logged in, and root pulls", Direct: true, Targets: image, Stored: &fault.Stored{},
			Files: map[string]string{"/run/user/1000/containers/auth.json": rightLogin()}},
		Also: []fault.World{{Title: "podman is logged in, and docker pulls", Direct: true, Targets: image, Flags: []string{"--client=docker"},
			Stored: &fault.Stored{},
			Files:  map[string]string{"/root/.config/containers/auth.json": rightLogin()}},
			stored("a login under another name of the registry", "docker",
				map[string]string{dockerLogins: fault.AuthFile("registry.redhat.io:443", fault.AccountUser, fault.AccountPassword)}),
			{Title: "a login that only another user has, where no image is asked for", Direct: true, Stored: &fault.Stored{},
				Files: map[string]string{"/home/build/.docker/config.json": rightLogin()}}},
	}
}

// asClient is the flag that asks as a client; none asks as the default one.
func asClient(name string) []string {
	if name == "" {
		return nil
	}
	return []string{"--client=" + name}
}

// stored is a World in which an image is pulled by a client with these files.
func stored(title, client string, files map[string]string, helpers ...string) fault.World {
	return fault.World{Title: title, Direct: true, Targets: []string{fault.Image + ":" + fault.ImageTag}, Files: files,
		Flags:  asClient(client),
		Stored: &fault.Stored{Helpers: helpers}}
}

// storedFiles are what can be wrong with the files.
func storedFiles() []storedRow {
	return []storedRow{authFileBroken(), authEntryBroken(), authHelperFailed(), authEntryHidden(), authFilesDisagree()}
}

func authFileBroken() storedRow {
	broken := fault.AuthFile("registry.redhat.io", fault.AccountUser, fault.AccountPassword)
	return storedRow{
		Entry: diagnosis.Entry{
			Code: AuthFileBroken, Since: "0.1.0",
			Audience: diagnosis.HostAdmin,
			Title:    "the login file {where} cannot be used",
			Means: "The client gives up before it asks the registry, or continues without a login; its message seldom names the " +
				"file.",
			Remedy: "repair {where}, or move it away and log in again",
			Cite: []string{
				"https://github.com/containers/image/blob/v5.36.2/pkg/docker/config/config.go",
				"https://github.com/docker/cli/blob/v28.5.2/cli/config/configfile/file.go (LoadFromReader)",
				"https://github.com/docker/cli/issues/4501",
			},
			Provoke: stored("podman's file is cut", "podman", map[string]string{podmanLogins: `{"auths": {"registry.redhat.io": {`}),
			Also: []fault.World{stored("docker's file has a proxy of the wrong type", "docker",
				map[string]string{dockerLogins: `{"proxies": "http://proxy.corp.example:3128", ` + broken[1:]}),
				stored("docker's file is cut, and podman has its own", "podman", map[string]string{podmanLogins: rightLogin(),
					dockerLogins: `{"auths": {`})},
		},
	}
}

func authEntryBroken() storedRow {
	broken := fault.AuthFile("registry.redhat.io", fault.AccountUser, fault.AccountPassword)
	other := broken[:len(broken)-len("}}\n")] + `, "harbor.corp.example": {"auth": "***"}}}`
	return storedRow{
		Entry: diagnosis.Entry{
			Code: AuthEntryBroken, Since: "0.1.0",
			Audience: diagnosis.HostAdmin,
			Title:    "one entry of {where} cannot be decoded: {entry}",
			Means: "docker and crane decode every entry before they use one, so a broken one makes them fail for all registries, and the " +
				"message does not name it. podman fails only for that entry.",
			Remedy: "log out of {entry} and in again, or remove the entry from {where}",
			Cite: []string{
				"docs/field-notes.md#stored-logins",
				"internal/oracle/oracle_test.go",
				"https://github.com/docker/cli/blob/v28.5.2/cli/config/configfile/file.go (decodeAuth)",
			},
			Provoke: stored("another registry's entry breaks docker", "docker", map[string]string{dockerLogins: other}),
			Also:    []fault.World{stored("the entry breaks docker, and podman passes", "podman", map[string]string{dockerLogins: other})},
		},
	}
}

func authHelperFailed() storedRow {
	return storedRow{
		Entry: diagnosis.Entry{
			Code: AuthHelperFailed, Since: "0.1.0",
			Audience: diagnosis.HostAdmin,
			Title:    "the credential helper for {registry} does not answer",
			Means: "The file leaves the login to a program. Without its answer the client gives up, even for images that need no " +
				"login.",
			Remedy: "install the helper or put it into PATH; or remove credsStore and credHelpers from {where} and log in again",
			Cite: []string{
				"docs/field-notes.md#stored-logins",
				"internal/oracle/oracle_test.go",
				"https://github.com/docker/docker-credential-helpers/blob/v0.9.3/client/client.go",
			},
			Provoke: stored("the helper of docker's file is not installed", "docker",
				map[string]string{dockerLogins: `{"credsStore": "desktop"}`}),
		},
	}
}

func authEntryHidden() storedRow {
	broken := fault.AuthFile("registry.redhat.io", fault.AccountUser, fault.AccountPassword)
	return storedRow{
		Fatal: true,
		Entry: diagnosis.Entry{
			Code: AuthEntryHidden, Since: "0.1.0",
			Audience: diagnosis.HostAdmin,
			Title:    "a helper is asked instead of the login in {where}",
			Means: "With credsStore or credHelpers, docker and crane ignore the entries of the file; podman reads them. The helper " +
				"answered that it has no login.",
			Remedy: "remove the helper from {where}, or log in again so that the helper has the login",
			Cite: []string{
				"https://github.com/docker/cli/blob/v28.5.2/cli/config/credentials/native_store.go (Get)",
				"docs/field-notes.md#stored-logins",
				"internal/oracle/oracle_test.go",
			},
			Provoke: stored("a store without a login hides the entry", "docker",
				map[string]string{dockerLogins: `{"credsStore": "pass", ` + broken[1:]}, "pass"),
		},
	}
}

func authFilesDisagree() storedRow {
	return storedRow{
		Entry: diagnosis.Entry{
			Code: AuthFilesDisagree, Since: "0.1.0",
			Audience: diagnosis.HostAdmin,
			Title:    "two files hold different logins for {registry}",
			Means: "Each client uses the one that it reads first. A login that works in one client says nothing about the other, and one of " +
				"the two may be old.",
			Remedy: "log out of {registry} with the client that is not used, or log in again with both",
			Cite: []string{
				"docs/field-notes.md#stored-logins",
				"internal/oracle/oracle_test.go",
				"containers-auth.json(5)",
			},
			Provoke: stored("docker's login differs from podman's", "podman", map[string]string{podmanLogins: rightLogin(),
				dockerLogins: fault.AuthFile("registry.redhat.io", fault.AccountUser, "an-older-Passw0rd-20ab")}),
		},
	}
}

// storedForms are what can be wrong with a login itself.
func storedForms() []storedRow {
	return []storedRow{authCredentialsNewline(), authCredentialsMalformed()}
}

func authCredentialsNewline() storedRow {
	form := func(user, secret string) map[string]string {
		return map[string]string{podmanLogins: fault.AuthFile("registry.redhat.io", user, secret)}
	}
	return storedRow{
		Fatal: true,
		Entry: diagnosis.Entry{
			Code: AuthCredentialsNewline, Since: "0.1.0",
			Audience: diagnosis.AccountOwner,
			Title:    "the secret for {registry} ends in a line break",
			Means: "It may have been made with echo and base64, or pasted with its line end. Clients keep the line break and send " +
				"it; the token server compares it with the secret.",
			Remedy:  "log in again; by hand: printf '%s' 'NAME:SECRET' | base64 -w0",
			Cite:    []string{"docs/field-notes.md#stored-logins", "base64(1)"},
			Provoke: stored("the secret was encoded with its line end", "podman", form(fault.AccountUser, fault.AccountPassword+"\n")),
		},
	}
}

func authCredentialsMalformed() storedRow {
	form := func(user, secret string) map[string]string {
		return map[string]string{podmanLogins: fault.AuthFile("registry.redhat.io", user, secret)}
	}
	return storedRow{
		Fatal: true,
		Entry: diagnosis.Entry{
			Code: AuthCredentialsMalformed, Since: "0.1.0",
			Audience: diagnosis.AccountOwner,
			Title:    "the login for {registry} cannot be correct in this form",
			Means: "The form alone shows it, whatever the server answers. Upper or lower case in a service account's name does not " +
				"matter: these names are case-insensitive.",
			Remedy: "quote the name in a shell ('NUMBER|NAME'), and give the secret by --password-stdin or a file; a terminal cuts a " +
				"paste at 4,095 bytes",
			Cite: []string{
				"https://access.redhat.com/articles/3560571 (with its comments)",
				"https://github.com/redhat-cop/openshift-toolkit/issues/69",
				"https://github.com/torvalds/linux/blob/v6.12/drivers/tty/n_tty.c (N_TTY_BUF_SIZE)",
				"docs/field-notes.md#red-hats-registry",
			},
			Provoke: stored("a shell took the | for a pipe", "podman", form("11009103", fault.AccountPassword)),
			Also: []fault.World{stored("the secret is a JWT that was cut", "podman", form(fault.AccountUser,
				"eyJhbGciOiJSUzUxMiJ9.eyJzdWIiOiIxIn0.c2ln")),
				stored("a blank was pasted along", "podman", form(fault.AccountUser, fault.AccountPassword+" ")),
				stored("the password stands in quotes", "podman", form(fault.AccountUser, `"`+fault.AccountPassword+`"`))},
		},
	}
}

// tokenRows are about tokens that were given and do not do.
func tokenRows() []diagnosis.Entry {
	return []diagnosis.Entry{authTokenClock(), authTokenExpired(), authTokenWithoutAccess()}
}

func authTokenClock() diagnosis.Entry {
	return answerRow(diagnosis.Entry{
		Code: AuthTokenClock, Since: "0.1.0",
		Layer: diagnosis.Auth, Strength: diagnosis.Proven, Audience: diagnosis.RegistryOperator,
		Title: "the token is not valid by the time of {hosts}",
		Means: "{validity}. The clocks of token server and registry may differ by more than a token's life, or something on the way may " +
			"delay answers or serve old ones.",
		Remedy: "set the clocks of token server and registry",
		Or: diagnosis.Way{Audience: diagnosis.ProxyAdmin,
			Remedy: "if the token comes from a cache on the way, exempt {targets} from caching"},
		Symptoms: []diagnosis.Symptom{
			{Text: "reading manifest …: unauthorized", Cite: "docs/field-notes.md#answers-that-mislead"},
		},
		Cite: []string{
			"docs/field-notes.md#answers-that-mislead",
			"RFC 7519 sections 4.1.4 and 4.1.5",
			"docs/rules.md, rule 10",
		},
		Values: []string{"validity"},
		Family: &asking,
		When: func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			if refusedToken(h) && untimely(v, h) != "" {
				return &diagnosis.Match{}
			}
			if took, ok := nodeDisagrees(v, h); ok && nodeClocks(took, h) != "" {
				return &diagnosis.Match{
					Means:  "The host took the same token for another request: {validity}. So its nodes have different times.",
					Remedy: "set the clocks of the nodes behind {targets} by NTP"}
			}
			return nil
		},
		Group: byTarget,
		Refine: func(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
			if m.Values["validity"] = untimely(v, g[0]); m.Values["validity"] == "" {
				took, _ := nodeDisagrees(v, g[0])
				m.Hops, m.Values["validity"] = append(m.Hops, took.ID), nodeClocks(took, g[0])
			}
		},
		Provoke: fault.World{Title: "the token server's clock is an hour ahead", TokenClock: time.Hour},
		Also: []fault.World{
			{Title: "the token server's clock is an hour behind", Direct: true, TokenClock: -time.Hour},
		},
	})
}

// authTokenExpired is about tokens that were good when they came. Clients ask for a new one by
// rules of their own.
func authTokenExpired() diagnosis.Entry {
	return answerRow(diagnosis.Entry{
		Code: AuthTokenExpired, Since: "0.1.0",
		Layer: diagnosis.Auth, Strength: diagnosis.Likely, Audience: diagnosis.RegistryOperator,
		Title: "the token for {hosts} ran out during the pull",
		Means: "The token holds for {life}, and it was older when the request with it was refused{before}. podman, skopeo and docker " +
			"use every token for at least a minute before they ask for a new one, whatever its answer says.",
		Remedy: "let the token server of {targets} give tokens that hold for longer than a minute (five is common); a large layer that is " +
			"pushed needs one that outlasts it",
		Or: diagnosis.Way{Audience: diagnosis.NetworkTeam, Remedy: "if the request was held back on the way, look at what delays requests " +
			"to {targets}"},
		Symptoms: []diagnosis.Symptom{
			{Text: "unauthorized: authentication required", Cite: "https://github.com/moby/moby/issues/33558"},
			{Text: "token not to be used after … - currently …", Cite: "https://github.com/cesanta/docker_auth/issues/240"},
			{Text: "parse token error, token is expired by …", Cite: "https://github.com/opencadc/science-platform/issues/161"},
		},
		Cite: []string{
			"https://distribution.github.io/distribution/spec/auth/token/ (expires_in)",
			"https://github.com/podman-container-tools/container-libs/blob/main/image/docker/docker_client.go (minimumTokenLifetimeSeconds)",
			"https://github.com/zebox/registry-admin/issues/22 (tokens of 60 seconds)",
		},
		Values: []string{"life", "before"},
		Family: &asking,
		When: func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			_, out := ranOut(v, h)
			return when(out)
		},
		Group:  byTarget,
		Refine: refineRanOut,
		Provoke: fault.World{Title: "a token holds for three seconds, and the registry takes longer to answer a later request",
			Targets: []string{fault.Image + ":" + fault.ImageTag}, TokenLife: shortLife, Faults: []fault.Fault{fault.HTTP{
				Host: "registry.redhat.io", Path: "/v2/ubi9/ubi/blobs", Delay: shortLife}}},
	})
}

// shortLife is enough for the requests that come first, and short for whoever waits for it.
const shortLife = 3 * time.Second

func authTokenWithoutAccess() diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	return answerRow(diagnosis.Entry{
		Code: AuthTokenWithoutAccess, Since: "0.1.0",
		Layer: diagnosis.Auth, Strength: diagnosis.Proven, Audience: diagnosis.AccountOwner,
		Title: "the token does not cover what {hosts} is asked for",
		Means: "The token server answered 200 and granted {granted}, and the registry refused {requests} for lack of it. The " +
			"account may have no right to the repository, or its name may be misspelt.",
		Remedy: "check the repository's name and that the account is entitled to it",
		Symptoms: []diagnosis.Symptom{
			{Text: "reading manifest …: unauthorized", Cite: "docs/field-notes.md#answers-that-mislead"},
			{Text: "insufficient_scope", Cite: "RFC 6750 section 3.1"},
		},
		Cite: []string{
			"docs/field-notes.md#red-hats-registry",
			"https://distribution.github.io/distribution/spec/auth/token/ (the intersection is granted)",
			"RFC 6750 section 3.1: insufficient_scope",
		},
		After:   []diagnosis.Code{AuthRealmPlaintext},
		Values:  []string{"granted"},
		Family:  &asking,
		When:    func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match { return when(withoutAccess(v, h)) },
		Group:   byTarget,
		Refine:  func(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) { m.Values["granted"] = granted(v, g[0]) },
		Provoke: fault.World{Title: "the token server grants nothing", Targets: image, NoAccess: true},
	})
}

// scopesOf are those that a token was asked for by GET with.
func scopesOf(text string) []string {
	u, err := url.Parse(text)
	if err != nil {
		return nil
	}
	return u.Query()["scope"]
}

// loginWithheld is about logins that the run was told not to send.
func loginWithheld() diagnosis.Entry {
	return diagnosis.Entry{
		Code: AuthLoginWithheld, Since: "0.1.0",
		Layer: diagnosis.Auth, Severity: diagnosis.Info, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "the login was withheld from {hosts}",
		Seen:   "{why}",
		Means:  "Whether the login is right, and what comes after it, was not checked. A client would have sent it.",
		Remedy: "check again without --" + withholdFlag + " if {targets} may have the login",
		Or:     diagnosis.Way{Audience: diagnosis.ProxyAdmin, Remedy: "if the connection is inspected, exempt {targets} from TLS inspection"},
		Cite:   []string{"RFC 9110 section 11.7.1: an intermediary that ends TLS reads credentials"},
		Values: []string{"why"},
		Needs:  []evidence.Op{evidence.OpHandshake, evidence.OpRequest},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			var flagged [][]evidence.Hop
			if hasFlag(v, withholdFlag) {
				flagged = diagnosis.Group(withheldHops(v), func(h evidence.Hop) string { return h.Target })
			}
			out := matchEach(flagged, func(g []evidence.Hop) map[string]string {
				return map[string]string{"why": "the chain that " + g[0].Target + " presented is not one of the public web, and the run was told to " +
					"send no login over such a chain (--" + withholdFlag + "): a device that inspects TLS could read it there, and a private CA looks " +
					"the same"}
			})
			return append(out, withheldMatches(v)...)
		},
		Provoke: fault.World{Title: "the chain of the company's registry is not one of the public web, and no login goes there",
			Direct: true, TrustInterceptor: true,
			Flags: []string{"--" + withholdFlag + "=true"}, Targets: []string{"registry.corp.example/ubi9/ubi:latest"},
			Hosts:  []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "203.0.113.150", Private: true}},
			Faults: []fault.Fault{fault.Certificate{Host: "registry.corp.example", Issuer: "interceptor"}}},
	}
}

// realmRefused is about token servers that are named by a private address, which
// some clients follow and some do not.
func realmRefused() diagnosis.Entry {
	const realm = "10.20.3.99"
	const registry = "registry.corp.example"
	hosts := []fault.Host{{Name: registry, Role: "registry", Address: "203.0.113.150", Private: true, Realm: "https://" + realm +
		"/auth/realms/rhcc/protocol/redhat-docker-v2/auth"},
		{Name: realm, Role: "auth", Address: realm, Private: true}}
	world := func(title, client string) fault.World {
		return fault.World{Title: title, Flags: asClient(client), Direct: true, Hosts: hosts, Targets: []string{registry}}
	}
	return diagnosis.Entry{
		Code: AuthRealmRefused, Since: "0.1.0",
		Layer: diagnosis.Auth, Severity: diagnosis.Info, Strength: diagnosis.Proven, Audience: diagnosis.RegistryOperator,
		Title: "{hosts} names its token server by a private address",
		Seen:  "the challenge has the realm {realm}",
		Means: "crane, ko and other tools built on go-containerregistry refuse such a realm since v0.21.5; podman, docker and " +
			"containerd follow it.",
		Remedy: "name the token server of {targets} by a host name in the registry's configuration, or serve it under the registry's " +
			"own host and port",
		Symptoms: []diagnosis.Symptom{
			{Text: `invalid realm in www-authenticate: realm host "…" is a private or link-local address`,
				Cite: "https://github.com/google/go-containerregistry/issues/2258"},
		},
		Cite: []string{
			"https://github.com/google/go-containerregistry/issues/2258",
			"https://github.com/google/go-containerregistry/pull/2302",
			"https://github.com/docker/model-runner/issues/1050",
		},
		Values: []string{"realm"},
		Needs:  []evidence.Op{evidence.OpRequest},
		After:  []diagnosis.Code{AuthRealmSuspect},
		// Clients that follow the realm are told of it as well, so the row has a Match of its own.
		Family: &asking,
		When:   func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match { return when(refusesRealm(h)) },
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { return h.OnPath() && privateRealm(h) != "" })
			return matchEachWith(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) diagnosis.Match {
				m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: map[string]string{"realm": privateRealm(g[0])}}
				if refusesRealm(g[0]) {
					m.Severity = diagnosis.Error
				}
				return m
			})
		},
		Provoke: world("crane meets a token server at a private address", "crane"),
		Also:    []fault.World{world("podman meets a token server at a private address", "")},
	}
}

// realmSuspect is about token servers that are named at a place where no registry has
// one, and where a login would fall into other hands.
func realmSuspect() diagnosis.Entry {
	const registry = "registry.corp.example"
	world := func(title, realm, address string) fault.World {
		return fault.World{Title: title, Direct: true, Targets: []string{registry}, Hosts: []fault.Host{
			{Name: registry, Role: "registry", Address: "203.0.113.150", Private: true, Realm: "https://" + realm +
				"/auth/realms/rhcc/protocol/redhat-docker-v2/auth"},
			{Name: realm, Role: "auth", Address: address, Private: true}}}
	}
	return diagnosis.Entry{
		Code: AuthRealmSuspect, Since: "0.1.0",
		Layer: diagnosis.Auth, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.RegistryOperator,
		Title: "{hosts} sends logins to {place}",
		Seen:  "the challenge names the token server {realm}: {place}",
		Means: "A token server is not expected there. The challenge may be an attempt to collect logins or to reach this host's own " +
			"services, or the registry may be set up with the name of another network. No login was sent to it from here; podman, " +
			"docker and containerd would send theirs.",
		Remedy: "check what answers for {targets}, and the name of the token server in the registry's configuration",
		Or: diagnosis.Way{Audience: diagnosis.HostAdmin,
			Remedy: "if the place is right, check with --realm {realm}: the login is then sent there"},
		NoSymptom: "clients follow such a realm, and print whatever becomes of it",
		Cite: []string{
			"https://distribution.github.io/distribution/spec/auth/token/ (the realm is taken from the challenge)",
			"RFC 3927 section 2.7; RFC 6890 table 3",
			"https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html",
		},
		Values: []string{"realm", "place"},
		Needs:  []evidence.Op{evidence.OpRequest},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { realm, _ := suspectRealm(v, h); return realm != "" })
			return matchEach(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) map[string]string {
				realm, place := suspectRealm(v, g[0])
				return map[string]string{"realm": realm, "place": place}
			})
		},
		Provoke: world("a registry names the metadata service as its token server", "169.254.169.254", "169.254.169.254"),
		Also: []fault.World{world("a registry names a token server whose name leads to a link-local address", "token.corp.example",
			"169.254.7.9")},
	}
}
