package settings

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pullpath/internal/cost"

	"pullpath/internal/route"
)

// secret stands in the seeds as "user:secret@"; where a mutation leaves it so, it
// is a password and must not be shown.
const secret = "hunter2"

// isPassword reports whether every occurrence of the secret is still one.
func isPassword(text string) bool {
	return strings.Count(text, secret) == strings.Count(text, "user:"+secret+"@")
}

// checkOutput holds a reader to the rules that hold for all: bounded output, and
// no password in a remark or in any printed form.
func checkOutput(t *testing.T, text string, vars []route.Variable, remarks []Remark) {
	t.Helper()
	size := 0
	for _, m := range remarks {
		size += len(m.Value) + len(m.Text) + len(m.Write) + len(m.Source)
		if strings.Contains(m.Text+m.Source+m.Variable, "\n") {
			t.Errorf("a remark of two lines: %q", m)
		}
		if m.Code == "" || m.Source == "" || m.Text == "" {
			t.Errorf("an incomplete remark: %+v", m)
		}
	}
	if limit := 64<<10 + 64*len(text)*max(1, strings.Count(text, "\n")); size > limit {
		t.Errorf("%d bytes of remarks from %d bytes", size, len(text))
	}
	if !isPassword(text) {
		return
	}
	data, err := json.Marshal(struct {
		Env     route.Environment
		Remarks []Remark
	}{vars, remarks})
	if err != nil {
		t.Fatal(err)
	}
	if printed := string(data) + fmt.Sprintf("%v %+v %#v", vars, remarks, vars); strings.Contains(printed, secret) {
		t.Errorf("the password is shown: %s", printed)
	}
}

func seeds(f *testing.F, texts ...string) {
	f.Helper()
	for _, text := range texts {
		f.Add(text)
	}
}

func FuzzUnit(f *testing.F) {
	seeds(f,
		"[Service]\nEnvironment=\"HTTPS_PROXY=http://user:hunter2@proxy:3128\" NO_PROXY=a, b\n",
		"[Service]\nEnvironment=HTTPS_PROXY=http://user:hunter2@proxy:3128%40 'X=\\u0041'\nEnvironmentFile=-/etc/x\nPassEnvironment=HTTP_PROXY\n",
		"Environment=A=\\\n[Unit]\nUnsetEnvironment=A\n[Service]\nExecStart=-/bin/x --http-proxy http://user:hunter2@p $A ${A}\n",
		"[Manager]\nDefaultEnvironment=HTTP_PROXY=http://user:hunter2@p:1%C3 \"\n")
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			state := &unitState{known: unitSpecifiers("docker.service", Scope{})}
			directives, broken := parseUnit(text)
			if len(directives)+len(broken) > strings.Count(text, "\n")+1 {
				t.Errorf("%d directives", len(directives))
			}
			var remarks []Remark
			for _, d := range directives {
				remarks = append(remarks, state.take("/unit", d)...)
			}
			program, args := startArguments(state.start, state.env)
			flags := proxyFlags(args)
			_ = program
			env, more := judged(nil, "", state.env)
			checkOutput(t, text, append(env, flags...), append(remarks, more...))
		})
	})
}

func FuzzEnvironmentFile(f *testing.F) {
	seeds(f, "HTTPS_PROXY=\"http://user:hunter2@proxy:3128\" # x\nexport NO_PROXY=a\\b\n", "A='\nB=\"\\$x\\\n\"\\",
		"HTTP_PROXY=http://user:hunter2@p%%40$x\r\n#\\\nX=1")
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			vars, remarks := envFile("/f", text)
			env, more := judged(nil, "", vars)
			checkOutput(t, text, env, append(remarks, more...))
			for _, v := range vars {
				expandReferences(v.Value, vars)
			}
		})
	})
}

func FuzzPAM(f *testing.F) {
	seeds(f, "export HTTPS_PROXY=\"http://user:hunter2@proxy:3128\" # x\nNO_PROXY = a\\\nb\n", "HTTP_PROXY='http://user:hunter2@p#x\n")
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			vars, remarks := parsePAM("/f", text)
			env, more := judged(nil, "", vars)
			checkOutput(t, text, env, append(remarks, more...))
		})
	})
}

func FuzzShell(f *testing.F) {
	seeds(f, "export HTTPS_PROXY=\"http://user:hunter2@proxy:3128\" NO_PROXY=a, b\nunset HTTPS_PROXY\n",
		"if x; then HTTP_PROXY=http://user:hunter2@p; fi\nX=$(ls)\nset -a\nY=${X:-z}$'a'\n",
		"X=aa\nX=$X$X$X\nX=$X$X$X\ndeclare -x http_proxy+=$X\n. /f\n")
	empty := host(f, nil)
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			s := newShell(empty, "/root", nil)
			s.run("/f", text)
			env, more := judged(nil, "", s.out)
			checkOutput(t, text, env, append(s.remarks, more...))
			for _, v := range s.out {
				if len(v.Value) > maxExpanded {
					t.Errorf("a value of %d bytes", len(v.Value))
				}
			}
		})
	})
}

func FuzzJSONFiles(f *testing.F) {
	seeds(f, `{"proxies": {"http-proxy": "http://user:hunter2@proxy:3128", "default": {"httpProxy": "http://user:hunter2@p"}}, `+
		`"https-proxy": "http://user:hunter2@p"}`,
		`{"registry-mirrors": ["https://user:hunter2@m"], "noProxy": [[{}]], "x": null}`, "[1, {\"a\": true}]")
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			d := DaemonFile{Path: "/d.json"}
			d.parse(text)
			env, more := judged(nil, "", d.Env)
			checkOutput(t, text, append(env, append(d.Mirrors, d.Insecure...)...), append(d.Remarks, more...))
			_, _, err := parseJSON(text)
			shallow := strings.Count(text, "[")+strings.Count(text, "{") < maxJSONDepth
			if valid := json.Valid([]byte(text)); err == nil && !valid || err != nil && valid && shallow {
				t.Errorf("valid JSON: %v, but %v", valid, err)
			}
		})
	})
}

func FuzzTOMLFiles(f *testing.F) {
	seeds(f, "[engine]\nenv = [\"HTTPS_PROXY=http://user:hunter2@proxy:3128\", {append=true}]\nhttp_proxy = 'http://user:hunter2@p'\n",
		"unqualified-search-registries = ['a']\n[[registry]]\nlocation = \"q\"\n[[registry.mirror]]\nlocation='m'\n[[registry]]\n"+
			"mirror=[{location='x'}]\n", "a.b.c = {d = [1, [2, {e=3}]]}\n")
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			var c Containers
			c.read(nil, "/c", text)
			checkOutput(t, text, append(c.Engine, c.Container...), c.Remarks)
			var r Registries
			r.read("/r", text)
			for _, e := range r.Entries {
				r.Contacts(e.Prefix)
			}
			checkOutput(t, text, nil, r.Remarks)
		})
	})
}

func FuzzINIFiles(f *testing.F) {
	empty := host(f, nil)
	seeds(f, "[server]\nproxy_hostname = http://user:hunter2@proxy\nproxy_password=user:hunter2@\nno_proxy=a,\n b\n",
		"[main]\nproxy=http://user:hunter2@p\n[x]\nproxy=_none_\n%(a)s=`x\n\"\"\"", "proxy: x\n[\n")
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			r := RHSM{Path: "/r"}
			r.parse(empty, text)
			proxy, _ := r.Proxy()
			checkOutput(t, text, []route.Variable{proxy, r.NoProxy}, r.Remarks)
			var d DNF
			d.read(empty, "/d", text)
			checkOutput(t, text, []route.Variable{d.Main.Proxy}, d.Remarks)
		})
	})
}

func FuzzLineFiles(f *testing.F) {
	seeds(f, "proxy = \"http://user:hunter2@proxy:3128\\\"\"\n-x http://user:hunter2@p x\n",
		"https_proxy=http://user:hunter2@p\nno-proxy = 'a'\n")
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			for _, parse := range []func(string, string) ([]route.Variable, []Remark){parseCurlrc, parseWgetrc} {
				vars, remarks := parse("/f", text)
				env, more := judged(nil, "", vars)
				checkOutput(t, text, env, append(remarks, more...))
			}
		})
	})
}

func FuzzGitConfig(f *testing.F) {
	seeds(f, "[http]\n\tproxy = http://user:hunter2@proxy\n[https \"x\"]\nproxy=\"http://user:hunter2@p\"\n[include]\npath=x\n",
		"[http] proxy=x\n[a \"b\\\"\"]\n\\")
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			proxies, remarks := parseGit("/g", text)
			var vars []route.Variable
			for _, p := range proxies {
				vars = append(vars, p.Proxy)
			}
			checkOutput(t, text, vars, remarks)
		})
	})
}

func FuzzKubeconfig(f *testing.F) {
	seeds(f, "clusters:\n- cluster: {server: https://a, proxy-url: 'http://user:hunter2@p'}\n",
		"a: &x\n  proxy-url: |\n    http://user:hunter2@p\nb: *x\n", "? [a]\n: - b\n")
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			k := Kube{Path: "/k"}
			k.parse(text)
			var vars []route.Variable
			for _, p := range k.Proxies {
				vars = append(vars, p.Proxy)
			}
			checkOutput(t, text, vars, k.Remarks)
		})
	})
}

func FuzzProcess(f *testing.F) {
	seeds(f, "HTTPS_PROXY=http://user:hunter2@p\x00x\x00=\x00")
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			checkOutput(t, text, parseEnviron("/proc/1/environ", []byte(text)), nil)
		})
	})
}

func FuzzPackages(f *testing.F) {
	seeds(f, "Package: curl\nStatus: install ok installed\nVersion: 1\n\n", "curl-7.76.1-29.el9.x86_64 Tue\n")
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			for _, p := range append(fromDpkg(strings.NewReader(text)), fromRPMList(strings.NewReader(text))...) {
				if p.Version == "" || !strings.Contains(text, p.Name) {
					t.Errorf("%+v", p)
				}
			}
		})
	})
}

func FuzzHostsTOML(f *testing.F) {
	seeds(f, hubHosts, "server = \"https://user:hunter2@m\"\n[host.\"http://user:hunter2@[::1]:5000/v2/../x\"]\nskip_verify = true\n",
		"[host.\"https://a\".rewrite]\n\"^(.*)$\" = \"$1$1\"\n[host]\n[host.\"%zz\"]\ncapabilities = [\"x\"]\n", "host = 1\n[[host.a]]\n")
	f.Fuzz(func(t *testing.T, text string) {
		var r Registries
		cost.Linear(t, len(text), func() {
			file, line, err := parseHostsTOML("/hosts.toml", text)
			if err != nil {
				r.Remarks = []Remark{{Code: Syntax, Source: at("/hosts.toml", line), Text: quoted(err.Error())}}
				return
			}
			r.Entries = []Registry{file.entry("quay.io", "/hosts.toml:1")}
			r.unsent("/hosts.toml", file)
		})
		for _, c := range r.Contacts("quay.io/team/app") {
			if strings.Contains(c.Host, "/") || strings.Contains(c.Host+c.API, secret) && isPassword(text) {
				t.Errorf("%+v", c)
			}
		}
		checkOutput(t, text, nil, append(r.Remarks, r.Ineffective("quay.io/team/app")...))
	})
}

func FuzzRegistriesYAML(f *testing.F) {
	seeds(f, registriesYAML, "mirrors: {docker.io: {endpoint: [\"https://user:hunter2@m/x\", \"%zz\"], rewrite: {\"(\": x}}}\n",
		"mirrors:\n  ? [a]\n  : {}\nconfigs: &a {\"*\": {tls: {insecure_skip_verify: !!bool true}}}\n", "mirrors: |\n  a\n---\n1\n")
	f.Fuzz(func(t *testing.T, text string) {
		var r Registries
		cost.Linear(t, len(text), func() {
			mirrors, configs, err := parseRancher("/registries.yaml", text)
			if err == nil {
				r.ofRancher(mirrors, configs, false)
			}
		})
		for _, c := range r.Contacts("docker.io/team/app") {
			if strings.Contains(c.Host, "/") || strings.Contains(c.Host+c.API, secret) && isPassword(text) {
				t.Errorf("%+v", c)
			}
		}
		checkOutput(t, text, nil, append(r.Remarks, r.Ineffective("docker.io/team/app")...))
	})
}

func FuzzContainerdConfig(f *testing.F) {
	seeds(f, confV2+certsD, "version = 3\nimports = [\"a*\"]\n[plugins.'io.containerd.grpc.v1.cri'.registry.mirrors.'*']\n"+
		"endpoint = [\"http://user:hunter2@m\"]\n", "plugins.cri.registry.mirrors.a.endpoint = [\"user:hunter2@m\", \"%zz\"]\n"+
		"plugins.cri.registry.configs.a.tls.insecure_skip_verify = true\n")
	f.Fuzz(func(t *testing.T, text string) {
		r := ReadContainerd(host(t, map[string]string{containerdFile: text}), "/root", nil)
		_ = r.Contacts("docker.io/team/app")
		checkOutput(t, text, nil, append(r.Remarks, r.Ineffective("docker.io/team/app")...))
	})
}
