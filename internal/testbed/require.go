//go:build linux

package testbed

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// notRunFile names the environment variable with a file to which each test
// that is skipped for want of a part adds a line. "make test" reads it out at
// the end: go test hides skips.
const notRunFile = "TESTBED_NOT_RUN"

// parts says which files each thing that a test can require consists of. A
// name without a slash is looked for in PATH.
var parts = map[string][]string{
	"namespaces":      {"ip"},
	"squid":           {"squid", certgen, ncsaAuth, digestAuth},
	"kdc":             {"krb5kdc", "kdb5_util", "kadmin.local", "kinit", ticketAuth},
	"tinyproxy":       {"tinyproxy"},
	"haproxy":         {"haproxy"},
	"stunnel":         {"stunnel"},
	"dante":           {"danted", "openssl"},
	"nginx":           {"nginx"},
	"docker-registry": {"docker-registry"},
	"curl":            {"curl"},
	"skopeo":          {"skopeo"},
	"podman":          {"podman"},
	"buildah":         {"buildah"},
	"containerd":      {"containerd", "ctr"},
	"unbound":         {"unbound"},
	"dnsmasq":         {"dnsmasq"},
	"dnsdist":         {"dnsdist"},
	"nftables":        {"nft"},
	"iptables":        {"iptables"},
	"mitmproxy":       {"mitmdump"},
	"openssl":         {"openssl"},
	"wget":            {"wget"},
	"dig":             {"dig"},
	"tshark":          {"tshark"},
	"git":             {"git"},
	"go":              {"go"},
	"chromium":        {"chromium"},
	"wine":            {"wine", "wineserver", "go"},
	// The font of a page where the system has no other: without one text has no width.
	"fonts-dejavu-core": {"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"},
	// Debian's, for a python3 earlier in PATH may lack its packages.
	"python3": {"/usr/bin/python3"},
	// What fleets are run with (package fleet).
	"prometheus":       {"prometheus", "promtool"},
	"alertmanager":     {"prometheus-alertmanager", "amtool"},
	"blackbox":         {"prometheus-blackbox-exporter"},
	"node-exporter":    {"prometheus-node-exporter"},
	"sosreport":        {"/usr/bin/python3", "/usr/bin/sos", "/usr/lib/python3/dist-packages/sos/report/plugins/__init__.py"},
	"negate":           {"/usr/lib/nagios/plugins/negate"},
	"rpm":              {"rpm", "rpmdb"},
	"dpkg":             {"dpkg", "dpkg-deb"},
	"ansible":          {"ansible-playbook", "sshd", "ssh-keygen"},
	"python3-requests": {"/usr/bin/python3", "/usr/lib/python3/dist-packages/requests/__init__.py"},
}

// Require stops a test that needs parts this machine does not have. Under CI
// (variable CI not empty) that is a failure, since there nothing may be left
// out; else the test is skipped and says what is missing. A part that this
// package does not know fails in both cases.
func Require(t testing.TB, needs ...string) {
	t.Helper()
	for _, need := range needs {
		if _, ok := parts[need]; !ok {
			t.Fatalf("testbed knows no part %q", need)
		}
	}
	absent := missing(needs, os.Geteuid(), lookPath)
	if len(absent) == 0 {
		return
	}
	why := "missing: " + strings.Join(absent, ", ")
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	note(t, why)
	t.Skip(why)
}

// missing returns what the needs lack, the right to make namespaces first.
func missing(needs []string, euid int, look func(string) error) []string {
	var absent []string
	if euid != 0 {
		absent = append(absent, "root")
	}
	for _, need := range needs {
		for _, file := range parts[need] {
			if err := look(file); err != nil {
				absent = append(absent, fmt.Sprintf("%s (%v)", need, err))
				break
			}
		}
	}
	return absent
}

// lookPath looks for a program in PATH and in the directories of the system's
// daemons, which are not in everybody's PATH; for a path it asks only whether
// the file is there.
func lookPath(file string) error {
	if strings.Contains(file, "/") {
		_, err := os.Stat(file)
		return err
	}
	_, err := exec.LookPath(file)
	for _, dir := range []string{"/usr/sbin/", "/sbin/"} {
		if err != nil {
			if _, again := exec.LookPath(dir + file); again == nil {
				return nil
			}
		}
	}
	return err
}

// note leaves a line about a test that does not run.
func note(t testing.TB, why string) {
	t.Helper()
	path := os.Getenv(notRunFile)
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(file, "%s: %s\n", t.Name(), why)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		t.Fatal(err)
	}
}
