package grid

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

const (
	blobsOf     = "/v2/ubi9/ubi/blobs"
	manifestsOf = "/v2/ubi9/ubi/manifests"
)

// anImage is a direct pull of the World's image.
func anImage(faults ...fault.Fault) fault.World {
	return fault.World{Direct: true, Targets: []string{fault.Image + ":" + fault.ImageTag}, Faults: faults}
}

func answered(host, path string, status int, body string, headers ...string) fault.HTTP {
	return fault.HTTP{Host: host, Path: path, Status: status, Headers: headers, Body: body}
}

// told is the verdict and the codes of errors and warnings.
func told(w walked) string {
	out := []string{w.result.Verdict.Status}
	for _, f := range w.result.Unmasked() {
		if f.Severity != diagnosis.Info {
			out = append(out, f.Code)
		}
	}
	return strings.Join(out, " ")
}

// Answers from which no client can go on: whatever they are, a pull that was not walked
// to its end does not pass.
func TestNothingIsLeftOutInSilence(t *testing.T) {
	t.Parallel()
	const registry, cdn, manifest, index = "registry.redhat.io", "cdn01.quay.io", "Content-Type: application/vnd.oci.image.manifest.v1+json",
		"Content-Type: application/vnd.oci.image.index.v1+json"
	redirect := func(location string) fault.HTTP {
		return answered(registry, blobsOf, 307, "", "Location: "+location)
	}
	for name, row := range map[string]struct {
		fault fault.Fault
		want  string
	}{
		"Location with a bad escape":        {redirect("https://cdn01.quay.io/%zz"), "fail blob-redirect-unusable"},
		"Location without a host":           {redirect("https:///x"), "fail blob-redirect-unusable"},
		"Location with a port that is none": {redirect("https://cdn01.quay.io:65979/x"), "fail blob-redirect-unusable"},
		"Location of another scheme":        {redirect("ftp://cdn01.quay.io/x"), "fail blob-redirect-unusable"},
		"Location of the registry itself":   {redirect(blobsOf + "/x"), "fail blob-redirect-unusable"},
		"Location without end":              {answered(cdn, "/", 302, "", "Location: https://cdn01.quay.io/loop"), "fail blob-redirect-unusable"},
		"manifest of nothing":               {answered(registry, manifestsOf, 200, "{}", manifest), "fail unexplained"},
		"manifest of words": {answered(registry, manifestsOf, 200, "Access denied by policy", "Content-Type: text/plain"),
			"fail registry-unlike"},
		"manifest of errors": {answered(registry, manifestsOf, 200, `{"errors":[{"code":"DENIED","message":"no"}]}`,
			"Content-Type: application/json"), "fail registry-unlike"},
		"manifest of schema 1": {answered(registry, manifestsOf, 200, `{"schemaVersion":1,"fsLayers":[{"blobSum":"sha256:aa"}]}`),
			"incomplete"},
		"index of nothing": {answered(registry, manifestsOf, 200, `{"schemaVersion":2,"manifests":[]}`, index),
			"fail unexplained"},
		"index of an index": {answered(registry, manifestsOf, 200, `{"schemaVersion":2,"manifests":[{"digest":"sha256:aa"}]}`,
			index), "fail blob-corrupt"},
		"index without the platform": {answered(registry, manifestsOf, 200,
			`{"schemaVersion":2,"manifests":[{"digest":"sha256:aa","platform":{"os":"linux","architecture":"s390x"}}]}`, index),
			"fail registry-platform-missing"},
	} {
		w := walk(anImage(row.fault))
		if w.err != nil {
			t.Fatal(w.err)
		}
		if got := told(w); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}

// Realms to which no client can go are said to be that.
func TestUnusableRealms(t *testing.T) {
	t.Parallel()
	for _, realm := range []string{"https://", "https://:443/token", "https://a b/", "https://host:port/token", "https://[::1/token",
		"https://%zz/", "https://user@/token",
		"https://sso.redhat.com:65979/token", "https://[fe80::1%25eth0]/token", "sso.redhat.com/token", "/token", "https://a.example:1:1/token",
		"https://a.example, b.example/token"} {
		w := walk(anImage(answered("registry.redhat.io", "/v2/", 401, `{"errors":[{"code":"UNAUTHORIZED","message":"x"}]}`,
			"Content-Type: application/json",
			"Docker-Distribution-Api-Version: registry/2.0", `WWW-Authenticate: Bearer realm="`+realm+`"`)))
		if w.err != nil {
			t.Fatal(w.err)
		}
		if got := told(w); got != "fail auth-realm-unusable" {
			t.Errorf("%s: %s", realm, got)
		}
	}
}

// A registry that asks for a login by name, and none is given: that is said, as it is of
// a token server.
func TestNoLoginForBasic(t *testing.T) {
	t.Parallel()
	basic := answered("registry.redhat.io", "/v2/", 401, `{"errors":[{"code":"UNAUTHORIZED","message":"x"}]}`,
		"Content-Type: application/json",
		"Docker-Distribution-Api-Version: registry/2.0", `WWW-Authenticate: Basic realm="x"`)
	for want, change := range map[string]func(*fault.World){
		"fail auth-credentials-missing": func(*fault.World) {},
		"pass":                          func(w *fault.World) { w.Targets = []string{"registry.redhat.io"} },
	} {
		world := anImage(basic)
		world.Anonymous = true
		change(&world)
		if got := told(walk(world)); got != want {
			t.Errorf("%v: %s, want %s", world.Targets, got, want)
		}
	}
}

// A Bearer challenge that no client can answer does not make a Basic one a token's, and
// one that comes after /v2/ was open comes too late for clients that go by /v2/.
func TestChallengesOfTwoKinds(t *testing.T) {
	t.Parallel()
	const unauthorized = `{"errors":[{"code":"UNAUTHORIZED","message":"x"}]}`
	headers := []string{"Content-Type: application/json", "Docker-Distribution-Api-Version: registry/2.0"}
	both := anImage(answered("registry.redhat.io", "/v2/", 401, unauthorized,
		append(headers, `WWW-Authenticate: Basic realm="x"`, `WWW-Authenticate: Bearer realm="sso.redhat.com/token"`)...))
	both.Anonymous = true
	late := anImage(answered("registry.redhat.io", manifestsOf, 401, unauthorized,
		append(headers, `WWW-Authenticate: Bearer realm="https://sso.redhat.com/token"`)...),
		answered("registry.redhat.io", "/v2/", 200, "{}", headers...))
	for want, world := range map[string]fault.World{
		"fail auth-credentials-missing registry-unlike-profile": both, "fail http-challenge-missing": late,
	} {
		if got := told(walk(world)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// An index may leave the platform of an entry out; such a one does where none names it.
func TestEntriesWithoutAPlatform(t *testing.T) {
	t.Parallel()
	const image, other = `{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}`,
		`{"digest":"sha256:bb","platform":{"os":"%s","architecture":"%s"}}`
	for platform, want := range map[string]string{"linux/s390x": "pass", "unknown/unknown": "pass", "linux/amd64": "fail unexplained"} {
		system, architecture, _ := strings.Cut(platform, "/")
		index := fmt.Sprintf(`{"schemaVersion":2,"manifests":[`+other+`,`+image+`]}`, system, architecture)
		const manifest = `{"config":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}`
		w := walk(anImage(answered("registry.redhat.io", manifestsOf+"/latest", 200,
			strings.Replace(index, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", digestOf(manifest), 1),
			"Content-Type: application/vnd.oci.image.index.v1+json"),
			answered("registry.redhat.io", manifestsOf+"/sha256:"+digestOf(manifest), 200, manifest,
				"Content-Type: application/vnd.oci.image.manifest.v1+json"),
			answered("registry.redhat.io", manifestsOf, 404, "{}"), answered("registry.redhat.io", blobsOf, 200, "{}",
				"Content-Type: application/octet-stream")))
		if got := told(w); (got == "pass") != (want == "pass") {
			t.Errorf("%s: %s, want %s", platform, got, want)
		}
	}
}

func digestOf(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// A HEAD without the digest is no HEAD that is refused.
func TestHeadWithoutADigest(t *testing.T) {
	t.Parallel()
	for _, client := range []string{"docker", "containerd"} {
		world := anImage(fault.HTTP{Host: "registry.redhat.io", Path: manifestsOf, Remove: []string{"Docker-Content-Digest"}})
		world.Flags = []string{"--client=" + client}
		if got := told(walk(world)); got != "pass" {
			t.Errorf("%s: %s", client, got)
		}
		world.Faults = []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: manifestsOf, Method: "HEAD", Status: 403}}
		if got := told(walk(world)); strings.Contains(got, "http-method-blocked") != (client == "containerd") {
			t.Errorf("%s, HEAD refused: %s", client, got)
		}
	}
}

// A refusal is judged by the token of its own registry.
func TestTokensAreTheRegistrysOwn(t *testing.T) {
	t.Parallel()
	hosts := append(fault.Hosts(), fault.Host{Name: "quay.io", Role: "registry", Address: "203.0.113.151",
		Realm: "https://quay.io/v2/auth", Service: "quay.io"})
	denied := answered("registry.redhat.io", "/v2/ubi9", 403, `{"errors":[{"code":"DENIED","message":"no"}]}`,
		"Content-Type: application/json")
	w := walk(fault.World{Direct: true, Hosts: hosts, Images: []string{"quay.io/podman/hello:latest"},
		Targets: []string{"quay.io/podman/hello:latest", fault.Image + ":" + fault.ImageTag}, Faults: []fault.Fault{denied}})
	if got := told(w); got != "fail registry-access-denied" {
		t.Error(got, w.err)
	}
}

// A host whose proxy is not spoken to is not walked, and what was meant for it goes
// nowhere else.
func TestUnspokenProxyOfAHostThatWasFound(t *testing.T) {
	t.Parallel()
	hosts := append(fault.Hosts(), fault.Host{Name: "registry.corp.example", Role: "registry", Address: "203.0.113.150", Private: true,
		Realm: "https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth"})
	env := func(exceptions string) map[string]string {
		return map[string]string{"HTTPS_PROXY": "socks4://proxy.corp.example:1080", "NO_PROXY": exceptions}
	}
	for name, row := range map[string]struct {
		world   fault.World
		leftOut string
	}{
		"token server": {fault.World{Hosts: hosts, Targets: []string{"registry.corp.example"}, Env: env("registry.corp.example")},
			"sso.redhat.com:443"},
		"blob host": {fault.World{Targets: []string{fault.Image + ":" + fault.ImageTag}, Env: env("registry.redhat.io,sso.redhat.com")},
			"cdn01.quay.io:443"},
	} {
		w := walk(row.world)
		if w.err != nil {
			t.Fatal(w.err)
		}
		if got := told(w); got != "incomplete" || w.result.Targets[row.leftOut] != diagnosis.StatusSkipped {
			t.Errorf("%s: %s, %v", name, got, w.result.Targets)
		}
		for _, e := range w.events {
			if e.Kind == "request" && e.Host == "registry.corp.example" && e.Auth != "" || strings.Contains(e.What, "X-Amz") {
				t.Errorf("%s: %s got %s with %q", name, e.Host, e.What, e.Auth)
			}
		}
	}
}

// A tunnel that begins when the run is nearly over is ended by the run, not by the proxy.
func TestLateTunnelIsNoSilence(t *testing.T) {
	t.Parallel()
	world := anImage(fault.HTTP{Host: "registry.redhat.io", Path: blobsOf, Delay: 1850 * time.Millisecond})
	world.Direct, world.Flags = false, []string{"--timeout=2s"}
	w := walk(world)
	for _, h := range w.trace.Hops {
		if h.Op == evidence.OpTunnel && h.FailedWith(evidence.Timeout) {
			t.Errorf("the tunnel to %s timed out after %.1f ms", h.Target, h.TookMS)
		}
	}
}

// A registry that holds its blobs itself and honours Range.
func TestOwnBlobByRange(t *testing.T) {
	t.Parallel()
	const size = 20 << 20
	part := strings.Repeat("x", 8<<20)
	manifest := fmt.Sprintf(`{"schemaVersion":2,`+
		`"config":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},`+
		`"layers":[{"digest":"sha256:aa","size":%d}]}`, size)
	w := walk(anImage(answered("registry.redhat.io", manifestsOf, 200, manifest, "Content-Type: application/vnd.oci.image.manifest.v1+json"),
		answered("registry.redhat.io", blobsOf+"/sha256:aa", 206, part, "Content-Type: application/octet-stream",
			"Content-Range: bytes 0-8388607/20971520"),
		answered("registry.redhat.io", blobsOf, 200, "{}", "Content-Type: application/octet-stream")))
	if got := told(w); got != "pass" {
		t.Error(got)
	}
}

// A digest names its algorithm.
func TestDigestsOfBothAlgorithms(t *testing.T) {
	t.Parallel()
	const good = "sha512:27c74670adb75075fad058d5ceaf7b20c4e7786c83bae8a32f626f9782af34c9" +
		"a33c2046ef60fd2a7878d378e29fec851806bbd9a67878f3a9f1cda4830763fd"
	for digest, want := range map[string]string{good: "pass", strings.Replace(good, "27", "28", 1): "fail blob-corrupt"} {
		manifest := `{"schemaVersion":2,"config":{"digest":"` + digest + `","size":2},"layers":[]}`
		w := walk(anImage(answered("registry.redhat.io", manifestsOf, 200, manifest, "Content-Type: application/vnd.oci.image.manifest.v1+json"),
			answered("registry.redhat.io", blobsOf, 200, "{}", "Content-Type: application/octet-stream")))
		if got := told(w); got != want {
			t.Errorf("%.12s: %s, want %s", digest, got, want)
		}
	}
}

// The proxy that NO_PROXY keeps a client from is tried as it is spoken to.
func TestThroughProxySpeaksItsScheme(t *testing.T) {
	t.Parallel()
	for scheme, port := range map[string][]fault.Fault{"http": nil,
		"https": {fault.ProxyPort{Effect: fault.SpeaksTLS}, fault.Certificate{Host: fault.TheProxy}}} {
		w := walk(fault.World{Env: map[string]string{"HTTPS_PROXY": scheme + "://proxy.corp.example:3128", "NO_PROXY": "registry.redhat.io"},
			Flags: []string{"--hop-timeout=2s"}, Faults: append(port, fault.Socket{Host: "registry.redhat.io", Effect: fault.Refuse})})
		if w.err != nil {
			t.Fatal(w.err)
		}
		states := map[evidence.Probe]evidence.State{}
		for _, h := range w.trace.Hops {
			if h.Op == evidence.OpTunnel && h.Probe != "" {
				states[h.Probe] = h.State
			}
		}
		if diff := cmp.Diff(map[evidence.Probe]evidence.State{evidence.ProbeThroughProxy: evidence.OK}, states); diff != "" {
			t.Errorf("%s (-want +got):\n%s", scheme, diff)
		}
	}
}
