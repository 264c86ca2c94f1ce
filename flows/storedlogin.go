package flows

import (
	"pullpath/internal/credentials"
	"pullpath/internal/evidence"
	"pullpath/internal/redact"
)

// login is what the registry's token server is sent: what was given, else what
// the client has stored for it. Nobody where neither is, or where this version
// cannot send it.
func (c *conversation) login() credentials.Login {
	if c.run.cfg.User != "" {
		return credentials.NewLogin(credentials.Password, c.run.cfg.User, c.run.cfg.Password)
	}
	l := c.run.cfg.Logins[c.registry.lane.target.ID].Login
	if notSent(l) != "" {
		return credentials.Login{}
	}
	return l
}

// notSent says why a login is not sent.
func notSent(l credentials.Login) string {
	if l.Empty() || l.Kind == credentials.Password {
		return ""
	}
	return "this version does not present an " + string(l.Kind) + ": the request goes as nobody"
}

// storedLogin records what the client has stored for a registry. Where the
// client gives up for it, the hop fails; the walk goes on as nobody, so that the
// path is proven all the same.
func (w *walk) storedLogin(root *node) {
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
		out.Found, out.User, out.Unused = string(a.Login.Kind), redact.User(a.Login.User), notSent(a.Login)
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
