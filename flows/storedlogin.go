package flows

import (
	"context"
	"slices"

	"pullpath/internal/client"
	"pullpath/internal/credentials"
	"pullpath/internal/evidence"
	"pullpath/internal/redact"
)

// login returns the login for the registry's token server: the given one, otherwise the
// one that the client has stored for it; an empty one where neither exists.
func (c *conversation) login() credentials.Login {
	cfg, registry := c.run.cfg, c.registry.log.target.ID
	switch {
	case cfg.User != "" && cfg.LoginAt != "" && cfg.LoginAt != registry:
		return credentials.Login{}
	case cfg.User != "":
		return credentials.NewLogin(credentials.Password, c.run.cfg.User, c.run.cfg.Password)
	}
	return cfg.Logins[registry].Login
}

// storedLogin records what the client has stored for a registry. Where the client would
// give up because of it, the hop fails; the walk continues without a login, so that the
// path is still shown to work.
func (w *walk) storedLogin(root *openHop) {
	if h, ok := w.run.cfg.Recalled.LoginAt(w.log.target.ID); ok {
		w.run.rec.record(w.step(evidence.OpSetting, root), h.Detail, h.Failure)
		return
	}
	a, ok := w.run.cfg.Logins[w.log.target.ID]
	if !ok {
		return
	}
	detail := evidence.Setting{Decision: evidence.LoginDecision, Client: w.run.cfg.shape().Tool, Remarks: remarks(a.Remarks),
		Login: loginDetail(a, w.run.cfg.Scribe)}
	var broken *evidence.Failure
	if a.Stopped != "" {
		broken = evidence.Fail(evidence.Invalid, redact.Text(w.run.cfg.Scribe.Text(a.Stopped), maxProblem), nil)
	}
	w.run.rec.record(w.step(evidence.OpSetting, root), detail, broken)
}

// loginDetail returns an answer without name and secret.
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
	c, err := client.Named(tool)
	if err != nil || c.Logins.Rules == "" {
		return out
	}
	h = h.Remembering()
	for _, t := range p.Targets {
		switch {
		case !t.Target.Role.HasImages():
		case ctx.Err() != nil:
			out[t.Target.ID] = credentials.Answer{Registry: t.storedName(), Client: tool, Rules: c.Logins.Rules,
				Stopped: "what is stored for it was not looked up: the time for that was used up"}
		default:
			out[t.Target.ID] = h.Find(ctx, c.Logins, t.storedName())
		}
	}
	return out
}

// RecalledLogins puts a made-up login, by name and the kind of its secret, where a
// report says that its client had one stored, by the target's ID.
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

// LoginHolders returns the registries of a plan to which a login that was given by hand
// may belong, by their targets' IDs: those that were named, or else the profile's own,
// or else all of the profile's.
func (p Plan) LoginHolders(c Config) []string {
	var out []string
	for _, t := range p.Targets {
		own := len(c.Targets) > 0 || c.Profile.Login == "" || equalHost(c.Profile.Login, t.Target.Host)
		if t.Target.Role.HasImages() && own {
			out = append(out, t.Target.ID)
		}
	}
	return out
}

// GivenLogin judges the form of a login from the command line for the registry of a plan
// that it belongs to, empty for every registry; where nothing is wrong with it there is
// no entry.
func GivenLogin(tool, user, secret, source, at string, p Plan) map[string]credentials.Answer {
	out := map[string]credentials.Answer{}
	l := credentials.NewLogin(credentials.Password, user, secret)
	for _, t := range p.Targets {
		if !t.Target.Role.HasImages() || at != "" && t.Target.ID != at {
			continue
		}
		if found := credentials.Judge(t.Target.Host, l, source); len(found) > 0 {
			out[t.Target.ID] = credentials.Answer{Registry: t.Target.Host, Client: tool, Login: l,
				Origin: credentials.Origin{File: source, Why: given}, Remarks: found}
		}
	}
	return out
}

// storedName returns the name by which clients look a login up: Docker Hub's is that of
// its images, not of its host (distribution/reference).
func (p Planned) storedName() string {
	host := p.Target.URLHost()
	if host == dockerHub {
		host = "docker.io"
	}
	images := slices.Concat(p.Images, p.chained)
	if len(images) == 0 {
		return host
	}
	return host + "/" + images[0].Repository
}
