package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-systemd/v22/unit"
	"github.com/google/go-cmp/cmp"

	"pullpath/internal/route"
)

// lines renders variables with their values and sources; a test may see them.
func lines(vars []route.Variable) []string {
	var out []string
	for _, v := range vars {
		out = append(out, fmt.Sprintf("%s=%s @%s", v.Name, v.Value, v.Source))
	}
	return out
}

// codes renders remarks as "code source".
func codes(remarks []Remark) []string {
	var out []string
	for _, m := range remarks {
		out = append(out, string(m.Code)+" @"+m.Source)
	}
	return out
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(directive{}, brokenLine{})); diff != "" {
		t.Errorf("%s:\n%s", what, diff)
	}
}

// The rows are those measured on systemd 237, 247 and 252.
func TestEnvironmentLine(t *testing.T) {
	for _, r := range []struct {
		name, value string
		vars        []string
		codes       []string
	}{
		{"plain", `HTTPS_PROXY=http://p:1`, []string{"HTTPS_PROXY=http://p:1"}, nil},
		{"quoted assignment", `"HTTPS_PROXY=http://p" 'NO_PROXY=a, b'`, []string{"HTTPS_PROXY=http://p", "NO_PROXY=a, b"}, nil},
		{"quoted value", `HTTPS_PROXY="http://p"`, []string{"HTTPS_PROXY=http://p"}, nil},
		{"quotes within quotes", `'HTTPS_PROXY="http://p"'`, []string{`HTTPS_PROXY="http://p"`}, nil},
		{"single percent", `"HTTPS_PROXY=http://u:p%40ss@p:1"`, nil, []string{"percent-drops-assignment"}},
		{"single percent, others stay", `"HTTPS_PROXY=http://u:p%40ss@p:1" NO_PROXY=a`, []string{"NO_PROXY=a"},
			[]string{"percent-drops-assignment"}},
		{"double percent", `"HTTPS_PROXY=http://u:p%%40ss@p:1"`, []string{"HTTPS_PROXY=http://u:p%40ss@p:1"}, nil},
		{"percent before a sign", `HTTPS_PROXY=http://u:p%-@p`, []string{"HTTPS_PROXY=http://u:p%-@p"}, nil},
		{"percent at the end", `NO_PROXY=a%`, []string{"NO_PROXY=a%"}, nil},
		{"known specifier", `"HTTPS_PROXY=http://u:p%C3x@p"`, []string{"HTTPS_PROXY=http://u:p/var/cache3x@p"}, []string{"percent-expanded"}},
		{"specifier of the machine", `NO_PROXY=%H`, nil, []string{"not-evaluated"}},
		{"unquoted blank", `HTTPS_PROXY=http://p NO_PROXY=a, b`, []string{"HTTPS_PROXY=http://p", "NO_PROXY=a,"}, []string{"unquoted-blank"}},
		{"invalid escape", `NO_PROXY=a "HTTPS_PROXY=http://CORP\user:x@p"`, []string{"NO_PROXY=a"}, []string{"invalid-escape"}},
		{"an escape by accident", `HTTPS_PROXY=http://CORP\name:x@p`, []string{"HTTPS_PROXY=http://CORP\name:x@p"}, []string{"escape-expanded"}},
		{"unbalanced", `"HTTPS_PROXY=http://p`, nil, []string{"invalid-escape"}},
		{"invalid name", `HTTPS-PROXY=http://p 1=2 =3`, nil, nil},
		{"others are not judged", `"OTHER=a%40b" X=a b c`, []string{"X=a"}, nil},
	} {
		vars, remarks := assignments(directive{key: "Environment", value: r.value}, "f", unitSpecifiers("x.service", Scope{}))
		var want []string
		for _, v := range r.vars {
			want = append(want, v+" @f")
		}
		same(t, r.name, want, lines(vars))
		var got []string
		for _, m := range remarks {
			got = append(got, string(m.Code))
		}
		same(t, r.name, r.codes, got)
	}
}

func TestEnvironmentLineSaysWhatToWrite(t *testing.T) {
	for value, want := range map[string]Remark{
		`"HTTPS_PROXY=http://svc:Tr0ub%40dor@proxy.corp.example:3128"`: {
			Code: PercentDropped, Source: "f:2", Variable: "HTTPS_PROXY", Value: "http://REDACTED@proxy.corp.example:3128",
			Text: "% begins a specifier in Environment=, this one is unknown, and systemd drops the whole assignment without a message: the " +
				"service starts without it",
			Write: `Environment="HTTPS_PROXY=http://USER:PASS%%40WORD@proxy.corp.example:3128"`},
		`NO_PROXY=localhost, .corp.example, 10.0.0.0/8 HTTP_PROXY=http://p`: {
			Code: BlankCuts, Source: "f:2", Variable: "NO_PROXY", Value: "localhost,",
			Text:  "a blank outside of quotes ends the value; systemd ignores the words after it",
			Write: `Environment="NO_PROXY=localhost,.corp.example,10.0.0.0/8"`},
	} {
		_, remarks := assignments(directive{key: "Environment", value: value}, "f:2", nil)
		same(t, value, []Remark{want}, remarks)
	}
}

func TestEnvironmentFile(t *testing.T) {
	for _, r := range []struct {
		name, text string
		vars       []string
		codes      []string
	}{
		{"plain", "A=1\nB=2", []string{"A=1 @f:1", "B=2 @f:2"}, nil},
		{"percent stays", "HTTPS_PROXY=http://u:p%40ss@p\n", []string{"HTTPS_PROXY=http://u:p%40ss@p @f:1"}, nil},
		{"comments", "# HTTPS_PROXY=x\n; y=z\n\n A = 1 \n", []string{"A=1 @f:4"}, nil},
		{"export", "export HTTPS_PROXY=http://p:1\n", nil, []string{"export-ignored @f:1"}},
		{"trailing comment", "NO_PROXY=a,b # internal\n", []string{"NO_PROXY=a,b # internal @f:1"}, []string{"comment-in-value @f:1"}},
		{"comment after quotes", "NO_PROXY=\"a,b\" # internal\n", []string{"NO_PROXY=a,b# internal @f:1"}, nil},
		{"quotes", "A=\"x y\"\nB='x \"y'\nC=x\"y\"\n", []string{"A=x y @f:1", "B=x \"y @f:2", "C=x\"y\" @f:3"}, nil},
		{"backslash", "HTTPS_PROXY=http://CORP\\user:x@p\n", []string{"HTTPS_PROXY=http://CORPuser:x@p @f:1"},
			[]string{"backslash-removed @f:1"}},
		{"backslash in single quotes", "HTTPS_PROXY='http://CORP\\user:x@p'\n", []string{"HTTPS_PROXY=http://CORP\\user:x@p @f:1"}, nil},
		{"backslash in double quotes", `A="\$x\"\y"`, []string{`A=$x"\y @f:1`}, nil},
		{"continuation", "NO_PROXY=a,\\\nb\nC=1\n", []string{"NO_PROXY=a,b @f:1", "C=1 @f:3"}, nil},
		{"dollar", "NO_PROXY=$HOME,${X}\n", []string{"NO_PROXY=$HOME,${X} @f:1"}, []string{"reference-not-expanded @f:1"}},
		{"dollar in a password", "HTTPS_PROXY=http://u:a$b@p:1\n", []string{"HTTPS_PROXY=http://u:a$b@p:1 @f:1"}, nil},
		{"carriage return", "A=1\r\nB=2\r\n", []string{"A=1 @f:1", "B=2 @f:2"}, nil},
		{"no value", "A=\nB\nC=1", []string{"A= @f:1", "C=1 @f:3"}, nil},
		{"open quote", "A=\"1\nB=2", []string{"A=1\nB=2 @f:1"}, nil},
		{"several lines in quotes", "A='1\n2'\nB=3", []string{"A=1\n2 @f:1", "B=3 @f:3"}, nil},
		{"escaped blank", "A=1\\ \nB=2  \n", []string{"A=1  @f:1", "B=2 @f:2"}, nil},
		{"invalid UTF-8", "A=1\nB=\xff\n", nil, []string{"syntax-error @f"}},
	} {
		vars, remarks := envFile("f", r.text)
		same(t, r.name, r.vars, lines(vars))
		same(t, r.name, r.codes, codes(remarks))
	}
}

func TestUnitLines(t *testing.T) {
	text := "\xef\xbb\xbf[Unit]\nDescription=x\n[Service]\n# Environment=A=1\nEnvironment=B=1 \\\n  # comment\n  C=2\\\\\nno assignment\n" +
		"; x\n[Install]\nWantedBy = a\n"
	found, broken := parseUnit(strings.TrimPrefix(text, "\xef\xbb\xbf"))
	same(t, "directives", []directive{
		{"Unit", "Description", "x", 2}, {"Service", "Environment", `B=1    C=2\\`, 5}, {"Install", "WantedBy", "a", 11},
	}, found)
	same(t, "broken", []brokenLine{{8, false}}, broken)
	found, broken = parseUnit("A=1\n[Service\nB=2\n")
	same(t, "directives", []directive{{"", "A", "1", 1}}, found)
	same(t, "broken", []brokenLine{{2, true}}, broken)
}

func TestUnitLinesAgreeWithGoSystemd(t *testing.T) {
	for _, text := range []string{
		"[Service]\nEnvironment=A=1\nExecStart=/bin/x -a \\\n  -b\n\n[Install]\nWantedBy=multi-user.target\n",
		"# c\n[Unit]\n; d\nDescription = a b  \n\n[Service]\nEnvironment=\n",
	} {
		options, err := unit.DeserializeOptions(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		var want, got []string
		for _, o := range options {
			want = append(want, o.Section+" "+o.Name+" "+strings.Join(strings.Fields(strings.ReplaceAll(o.Value, "\\\n", " ")), " "))
		}
		found, _ := parseUnit(text)
		for _, d := range found {
			got = append(got, d.section+" "+d.key+" "+strings.Join(strings.Fields(d.value), " "))
		}
		same(t, text, want, got)
	}
}

func TestServicePrecedence(t *testing.T) {
	root := host(t, map[string]string{
		"/etc/systemd/system.conf": "[Manager]\n" +
			"DefaultEnvironment=HTTP_PROXY=http://default:1 ALL_PROXY=http://default:2\n",
		"/usr/lib/systemd/system.conf": "[Manager]\nDefaultEnvironment=FTP_PROXY=http://shadowed\n",
		"/etc/systemd/system.conf.d/10.conf": "[Manager]\nDefaultEnvironment=NO_PROXY=default\n[Other]\n" +
			"DefaultEnvironment=NO_PROXY=x\n",
		"/usr/lib/systemd/system/docker.service": "[Service]\n" +
			"ExecStart=/usr/bin/dockerd -H fd:// $OPTS --no-proxy ${LIST}\nEnvironment=HTTPS_PROXY=http://unit:1 OTHER=1\n" +
			"EnvironmentFile=-/etc/sysconfig/docker\nEnvironmentFile=-/etc/normal\n",
		"/usr/lib/systemd/system/docker.service.d/20-proxy.conf": "[Service]\nEnvironment=HTTPS_PROXY=http://hidden:1\n",
		"/etc/systemd/system/docker.service.d/20-proxy.conf":     "[Service]\nEnvironment=\nEnvironment=HTTPS_PROXY=http://dropin:1\n",
		"/run/systemd/system/docker.service.d/30-masked.conf":    "[Service]\nEnvironment=HTTPS_PROXY=http://masked:1\n",
		"/etc/systemd/system/docker.service.d/30-masked.conf":    "-> /dev/null",
		"/etc/systemd/system/service.d/15-all.conf":              "[Service]\nEnvironment=NO_PROXY=all\n",
		"/etc/systemd/system/docker.service.d/40-later.conf": "[Service]\nEnvironment=NO_PROXY=later\nUnsetEnvironment=ALL_PROXY\n" +
			"PassEnvironment=FTP_PROXY OTHER\n",
		"/etc/systemd/system/docker.service.d/http-proxy.txt": "[Service]\nEnvironment=HTTPS_PROXY=http://txt:1\n",
		"/etc/systemd/system/docker.service.d/50-nosection.conf": "Environment=HTTPS_PROXY=http://none:1\n[Unit]\n" +
			"Environment=NO_PROXY=unit\n",
		"/etc/sysconfig/docker": "HTTP_PROXY=http://file:1\n" +
			"OPTS=\"--http-proxy=http://flag:1 --debug\"\nLIST='a b'\n",
		"/etc/environment": "HTTPS_PROXY=http://notread:1\n",
		"/usr/lib/systemd/system/containerd.service.d/10.conf":        "[Service]\nEnvironment=NO_PROXY=other\n",
		"/etc/systemd/system/multi-user.target.wants/docker.service":  "-> /usr/lib/systemd/system/docker.service",
		"/etc/systemd/system/docker-engine.service":                   "-> /usr/lib/systemd/system/docker.service",
		"/etc/systemd/system/docker-engine.service.d/45-alias.conf":   "[Service]\nEnvironment=NO_PROXY=alias\nEnvironmentFile=-/etc/gone\n",
		"/etc/systemd/system/docker-engine-.service.d/46-not-it.conf": "[Service]\nEnvironment=NO_PROXY=wrong\n",
		"/etc/systemd/system/docker-.service.d/47-truncated.conf":     "[Service]\nEnvironment=FTP_PROXY=http://truncated:1\n",
	})
	s := ReadService(root, "docker.service", Scope{})
	if !s.Found || s.Masked || s.Program != "/usr/bin/dockerd" {
		t.Errorf("found %v, masked %v, program %q", s.Found, s.Masked, s.Program)
	}
	same(t, "files", []string{
		"/usr/lib/systemd/system/docker.service", "/etc/systemd/system/service.d/15-all.conf",
		"/etc/systemd/system/docker.service.d/20-proxy.conf",
		"/etc/systemd/system/docker.service.d/40-later.conf", "/etc/systemd/system/docker-engine.service.d/45-alias.conf",
		"/etc/systemd/system/docker-.service.d/47-truncated.conf",
		"/etc/systemd/system/docker.service.d/50-nosection.conf", "/etc/sysconfig/docker",
	}, s.Files)
	same(t, "environment", []string{
		"HTTP_PROXY=http://default:1 @/etc/systemd/system.conf:2",
		"NO_PROXY=default @/etc/systemd/system.conf.d/10.conf:2",
		"HTTPS_PROXY=http://dropin:1 @/etc/systemd/system/docker.service.d/20-proxy.conf:3",
		"NO_PROXY=later @/etc/systemd/system/docker.service.d/40-later.conf:2",
		"NO_PROXY=alias @/etc/systemd/system/docker-engine.service.d/45-alias.conf:2",
		"FTP_PROXY=http://truncated:1 @/etc/systemd/system/docker-.service.d/47-truncated.conf:2",
		"HTTP_PROXY=http://file:1 @/etc/sysconfig/docker:1",
	}, lines(s.Env))
	same(t, "flags", []string{"--http-proxy=http://flag:1 @/etc/sysconfig/docker:2", "--no-proxy=a b @/etc/sysconfig/docker:3"},
		lines(s.Flags))
	same(t, "remarks", []string{
		"assignment-outside-section @/etc/systemd/system/docker.service.d/50-nosection.conf:1",
		"setting-in-other-section @/etc/systemd/system/docker.service.d/50-nosection.conf:3",
		"drop-in-without-conf @/etc/systemd/system/docker.service.d/http-proxy.txt",
		"environment-file-missing @/etc/systemd/system/docker-engine.service.d/45-alias.conf:3",
		"environment-passed @/etc/systemd/system/docker.service.d/40-later.conf:4",
	}, codes(s.Remarks))
}

func TestServiceMaskedAndMissing(t *testing.T) {
	root := host(t, map[string]string{
		"/etc/systemd/system/docker.service":                   "-> /dev/null",
		"/usr/lib/systemd/system/docker.service":               "[Service]\nEnvironment=HTTP_PROXY=http://p\n",
		"/etc/systemd/system/containerd.service.d/proxy.conf":  "[Service]\nEnvironment=HTTP_PROXY=http://p:1\n",
		"/usr/lib/systemd/system/podman@.service":              "[Service]\nEnvironment=NO_PROXY=%i\n",
		"/etc/systemd/system/podman@red.service.d/proxy.conf":  "[Service]\nEnvironment=HTTP_PROXY=http://red:1\n",
		"/etc/systemd/system/podman@.service.d/all.conf":       "[Service]\nEnvironment=HTTP_PROXY=http://all:1\n",
		"/etc/systemd/system/podman@blue.service.d/proxy.conf": "[Service]\nEnvironment=HTTP_PROXY=http://blue:1\n",
	})
	masked := ReadService(root, "docker.service", Scope{})
	if masked.Found || !masked.Masked || masked.Env != nil {
		t.Errorf("%+v", masked)
	}
	missing := ReadService(root, "containerd.service", Scope{})
	if missing.Found || missing.Masked {
		t.Errorf("%+v", missing)
	}
	same(t, "drop-in without unit", []string{"HTTP_PROXY=http://p:1 @/etc/systemd/system/containerd.service.d/proxy.conf:2"},
		lines(missing.Env))
	same(t, "instance", []string{"NO_PROXY=red @/usr/lib/systemd/system/podman@.service:2",
		"HTTP_PROXY=http://all:1 @/etc/systemd/system/podman@.service.d/all.conf:2",
		"HTTP_PROXY=http://red:1 @/etc/systemd/system/podman@red.service.d/proxy.conf:2"},
		lines(ReadService(root, "podman@red.service", Scope{}).Env))
}

func TestUserService(t *testing.T) {
	root := host(t, map[string]string{
		"/etc/environment":                               "HTTPS_PROXY=http://etc:1\nexport NO_PROXY=ignored\n",
		"/usr/lib/environment.d/99-environment.conf":     "-> ../../../etc/environment",
		"/home/anna/.config/environment.d/10-proxy.conf": "HOST=proxy\nHTTP_PROXY=http://${HOST}:1\nNO_PROXY=${LIST:-a},$NOTHING\n",
		"/etc/systemd/user.conf":                         "[Manager]\nDefaultEnvironment=HTTP_PROXY=http://default:1\n",
		"/home/anna/.config/systemd/user/docker.service": "[Service]\nExecStart=%h/bin/dockerd-rootless.sh\n" +
			"Environment=SSL_CERT_FILE=%h/ca.pem\n",
		"/usr/lib/systemd/system/docker.service": "[Service]\nEnvironment=HTTP_PROXY=http://system:1\n",
	})
	s := ReadService(root, "docker.service", UserScope("/home/anna"))
	same(t, "environment", []string{
		"HTTP_PROXY=http://default:1 @/etc/systemd/user.conf:2",
		"HTTP_PROXY=http://proxy:1 @/home/anna/.config/environment.d/10-proxy.conf:2",
		"NO_PROXY=a, @/home/anna/.config/environment.d/10-proxy.conf:3",
		"HTTPS_PROXY=http://etc:1 @/usr/lib/environment.d/99-environment.conf:1",
		"SSL_CERT_FILE=/home/anna/ca.pem @/home/anna/.config/systemd/user/docker.service:3",
	}, lines(s.Env))
	same(t, "remarks", []string{"export-ignored @/usr/lib/environment.d/99-environment.conf:2"}, codes(s.Remarks))
}

func TestServiceNewestFile(t *testing.T) {
	root := host(t, map[string]string{
		"/usr/lib/systemd/system/docker.service":         "[Service]\nEnvironmentFile=/etc/*.env\n",
		"/etc/systemd/system/docker.service.d/http.conf": "[Service]\n",
		"/etc/proxy.env": "HTTP_PROXY=http://user:secret@p:1\n",
	})
	newest := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	for i, name := range []string{"etc/proxy.env", "etc/systemd/system/docker.service.d/http.conf", "usr/lib/systemd/system/docker.service"} {
		when := newest.Add(-time.Duration(i) * time.Hour)
		if err := os.Chtimes(filepath.Join(root.dir, name), when, when); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(root.dir, "etc/proxy.env"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := ReadService(root, "docker.service", Scope{})
	if !s.Newest.Equal(newest) {
		t.Errorf("newest %v", s.Newest)
	}
	same(t, "remarks", []Remark{{Code: PasswordReadable, Source: "/etc/proxy.env:1", Variable: "HTTP_PROXY", Value: "http://REDACTED@p:1",
		Text: "holds a password, and every user of the host may read the file"}}, s.Remarks)
}

func TestLoopInUnitsIsNamed(t *testing.T) {
	root := host(t, map[string]string{
		"/etc/systemd/system/docker.service":          "[Service]\nEnvironment=HTTP_PROXY=http://p:1\n",
		"/etc/systemd/system/docker.service.d/a.conf": "-> b.conf",
		"/etc/systemd/system/docker.service.d/b.conf": "-> a.conf",
		"/etc/systemd/system/docker.service.d/c.conf": "\x7fELF\x00",
	})
	s := ReadService(root, "docker.service", Scope{})
	same(t, "environment", []string{"HTTP_PROXY=http://p:1 @/etc/systemd/system/docker.service:2"}, lines(s.Env))
	got := codes(root.Remarks())
	slices.Sort(got)
	same(t, "remarks", []string{"binary @/etc/systemd/system/docker.service.d/c.conf",
		"link-cycle @/etc/systemd/system/docker.service.d/a.conf",
		"link-cycle @/etc/systemd/system/docker.service.d/b.conf"}, got)
}

// Several assignments in one pair of quotation marks are one value; each is given by itself.
func TestJoinedAssignments(t *testing.T) {
	for value, want := range map[string]string{
		"http://p:3128 HTTPS_PROXY=http://q:3128 no_proxy=a,.b": `"HTTP_PROXY=http://p:3128" "HTTPS_PROXY=http://q:3128" "no_proxy=a,.b"`,
		`"http://p:3128 NO_PROXY=a"`:                            `"HTTP_PROXY=http://p:3128" "NO_PROXY=a"`,
		"http://u:secret@p:3128 HTTPS_PROXY=http://u:secret@q":  `"HTTP_PROXY=http://USER:PASSWORD@p:3128" "HTTPS_PROXY=http://USER:PASSWORD@q"`,
		"http://p:3128":                  "",
		"http://p:3128/?HTTPS_PROXY=q":   "",
		"http://p:3128 LANG=C":           "",
		"http://u:a HTTPS_PASSWORD=b@p:": "",
	} {
		got := ""
		for _, r := range valueFacts(route.Environment{{Name: "HTTP_PROXY", Value: value, Source: "f:1"}}) {
			if r.Code == ValuesJoined {
				got = r.Write
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}
