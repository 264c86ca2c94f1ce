//go:build linux

package hostile

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pullpath/internal/testbed"
)

// silent says nothing and ends nothing.
func silent(conn net.Conn) {
	for {
		if _, err := conn.Read(make([]byte, 4096)); err != nil {
			return
		}
	}
}

// drips writes a beginning and then a byte now and then, without end.
func drips(begin string) peer {
	return func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 4096))
		_, err := conn.Write([]byte(begin))
		for err == nil {
			time.Sleep(50 * time.Millisecond)
			_, err = conn.Write([]byte("x"))
		}
	}
}

// floods writes a beginning and then one text again and again, without end.
func floods(begin, text string) peer {
	many := []byte(strings.Repeat(text, 1+(64<<10)/len(text)))
	return func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 4096))
		_, err := conn.Write([]byte(begin))
		for err == nil {
			_, err = conn.Write(many)
		}
	}
}

// endless are peers that never finish, by what they do.
func endless() map[string]peer {
	const page = "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n"
	return map[string]peer{
		"says nothing":                  silent,
		"drips its status line":         drips("HTTP/1.1 "),
		"drips header fields":           drips("HTTP/1.1 200 OK\r\nX: "),
		"drips its body":                drips(page + "Content-Length: 1000000\r\n\r\n"),
		"floods its status line":        floods("HTTP/1.1 200 ", "x"),
		"floods header fields":          floods("HTTP/1.1 200 OK\r\n", "A: b\r\n"),
		"floods one header field":       floods("HTTP/1.1 200 OK\r\nX: ", "x"),
		"floods its body":               floods(page+"\r\n", "x"),
		"floods chunks":                 floods(page+"Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
		"floods chunk extensions":       floods(page+"Transfer-Encoding: chunked\r\n\r\n1", ";x"),
		"floods 1xx answers":            floods("", "HTTP/1.1 100 Continue\r\n\r\n"),
		"floods unended comments":       floods(page+"\r\n", "<!--<script></script>"),
		"floods what is not HTTP":       floods("", "\x00\xff"),
		"announces more than any disk":  floods(page+"Content-Length: 9223372036854775807\r\n\r\n", "x"),
		"floods a page's open elements": floods(page+"\r\n", "<title><a "),
	}
}

// A run ends with its time, whatever its peers do, and none of them makes it compute.
func TestPeersThatNeverEnd(t *testing.T) {
	var rows []attempt
	for what, p := range endless() {
		rows = append(rows,
			attempt{name: "the registry " + what, args: []string{"check", target, "--anonymous", "--hop-timeout", "2s"}, net: &network{registry: p},
				timeout: 4 * time.Second},
			attempt{name: "the proxy " + what, args: []string{"check", target, "--anonymous", "--hop-timeout", "2s"}, net: &network{proxy: p},
				timeout: 4 * time.Second})
	}
	for _, what := range []string{"says nothing", "drips its body", "floods its body", "floods header fields", "floods chunks"} {
		rows = append(rows,
			attempt{name: "the token server " + what, args: []string{"check", target, "-u", "joe:hunter22-Secret", "--hop-timeout", "2s"},
				net:     &network{auth: endless()[what]},
				timeout: 4 * time.Second, lacks: []string{"hunter22-Secret"}},
			attempt{name: "the blob host " + what, args: []string{"check", target, "-u", "joe:hunter22-Secret", "--full", "--hop-timeout", "2s"},
				net:     &network{blob: endless()[what]},
				timeout: 4 * time.Second, lacks: []string{"hunter22-Secret"}})
	}
	for _, what := range []string{"says nothing", "floods what is not HTTP", "drips its status line"} {
		rows = append(rows, attempt{name: "a registry without TLS " + what, args: []string{"check", target, "--anonymous", "--hop-timeout", "2s"},
			net: &network{raw: map[string]peer{registryHost: endless()[what]}}, timeout: 4 * time.Second})
	}
	try(t, rows)
}

// lasting is a program whose child keeps its outputs open.
const (
	lasting = "#!/bin/sh\nsleep 60 &\nsleep 60\n"
	leaving = "#!/bin/sh\nsleep 60 &\nexit 0\n"
)

// Programs that are asked end with the run, their children too.
func TestProgramsThatNeverEnd(t *testing.T) {
	helperOf := func(script string) map[string]string {
		return map[string]string{"bin/docker-credential-x": script, ".docker/config.json": `{"credHelpers":{"` + registryHost + `":"x"}}`}
	}
	path := map[string]string{"PATH": "{dir}/bin:/usr/bin:/bin"}
	var rows []attempt
	for what, script := range map[string]string{"sleeps": "#!/bin/sh\nexec sleep 60\n", "has a child that sleeps": lasting,
		"leaves a child": leaving,
		"floods":         "#!/bin/sh\nyes\n", "floods its complaints": "#!/bin/sh\nyes >&2\n", "reads for ever": "#!/bin/sh\ncat /dev/zero\n",
		"ignores signals": "#!/bin/sh\ntrap '' HUP INT TERM PIPE\nwhile :; do sleep 1; done\n"} {
		rows = append(rows, attempt{name: "a helper that " + what, args: []string{"check", target}, net: &network{}, machine: true,
			files: helperOf(script), env: path, timeout: 4 * time.Second, then: noneLeft},
			attempt{name: "a getent that " + what, args: []string{"check", target, "--anonymous"}, net: &network{}, machine: true,
				files: map[string]string{"bin/getent": script}, env: path, timeout: 4 * time.Second, then: noneLeft})
	}
	try(t, rows)
}

// noneLeft fails where a process of the row's folder goes on after the run.
func noneLeft(t *testing.T, r result) {
	t.Helper()
	for range 50 { // what was killed takes a moment to go
		if running := processesIn(r.dir); len(running) == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("still running: %v", processesIn(r.dir))
}

// processesIn returns the processes whose working directory is a folder.
func processesIn(dir string) []string {
	var out []string
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		if at, err := os.Readlink(link); err == nil && at == dir {
			line, _ := os.ReadFile(filepath.Join(filepath.Dir(link), "cmdline"))
			out = append(out, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return out
}

func pipe(t *testing.T, dir string) {
	t.Helper()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A named pipe without another end is waited for as long as --timeout says.
func TestPipesWithoutAnotherEnd(t *testing.T) {
	var rows []attempt
	for _, flag := range []string{"events", "cacert", "public-roots", "ct-logs", "signatures", "profile", "save-chain"} {
		rows = append(rows, attempt{name: "--" + flag, args: []string{"check", "--mock", "-q", "--timeout", "1s", "--" + flag, "{dir}/pipe"},
			plain: true, timeout: time.Second, prepare: pipe, exit: []int{2}, says: []string{"time limit", "error:"}})
	}
	try(t, rows)
}

// The first signal ends whatever a command waits for.
func TestSignalEndsEveryWait(t *testing.T) {
	for _, args := range []string{
		"check --mock --events pipe", "check --mock --cacert pipe", "check --mock --profile pipe", "check --mock -u joe --password-stdin",
		"diagnose pipe", "diagnose -", "anonymize pipe", "ticket pipe", "compare pipe pipe", "replay pipe",
		"replay pipe -- true", "replay - -- true",
		"mock --scenario pipe", "mock --log pipe", "profiles show pipe", "settings --env pipe", "settings --env -", "settings --profile pipe",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			pipe(t, dir)
			in, held, err := os.Pipe() // stdin stays open and is silent
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _, _ = in.Close(), held.Close() }()
			cmd := exec.Command(testbed.PullPath(t), strings.Fields(args)...)
			cmd.Dir, cmd.Stdin, cmd.Env = dir, in, []string{"HOME=" + dir, "PATH=/usr/bin:/bin"}
			out := create(t, filepath.Join(dir, "out"))
			defer out.Close()
			cmd.Stdout, cmd.Stderr = out, out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if !waits(cmd.Process.Pid) {
				t.Error("it does not wait")
			}
			_ = cmd.Process.Signal(os.Interrupt)
			kill := time.AfterFunc(busy, func() { _ = cmd.Process.Kill() })
			err = cmd.Wait()
			said, _ := os.ReadFile(out.Name())
			if status := cmd.ProcessState.ExitCode(); !kill.Stop() || status != 2 || !strings.Contains(string(said), "interrupted") {
				t.Errorf("status %d (%v), said %.300s", status, err, said)
			}
		})
	}
}

// waits reports whether a process has come to rest: it sleeps, and in half a second it has
// computed no more. How much it computed says nothing: a start may cost less than the
// kernel's tick of 10 ms.
func waits(pid int) bool {
	const rest = 5 // samples of 100 ms
	before, same := "", 0
	for range 200 {
		time.Sleep(100 * time.Millisecond)
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return false
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		now := fields[11] + " " + fields[12]
		if fields[0] != "S" || now != before {
			before, same = now, 0
			continue
		}
		if same++; same == rest {
			return true
		}
	}
	return false
}

// An image's layers are read as far as the time and a bound allow; the report names what
// was not read, and never passes it.
func TestLayersWithoutEnd(t *testing.T) {
	rows := []attempt{}
	for _, n := range []int{2000, 20000} {
		var layers []string
		for i := range n {
			layers = append(layers, fmt.Sprint("layer ", i))
		}
		doc := manifestOf(layers...)
		registry := registryBut(func(r *http.Request) []byte {
			if r.Header.Get("Authorization") == "" {
				return nil
			}
			switch {
			case strings.Contains(r.URL.Path, "/manifests/"):
				return answer("200 OK", doc, apiVersion, "Content-Type: application/vnd.oci.image.manifest.v1+json",
					"Docker-Content-Digest: "+digest(doc))
			case strings.HasSuffix(r.URL.Path, digest(config)):
				return answer("200 OK", config)
			case strings.Contains(r.URL.Path, "/blobs/"):
				return answer("200 OK", "x") // is not what the digest says
			}
			return nil
		})
		rows = append(rows, attempt{name: fmt.Sprint(n, " layers that are wrong"),
			args: []string{"check", target, "-u", "joe:hunter22-Secret", "--full"},
			net:  &network{registry: registry}, timeout: 6 * time.Second, cpu: 12 * time.Second, exit: []int{1, 2},
			lacks: []string{"hunter22-Secret"}, says: []string{"of layers"}})
	}
	var elsewhere []string
	for i := range 300 {
		elsewhere = append(elsewhere, fmt.Sprint("layer ", i))
	}
	doc := manifestOf(elsewhere...)
	rows = append(rows, attempt{name: "each layer at a host of its own",
		args: []string{"check", target, "-u", "joe:hunter22-Secret", "--full"},
		net: &network{registry: registryBut(func(r *http.Request) []byte {
			switch {
			case r.Header.Get("Authorization") == "":
			case strings.Contains(r.URL.Path, "/manifests/"):
				return answer("200 OK", doc, apiVersion, "Docker-Content-Digest: "+digest(doc))
			case strings.Contains(r.URL.Path, "/blobs/"):
				id := r.URL.Path[strings.LastIndex(r.URL.Path, ":")+1:]
				return answer("302 Found", "", "Location: https://h"+id[:12]+".example.com/b/"+id)
			}
			return nil
		})}, timeout: 6 * time.Second, cpu: 12 * time.Second, exit: []int{1, 2}})
	try(t, rows)
}

// Thousands of hosts end with the run's time, in bounded memory.
func TestProfileOfThousands(t *testing.T) {
	var b strings.Builder
	b.WriteString("name: big\nhosts:\n")
	for i := range 15000 {
		fmt.Fprintf(&b, "- {host: h%d.ex.com, role: registry, required: true}\n", i)
	}
	files := map[string]string{"big.yaml": b.String()}
	try(t, []attempt{
		{name: "in a few seconds", args: []string{"check", "--profile", "{dir}/big.yaml"}, net: &network{}, files: files,
			timeout: 3 * time.Second, cpu: 20 * time.Second, memory: 300, output: 64 << 20, exit: []int{1, 2}},
		{name: "through a silent proxy", args: []string{"check", "--profile", "{dir}/big.yaml"}, net: &network{proxy: silent}, files: files,
			timeout: 3 * time.Second, cpu: 20 * time.Second, memory: 300, output: 64 << 20, exit: []int{1, 2}},
	})
}
