package grid

import (
	"testing"

	"pullpath/internal/fault"
)

// elsewhere are the healthy hosts with one more registry, which needs no login.
func elsewhere() []fault.Host {
	return append(fault.Hosts(), fault.Host{Name: "us-docker.pkg.example", Role: "registry", Address: "203.0.113.180", Private: true})
}

// A client follows redirects of every request, and so does a check of it: each host on the
// way is walked, and what fails there is found there.
func TestRedirectsAreFollowed(t *testing.T) {
	t.Parallel()
	const registry, far = "registry.redhat.io", "us-docker.pkg.example"
	to := func(path string, status int) fault.HTTP {
		return fault.HTTP{Host: registry, Path: path, Status: status, To: "https://" + far + "{path}"}
	}
	open := fault.HTTP{Host: far, Granted: true}
	token := fault.HTTP{Host: "sso.redhat.com", Status: 307, To: "https://" + registry + "{path}"}
	for name, row := range map[string]struct {
		faults []fault.Fault
		want   string
	}{
		"manifests and blobs":         {[]fault.Fault{to("/v2/ubi9", 307), open}, "pass"},
		"/v2/ too":                    {[]fault.Fault{to("/v2/", 308), open}, "pass"},
		"manifests by 302":            {[]fault.Fault{to("/v2/ubi9", 302), open}, "pass"},
		"the token":                   {[]fault.Fault{token}, "fail auth-credentials-missing"},
		"the far host is reset":       {[]fault.Fault{to("/v2/ubi9", 307), fault.Handshake{Host: far, Effect: fault.Reset}}, "fail tls-reset"},
		"the far host is not reached": {[]fault.Fault{to("/v2/ubi9", 307), fault.Socket{Host: far, Effect: fault.Refuse}}, "fail tcp-refused"},
		"the far host lacks the image": {[]fault.Fault{to("/v2/ubi9", 307), answered(far, "/v2/", 404, `{"errors":[{"code":"NAME_UNKNOWN"}]}`)},
			"fail registry-not-found"},
		"the far host wants a login": {[]fault.Fault{to("/v2/ubi9", 307)}, "fail auth-credentials-missing"},
		"for ever, the token": {[]fault.Fault{fault.HTTP{Host: "sso.redhat.com", Status: 302, To: "https://sso.redhat.com{path}"}},
			"fail auth-realm-unusable"},
		"to a port that is none, /v2/": {[]fault.Fault{answered(registry, "/v2/", 302, "", "Location: https://x.example:99999/")},
			"fail registry-unlike"},
		"to a scheme of no client's": {[]fault.Fault{answered(registry, "/v2/ubi9", 302, "", "Location: ftp://x.example/")},
			"fail registry-unlike"},
		"without a Location, /v2/ only": {[]fault.Fault{answered(registry, "/v2/", 302, "")}, "fail registry-unlike"},
	} {
		for _, client := range []string{"podman", "docker", "containerd", "crane"} {
			world := anImage(row.faults...)
			world.Direct, world.Hosts, world.Flags = true, elsewhere(), []string{"--client=" + client}
			want := row.want
			if name == "the token" && client == "containerd" {
				want = "incomplete" // it would send its form along; a check does not
			}
			t.Run(name+", "+client, func(t *testing.T) {
				t.Parallel()
				if w := walk(world); w.err != nil || told(w) != want {
					t.Errorf("%s, want %s %v\n%s", told(w), want, w.err, failedHops(w.trace))
				}
			})
		}
	}
}
