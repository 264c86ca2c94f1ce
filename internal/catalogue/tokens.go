package catalogue

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// tokenRows are about tokens that were given and do not do.
func tokenRows() []diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	clock := httpRow("auth-token-clock", diagnosis.RegistryOperator, diagnosis.Proven, "the token is not valid by the time of {hosts}",
		"{validity}. The clocks of token server and registry differ by more than a token's life, or something on the way keeps answers back or serves old ones.",
		"have the clocks of token server and registry set; if the token comes out of a cache on the way, exempt {targets} from caching",
		[]string{"failures F11", "RFC 7519 sections 4.1.4 and 4.1.5", "CONTRACT 4.10"},
		fault.World{Title: "the token server's clock is an hour ahead", TokenClock: time.Hour},
		fault.World{Title: "the token server's clock is an hour behind", Direct: true, TokenClock: -time.Hour})
	clock.Values = append(clock.Values, "validity")
	clock.Match = func(v *diagnosis.View) []diagnosis.Match {
		hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { return refusedToken(h) && untimely(v, h) != "" })
		return matchEachWith(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) diagnosis.Match {
			m := answerMatch(v, g)
			m.Values["validity"] = untimely(v, g[0])
			return m
		})
	}
	lacks := httpRow("auth-token-without-access", diagnosis.AccountOwner, diagnosis.Proven, "the token does not cover what {hosts} is asked for",
		"The token server answered 200 and granted {granted}, and the registry refused {requests} for lack of it. The account has no right to the repository, or its name is misspelt.",
		"check the repository's name and that the account is entitled to it",
		[]string{"registries 1.3: 200 with access [] is possible", "distribution spec, auth/token.md: the intersection is granted", "RFC 6750 section 3.1: insufficient_scope"},
		fault.World{Title: "the token server grants nothing", Targets: image, NoAccess: true})
	lacks.Values = append(lacks.Values, "granted")
	lacks.Match = func(v *diagnosis.View) []diagnosis.Match {
		hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { return withoutAccess(v, h) })
		return matchEachWith(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) diagnosis.Match {
			m := answerMatch(v, g)
			m.Values["granted"] = granted(v, g[0])
			return m
		})
	}
	return []diagnosis.Entry{clock, lacks}
}

// refusedToken tells that a request was refused for the token on it.
func refusedToken(h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	return h.OnPath() && h.FailedWith(evidence.UnexpectedAnswer) && d.AuthSent == "Bearer" && (d.Code == 401 || d.Code == 403)
}

// tokensFor are the tokens that were given for a request: those for its repository by a
// realm that its registry named, or else by that realm, or else in the run.
func tokensFor(v *diagnosis.View, h evidence.Hop) []evidence.Token {
	given, repository := tokensOf(v), repositoryOf(evidence.DetailOf[evidence.Request](h).URL)
	var byRealm, own []evidence.Token
	for _, realm := range realmsOf(v, h.Target) {
		base := withoutQuery(realm)
		byRealm = append(byRealm, given.at[grant{realm: base}]...)
		own = append(own, given.at[grant{base, "repository:" + repository + ":pull"}]...)
	}
	for _, some := range [][]evidence.Token{own, byRealm} {
		if len(some) > 0 {
			return some
		}
	}
	return given.all
}

// maxTokens is how many tokens of one sort are looked at. A run is given one or two for
// each registry, by each way of asking; where a request's own is not known, a few of
// the others stand for all.
const maxTokens = 8

// tokens are those that a run was given: all, by realm, and by realm and scope.
type tokens struct {
	all []evidence.Token
	at  map[grant][]evidence.Token
}

// grant is a realm and a scope that was asked for, empty for any.
type grant struct{ realm, scope string }

func tokensOf(v *diagnosis.View) tokens {
	return diagnosis.Remember(v, grant{}, func() tokens {
		out := tokens{at: map[grant][]evidence.Token{}}
		add := func(list []evidence.Token, t evidence.Token) []evidence.Token {
			if len(list) == maxTokens {
				return list
			}
			return append(list, t)
		}
		for _, o := range v.Hops(evidence.OpRequest, nil) {
			d := evidence.DetailOf[evidence.Request](o)
			if d.Token == nil || d.Token.Problem != "" {
				continue
			}
			out.all = add(out.all, *d.Token)
			for _, scope := range append([]string{""}, scopesOf(d.URL)...) {
				key := grant{withoutQuery(d.URL), scope}
				out.at[key] = add(out.at[key], *d.Token)
			}
		}
		return out
	})
}

func withoutQuery(url string) string {
	base, _, _ := strings.Cut(url, "?")
	return base
}

// realmsOf are the token servers that a registry named.
func realmsOf(v *diagnosis.View, target string) []string {
	var out []string
	for _, h := range v.HopsAbout(evidence.OpRequest, diagnosis.About{}.Target(target), nil) {
		for _, c := range evidence.DetailOf[evidence.Request](h).Challenges {
			if realm := c.Params["realm"]; strings.EqualFold(c.Scheme, "Bearer") && realm != "" {
				out = append(out, realm)
			}
		}
	}
	return out
}

// scopesOf are those that a token was asked for by GET with.
func scopesOf(text string) []string {
	u, err := url.Parse(text)
	if err != nil {
		return nil
	}
	return u.Query()["scope"]
}

// repositoryOf is the repository in the URL of a manifest or a blob; empty for others.
func repositoryOf(text string) string {
	_, path, _ := strings.Cut(text, "/v2/")
	for _, kind := range []string{"/manifests/", "/blobs/"} {
		if i := strings.LastIndex(path, kind); i >= 0 {
			return path[:i]
		}
	}
	return ""
}

// untimely says how a token's dates miss the Date of the answer that refused it;
// empty where they hold, or where nothing tells.
func untimely(v *diagnosis.View, h evidence.Hop) string {
	at, ok := evidence.DetailOf[evidence.Request](h).ServedAt()
	if !ok {
		return ""
	}
	for _, t := range tokensFor(v, h) {
		switch {
		case !t.NotBefore.IsZero() && at.Before(t.NotBefore):
			return "It begins at " + t.NotBefore.Format(time.RFC3339) + ", and the registry's answer is of " + at.UTC().Format(time.RFC3339)
		case !t.Expires.IsZero() && !at.Before(t.Expires):
			return "It ended at " + t.Expires.Format(time.RFC3339) + ", and the registry's answer is of " + at.UTC().Format(time.RFC3339)
		}
	}
	return ""
}

// withoutAccess tells that a token lacks the scope that was asked for and that the
// request with it was refused for that: an empty access alone is no finding.
func withoutAccess(v *diagnosis.View, h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	if !refusedToken(h) || d.Step == "ping-authorized" || untimely(v, h) != "" {
		return false
	}
	scope := d.Code == 403 || slices.ContainsFunc(d.Challenges, func(c evidence.Challenge) bool { return c.Params["error"] == "insufficient_scope" })
	return scope && slices.ContainsFunc(tokensFor(v, h), func(t evidence.Token) bool { return t.Access != nil && !covers(t, d.URL) })
}

// covers tells that a token grants to pull from the repository of a URL.
func covers(t evidence.Token, url string) bool {
	return slices.ContainsFunc(t.Access, func(a string) bool {
		parts := strings.Split(a, ":")
		return len(parts) == 3 && parts[0] == "repository" && strings.Contains(url, "/v2/"+parts[1]+"/") && slices.Contains(strings.Split(parts[2], ","), "pull")
	})
}

func granted(v *diagnosis.View, h evidence.Hop) string {
	for _, t := range tokensFor(v, h) {
		if len(t.Access) > 0 {
			return strings.Join(t.Access, ", ")
		}
	}
	return "no access at all"
}
