package flows

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
)

// maxAccess bounds how many entries of a token's access claim are kept.
const maxAccess = 16

// fetchToken asks the realm for a token: GET with service, scope and account as
// containers/image does (docker_client.go, getBearerToken). It returns the
// token, empty when there is none, and whether the answer was an expected one.
func (c *conversation) fetchToken(auth *walk, realm *url.URL, challenge evidence.Challenge) (string, bool) {
	var token string
	send := func(authorization string) reply {
		out, _ := auth.request(c.tokenAsk(realm, challenge, authorization, &token))
		return out
	}
	if c.login().Empty() {
		out := send("")
		c.tokenNode = out.node
		return token, !out.failed
	}
	node, ok := c.withCredentials(auth, send)
	c.tokenNode = node
	return token, ok
}

func (c *conversation) tokenAsk(realm *url.URL, challenge evidence.Challenge, authorization string, token *string) ask {
	a := ask{stepName: "token", method: "GET", url: c.tokenURL(realm, challenge, authorization != ""),
		header: http.Header{}, expect: expectAnonymousToken, secretBody: true}
	if authorization != "" {
		a.header.Set("Authorization", authorization)
		a.expect = expectToken
	}
	a.read = func(d *evidence.Request, body []byte) {
		if d.Code != http.StatusOK {
			return
		}
		var t evidence.Token
		*token, t = readToken(body)
		c.run.cfg.secrets().Add(*token)
		d.Token = &t
	}
	return a
}

// tokenURL adds what the client adds to the realm.
func (c *conversation) tokenURL(realm *url.URL, challenge evidence.Challenge, login bool) string {
	u := *realm
	q := u.Query()
	if login {
		q.Set("account", c.login().User)
	}
	if service := challenge.Params["service"]; service != "" {
		q.Set("service", service)
	}
	for _, image := range c.registry.planned.Images {
		q.Add("scope", "repository:"+image.Repository+":pull")
	}
	if scope := challenge.Params["scope"]; scope != "" && len(c.registry.planned.Images) == 0 {
		q.Set("scope", scope)
	}
	u.RawQuery = q.Encode()
	u.User = nil
	return u.String()
}

// withCredentials sends the registry's credentials to a verifier through their
// gate, one at a time and never again once they were not accepted. A gate is one
// pair's at one verifier: registries with the same login share it. It returns the
// hop that brought, or prevented, the outcome.
func (c *conversation) withCredentials(w *walk, send func(authorization string) reply) (*node, bool) {
	if !w.session.trusted {
		out := send("")
		return out.node, false
	}
	login := c.login()
	c.run.mu.Lock()
	t := c.run.gate("login " + w.lane.target.ID + " " + login.Key()).enter()
	c.run.mu.Unlock()
	because, err := t.wait(c.run.ctx)
	if because != nil || err != nil {
		t.leave()
		c.run.rec.skip(w.lane, w.session.node, because, w.lane.target.Role, evidence.OpRequest)
		return because, false
	}
	out := send("Basic " + base64.StdEncoding.EncodeToString([]byte(login.User+":"+login.Secret())))
	fared := accepted
	if out.detail.Code == 0 || out.detail.Code == http.StatusUnauthorized || out.detail.Code == http.StatusForbidden ||
		out.detail.Code == http.StatusProxyAuthRequired || out.failed {
		fared = rejected
	}
	t.done(fared, out.node)
	return out.node, !out.failed
}

// readToken takes the token out of an answer (distribution spec, token.md:
// token or access_token) and describes it without keeping it. The JWT is read
// and not trusted.
func readToken(body []byte) (string, evidence.Token) {
	var doc struct {
		Token       string `json:"token"`
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
		IssuedAt    string `json:"issued_at"`
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return "", evidence.Token{Problem: "the answer is no JSON object of a token"}
	}
	token := doc.Token
	if token == "" {
		token = doc.AccessToken
	}
	if token == "" {
		return "", evidence.Token{Problem: "the JSON has neither token nor access_token"}
	}
	t := evidence.Token{Length: len(token), ExpiresIn: doc.ExpiresIn, IssuedAt: redact.Text(doc.IssuedAt, 40)}
	t.Access = readAccess(token)
	return token, t
}

// readAccess lists what a JWT grants, nil when it is no JWT.
func readAccess(token string) []string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	var claims struct {
		Access []struct {
			Type    string   `json:"type"`
			Name    string   `json:"name"`
			Actions []string `json:"actions"`
		} `json:"access"`
	}
	if json.Unmarshal(raw, &claims) != nil {
		return nil
	}
	out := []string{}
	for i, a := range claims.Access {
		if i < maxAccess {
			out = append(out, redact.Text(a.Type+":"+a.Name+":"+strings.Join(a.Actions, ","), 200))
		}
	}
	return out
}
