package flows

import (
	"context"

	"pullpath/internal/credentials"
	"pullpath/internal/evidence"
	"pullpath/internal/redact"
)

// login is what the registry's token server is sent: what was given, else what
// the client has stored for it. Nobody where neither is.
func (c *conversation) login() credentials.Login {
	cfg, registry := c.run.cfg, c.registry.lane.target.ID
	switch {
	case cfg.User != "" && cfg.LoginAt != "" && cfg.LoginAt != registry:
		return credentials.Login{}
	case cfg.User != "":
		return credentials.NewLogin(credentials.Password, c.run.cfg.User, c.run.cfg.Password)
	}
	return cfg.Logins[registry].Login
}

// storedLogin records what the client has stored for a registry. Where the
// client gives up for it, the hop fails; the walk goes on as nobody, so that the
// path is proven all the same.
func (w *walk) storedLogin(root *node) {
	if h, ok := w.run.cfg.Recalled.LoginAt(w.lane.target.ID); ok {
		w.run.rec.begin(w.lane, step{op: evidence.OpSetting, role: w.lane.target.Role, purpose: evidence.Path, parent: root}).end(h.Detail, h.Failure)
		return
	}
	a, ok := w.run.cfg.Logins[w.lane.target.ID]
	if !ok {
		return
	}
	n := w.run.rec.begin(w.lane, step{op: evidence.OpSetting, role: w.lane.target.Role, purpose: evidence.Path, parent: root})
	detail := evidence.Setting{Decision: evidence.LoginDecision, Client: w.run.cfg.shape().Tool, Remarks: remarks(a.Remarks),
		Login: loginDetail(a, w.run.cfg.Scribe)}
	var broken *evidence.Failure
	if a.Stopped != "" {
		broken = evidence.Fail(evidence.Invalid, redact.Text(w.run.cfg.Scribe.Text(a.Stopped), maxProblem), nil)
	}
	n.end(detail, broken)
}

// loginDetail is an answer without name and secret.
func loginDetail(a credentials.Answer, scribe evidence.Scribe) *evidence.StoredLogin {
	text := func(s string) string { return redact.Text(scribe.Text(s), maxShownURL) }
	out := &evidence.StoredLogin{Registry: text(a.Registry), Rules: a.Rules, Found: evidence.NoLogin, Cause: string(a.Cause)}
	if !a.Login.Empty() {
		out.Found, out.User = string(a.Login.Kind), redact.User(a.Login.User)
		out.File, out.Key, out.Helper, out.Why = text(a.Origin.File), text(a.Origin.Key), text(a.Origin.Helper), a.Origin.Why
	}
	for _, p := range a.Places {
		out.Places = append(out.Places, evidence.LoginPlace{File: text(p.Path), State: text(p.State)})
	}
	for _, e := range a.Elsewhere {
		out.Elsewhere = append(out.Elsewhere, evidence.LoginPlace{File: text(e.File), Key: text(e.Key), State: text(e.Why)})
	}
	return out
}

// Logins looks up what a tool has stored for each registry of a plan, by the name
// of its first image where one is pulled. It reads files and may run helpers; a
// tool that reads no store gives nothing.
func Logins(ctx context.Context, h credentials.Host, tool string, p Plan) map[string]credentials.Answer {
	out := map[string]credentials.Answer{}
	if credentials.RulesOf(tool) == "" {
		return out
	}
	h = h.Remembering()
	for _, t := range p.Targets {
		switch {
		case t.Target.Role != evidence.Registry:
		case ctx.Err() != nil:
			out[t.Target.ID] = credentials.Answer{Registry: t.storedName(), Client: tool, Rules: credentials.RulesOf(tool),
				Stopped: "what is stored for it was not looked up: the time for that was used up"}
		default:
			out[t.Target.ID] = h.Find(ctx, tool, t.storedName())
		}
	}
	return out
}

// RecalledLogins puts a made-up login, by name and the secret of its kind, where a
// report tells that its client had one stored, by the target's ID.
func RecalledLogins(r evidence.Recollection, user string, secrets map[credentials.Kind]string) map[string]credentials.Answer {
	out := map[string]credentials.Answer{}
	for _, h := range r.Settings {
		l := evidence.DetailOf[evidence.Setting](h).Login
		if l == nil || l.Why == given {
			continue
		}
		a := credentials.Answer{}
		if kind := credentials.Kind(l.Found); l.Found != evidence.NoLogin {
			a.Login = credentials.NewLogin(kind, user, secrets[kind])
		}
		out[h.Target] = a
	}
	return out
}

// given is why a login from the command line counts.
const given = "given"

// LoginHolders are the registries of a plan to which a login that was given by hand
// may belong, by their targets' IDs: those that were named, or else the profile's own,
// or else all of the profile's.
func (p Plan) LoginHolders(c Config) []string {
	var out []string
	for _, t := range p.Targets {
		own := len(c.Targets) > 0 || c.Profile.Login == "" || equalHost(c.Profile.Login, t.Target.Host)
		if t.Target.Role == evidence.Registry && own {
			out = append(out, t.Target.ID)
		}
	}
	return out
}

// GivenLogin judges the form of a login from the command line for the registry of
// a plan that it belongs to, empty for each; where nothing is wrong with it there is no entry.
func GivenLogin(tool, user, secret, source, at string, p Plan) map[string]credentials.Answer {
	out := map[string]credentials.Answer{}
	l := credentials.NewLogin(credentials.Password, user, secret)
	for _, t := range p.Targets {
		if t.Target.Role != evidence.Registry || at != "" && t.Target.ID != at {
			continue
		}
		if found := credentials.Judge(t.Target.Host, l, source); len(found) > 0 {
			out[t.Target.ID] = credentials.Answer{Registry: t.Target.Host, Client: tool, Login: l,
				Origin: credentials.Origin{File: source, Why: given}, Remarks: found}
		}
	}
	return out
}

// storedName is the name by which clients look a login up: Docker Hub's is that of
// its images, not of its host (distribution/reference).
func (p Planned) storedName() string {
	host := urlHost(p.Target.Host, p.Target.Port)
	if host == "registry-1.docker.io" {
		host = "docker.io"
	}
	if len(p.Images) == 0 {
		return host
	}
	return host + "/" + p.Images[0].Repository
}
