package oracle

import (
	"fmt"
	"os"
	"net/url"
	"slices"
	"strings"

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

// askedBy is what a check asked on its path, without its side probes.
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
		if os.Getenv("SEED") != "" {
			fmt.Println(h.BeganMS, h.Target, h.Op, h.State, h.Failure, evidence.DetailOf[evidence.Request](h).URL, evidence.DetailOf[evidence.Request](h).Method, evidence.DetailOf[evidence.Request](h).Code)
		}
		if h.Op == evidence.OpRequest {
			d := evidence.DetailOf[evidence.Request](h)
			if u, err := url.Parse(d.URL); err == nil {
				out.requests = add(out.requests, sortOf(d.Method, u.Hostname(), u.Path))
				out.hosts = add(out.hosts, u.Hostname())
			}
		}
	}
	return out
}
