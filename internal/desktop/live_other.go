//go:build !windows && !darwin

package desktop

import "pullpath/internal/hostproxy"

// liveRegistry finds nothing: only Windows has a registry.
func liveRegistry() hostproxy.Registry { return hostproxy.Registry{} }

// liveScutil finds nothing: scutil is a program of macOS.
func liveScutil() (hostproxy.Proxies, bool) { return hostproxy.Proxies{}, false }

// liveTrust finds nothing: security is a program of macOS.
func liveTrust() ([]hostproxy.CA, hostproxy.TrustSettings, string) { return nil, nil, "" }
