//go:build linux

package clients

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"pullpath/internal/route"
)

// client is one kind of client and how it is made to get a URL once, without the
// files that it takes settings from.
type client struct {
	name string
	// needs are the parts of the machine for testbed.Require; a client without any
	// runs where the machine has it and is never required.
	needs   []string
	program func() (path string, err error)
	// asks are the arguments that make it say its version; nil for a Go program,
	// whose file says it.
	asks    []string
	dialect func(installed) (route.Dialect, error)
	args    func(url string) []string
	env     []string
	not     []exclusion
	more    []vector // cases that only this client has
}

// roster returns the clients.
func roster(t *testing.T) []client {
	out := []client{
		{name: "curl", needs: []string{"curl"}, program: inPath("curl"), asks: []string{"--version"}, dialect: family("curl"),
			args: before("-q", "-sS", "-g", "--url"), not: curlExclusions()},
		{name: "wget", needs: []string{"wget"}, program: inPath("wget"), asks: []string{"--version"}, dialect: family("wget"),
			args: before("--no-config", "--no-hsts", "-O", "/dev/null", "--tries=1")},
		{name: "wget2", program: inPath("wget2"), asks: []string{"--version"}, dialect: family("wget2"),
			args: before("--no-config", "--no-hsts", "-O", "/dev/null", "--tries=1")},
		{name: "git", needs: []string{"git"}, program: inPath("git"), asks: []string{"--version"}, dialect: family("git"),
			args: before("ls-remote"), env: []string{"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ASKPASS=true"}},
		{name: "skopeo", needs: []string{"skopeo"}, program: inPath("skopeo"), dialect: builtByGo, args: imageOf, not: imageExclusions()},
	}
	for _, group := range [][]client{goClients(t), pythonClients(t), nodeClients(t), rubyClients(t), {javaClient(t)}} {
		out = append(out, group...)
	}
	return out
}

// goClients returns the two programs that this test builds with its own toolchain.
func goClients(t *testing.T) []client {
	program := goPrograms(t)
	lenient, strict := []string{"GODEBUG=urlstrictcolons=0"}, []string{"GODEBUG=urlstrictcolons=1"}
	asStrict := func(installed) (route.Dialect, error) { return route.GoStrict(), nil }
	return []client{
		{name: "go-nethttp", needs: []string{"go"}, program: program("nethttp"), dialect: family("go"), args: before(), env: lenient},
		{name: "go-nethttp-strict", needs: []string{"go"}, program: program("nethttp"), dialect: asStrict, args: before(), env: strict},
		{name: "go-httpproxy", needs: []string{"go"}, program: program("httpproxy"), dialect: family("go"), args: before(), env: lenient},
	}
}

// requestsVersion also tells what the exclusions ask for.
const requestsVersion = `
import importlib.util, requests
print(requests.__version__, "PySocks" if importlib.util.find_spec("socks") else "")
`

// pythonClients run Debian's Python, the one that has the package requests.
func pythonClients(t *testing.T) []client {
	python := func() (string, error) { return "/usr/bin/python3", nil }
	return []client{
		{name: "python-urllib", needs: []string{"python3"}, program: python, dialect: family("python-urllib"),
			asks: []string{"-c", "import platform; print(platform.python_version())"}, args: before(script(t, "get_urllib.py"))},
		{name: "requests", needs: []string{"python3-requests"}, program: python, dialect: family("requests"),
			asks: []string{"-c", requestsVersion}, args: before(script(t, "get_requests.py")), not: requestsExclusions()},
	}
}

// nodeClients: without the variable no version reads the environment.
func nodeClients(t *testing.T) []client {
	asks := []string{"--version"}
	reads := []string{"NODE_USE_ENV_PROXY=1"}
	return []client{
		{name: "node-fetch-noenv", program: inPath("node"), asks: asks, dialect: family("node-fetch-noenv"),
			args: before(script(t, "fetch.mjs")), not: neverProxied()},
		{name: "node-envproxy-fetch", program: inPath("node"), asks: asks, env: reads, args: before(script(t, "fetch.mjs")),
			dialect: since("22.21", "node-envproxy-fetch")},
		{name: "node-envproxy-http", program: inPath("node"), asks: asks, env: reads, args: before(script(t, "get.mjs")),
			dialect: since("24.5", "node-envproxy-http")},
	}
}

func rubyClients(t *testing.T) []client {
	asks := []string{"-e", "print RUBY_VERSION"}
	const bare = "--disable=gems" // starts in a third of the time, and no gem replaces net/http
	return []client{
		{name: "ruby-nethttp", program: inPath("ruby"), asks: asks, dialect: family("ruby-nethttp"), args: before(bare, script(t, "nethttp.rb"))},
		{name: "ruby-openuri", program: inPath("ruby"), asks: asks, dialect: family("ruby-openuri"), args: before(bare, script(t, "openuri.rb"))},
	}
}

// javaClient has cases of its own: Java reads properties, and the variables only
// show that it does not.
func javaClient(t *testing.T) client {
	classes := t.TempDir()
	options := func(id, url, properties string) vector {
		return vector{ID: id, URL: url, Env: map[string]string{"JAVA_TOOL_OPTIONS": properties}}
	}
	const https = "-Dhttps.proxyHost=127.0.0.77 -Dhttps.proxyPort=3129"
	return client{
		name: "java", program: javaProgram(classes), asks: []string{"-version"}, dialect: family("java"), not: neverProxied(),
		// Interpreted and without an own archive of classes it starts in half the time.
		args: before("-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", classes, "Get"),
		more: []vector{
			options("J01", "https://registry.corp.example/", https),
			options("J02", "https://registry.corp.example/", "-Dhttps.proxyHost=127.0.0.77"),
			options("J03", "https://registry.corp.example/", "-Dhttp.proxyHost=127.0.0.77 -Dhttp.proxyPort=3128"),
			options("J04", "https://registry.corp.example/", https+" -Dhttp.nonProxyHosts=*.corp.example"),
			options("J05", "https://registry.corp.example/", https+" -Dhttp.nonProxyHosts=.corp.example|corp.example"),
			options("J06", "https://registry.corp.example/", https+" -Dhttps.nonProxyHosts=*.corp.example"),
			options("J07", "https://localhost:5000/", https+" -Dhttp.nonProxyHosts=other.example"),
		},
	}
}

// before puts fixed arguments in front of the URL.
func before(fixed ...string) func(string) []string {
	return func(target string) []string { return append(fixed[:len(fixed):len(fixed)], target) }
}

// imageOf makes skopeo look at an image of the URL's registry.
func imageOf(target string) []string {
	host, _, _ := strings.Cut(strings.TrimPrefix(target, "https://"), "/")
	return []string{"inspect", "--no-creds", "docker://" + host + "/team/app:1"}
}

// script returns the absolute path of a file below testdata: clients run elsewhere.
func script(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// since returns a family that begins with a version of the client.
func since(first, name string) func(installed) (route.Dialect, error) {
	return func(found installed) (route.Dialect, error) {
		if older(found.version, first) {
			return route.Dialect{}, fmt.Errorf("%s %s, not yet in %s: %w", name, first, found.version, errAbsent)
		}
		return route.At(name, found.version)
	}
}
