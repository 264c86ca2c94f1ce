package hostproxy

import (
	"testing"

	"pullpath/internal/cost"
)

// FuzzParsers gives the same bytes to every parser: none of them may fail otherwise than by an
// error, and none may return more than it was given.
func FuzzParsers(f *testing.F) {
	f.Add([]byte(preferences))
	f.Add([]byte("Windows Registry Editor Version 5.00\r\n" + userKey + "\"ProxyEnable\"=dword:00000001\r\n\"ProxyServer\"=hex(2):61,00\r\n"))
	f.Add([]byte("HKEY_CURRENT_USER\\Environment\r\n    HTTPS_PROXY    REG_SZ    http://p:1\r\n"))
	f.Add([]byte("<dictionary> {\n  HTTPEnable : 1\n  ExceptionsList : <array> {\n    0 : a\n  }\n}\n"))
	f.Add([]byte(`{"ProxyHTTPMode": "manual", "OverrideProxyHTTP": "a", "proxy": {"mode": "manual", "exclude": ["x"]}, "network_proxy": "auto",
		"experimental": {"virtualMachine": {"proxy": {"enabled": true, "address": "[::1]", "port": 1}}}, "proxy.enabled": 1}`))
	f.Add([]byte("env:\n  HTTPS_PROXY: http://p:1\ndocker: {proxies: {https-proxy: a}}\n"))
	f.Add([]byte("[wsl2]\nautoProxy=true\nnetworkingMode=mirrored\n"))
	f.Add([]byte("[Proxy Settings]\nProxyType=1\nhttpProxy=a 1\n"))
	f.Add([]byte("org.gnome.system.proxy mode 'manual'\norg.gnome.system.proxy.https host 'p'\n"))
	f.Add([]byte(`[{"Name": "/k3d-a-server-0", "Path": "dockerd", "Args": ["x"], "Config": {"Image": "docker:dind", "Env": ["A=b"],
		"Labels": {"k3d.cluster": "a", "k3d.role": "server"}}, "NetworkSettings": {"Networks": {"a": {"Gateway": "172.19.0.1"}}}}]`))
	f.Add([]byte(`{"Name": "m", "DockerEnv": ["HTTPS_PROXY=http://p:1"], "KubernetesConfig": {"ContainerRuntime": "docker"},
		"currentContext": "a", "Endpoints": {"docker": {"Host": "tcp://a:1"}}}`))
	f.Add([]byte("bplist00\xd0\x08\x00\x00\x00\x00\x00\x00\x01\x01" +
		"\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09"))
	f.Fuzz(func(t *testing.T, data []byte) {
		cost.Linear(t, len(data), func() { parseAll(t, data) })
	})
}

// parseAll gives the bytes to every parser.
func parseAll(t *testing.T, data []byte) {
	t.Helper()
	var all []Proxies
	if r, err := ParseRegistry("x", data); err == nil {
		w, _ := WinHTTP(r)
		all = append(all, WinINET(r, "HKCU"), w)
		Environment(r, `HKCU\Environment`)
		ServiceEnvironment(r, "docker")
	}
	if services, err := ParsePreferences("x", data); err == nil {
		for _, s := range services {
			all = append(all, s.Proxies)
		}
	}
	_, _, _, _ = ParseLaunchd("x", data)
	ParseLaunchctl("x", data)
	parseConnection(data)
	_, _, _ = ParseDockerProfile("x", data)
	scutil, _ := ParseScutil("x", data)
	netsh, _ := ParseNetsh("x", data)
	desktop, _ := ParseDockerDesktop("x", data)
	admin, _, _ := ParseDockerAdmin("x", data)
	rancher, _ := ParseRancherDesktop("x", data)
	_, podman, _ := ParsePodmanDesktop("x", data)
	_, orb, _ := ParseOrbStack("x", data)
	gnome, _ := ParseGSettings("x", data)
	kde, _ := ParseKIO("x", data)
	_, _ = ParseLima("x", data)
	_, _ = ParseBuilder("x", data)
	_, _ = ParseMinikube("x", data)
	CurrentContext(data)
	ContextEndpoint(data)
	if found, err := ParseContainers("x", data); err == nil {
		for _, c := range found {
			c.Engine()
		}
	}
	ParseWSLConfig(data).HandedOver(desktop.Proxies)
	for _, p := range append(all, scutil, netsh, desktop.Proxies, admin.Proxies, rancher, podman, orb, gnome, kde) {
		for _, v := range p.Env {
			if v.Value == "" || v.Name == "" {
				t.Errorf("%s: an empty variable %v", p.Place, v)
			}
		}
		told(p)
	}
}
