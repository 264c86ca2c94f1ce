package flows

import (
	"net/http"
	"slices"
	"strings"

	"pullpath/internal/evidence"
)

// expectation is the list of answers that the plan allows for a request. A
// complete answer outside it fails the hop; what it means is judged later.
type expectation struct {
	words string
	met   func(evidence.Request) bool
}

// The expectations of the conversation (CONTRACT.md section 2, "State").
var (
	expectPing = expectation{"200 from a registry, or 401 with a Bearer or Basic challenge", func(r evidence.Request) bool {
		switch r.Code {
		case http.StatusOK:
			return isRegistryAnswer(r)
		case http.StatusUnauthorized:
			return slices.ContainsFunc(r.Challenges, answerable)
		}
		return false
	}}
	expectAuthorized = expectation{"200 from a registry", func(r evidence.Request) bool {
		return r.Code == http.StatusOK && isRegistryAnswer(r)
	}}
	expectToken = expectation{"200 with a token", func(r evidence.Request) bool {
		return r.Code == http.StatusOK && r.Token != nil && r.Token.Problem == ""
	}}
	expectHead = expectation{"200 with the manifest's digest", func(r evidence.Request) bool {
		_, ok := evidence.HeaderValue(r.Headers, "Docker-Content-Digest")
		return r.Code == http.StatusOK && ok
	}}
	// expectOpening is for a client that begins with a manifest.
	expectOpening = expectation{"200 with the manifest's digest, or 401 with a Bearer or Basic challenge", func(r evidence.Request) bool {
		return expectHead.met(r) || r.Code == http.StatusUnauthorized && slices.ContainsFunc(r.Challenges, answerable)
	}}
	// expectHeadOrGet is for a client that goes on with GET whatever HEAD brought.
	expectHeadOrGet = expectation{"200 with the manifest's digest, or anything, after which the client asks by GET", func(evidence.Request) bool { return true }}
	// expectFormToken is for a client that goes on with GET where a token server
	// knows no POST (containerd, auth/fetch.go).
	expectFormToken = expectation{"200 with a token, or 400, 404 or 405, after which the client asks by GET", func(r evidence.Request) bool {
		return expectToken.met(r) || r.Code == http.StatusBadRequest || r.Code == http.StatusNotFound || r.Code == http.StatusMethodNotAllowed
	}}
	expectAnonymousToken = expectation{"200 with a token, or 401 in JSON", func(r evidence.Request) bool {
		return expectToken.met(r) || r.Code == http.StatusUnauthorized && len(r.Errors) > 0
	}}
	expectManifest = expectation{"200 with a manifest", func(r evidence.Request) bool {
		return r.Code == http.StatusOK && r.Body != nil && !r.Body.HTML
	}}
	expectBlob = expectation{"200, or a redirect to the blob", func(r evidence.Request) bool {
		return r.Code == http.StatusOK && (r.Body == nil || !r.Body.HTML) || redirects(r)
	}}
	expectBlobBytes = expectation{"200, 206 or a further redirect", func(r evidence.Request) bool {
		return (r.Code == http.StatusOK || r.Code == http.StatusPartialContent) && (r.Body == nil || !r.Body.HTML) || redirects(r)
	}}
	// expectNoBlockPage is for a blob host that no redirect named, over a chain
	// that is not public: its root answers anything but a known block page or
	// a way to somewhere else.
	expectNoBlockPage = expectation{"anything but a block page or portal", func(r evidence.Request) bool {
		return !redirects(r) && (r.Body == nil || len(r.Body.Markers) == 0)
	}}
	// expectDate is for a question that is about the server's clock alone.
	expectDate = expectation{"any answer with a date", func(evidence.Request) bool { return true }}
)

// acceptsRealm is an expectation of an opening answer for a client that refuses
// private realms: what it meets it does not follow.
func (e expectation) acceptsRealm(registry string) expectation {
	return expectation{e.words + ", whose realm is no private address", func(r evidence.Request) bool {
		return e.met(r) && !slices.ContainsFunc(r.Challenges, func(c evidence.Challenge) bool { return evidence.PrivateRealm(c, registry) })
	}}
}

// answerable tells that a container client can answer the challenge: Go's
// registry clients speak Bearer and Basic (containers/image docker_client.go).
// A Bearer realm must be an https URL: a token is not asked for in the clear.
func answerable(c evidence.Challenge) bool {
	switch {
	case strings.EqualFold(c.Scheme, "Basic"):
		return true
	case strings.EqualFold(c.Scheme, "Bearer"):
		return strings.HasPrefix(strings.ToLower(c.Params["realm"]), "https://")
	}
	return false
}

// isRegistryAnswer tells a registry's 200 from a page's: the API version
// header, or JSON, or nothing at all.
func isRegistryAnswer(r evidence.Request) bool {
	if _, ok := evidence.HeaderValue(r.Headers, "Docker-Distribution-Api-Version"); ok {
		return true
	}
	if r.Body == nil {
		return true
	}
	contentType, _ := evidence.HeaderValue(r.Headers, "Content-Type")
	return !r.Body.HTML && (strings.Contains(contentType, "json") || strings.HasPrefix(strings.TrimSpace(r.Body.Text), "{"))
}

func redirects(r evidence.Request) bool {
	switch r.Code {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return r.Location != ""
	}
	return false
}
