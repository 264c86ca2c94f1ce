package settings

import (
	"strings"
	"testing"

	"pullpath/internal/route"
)

// A PAC file that the host names is remarked on at clients that have no proxy, and at no other.
func TestPACIgnored(t *testing.T) {
	nm := map[string]string{"/etc/NetworkManager/system-connections/a.nmconnection": "[proxy]\npac-url=http://pac.corp.example/proxy.pac\n"}
	for name, row := range map[string]struct {
		files map[string]string
		env   route.Environment
		want  string
	}{
		"none":           {nil, nil, ""},
		"NetworkManager": {nm, nil, "/etc/NetworkManager/system-connections/a.nmconnection:2 pac-url"},
		"and a proxy":    {nm, route.Environment{{Name: "https_proxy", Value: "http://p:1"}}, ""},
		"KDE": {map[string]string{"/root/.config/kioslaverc": "[Proxy Settings]\nProxyType=2\nProxy Config Script=http://a/p.pac\n"}, nil,
			"/root/.config/kioslaverc:3 Proxy Config Script"},
		"KDE, and not in use": {map[string]string{"/root/.config/kioslaverc": "[Proxy Settings]\nProxyType=0\nProxy Config Script=x\n"}, nil, ""},
		"DHCP": {map[string]string{"/var/lib/dhcp/dhclient.eth0.leases": "lease {\n  option wpad \"http://a/wpad.dat\";\n}\n"}, nil,
			"/var/lib/dhcp/dhclient.eth0.leases DHCP option 252"},
	} {
		h := Host{Root: host(t, row.files), Home: "/root"}
		var got []string
		for _, r := range h.withPACIgnored([]Client{{Tool: "podman", Env: row.env}})[0].Remarks {
			got = append(got, r.Source+" "+r.Variable)
		}
		if strings.Join(got, "; ") != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}
