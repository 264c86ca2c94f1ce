package hostproxy

import (
	"strings"

	"pullpath/internal/route"
)

// WSLConfig is what .wslconfig says about the network
// (https://learn.microsoft.com/windows/wsl/wsl-config#main-wsl-settings).
type WSLConfig struct {
	// AutoProxy hands the proxy settings of Windows over to the distributions.
	AutoProxy bool
	// Mirrored tells that 127.0.0.1 of Windows and of the distributions is the same.
	Mirrored bool
	// Mode is networkingMode as written, nat where it is not.
	Mode string
	// DNSTunneling asks Windows for names.
	DNSTunneling bool
}

// ParseWSLConfig reads .wslconfig. Without one the defaults hold: NAT, the proxy handed over and
// names asked by way of Windows.
func ParseWSLConfig(data []byte) WSLConfig {
	out := WSLConfig{AutoProxy: true, Mode: "nat", DNSTunneling: true}
	section := ""
	for line := range strings.Lines(decode(data)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = strings.ToLower(strings.Trim(line, "[]"))
			continue
		}
		key, value, found := strings.Cut(line, "=")
		value, _, _ = strings.Cut(value, "#")
		value = strings.ToLower(strings.TrimSpace(value))
		if !found || strings.HasPrefix(line, "#") || section != "wsl2" && section != "experimental" {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "autoproxy":
			out.AutoProxy = value == "true"
		case "networkingmode":
			out.Mode = value
		case "dnstunneling":
			out.DNSTunneling = value == "true"
		}
	}
	out.Mirrored = out.Mode == "mirrored"
	return out
}

// HandedOver returns the variables that WSL makes of the proxy settings of Windows, and why it
// makes none, or not all. secure tells that the release sets HTTPS_PROXY for a PAC file as well
// (https://github.com/microsoft/WSL/pull/40950); before it set http_proxy alone
// (https://github.com/microsoft/WSL/issues/40945).
func (c WSLConfig) HandedOver(p Proxies) (env route.Environment, why string) {
	switch {
	case !c.AutoProxy:
		return nil, "autoProxy is off in .wslconfig, so WSL hands nothing over"
	case p.PAC.Name != "" && !p.Names():
		return nil, "a PAC file alone decides in Windows: WSL sets WSL_PAC_URL, which no container client reads, and http_proxy, and " +
			"leaves HTTPS_PROXY empty before its fix of microsoft/WSL#40945, so https goes direct"
	}
	for _, v := range p.Env {
		if v.Name != "NO_PROXY" && !c.Mirrored && onLoopback(v.Value) {
			return nil, "the proxy of Windows is on its loopback, which WSL does not hand over in NAT mode"
		}
		env = append(env, v)
	}
	return env, ""
}

// onLoopback reports whether a proxy is on the host's own loopback.
func onLoopback(value string) bool {
	_, rest, found := strings.Cut(value, "://")
	if !found {
		rest = value
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	rest = strings.ToLower(rest)
	for _, begin := range []string{"127.", "localhost", "[::1]", "loopback"} {
		if strings.HasPrefix(rest, begin) {
			return true
		}
	}
	return false
}

// OnLoopback reports whether the value of a proxy variable names this host's own loopback.
func OnLoopback(value string) bool { return onLoopback(value) }
