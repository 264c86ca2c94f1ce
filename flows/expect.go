package flows

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"pullpath/internal/client"
	"pullpath/internal/evidence"
)

// expectation is the list of answers that the plan allows for a request. A
// complete answer outside it fails the hop; what it means is judged later.
type expectation struct {
	words string
	met   func(evidence.Request) bool
	// usable, where set, judges what evidence holds redacted: whether the client can
	// go where the answer sends it.
	usable func(code int, header http.Header) bool
}

// holds reports whether an answer is one of those that are allowed.
func (e expectation) holds(out reply) bool {
	return e.met(out.detail) && (e.usable == nil || e.usable(out.detail.Code, out.header))
}

// The expectations of the conversation (docs/rules.md#states).
var (
	expectPing = expectation{words: "200 from a registry, or 401 with a Bearer or Basic challenge", met: func(r evidence.Request) bool {
		return r.Code == http.StatusOK && isRegistryAnswer(r) || r.Code == http.StatusUnauthorized && soundRealm(r)
	}, usable: answerable}
	expectAuthorized = expectation{words: "200 from a registry", met: func(r evidence.Request) bool {
		return r.Code == http.StatusOK && isRegistryAnswer(r)
	}}
	expectToken = expectation{words: "200 with a token", met: func(r evidence.Request) bool {
		return r.Code == http.StatusOK && r.Token != nil && r.Token.Problem == ""
	}}
	// expectOpening is for a client that begins with a manifest.
	expectOpening = expectation{words: "200, or 401 with a Bearer or Basic challenge", met: func(r evidence.Request) bool {
		return r.Code == http.StatusOK || r.Code == http.StatusUnauthorized && soundRealm(r)
	}, usable: answerable}
	// expectHead is for a client that gives up where HEAD is refused, and asks by GET
	// where the answer lacks the digest (containerd, core/remotes/docker/resolver.go).
	expectHead = expectation{words: "200", met: func(r evidence.Request) bool { return r.Code == http.StatusOK }}
	// expectHeadOrGet is for a client that goes on with GET whatever HEAD brought.
	expectHeadOrGet = expectation{words: "200, or anything, after which the client asks by GET",
		met: func(evidence.Request) bool { return true }}
	// expectFormToken is for a client that continues with GET where a token server does
	// not offer POST (containerd, auth/fetch.go).
	expectFormToken = expectation{words: "200 with a token, or 400, 404 or 405, after which the client asks by GET",
		met: func(r evidence.Request) bool {
			return expectToken.met(r) || r.Code == http.StatusBadRequest || r.Code == http.StatusNotFound ||
				r.Code == http.StatusMethodNotAllowed || r.Code == http.StatusUnauthorized && r.AuthSent == ""
		}}
	expectAnonymousToken = expectation{words: "200 with a token, or 401 in JSON", met: func(r evidence.Request) bool {
		return expectToken.met(r) || r.Code == http.StatusUnauthorized && r.SaysWhy()
	}}
	expectManifest = expectation{words: "200 with a manifest", met: func(r evidence.Request) bool {
		return r.Code == http.StatusOK && r.Body != nil && !r.Body.HTML
	}}
	// expectNoBlockPage is for a blob host that no redirect named, over a chain that is
	// not public: its root may answer anything except a known block page or a redirect
	// to another host.
	expectNoBlockPage = expectation{words: "anything but a block page or portal", met: func(r evidence.Request) bool {
		return !redirects(r) && (r.Body == nil || len(r.Body.Markers) == 0)
	}}
	// expectDate is for a question that is about the server's clock alone.
	expectDate = expectation{words: "any answer with a date", met: func(evidence.Request) bool { return true }}
)

func anyAnswer(evidence.Request) bool { return true }

// orOpening returns an expectation for the first request of a client that begins with a manifest.
func (e expectation) orOpening() expectation {
	met := e.met
	return expectation{words: expectOpening.words, usable: answerable, met: func(r evidence.Request) bool {
		return met(r) || r.Code == http.StatusUnauthorized && soundRealm(r)
	}}
}

// orNoHead returns an expectation for a client that asks by GET where HEAD is not allowed
// (containerd, core/remotes/docker/resolver.go, retryRequest).
func (e expectation) orNoHead() expectation {
	met := e.met
	e.met = func(r evidence.Request) bool {
		return met(r) || r.Code == http.StatusMethodNotAllowed && r.Method == http.MethodHead
	}
	return e
}

// orRefused returns an expectation for a request from which the login was withheld: what
// refuses it says nothing of the login.
func (e expectation) orRefused() expectation {
	met := e.met
	e.met = func(r evidence.Request) bool { return met(r) || refusesUnsent(r) }
	return e
}

// refusesUnsent reports whether an answer may be due to the login that was withheld: 401, or
// 404 from those who hide what a stranger may not see. A token server may also know no such
// form. A 403 stays a failure: a filter on the way says it too.
func refusesUnsent(r evidence.Request) bool {
	switch r.Code {
	case http.StatusUnauthorized, http.StatusNotFound:
		return r.Withheld != ""
	case http.StatusBadRequest, http.StatusMethodNotAllowed:
		return r.Withheld != "" && r.Step == evidence.StepToken
	}
	return false
}

// soundRealm reports whether a client can go where a Bearer challenge sends it, or has another
// challenge.
func soundRealm(r evidence.Request) bool {
	unsound := func(c evidence.Challenge) bool { return c.Problem != "" }
	basic := func(c evidence.Challenge) bool { return strings.EqualFold(c.Scheme, "Basic") }
	return !slices.ContainsFunc(r.Challenges, unsound) || slices.ContainsFunc(r.Challenges, basic)
}

// expectBlob returns what may come from a URL after so many redirects of a limit: the blob, of
// which a part may have been asked for, or the way to it.
func expectBlob(base string, followed, limit int, ranged bool) expectation {
	words, part := "200, or a redirect to the blob", ranged || followed > 0
	switch {
	case followed == limit:
		words = fmt.Sprintf("200 or 206 after %d redirects", followed)
	case part:
		words = "200, 206 or a further redirect"
	}
	return expectation{words: words, met: func(r evidence.Request) bool {
		if redirects(r) {
			return followed < limit
		}
		return (r.Code == http.StatusOK || r.Code == http.StatusPartialContent && part) && (r.Body == nil || !r.Body.HTML)
	}, usable: func(code int, header http.Header) bool {
		if code/100 != 3 {
			return true
		}
		_, err := nextURL(base, header.Get("Location"))
		return err == nil
	}}
}

// needing returns an expectation for a client that insists on fields in a HEAD's answers, those
// that concern says.
func (e expectation) needing(asks client.Asks, concern func(evidence.Request) bool) expectation {
	met := e.met
	e.met = func(r evidence.Request) bool {
		return met(r) && (!concern(r) || lacking(r, asks.HeadNeeds) == "" && (!asks.HeadByType || isManifestType(r)))
	}
	return e
}

// lacking returns the first of the fields that an answer does not have, empty where it has
// all.
func lacking(r evidence.Request, fields []string) string {
	for _, name := range fields {
		if !hasField(r, name) {
			return name
		}
	}
	return ""
}

func hasField(r evidence.Request, name string) bool {
	value, _ := evidence.HeaderValue(r.Headers, name)
	return value != ""
}

// acceptsRealm returns an expectation of an opening answer for a client that refuses
// private realms: it does not follow such a realm.
func (e expectation) acceptsRealm(registry string) expectation {
	return expectation{words: e.words + ", whose realm is not a private address", met: func(r evidence.Request) bool {
		return e.met(r) && !slices.ContainsFunc(r.Challenges, func(c evidence.Challenge) bool { return evidence.PrivateRealm(c, registry) })
	}, usable: e.usable}
}

// refusingPlainRealms returns an expectation for a client that does not go from https to a token
// server by http.
func (e expectation) refusingPlainRealms() expectation {
	met := e.met
	e.met = func(r evidence.Request) bool {
		return met(r) && !slices.ContainsFunc(r.Challenges, func(c evidence.Challenge) bool {
			return strings.HasPrefix(strings.ToLower(c.Params["realm"]), "http://")
		})
	}
	return e
}

// answerable reports whether a container client can answer one of the challenges of a
// 401: Go's registry clients speak Bearer and Basic (containers/image docker_client.go).
func answerable(code int, header http.Header) bool {
	if code != http.StatusUnauthorized {
		return true
	}
	challenge, realm := pick(header.Values("Www-Authenticate"))
	return realm != nil || strings.EqualFold(challenge.Scheme, "Basic")
}

// isRegistryAnswer separates a registry's 200 from a web page's: it has the API version
// header, or JSON, or no body.
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
