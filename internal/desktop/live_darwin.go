package desktop

import (
	"context"
	"strings"
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

// liveTrust asks the running machine for its certificates and what is decided about them. security(1)
// is a part of macOS.
func liveTrust() (certs []hostproxy.CA, trust hostproxy.TrustSettings, where string) {
	where = "what security printed here"
	ctx, cancel := context.WithTimeout(context.Background(), maxScutil)
	defer cancel()
	const keychain = "/Library/Keychains/System.keychain"
	out, err := program.Run(ctx, "/usr/bin/security", []string{"find-certificate", "-a", "-p", keychain}, "")
	if err == nil {
		for _, c := range hostproxy.ParsePEM([]byte(out.Stdout)) {
			certs = append(certs, hostproxy.CA{Cert: c, Source: keychain})
		}
	}
	out, err = program.Run(ctx, "/usr/bin/security", []string{"trust-settings-export", "-d", "/dev/stdout"}, "")
	if err != nil {
		return certs, nil, where
	}
	from := strings.Index(out.Stdout, "<?xml")
	if from < 0 {
		return certs, nil, where
	}
	text := out.Stdout[from:]
	if end := strings.LastIndex(text, "</plist>"); end >= 0 {
		text = text[:end+len("</plist>")] // it says on the same stream that it is done
	}
	if trust, err = hostproxy.ParseTrustSettings([]byte(text)); err != nil {
		return certs, nil, where
	}
	return certs, trust, where
}

// liveGSettings finds nothing: GNOME's settings are those of Linux desktops.
func liveGSettings() (hostproxy.Proxies, bool) { return hostproxy.Proxies{}, false }
