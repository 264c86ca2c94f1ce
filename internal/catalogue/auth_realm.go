package catalogue

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// challenging is a fault by which the World's registry names a token server.
func challenging(realm string) fault.HTTP {
	return fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", Login: fault.NoLogin, Status: 401,
		Headers: []string{"Content-Type: application/json", "Docker-Distribution-Api-Version: registry/2.0",
			`WWW-Authenticate: Bearer realm="` + realm + `",service="docker-registry"`},
		Body: `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`}
}

// onPort is a fault by which a port of a host is closed.
func onPort(host string, port int) fault.Socket {
	return fault.Socket{Host: host, Port: port, Effect: fault.Refuse}
}

// realmUnusable is about token servers that are named so that no client gets a token.
func realmUnusable() diagnosis.Entry {
	const realm = "http://sso.redhat.com" + fault.RealmPath
	e := answerRow(diagnosis.Entry{
		Code: AuthRealmUnusable, Since: "0.1.0",
		Layer: diagnosis.Auth, Strength: diagnosis.Proven, Audience: diagnosis.RegistryOperator,
		Title: "{hosts} names a token server that cannot be asked",
		Seen:  "{requests}: {answers}; the challenge has the realm {realm}",
		Means: "A realm has to be a URL with a host and at most one port. Behind a reverse proxy a registry makes it of the fields that " +
			"the proxy adds (X-Forwarded-Host, X-Forwarded-Proto); one of them may be wrong. No login was sent.",
		Remedy: "set the public URL of the token server in the configuration of {targets}, or correct the forwarded fields of the reverse " +
			"proxy before it",
		Symptoms: []diagnosis.Symptom{
			{Text: `unsupported protocol scheme ""`, Cite: "https://github.com/golang/go/blob/go1.26.8/src/net/http/transport.go"},
			{Text: "lookup registry.example:5001: no such host", Cite: "https://github.com/sonatype/nexus-public/issues/611"},
			{Text: "too many colons in address", Cite: "https://github.com/sameersbn/docker-gitlab/issues/1085"},
			{Text: "invalid token auth challenge realm", Cite: "https://github.com/SUSE/caasp-services/issues/36"},
		},
		Cite: []string{
			"https://distribution.github.io/distribution/spec/auth/token/",
			"https://github.com/sonatype/nexus-public/issues/611",
			"https://github.com/goharbor/harbor/issues/3114",
			"https://github.com/cesanta/docker_auth/issues/390",
		},
		Values: []string{"realm"},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(h.FailedWith(evidence.UnexpectedAnswer) && bearerOf(h).Problem != "")
		},
		Refine: func(_ *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
			m.Values["realm"] = bearerRealm(g[0]) + ": " + bearerOf(g[0]).Problem
		},
		Provoke: fault.World{Title: "a reverse proxy adds the port of the realm twice",
			Faults: []fault.Fault{challenging("https://sso.redhat.com:5001:5001" + fault.RealmPath)}},
		Also: []fault.World{
			{Title: "a reverse proxy loses the scheme of the realm, and port 80 is closed", Direct: true,
				Faults: []fault.Fault{challenging(realm), onPort("sso.redhat.com", 80)}},
			{Title: "the realm has the registry's inner port", Direct: true,
				Faults: []fault.Fault{challenging("https://registry.redhat.io:8443" + fault.RealmPath), onPort("registry.redhat.io", 8443)}},
			{Title: "the realm has a name of the registry's own network", Direct: true,
				Faults: []fault.Fault{challenging("http://core:8080/service/token")}},
			{Title: "the token server redirects to itself for ever", Faults: []fault.Fault{fault.HTTP{Host: "sso.redhat.com", Status: 302,
				To: "https://sso.redhat.com{path}"}}},
		},
	})
	malformed := e.Match
	e.Match = func(v *diagnosis.View) []diagnosis.Match { return append(malformed(v), matchUnreachedRealm(v)...) }
	e.Needs = append(e.Needs, evidence.OpResolve, evidence.OpDial, evidence.OpTunnel)
	return e
}

// realmPlaintext is about token servers that are named by http://.
func realmPlaintext() diagnosis.Entry {
	const realm = "http://sso.redhat.com" + fault.RealmPath
	toTLS := fault.HTTP{Host: "sso.redhat.com", Plain: true, Status: 301, To: "https://sso.redhat.com{path}"}
	return diagnosis.Entry{
		Code: AuthRealmPlaintext, Since: "0.1.0",
		Layer: diagnosis.Auth, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.RegistryOperator,
		Title: "{hosts} names its token server by http://",
		Seen:  "the challenge has the realm {realm}",
		Means: "A client sends its login there in plain HTTP, where everybody on the way can read it. This check sent none over that " +
			"connection.",
		Remedy: "have {targets} name its token server by https://: the forwarded scheme of the reverse proxy before it " +
			"(X-Forwarded-Proto), or the registry's public URL",
		Symptoms: []diagnosis.Symptom{
			{Text: "unauthorized: authentication required", Cite: "https://github.com/goharbor/harbor/issues/12364"},
		},
		Cite: []string{
			"https://distribution.github.io/distribution/spec/auth/token/",
			"https://github.com/moby/moby/issues/38662",
			"RFC 9110 section 11.7.1",
			"https://github.com/golang/go/blob/go1.26.8/src/net/http/client.go (redirectBehavior: a POST becomes a GET)",
		},
		Values: []string{"realm"},
		Needs:  []evidence.Op{evidence.OpRequest},
		After:  []diagnosis.Code{AuthRealmUnusable, AuthRealmSuspect},
		Match:  matchPlainRealm,
		Provoke: fault.World{Title: "a reverse proxy loses the scheme of the realm, and port 80 redirects to https", Direct: true,
			Targets: []string{fault.Image + ":" + fault.ImageTag}, Faults: []fault.Fault{challenging(realm), toTLS}},
		Also: []fault.World{{Title: "crane refuses a realm by http", Direct: true, Flags: asClient("crane"),
			Targets: []string{fault.Image + ":" + fault.ImageTag}, Faults: []fault.Fault{challenging(realm), toTLS}},
			{Title: "containerd loses its login on the way from http to https", Direct: true, Flags: asClient("containerd"),
				Targets: []string{fault.Image + ":" + fault.ImageTag}, Faults: []fault.Fault{challenging(realm), toTLS,
					fault.HTTP{Host: "sso.redhat.com", Login: fault.NoLogin, Method: "GET", Status: 200,
						Headers: []string{"Content-Type: application/json"}, Body: `{"token":"that-of-nobody"}`}}}},
	}
}

// bearerOf is the Bearer challenge of an answer that asks for a token; its scheme is empty
// where there is none.
func bearerOf(h evidence.Hop) evidence.Challenge {
	d := evidence.DetailOf[evidence.Request](h)
	i := slices.IndexFunc(d.Challenges, func(c evidence.Challenge) bool { return strings.EqualFold(c.Scheme, "Bearer") })
	if i < 0 || d.Code != 401 || d.AuthSent != "" || d.Step != evidence.StepPing && d.Step != evidence.StepManifest {
		return evidence.Challenge{}
	}
	return d.Challenges[i]
}

// bearerRealm is the realm of such an answer, empty for none.
func bearerRealm(h evidence.Hop) string { return bearerOf(h).Params["realm"] }

// realmTarget is the target of a realm, by its ID; empty for one that is none.
func realmTarget(realm string) string {
	u, err := url.Parse(realm)
	if err != nil || u.Host == "" {
		return ""
	}
	at := evidence.EndpointOf(u)
	at.Host = evidence.HostName(at.Host)
	return at.ID()
}

// matchUnreachedRealm matches realms that look like those of the registry's own network, and
// to which no connection came about; and token servers whose redirects have no end.
func matchUnreachedRealm(v *diagnosis.View) []diagnosis.Match {
	var out []diagnosis.Match
	opening := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { return h.OnPath() && h.State == evidence.OK && bearerRealm(h) != "" })
	for _, g := range diagnosis.Group(opening, func(h evidence.Hop) string { return h.Target + " " + bearerRealm(h) }) {
		realm := bearerRealm(g[0])
		target := realmTarget(realm)
		broken := astrayAt(v, target, interceptedChain)
		means := inward(realm, v.Target(g[0].Target))
		if means == "" {
			broken, means = slices.DeleteFunc(broken, func(h evidence.Hop) bool { return h.Op != evidence.OpRequest || statusOf(h)/100 != 3 }),
				"The token server redirects the request, and none of the redirects that clients follow comes to an end."
		}
		if target == g[0].Target || len(broken) == 0 {
			continue
		}
		values := requestValues(v, g)
		values["realm"] = realm
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(append(slices.Clone(g), broken[0])), Targets: []string{g[0].Target},
			Strength: diagnosis.Likely, Values: values, Means: means, Explains: []string{target}})
	}
	return out
}

// inward says why a realm looks like one of the registry's own network; empty where it does
// not.
func inward(realm string, registry evidence.Target) string {
	u, err := url.Parse(realm)
	if err != nil {
		return ""
	}
	at := evidence.EndpointOf(u)
	switch host := evidence.HostName(at.Host); {
	case !strings.Contains(host, ".") && net.ParseIP(host) == nil, evidence.InCluster(host):
		return "The name may be one that only the registry's own network knows. " + realmPublic
	case u.Scheme == "http" && !registry.Plain:
		return "The registry is reached by https, and the realm is http://, which did not answer here. A reverse proxy that ends TLS and " +
			"does not pass the scheme on (X-Forwarded-Proto) has this effect. " + realmPublic
	case host == evidence.HostName(registry.Host) && at.Port != registry.Port:
		return "The realm is at another port of the registry's own host, which did not answer here: a port from behind the reverse proxy has " +
			"this effect. " + realmPublic
	}
	return ""
}

const realmPublic = "Clients ask the realm as it stands. No login was sent."

// matchPlainRealm matches realms by http:// whose host answered.
func matchPlainRealm(v *diagnosis.View) []diagnosis.Match {
	opening := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
		return h.OnPath() && h.State != evidence.Skipped && strings.HasPrefix(bearerRealm(h), "http://") && !v.Target(h.Target).Plain
	})
	return matchEachWith(diagnosis.Group(opening, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) diagnosis.Match {
		m := diagnosis.Match{Hops: diagnosis.IDs(g), Targets: []string{g[0].Target}, Values: map[string]string{"realm": bearerRealm(g[0])}}
		if g[0].State == evidence.Failed {
			m.Severity = diagnosis.Error
			m.Means = "crane, ko and other tools built on go-containerregistry refuse such a realm of a registry that is reached by https since " +
				"v0.21.5; podman, docker and containerd follow it. No login was sent."
			return m
		}
		if lost := lostLogin(v, realmTarget(bearerRealm(g[0])), g[0].Target); len(lost) > 0 {
			m.Severity, m.Hops = diagnosis.Error, append(m.Hops, diagnosis.IDs(lost)...)
			m.Means = "This client sends its login in a form, by POST. The realm redirects to https, and every client of Go's turns a POST " +
				"into a GET there: the login is left behind, and what follows is asked for without one. This check sent no login in the clear."
		}
		return m
	})
}

// lostLogin are the requests that failed after a login in a form was redirected from a token
// server: at hosts that the redirects lead to, and at the registry with the token of nobody.
func lostLogin(v *diagnosis.View, realm, registry string) []evidence.Hop {
	form, redirected := v.FirstAbout(evidence.OpRequest, diagnosis.About{}.Target(realm), func(h evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Request](h)
		return h.OnPath() && d.Step == evidence.StepToken && d.Method == "POST" && d.Code/100 == 3 && d.Code != 307 && d.Code != 308
	})
	if !redirected {
		return nil
	}
	to := locationTarget(form)
	return v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
		concerned := h.Target == to && stepOf(h) == evidence.StepToken || h.Target == registry
		return h.OnPath() && h.FailedWith(evidence.UnexpectedAnswer) && concerned && (statusOf(h) == 401 || statusOf(h) == 403)
	})
}
