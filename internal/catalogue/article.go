package catalogue

import (
	"net/url"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// articleDiffers is about the article's requests where today's registry asks for
// others (CONTRACT.md 4.13).
func articleDiffers() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "article-differs", Since: since, Layer: diagnosis.Auth, Severity: diagnosis.Info, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "the registry names another token server than the article",
		Seen:   "the challenge of {registry} names {named}; the article asks {asked}",
		Means:  "Clients follow the challenge. What the article's commands meet at {asked} says nothing about a pull, and a pull does not need that host.",
		Remedy: "allow the host that the challenge names; check it without --as-article",
		Cite:   []string{"registries 1.2: the realm is registry.redhat.io since 2023", "access.redhat.com/articles/3560571"},
		Values: []string{"registry", "named", "asked"}, Needs: []evidence.Op{evidence.OpRequest},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			if !v.Run().AsArticle {
				return nil
			}
			asked := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { return evidence.DetailOf[evidence.Request](h).Step == "token" })
			hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
				d := evidence.DetailOf[evidence.Request](h)
				return d.Step == "ping" && len(asked) > 0 && realmHost(d) != "" && realmHost(d) != locationHost(evidence.DetailOf[evidence.Request](asked[0]).URL)
			})
			return matchEach(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) map[string]string {
				return map[string]string{"registry": g[0].Target, "named": realmHost(evidence.DetailOf[evidence.Request](g[0])),
					"asked": locationHost(evidence.DetailOf[evidence.Request](asked[0]).URL)}
			})
		},
		Provoke: fault.World{Title: "the article's requests, and a registry that is its own token server", AsArticle: true, OwnRealm: true},
	}
}

// realmHost is the host that a Bearer challenge sends the client to.
func realmHost(d evidence.Request) string {
	for _, c := range d.Challenges {
		if u, err := url.Parse(c.Params["realm"]); err == nil && u.Host != "" {
			return u.Host
		}
	}
	return ""
}
