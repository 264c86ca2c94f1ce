package oracle

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/catalogue"
	"pullpath/internal/evidence"
	"pullpath/mockproxy"
)

// asked is what came of a pull or of a check, request by request.
type asked struct {
	// requests are the sorts of requests in their order, each once: method, host, and what the
	// path is of. hosts are those to which a connection was asked for.
	requests, hosts []string
}

// sort names a request by method, host and what its path is of. A pull may repeat one, or ask for
// config and layer side by side; that is one sort.
func sortOf(method, host, path string) string {
	what := "blob"
	switch {
	case strings.HasSuffix(path, "/v2/"):
		what = "ping"
	case strings.Contains(path, "/manifests/sha256:"):
		what = "manifest by digest"
	case strings.Contains(path, "/manifests/"):
		what = "manifest by tag"
	case host == tokenHost || strings.Contains(path, "/redhat-docker-v2/"):
		what = "token"
	}
	return method + " " + host + " " + what
}

// add puts something at the end where it is not there yet.
func add(to []string, what string) []string {
	if slices.Contains(to, what) {
		return to
	}
	return append(to, what)
}

// askedOf is what a client asked, as the network saw it.
func askedOf(events []mockproxy.Event) asked {
	var out asked
	for _, e := range events {
		switch e.Kind {
		case "connect":
			_, at, _ := strings.Cut(e.What, " ")
			host, _, _ := strings.Cut(at, ":")
			out.hosts = add(out.hosts, host)
		case "request":
			method, path, _ := strings.Cut(e.What, " ")
			out.requests = add(out.requests, sortOf(method, e.Host, path))
			out.hosts = add(out.hosts, e.Host)
		}
	}
	return out
}

// askedBy is what a check asked on its path, without its side probes and without the request for
// /v2/ by which it shows a token alone.
func askedBy(t *evidence.Trace) asked {
	var out asked
	hops := slices.Clone(t.Hops)
	slices.SortStableFunc(hops, func(a, b evidence.Hop) int {
		switch {
		case a.BeganMS < b.BeganMS:
			return -1
		case a.BeganMS > b.BeganMS:
			return 1
		}
		return a.ID - b.ID
	})
	required := map[string]string{}
	for _, x := range t.Targets {
		if x.Required {
			required[x.ID] = x.Host
		}
	}
	for _, h := range hops {
		if h.Purpose != evidence.Path || h.State == evidence.Skipped {
			continue
		}
		if h.Op == evidence.OpTunnel && required[h.Target] != "" {
			out.hosts = add(out.hosts, required[h.Target])
		}
		if h.Op == evidence.OpRequest {
			d := evidence.DetailOf[evidence.Request](h)
			if u, err := url.Parse(d.URL); err == nil && d.Step != evidence.StepPingAuthorized {
				out.requests = add(out.requests, sortOf(d.Method, u.Hostname(), u.Path))
				out.hosts = add(out.hosts, u.Hostname())
			}
		}
	}
	return out
}

// further is a request which a client makes where a check of it has come to its end, after which
// sort of request. A reason for each stands in docs/decisions/0058-where-a-check-and-its-client-differ.md.
type further struct{ client, after, then string }

func furthers() []further {
	return []further{
		{"podman", "token", "manifest by tag"}, {"podman", "ping", "manifest by tag"},
		{"crane", "ping", "manifest by tag"}, {"docker", "ping", "manifest by tag"}, {"docker", "token", "manifest by tag"},
		{"crane", "token", "manifest by tag"},
		{"containerd", "token", "token"}, {"containerd", "", "blob"}, {"containerd", "manifest by tag", "manifest by tag"},
		{"containerd", "token", "manifest by tag"},
		{"containerd", "", "token"},
	}
}

// strays says how the requests of a check differ from those of its client, empty where they do so
// in no way but those that are known. Where both come through they are the same. Where both fail a
// check may read on, to see the hosts of the other blobs too.
func (o outcome) strays(world, client string) string {
	passes, fails := o.cell() == "pulls, check passes", o.cell() == "fails, check fails"
	asks, checks := o.client.requests, o.check.requests
	i := 0
	for i < min(len(asks), len(checks)) && asks[i] == checks[i] {
		i++
	}
	mirrored := strings.Contains(world, "mirrors")
	forEver := client == "crane" && strings.Contains(world, "for ever")
	after := ""
	if i > 0 {
		after = asks[i-1]
	}
	switch {
	case !passes && !fails, slices.Equal(asks, checks), forEver, slices.Contains(o.codes, string(catalogue.AuthLoginWithheld)):
		return ""
	case client == "containerd" && strings.Contains(world, "realm by http"): // it may ask for its token again
		return ""
	case mirrored && (client == "containerd" || client == "docker" || client == "podman" && fails):
		return o.strayHosts()
	case fails && i == len(asks) && !slices.ContainsFunc(checks[i:], func(s string) bool { return !strings.HasSuffix(s, " blob") }):
		return ""
	case fails && client == "docker" && i == len(checks) && i > 0 && strings.HasSuffix(after, " blob") && strings.HasSuffix(asks[i], " blob"):
		return "" // it asks for a blob again, and may be led elsewhere then
	case fails && i == len(checks) && slices.ContainsFunc(furthers(), func(f further) bool {
		return f.client == client && strings.HasSuffix(after, f.after) && strings.HasSuffix(asks[i], f.then)
	}):
		return ""
	}
	return fmt.Sprintf("client %q\n\tcheck  %q", asks, checks)
}

// strayHosts says which hosts a check needs and its client did not ask.
func (o outcome) strayHosts() string {
	for _, h := range o.check.hosts {
		if !slices.Contains(o.client.hosts, h) {
			return fmt.Sprintf("client %q\n\tcheck  %q", o.client.hosts, o.check.hosts)
		}
	}
	return ""
}
