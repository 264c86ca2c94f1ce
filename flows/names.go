package flows

import (
	"net"

	"pullpath/internal/evidence"
	"pullpath/tunnel"
)

// ownNames returns the names that this run was given or knows by itself. A secret that
// occurs in one of them does not make the name unreadable: there it reveals nothing.
func ownNames(c Config, plan Plan, n Net) []string {
	out := []string{tunnel.Basic, tunnel.Digest, tunnel.NTLM, tunnel.Negotiate, "Bearer", "Kerberos", "https://", "http://"}
	for _, h := range c.Profile.Hosts {
		out = append(out, h.Host)
	}
	for _, t := range plan.Targets {
		out = append(out, t.Target.Host)
		if !t.Decision.OfLogin {
			out = append(out, t.Decision.Host)
		}
		for _, image := range t.Images {
			out = append(out, image.Text, image.Repository)
		}
	}
	for _, p := range c.Pins {
		out = append(out, p.Host)
	}
	for _, d := range c.Detours {
		out = append(out, d.ToHost)
	}
	if c.Realm != nil {
		out = append(out, c.Realm.Hostname())
	}
	if host, _, err := net.SplitHostPort(c.Control); err == nil {
		out = append(out, host)
	}
	return append(out, n.Resolver.Conf.Search...)
}

// holdsSecret reports whether a peer names a host in which a secret of this run stands.
// Such a host is not looked up, for the question would carry the secret to name
// servers, and not dialled.
func (r *run) holdsSecret(host string) bool { return r.cfg.secrets().Holds(host) }

// refuseHost records that a host was not asked, because its name holds a secret.
func (c *conversation) refuseHost(because *openHop, role evidence.Role, asked evidence.Step, url string) *openHop {
	s := step{log: c.registry.log, op: evidence.OpRequest, role: role, probe: c.registry.behind(), parent: because}
	return c.run.rec.record(s, evidence.Request{Method: "GET", Step: asked, URL: c.run.cfg.Scribe.URL(url)},
		evidence.Fail(evidence.Unknown, "the registry names a host whose name holds a secret of this run: it was neither looked up nor asked",
			nil))
}
