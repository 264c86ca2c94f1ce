package desktop

import (
	"context"
	"time"

	"pullpath/internal/hostproxy"
	"pullpath/internal/program"
)

// liveRegistry finds nothing: only Windows has a registry.
func liveRegistry() hostproxy.Registry { return hostproxy.Registry{} }

// maxScutil bounds how long scutil may take. It asks a process of the same machine.
const maxScutil = 2 * time.Second

// liveScutil asks the running machine for the proxies in force. The program's path is fixed: it is
// a part of macOS.
func liveScutil() (hostproxy.Proxies, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), maxScutil)
	defer cancel()
	out, err := program.Run(ctx, "/usr/sbin/scutil", []string{"--proxy"}, "")
	if err != nil {
		return hostproxy.Proxies{}, false
	}
	return hostproxy.ParseScutil("scutil --proxy", []byte(out.Stdout))
}
