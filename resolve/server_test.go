package resolve

import (
	"net/netip"
	"testing"

	"pullpath/internal/cost"
)

func TestParseServer(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.53":                    "192.0.2.53:53",
		"192.0.2.53:5353":               "192.0.2.53:5353",
		"2001:db8::53":                  "[2001:db8::53]:53",
		"[2001:db8::53]:5353":           "[2001:db8::53]:5353",
		"udp://192.0.2.53":              "192.0.2.53:53",
		"tcp://192.0.2.53":              "tcp://192.0.2.53:53",
		"tls://192.0.2.53":              "tls://192.0.2.53:853",
		"tls://192.0.2.53#dns.example":  "tls://192.0.2.53:853#dns.example",
		"tls://dns.example:8853":        "tls://dns.example:8853",
		"https://dns.example":           "https://dns.example:443/dns-query",
		"https://dns.example/":          "https://dns.example:443/dns-query",
		"https://192.0.2.53/q?ct=1":     "https://192.0.2.53:443/q?ct=1",
		"https://[2001:db8::53]:8443/q": "https://[2001:db8::53]:8443/q",
	} {
		s, err := ParseServer(text)
		if err != nil || s.String() != want {
			t.Errorf("%s: %q, %v; want %q", text, s, err, want)
		}
	}
	for _, text := range []string{"", "dns.example", "192.0.2.53:0", "192.0.2.53:65536", "192.0.2.53:x", "tcp://dns.example",
		"quic://192.0.2.53", "https://user@dns.example/", "https://", "tls://", "https://dns.example/#x", "192.0.2.53:53:53", "tls://a b"} {
		if s, err := ParseServer(text); err == nil {
			t.Errorf("%q is taken for %s", text, s)
		}
	}
}

// What a server is called can be given again, and means the same.
func FuzzParseServer(f *testing.F) {
	for _, text := range []string{"192.0.2.53", "tls://192.0.2.53#a", "https://dns.example/q?x", "[::1%lo]:53", "tcp://[::1]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			s, err := ParseServer(text)
			if err != nil {
				return
			}
			again, err := ParseServer(s.String())
			if err != nil || again != s {
				t.Errorf("%q is %+v; read again: %+v, %v", text, s, again, err)
			}
			if s.Transport == UDP || s.Transport == TCP {
				if _, err := netip.ParseAddr(s.Host); err != nil {
					t.Errorf("%q has host %q", text, s.Host)
				}
			}
		})
	})
}
