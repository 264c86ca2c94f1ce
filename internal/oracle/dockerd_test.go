package oracle

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pullpath/internal/fault"
)

// daemon builds the program that pulls as Docker's daemon does, once. Its module is of its own:
// the daemon wants other releases than the libraries of the other clients.
var daemon = sync.OnceValues(func() (string, error) {
	path := filepath.Join(os.TempDir(), "oracle-dockerd-"+time.Now().Format("150405.000000"))
	out, err := exec.Command("go", "build", "-C", "dockerd", "-o", path, ".").CombinedOutput()
	if err != nil {
		err = errors.New(err.Error() + ": " + string(out))
	}
	return path, err
})

// wholeByDockerd pulls by the daemon's own packages. It reads the proxy and the roots from its
// environment, as the daemon does.
func wholeByDockerd(ctx context.Context, t *testing.T, s scene) error {
	path, err := daemon()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{}
	if s.user != "" {
		args = append(args, "-user", s.user)
	}
	if s.files[daemonJSON] != "" {
		conf := filepath.Join(t.TempDir(), "daemon.json")
		if err := os.WriteFile(conf, []byte(s.files[daemonJSON]), 0o600); err != nil {
			return err
		}
		args = append(args, "-config", conf)
	}
	cmd := exec.CommandContext(ctx, path, append(args, s.image())...)
	cmd.Env = []string{"HTTPS_PROXY=" + s.via, "HTTP_PROXY=" + s.via, "SSL_CERT_FILE=" + s.bundle, "SSL_CERT_DIR=/none", "HOME=" + t.TempDir()}
	cmd.Stdin, cmd.WaitDelay = strings.NewReader(s.password), time.Second
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return errors.New(strings.TrimSpace(said.String()) + " (" + err.Error() + ")")
	}
	return nil
}

// dockerd asks the mirrors of its daemon.json for images of Docker Hub, and the Hub after them; a
// check as docker agrees with it, and asks the same hosts in the same order.
func TestMirrorsOfDockerd(t *testing.T) {
	const mirror, hub = "mirror1.corp.example", "registry-1.docker.io"
	answered := func(path string, status int, body string) fault.Fault {
		return fault.HTTP{Host: mirror, Path: path, Status: status, Headers: []string{"Content-Type: application/json"}, Body: body}
	}
	page := fault.HTTP{Host: mirror, Path: "/v2/", Status: 200, Headers: []string{"Content-Type: text/html"}, Body: "<html>"}
	noBlob := `{"errors":[{"code":"BLOB_UNKNOWN","message":"no"}]}`
	unknown := `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no"}]}`
	both := fault.Connect{Host: hub, Status: 403}
	for name, faults := range map[string][]fault.Fault{
		"the mirror serves":                        nil,
		"the mirror serves, and the Hub is shut":   {both},
		"the mirror is shut":                       {fault.Connect{Host: mirror, Status: 503}},
		"both are shut":                            {both, fault.Connect{Host: mirror, Status: 503}},
		"the mirror's chain is broken":             {fault.Certificate{Host: mirror, Issuer: "interceptor"}},
		"the mirror lacks it":                      {answered("/v2/library", 404, unknown)},
		"the mirror lacks it, and the Hub is shut": {both, answered("/v2/library", 404, unknown)},
		"the mirror has no blobs":                  {answered("/v2/library/app/blobs", 404, noBlob)},
		"the mirror is broken":                     {answered("/v2/", 500, "{}")},
		"the mirror refuses":                       {answered("/v2/library", 403, `{"errors":[{"code":"DENIED","message":"no"}]}`)},
		"the mirror gives a page":                  {page},
	} {
		t.Run(name, func(t *testing.T) {
			w := fault.World{Title: name, Targets: []string{"docker.io/library/app:latest"}, Anonymous: true,
				Images: []string{hub + "/library/app", mirror + "/library/app"},
				Files:  map[string]string{daemonJSON: `{"registry-mirrors": ["https://` + mirror + `"]}`},
				Hosts: append(fault.Hosts(), fault.Host{Name: mirror, Role: "mirror", Address: "203.0.113.181", Private: true},
					fault.Host{Name: hub, Role: "registry", Address: "203.0.113.190"}),
				Faults: append(faults, fault.HTTP{Host: mirror, Granted: true}, fault.HTTP{Host: hub, Granted: true})}
			o := play(t, w, puller{"docker", wholeByDockerd})
			// What came from the mirror is not asked for again at the Hub: the daemon has the manifest.
			kind := map[bool]string{true: "mirrors"}[name == "the mirror has no blobs"]
			if problem := o.problem(kind, "docker"); problem != "" {
				t.Errorf("%s\n\tclient: %v\n\tcheck: %v\n%s", problem, o.err, o.codes, scenario(w))
			}
		})
	}
}

// dockerd asks a registry of insecure-registries by https first, and by http where that comes to
// nothing, whatever broke; a check as docker agrees with it, and asks the same.
func TestInsecureRegistriesOfDockerd(t *testing.T) {
	plain := func(hosts []fault.Host) []fault.Host {
		for i := range hosts {
			hosts[i].Plain = hosts[i].Plain || hosts[i].Name == registryHost
		}
		return hosts
	}
	shut := fault.Connect{Host: registryHost, Status: 403}
	for name, row := range map[string]struct {
		plain  bool
		faults []fault.Fault
	}{
		"TLS":                            {},
		"any certificate":                {false, []fault.Fault{fault.Certificate{Host: registryHost, Issuer: "private"}}},
		"another name":                   {false, []fault.Fault{fault.Certificate{Host: registryHost, Names: []string{"other.example"}}}},
		"plain HTTP":                     {plain: true},
		"plain HTTP, and CONNECT is not": {true, []fault.Fault{shut}},
		"plain HTTP, and CONNECT breaks": {true, []fault.Fault{fault.Connect{Host: registryHost, Status: 503}}},
		"CONNECT is refused":             {false, []fault.Fault{shut}},
		"TLS breaks":                     {false, []fault.Fault{fault.Handshake{Host: registryHost, Effect: fault.Reset}}},
		"TLS is closed":                  {false, []fault.Fault{fault.Handshake{Host: registryHost, Effect: fault.Close}}},
		"TLS is refused":                 {false, []fault.Fault{fault.Handshake{Host: registryHost, Effect: fault.Alert, Alert: 40}}},
		"TLS breaks, and it is plain":    {true, []fault.Fault{fault.Handshake{Host: registryHost, Effect: fault.Reset}}},
		"https is refused":               {false, []fault.Fault{fault.HTTP{Host: registryHost, Path: "/v2/", Status: 404}}},
		"https breaks off":               {false, []fault.Fault{fault.HTTP{Host: registryHost, Effect: fault.Reset}}},
		"http is refused": {true, []fault.Fault{fault.HTTP{Host: registryHost, Path: manifests, Status: 403,
			Headers: []string{"Content-Type: application/json"}, Body: `{"errors":[{"code":"DENIED","message":"no"}]}`}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := fault.World{Title: name, Targets: []string{pulled}, Hosts: fault.Hosts(), Anonymous: true,
				Faults: append(row.faults, fault.HTTP{Host: registryHost, Granted: true}), // a login is not sent in clear
				Files:  map[string]string{daemonJSON: `{"insecure-registries": ["` + registryHost + `"]}`}}
			if row.plain {
				w.Hosts = plain(w.Hosts)
			}
			o := play(t, w, puller{"docker", wholeByDockerd})
			if problem := o.problem("", "docker"); problem != "" {
				t.Errorf("%s\n\tclient: %v\n\tcheck: %v\n%s", problem, o.err, o.codes, scenario(w))
			}
		})
	}
}
