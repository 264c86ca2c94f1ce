package grid

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pullpath/flows"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/mockproxy"
)

var anyDigest = regexp.MustCompile(`sha256:[0-9a-f]{64}|/[0-9a-f]{2}/[0-9a-f]{64}`)

// requests lists what a host was asked, in order: method, path, scheme.
func requests(w walked, host string) []string {
	var out []string
	for _, e := range w.events {
		if e.Kind == "request" && e.Host == host {
			out = append(out, strings.TrimSpace(anyDigest.ReplaceAllString(e.What, "DIGEST")+" "+e.Auth))
		}
	}
	return out
}

// An image is asked for as each client asks for it (docs/field-notes.md#request-shapes).
func TestEachClientAsksInItsOwnWay(t *testing.T) {
	t.Parallel()
	const tokens = "/auth/realms/rhcc/protocol/redhat-docker-v2/auth"
	ping, authorized := "GET /v2/", "GET /v2/ Bearer"
	head, get := "HEAD /v2/ubi9/ubi/manifests/latest", "GET /v2/ubi9/ubi/manifests/"
	blobs := []string{"GET /v2/ubi9/ubi/blobs/DIGEST Bearer", "GET /v2/ubi9/ubi/blobs/DIGEST Bearer"}
	like := func(first ...string) []string { return append(slices.Clone(first), blobs...) }
	podman := like(ping, authorized, get+"latest Bearer")
	for _, row := range []struct {
		client   string
		registry []string
		tokens   []string
	}{
		{"podman", podman, []string{"GET " + tokens + " Basic"}},
		{"skopeo", podman, []string{"GET " + tokens + " Basic"}},
		{"crio", podman, []string{"GET " + tokens + " Basic"}},
		{"crane", podman, []string{"GET " + tokens + " Basic"}},
		{"curl", podman, []string{"GET " + tokens + " Basic"}},
		{"docker", like(ping, authorized, head+" Bearer", get+"DIGEST Bearer"), []string{"GET " + tokens + " Basic"}},
		{"containerd", like(head, head+" Bearer", get+"DIGEST Bearer"), []string{"POST " + tokens}},
	} {
		w := walk(fault.World{Direct: true, Flags: []string{"--client=" + row.client}, Targets: []string{fault.Image + ":" + fault.ImageTag}})
		if diff := cmp.Diff(row.registry, requests(w, "registry.redhat.io")); diff != "" {
			t.Errorf("%s at the registry (-want +got):\n%s", row.client, diff)
		}
		if diff := cmp.Diff(row.tokens, requests(w, "sso.redhat.com")); diff != "" {
			t.Errorf("%s at the token server (-want +got):\n%s", row.client, diff)
		}
		if len(w.result.Unmasked()) > 0 {
			t.Errorf("%s: %v", row.client, w.result.Verdict)
		}
	}
}

// docs/rules.md, rule 1 holds for every way of sending a login: what was refused once is not
// sent again, in whatever form.
func TestLoginFlows(t *testing.T) {
	t.Parallel()
	const realm = "/auth/realms/rhcc/protocol/redhat-docker-v2/auth"
	get, post := "GET "+realm+" Basic", "POST "+realm
	refuse := func(status int) []fault.Fault {
		return []fault.Fault{fault.HTTP{Host: "sso.redhat.com", Method: "POST", Status: status,
			Headers: []string{"Content-Type: application/json"}, Body: "{}"}}
	}
	for _, row := range []struct {
		name  string
		world fault.World
		want  []string
	}{
		{"basic", fault.World{Flags: []string{"--auth-flow=basic", "--client=containerd"}}, []string{get}},
		{"oauth", fault.World{Flags: []string{"--auth-flow=oauth"}}, []string{post}},
		{"all", fault.World{Flags: []string{"--auth-flow=all"}}, []string{get, post}},
		{"all, refused", fault.World{Flags: []string{"--auth-flow=all"}, WrongPassword: true}, []string{get}},
		{"oauth, refused", fault.World{Flags: []string{"--auth-flow=oauth"}, WrongPassword: true}, []string{post}},
		{"containerd", fault.World{Flags: []string{"--client=containerd"}}, []string{post}},
		{"containerd, refused", fault.World{Flags: []string{"--client=containerd"}, WrongPassword: true}, []string{post}},
		{"containerd, no POST", fault.World{Flags: []string{"--client=containerd"}, Faults: refuse(405)}, []string{post, get}},
		{"containerd, POST forbidden", fault.World{Flags: []string{"--client=containerd"}, Faults: refuse(403)}, []string{post, "GET " + realm}},
		{"oauth asked for, no POST", fault.World{Flags: []string{"--auth-flow=oauth"}, Faults: refuse(405)}, []string{post, "GET " + realm}},
		{"the article", fault.World{Flags: []string{"--as-article"}}, []string{get, post}},
		{"the article, refused", fault.World{Flags: []string{"--as-article"}, WrongPassword: true}, []string{get}},
		{"nobody", fault.World{Flags: []string{"--auth-flow=all"}, Anonymous: true}, []string{"GET " + realm}},
	} {
		row.world.Direct = true
		if diff := cmp.Diff(row.want, requests(walk(row.world), "sso.redhat.com")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
}

// The parameters of a token request are the client's own; the article's are the
// article's.
func TestTokenParameters(t *testing.T) {
	t.Parallel()
	for client, want := range map[string]string{
		"podman": "account=REDACTED&scope=repository%3Aubi9%2Fubi%3Apull&service=docker-registry",
		"crane":  "scope=repository%3Aubi9%2Fubi%3Apull&service=docker-registry",
		"curl":   "client_id=curl&scope=repository%3Aubi9%2Fubi%3Apull&service=docker-registry",
		"":       "client_id=curl&scope=repository%3Arhel%3Apull&service=docker-registry",
	} {
		world := fault.World{Direct: true, Flags: []string{"--client=" + client}, Targets: []string{fault.Image + ":" + fault.ImageTag}}
		if client == "" {
			world.Flags = []string{"--as-article"}
		}
		got := ""
		for _, h := range walk(world).trace.Hops {
			if d := evidence.DetailOf[evidence.Request](h); d.Step == "token" && d.Method == "GET" {
				_, got, _ = strings.Cut(d.URL, "?")
			}
		}
		if got != want {
			t.Errorf("%q asks %s, want %s", client, got, want)
		}
	}
}

// A layer that is longer than what is wanted is asked for in part, and read no
// further than that.
func TestLayersAreReadAsFarAsWanted(t *testing.T) {
	t.Parallel()
	image := fault.World{Direct: true, Targets: []string{fault.Image + ":" + fault.ImageTag}}
	for _, row := range []struct {
		name   string
		change func(*flows.Config)
		asked  string
		whole  bool
	}{
		{"all of it", func(*flows.Config) {}, "", true},
		{"a part", func(c *flows.Config) { c.BlobBytes = 100 }, "honoured", false},
		{"full", func(c *flows.Config) { c.BlobBytes, c.Full = 100, true }, "", true},
	} {
		w := walk(image, row.change)
		var layers []evidence.Request
		for _, h := range w.trace.Hops {
			if d := evidence.DetailOf[evidence.Request](h); d.Step == "layer" && h.Role == evidence.Blob {
				layers = append(layers, d)
			}
		}
		if len(layers) != 1 || len(w.result.Unmasked()) > 0 {
			t.Fatalf("%s: %d layers, %v", row.name, len(layers), w.result.Verdict)
		}
		d := layers[0]
		if d.Transfer.Range != row.asked || (d.Digest.Got != "") != row.whole || !row.whole && d.Transfer.Bytes != 100 {
			t.Errorf("%s: %+v %+v", row.name, d.Transfer, d.Digest)
		}
	}
}

// A server that knows no ranges is read as far as wanted too, and its connection
// ended: the rest of a layer may be gigabytes.
func TestAnIgnoredRangeIsNotReadToTheEnd(t *testing.T) {
	t.Parallel()
	w := walk(fault.World{Direct: true, Targets: []string{fault.Image + ":" + fault.ImageTag},
		Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io", Effect: fault.Strip, Field: "Range"}}},
		func(c *flows.Config) { c.BlobBytes = 100 })
	for _, h := range w.trace.Hops {
		d := evidence.DetailOf[evidence.Request](h)
		if d.Step != "layer" || h.Role != evidence.Blob {
			continue
		}
		if d.Transfer.Range != "ignored" || d.Transfer.Bytes != 100 || h.State != evidence.OK {
			t.Errorf("%s %+v", h.State, d.Transfer)
		}
	}
	if len(w.result.Unmasked()) > 0 {
		t.Errorf("%v", w.result.Verdict)
	}
}

// --repeat walks every host that a registry's redirects name.
func TestRepeatFindsTheOtherHosts(t *testing.T) {
	t.Parallel()
	hosts := []string{"cdn01.quay.io", "cdn02.quay.io", "cdn03.quay.io"}
	for repeat, want := range map[int][]string{1: hosts[:2], 2: hosts, 4: hosts} {
		// Config and layer ask once each, and the layer again.
		w := walk(fault.World{Direct: true, BlobHosts: hosts, Flags: []string{fmt.Sprintf("--repeat=%d", repeat)},
			Targets: []string{fault.Image + ":" + fault.ImageTag}})
		var found []string
		for _, target := range w.trace.Targets {
			if target.FoundBy == "redirect" {
				found = append(found, target.Host)
			}
		}
		if !slices.Equal(found, want) || len(w.result.Unmasked()) > 0 {
			t.Errorf("repeat %d: %q, want %q (%v)", repeat, found, want, w.result.Verdict)
		}
	}
}

// The search for a header's limit is bounded (docs/rules.md, rule 7).
func TestTheSearchForALimitIsBounded(t *testing.T) {
	t.Parallel()
	w := walk(fault.World{Direct: true, Flags: []string{"--deep"}, Faults: []fault.Fault{
		fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", OverHead: 400, Effect: fault.Reset}}})
	asked := count(w.events, func(e mockproxy.Event) bool {
		return e.Kind == "request" && e.Host == "registry.redhat.io" && e.Auth == ""
	})
	if asked > 1+8 {
		t.Errorf("%d requests without a token, want the first and eight", asked)
	}
	if got := w.result.Verdict.RootCauses; !slices.Equal(got, []string{"http-header-too-large"}) {
		t.Errorf("root causes %q", got)
	}
}

// A refusal for another reason ends the search, and is no proof of a limit.
func TestARateLimitIsNoLimitOfSize(t *testing.T) {
	t.Parallel()
	w := walk(fault.World{Direct: true, Flags: []string{"--deep"}, Faults: []fault.Fault{
		fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", Login: fault.Token, Status: 400},
		fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", OverHead: 400, Status: 429}}})
	asked := count(w.events, func(e mockproxy.Event) bool {
		return e.Kind == "request" && e.Host == "registry.redhat.io" && e.Auth == ""
	})
	if asked != 1+1 {
		t.Errorf("%d requests without a token, want the first and one of the search", asked)
	}
	if got := w.result.Verdict.RootCauses; slices.Contains(got, "http-header-too-large") || len(got) == 0 {
		t.Errorf("root causes %q", got)
	}
}

// docs/rules.md, rule 17: a control question has no login, and is asked once.
func TestControlQuestionsHaveNoLogin(t *testing.T) {
	t.Parallel()
	hosts := fault.Hosts()
	for i := range hosts {
		hosts[i].Further = []string{strings.Replace(hosts[i].Address, "203.0.113.", "198.51.100.", 1)}
	}
	image := []string{fault.Image + ":" + fault.ImageTag}
	for probe, world := range map[evidence.Probe]fault.World{
		evidence.ProbeWithoutLogin: {Direct: true, Targets: image, WrongPassword: true},
		evidence.ProbeOtherNode: {Direct: true, Targets: image, Hosts: hosts, Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io",
			Path: "/v2/ubi9/ubi/manifests", Effect: fault.NotTheBody}}},
	} {
		var asked []string
		for _, h := range walk(world).trace.Hops {
			if d := evidence.DetailOf[evidence.Request](h); h.Op == evidence.OpRequest && h.Probe == probe {
				asked = append(asked, strings.TrimSpace(d.Method+" "+string(d.Step)+" "+d.AuthSent))
			}
		}
		want := map[evidence.Probe]string{evidence.ProbeWithoutLogin: "GET token", evidence.ProbeOtherNode: "GET manifest"}[probe]
		if diff := cmp.Diff([]string{want}, asked); diff != "" {
			t.Errorf("%s (-want +got):\n%s", probe, diff)
		}
	}
}
