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

// realmSuspect is about token servers that are named at a place where no registry has
// one, and where a login would fall into other hands.
func realmSuspect() diagnosis.Entry {
	const registry = "registry.corp.example"
	world := func(title, realm, address string) fault.World {
		return fault.World{Title: title, Direct: true, Targets: []string{registry}, Hosts: []fault.Host{
			{Name: registry, Role: "registry", Address: "203.0.113.150", Private: true, Realm: "https://" + realm + "/auth/realms/rhcc/protocol/redhat-docker-v2/auth"},
			{Name: realm, Role: "auth", Address: address, Private: true}}}
	}
	return diagnosis.Entry{
		Code: "auth-realm-suspect", Since: "0.4.0", Layer: diagnosis.Auth, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.RegistryOperator,
		Title:  "{hosts} sends logins to {place}",
		Seen:   "the challenge names the token server {realm}: {place}",
		Means:  "No registry has its token server there. Whoever writes this challenge collects logins, or has this host ask its own services; or the registry was set up with the name of another network. No login was sent to it from here; podman, docker and containerd would send theirs.",
		Remedy: "look at what answers for {targets}, and at the name of the token server in the registry's configuration; if it is right, give it by --realm, and the login goes there",
		Cite: []string{"distribution spec, auth/token.md: the realm is taken from the challenge", "RFC 3927 section 2.7; RFC 6890 table 3",
			"AWS EC2 User Guide, \"Access instance metadata for an EC2 instance\""},
		Values: []string{"realm", "place"}, Needs: []evidence.Op{evidence.OpRequest},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { realm, _ := suspectRealm(v, h); return realm != "" })
			return matchEach(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) map[string]string {
				realm, place := suspectRealm(v, g[0])
				return map[string]string{"realm": realm, "place": place}
			})
		},
		Provoke: world("a registry names the metadata service as its token server", "169.254.169.254", "169.254.169.254"),
		Also:    []fault.World{world("a registry names a token server whose name leads to a link-local address", "token.corp.example", "169.254.7.9")},
	}
}

// suspectRealm is the realm that a registry's first answer names at a suspect place,
// by its own name or by the address that was found for it, and the place. Both are
// empty where the registry stands there itself or --realm stood for the challenge.
func suspectRealm(v *diagnosis.View, h evidence.Hop) (realm, place string) {
	d := evidence.DetailOf[evidence.Request](h)
	if d.Code != 401 || d.AuthSent != "" || d.Step != "ping" && d.Step != "manifest" || !h.OnPath() || hasFlag(v, "realm") {
		return "", ""
	}
	for _, c := range d.Challenges {
		u, err := url.Parse(c.Params["realm"])
		if err != nil || !strings.EqualFold(c.Scheme, "Bearer") || u.Hostname() == "" {
			continue
		}
		if place := realmPlace(v, u, v.Target(h.Target).Host); place != "" {
			return c.Params["realm"], place
		}
	}
	return "", ""
}

// realmPlace is the suspect place of a realm's host: where its name says, or where a
// login to it was withheld.
func realmPlace(v *diagnosis.View, realm *url.URL, registry string) string {
	host := evidence.HostName(realm.Hostname())
	place := evidence.HostPlace(host)
	if host == evidence.HostName(registry) || place != "" && place == evidence.HostPlace(registry) {
		return ""
	}
	port := realm.Port()
	if port == "" {
		port = "443"
	}
	withheld := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
		return h.Target == net.JoinHostPort(host, port) && misplaced(evidence.DetailOf[evidence.Request](h).Withheld)
	})
	if place == "" && len(withheld) > 0 {
		place = evidence.DetailOf[evidence.Request](withheld[0]).Withheld
	}
	return place
}

// misplaced tells that a login was withheld for the place of the token server.
func misplaced(withheld string) bool { return withheld != "" && withheld != evidence.Inspectable }

// hasFlag tells that the run was asked for with a flag.
func hasFlag(v *diagnosis.View, name string) bool {
	return slices.ContainsFunc(v.Run().Flags, func(f string) bool { return strings.HasPrefix(f, "--"+name+"=") })
}
