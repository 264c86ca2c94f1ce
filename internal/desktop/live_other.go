//go:build !windows && !darwin

package desktop

import (
	"context"
	"time"

	"pullpath/internal/hostproxy"
	"pullpath/internal/program"
)

// liveRegistry finds nothing: only Windows has a registry.
func liveRegistry() hostproxy.Registry { return hostproxy.Registry{} }

// liveScutil finds nothing: scutil is a program of macOS.
func liveScutil() (hostproxy.Proxies, bool) { return hostproxy.Proxies{}, false }

// liveTrust finds nothing: security is a program of macOS.
func liveTrust() ([]hostproxy.CA, hostproxy.TrustSettings, string) { return nil, nil, "" }

// maxGSettings bounds how long gsettings may take. It reads a file of the user's.
const maxGSettings = 2 * time.Second

// liveGSettings asks the running machine for GNOME's proxies. The program's path is fixed: it is a part
// of GLib.
func liveGSettings() (hostproxy.Proxies, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), maxGSettings)
	defer cancel()
	out, err := program.Run(ctx, "/usr/bin/gsettings", []string{"list-recursively", "org.gnome.system.proxy"}, "")
	if err != nil {
		return hostproxy.Proxies{}, false
	}
	return hostproxy.ParseGSettings("gsettings", []byte(out.Stdout))
}
