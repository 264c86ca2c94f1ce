package client

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pullpath/internal/settings"
)

// The containerd of k3s takes variables with its prefix before the others, and how it is given a proxy
// is said in k3s' words.
func TestContainerdOfK3s(t *testing.T) {
	for name, row := range map[string]struct{ env, want string }{
		"its own": {"HTTPS_PROXY=http://all.corp.example:1\nCONTAINERD_HTTPS_PROXY=http://pulls.corp.example:1\n",
			"http://pulls.corp.example:1"},
		"the usual": {"HTTPS_PROXY=http://all.corp.example:1\n", "http://all.corp.example:1"},
		"none":      {"", ""},
	} {
		dir := t.TempDir()
		for file, text := range map[string]string{"k3s.service": "[Service]\nEnvironmentFile=-/etc/systemd/system/k3s.service.env\n" +
			"ExecStart=/usr/local/bin/k3s server\n", "k3s.service.env": row.env} {
			full := filepath.Join(dir, "etc/systemd/system", file)
			if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		root, err := settings.OpenTree(dir)
		if err != nil {
			t.Fatal(err)
		}
		c, found := Read(settings.Host{Root: root, Home: "/root"}).Client("containerd")
		if got := c.Decide(&url.URL{Scheme: "https", Host: "quay.io"}).ProxyText; !found || got != row.want {
			t.Errorf("%s: %v %q, want %q", name, found, got, row.want)
		}
		if !strings.Contains(c.Change, "/etc/systemd/system/k3s.service.env") {
			t.Errorf("%s: %s", name, c.Change)
		}
	}
}
