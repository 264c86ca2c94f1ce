package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// realmRefused is about token servers that are named by a private address, which
// some clients follow and some do not.
func realmRefused() diagnosis.Entry {
	const realm = "10.20.3.99"
	const registry = "registry.corp.example"
	hosts := []fault.Host{{Name: registry, Role: "registry", Address: "203.0.113.150", Private: true, Realm: "https://" + realm + "/auth/realms/rhcc/protocol/redhat-docker-v2/auth"},
		{Name: realm, Role: "auth", Address: realm, Private: true}}
	world := func(title, client string) fault.World {
		return fault.World{Title: title, Client: client, Direct: true, Hosts: hosts, Targets: []string{registry}}
	}
	return diagnosis.Entry{
		Code: "auth-realm-refused", Since: since, Layer: diagnosis.Auth, Severity: diagnosis.Info, Strength: diagnosis.Proven, Audience: diagnosis.RegistryOperator,
		Title:  "{hosts} names its token server by a private address",
		Seen:   "the challenge has the realm {realm}",
		Means:  "crane, ko and other tools built on go-containerregistry refuse such a realm since v0.21.5; podman, docker and containerd follow it.",
		Remedy: "name the token server of {targets} by a host name in the registry's configuration, or serve it under the registry's own host and port",
		Cite:   []string{"google/go-containerregistry#2258 and PR 2302", "docker/model-runner#1050"},
		Values: []string{"realm"}, Needs: []evidence.Op{evidence.OpRequest}, After: []string{"auth-realm-suspect"},
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

// privateRealm is the realm of an opening answer that not every client follows.
func privateRealm(h evidence.Hop) string {
	d := evidence.DetailOf[evidence.Request](h)
	if d.Code != 401 || d.AuthSent != "" || d.Step != "ping" && d.Step != "manifest" {
		return ""
	}
	i := slices.IndexFunc(d.Challenges, func(c evidence.Challenge) bool { return evidence.PrivateRealm(c, strings.TrimSuffix(h.Target, ":443")) })
	if i < 0 {
		return ""
	}
	return d.Challenges[i].Params["realm"]
}

// refusesRealm tells that the client under test gave up for it.
func refusesRealm(h evidence.Hop) bool {
	return h.FailedWith(evidence.UnexpectedAnswer) && privateRealm(h) != ""
}
