//go:build linux

package fleet

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pullpath/internal/testbed"
)

// sshd serves a host whose sessions are inside a network with a fault, and returns its port.
func sshd(t *testing.T, dir, name, world string) string {
	t.Helper()
	_, at, err := net.SplitHostPort(port(t))
	if err != nil {
		t.Fatal(err)
	}
	config := file(t, dir, name+".sshd", fmt.Sprintf(`ListenAddress 127.0.0.1:%s
HostKey %s
AuthorizedKeysFile %s
StrictModes no
UsePAM no
PermitRootLogin yes
PidFile none
Subsystem sftp internal-sftp
`, at, filepath.Join(dir, "host"), filepath.Join(dir, "user.pub")))
	pp := testbed.PullPath(t)
	start(t, pp, "mock", "--fault", world, "--", "sh", "-c",
		`exec "$(PATH=$PATH:/usr/sbin command -v sshd)" -D -e -f `+config+` -o "SetEnv=PULLPATH_NETWORK=$PULLPATH_NETWORK"`)
	await(t, "sshd of "+name, func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+at)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return at
}

// The playbook over ssh into four networks: it copies the binary, checks, fetches, groups, and prints
// the request for the two hosts that fail alike.
func TestAnsible(t *testing.T) {
	testbed.Require(t, "ansible")
	dir := t.TempDir()
	keys(t, dir)
	inventory := ""
	for name, world := range map[string]string{"denied1": "proxy-connect-denied", "denied2": "proxy-connect-denied",
		"inspected": "tls-intercepted-untrusted", "broken": "registry-not-found"} {
		inventory += fmt.Sprintf("%s ansible_host=127.0.0.1 ansible_port=%s pullpath_path=%s\n", name, sshd(t, dir, name, world),
			filepath.Join(dir, name+"-pullpath"))
	}
	out := play(t, dir, inventory)
	for _, want := range []string{"Change request for the proxy team", "the 2 hosts that failed alike", "TLS to"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	reports, err := filepath.Glob(filepath.Join(dir, "reports", "*.json"))
	if err != nil || len(reports) != 4 {
		t.Fatalf("%q, %v", reports, err)
	}
	text, err := os.ReadFile(reports[0])
	if err != nil || !strings.Contains(string(text), `"zone": "a"`) {
		t.Errorf("the report has no label: %v", err)
	}
}

// keys makes those of the servers and of the user, and the directory that sshd wants.
func keys(t *testing.T, dir string) {
	t.Helper()
	for _, key := range []string{"host", "user"} {
		tool(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, key))
	}
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil { // where it gives up its rights to
		t.Fatal(err)
	}
}

// play runs the playbook on an inventory, and returns what it printed. Its reports are in dir/reports.
func play(t *testing.T, dir, inventory string) string {
	t.Helper()
	inventory += fmt.Sprintf("[all:vars]\nansible_user=root\nansible_ssh_private_key_file=%s\nansible_python_interpreter=/usr/bin/python3\n"+
		"ansible_ssh_common_args=-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null\n", filepath.Join(dir, "user"))
	book := exec.Command("ansible-playbook", "-i", file(t, dir, "inventory", inventory), filepath.Join(deploy, "ansible", "check.yml"),
		"-e", "pullpath_binary="+testbed.PullPath(t), "-e", "pullpath_local="+testbed.PullPath(t),
		"-e", "pullpath_reports="+filepath.Join(dir, "reports"), "-e", `{"pullpath_labels": {"zone": "a"}}`)
	book.Env = append(os.Environ(), "ANSIBLE_NOCOLOR=1", "ANSIBLE_LOCAL_TEMP="+filepath.Join(dir, "tmp"), "LC_ALL=C.UTF-8")
	out, err := book.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// site is a network with real daemons, and what is broken in it.
type site struct {
	cause string
	// build starts what it needs, and returns the proxy, empty for none.
	build func(b *testbed.Bed) (proxy string)
	names testbed.Zone
}

func sites(t *testing.T) map[string]site {
	t.Helper()
	everything := testbed.CorpZone().With(testbed.PublicZone())
	return map[string]site{
		"denied": {"proxy-connect-denied", func(b *testbed.Bed) string {
			return b.StartSquid(testbed.Squid{Deny: []string{"sso.redhat.com"}})
		}, everything},
		"inspected": {"tls-intercepted-untrusted", func(b *testbed.Bed) string {
			return b.StartSquid(testbed.Squid{Bump: testbed.NewInterceptor(t)})
		}, everything},
		"closed": {"tcp-timeout", func(*testbed.Bed) string { return "" }, everything},
		"nameless": {"dns-name-not-found", func(b *testbed.Bed) string {
			b.OpenEgress()
			return ""
		}, testbed.CorpZone()},
	}
}

// The same over four networks, each of namespaces of its own with real daemons: sshd is in the
// client's house, with its name server, its proxy and its trust store.
func TestAnsibleOverNetworks(t *testing.T) {
	testbed.Require(t, "ansible", "squid", "nginx", "docker-registry")
	dir := t.TempDir()
	keys(t, dir)
	inventory := ""
	for name, s := range sites(t) {
		b := testbed.New(t)
		b.ServeOrigin(testbed.Site{})
		b.ServeNames(b.Corp, testbed.CorpAddr, s.names)
		// A name for each: ssh keeps one connection for all sessions with a name.
		inventory += fmt.Sprintf("%s ansible_host=%s.invalid pullpath_path=%s ansible_ssh_extra_args='-o ProxyCommand=%s'\n", name, name,
			filepath.Join(b.Dir, "pullpath"), inetd(t, b, dir, s.build(b)))
	}
	play(t, dir, inventory)
	for name, s := range sites(t) {
		text, err := os.ReadFile(filepath.Join(dir, "reports", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if got := causesOf(t, text); !strings.Contains(got, "`"+s.cause+"`") {
			t.Errorf("%s: %s, want %s", name, got, s.cause)
		}
	}
}

// inetd returns a program that serves one session of SSH in the client's house of a network, on its
// standard input and output.
func inetd(t *testing.T, b *testbed.Bed, dir, proxy string) string {
	t.Helper()
	set := "SetEnv PULLPATH_PUBLIC_ROOTS=" + b.Roots + " PULLPATH_HOP_TIMEOUT=2s"
	if proxy != "" {
		set += " HTTPS_PROXY=" + proxy
	}
	config := b.WriteFile("sshd_config", []byte(fmt.Sprintf("HostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nUsePAM no\n"+
		"PermitRootLogin yes\nPidFile none\nSubsystem sftp internal-sftp\n%s\n",
		filepath.Join(dir, "host"), filepath.Join(dir, "user.pub"), set)))
	command := b.Command(t.Context(), b.Client, "/usr/sbin/sshd", "-i", "-f", config)
	line := "#!/bin/sh\nexec"
	for _, word := range command.Args {
		line += " '" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	script := b.WriteFile("sshd", []byte(line+"\n"))
	if err := os.Chmod(script, 0o755); err != nil {
		t.Fatal(err)
	}
	return script
}
