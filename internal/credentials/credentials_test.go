package credentials

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/cost"

	"pullpath/internal/settings"
)

const canary = "s3cret-Passw0rd-77af"

// reader returns how a tool reads logins.
func reader(tool string) Reader {
	r := map[string]Reader{"podman": {Rules: Containers}, "skopeo": {Rules: Containers, NoDockerConfig: true},
		"crio": {Rules: Containers, File: settings.CRIOAuthFile}, "docker": {Rules: Docker}, "crane": {Rules: Crane}}[tool]
	r.Client = tool
	return r
}

// planted returns a host below a directory, with these files.
func planted(t *testing.T, files map[string]string) Host {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := settings.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return Host{Root: root, Home: "/home/joe", UID: 1000, Linux: true, Getenv: func(string) string { return "" }}
}

func with(h Host, env map[string]string) Host {
	h.Getenv = func(name string) string { return env[name] }
	return h
}

func file(key, user, secret string) string {
	return fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, key, base64.StdEncoding.EncodeToString([]byte(user+":"+secret)))
}

// No way to print a login shows its secret, nor its name.
func TestLoginKeepsItsSecret(t *testing.T) {
	l := NewLogin(Password, "11009103|build", canary)
	data, err := json.Marshal(map[string]any{"login": l, "list": []Login{l}, "at": &l})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{string(data), l.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%T"} {
		texts = append(texts, fmt.Sprintf(verb, l), fmt.Sprintf(verb, &l), fmt.Sprintf(verb, []Login{l}), fmt.Sprintf(verb, Answer{Login: l}))
	}
	for _, text := range texts {
		for _, secret := range []string{canary, fmt.Sprintf("%x", canary), "build"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q holds %q", text, secret)
			}
		}
	}
	if l.Secret() != canary || l.Empty() || !(Login{}).Empty() {
		t.Error("the login itself is lost")
	}
	if l.Key() == NewLogin(Password, "11009103|build", canary+"x").Key() || strings.Contains(l.Key(), canary) {
		t.Error("the key does not tell logins apart, or tells too much")
	}
}

// What was looked at is told in the client's order, and why the login counts.
func TestFindTellsWhereALoginComesFrom(t *testing.T) {
	h := with(planted(t, map[string]string{"run/user/1000/.keep": "",
		"home/joe/.config/containers/auth.json": file("quay.io/org", "robot", canary)}),
		map[string]string{"XDG_RUNTIME_DIR": "/run/user/1000"})
	a := h.Find(context.Background(), reader("podman"), "quay.io/org/image")
	want := []Place{{"/run/user/1000/containers/auth.json", "no such file"}, {"/home/joe/.config/containers/auth.json", "login found"}}
	if !slices.Equal(a.Places, want) || a.Origin.File != want[1].Path || a.Origin.Key != "quay.io/org" ||
		a.Origin.Why != "the second file in its order, the most specific key" || a.Login.Secret() != canary {
		t.Errorf("%+v", a)
	}
	if a := h.Find(context.Background(), reader("curl"), "quay.io/org/image"); a.Rules != "" || !a.Login.Empty() || len(a.Places) > 0 {
		t.Errorf("curl reads a store: %+v", a)
	}
}

// A login under another name of the registry is there and not used, in the file that is read.
func TestFindLooksForOtherNames(t *testing.T) {
	const name = "/home/joe/.docker/config.json"
	for _, row := range []struct{ tool, image, key, looks string }{
		{"docker", "docker.io/org/image", "https://index.docker.io/v1", "https://index.docker.io/v1/"},
		{"docker", "docker.io/org/image", "registry-1.docker.io", "https://index.docker.io/v1/"},
		{"docker", "docker.io/org/image", "docker.io", "https://index.docker.io/v1/"},
		{"crane", "docker.io/org/image", "hub.docker.com", "https://index.docker.io/v1/"},
		{"podman", "docker.io/org/image", "registry.hub.docker.com", "docker.io"},
		{"podman", "quay.io/org/image", "quay.io:443", "quay.io"},
		{"docker", "quay.io:443/org/image", "QUAY.io/v2/", "quay.io:443"},
		{"docker", "quay.io/org/image", "https://quay.io/v1/", ""},
		{"podman", "quay.io/org/image", "quay.io/another", ""},
		{"docker", "quay.io/org/image", "quay.io:8443", ""},
		{"docker", "docker.io/org/image", "https://index.docker.io/v1/", ""},
	} {
		a := planted(t, map[string]string{name: file(row.key, "robot", canary)}).Find(context.Background(), reader(row.tool), row.image)
		switch {
		case row.looks == "":
			if len(a.Elsewhere) > 0 {
				t.Errorf("%v: %+v", row, a.Elsewhere)
			}
		case len(a.Elsewhere) != 1 || a.Elsewhere[0].File != name || a.Elsewhere[0].Key != row.key ||
			!strings.HasSuffix(a.Elsewhere[0].Why, " looks for "+row.looks):
			t.Errorf("%v: %+v", row, a)
		}
	}
}

// Every way in which a login is there and not seen.
func TestFindLooksElsewhere(t *testing.T) {
	runtime := "/run/user/1000/containers/auth.json"
	login := file("quay.io", "robot", canary)
	for _, row := range []struct {
		name, tool, at string
		env            map[string]string
		why            string
	}{
		{"root's", "podman", "/root/.config/containers/auth.json", nil, "a login of root"},
		{"root's at run time", "podman", "/run/containers/0/auth.json", nil, "a login of user 0"},
		{"another user's", "podman", "/home/jim/.docker/config.json", nil, "a login of jim"},
		{"podman's, for docker", "docker", "/home/joe/.config/containers/auth.json", nil, "docker does not read"},
		{"the runtime directory is not named", "podman", runtime, nil, "XDG_RUNTIME_DIR is not set"},
		{"another runtime directory", "podman", runtime, map[string]string{"XDG_RUNTIME_DIR": "/tmp"}, "names another directory"},
		{"REGISTRY_AUTH_FILE", "podman", "/home/joe/.docker/config.json", map[string]string{"REGISTRY_AUTH_FILE": "/etc/none.json"},
			"REGISTRY_AUTH_FILE names another"},
		{"DOCKER_CONFIG", "docker", "/home/joe/.docker/config.json", map[string]string{"DOCKER_CONFIG": "/etc/none"},
			"DOCKER_CONFIG names another"},
		{"the kubelet's", "crio", "/var/lib/kubelet/config.json", nil, "a login of kubelet"},
	} {
		h := with(planted(t, map[string]string{row.at: login, "/root/.docker/config.json": file("other.io", "a", "b")}), row.env)
		a := h.Find(context.Background(), reader(row.tool), "quay.io/org/image")
		if len(a.Elsewhere) != 1 || a.Elsewhere[0].File != row.at || !strings.Contains(a.Elsewhere[0].Why, row.why) {
			t.Errorf("%s: %+v", row.name, a.Elsewhere)
		}
		if b := h.Find(context.Background(), reader(row.tool), "nobody.example"); len(b.Elsewhere) > 0 {
			t.Errorf("%s: found for another registry: %+v", row.name, b.Elsewhere)
		}
	}
}

// No remark about a host on which all is well; each fault has its own and no other.
func TestRemarks(t *testing.T) {
	own, docker := "/home/joe/.config/containers/auth.json", "/home/joe/.docker/config.json"
	good := file("quay.io", "robot", canary)
	for name, row := range map[string]struct {
		tool  string
		files map[string]string
		want  []settings.Code
		stops bool
	}{
		"one login":            {"podman", map[string]string{own: good}, nil, false},
		"the same login twice": {"podman", map[string]string{own: good, docker: good}, nil, false},
		"another secret": {"podman", map[string]string{own: good, docker: file("quay.io", "robot", "x")},
			[]settings.Code{FilesDisagree}, false},
		"the other way round": {"docker", map[string]string{own: good, docker: file("quay.io", "robot", "x")},
			[]settings.Code{FilesDisagree}, false},
		"cut":                      {"podman", map[string]string{own: good[:20]}, []settings.Code{FileBroken}, true},
		"cut, of the other client": {"docker", map[string]string{own: good[:20], docker: good}, []settings.Code{FileBroken}, false},
		"another entry, docker": {"docker", map[string]string{docker: good[:len(good)-2] + `,"b.io":{"auth":"*"}}}`},
			[]settings.Code{EntryBroken}, true},
		"another entry, podman": {"podman", map[string]string{docker: good[:len(good)-2] + `,"b.io":{"auth":"*"}}}`},
			[]settings.Code{EntryBroken}, false},
		"no name, docker":          {"docker", map[string]string{docker: file("b.io", "", "x")}, []settings.Code{EntryBroken}, true},
		"a helper that is not run": {"docker", map[string]string{docker: `{"credsStore":"pass"}`}, []settings.Code{HelperFailed}, true},
		"a helper in place of a login": {"docker", map[string]string{docker: `{"credsStore":"pass",` + good[1:]},
			[]settings.Code{HelperFailed, EntryHidden}, true},
		"podman reads the login": {"podman", map[string]string{docker: `{"credsStore":"pass",` + good[1:]}, nil, false},
		"a line break": {"podman", map[string]string{own: file("quay.io", "robot", canary+"\n")},
			[]settings.Code{TrailingNewline}, false},
		"a blank": {"podman", map[string]string{own: file("quay.io", "robot", canary+" ")},
			[]settings.Code{Malformed}, false},
	} {
		a := planted(t, row.files).Find(context.Background(), reader(row.tool), "quay.io")
		var got []settings.Code
		for _, r := range a.Remarks {
			got = append(got, r.Code)
			if strings.Contains(r.Text+r.Variable, canary) {
				t.Errorf("%s: %q holds the secret", name, r.Text)
			}
		}
		if !slices.Equal(got, row.want) || (a.Stopped != "") != row.stops {
			t.Errorf("%s: remarks %v, stopped %q", name, a.Remarks, a.Stopped)
		}
	}
}

// The variable has a place of its own, whether it had the login or not.
func TestTheVariableIsAPlace(t *testing.T) {
	const found, missed = "login found", "no login for quay.io"
	for name, row := range map[string]struct{ tool, name, key, want string }{
		"docker finds it":                   {"docker", "quay.io", "quay.io", found},
		"docker finds another":              {"docker", "quay.io", "ghcr.io", missed},
		"crane finds it by the second name": {"crane", "quay.io/org", "quay.io", found},
		"crane finds another":               {"crane", "quay.io/org", "ghcr.io", missed},
	} {
		h := with(planted(t, map[string]string{"home/joe/.docker/config.json": "{}"}),
			map[string]string{"DOCKER_AUTH_CONFIG": file(row.key, "robot", canary)})
		a := h.Find(context.Background(), reader(row.tool), row.name)
		i := slices.IndexFunc(a.Places, func(p Place) bool { return p.Path == "DOCKER_AUTH_CONFIG" })
		if i < 0 || a.Places[i].State != row.want || a.Login.Empty() != (row.want == missed) {
			t.Errorf("%s: %+v", name, a.Places)
		}
	}
}

// A file's key may be a URL with a password in it.
func TestKeysKeepTheirPasswords(t *testing.T) {
	h := planted(t, map[string]string{"home/joe/.docker/config.json": `{"auths":{"https://joe:` + canary + `@quay.io":{"auth":"*"}}}`})
	a := h.Find(context.Background(), reader("docker"), "quay.io")
	if text := fmt.Sprint(a); strings.Contains(text, canary) || a.Stopped == "" {
		t.Error(text)
	}
}

// FuzzFiles holds the decoders to: no panic, and no error that tells what stands
// between the quotes of a secret.
func FuzzFiles(f *testing.F) {
	f.Add(file("quay.io", "robot", canary))
	f.Add(`{"auths":{"https://quay.io/v1/":{"auth":5}},"credsStore":"x"}`)
	f.Add(`{"auths":{"quay.io":{"auth":"` + canary + `"}}}`)
	f.Add(`{"credHelpers":{"quay.io":"../x"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			d, err := decodeDocker([]byte(text))
			if err != nil && strings.Contains(err.Error(), canary) && !strings.Contains(text, `"`+canary+`":`) {
				t.Error(err)
			}
			c, err := decodeContainers([]byte(text), false)
			if err != nil && strings.Contains(err.Error(), canary) && !strings.Contains(text, `"`+canary+`":`) {
				t.Error(err)
			}
			for key, e := range d.Auths {
				_, _ = dockerLookup(d, hostOfKey(key))
				for _, r := range Judge(hostOfKey(key), e.login(), "f") {
					if secret := e.login().Secret(); len(secret) > 12 && strings.Contains(r.Text, secret) {
						t.Error(r.Text)
					}
				}
			}
			for key := range c.Auths {
				_ = normalKey(key, true)
			}
		})
	})
}

// Of several entries that cannot be decoded the same one is named each time.
func TestTheVariableNamesTheSameEntryFirst(t *testing.T) {
	h := with(planted(t, map[string]string{"home/joe/.docker/config.json": "{}"}),
		map[string]string{"DOCKER_AUTH_CONFIG": `{"auths":{"c.example":{"auth":"*"},"a.example":{"auth":"*"},"b.example":{"auth":"*"}}}`})
	for range 30 {
		if text := fmt.Sprint(h.Find(context.Background(), reader("docker"), "quay.io")); !strings.Contains(text, "the auth value of a.example") {
			t.Fatal(text)
		}
	}
}
