package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// folderOf writes files below a new directory, which stands for a host.
func folderOf(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			full, text = filepath.Join(full, ".keep"), ""
		}
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A host whose deciding places were not read never has the sentence that nothing is wrong, and a
// client whose variables are in such a place is not said to go direct.
func TestUnreadIsNeverFine(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"Windows": {"Windows/System32/": "", "Users/ana/AppData/": ""},
		"macOS":   {"Library/Preferences/SystemConfiguration/": "", "Users/ana/Library/": ""},
		"WSL":     {"etc/wsl.conf": "[boot]\nsystemd=true\n", "proc/version": "Linux version 6.6.87.2-microsoft-standard-WSL2\n"},
	} {
		t.Run(name, func(t *testing.T) {
			status, out, errors := invoke(t, "settings", "--root", folderOf(t, files), "quay.io")
			if status != exitOK || errors != "" {
				t.Fatalf("status %d: %s", status, errors)
			}
			out = strings.Join(strings.Fields(out), " ")
			if !strings.Contains(out, "settings-source-unread") || !strings.Contains(out, "in what was read; not read:") {
				t.Errorf("what was not read is not said:\n%s", out)
			}
			if strings.Contains(out, "direct [") && name != "WSL" {
				t.Errorf("a client is said to go direct though its variables were not read:\n%s", out)
			}
		})
	}
}

// TestPublicReports rebuilds what public reports describe as folders, with made-up values: the
// settings of each say what decided there, and none that nothing is wrong.
func TestPublicReports(t *testing.T) {
	names, err := filepath.Glob("../../internal/desktop/testdata/reports/*.txtar")
	if err != nil || len(names) < 10 {
		t.Fatalf("%d reports: %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{}
			for _, f := range a.Files {
				files[f.Name] = string(f.Data)
			}
			status, out, errors := invoke(t, "settings", "--root", folderOf(t, files), "quay.io")
			if status != exitOK || errors != "" {
				t.Fatalf("status %d: %s", status, errors)
			}
			flat := strings.Join(strings.Fields(out), " ")
			for line := range strings.Lines(string(a.Comment)) {
				if said, found := strings.CutPrefix(strings.TrimSpace(line), "says: "); found && !strings.Contains(flat, said) {
					t.Errorf("does not say %q", said)
				}
			}
			_, linux := files["etc/hostname"] // of these all is read
			if !linux && !strings.Contains(flat, "in what was read; not read:") {
				t.Error("what was not read is not said")
			}
			if t.Failed() {
				t.Log(out)
			}
		})
	}
}

// What is suggested for a system is in the form of its own places.
func TestSuggestForSystems(t *testing.T) {
	const ie = "REGEDIT4\n\n[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet " +
		"Settings]\n\"ProxyEnable\"=dword:00000001\n" +
		"\"ProxyServer\"=\"proxy.corp.example:8080\"\n\"ProxyOverride\"=\"*.corp.example\"\n"
	for name, row := range map[string]struct {
		files map[string]string
		said  []string
		not   []string
	}{
		"Windows": {map[string]string{"ie.reg": ie, "Users/ana/AppData/Roaming/Docker/settings-store.json": "{}"},
			[]string{`setx HTTPS_PROXY "http://proxy.corp.example:8080"`, `"OverrideProxyHTTPS": "http://proxy.corp.example:8080"`, ".corp.example"},
			[]string{"export ", "systemctl", "setx https_proxy"}},
		"macOS": {map[string]string{"scutil.txt": "<dictionary> {\n  HTTPSEnable : 1\n  HTTPSPort : 8080\n  HTTPSProxy : proxy.corp.example\n}\n",
			"Users/ana/.colima/default/colima.yaml": "env: {}\n"},
			[]string{"export HTTPS_PROXY='http://proxy.corp.example:8080'", "launchctl setenv HTTPS_PROXY", "~/.colima/default/colima.yaml"},
			[]string{"systemctl", "OverrideProxyHTTPS"}},
	} {
		status, out, errors := invoke(t, "settings", "--suggest", "--root", folderOf(t, row.files), "quay.io")
		if status != exitOK || errors != "" {
			t.Errorf("%s: status %d: %s", name, status, errors)
		}
		for _, text := range row.said {
			if !strings.Contains(out, text) {
				t.Errorf("%s: does not say %s:\n%s", name, text, out)
			}
		}
		for _, text := range row.not {
			if strings.Contains(out, text) {
				t.Errorf("%s: says %s:\n%s", name, text, out)
			}
		}
	}
}

// Nothing that is asked of an administrator of Windows or macOS is in the words of another system.
func TestRemediesAreOfTheirSystem(t *testing.T) {
	const env = "Windows Registry Editor Version 5.00\n\n[HKEY_CURRENT_USER\\Environment]\n\"HTTPS_PROXY\"=\"http://p.corp.example:3128\"\n" +
		"[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment]\n\"OS\"=\"x\"\n"
	services := ""
	for _, name := range []string{"docker", "containerd", "kubelet", "rke2"} {
		services += "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\" + name + "]\n\"Start\"=dword:2\n"
	}
	for name, row := range map[string]struct {
		files map[string]string
		said  []string
	}{
		"services of Windows": {map[string]string{"all.reg": env + services},
			[]string{`Services\containerd /v Environment`, "Restart-Service docker", "Restart-Service kubelet"}},
		"machines of Windows": {map[string]string{"all.reg": strings.ReplaceAll(env, "p.corp.example", "127.0.0.1"),
			"Users/ana/.wslconfig": "[wsl2]\n",
			"Users/ana/.config/containers/podman/machine/wsl/m.json": "{}", "Users/ana/AppData/Roaming/Docker/settings-store.json": "{}"},
			[]string{"podman machine stop, then podman machine start", "ip route show default"}},
		"Windows, unread": {map[string]string{"Windows/x": "", "Users/ana/AppData/x": ""}, []string{"set | findstr /i proxy"}},
		"macOS": {map[string]string{"launchctl.txt": "HTTPS_PROXY=\"http://p.corp.example:1\"; export HTTPS_PROXY;\n", "Users/ana/Library/x": "",
			"Users/ana/.kube/config":                     "clusters:\n- name: k3d-a\n- name: kind-b\n",
			"Users/ana/.colima/default/colima.yaml":      "env: {HTTPS_PROXY: 'http://o:1'}",
			"Users/ana/.minikube/profiles/m/config.json": `{"Name": "m", "Driver": "vfkit", "DockerEnv": ["HTTPS_PROXY=http://127.0.0.1:1"]}`},
			[]string{"minikube delete -p m"}},
	} {
		_, out, _ := invoke(t, "settings", "--root", folderOf(t, row.files), "quay.io")
		flat := strings.Join(strings.Fields(out), " ")
		for _, text := range row.said {
			if !strings.Contains(flat, text) {
				t.Errorf("%s: does not say %s:\n%s", name, text, out)
			}
		}
		for line := range strings.SplitSeq(strings.ReplaceAll(out, "minikube ssh -p m -- systemctl show docker", ""), "\n") {
			for _, word := range []string{"systemctl", "systemd", "drop-in", "/etc/"} { // in a machine of Linux they are right
				if strings.Contains(line, word) && !strings.Contains(line, "/usr/local/share") {
					t.Errorf("%s: speaks of %s: %s", name, word, line)
				}
			}
		}
	}
}

// The head of a check says what was not read on its host.
func TestCheckSaysWhatWasNotRead(t *testing.T) {
	dir := folderOf(t, map[string]string{"Windows/System32/": "", "Users/ana/AppData/Roaming/Docker/settings-store.json": "{}"})
	_, out, _ := invoke(t, "check", "--root", dir, "--client", "docker-desktop", "--anonymous", "quay.io")
	flat := strings.Join(strings.Fields(out), " ")
	for _, text := range []string{"not read here: WinINET", "certificate stores of Windows", "settings-source-unread", "incomplete"} {
		if !strings.Contains(flat, text) {
			t.Errorf("does not say %q:\n%s", text, out)
		}
	}
}

// No password of a desktop's settings is in any form of the output.
func TestNoSecretOfDesktops(t *testing.T) {
	const login = "http://ana:S3cretWord@proxy.corp.example:8080"
	const ie = "REGEDIT4\n\n[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet " +
		"Settings]\n\"ProxyEnable\"=dword:00000001\n" +
		"\"ProxyServer\"=\"" + login + "\"\n\"AutoConfigURL\"=\"http://ana:S3cretWord@pac.corp.example/p.pac?token=S3cretWord\"\n" +
		"[HKEY_CURRENT_USER\\Environment]\n\"HTTPS_PROXY\"=\"" + login + "\"\n" +
		"[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment]\n\"OS\"=\"x\"\n"
	for name, files := range map[string]map[string]string{
		"Windows": {"ie.reg": ie, "Users/ana/AppData/Roaming/Docker/settings-store.json": "{}", "Users/ana/.wslconfig": "[wsl2]\n",
			"Users/ana/.config/containers/podman/machine/wsl/m.json": "{}",
			"Users/ana/AppData/Roaming/rancher-desktop/settings.json": `{"experimental": ` +
				`{"virtualMachine": {"proxy": {"enabled": true, "address": "http://proxy.corp.example", "port": 1, ` +
				`"username": "ana", "password": "S3cretWord"}}}}`},
		"Docker Desktop": {"Windows/x": "", "Users/ana/AppData/Roaming/Docker/settings-store.json": `{"ProxyHTTPMode": "manual", ` +
			`"OverrideProxyHTTP": "` +
			login + `", "OverrideProxyHTTPS": "` + login + `"}`},
		"its PAC": {"Windows/x": "", "Users/ana/AppData/Roaming/Docker/settings-store.json": `{"ProxyHTTPMode": "manual", ` +
			`"OverrideProxyPAC": "http://ana:S3cretWord@pac.corp.example/p.pac?token=S3cretWord"}`},
		"macOS": {"Users/ana/Library/x": "", "Users/ana/.colima/default/colima.yaml": "env: {HTTPS_PROXY: '" + login + "'}\n",
			"Users/ana/.orbstack/vmconfig.json": `{"network_proxy": "` + login + `"}`,
			"Users/ana/.lima/a/lima.yaml":       "env: {HTTPS_PROXY: 'http://127.0.0.1:1'}",
			"Users/ana/.zshrc":                  "export HTTPS_PROXY=" + login + "\n"},
		"Linux": {"etc/hostname": "x", "root/.docker/buildx/instances/b": `{"Driver": "docker-container", "Nodes": ` +
			`[{"DriverOpts": {"env.HTTPS_PROXY": "` +
			login + `"}}]}`},
	} {
		dir := folderOf(t, files)
		for _, args := range [][]string{{"-o", "table"}, {"-o", "json"}, {"--suggest"}} {
			_, out, errors := invoke(t, append([]string{"settings", "--root", dir, "quay.io"}, args...)...)
			if strings.Contains(out+errors, "S3cretWord") {
				t.Errorf("%s %v shows a password:\n%s", name, args, out+errors)
			}
		}
	}
}
