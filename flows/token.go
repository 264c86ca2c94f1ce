package flows

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"pullpath/internal/credentials"
	"pullpath/internal/evidence"
	"pullpath/internal/queue"
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

// loginFlows returns the flows of this run, in the order in which they are tried. An
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
	if c.run.cfg.shape().asks().Forms {
		return []flow{byForm}
	}
	return []flow{byBasic}
}

// fetchToken asks the realm for a token. It returns the token of the first flow that
// brought one (empty where none did), and whether every answer was expected.
func (c *conversation) fetchToken(auth *walk, realm *url.URL, challenge evidence.Challenge) (string, bool) {
	if reason := c.withheldFor(auth); c.login().Empty() || reason != "" {
		var token string
		a := c.tokenAsk(realm, challenge, "", &token)
		if !c.login().Empty() {
			a.withheld = reason
		}
		out, _ := c.follow(auth, evidence.Auth, a)
		c.tokenHop = out.hop
		return token, !out.failed
	}
	token, all := "", true
	for _, f := range c.loginFlows() {
		var got string
		sent, ok := c.withCredentials(auth, func(authorization string) reply {
			return c.sendLogin(auth, f, realm, challenge, authorization, &got)
		})
		if c.tokenHop == nil || token == "" {
			c.tokenHop = sent
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
func (c *conversation) sendLogin(auth *walk, f flow, realm *url.URL, challenge evidence.Challenge, authorization string,
	token *string) reply {
	send := func(a ask) reply {
		a.suspect = c.suspectPlace
		out, ok := c.follow(auth, evidence.Auth, a)
		out.failed = out.failed || !ok
		return out
	}
	if f == byBasic || authorization == "" {
		return send(c.tokenAsk(realm, challenge, authorization, token))
	}
	out := send(c.formAsk(realm, challenge, token))
	if out.detail.Withheld == evidence.OtherHost {
		*token = "" // it is not the one that the login would have brought
		return out
	}
	if out.failed || out.detail.Code == http.StatusOK || out.on != nil && !out.on.session.accepted() {
		return out
	}
	return send(c.tokenAsk(realm, challenge, authorization, token))
}

// tokenAsk returns the request by GET, with Basic credentials or none.
func (c *conversation) tokenAsk(realm *url.URL, challenge evidence.Challenge, authorization string, token *string) ask {
	u := *realm
	u.User = nil
	u.RawQuery = c.tokenQuery(realm.Query(), challenge, authorization != "").Encode()
	a := ask{step: evidence.StepToken, method: http.MethodGet, url: u.String(),
		header: http.Header{}, expect: expectAnonymousToken, secretBody: true, read: c.tokenReader(token)}
	if authorization != "" {
		a.header.Set("Authorization", authorization)
		a.expect = expectToken
	}
	return a
}

// formAsk returns the request by POST (distribution spec, auth/oauth.md).
func (c *conversation) formAsk(realm *url.URL, challenge evidence.Challenge, token *string) ask {
	u := *realm
	u.User, u.RawQuery = nil, ""
	form := c.tokenQuery(url.Values{}, challenge, false)
	form.Set("client_id", c.run.cfg.shape().asks().ID)
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
	return ask{step: evidence.StepToken, method: http.MethodPost, url: u.String(), form: form,
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
		c.granting.until = time.Time{}
		if life := max(time.Duration(t.ExpiresIn)*time.Second, c.run.cfg.shape().asks().TokenLeast); life > 0 {
			c.granting.until = c.run.net.Now().Add(life)
		}
	}
}

// granting is who gives a conversation's token, by which challenge, and until when the client
// takes what it has for good: without an end where the answer names none and it has no rule.
type granting struct {
	auth      *walk
	realm     *url.URL
	challenge evidence.Challenge
	until     time.Time
}

// renewToken asks for a new token where the client takes the one that it has for too old.
func (c *conversation) renewToken() {
	g := c.granting
	if g.auth == nil || c.token == "" || g.until.IsZero() || c.run.net.Now().Before(g.until) {
		return
	}
	if token, _ := c.fetchToken(g.auth, g.realm, g.challenge); token != "" {
		c.token = token
	}
	c.leaveQueues()
}

// tokenQuery adds to a query the parameters that the client sends.
func (c *conversation) tokenQuery(q url.Values, challenge evidence.Challenge, login bool) url.Values {
	if c.run.cfg.AsArticle {
		q.Set("service", articleService)
		q.Set("client_id", articleGetID)
		q.Set("scope", articleScope)
		return q
	}
	asks := c.run.cfg.shape().asks()
	if login && asks.Account {
		q.Set("account", c.login().User)
	}
	if asks.IDInQuery {
		q.Set("client_id", asks.ID)
	}
	if service := challenge.Params["service"]; service != "" {
		q.Set("service", service)
	}
	for _, image := range c.images {
		q.Add("scope", "repository:"+image.Repository+":pull")
	}
	if scope := challenge.Params["scope"]; scope != "" && len(c.images) == 0 {
		q.Set("scope", scope)
	}
	return q
}

// withCredentials sends the registry's login to a verifier when it may be sent.
// Registries with the same login share one queue at a verifier. It returns the hop
// that brought, or prevented, the outcome.
func (c *conversation) withCredentials(w *walk, send func(authorization string) reply) (*openHop, bool) {
	c.claim(w)
	if w.session.refuses() {
		c.place.Leave()
		out := send("")
		return out.hop, false
	}
	because, err := c.acquire()
	if because != nil || err != nil {
		c.place.Leave()
		c.skip(w, because)
		return because, false
	}
	login := c.login()
	out := send("Basic " + base64.StdEncoding.EncodeToString([]byte(login.User+":"+login.Secret())))
	c.place.Release(out.loginOutcome(), out.hop)
	return out.hop, !out.failed
}

// loginOutcome returns what became of the login in an exchange. A login that was not
// sent, because the connection made anew failed or met a chain that the client refuses,
// is neither accepted nor rejected.
func (out reply) loginOutcome() queue.Outcome {
	switch out.detail.Code {
	case 0, http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		out.failed = true
	}
	switch {
	case !out.carried:
		return queue.Unsent
	case out.failed:
		return queue.Rejected
	}
	return queue.Accepted
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
		return "", evidence.Token{Problem: "the answer is not a JSON object with a token"}
	}
	token := doc.Token
	if token == "" {
		token = doc.AccessToken
	}
	if token == "" {
		return "", evidence.Token{Problem: "the JSON has neither token nor access_token"}
	}
	if len(token) > maxToken {
		return "", evidence.Token{Problem: fmt.Sprintf("the token has %d bytes, more than any server takes in a field", len(token)),
			Length: len(token)}
	}
	for _, secret := range []string{doc.Token, doc.AccessToken, doc.Refresh} {
		scribe.Secrets.Add(secret[:min(len(secret), maxToken)])
	}
	t := evidence.Token{Length: len(token), ExpiresIn: doc.ExpiresIn, IssuedAt: scribe.Short(doc.IssuedAt, 40)}
	describeJWT(token, &t, scribe)
	return token, t
}
