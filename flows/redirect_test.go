package flows

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
	"pullpath/internal/route"
	"pullpath/resolve"
	"pullpath/tlsinspect"
	"pullpath/tunnel"
)

const layerText = "the layer"

func digestOfText(text string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))) }

// site is a registry with its CDN hosts, all on one socket of this machine. A host
// answers a blob with the next of its answers: a text, or the URL of a redirect.
type site struct {
	blobs map[string][]string
	// seen are the requests as "HOST PATH", with + behind those that bring a login.
	seen []string
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	login := ""
	if r.Header.Get("Authorization") != "" {
		login = "+"
	}
	s.seen = append(s.seen, r.Host+" "+r.URL.Path+login)
	config := "{}"
	manifest := fmt.Sprintf(`{"config":{"digest":%q,"size":%d},"layers":[{"digest":%q,"size":%d}]}`,
		digestOfText(config), len(config), digestOfText(layerText), len(layerText))
	switch {
	case r.URL.Path == "/v2/" && login == "":
		w.Header().Set("Www-Authenticate", `Basic realm="site"`)
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/v2/":
	case strings.Contains(r.URL.Path, "/manifests/"):
		w.Header().Set("Docker-Content-Digest", digestOfText(manifest))
		w.Header().Set("Content-Type", acceptManifests[0])
		_, _ = w.Write([]byte(manifest))
	case strings.HasSuffix(r.URL.Path, digestOfText(config)):
		_, _ = w.Write([]byte(config))
	default:
		s.blob(w, r)
	}
}

func (s *site) blob(w http.ResponseWriter, r *http.Request) {
	answers := s.blobs[r.Host]
	if len(answers) == 0 {
		http.NotFound(w, r)
		return
	}
	if answer := answers[0]; strings.Contains(answer, "/") {
		w.Header().Set("Location", answer)
		w.WriteHeader(http.StatusTemporaryRedirect)
	} else {
		_, _ = w.Write([]byte(answer))
	}
	if len(answers) > 1 {
		s.blobs[r.Host] = answers[1:]
	}
}

// pull runs a pull of an image at registry.example, without side probes.
func (s *site) pull(t *testing.T, hosts ...string) *evidence.Trace {
	t.Helper()
	hosts = append(hosts, "registry.example")
	pool, server := tlsPair(t, hosts...)
	srv := httptest.NewUnstartedServer(s)
	srv.TLS = server
	srv.StartTLS()
	defer srv.Close()
	c := Config{Dialect: route.Go(), Targets: arguments(t, "registry.example/a:1"), User: "joe", Password: "s3cret-Passw0rd", NoProbes: true,
		Timeout: 30 * time.Second, HopTimeout: 5 * time.Second, BlobBytes: 1 << 20, Architecture: "amd64",
		Stores: tlsinspect.Stores{Public: pool, System: pool, Client: pool}, Scribe: evidence.Scribe{Secrets: &redact.Secrets{}}}
	c.Scribe.Secrets.AddPair(c.User, c.Password)
	for i, host := range hosts {
		c.Pins = append(c.Pins, Pin{Host: host, Port: 443, Address: fmt.Sprintf("192.0.2.%d", i+1)})
	}
	plan, err := NewPlan(c)
	if err != nil {
		t.Fatal(err)
	}
	var dialer net.Dialer
	return Run(context.Background(), c, plan, Net{Now: time.Now, Resolver: &resolve.Resolver{Now: time.Now},
		Wire: tunnel.Wire{Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, srv.Listener.Addr().String())
		}}})
}

// layerHops says what became of the layer: host, state, and the status or the kind.
func layerHops(trace *evidence.Trace) []string {
	var out []string
	for _, h := range trace.Hops {
		d := evidence.DetailOf[evidence.Request](h)
		if h.Op != evidence.OpRequest || d.Step != evidence.StepLayer {
			continue
		}
		text := strings.TrimSuffix(h.Target, ":443") + " " + string(h.State)
		if d.Code > 0 {
			text += fmt.Sprint(" ", d.Code)
		}
		if h.Failure != nil {
			text += " " + string(h.Failure.Kind)
		}
		out = append(out, text)
	}
	return out
}

// A layer is followed where the registry sends it, by https and without the login.
func TestRedirectsOfALayer(t *testing.T) {
	many := func(n int) []string {
		var out []string
		for i := range n {
			out = append(out, fmt.Sprintf("/v2/a/blobs/%d", i))
		}
		return append(out, layerText)
	}
	const registry = "registry.example"
	for name, row := range map[string]struct {
		blobs map[string][]string
		hosts []string
		want  []string
	}{
		"the registry has it": {map[string][]string{registry: {layerText}}, nil, []string{registry + " ok 200"}},
		"another host has it": {map[string][]string{registry: {"https://cdn.example/l"}, "cdn.example": {layerText}}, []string{"cdn.example"},
			[]string{registry + " ok 307", "cdn.example ok 200"}},
		"by two hosts": {map[string][]string{registry: {"https://cdn.example/l"}, "cdn.example": {"https://edge.example/l"},
			"edge.example": {layerText}},
			[]string{"cdn.example", "edge.example"}, []string{registry + " ok 307", "cdn.example ok 307", "edge.example ok 200"}},
		"to itself": {map[string][]string{registry: {"/elsewhere", layerText}}, nil, []string{registry + " ok 307", registry + " ok 200"}},
		"ten times": {map[string][]string{registry: many(10)}, nil,
			append(slices.Repeat([]string{registry + " ok 307"}, 10), registry+" ok 200")},
		"eleven times": {map[string][]string{registry: many(11)}, nil,
			append(slices.Repeat([]string{registry + " ok 307"}, 10), registry+" failed 307 unexpected_answer")},
		"to plain HTTP": {map[string][]string{registry: {"http://cdn.example/l"}}, nil,
			[]string{registry + " ok 307"}},
		"to what is no web host": {map[string][]string{registry: {"ftp://cdn.example/l"}}, nil,
			[]string{registry + " failed 307 unexpected_answer"}},
		"to a host that bears the secret": {map[string][]string{registry: {"https://s3cret-passw0rd.example/l"}}, nil,
			[]string{registry + " ok 307", registry + " failed unknown"}},
		"to another content": {map[string][]string{registry: {"https://cdn.example/l"}, "cdn.example": {"something"}}, []string{"cdn.example"},
			[]string{registry + " ok 307", "cdn.example failed 200 digest_mismatch"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &site{blobs: row.blobs}
			trace := s.pull(t, row.hosts...)
			if diff := cmp.Diff(row.want, layerHops(trace)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if err := trace.Check(); err != nil {
				t.Error(err)
			}
			for _, request := range s.seen {
				if !strings.HasPrefix(request, registry+" ") && strings.HasSuffix(request, "+") {
					t.Errorf("%s brings the login", request)
				}
			}
		})
	}
}
