package pac

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/route"
)

// Found is what a file said for one target. Err is why it said nothing, or not all.
type Found struct {
	Target *url.URL
	Answer Answer
	Err    error
}

// Lines are the variables that say the same as a file does for some targets.
type Lines struct {
	// Env are the variables, each once; none where every target goes direct.
	Env route.Environment
	// Apart says for which targets they do not say the same, and why.
	Apart []string
	// Lost are the targets whose fall-backs no variable holds.
	Lost []string
}

// variableOf names the variable for the targets of a scheme. curl reads that for http in lower
// case alone (https://curl.se/docs/manpage.html#ENVIRONMENT).
var variableOf = map[string]string{"https": "HTTPS_PROXY", "http": "http_proxy"}

// Variables returns the variables under which a client goes the first way of each target. They
// are held against the rules of Go, which container clients are written in, and of curl: what
// these would do differently is in Apart.
func Variables(found []Found) Lines {
	out := Lines{}
	var direct []string
	proxies := map[string][]string{}
	for _, f := range found {
		if len(f.Answer.Ways) == 0 {
			out.Apart = append(out.Apart, shown(f.Target)+": the file gives no answer that can be read")
			continue
		}
		first := f.Answer.Ways[0]
		if len(f.Answer.Ways) > 1 && slices.ContainsFunc(f.Answer.Ways, func(w Way) bool { return w != first }) {
			out.Lost = append(out.Lost, shown(f.Target))
		}
		switch {
		case first.Kind == SOCKS4: // differs says it
		case first.Kind != Direct:
			proxies[f.Target.Scheme] = append(proxies[f.Target.Scheme], first.String())
		case !slices.Contains(direct, f.Target.Hostname()):
			direct = append(direct, f.Target.Hostname())
		}
	}
	for _, scheme := range []string{"https", "http"} {
		if proxy := most(proxies[scheme]); proxy != "" {
			out.Env = append(out.Env, route.Variable{Name: variableOf[scheme], Value: proxy})
		}
	}
	if len(out.Env) > 0 && len(direct) > 0 {
		out.Env = append(out.Env, route.Variable{Name: "NO_PROXY", Value: strings.Join(direct, ",")})
	}
	for _, f := range found {
		if why := out.differs(f); why != "" {
			out.Apart = append(out.Apart, why)
		}
	}
	return out
}

// most returns the text that is there most often, the first of several.
func most(texts []string) string {
	best, often := "", 0
	for _, t := range texts {
		n := len(slices.DeleteFunc(slices.Clone(texts), func(o string) bool { return o != t }))
		if n > often {
			best, often = t, n
		}
	}
	return best
}

// differs says where a client with these variables goes another way than the file says.
func (l Lines) differs(f Found) string {
	if len(f.Answer.Ways) == 0 {
		return ""
	}
	want := f.Answer.Ways[0].String()
	if f.Answer.Ways[0].Kind == SOCKS4 {
		return shown(f.Target) + ": the file says " + want + ", and Go's clients speak SOCKS 5 alone"
	}
	var goes []string
	for _, client := range []struct{ family, name string }{{"go", "Go's clients go"}, {"curl", "curl goes"}} {
		dialect, err := route.Named(client.family)
		if err != nil {
			return shown(f.Target) + ": " + err.Error()
		}
		if got := went(dialect.Decide(l.Env, f.Target)); got != want {
			goes = append(goes, client.name+" "+by(got))
		}
	}
	if len(goes) == 0 {
		return ""
	}
	return fmt.Sprintf("%s: the file says %s; with these lines %s", shown(f.Target), want, strings.Join(goes, ", "))
}

// went returns what a decision leads to, in the form of [Way.String].
func went(d route.Decision) string {
	if d.Kind != route.Proxy {
		return string(d.Kind)
	}
	return d.Proxy().Scheme + "://" + d.Address()
}

func by(way string) string {
	if strings.Contains(way, "://") {
		return "by " + way
	}
	return way
}

// shown returns a target as a user writes it.
func shown(u *url.URL) string {
	if u.Scheme == "https" {
		return u.Host
	}
	return u.Scheme + "://" + u.Host
}
