package route

import (
	"net/url"
	"testing"
)

// What a system's or a product's list of exceptions exempts, and what it does not.
func TestSystemLists(t *testing.T) {
	for _, row := range []struct {
		family, list, target, token string
	}{
		{WinINET, "*.corp.example;<local>", "https://harbor.corp.example", "*.corp.example"},
		{WinINET, "*.corp.example;<local>", "https://corp.example", ""},
		{WinINET, "*.corp.example;<local>", "https://harbor", "<local>"},
		{WinINET, "*.corp.example;<local>", "https://quay.io", ""},
		{WinINET, "10.*;quay.io", "https://10.1.2.3", "10.*"},
		{WinINET, "10.* quay.io", "https://quay.io", "quay.io"},
		{WinINET, "https://*.quay.io", "https://cdn.quay.io", "https://*.quay.io"},
		{WinINET, "http://*.quay.io", "https://cdn.quay.io", ""},
		{WinINET, "registry.corp.example:5000", "https://registry.corp.example:5000", "registry.corp.example:5000"},
		{WinINET, "registry.corp.example:5000", "https://registry.corp.example", ""},
		{WinINET, "*", "https://quay.io", "*"},
		{WinINET, "quay.io,docker.io", "https://quay.io", ""}, // a comma separates nothing
		{MacOSProxies, "*.local, 169.254/16,<local>", "https://printer.local", "*.local"},
		{MacOSProxies, "*.local, 169.254/16", "https://169.254.1.1", "169.254/16"},
		{MacOSProxies, "10/8", "https://10.9.8.7", "10/8"},
		{MacOSProxies, "quay.io", "https://cdn.quay.io", ""},
		{MacOSProxies, "<local>", "https://harbor", "<local>"},
		{ProductProxies, "corp.example,10.0.0.0/8", "https://harbor.corp.example", "corp.example"},
		{ProductProxies, "*.corp.example", "https://corp.example", "*.corp.example"},
		{ProductProxies, "10.0.0.0/8", "https://10.1.1.1", "10.0.0.0/8"},
		{ProductProxies, "", "https://quay.io", ""},
	} {
		d := ForSystem(row.family)
		target, _ := url.Parse(row.target)
		env := Environment{{Name: "HTTPS_PROXY", Value: "proxy.corp.example:8080", Source: "x"}, {Name: "NO_PROXY", Value: row.list, Source: "x"}}
		got := d.Decide(env, target)
		if got.Token != row.token || (got.Kind == Direct) != (row.token != "") {
			t.Errorf("%s %q for %s: %s by %q, want %q", row.family, row.list, row.target, got.Kind, got.Token, row.token)
		}
		if got.Kind == Proxy && got.Address() != "proxy.corp.example:8080" {
			t.Errorf("%s dials %s", row.family, got.Address())
		}
	}
}

// One proxy for https does not hold for http, and a SOCKS proxy holds for what has no other.
func TestSystemSchemes(t *testing.T) {
	d := ForSystem(WinINET)
	env := Environment{{Name: "HTTP_PROXY", Value: "proxy.corp.example:80", Source: "x", Key: "ProxyServer"}}
	target, _ := url.Parse("https://quay.io")
	if got := d.Decide(env, target); got.Kind != Direct {
		t.Errorf("https by a proxy for http: %s", got.Kind)
	}
	env = append(env, Variable{Name: "ALL_PROXY", Value: "socks5://proxy.corp.example:1080", Source: "x"})
	if got := d.Decide(env, target); got.Kind != Proxy || got.Port != "1080" {
		t.Errorf("https by SOCKS: %s %s", got.Kind, got.Address())
	}
	local, _ := url.Parse("https://127.0.0.1:5000")
	if got := d.Decide(env, local); got.Kind != Direct || got.Implicit == "" {
		t.Errorf("loopback: %s", got.Kind)
	}
}
