package settings

import (
	"testing"
)

func TestPAM(t *testing.T) {
	for _, r := range []struct {
		name, text string
		vars       []string
		codes      []string
	}{
		{"plain", "A=1\nB=2\n", []string{"A=1 @f:1", "B=2 @f:2"}, nil},
		{"export is skipped", "export HTTPS_PROXY=http://p:1\n", []string{"HTTPS_PROXY=http://p:1 @f:1"}, nil},
		{"quotes", "A=\"x y\"\nB='z'\nC=\"a\"b\"\nD=a\"b\"\n", []string{"A=x y @f:1", "B=z @f:2", "C=a\"b @f:3", "D=a\"b\" @f:4"}, nil},
		{"blank after the quotes", "A=\"x\" \n", []string{"A=x\"  @f:1"}, nil},
		{"comment", "# A=1\nNO_PROXY=a,b # internal\n", []string{"NO_PROXY=a,b  @f:2"}, nil},
		{"hash in a password", "HTTPS_PROXY=http://u:a#b@p:1\n", []string{"HTTPS_PROXY=http://u:a @f:1"}, []string{"comment-cuts-value @f:1"}},
		{"not expanded", "NO_PROXY=$HOST\n", []string{"NO_PROXY=$HOST @f:1"}, []string{"reference-not-expanded @f:1"}},
		{"blank before =", "HTTPS_PROXY = http://p:1\nX Y=1\n", nil, []string{"invalid-assignment @f:1"}},
		{"continuation", "NO_PROXY=a,\\\n  b\nC=1\n", []string{"NO_PROXY=a,b @f:1", "C=1 @f:3"}, nil},
		{"nothing", "=1\nA\n\n", nil, nil},
	} {
		vars, remarks := parsePAM("f", r.text)
		same(t, r.name, r.vars, lines(vars))
		same(t, r.name, r.codes, codes(remarks))
	}
}

func TestShell(t *testing.T) {
	for _, r := range []struct {
		name, text string
		vars       []string
		codes      []string
	}{
		{"export", "export HTTPS_PROXY=http://p:1 NO_PROXY='a,b'\n", []string{"HTTPS_PROXY=http://p:1 @/f:1", "NO_PROXY=a,b @/f:1"}, nil},
		{"assign, then export", "HTTPS_PROXY=\"http://p:1\"\nhttps_proxy=$HTTPS_PROXY; export HTTPS_PROXY https_proxy\nHTTP_PROXY=x\n",
			[]string{"HTTPS_PROXY=http://p:1 @/f:1", "https_proxy=http://p:1 @/f:2"}, nil},
		{"references", "PROXY=proxy.corp.example\nexport http_proxy=http://${PROXY}:3128\nexport no_proxy=$HOME\nexport no_proxy+=,x\n",
			[]string{"http_proxy=http://proxy.corp.example:3128 @/f:2", "no_proxy=/root @/f:3", "no_proxy=/root,x @/f:4"}, nil},
		{"declare", "declare -x HTTP_PROXY=http://p:1\ntypeset NO_PROXY=a\n", []string{"HTTP_PROXY=http://p:1 @/f:1"}, nil},
		{"all exported", "set -a\nHTTP_PROXY=http://p:1\nset +a\nNO_PROXY=a\nset -o allexport\nNO_PROXY=b\n",
			[]string{"HTTP_PROXY=http://p:1 @/f:2", "NO_PROXY=b @/f:6"}, nil},
		{"command", "export NO_PROXY=$(hostname -f)\nexport HTTP_PROXY=http://$(hostname):1\n", nil,
			[]string{"not-evaluated @/f:1", "not-evaluated @/f:2"}},
		{"dollar in double quotes", "export HTTP_PROXY=\"http://u:pa$ss@p:1\"\n", nil, []string{"not-evaluated @/f:1"}},
		{"dollar in single quotes", "export HTTP_PROXY='http://u:pa$ss@p:1'\n", []string{"HTTP_PROXY=http://u:pa$ss@p:1 @/f:1"}, nil},
		{"condition", "if [ -n \"$X\" ]; then\n export HTTP_PROXY=http://p:1\nfi\n[ -f /x ] && NO_PROXY=a\nexport https_proxy=$HTTP_PROXY\n",
			nil, []string{"not-evaluated @/f:2", "not-evaluated @/f:4", "not-evaluated @/f:5"}},
		{"function", "proxy_on() { export HTTP_PROXY=http://p:1; }\n", nil, nil},
		{"unset", "export HTTP_PROXY=http://p:1\nunset HTTP_PROXY\n", []string{"HTTP_PROXY= @/f:2"}, nil},
		{"blank in a list", "export NO_PROXY=a, b\nNO_PROXY=c, d\n", []string{"NO_PROXY=a, @/f:1"},
			[]string{"unquoted-blank @/f:1", "unquoted-blank @/f:2"}},
		{"background", "export HTTP_PROXY=http://u:a&b@p:1\n", nil, []string{"not-evaluated @/f:1"}},
		{"backslash", "export HTTP_PROXY=http://CORP\\user:x@p NO_PROXY=\"a\\b\\$\"\n",
			[]string{"HTTP_PROXY=http://CORPuser:x@p @/f:1", "NO_PROXY=a\\b$ @/f:1"}, nil},
		{"doubled percent", "export HTTP_PROXY=http://u:p%%40@p:1\n", []string{"HTTP_PROXY=http://u:p%%40@p:1 @/f:1"},
			[]string{"percent-doubled @/f:1"}},
		{"quotes twice", `export HTTP_PROXY='"http://p:1"'`, []string{`HTTP_PROXY="http://p:1" @/f:1`}, []string{"literal-quotes @/f:1"}},
		{"syntax", "export NO_PROXY=a\nif then\nexport NO_PROXY=b\n", []string{"NO_PROXY=a @/f:1"}, []string{"syntax-error @/f:2"}},
		{"tilde", "export SSL_CERT_FILE=~/ca.pem\n", []string{"SSL_CERT_FILE=/root/ca.pem @/f:1"}, nil},
		{"source", ". /etc/proxy.env\nexport HTTP_PROXY\n", []string{"HTTP_PROXY=http://sourced:1 @/etc/proxy.env:1"}, nil},
		{"itself", ". /f\nexport NO_PROXY=a\n", []string{"NO_PROXY=a @/f:2"}, nil},
	} {
		root := host(t, map[string]string{"/f": r.text, "/etc/proxy.env": "HTTP_PROXY=http://sourced:1\n"})
		f := newShell(root, "/root", nil).read("/f")
		same(t, r.name, r.vars, lines(f.Env))
		same(t, r.name, r.codes, codes(f.Remarks))
	}
}

func TestLoginShellReadsInOrder(t *testing.T) {
	root := host(t, map[string]string{
		"/etc/environment":         "PROXY_HOST=proxy\nHTTP_PROXY=http://pam:1\n",
		"/etc/profile":             "for i in /etc/profile.d/*.sh; do . $i; done\n",
		"/etc/profile.d/a.sh":      "export HTTPS_PROXY=$HTTP_PROXY\n",
		"/etc/profile.d/b.csh":     "setenv NO_PROXY x\n",
		"/home/anna/.profile":      "export NO_PROXY=profile\n",
		"/home/anna/.bash_profile": "export NO_PROXY=bash\n",
		"/home/anna/.bashrc":       "unset HTTPS_PROXY\n",
	})
	pam := ReadPAM(root)
	same(t, "pam", []string{"HTTP_PROXY=http://pam:1 @/etc/environment:2"}, lines(pam.Env))
	var got []string
	for _, f := range ReadLoginShell(root, "/home/anna", pam.Env) {
		got = append(got, f.Path)
		got = append(got, lines(f.Env)...)
		got = append(got, codes(f.Remarks)...)
	}
	same(t, "files", []string{
		"/etc/profile", "/etc/profile.d/a.sh", "HTTPS_PROXY=http://pam:1 @/etc/profile.d/a.sh:1",
		"/home/anna/.bash_profile", "NO_PROXY=bash @/home/anna/.bash_profile:1", "/home/anna/.bashrc", "HTTPS_PROXY= @/home/anna/.bashrc:1",
	}, got)
}
