package oracle

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/pflag"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/strictyaml"
	"pullpath/internal/vantage"
	"pullpath/mockproxy"
)

const (
	registryHost, tokenHost, blobHost, farHost = "registry.redhat.io", "sso.redhat.com", "cdn01.quay.io", "far.corp.example"
	manifests, blobs                           = "/v2/ubi9/ubi/manifests", "/v2/ubi9/ubi/blobs"
	registriesConf, daemonJSON                 = "/etc/containers/registries.conf", "/etc/docker/daemon.json"
	certsDir                                   = "/etc/containerd/certs.d"
	hostsTOML                                  = certsDir + "/" + registryHost + "/hosts.toml"
)

// dimension is one way in which a World may differ.
type dimension struct {
	name  string
	apply func(r *rand.Rand, w *fault.World)
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func with(f func(*rand.Rand) fault.Fault) func(*rand.Rand, *fault.World) {
	return func(r *rand.Rand, w *fault.World) { w.Faults = append(w.Faults, f(r)) }
}

// answers is a fault by which a host answers requests for a path with one of the statuses, and
// a body of one of the forms in which registries and gateways refuse.
func answers(host, path, method string, statuses ...int) func(*rand.Rand, *fault.World) {
	return with(func(r *rand.Rand) fault.Fault {
		kind, body := pick(r, [2]string{"application/json", `{"errors":[{"code":"DENIED","message":"no"}]}`},
			[2]string{"text/html", "<html><title>No</title></html>"}, [2]string{"text/plain", "no"}), ""
		body = kind[1]
		return fault.HTTP{Host: host, Path: path, Method: method, Status: pick(r, statuses...),
			Headers: []string{"Content-Type: " + kind[0]}, Body: body}
	})
}

func without(path, method string, fields ...string) func(*rand.Rand, *fault.World) {
	return with(func(r *rand.Rand) fault.Fault {
		return fault.HTTP{Host: registryHost, Path: path, Method: method, Remove: []string{pick(r, fields...)}}
	})
}

func typed(kinds ...string) func(*rand.Rand, *fault.World) {
	return with(func(r *rand.Rand) fault.Fault {
		return fault.HTTP{Host: registryHost, Path: manifests, Headers: []string{"Content-Type: " + pick(r, kinds...)}}
	})
}

func redirected(from, path string, to ...string) func(*rand.Rand, *fault.World) {
	return with(func(r *rand.Rand) fault.Fault {
		return fault.HTTP{Host: from, Path: path, Status: pick(r, 301, 302, 303, 307, 308), To: pick(r, to...)}
	})
}

func realm(url string) fault.HTTP {
	return fault.HTTP{Host: registryHost, Path: "/v2/", Login: fault.NoLogin, Status: 401,
		Headers: []string{"Content-Type: application/json", "Docker-Distribution-Api-Version: registry/2.0",
			`WWW-Authenticate: Bearer realm="` + url + `",service="docker-registry"`},
		Body: `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`}
}

// dimensions are those in which Worlds are made at random. A World has one to three of them.
func dimensions() []dimension {
	far := "https://" + farHost + "{path}"
	hosts := []string{registryHost, tokenHost, blobHost}
	return []dimension{
		{"manifests redirected", redirected(registryHost, "/v2/ubi9", far)},
		{"/v2/ redirected", redirected(registryHost, "/v2/", far)},
		{"token redirected", redirected(tokenHost, "", "https://"+tokenHost+"{path}", "https://"+registryHost+"{path}", far)},
		{"blob redirected for ever", redirected(blobHost, "", "https://"+blobHost+"{path}")},
		{"blob redirected often", with(func(r *rand.Rand) fault.Fault {
			return fault.Counted{Times: pick(r, 8, 12, 20), Fault: fault.HTTP{Host: blobHost, Status: 307, To: "https://" + blobHost + "{path}"}}
		})},
		{"blob redirected on", redirected(blobHost, "", "https://cdn02.quay.io{path}")},
		{"far host closed", with(func(r *rand.Rand) fault.Fault { return fault.Connect{Host: farHost, Status: pick(r, 403, 503)} })},
		{"HEAD refused", answers(registryHost, manifests, "HEAD", 400, 403, 404, 405, 500, 503)},
		{"GET of manifests refused", answers(registryHost, manifests, "GET", 400, 401, 403, 404, 429, 500, 503)},
		{"manifests refused", answers(registryHost, manifests, "", 401, 403, 404, 429, 503)},
		{"/v2/ refused", answers(registryHost, "/v2/", "GET", 403, 404, 500, 503)},
		{"/v2/ refused with a token", with(func(r *rand.Rand) fault.Fault {
			return fault.HTTP{Host: registryHost, Path: "/v2/", Whole: true, Login: fault.Token, Status: pick(r, 401, 403, 404, 500)}
		})},
		{"/v2/ open", with(func(*rand.Rand) fault.Fault { return fault.HTTP{Host: registryHost, Granted: true} })},
		{"blobs refused at the registry", answers(registryHost, blobs, "", 401, 403, 404, 500)},
		{"blobs refused at the CDN", answers(blobHost, "", "", 400, 403, 404, 500, 503)},
		{"blobs are pages", with(func(*rand.Rand) fault.Fault {
			return fault.HTTP{Host: blobHost, Status: 200, Headers: []string{"Content-Type: text/html"}, Body: "<html><title>Hello</title></html>"}
		})},
		{"blob cut", with(func(r *rand.Rand) fault.Fault {
			return fault.HTTP{Host: blobHost, Blob: pick(r, "config", "layer"), Effect: fault.Truncate}
		})},
		{"blob altered", with(func(r *rand.Rand) fault.Fault {
			return fault.HTTP{Host: blobHost, Blob: pick(r, "config", "layer"), Effect: fault.NotTheBody}
		})},
		{"manifest without a type", without(manifests, "", "Content-Type")},
		{"manifest without a digest", without(manifests, "", "Docker-Content-Digest")},
		{"HEAD without a field", without(manifests, "HEAD", "Content-Type", "Content-Length", "Docker-Content-Digest")},
		{"GET without a field", without(manifests, "GET", "Content-Type", "Content-Length", "Docker-Content-Digest")},
		{"manifest of another type", typed("text/plain", "application/json", "application/octet-stream",
			"application/vnd.oci.image.manifest.v1+json")},
		{"manifest of another digest", with(func(r *rand.Rand) fault.Fault {
			return fault.HTTP{Host: registryHost, Path: manifests, Method: pick(r, "GET", "HEAD", ""),
				Headers: []string{"Docker-Content-Digest: sha256:" + strings.Repeat("0", 64)}}
		})},
		{"manifest altered", with(func(*rand.Rand) fault.Fault {
			return fault.HTTP{Host: registryHost, Path: manifests, Method: "GET", Effect: fault.NotTheBody}
		})},
		{"no API version", without("/v2/", "", "Docker-Distribution-Api-Version")},
		{"token refused", answers(tokenHost, "", "", 400, 401, 403, 404, 429, 500, 503)},
		{"token refused by POST", answers(tokenHost, "", "POST", 400, 401, 403, 404, 405, 500)},
		{"token in another form", with(func(r *rand.Rand) fault.Fault {
			return fault.HTTP{Host: tokenHost, Status: 200, Headers: []string{"Content-Type: application/json"},
				Body: pick(r, `{}`, `{"token":""}`, `[]`, `"x"`, `{"access_token":"x"}`, `<html></html>`)}
		})},
		{"realm by http", func(r *rand.Rand, w *fault.World) {
			w.Faults = append(w.Faults, realm("http://"+tokenHost+fault.RealmPath),
				fault.HTTP{Host: tokenHost, Plain: true, Status: pick(r, 301, 307, 308), To: "https://" + tokenHost + "{path}"})
		}},
		{"realm of no use", with(func(r *rand.Rand) fault.Fault {
			return realm(pick(r, "https://"+tokenHost+":1:1/t", "/token", "https://no-such-host.corp.example/t", "https://"+tokenHost+":70000/t"))
		})},
		{"challenge of another scheme", with(func(r *rand.Rand) fault.Fault {
			return fault.HTTP{Host: registryHost, Path: "/v2/", Status: 401, Headers: []string{"WWW-Authenticate: " +
				pick(r, "Negotiate", `Basic realm="x"`, `Digest realm="x"`)}}
		})},
		{"no challenge", with(func(*rand.Rand) fault.Fault { return fault.HTTP{Host: registryHost, Path: "/v2/", Status: 401} })},
		{"nothing granted", func(_ *rand.Rand, w *fault.World) { w.NoAccess = true }},
		{"wrong password", func(_ *rand.Rand, w *fault.World) { w.WrongPassword = true }},
		{"no login", func(_ *rand.Rand, w *fault.World) { w.Anonymous = true }},
		{"its own token server", func(_ *rand.Rand, w *fault.World) { w.OwnRealm = true }},
		{"foreign layer", func(r *rand.Rand, w *fault.World) { w.LayerHost = pick(r, blobHost, "cdn02.quay.io") }},
		{"CONNECT refused", with(func(r *rand.Rand) fault.Fault {
			return fault.Connect{Host: pick(r, append(hosts, "cdn02.quay.io", "cdn03.quay.io")...), Status: pick(r, 403, 407, 502, 503)}
		})},
		{"TLS broken", with(func(r *rand.Rand) fault.Fault {
			return fault.Handshake{Host: pick(r, hosts...), Effect: pick(r, fault.Reset, fault.Close, fault.Alert, fault.Plaintext),
				Alert: 40, Text: "no"}
		})},
		{"chain broken", with(func(r *rand.Rand) fault.Fault {
			return fault.Certificate{Host: pick(r, hosts...), Issuer: pick(r, "", "private", "interceptor"), OmitIntermediate: r.IntN(2) == 0,
				Names: pick(r, nil, []string{"other.example"})}
		})},
		{"answers reset", with(func(r *rand.Rand) fault.Fault {
			return fault.HTTP{Host: pick(r, hosts...), Effect: pick(r, fault.Reset, fault.Close)}
		})},
		{"HTTP/2", func(r *rand.Rand, w *fault.World) {
			w.HTTP2 = true
			if r.IntN(2) == 0 {
				w.Faults = append(w.Faults, fault.HTTP{Host: pick(r, registryHost, blobHost), HTTP2: true, Effect: fault.Reset})
			}
		}},
		{"mirrors", mirrors},
		{"insecure registry", insecure},
		{"answers late", with(func(r *rand.Rand) fault.Fault { return fault.HTTP{Host: pick(r, hosts...), Delay: 20 * 1e6} })},
	}
}

// mirrors puts two mirrors before the registry, in the files of every client that has such, and
// breaks the first of them mostly. They need no login.
func mirrors(r *rand.Rand, w *fault.World) {
	const first, second = "mirror1.corp.example", "mirror2.corp.example"
	if w.Files[registriesConf] != "" {
		return // drawn before
	}
	w.Hosts = append(w.Hosts, fault.Host{Name: first, Role: "mirror", Address: "203.0.113.181", Private: true},
		fault.Host{Name: second, Role: "mirror", Address: "203.0.113.182", Private: true})
	what := pick(r, "all", "digest-only", "tag-only")
	able := map[string]string{"all": `"pull", "resolve"`, "digest-only": `"pull"`, "tag-only": `"pull", "resolve"`}[what]
	hold(w, map[string]string{
		registriesConf: "[[registry]]\nlocation = \"" + registryHost + "\"\n[[registry.mirror]]\nlocation = \"" + first +
			"\"\npull-from-mirror = \"" + what + "\"\n[[registry.mirror]]\nlocation = \"" + second + "\"\n",
		hostsTOML: "[host.\"https://" + first + "\"]\ncapabilities = [" + able + "]\n[host.\"https://" + second + "\"]\n",
	})
	path, method := pick(r, "/v2/", manifests, blobs), pick(r, "", "GET", "HEAD")
	w.Faults = append(w.Faults, pick[fault.Fault](r, fault.HTTP{Host: first, Granted: true},
		fault.Connect{Host: first, Status: pick(r, 403, 503)}, fault.Certificate{Host: first, Issuer: "interceptor"},
		fault.Handshake{Host: first, Effect: fault.Reset}, fault.HTTP{Host: first, Path: manifests, Effect: fault.NotTheBody},
		fault.HTTP{Host: first, Path: path, Method: method, Status: pick(r, 400, 403, 404, 405, 500, 503),
			Headers: []string{"Content-Type: application/json"}, Body: `{"errors":[{"code":"DENIED","message":"no"}]}`}),
		fault.HTTP{Host: first, Granted: true}, fault.HTTP{Host: second, Granted: true})
}

// insecure has the registry be without TLS, or with a broken one, for a client that may do without it:
// as dockerd's insecure-registries has it. Half of them serve plain HTTP.
func insecure(r *rand.Rand, w *fault.World) {
	hold(w, map[string]string{daemonJSON: `{"insecure-registries": ["` + registryHost + `"]}`})
	if i := slices.IndexFunc(w.Hosts, func(h fault.Host) bool { return h.Name == registryHost }); r.IntN(2) == 0 {
		w.Hosts[i].Plain = true
		return
	}
	w.Faults = append(w.Faults, pick[fault.Fault](r,
		fault.Handshake{Host: registryHost, Effect: pick(r, fault.Reset, fault.Close, fault.Alert, fault.Plaintext), Alert: 40, Text: "no"},
		fault.Certificate{Host: registryHost, Issuer: pick(r, "private", "interceptor")},
		fault.Certificate{Host: registryHost, Names: []string{"other.example"}},
		fault.Connect{Host: registryHost, Status: pick(r, 403, 502, 503)},
		fault.HTTP{Host: registryHost, Path: "/v2/", Status: pick(r, 404, 500, 503)}))
}

// hold adds files to the client's host.
func hold(w *fault.World, files map[string]string) {
	if w.Files == nil {
		w.Files = map[string]string{}
	}
	maps.Copy(w.Files, files)
}

// madeWorld makes a World of a seed, and says of what it is made.
func madeWorld(seed uint64) (fault.World, string) {
	r := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // the same Worlds each time
	w := fault.World{Title: fmt.Sprint("seed ", seed), Targets: []string{pulled},
		Hosts: append(fault.Hosts(), fault.Host{Name: farHost, Role: "registry", Address: "203.0.113.180"})}
	all, names := dimensions(), []string{}
	for range 1 + r.IntN(3) {
		d := all[r.IntN(len(all))]
		d.apply(r, &w)
		names = append(names, d.name)
	}
	w.Faults = append(w.Faults, fault.HTTP{Host: farHost, Granted: true})
	return w, strings.Join(names, " + ")
}

// checked is what our check says of a World as a client.
func checked(ctx context.Context, network *mockproxy.Network, w fault.World,
	client string) (diagnosis.Result, *evidence.Trace, error) {
	pass := network.Pass()
	pass.Flags = append(slices.Clone(w.Flags), "--client="+client, "--full=true")
	from, err := vantage.Of(pass)
	if err != nil {
		return diagnosis.Result{}, nil, err
	}
	defer from.Close()
	from.Net.Seed, from.Net.Version = "oracle", "test"
	var ask vantage.Ask
	ask.Register(pflag.NewFlagSet("check", pflag.ContinueOnError))
	run, err := from.Prepare(ctx, &ask, nil)
	if err != nil {
		return diagnosis.Result{}, nil, err
	}
	trace := run.Walk(ctx)
	return diagnosis.Diagnose(trace, catalogue.All()), trace, nil
}

// matrix counts what a client did and what the check of it said.
type matrix map[string]map[string]int

func (m matrix) add(client, cell string) {
	if m[client] == nil {
		m[client] = map[string]int{}
	}
	m[client][cell]++
}

// worlds is how many are played: WORLDS, else what two cores play in a minute or two.
func worlds() int {
	n, err := strconv.Atoi(os.Getenv("WORLDS"))
	return cmp.Or(map[bool]int{true: n}[err == nil], 400)
}

// A check of a client passes where its library pulls, and fails where it fails, in Worlds made
// at random: registry behaviours, faults and settings.
func TestChecksAgreeWithTheirClients(t *testing.T) {
	var mu sync.Mutex
	counts := matrix{}
	seeds := make(chan uint64)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for seed := range seeds {
				w, name := madeWorld(seed)
				for _, p := range pullers() {
					o := play(t, w, p)
					mu.Lock()
					counts.add(p.name, o.cell())
					mu.Unlock()
					if problem := o.problem(name, p.name); problem != "" {
						t.Errorf("seed %d, %s: %s (%s)\n\tclient: %v\n\tcheck: %v\n%s", seed, p.name, problem, name, o.err, o.codes,
							scenario(smaller(t, w, name, p)))
					}
				}
			}
		})
	}
	if seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil {
		seeds <- seed
	} else {
		for seed := range uint64(worlds()) { //nolint:gosec // not negative
			seeds <- seed
		}
	}
	close(seeds)
	wg.Wait()
	for _, p := range pullers() {
		t.Logf("%-11s %v", p.name, counts[p.name])
	}
	if path := os.Getenv("TRUTH"); path != "" {
		if err := os.WriteFile(path, []byte(counts.page()), 0o644); err != nil { //nolint:gosec // a page of docs
			t.Error(err)
		}
	}
}

// page is docs/client-truth.md.
func (m matrix) page() string {
	var out strings.Builder
	fmt.Fprintf(&out, `# A check and its client

Made by the oracle (TRUTH=$PWD/docs/client-truth.md make oracle WORLDS=%d; internal/oracle/truth_test.go).
Each World is made at random of one to three of the dimensions below. It is played to the client's
own library (docker's is that of its daemon), which pulls the image whole, and to a check as that
client. Both must come to the same end, and ask the same: where both come through, the same sorts of
requests (method, host, and whether for /v2/, a token, a manifest by tag or by digest, or a blob) in
the same order; where both fail, the same up to where one of them ends.

| client | pulls, check passes | fails, check fails | check incomplete | pulls, check fails | fails, check passes |
|---|---|---|---|---|---|
`, worlds())
	for _, p := range pullers() {
		c := m[p.name]
		fmt.Fprintf(&out, "| %s | %d | %d | %d | %d | %d |\n", p.name, c["pulls, check passes"], c["fails, check fails"],
			c["pulls, check incomplete"]+c["fails, check incomplete"], c["pulls, check fails"], c["fails, check passes"])
	}
	out.WriteString("\nWhat the last two columns hold, and how the requests may differ, stands in\n" +
		"[decision 58](decisions/0058-where-a-check-and-its-client-differ.md).\n\n" +
		"## Dimensions\n\n")
	for _, d := range dimensions() {
		out.WriteString("- " + d.name + "\n")
	}
	return out.String()
}

// outcome is what became of a client's pull and of the check of it.
type outcome struct {
	err    error
	status string
	codes  []string
	// client and check are what either asked.
	client, check asked
}

func (o outcome) cell() string {
	did := "pulls"
	if o.err != nil {
		did = "fails"
	}
	switch o.status {
	case diagnosis.StatusFail:
		return did + ", check fails"
	case diagnosis.StatusIncomplete:
		return did + ", check incomplete"
	}
	return did + ", check passes"
}

func (o outcome) disagrees() bool {
	return o.cell() == "pulls, check fails" || o.cell() == "fails, check passes"
}

// play lets a client pull in a World of its own, and checks it there.
func play(t *testing.T, w fault.World, p puller) outcome {
	o := outcome{}
	o.client, o.err = pulledIn(t, w, p)
	network, err := mockproxy.Start(w)
	if err != nil {
		t.Error(err)
		return o
	}
	result, trace, err := checked(t.Context(), network, w, p.name)
	network.Close()
	if err != nil {
		t.Error(err)
		return o
	}
	o.status, o.check = result.Verdict.Status, askedBy(trace)
	for _, f := range result.Unmasked() {
		o.codes = append(o.codes, f.Code)
	}
	return o
}

// problem says what is wrong between a client and a check of it in a World that is made of the
// dimensions in name; empty where nothing is, or what is known.
func (o outcome) problem(name, client string) string {
	if o.disagrees() && !allowed(name, client) {
		return o.cell()
	}
	return o.strays(name, client)
}

// smaller takes away what a World has, for as long as the problem stays.
func smaller(t *testing.T, w fault.World, name string, p puller) fault.World {
	for i := 0; i < len(w.Faults); {
		less := w
		less.Faults = slices.Delete(slices.Clone(w.Faults), i, i+1)
		if play(t, less, p).problem(name, p.name) == "" {
			i++
			continue
		}
		w = less
	}
	return w
}

// scenario is a World as `pullpath mock --scenario` reads it.
func scenario(w fault.World) string {
	s, err := w.Scenario()
	if err != nil {
		return err.Error()
	}
	text, err := strictyaml.Encode(s)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func pulledIn(t *testing.T, w fault.World, p puller) (asked, error) {
	network, err := mockproxy.Start(w)
	if err != nil {
		t.Error(err)
		return asked{}, nil
	}
	defer network.Close()
	s := scene{via: "http://" + network.ProxyAddress(), bundle: filepath.Join(t.TempDir(), "ca.pem"), user: network.Pass().User,
		password: network.Pass().Password, files: w.Files, target: w.Targets[0]}
	if err := os.WriteFile(s.bundle, network.ClientRoots(), 0o600); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err = p.pull(ctx, t, s)
	return askedOf(network.Events()), err
}

// allowed reports whether a disagreement is one that is known (docs/decisions/0058-where-a-check-and-its-client-differ.md).
func allowed(name, client string) bool {
	// A login that was refused once is not sent again (docs/rules.md, rule 1); containerd does so by
	// GET where POST was answered with 401.
	byForm := strings.Contains(name, "token refused by POST")
	// containerd learns the challenge anew for what it fetches; a check keeps its token. And it answers
	// a challenge at a blob too.
	late := strings.Contains(name, "HEAD") && strings.Contains(name, "realm of no use") || strings.Contains(name, "/v2/ open")
	// The release of containers/image that is read here asks the next place for a blob; none of
	// those with which podman was released did.
	blobsNext := client == "podman" && strings.Contains(name, "mirrors")
	// docker asks for a config five times, and containerd at the next mirror; the redirects are counted.
	again := strings.Contains(name, "blob redirected often") &&
		(client == "docker" || client == "containerd" && strings.Contains(name, "mirrors"))
	return client == "containerd" && (byForm || late) || blobsNext || again
}
