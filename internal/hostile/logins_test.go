//go:build linux

package hostile

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	givenLogin  = "joe:hunter22-Secret"
	otherTarget = otherHost + "/base/img:1"
)

// counting returns a token server that refuses, and notes who asked it with a login.
func counting(logins *notes, status string) peer {
	return speak(func(r *http.Request) []byte {
		if r.Header.Get("Authorization") != "" {
			logins.add(r.Host + r.URL.Path)
		}
		return answer(status, `{"errors":[{"code":"UNAUTHORIZED"}]}`, "Content-Type: application/json")
	})
}

// naming returns a registry that names a token server.
func naming(realm string) peer {
	return speak(func(r *http.Request) []byte {
		if r.Header.Get("Authorization") == "Bearer "+token {
			return withToken(r)
		}
		return answer("401 Unauthorized", "{}", apiVersion, `WWW-Authenticate: Bearer realm="`+realm+`",service="x"`)
	})
}

// stored returns an auth file with one login for both registries.
func stored(password string) map[string]string {
	auth := fmt.Sprintf(`{"auth":%q}`, base64.StdEncoding.EncodeToString([]byte("joe:"+password)))
	return map[string]string{"auth.json": fmt.Sprintf(`{"auths":{%q:%s,%q:%s}}`, registryHost, auth, otherHost, auth)}
}

// TestAGivenLoginHasOneRegistry: with several the run asks which, and sends it to none.
func TestAGivenLoginHasOneRegistry(t *testing.T) {
	list := func(login string) string {
		return "name: x\n" + login + "hosts:\n- {host: registry.example.com, role: registry, required: true}\n" +
			"- {host: other.example.com, role: registry, required: true}\n"
	}
	row := func(name string, times int, exit []int, files map[string]string, args ...string) attempt {
		var logins notes
		return attempt{name: name, args: append([]string{"check"}, args...), files: files, exit: exit, lacks: []string{"hunter22"},
			net: &network{auth: counting(&logins, "401 Unauthorized"), other: naming("https://auth.example.com/token")},
			then: func(t *testing.T, _ result) {
				if got := logins.all(); len(got) != times {
					t.Errorf("the login was sent to %v", got)
				}
			}}
	}
	asks := func(a attempt) attempt {
		a.says = []string{"may belong to"}
		return a
	}
	byEnv := asks(row("in a variable", 0, []int{2}, nil, target, otherTarget))
	byEnv.env = map[string]string{"PULLPATH_USERNAME": "joe", "PULLPATH_PASSWORD": "hunter22-Secret"}
	fromStdin := asks(row("from stdin", 0, []int{2}, nil, target, otherTarget, "-u", "joe", "--password-stdin"))
	fromStdin.stdin = []byte("hunter22-Secret")
	both := stored("hunter22-Secret")
	try(t, []attempt{
		row("one registry", 1, []int{1}, nil, target, "-u", givenLogin),
		row("two images of one", 1, []int{1}, nil, target, registryHost+"/base/other:2", "-u", givenLogin),
		asks(row("two registries", 0, []int{2}, nil, target, otherTarget, "-u", givenLogin)),
		byEnv, fromStdin,
		asks(row("a profile of two", 0, []int{2}, map[string]string{"p.yaml": list("")}, "--profile", "{dir}/p.yaml", "-u", givenLogin)),
		row("a profile that says which", 1, []int{1}, map[string]string{"p.yaml": list("login: registry.example.com\n")}, "--profile",
			"{dir}/p.yaml", "-u", givenLogin),
		row("a profile of two, and one named", 1, []int{1}, map[string]string{"p.yaml": list("")}, "--profile", "{dir}/p.yaml", otherTarget,
			"-u", givenLogin),
		row("one token server for all", 1, []int{1}, nil, target, otherTarget, "-u", givenLogin, "--realm", "https://auth.example.com/token"),
		{name: "a profile of three owners", args: []string{"check", "--mock", "--profile", "openshift", "-u", givenLogin}, exit: []int{2},
			says: []string{"icr.io", "quay.io"}, lacks: []string{"hunter22"}},
		row("stored for both, one verifier", 1, []int{1}, both, target, otherTarget, "--authfile", "{dir}/auth.json"),
	})
}

// TestOneHostIsOneVerifier: however its name is spelled, a wrong login goes there once.
func TestOneHostIsOneVerifier(t *testing.T) {
	var rows []attempt
	for name, realm := range map[string]string{
		"a final dot": "https://auth.example.com./token", "upper case": "https://AUTH.example.COM/token",
		"the default port": "https://auth.example.com:443/token",
		"dot and port":     "https://Auth.Example.com.:443/token", "another path": "https://auth.example.com/other",
		"a zero before the port": "https://auth.example.com:0443/token",
	} {
		var logins notes
		rows = append(rows, attempt{name: name, args: []string{"check", target, otherTarget, "--authfile", "{dir}/auth.json"},
			files: stored("hunter22-Secret"), exit: []int{1},
			net: &network{auth: counting(&logins, "401 Unauthorized"), other: naming(realm)}, lacks: []string{"hunter22"},
			then: func(t *testing.T, _ result) {
				if got := logins.all(); len(got) != 1 {
					t.Errorf("a wrong login was sent to %v", got)
				}
			}})
	}
	try(t, rows)
}

// TestSuspectRealmsGetNoLogin: a token server on this host, link-local or at a cloud's
// metadata service is asked as nobody.
func TestSuspectRealmsGetNoLogin(t *testing.T) {
	row := func(name, realm string, names map[string]string, args ...string) attempt {
		return attempt{name: name, args: append([]string{"check", target, "-u", givenLogin, "--no-probes"}, args...), exit: []int{1},
			says: []string{"auth-realm-suspect"}, lacks: []string{"hunter22"},
			net: &network{registry: naming(realm), names: names}, then: func(t *testing.T, r result) {
				hops, _ := r.report(t)["hops"].([]any)
				for _, h := range hops {
					hop, _ := h.(map[string]any)
					if detail, _ := hop["detail"].(map[string]any); detail["auth_sent"] == "Basic" || detail["auth_sent"] == "form" {
						t.Errorf("a login was sent: %v", hop)
					}
				}
			}}
	}
	var logins notes
	allowed := func(name, realm string, times int, names map[string]string, args ...string) attempt {
		return attempt{name: name, args: append([]string{"check", target, "-u", givenLogin}, args...),
			lacks: []string{"hunter22", "auth-realm-suspect"},
			net:   &network{registry: naming(realm), names: names, auth: counting(&logins, "401 Unauthorized")}}
	}
	try(t, []attempt{
		row("the metadata service", "https://169.254.169.254/token", nil), row("a link-local address", "https://169.254.7.7/token", nil),
		row("loopback", "https://127.0.0.1/token", nil), row("another loopback", "https://127.9.9.9:8443/token", nil),
		row("localhost", "https://localhost/token", nil),
		row("below localhost", "https://a.LOCALHOST./token", nil), row("IPv6 loopback", "https://[::1]/token", nil),
		row("IPv6 link-local", "https://[fe80::1]/token", nil),
		row("IPv4 in IPv6", "https://[::ffff:127.0.0.1]/token", nil), row("AWS over IPv6", "https://[fd00:ec2::254]/token", nil),
		row("NAT64", "https://[64:ff9b::a9fe:a9fe]/token", nil),
		row("no address", "https://0.0.0.0/token", nil), row("a short number", "https://127.1/token", nil),
		row("one number", "https://2130706433/token", nil),
		row("a hexadecimal number", "https://0x7f000001/token", nil), row("Google's name", "https://metadata.google.internal/token", nil),
		row("as a form", "https://169.254.169.254/token", nil, "--auth-flow", "oauth"),
		row("as docker", "https://127.0.0.1/token", nil, "--client", "docker"),
		allowed("an ordinary realm", "https://auth.example.com/token", 1, nil),
		allowed("said by --realm", "https://127.0.0.1/token", 1, nil, "--realm", "https://auth.example.com/token"),
	})
}

// TestOtherProgramsGetNoLogin: helpers, getent and commands inherit none of ours.
func TestOtherProgramsGetNoLogin(t *testing.T) {
	env := map[string]string{"PULLPATH_PASSWORD": "hunter22-Secret", "PULLPATH_PROXY_USER": "joe:hunter22-Proxy",
		"PULLPATH_REALM": "https://auth.example.com/t?apikey=hunter22-Key", "KEPT": "kept"}
	none := func(file string) func(*testing.T, result) {
		return func(t *testing.T, r result) {
			text, err := os.ReadFile(filepath.Join(r.dir, file))
			if err != nil || strings.Contains(string(text), "hunter22") || !strings.Contains(string(text), "KEPT=kept") {
				t.Errorf("%v, %s", err, text)
			}
		}
	}
	with := func(more map[string]string) map[string]string {
		out := map[string]string{}
		for _, vars := range []map[string]string{env, more} {
			for name, value := range vars {
				out[name] = value
			}
		}
		return out
	}
	complaint := `printf '\033]0;x\007the password is zq9-w, token=hunter22\n' >&2; exit 1`
	try(t, []attempt{
		{name: "a helper", args: []string{"check", target}, machine: true, net: &network{},
			env: with(map[string]string{"PATH": "{dir}/bin:/usr/bin:/bin"}), lacks: []string{"hunter22"},
			files: map[string]string{".docker/config.json": `{"credHelpers":{"registry.example.com":"x"}}`,
				"bin/docker-credential-x": "#!/bin/sh\nenv > {dir}/seen\necho '{\"Username\":\"joe\",\"Secret\":\"x123456\"}'\n"}, then: none("seen")},
		{name: "what a helper says", args: []string{"check", target}, machine: true, net: &network{},
			env: map[string]string{"PATH": "{dir}/bin:/usr/bin:/bin"}, lacks: []string{"hunter22", "zq9-w"},
			says: []string{"password is REDACTED"}, files: map[string]string{".docker/config.json": `{"credHelpers":{"registry.example.com":"x"}}`,
				"bin/docker-credential-x": "#!/bin/sh\n" + complaint + "\n"}},
		{name: "getent", args: []string{"check", "localhost:1", "--anonymous"}, env: with(map[string]string{"PATH": "{dir}/bin:/usr/bin:/bin"}),
			lacks: []string{"hunter22"},
			files: map[string]string{"bin/getent": "#!/bin/sh\nenv > {dir}/seen\nexit 2\n"}, then: none("seen")},
		{name: "a command in the mock", args: []string{"mock", "--", "sh", "-c", "env > {dir}/seen"}, env: env, exit: []int{0},
			then: none("seen"), lacks: []string{"hunter22"}},
	})
}

// TestLongSecretsAreBounded: what is to be taken out of texts costs little however long
// it is.
func TestLongSecretsAreBounded(t *testing.T) {
	giving := func(size int) peer {
		text := strings.Repeat("kQ7wVn2ZtLx9Rb4HsYc6", size/20)
		return speak(func(*http.Request) []byte {
			return answer("200 OK", `{"token":"`+text+`","refresh_token":"`+text+`x"}`, "Content-Type: application/json")
		})
	}
	password := []byte(strings.Repeat("kQ7wVn2ZtLx9Rb4HsYc6", 3200))
	try(t, []attempt{
		{name: "a token of 4 MB", args: []string{"check", target, "--anonymous"}, net: &network{auth: giving(4 << 20)}, exit: []int{1},
			lacks: []string{"kQ7wVn2ZtLx9Rb4H"}},
		{name: "a token of 60 KB", args: []string{"check", target, "--anonymous"}, net: &network{auth: giving(60_000)}, exit: []int{1},
			lacks: []string{"kQ7wVn2ZtLx9Rb4H"}},
		{name: "a password of 64 KB", args: []string{"check", target, "-u", "joe", "--password-stdin"}, stdin: password,
			net: &network{registry: echoing(echoes()["page"])}, exit: []int{1},
			lacks: []string{"kQ7wVn2ZtLx9Rb4H"}},
		{name: "a stored password of 700 KB", args: []string{"check", target, "--authfile", "{dir}/auth.json"},
			files: stored(strings.Repeat("kQ7wVn2ZtLx9Rb4HsYc6", 35_000)),
			net:   &network{registry: echoing(echoes()["page"])}, lacks: []string{"kQ7wVn2ZtLx9Rb4H"}},
	})
}

// TestPagesAreReadOnce: what is searched for title and text takes time in proportion.
func TestPagesAreReadOnce(t *testing.T) {
	var rows []attempt
	for name, piece := range map[string]string{"comments": "<!--<script></script>", "scripts": "<script>", "titles": "<title>",
		"heads": "<head><style></head>", "tags": "<a <a ", "entities": "&lt&#60;",
		"escapes": "%25%32%35", "mails": "a@b-", "brackets": "[", "nothing but <": "<"} {
		page := "<html>" + strings.Repeat(piece, (4<<20)/len(piece))
		rows = append(rows, attempt{name: name, args: []string{"check", target, "-u", givenLogin}, timeout: 3 * time.Second,
			exit: []int{1}, memory: 400,
			net: &network{registry: speak(func(*http.Request) []byte { return answer("403 No", page, "Content-Type: text/html") })}})
	}
	short := "<html>" + strings.Repeat("<!--<script></script>", (64<<10)/21)
	refusing := speak(func(*http.Request) []byte { return answer("403 No", short, "Content-Type: text/html") })
	rows = append(rows, attempt{name: "a proxy's", args: []string{"check", target, "--anonymous", "-x", proxyURL}, timeout: 3 * time.Second,
		exit: []int{1}, net: &network{proxy: refusing}},
		attempt{name: "a long field", args: []string{"check", target, "-u", givenLogin}, timeout: 3 * time.Second,
			net: &network{registry: speak(func(*http.Request) []byte {
				return answer("401 No", "", "WWW-Authenticate: Basic realm="+strings.Repeat("a@=,\"", 150_000))
			})}})
	try(t, rows)
}
