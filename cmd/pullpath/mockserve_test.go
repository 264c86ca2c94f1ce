package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pullpath/internal/fault"
	"pullpath/mockproxy"
)

// served runs "pullpath mock" with arguments and returns what it announced. It ends
// with the test.
func served(t *testing.T, args ...string) string {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	root := newRoot(streams{in: os.Stdin, out: w, err: w})
	root.SetArgs(append([]string{"mock"}, args...))
	ended := make(chan error, 1)
	go func() { ended <- root.ExecuteContext(ctx); _ = w.Close() }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		_ = r.Close()
		if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
	var text strings.Builder
	for lines := bufio.NewScanner(r); lines.Scan(); {
		text.WriteString(lines.Text() + "\n")
		if lines.Text() == "# Ctrl-C ends it" {
			go func() { _, _ = io.Copy(io.Discard, r) }()
			return text.String()
		}
	}
	t.Fatalf("it ended: %s%v", text.String(), <-ended)
	return ""
}

// Who does not read the access log does not stop the network, and finds at the end how
// much of it is missing.
func TestAStalledReaderOfTheLogStopsNothing(t *testing.T) {
	r, w := piped(t)
	log := newAccessLog(w, nil, true)
	n, err := mockproxy.Start(fault.World{}, mockproxy.Follow(log.add))
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	const lines = 20_000 // more than the pipe and the log hold
	for range lines {
		log.add(mockproxy.Event{Kind: "tcp", Host: "registry.redhat.io", Headers: []string{"Accept: " + strings.Repeat("x", 60)}})
	}
	resp, err := http.Get("http://" + n.ProxyAddress() + "/")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if len(n.Events()) == 0 {
		t.Error("no event was told")
	}
	read := make(chan string)
	go func() { text, _ := io.ReadAll(r); read <- string(text) }()
	if err := log.close(); err != nil {
		t.Error(err)
	}
	_ = w.Close()
	text := <-read
	m := regexp.MustCompile(`\((\d+) lines left out: nobody read them\)\n$`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("the log ends with %q", text[max(0, len(text)-100):])
	}
	if left, err := strconv.Atoi(m[1]); err != nil || left+strings.Count(text, " tcp ") != lines+len(n.Events()) {
		t.Errorf("%d lines and %d left out of %d", strings.Count(text, " tcp "), left, lines+len(n.Events()))
	}
}

func TestMockIsChangedWhileItServes(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	text := served(t, "--admin", "127.0.0.1:0", "--log", log)
	m := regexp.MustCompile(`(?m)^# admin +(\S+)$`).FindStringSubmatch(text)
	if m == nil {
		t.Fatal(text)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Post("http://"+m[1]+"/faults", "text/plain", strings.NewReader("connect-status:status=403,body=@squid"))
	if err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatal(resp, err)
	}
	_ = resp.Body.Close()
	proxy := regexp.MustCompile(`(?m)^# proxy +http://(\S+)$`).FindStringSubmatch(text)
	if proxy == nil {
		t.Fatal(text)
	}
	r, err := http.NewRequest(http.MethodConnect, "http://"+proxy[1], nil)
	if err != nil {
		t.Fatal(err)
	}
	r.URL.Opaque, r.Host = "sso.redhat.com:443", "sso.redhat.com:443"
	resp, err = client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != 403 || !strings.Contains(string(body), "ERR_ACCESS_DENIED") {
		t.Errorf("%d %s %v", resp.StatusCode, body, err)
	}
	line := regexp.MustCompile(`connect proxy "CONNECT sso.redhat.com:443" status=403 bytes=\d{3,} ms=\d+ fault=connect-status\n`)
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) { // the log is written beside the answer
		lines, err := os.ReadFile(log)
		if err == nil && line.Match(lines) {
			break
		}
		if err != nil || time.Now().After(end) {
			t.Fatalf("%s, %v", lines, err)
		}
	}
}

// TestWhatIsPrintedIsWhatAShellReads: a value survives its shell.
func TestWhatIsPrintedIsWhatAShellReads(t *testing.T) {
	const odd = `it's "odd" $HOME \ 100%`
	env := []string{"HTTPS_PROXY=" + odd, "HTTP_PROXY=http://127.0.0.1:1", "https_proxy=x", "SSL_CERT_FILE=/ca.pem"}
	for name, want := range map[string]string{
		"sh":         `export HTTPS_PROXY='it'\''s "odd" $HOME \ 100%'`,
		"fish":       `set -gx HTTPS_PROXY 'it\'s "odd" $HOME \\ 100%'`,
		"powershell": `$env:HTTPS_PROXY = 'it''s "odd" $HOME \ 100%'`,
		"docker":     `Environment="HTTPS_PROXY=it's \"odd\" $HOME \\ 100%%"`,
		"podman": `env = ["HTTPS_PROXY=it's \"odd\" $HOME \\ 100%", ` +
			`"HTTP_PROXY=http://127.0.0.1:1", "NO_PROXY=", "no_proxy=", "SSL_CERT_FILE=/ca.pem"]`,
	} {
		text := strings.Join(shells[name](env), "\n")
		if !strings.Contains(text, want) {
			t.Errorf("%s:\n%s\nlacks\n%s", name, text, want)
		}
		if strings.Contains(text, "https_proxy") == (name == "powershell") && name != "docker" && name != "podman" {
			t.Errorf("%s: %s", name, text)
		}
	}
	out, err := exec.Command("sh", "-c", strings.Join(inPOSIX(env), "\n")+"\nprintf %s \"$HTTPS_PROXY\"").Output()
	if err != nil || string(out) != odd {
		t.Errorf("%q, %v", out, err)
	}
}

// TestAProxyOfTheUsersOwnIsTakenAway: what the network does not set leads past it.
func TestAProxyOfTheUsersOwnIsTakenAway(t *testing.T) {
	proxied := []string{"HTTPS_PROXY=http://127.0.0.1:1", "HTTP_PROXY=http://127.0.0.1:1", "https_proxy=http://127.0.0.1:1",
		"http_proxy=http://127.0.0.1:1", "SSL_CERT_FILE=/ca.pem"}
	exempting := append([]string{"NO_PROXY=a,\"b\"", "no_proxy=a"}, proxied...)
	direct := []string{"SSL_CERT_FILE=/ca.pem"}
	for name, want := range map[string][3]string{
		"sh": {"unset ALL_PROXY all_proxy FTP_PROXY ftp_proxy NO_PROXY no_proxy\n", "unset ALL_PROXY all_proxy FTP_PROXY ftp_proxy\n",
			"unset HTTPS_PROXY https_proxy HTTP_PROXY http_proxy ALL_PROXY"},
		"fish": {"set -e ALL_PROXY all_proxy FTP_PROXY ftp_proxy NO_PROXY no_proxy\n", "set -e ALL_PROXY all_proxy FTP_PROXY ftp_proxy\n",
			"set -e HTTPS_PROXY"},
		"powershell": {"Env:ALL_PROXY, Env:FTP_PROXY, Env:NO_PROXY\n", "Env:ALL_PROXY, Env:FTP_PROXY\n",
			"Env:HTTPS_PROXY, Env:HTTP_PROXY, Env:ALL_PROXY, Env:FTP_PROXY, Env:NO_PROXY"},
		"docker": {"Environment=\"NO_PROXY=\"\nEnvironment=\"no_proxy=\"", `"no-proxy":"a,\"b\""}}`, `and no "proxies" in`},
		"podman": {`"NO_PROXY=", "no_proxy="`, `"NO_PROXY=a,\"b\""`, `"HTTPS_PROXY=", "https_proxy="`},
	} {
		for i, env := range [][]string{proxied, exempting, direct} {
			if text := strings.Join(shells[name](env), "\n") + "\n"; !strings.Contains(text, want[i]) {
				t.Errorf("%s:\n%slacks %s", name, text, want[i])
			}
		}
	}
	c := exec.Command("sh", "-c", strings.Join(inPOSIX(proxied), "\n")+"\nenv")
	c.Env = []string{"NO_PROXY=redhat.com", "all_proxy=http://outside.example", "PATH=" + os.Getenv("PATH")}
	out, err := c.Output()
	if err != nil || strings.Contains(string(out), "redhat.com") || strings.Contains(string(out), "outside.example") {
		t.Errorf("%s, %v", out, err)
	}
}

func TestWhatOthersCanReachIsPrinted(t *testing.T) {
	n, err := mockproxy.Start(fault.World{}, mockproxy.Complete(), mockproxy.Listen(mockproxy.Ports{HTTP: "0.0.0.0:0", Anywhere: true}))
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	text := strings.Join(exposed(Serving{Listen: []string{"http=0.0.0.0:0", "socks=127.0.0.1:0"}, Admin: "0.0.0.0:0", ListenAnywhere: true}, n,
		"127.0.0.1:99"), "\n")
	if !strings.Contains(text, "the HTTP proxy on port "+portOf(n.ProxyAddress())) ||
		!strings.Contains(text, "without a password on port 99") || strings.Contains(text, "SOCKS") {
		t.Error(text)
	}
	if text := exposed(Serving{}, n, ""); text != nil {
		t.Error(text)
	}
}

func TestPortInUseIsOneLine(t *testing.T) {
	n, err := mockproxy.Start(fault.World{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	root := newRoot(streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	root.SetArgs([]string{"mock", "--listen", "http=" + n.ProxyAddress()})
	if err := root.Execute(); err == nil || !strings.Contains(err.Error(), "address already in use") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
}

// TestHowItIsAsked: without a proxy curl has to be led, in a network from a report too,
// whose environment is empty.
func TestHowItIsAsked(t *testing.T) {
	own := []fault.Host{{Name: "cdn.example", Address: "203.0.113.8", Role: "blob"},
		{Name: "harbor.example", Address: "203.0.113.9", Role: "registry"}}
	for name, c := range map[string]struct {
		world fault.World
		want  string
	}{
		"by a proxy": {fault.World{}, `^curl -v https://registry.redhat.io/v2/$`},
		"direct": {fault.World{Direct: true},
			`--noproxy '\*' --connect-to registry.redhat.io:443:127.0.0.1:\d+ https://registry.redhat.io/v2/$`},
		"from a report": {fault.World{Env: map[string]string{}}, `--connect-to registry.redhat.io:443:127.0.0.1:\d+ https`},
		"plain alone":   {fault.World{Env: map[string]string{"HTTP_PROXY": fault.ProxyURL}}, `--connect-to`},
		"another":       {fault.World{Direct: true, Hosts: own}, `--connect-to harbor.example:443:127.0.0.1:\d+ https://harbor.example/v2/$`},
	} {
		n, err := mockproxy.Start(c.world)
		if err != nil {
			t.Fatal(err)
		}
		if got := asking(n); !regexp.MustCompile(c.want).MatchString(got) {
			t.Errorf("%s: %s", name, got)
		}
		n.Close()
	}
}
