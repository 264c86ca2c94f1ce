package report

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// articleRequest is one of the article's requests: what it asks for, the command, and the
// outcome.
type articleRequest struct{ What, Command, Outcome string }

// article returns the article's five requests, and what became of each (docs/rules.md,
// rule 13). Credentials stand in the commands as shell variables.
func article(t *evidence.Trace) []articleRequest {
	if !t.Run.AsArticle {
		return nil
	}
	get, post, ping := articleStep(t, "token", "GET"), articleStep(t, "token", "POST"), articleStep(t, "ping-authorized", "GET")
	service := strings.Contains(t.Run.User, "|")
	var out []articleRequest
	for _, login := range []struct {
		kind, name, password string
		other                bool
	}{{"a customer's login", "$USERNAME", "$PASSWORD", service}, {"a service account", "$TOKENID", "$SECRET", !service}} {
		form := fmt.Sprintf(articleForm, login.name, login.password)
		byGet := fmt.Sprintf("curl -Lv %s-u \"%s:%s\" %s", via(t, get), login.name, login.password, inQuotes(articleURL(get, articleQuery)))
		byPost := fmt.Sprintf("curl -X POST %s--data \"%s\" %s", via(t, post), form, diagnosis.Quote(articleURL(post, "")))
		out = append(out,
			articleRequest{"token by GET, " + login.kind, byGet, outcome(get, login.other)},
			articleRequest{"token by POST, " + login.kind, byPost, outcome(post, login.other)})
	}
	return append(out, articleRequest{"/v2/ with the token",
		"curl -Lv " + via(t, ping) + "-H \"Authorization: Bearer $ACCESS_TOKEN\" https://registry.redhat.io/v2/", outcome(ping, false)})
}

// The article's token server, what its GET asks, and the form that its POST sends.
const (
	articleRealm = "https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth"
	articleQuery = "?service=docker-registry&client_id=curl&scope=repository:rhel:pull"
	articleForm  = "username=%s&password=%s&grant_type=password&service=docker-registry&client_id=curl-test&scope=repository:rhel:pull"
)

// articleStep returns the request of a step, the zero hop where it was not made.
func articleStep(t *evidence.Trace, step evidence.Step, method string) evidence.Hop {
	i := slices.IndexFunc(t.Hops, func(h evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Request](h)
		return h.Op == evidence.OpRequest && d.Step == step && d.Method == method && h.State != evidence.Skipped
	})
	if i < 0 {
		return evidence.Hop{}
	}
	return t.Hops[i]
}

// articleURL returns the URL that was asked, or the article's own where none was.
func articleURL(h evidence.Hop, query string) string {
	return cmp.Or(evidence.DetailOf[evidence.Request](h).URL, articleRealm+query)
}

func via(t *evidence.Trace, h evidence.Hop) string {
	proxy := h.Via
	if proxy == "" && len(t.Targets) > 0 {
		proxy = t.Targets[0].Route.Proxy
	}
	if u, err := url.Parse(proxy); err != nil || u.Host == "" {
		return ""
	}
	return "-x " + diagnosis.Quote(proxy) + " "
}

// inQuotes puts a URL in double quotes, as the article does, unless a shell would expand a
// part of it.
func inQuotes(url string) string {
	if strings.ContainsAny(url, "\"$`\\!") {
		return diagnosis.Quote(url)
	}
	return `"` + url + `"`
}

// outcome returns what came of a request. The one with the other kind of login was not
// made.
func outcome(h evidence.Hop, otherLogin bool) string {
	switch {
	case otherLogin:
		return "not sent: the login given is of the other kind"
	case h.Op == "":
		return "not sent"
	}
	return words.Request(h, evidence.DetailOf[evidence.Request](h))
}
