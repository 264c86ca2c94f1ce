package grid

import (
	"testing"

	"pullpath/internal/fault"
)

// A CA file in a folder that the client does not read is named where it verifies a chain that
// the client refuses, and nowhere else.
func TestStrayCAs(t *testing.T) {
	t.Parallel()
	const harbor, sso, ca = "harbor.corp.example", "sso.redhat.com", fault.InterceptorCA
	intercepted := func(host string) fault.Fault { return fault.Certificate{Host: host, Issuer: "interceptor"} }
	private := func(client string, files map[string]string, faults ...fault.Fault) fault.World {
		return fault.World{Direct: true, Targets: []string{harbor + ":8443"}, Flags: []string{"--client=" + client}, Anonymous: true,
			Hosts: []fault.Host{{Name: harbor, Role: "registry", Address: "203.0.113.150", Private: true}}, Files: files, Faults: faults}
	}
	const misplaced, unknown = "fail client-trust-misplaced", "fail tls-unknown-authority"
	mirror := func(files map[string]string) fault.World {
		w := mirrored(twoMirrors, intercepted("mirror1.corp.example"))
		for name, text := range files {
			w.Files[name] = text
		}
		return w
	}
	for name, row := range map[string]struct {
		world fault.World
		want  string
	}{
		"the port is missing": {private("crio", map[string]string{"/etc/containers/certs.d/" + harbor + "/ca.crt": ca}, intercepted(harbor)),
			misplaced},
		"a healthy registry": {private("docker", map[string]string{"/etc/docker/certs.d/" + harbor + "/ca.crt": ca}), "pass"},
		"in its place": {private("docker", map[string]string{"/etc/docker/certs.d/" + harbor + ":8443/ca.crt": ca,
			"/etc/docker/certs.d/" + harbor + "/ca.crt": ca}, intercepted(harbor)), "pass"},
		"another CA": {private("podman", map[string]string{"/etc/containers/certs.d/" + harbor + "/ca.crt": ca},
			fault.Certificate{Host: harbor, Issuer: "private"}), unknown},
		"docker's folder, and crane reads none": {private("crane", map[string]string{"/etc/docker/certs.d/" + harbor + "/ca.crt": ca},
			intercepted(harbor)), unknown},
		"the certificate has another name": {private("docker", map[string]string{"/etc/docker/certs.d/" + harbor + "/ca.crt": ca},
			fault.Certificate{Host: harbor, Issuer: "interceptor", Names: []string{"other.example"}}), "fail tls-name-mismatch"},
		"no certificate in the file": {private("docker", map[string]string{"/etc/docker/certs.d/" + harbor + "/ca.crt": "x"},
			intercepted(harbor)), unknown},
		"the folder of the token server": {of("podman", map[string]string{"/etc/containers/certs.d/" + sso + "/ca.crt": ca}, intercepted(sso)),
			"fail client-trust-misplaced"},
		"a mirror's own folder": {mirror(map[string]string{"/etc/containers/certs.d/mirror1.corp.example/ca.crt": ca}), "pass"},
		"a mirror's folder with a port": {mirror(map[string]string{"/etc/containers/certs.d/mirror1.corp.example:443/ca.crt": ca}),
			"warn client-trust-misplaced"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := walk(row.world)
			if got := told(w); got != row.want {
				t.Errorf("says %q, want %q %v", got, row.want, w.err)
			}
		})
	}
}
