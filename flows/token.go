package flows

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"pullpath/internal/credentials"
	"pullpath/internal/evidence"
)

// The article's own parameters (access.redhat.com/articles/3560571).
const (
	articleScope    = "repository:rhel:pull"
	articleService  = "docker-registry"
	articleGetID    = "curl"
	articlePostID   = "curl-test"
	grantPassword   = "password"
	grantRefresh    = "refresh_token"
	formContentType = "application/x-www-form-urlencoded"
)

// flow is one way in which a login is sent to a token server.
type flow int

const (
	byBasic flow = iota
	byForm
)

// loginFlows are the flows of this run, in the order in which they are tried. An
// identity token has one way only (distribution spec, auth/oauth.md).
func (c *conversation) loginFlows() []flow {
	if c.login().Kind == credentials.IdentityToken {
		return []flow{byForm}
	}
	switch c.run.cfg.AuthFlow {
	case "basic":
		return []flow{byBasic}
	case "oauth":
		return []flow{byForm}
	case "all":
		return []flow{byBasic, byForm}
	}
	if c.run.cfg.shape().asks.forms {
		return []flow{byForm}
	}
	return []flow{byBasic}
}

// fetchToken asks the realm for a token. It returns the token of the first flow
// that brought one, empty when there is none, and whether every answer was an
// expected one.
func (c *conversation) fetchToken(auth *walk, realm *url.URL, challenge evidence.Challenge) (string, bool) {
	if reason := c.withheldFor(auth); c.login().Empty() || reason != "" {
		var token string
		a := c.tokenAsk(realm, challenge, "", &token)
		if !c.login().Empty() {
			a.withheld = reason
		}
		out, _ := c.request(auth, a)
		c.tokenNode = out.node
		return token, !out.failed
	}
	token, all := "", true
	for _, f := range c.loginFlows() {
		var got string
		node, ok := c.withCredentials(auth, func(authorization string) reply {
			return c.sendLogin(auth, f, realm, challenge, authorization, &got)
		})
		if c.tokenNode == nil || token == "" {
			c.tokenNode = node
		}
		if token == "" {
			token = got
		}
		if all = all && ok; !ok {
			break // the others would send the same pair again
		}
	}
	return token, all
}

// sendLogin makes the request of a flow. A form that the token server does not
// know is followed by GET, as containerd does.
func (c *conversation) sendLogin(auth *walk, f flow, realm *url.URL, challenge evidence.Challenge, authorization string, token *string) reply {
	send := func(a ask) reply {
		a.suspect = func(handshake *node) string { return c.suspectPlace(auth, handshake) }
		out, _ := c.request(auth, a)
		return out
	}
	if f == byBasic || authorization == "" {
		return send(c.tokenAsk(realm, challenge, authorization, token))
	}
	out := send(c.formAsk(realm, challenge, token))
	if out.failed || out.detail.Code == http.StatusOK {
		return out
	}
	return send(c.tokenAsk(realm, challenge, authorization, token))
}

// tokenAsk is the request by GET, with Basic credentials or none.
func (c *conversation) tokenAsk(realm *url.URL, challenge evidence.Challenge, authorization string, token *string) ask {
	u := *realm
	u.User = nil
	u.RawQuery = c.tokenQuery(realm.Query(), challenge, authorization != "").Encode()
	a := ask{stepName: "token", method: http.MethodGet, url: u.String(),
		header: http.Header{}, expect: expectAnonymousToken, secretBody: true, read: c.tokenReader(token)}
	if authorization != "" {
		a.header.Set("Authorization", authorization)
		a.expect = expectToken
	}
	return a
}

// formAsk is the request by POST (distribution spec, auth/oauth.md).
func (c *conversation) formAsk(realm *url.URL, challenge evidence.Challenge, token *string) ask {
	u := *realm
	u.User, u.RawQuery = nil, ""
	form := c.tokenQuery(url.Values{}, challenge, false)
	form.Set("client_id", c.run.cfg.shape().asks.clientID)
	expect, login := expectToken, c.login()
	if login.Kind == credentials.IdentityToken {
		form.Set("grant_type", grantRefresh)
		form.Set("refresh_token", login.Secret())
	} else {
		form.Set("grant_type", grantPassword)
		form.Set("username", login.User)
		form.Set("password", login.Secret())
	}
	switch {
	case c.run.cfg.AsArticle:
		form.Set("client_id", articlePostID)
	case c.run.cfg.AuthFlow == "" && login.Kind == credentials.Password:
		expect = expectFormToken
	}
	return ask{stepName: "token", method: http.MethodPost, url: u.String(), form: form,
		header: http.Header{"Content-Type": {formContentType}}, expect: expect, secretBody: true, read: c.tokenReader(token)}
}

// tokenReader takes the token out of an answer and keeps what may be kept.
func (c *conversation) tokenReader(token *string) func(*evidence.Request, []byte) {
	return func(d *evidence.Request, body []byte) {
		if d.Code != http.StatusOK {
			return
		}
		var t evidence.Token
		*token, t = readToken(body, c.run.cfg.Scribe)
		d.Token = &t
	}
}

// tokenQuery adds to a query what the client asks for.
func (c *conversation) tokenQuery(q url.Values, challenge evidence.Challenge, login bool) url.Values {
	if c.run.cfg.AsArticle {
		q.Set("service", articleService)
		q.Set("client_id", articleGetID)
		q.Set("scope", articleScope)
		return q
	}
	asks := c.run.cfg.shape().asks
	if login && asks.account {
		q.Set("account", c.login().User)
	}
	if asks.idInQuery {
		q.Set("client_id", asks.clientID)
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
	return q
}

// withCredentials sends the registry's credentials to a verifier through their
// gate, one at a time and never again once they were not accepted. A gate is one
// pair's at one verifier: registries with the same login share it. It returns the
// hop that brought, or prevented, the outcome.
func (c *conversation) withCredentials(w *walk, send func(authorization string) reply) (*node, bool) {
	c.claim(w)
	if w.session.refuses() {
		c.place.leave()
		out := send("")
		return out.node, false
	}
	because, err := c.pass()
	if because != nil || err != nil {
		c.place.leave()
		c.skip(w, because)
		return because, false
	}
	login := c.login()
	out := send("Basic " + base64.StdEncoding.EncodeToString([]byte(login.User+":"+login.Secret())))
	c.place.done(out.fared(), out.node)
	return out.node, !out.failed
}

// fared tells how a login fared in an exchange. One that did not go along, as the
// connection made anew failed or came to a chain that the client refuses, is neither
// accepted nor rejected.
func (out reply) fared() outcome {
	switch out.detail.Code {
	case 0, http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		out.failed = true
	}
	switch {
	case out.detail.AuthSent == "":
		return unsent
	case out.failed:
		return rejected
	}
	return accepted
}

// maxToken bounds a token, in bytes. It goes into a field of every request, for which
// servers have 8 to 32 KiB.
const maxToken = 64 << 10

// readToken takes the token out of an answer (distribution spec, token.md:
// token or access_token) and describes it without keeping it. The JWT is read
// and not trusted. From here on the scribe knows the token.
func readToken(body []byte, scribe evidence.Scribe) (string, evidence.Token) {
	var doc struct {
		Token       string `json:"token"`
		AccessToken string `json:"access_token"`
		Refresh     string `json:"refresh_token"`
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
	if len(token) > maxToken {
		return "", evidence.Token{Problem: fmt.Sprintf("the token has %d bytes, more than any server takes in a field", len(token)), Length: len(token)}
	}
	for _, secret := range []string{doc.Token, doc.AccessToken, doc.Refresh} {
		scribe.Secrets.Add(secret[:min(len(secret), maxToken)])
	}
	t := evidence.Token{Length: len(token), ExpiresIn: doc.ExpiresIn, IssuedAt: scribe.Short(doc.IssuedAt, 40)}
	describeJWT(token, &t, scribe)
	return token, t
}
