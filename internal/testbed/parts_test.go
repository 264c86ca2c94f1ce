//go:build linux

package testbed

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestMissing(t *testing.T) {
	none := func(string) error { return errors.New("not there") }
	all := func(string) error { return nil }
	noHelper := func(file string) error {
		if file == certgen {
			return errors.New("not there")
		}
		return nil
	}
	for _, c := range []struct {
		name  string
		needs []string
		euid  int
		look  func(string) error
		want  []string
	}{
		{"all there", []string{"squid", "curl"}, 0, all, nil},
		{"not root", nil, 1000, all, []string{"root"}},
		{"no program", []string{"curl"}, 0, none, []string{"curl (not there)"}},
		{"squid without OpenSSL", []string{"squid"}, 0, noHelper, []string{"squid (not there)"}},
		{"what is not needed is not missed", []string{"curl"}, 0, noHelper, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := missing(c.needs, c.euid, c.look); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// stopped is a test that records how it was stopped, and stops by a panic.
type stopped struct {
	testing.TB
	how string
}

func (s *stopped) Helper()               {}
func (s *stopped) Name() string          { return "TestOfSomething" }
func (s *stopped) Skip(...any)           { s.how = "skip"; panic(s) }
func (s *stopped) Fatal(...any)          { s.how = "fatal"; panic(s) }
func (s *stopped) Fatalf(string, ...any) { s.Fatal() }

func TestRequire(t *testing.T) {
	parts["absent"] = []string{"/nonexistent/program"}
	defer delete(parts, "absent")
	for _, c := range []struct {
		name, ci, need, how, note string
	}{
		{"skips at home", "", "absent", "skip", "TestOfSomething: missing: "},
		{"fails under CI", "true", "absent", "fatal", ""},
		{"fails on an unknown part", "", "no such part", "fatal", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			notes := filepath.Join(t.TempDir(), "notes")
			t.Setenv("CI", c.ci)
			t.Setenv(notRunFile, notes)
			s := &stopped{TB: t}
			func() {
				defer func() { _ = recover() }()
				Require(s, c.need)
			}()
			text, _ := os.ReadFile(notes) // not there: no note
			if s.how != c.how || !strings.HasPrefix(string(text), c.note) || (c.note == "") != (len(text) == 0) {
				t.Errorf("stopped by %q with note %q, want %q and %q", s.how, text, c.how, c.note)
			}
		})
	}
}

func TestIsOrphan(t *testing.T) {
	born, err := birth(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		want bool
	}{
		{fmt.Sprintf("%s%d-%d-1-client", namePrefix, os.Getpid(), born), false},
		{fmt.Sprintf("%s%d-%d-1-client", namePrefix, os.Getpid(), born+1), true}, // the number was reused
		{fmt.Sprintf("%s%d-1-1-client", namePrefix, dead.Process.Pid), true},
		{"somebody-1-1-1-client", false},
		{namePrefix + "client", false},
		{namePrefix + "x-1-1-client", false},
		{namePrefix + "1-x-1-client", false},
	} {
		if got := isOrphan(c.name); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestRemoveNamespace shows that a namespace goes with the process in it.
func TestRemoveNamespace(t *testing.T) {
	b := New(t)
	name := b.Client.Name
	cmd := b.Command(t.Context(), b.Client, "sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(configDir, name)); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second time is no error
		if err := removeNamespace(name); err != nil {
			t.Fatal(err)
		}
	}
	_ = cmd.Wait() // returns only when the process is gone
	for _, dir := range []string{namespaceDir, configDir} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s/%s is still there: %v", dir, name, err)
		}
	}
}

// TestSweepDir has an orphan, one of ours that lives, and a stranger.
func TestSweepDir(t *testing.T) {
	dir := t.TempDir()
	mine := service(label(t, 1)) + "-cf__queues.shm"
	orphan := service(fmt.Sprintf("%s%d-1-1", namePrefix, os.Getpid())) + "-cf__queues.shm" // our number, another start
	for _, name := range []string{mine, orphan, "stranger"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	isOurs := func(name string) bool { return isOrphan(strings.ReplaceAll(name, "x", "-")) }
	var swept []string
	err := sweepDir(dir, isOurs, func(name string) error { swept = append(swept, name); return nil })
	if err != nil || !slices.Equal(swept, []string{orphan}) {
		t.Errorf("swept %q, %v; want only %q", swept, err, orphan)
	}
	if err := sweepDir(filepath.Join(dir, "nonexistent"), isOurs, nil); err != nil {
		t.Errorf("a directory that is not there: %v", err)
	}
}

func TestSquidConfig(t *testing.T) {
	for _, c := range []struct {
		name      string
		squid     Squid
		has, lack []string
	}{
		{"open", Squid{}, []string{"http_access allow all"}, []string{"ssl_bump", "auth_param", "http_access deny"}},
		{"denies", Squid{Deny: []string{"a.example", "b.example"}}, []string{"acl denied dstdomain a.example b.example\nhttp_access deny denied"},
			[]string{"ssl_bump", "auth_param"}},
		{"asks", Squid{Users: map[string]string{"u": "p"}}, []string{"auth_param basic program", "http_access deny !known"},
			[]string{"ssl_bump", "dstdomain"}},
		{"asks by digest", Squid{Users: map[string]string{"u": "p"}, Scheme: "digest"},
			[]string{"auth_param digest program", "http_access deny !known"}, []string{"auth_param basic"}},
		{"asks by NTLM", Squid{Users: map[string]string{"u": "p"}, Scheme: "ntlm"}, []string{"auth_param ntlm program /helper u=p"},
			[]string{"auth_param basic"}},
		{"answers in its own way", Squid{Deny: []string{"a.example"}, DenyInfo: "TCP_RESET"}, []string{"deny_info TCP_RESET denied"},
			[]string{"SSL_ports"}},
		{"keeps to 443", Squid{SSLPorts: true}, []string{"http_access deny CONNECT !SSL_ports"}, []string{"deny_info"}},
		{"opens", Squid{Bump: &Authority{}}, []string{"ssl_bump bump all", "cafile=/roots"}, []string{"auth_param", "dstdomain"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := c.squid.config("/dir", "/roots", "/helper")
			for _, want := range c.has {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in:\n%s", want, text)
				}
			}
			for _, other := range c.lack {
				if strings.Contains(text, other) {
					t.Errorf("%q is in:\n%s", other, text)
				}
			}
		})
	}
}

// TestLeaf checks the chain as a client does, and that timestamps are embedded.
func TestLeaf(t *testing.T) {
	root := NewAuthority(t, "root", ecdsaKey(t))
	leaf := root.Intermediate(t, "intermediate").Leaf(t, "registry.example")
	block, rest := pem.Decode(leaf.ChainPEM)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	intermediates, roots, strangers := x509.NewCertPool(), x509.NewCertPool(), x509.NewCertPool()
	if !intermediates.AppendCertsFromPEM(rest) || bytes.Contains(leaf.ChainPEM, root.CertPEM()) {
		t.Error("the chain is not leaf and intermediate")
	}
	roots.AddCert(root.Cert)
	strangers.AddCert(NewInterceptor(t).Cert)
	for pool, want := range map[*x509.CertPool]bool{roots: true, strangers: false} {
		_, err := cert.Verify(x509.VerifyOptions{DNSName: "registry.example", Roots: pool, Intermediates: intermediates})
		if (err == nil) != want {
			t.Errorf("verified: %v, want %v", err, want)
		}
	}
	for _, extension := range cert.Extensions {
		var list []byte
		if extension.Id.Equal(oidSCTList) {
			if rest, err := asn1.Unmarshal(extension.Value, &list); err != nil || len(rest) > 0 || int(list[0])<<8|int(list[1]) != len(list)-2 {
				t.Errorf("timestamps: %v, %d bytes behind them, list %x", err, len(rest), list)
			}
			return
		}
	}
	t.Error("no timestamps")
}

func TestParseScopes(t *testing.T) {
	got := parseScopes([]string{"repository:ubi9/ubi:pull,push repository:host:5000/a:pull", "nonsense"}, []string{"repository:rhel:pull"})
	want := []access{
		{"repository", "ubi9/ubi", []string{"pull", "push"}},
		{"repository", "host:5000/a", []string{"pull"}},
		{"repository", "rhel", []string{"pull"}},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if granted := pullOnly(got); fmt.Sprint(granted) != fmt.Sprint([]access{{"repository", "ubi9/ubi", []string{"pull"}},
		{"repository", "host:5000/a", []string{"pull"}}}) {
		t.Errorf("granted %v", granted)
	}
}
