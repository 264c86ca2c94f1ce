//go:build linux

package testbed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// mocked runs a command in "pullpath mock" with these flags, and returns what it
// printed and its exit status.
func mocked(t *testing.T, flags []string, command ...string) (string, int) {
	t.Helper()
	args := append(append([]string{"mock"}, flags...), "--")
	cmd := exec.Command(PullPath(t), append(args, command...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// TestRealCurlMeetsDirectFaults asks for a host without any proxy variable: the
// kernel of a namespace plays what breaks. The numbers are curl's (curl(1), EXIT
// CODES), the texts those of 7.88 with OpenSSL.
func TestRealCurlMeetsDirectFaults(t *testing.T) {
	Require(t, "namespaces", "nftables", "curl")
	const host = "host=registry.redhat.io"
	for name, row := range map[string]struct {
		flags  []string
		status int
		text   string
	}{
		"healthy":        {nil, 0, "UNAUTHORIZED"},
		"ports within":   {[]string{"--admin", "127.0.0.1:0"}, 0, "note: .* CMD alone reaches them"},
		"ports anywhere": {[]string{"--listen", "http=0.0.0.0:0", "--listen", "dns=[::]:0", "--listen-anywhere"}, 0, "UNAUTHORIZED"},
		"refuse":         {[]string{"--fault", "tcp-refuse:" + host}, 7, `Connection refused`},
		"drop":           {[]string{"--fault", "tcp-drop:" + host}, 28, `timed out|Timeout`},
		"prohibit":       {[]string{"--fault", "tcp-prohibit:" + host}, 7, `No route to host`},
		"host":           {[]string{"--fault", "tcp-host-unreachable:" + host}, 7, `No route to host`},
		"network":        {[]string{"--fault", "tcp-net-unreachable:" + host}, 7, `Network is unreachable`},
		"no route":       {[]string{"--fault", "tcp-no-route:" + host}, 7, `No route to host`},
		"denied locally": {[]string{"--fault", "tcp-deny-locally:" + host}, 7, `Permission denied`},
		"another port":   {[]string{"--fault", "tcp-refuse:port=8443," + host}, 0, "UNAUTHORIZED"},
		"reset":          {[]string{"--fault", "tcp-reset:" + host}, 35, `Connection reset by peer`},
		"name":           {[]string{"--fault", "dns-rcode:rcode=NXDOMAIN," + host}, 6, `Could not resolve host`},
		"resolver":       {[]string{"--fault", "tcp-refuse:host=resolver"}, 6, `Could not resolve host`},
		"sni":            {[]string{"--fault", "tls-reset:only=name," + host}, 35, `Connection reset by peer`},
		"mtu":            {[]string{"--fault", "path-mtu:mtu=576," + host}, 28, `timed out`},
		"block page":     {[]string{"--fault", "http-status:status=403,body=@squid," + host}, 0, `ERR_ACCESS_DENIED`},
		"plain text":     {[]string{"--fault", "tls-plaintext:" + host}, 35, `wrong version number`},
		"intercepted":    {[]string{"--fault", "tls-intercept:" + host}, 60, `unable to get local issuer|self.signed`},
		"expired":        {[]string{"--fault", "tls-expired:" + host}, 60, `certificate has expired`},
		"other name":     {[]string{"--fault", "tls-wrong-name:" + host}, 60, `no alternative certificate subject name`},
		// A code brings its own network, here one with a proxy, whose name and address
		// are there as well.
		"proxy refused": {[]string{"--fault", "proxy-refused"}, 7,
			`proxy\.corp\.example port 3128.*Connection refused|Failed to connect to proxy\.corp\.example`},
		"proxy denies": {[]string{"--fault", "proxy-connect-denied", "--fault", "connect-status"}, 56, `403`},
		"proxy's name": {[]string{"--fault", "proxy-name-unresolved"}, 5, `Could not resolve proxy`},
	} {
		t.Run(name, func(t *testing.T) {
			out, status := mocked(t, append(row.flags, "--transparent"), "curl", "-sv", "-m", "3", "https://registry.redhat.io/v2/")
			if status != row.status || !regexp.MustCompile(row.text).MatchString(out) {
				t.Errorf("status %d, want %d and %s:\n%s", status, row.status, row.text, out)
			}
		})
	}
}

// TestTransparentHasOddPlaces: name servers and proxies are not always at addresses of
// their own. The look-up, by glibc, and the way are what a real client finds.
func TestTransparentHasOddPlaces(t *testing.T) {
	Require(t, "namespaces", "nftables", "curl")
	const site = "network:\n  env: {%s}\n  pins: {%s}\n  site:\n    proxies: [{name: %q, address: %q}]\n    resolvers: [%q]\n  faults: [%s]\n"
	const near = "HTTPS_PROXY: 'http://127.0.0.1:3128'"
	for name, row := range map[string]struct {
		env, pins, proxy, resolver, fault string
		status                            int
		text                              string
	}{
		"a stub on loopback": {"", "", "192.0.2.9", "127.0.0.53:53", "", 0, "UNAUTHORIZED"},
		"that stub refuses": {"", "", "192.0.2.9", "127.0.0.53:53", "tcp-refuse:host=resolver", 6,
			"Could not resolve host"},
		"datagrams are lost":       {"", "", "192.0.2.9", "203.0.113.53:53", "tcp-drop:host=resolver", 28, "Resolving timed out"},
		"asked over TLS":           {"", "", "192.0.2.9", "tls://203.0.113.53:853#dns.example", "", 0, "UNAUTHORIZED"},
		"asked by name over HTTPS": {"", "dns.example: 192.0.2.3", "192.0.2.9", "https://dns.example:443", "", 0, "UNAUTHORIZED"},
		"of the proxy's address":   {"", "", "203.0.113.53", "203.0.113.53:53", "", 0, "UNAUTHORIZED"},
		"the hosts file has it":    {"", "registry.redhat.io: 203.0.113.250", "192.0.2.9", "203.0.113.53:53", "", 7, `203\.0\.113\.250`},
		"a server of IPv6":         {"", "", "192.0.2.9", "[2001:db8::53]:53", "", 0, "UNAUTHORIZED"},
		"that server refuses": {"", "", "192.0.2.9", "[2001:db8::53]:53", "tcp-refuse:host=resolver", 6,
			"Could not resolve host"},
		"a proxy on loopback": {near, "", "127.0.0.1", "203.0.113.53:53", "connect-status:host=registry.redhat.io,status=403,phrase=No", 56,
			"CONNECT tunnel failed, response 403|HTTP code 403 from proxy"},
		"that proxy is down": {near, "", "127.0.0.1", "203.0.113.53:53", "tcp-refuse:host=proxy", 7,
			"127.0.0.1 port 3128.*(Connection refused|Could)"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "site.yaml")
			fault := row.fault
			if fault != "" {
				fault = strconv.Quote(fault)
			}
			text := fmt.Sprintf(site, row.env, row.pins, row.proxy, row.proxy, row.resolver, fault)
			if row.env == "" {
				text = strings.Replace(text, "network:\n", "network:\n  direct: true\n", 1)
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			out, status := mocked(t, []string{"--scenario", file, "--transparent"}, "curl", "-sv", "-m", "5", "https://registry.redhat.io/v2/")
			if status != row.status || !regexp.MustCompile(row.text).MatchString(out) {
				t.Errorf("status %d, want %d and %s:\n%s", status, row.status, row.text, out)
			}
		})
	}
}

// TestTransparentHasIPv6 asks hosts of both families, and says by which address curl
// came through. The kernel's words are those of the real message.
func TestTransparentHasIPv6(t *testing.T) {
	Require(t, "namespaces", "nftables", "curl")
	const hosts = "{name: registry.redhat.io, address: 203.0.113.101, further: ['2001:db8::101'], role: registry}, {name: sso.redhat.com, " +
		"address: '2001:db8::102', role: auth}"
	for name, row := range map[string]struct{ host, effect, family, want string }{
		"healthy":             {"registry.redhat.io", "", "", "0 by 2001:db8::101"},
		"of IPv6 alone":       {"sso.redhat.com", "", "", "0 by 2001:db8::102"},
		"IPv6 is lost":        {"registry.redhat.io", "drop", "6", "0 by 203.0.113.101"},
		"IPv4 is lost":        {"registry.redhat.io", "drop", "4", "0 by 2001:db8::101"},
		"IPv6 is refused":     {"registry.redhat.io", "refuse", "6", "Connection refused; 0 by 203.0.113.101"},
		"a router prohibits":  {"sso.redhat.com", "prohibit", "6", "Permission denied; 7 by"},
		"a router has no way": {"sso.redhat.com", "net-unreachable", "6", "Network is unreachable; 7 by"},
		"the host is gone":    {"sso.redhat.com", "host-unreachable", "6", "No route to host; 7 by"},
		"no route here":       {"sso.redhat.com", "no-route", "6", "No route to host; 7 by"},
		"reset by the hello":  {"sso.redhat.com", "reset", "6", "35 by 2001:db8::102"},
	} {
		t.Run(name, func(t *testing.T) {
			faults := ""
			if row.effect != "" {
				faults = fmt.Sprintf("'tcp-%s:host=%s,family=%s'", row.effect, row.host, row.family)
				if row.effect == "reset" { // it is played by the host, in either family
					faults = "tcp-reset:host=" + row.host
				}
			}
			file := filepath.Join(t.TempDir(), "site.yaml")
			if err := os.WriteFile(file, []byte("network:\n  direct: true\n  hosts: ["+hosts+"]\n  faults: ["+faults+"]\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			out, status := mocked(t, []string{"--scenario", file, "--transparent"}, "curl", "-sv", "-m", "5", "-o", "/dev/null", "-w",
				"by %{remote_ip}", "https://"+row.host+"/")
			said := ""
			for _, m := range refusedAddress.FindAllStringSubmatch(out, -1) {
				said += m[1] + "; "
			}
			by := strings.TrimSpace(out[max(0, strings.LastIndex(out, "by ")):])
			if got := fmt.Sprint(said, status, " ", by); got != row.want {
				t.Errorf("%q, want %q:\n%s", got, row.want, out)
			}
		})
	}
}

// refusedAddress is curl's line about an address that it could not connect to.
var refusedAddress = regexp.MustCompile(`(?m)^\* (?:connect to \S+ port \d+ failed|Immediate connect fail for \S+): (.*)$`)

// TestReplayReadsStandardInputOnce: in a namespace the program runs again.
func TestReplayReadsStandardInputOnce(t *testing.T) {
	Require(t, "namespaces", "nftables", "curl")
	check := exec.Command(PullPath(t), "check", "--mock=tcp-refused", "-o", "json")
	report, err := check.Output()
	if check.ProcessState.ExitCode() != 1 {
		t.Fatalf("%v: %s", err, report)
	}
	cmd := exec.Command(PullPath(t), "replay", "--transparent", "-", "--", "curl", "-sS", "-m", "5", "https://sso.redhat.com/")
	cmd.Stdin = bytes.NewReader(report)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 7 || !bytes.Contains(out, []byte("curl: (7)")) {
		t.Errorf("%v: %s", err, out)
	}
}

// TestReplayOfTexts: of what a client printed a network is made in which curl fails for the same cause.
func TestReplayOfTexts(t *testing.T) {
	Require(t, "namespaces", "nftables", "curl")
	const asked = `Error response from daemon: Get "https://registry.redhat.io/v2/": `
	for code, text := range map[string]string{
		"proxy-connect-denied":      asked + "Forbidden",
		"dns-name-not-found":        asked + "dial tcp: lookup registry.redhat.io on 198.51.100.5:53: no such host",
		"tcp-refused":               asked + "dial tcp 192.0.2.7:443: connect: connection refused",
		"tls-certificate-expired":   asked + "x509: certificate has expired or is not yet valid",
		"tls-intercepted-untrusted": asked + "x509: certificate signed by unknown authority",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "text.txt")
			if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			replay := exec.Command(PullPath(t), "replay", "--transparent", path, "--", "curl", "-sSv", "--max-time", "8",
				"https://registry.redhat.io/v2/")
			printed, err := replay.CombinedOutput()
			if err == nil {
				t.Fatalf("curl succeeds:\n%s", printed)
			}
			diagnose := exec.Command(PullPath(t), "diagnose", "-")
			diagnose.Stdin = bytes.NewReader(printed)
			said, _ := diagnose.Output() //nolint:errcheck // its status is that of the verdict
			if !strings.Contains(string(said), code) {
				t.Errorf("curl prints:\n%s\nwhich is said to be:\n%s", printed, said)
			}
		})
	}
}

// TestTransparentNeedsNoRoot runs it as nobody, in a user namespace.
func TestTransparentNeedsNoRoot(t *testing.T) {
	Require(t, "namespaces", "nftables", "curl")
	if err := exec.Command("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "unshare", "-Urn", "true").Run(); err != nil {
		t.Skip("this kernel gives other users no namespaces: ", err)
	}
	dir := filepath.Join(t.TempDir(), "nobody")
	if err := errors.Join(os.Mkdir(dir, 0o755), os.Chown(dir, 65534, 65534), os.Chmod(filepath.Dir(dir), 0o755),
		os.Chmod(filepath.Dir(filepath.Dir(dir)), 0o755)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", PullPath(t), "mock", "--transparent", "--",
		"curl", "-sS", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", "https://registry.redhat.io/v2/")
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "HOME="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "401" {
		t.Errorf("%v: %s", err, out)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

const (
	// bigLayer is the layer of the acceptance: larger than the bound on memory by far.
	bigLayer = "500M"
	// mostMemory is that bound, in KiB: what VmHWM of proc(5) counts in.
	mostMemory = 64 << 10
)

// TestSkopeoPullsALargeLayer copies an image through CONNECT. skopeo checks every
// digest; the mock's memory is read while it still runs.
func TestSkopeoPullsALargeLayer(t *testing.T) {
	Require(t, "namespaces", "skopeo")
	target := t.TempDir()
	peak := filepath.Join(target, "peak")
	script := `skopeo copy -q --src-tls-verify=true docker://registry.redhat.io/ubi9/ubi:latest dir:` + target +
		`/image && grep VmHWM /proc/$PPID/status >` + peak
	out, status := mocked(t, []string{"--layer-size", bigLayer}, "sh", "-c", script)
	if status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	raw, err := os.ReadFile(filepath.Join(target, "image", "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Layers []struct {
			Size   int64
			Digest string
		}
	}
	if err := json.Unmarshal(raw, &manifest); err != nil || len(manifest.Layers) != 1 {
		t.Fatal(err, string(raw))
	}
	layer := manifest.Layers[0]
	info, err := os.Stat(filepath.Join(target, "image", strings.TrimPrefix(layer.Digest, "sha256:")))
	if err != nil || info.Size() != layer.Size || layer.Size < 500<<20 {
		t.Errorf("%v of %d bytes, %v", info, layer.Size, err)
	}
	line, err := os.ReadFile(peak)
	fields := strings.Fields(string(line))
	if err != nil || len(fields) < 2 {
		t.Fatalf("%q, %v", line, err)
	}
	if used, err := strconv.Atoi(fields[1]); err != nil || used > mostMemory {
		t.Errorf("the mock took %s KiB of memory, %v", fields[1], err)
	} else {
		t.Logf("the mock took %d KiB of memory at the most", used)
	}
}
