package settings

import (
	"strings"
	"testing"

	"pullpath/internal/route"
)

func TestDaemonFile(t *testing.T) {
	for _, r := range []struct {
		name, text string
		vars       []string
		codes      []string
		refused    bool
	}{
		{"proxies", "{\n \"proxies\": {\n  \"http-proxy\": \"http://p:1\",\n  \"https-proxy\": \"http://p:2\",\n  \"no-proxy\": \"a,b\"\n }\n}",
			[]string{"HTTP_PROXY=http://p:1 @/d.json:3", "HTTPS_PROXY=http://p:2 @/d.json:4", "NO_PROXY=a,b @/d.json:5"}, nil, false},
		{"camel case", "{\"proxies\": {\"httpProxy\": \"http://p:1\", \"no-proxy\": \"a\"}}", nil,
			[]string{"daemon-json-refused @/d.json:1"}, true},
		{"nested", "{\"proxies\": {\n\"default\": {\"httpProxy\": \"http://p:1\"}}}", nil, []string{"daemon-json-refused @/d.json:2"}, true},
		{"top level", "{\"http-proxy\": \"http://p:1\"}", nil, []string{"daemon-json-top-level-ignored @/d.json:1"}, false},
		{"top level camel case", "{\"httpProxy\": \"http://p:1\"}", nil, []string{"daemon-json-refused @/d.json:1"}, true},
		{"number", "{\"proxies\": {\"http-proxy\": 1}}", nil, []string{"daemon-json-refused @/d.json:1"}, true},
		{"doubled percent", "{\"proxies\": {\"http-proxy\": \"http://u:p%%40@p:1\"}}", []string{"HTTP_PROXY=http://u:p%%40@p:1 @/d.json:1"},
			[]string{"percent-doubled @/d.json:1"}, false},
		{"broken", "{\n\"proxies\": {\n},\n}", nil, []string{"syntax-error @/d.json:4"}, true},
		{"list", "[]", nil, []string{"syntax-error @/d.json"}, true},
		{"trailing text", "{} x", nil, []string{"syntax-error @/d.json:1"}, true},
		{"empty", " \n", nil, nil, false},
		{"empty object", "{}", nil, nil, false},
		{"empty proxies", "{\"proxies\": {}, \"debug\": true}", nil, nil, false},
		{"BOM", "\xef\xbb\xbf{\"proxies\": {\"no-proxy\": \"a\"}}", []string{"NO_PROXY=a @/d.json:1"}, nil, false},
	} {
		d := ReadDaemonFile(host(t, map[string]string{"/d.json": r.text}), "/d.json")
		same(t, r.name, r.vars, lines(d.Env))
		same(t, r.name, r.codes, codes(d.Remarks))
		if d.Refused != r.refused || !d.Found {
			t.Errorf("%s: refused %v, found %v", r.name, d.Refused, d.Found)
		}
	}
}

func TestDaemonFileHosts(t *testing.T) {
	d := ReadDaemonFile(host(t, map[string]string{"/d.json": "{\"registry-mirrors\": [\n\"https://mirror.corp.example\"\n" +
		"], \"insecure-registries\": [\"10.0.0.0/8\"]}"}), "/d.json")
	same(t, "mirrors", []string{"registry-mirrors=https://mirror.corp.example @/d.json:2"}, lines(d.Mirrors))
	same(t, "insecure", []string{"insecure-registries=10.0.0.0/8 @/d.json:3"}, lines(d.Insecure))
}

func TestDaemonFileSaysWhatToWrite(t *testing.T) {
	const wrongKeys = `{"proxies": {"httpsProxy": "http://svc:hunter2@proxy.corp.example:3128", "token": "hunter2"}}`
	const text = `"proxies" has only http-proxy, https-proxy and no-proxy here ` +
		`(httpProxy and "default" belong in the client's config.json): dockerd does not start`
	d := ReadDaemonFile(host(t, map[string]string{"/d.json": wrongKeys}), "/d.json")
	same(t, "remarks", []Remark{
		{Code: DaemonRefused, Source: "/d.json:1", Variable: "httpsProxy", Value: "http://REDACTED@proxy.corp.example:3128",
			Text:  text,
			Write: `"proxies": {"https-proxy": "http://USER:PASSWORD@proxy.corp.example:3128"}`},
		{Code: DaemonRefused, Source: "/d.json:1", Variable: "token", Value: "REDACTED",
			Text: text},
	}, d.Remarks)
}

func TestDaemonConflicts(t *testing.T) {
	service := Service{Flags: []route.Variable{{Name: "--http-proxy", Value: "http://u:x@p:1", Source: "unit:3"},
		{Name: "--no-proxy", Value: "a", Source: "unit:3"}}}
	file := DaemonFile{Env: route.Environment{{Name: "HTTP_PROXY", Value: "http://q:1", Source: "/d.json:2"},
		{Name: "HTTPS_PROXY", Value: "x", Source: "/d.json:3"}}}
	remarks := DaemonConflicts(service, file)
	same(t, "conflicts", []string{"daemon-json-flag-and-key @unit:3"}, codes(remarks))
	if !strings.Contains(remarks[0].Text, "/d.json:2") || remarks[0].Value != "http://REDACTED@p:1" {
		t.Errorf("%+v", remarks[0])
	}
}

func TestDockerConfig(t *testing.T) {
	root := host(t, map[string]string{
		"/root/.docker/config.json": "{\"auths\": {\"x\": {\"auth\": \"aHVudGVyMg==\"}},\n\"proxies\": {\"default\": {\n" +
			"\"httpProxy\": \"http://p:1\",\n\"noproxy\": \"a\"},\n\"tcp://engine:2376\": {\"httpsProxy\": \"http://q:1\"}}}",
		"/srv/config.json": "{",
	})
	c := ReadDockerConfig(root, DockerConfigPath("/root", nil))
	if len(c.Proxies) != 2 || c.Proxies[0].Host != "default" || c.Proxies[1].Host != "tcp://engine:2376" {
		t.Fatalf("%v", c.Proxies)
	}
	same(t, "default", []string{"HTTP_PROXY=http://p:1 @/root/.docker/config.json:3", "NO_PROXY=a @/root/.docker/config.json:4"},
		lines(c.Proxies[0].Env))
	same(t, "engine", []string{"HTTPS_PROXY=http://q:1 @/root/.docker/config.json:5"}, lines(c.Proxies[1].Env))
	same(t, "remarks", []string(nil), codes(c.Remarks))
	broken := ReadDockerConfig(root, DockerConfigPath("/root", route.Environment{{Name: "DOCKER_CONFIG", Value: "/srv"}}))
	same(t, "broken", []string{"syntax-error @/srv/config.json:1"}, codes(broken.Remarks))
}
