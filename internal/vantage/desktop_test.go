package vantage

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// folderWith writes files below a new directory.
func folderWith(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// preparedAs prepares a run as a client from a folder.
func preparedAs(t *testing.T, client string, files map[string]string) Run {
	t.Helper()
	v, err := Folder(folderWith(t, files))
	if err != nil {
		t.Fatal(err)
	}
	ask := &Ask{}
	flags := pflag.NewFlagSet("check", pflag.ContinueOnError)
	ask.Register(flags)
	if err := flags.Parse([]string{"--client=" + client, "--anonymous"}); err != nil {
		t.Fatal(err)
	}
	run, err := v.Prepare(context.Background(), ask, []string{"quay.io"})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

const winINET = "REGEDIT4\n\n[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]\n"

// docker and podman on a system of people's machines are the engines in their machines, and a
// check goes by what decides for these on the host.
func TestClientsInMachines(t *testing.T) {
	const store = "Users/ana/AppData/Roaming/Docker/settings-store.json"
	proxied := winINET + "\"ProxyEnable\"=dword:00000001\n\"ProxyServer\"=\"proxy.corp.example:8080\"\n"
	script := `{"ProxyHTTPMode": "manual",
		"OverrideProxyEmbeddedPAC": "function FindProxyForURL(u, h) { return \"PROXY script.corp.example:1; DIRECT\"; }"}`
	for name, row := range map[string]struct {
		client              string
		files               map[string]string
		tool, proxy, unsure string
	}{
		"docker is Docker Desktop": {"docker", map[string]string{store: "{}", "ie.reg": proxied}, "Docker Desktop",
			"http://proxy.corp.example:8080", ""},
		"by name": {"docker-desktop", map[string]string{store: "{}", "ie.reg": proxied}, "Docker Desktop",
			"http://proxy.corp.example:8080", ""},
		"what decides is unread": {"docker", map[string]string{store: "{}", "Windows/x": ""}, "Docker Desktop", "",
			"WinINET decides, and was not read"},
		"a script of its own": {"docker", map[string]string{store: script, "ie.reg": winINET}, "Docker Desktop",
			"http://script.corp.example:1", ""},
		"a file that cannot be fetched": {"docker", map[string]string{store: "{}",
			"ie.reg": winINET + "\"AutoConfigURL\"=\"http://127.0.0.1:1/proxy.pac\"\n"}, "Docker Desktop", "", "was not brought"},
		"colima": {"docker", map[string]string{"Users/ana/.colima/default/colima.yaml": "env: {HTTPS_PROXY: 'http://colima.corp.example:3128'}",
			"Users/ana/Library/x": ""}, "colima", "http://colima.corp.example:3128", ""},
	} {
		t.Run(name, func(t *testing.T) {
			run := preparedAs(t, row.client, row.files)
			own := run.Config.Own
			if own == nil || own.Tool != row.tool {
				t.Fatalf("walks as %+v, want %s", own, row.tool)
			}
			if !strings.Contains(own.Unknown, row.unsure) || row.unsure == "" && own.Unknown != "" {
				t.Errorf("unknown %q, want %q", own.Unknown, row.unsure)
			}
			if got := run.Plan.Targets[0].Target.Route.Proxy; row.unsure == "" && got != row.proxy {
				t.Errorf("goes by %q, want %q", got, row.proxy)
			}
		})
	}
}

// Where docker is a remote control and no engine is found, the head of the check says so.
func TestNoEngineIsSaid(t *testing.T) {
	run := preparedAs(t, "docker", map[string]string{"Windows/x": "",
		"e.reg": "REGEDIT4\n\n[HKEY_CURRENT_USER\\Environment]\n\"HTTPS_PROXY\"=\"http://p:1\"\n" +
			"[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment]\n\"OS\"=\"x\"\n"})
	survey := run.Config.Survey()
	if len(survey.Unread) == 0 || !strings.HasPrefix(survey.Unread[0], "the engine of docker: on Windows it pulls from inside a machine") {
		t.Errorf("%q", survey.Unread)
	}
}
