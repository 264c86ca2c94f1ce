package settings

import (
	"os"
	"path/filepath"
	"testing"

	"pullpath/internal/route"
)

// open makes a file of a test host readable for everybody.
func open(t *testing.T, root *Root, name string) {
	t.Helper()
	if err := os.Chmod(filepath.Join(root.dir, name), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestRHSM(t *testing.T) {
	root := host(t, map[string]string{"/etc/rhsm/rhsm.conf": `# Red Hat Subscription Manager
[server]
hostname = subscription.rhsm.redhat.com
proxy_hostname = proxy.corp.example
proxy_scheme = http
proxy_port =
proxy_user = svc
proxy_password = hunter2%40
no_proxy = localhost,
  .corp.example
[rhsm]
proxy_hostname = other
`})
	r := ReadRHSM(root)
	proxy, ok := r.Proxy()
	same(t, "proxy", []string{"proxy_hostname=http://proxy.corp.example:3128 @/etc/rhsm/rhsm.conf:4"}, lines([]route.Variable{proxy}))
	same(t, "no_proxy", []string{"no_proxy=localhost,\n.corp.example @/etc/rhsm/rhsm.conf:9"}, lines([]route.Variable{r.NoProxy}))
	if !ok || !r.Found || !r.User || !r.Password {
		t.Errorf("%+v", r)
	}
	same(t, "remarks", []string{"rhsm-password-encoded @/etc/rhsm/rhsm.conf:8"}, codes(r.Remarks))
	open(t, root, "/etc/rhsm/rhsm.conf")
	root, err := OpenRoot(root.dir)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "remarks", []string{"password-world-readable @/etc/rhsm/rhsm.conf:8", "rhsm-password-encoded @/etc/rhsm/rhsm.conf:8"},
		codes(ReadRHSM(root).Remarks))

	root = host(t, map[string]string{"/etc/rhsm/rhsm.conf": "[server]\nproxy_hostname: http://u:hunter2@proxy:3128\n"})
	same(t, "remarks", []Remark{{Code: RHSMShape, Source: "/etc/rhsm/rhsm.conf:2", Variable: "proxy_hostname",
		Value: "http://REDACTED@proxy:3128",
		Text:  "subscription-manager takes all of it for the name of a host and looks that up; scheme, port and user have keys of their own"}},
		ReadRHSM(root).Remarks)
	if proxy, ok := ReadRHSM(host(t, nil)).Proxy(); ok {
		t.Errorf("no file, but %v", proxy)
	}
}

func TestInsights(t *testing.T) {
	root := host(t, map[string]string{"/etc/insights-client/insights-client.conf": "[insights-client]\n#proxy=http://old:1\n" +
		"proxy=http://u:x@p:1\nno_proxy=a\nauto_config=True\n[other]\nproxy=x\n"})
	f := ReadInsights(root)
	same(t, "insights", []string{"proxy=http://u:x@p:1 @/etc/insights-client/insights-client.conf:3",
		"no_proxy=a @/etc/insights-client/insights-client.conf:4"}, lines(f.Env))
}

func TestDNF(t *testing.T) {
	root := host(t, map[string]string{
		"/etc/dnf/dnf.conf": "[main]\ngpgcheck=1\nproxy=http://p:1 # not a comment\nproxy_username=svc\nproxy_password=hunter2\n",
		"/etc/yum.conf":     "-> dnf/dnf.conf",
		"/etc/yum.repos.d/a.repo": "[base]\nbaseurl=https://a.example/\n[direct]\nname=x\nproxy=_none_\n[own]\nproxy = http://u:x@q:1\n" +
			"proxy_password=y\n",
		"/etc/yum.repos.d/ignored.md": "[x]\nproxy=http://no:1\n",
	})
	d := ReadDNF(root)
	same(t, "files", []string{"/etc/dnf/dnf.conf", "/etc/yum.repos.d/a.repo"}, d.Files)
	same(t, "main", []string{"proxy=http://p:1 # not a comment @/etc/dnf/dnf.conf:3"}, lines([]route.Variable{d.Main.Proxy}))
	if !d.Main.User || !d.Main.Password || len(d.Repos) != 2 || d.Repos[0].ID != "direct" || !d.Repos[1].Password || d.Repos[1].User {
		t.Errorf("%+v", d)
	}
	same(t, "own", []string{"proxy=http://u:x@q:1 @/etc/yum.repos.d/a.repo:7"}, lines([]route.Variable{d.Repos[1].Proxy}))
	same(t, "remarks", []string{"dnf-proxy-none @/etc/yum.repos.d/a.repo:5"}, codes(d.Remarks))
	yum := ReadDNF(host(t, map[string]string{"/etc/yum.conf": "[main]\nproxy=http://p:1\n"}))
	same(t, "yum", []string{"proxy=http://p:1 @/etc/yum.conf:2"}, lines([]route.Variable{yum.Main.Proxy}))
}

func TestWget(t *testing.T) {
	root := host(t, map[string]string{
		"/etc/wgetrc":        "# https_proxy = x\nhttps_proxy = http://p:1\nUse-Proxy = on\ntries = 3\n",
		"/home/anna/.wgetrc": "httpproxy=\"http://q:1\"\nno_proxy = a, b\n",
	})
	files := ReadWget(root, "/home/anna", nil)
	same(t, "system", []string{"https_proxy=http://p:1 @/etc/wgetrc:2", "use_proxy=on @/etc/wgetrc:3"}, lines(files[0].Env))
	same(t, "user", []string{`http_proxy="http://q:1" @/home/anna/.wgetrc:1`, "no_proxy=a, b @/home/anna/.wgetrc:2"}, lines(files[1].Env))
	same(t, "remarks", []string{"literal-quotes @/home/anna/.wgetrc:1"}, codes(files[1].Remarks))
}

func TestCurl(t *testing.T) {
	for _, r := range []struct {
		name, text string
		vars       []string
		codes      []string
	}{
		{"forms", "proxy = http://a:1\nproxy: http://b:1\n--proxy http://c:1\n-x http://d:1\nproxy \"http://e:1\"\nproxy=http://f:1\n",
			[]string{"proxy=http://a:1 @/root/.curlrc:1", "proxy=http://b:1 @/root/.curlrc:2", "proxy=http://c:1 @/root/.curlrc:3",
				"proxy=http://d:1 @/root/.curlrc:4",
				"proxy=http://e:1 @/root/.curlrc:5", "proxy=http://f:1 @/root/.curlrc:6"}, nil},
		{"others", "# proxy = x\nsilent\nuser-agent = \"proxy = y\"\nproxytunnel\n", nil, nil},
		{"escapes", `noproxy = "a,\"b\",\\c\t"`, []string{"noproxy=a,\"b\",\\c\t @/root/.curlrc:1"}, nil},
		{"blank", "noproxy = a, b\nproxy = http://p:1 # comment\n", []string{"noproxy=a, @/root/.curlrc:1", "proxy=http://p:1 @/root/.curlrc:2"},
			[]string{"unquoted-blank @/root/.curlrc:1"}},
	} {
		f := ReadCurl(host(t, map[string]string{"/root/.curlrc": r.text}), "/root", nil)
		same(t, r.name, r.vars, lines(f.Env))
		same(t, r.name, r.codes, codes(f.Remarks))
	}
	named := ReadCurl(host(t, map[string]string{"/root/.curlrc": "proxy=x:1", "/srv/.curlrc": "proxy=y:1"}), "/root",
		route.Environment{{Name: "CURL_HOME", Value: "/srv"}})
	same(t, "CURL_HOME", []string{"proxy=y:1 @/srv/.curlrc:1"}, lines(named.Env))
}

func TestGit(t *testing.T) {
	root := host(t, map[string]string{
		"/etc/gitconfig": "[http]\n\tproxy = http://system:1\n[user]\n\tproxy = x\n",
		"/root/.gitconfig": `[user]
	name = Anna
[http "https://git.corp.example"]
	proxy =
	sslVerify = true
[https]
	proxy = http://u:hunter2@https:1
[HTTP]
	Proxy = "http://user:1" ; comment
[include]
	path = other
`,
		"/root/.config/git/config": "[http\n",
	})
	g := ReadGit(root, "/root", nil)
	var proxies []route.Variable
	urls := ""
	for _, p := range g.Proxies {
		proxies = append(proxies, p.Proxy)
		urls += p.URL + "|"
	}
	same(t, "proxies", []string{"proxy=http://system:1 @/etc/gitconfig:2", "proxy= @/root/.gitconfig:4",
		"proxy=http://user:1 @/root/.gitconfig:9"}, lines(proxies))
	same(t, "urls", "|https://git.corp.example||", urls)
	same(t, "remarks", []string{"syntax-error @/root/.config/git/config", "git-https-proxy-ignored @/root/.gitconfig:7",
		"not-evaluated @/root/.gitconfig:11"}, codes(g.Remarks))
}

func TestKube(t *testing.T) {
	root := host(t, map[string]string{"/root/.kube/config": `apiVersion: v1
clusters:
- name: one
  cluster:
    server: https://api.one.corp.example:6443
    proxy-url: http://u:hunter2@proxy:3128
- name: two
  cluster:
    server: https://api.two.corp.example:6443
users: []
`, "/srv/broken": "a: [\n"})
	k := ReadKube(root, "/root", nil)
	if len(k.Proxies) != 1 || k.Proxies[0].Server != "https://api.one.corp.example:6443" {
		t.Fatalf("%+v", k)
	}
	same(t, "proxy", []string{"proxy-url=http://u:hunter2@proxy:3128 @/root/.kube/config:6"}, lines([]route.Variable{k.Proxies[0].Proxy}))
	same(t, "remarks", []string{"kubeconfig-proxy-url @/root/.kube/config:6"}, codes(k.Remarks))
	broken := ReadKube(root, "/root", route.Environment{{Name: "KUBECONFIG", Value: "/srv/broken:/srv/other"}})
	same(t, "broken", []string{"syntax-error @/srv/broken"}, codes(broken.Remarks))
}

func TestUnitEnvironmentFileAlone(t *testing.T) {
	root := host(t, map[string]string{"/etc/mco/proxy.env": "HTTP_PROXY=http://u:x%%40@p:1\nNO_PROXY=.svc\n"})
	f := ReadEnvironmentFile(root, "/etc/mco/proxy.env")
	same(t, "variables", []string{"HTTP_PROXY=http://u:x%%40@p:1 @/etc/mco/proxy.env:1", "NO_PROXY=.svc @/etc/mco/proxy.env:2"}, lines(f.Env))
	same(t, "remarks", []string{"percent-doubled @/etc/mco/proxy.env:1"}, codes(f.Remarks))
	if f := ReadEnvironmentFile(root, "/etc/sysconfig/docker"); f.Found || f.Path != "/etc/sysconfig/docker" {
		t.Errorf("%+v", f)
	}
}
