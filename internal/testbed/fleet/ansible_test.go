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
	for _, key := range []string{"host", "user"} {
		tool(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, key))
	}
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil { // where it gives up its rights to
		t.Fatal(err)
	}
	inventory := ""
	for name, world := range map[string]string{"denied1": "proxy-connect-denied", "denied2": "proxy-connect-denied",
		"inspected": "tls-intercepted-untrusted", "broken": "registry-not-found"} {
		inventory += fmt.Sprintf("%s ansible_host=127.0.0.1 ansible_port=%s pullpath_path=%s\n", name, sshd(t, dir, name, world),
			filepath.Join(dir, name+"-pullpath"))
	}
	inventory += fmt.Sprintf("[all:vars]\nansible_user=root\nansible_ssh_private_key_file=%s\nansible_python_interpreter=/usr/bin/python3\n"+
		"ansible_ssh_common_args=-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null\n", filepath.Join(dir, "user"))
	play := exec.Command("ansible-playbook", "-i", file(t, dir, "inventory", inventory), filepath.Join(deploy, "ansible", "check.yml"),
		"-e", "pullpath_binary="+testbed.PullPath(t), "-e", "pullpath_local="+testbed.PullPath(t),
		"-e", "pullpath_reports="+filepath.Join(dir, "reports"), "-e", `{"pullpath_labels": {"zone": "a"}}`)
	play.Env = append(os.Environ(), "ANSIBLE_NOCOLOR=1", "ANSIBLE_LOCAL_TEMP="+filepath.Join(dir, "tmp"), "LC_ALL=C.UTF-8")
	out, err := play.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{"Change request for the proxy team", "the 2 hosts that failed alike", "TLS to"} {
		if !strings.Contains(string(out), want) {
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
