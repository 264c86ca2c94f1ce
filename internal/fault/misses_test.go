package fault

import (
	"strings"
	"testing"
)

func TestMissesWhatIsNoPartOfTheNetwork(t *testing.T) {
	for text, want := range map[string]string{
		"connect-status:host=sso.redhat.con": "no host of this network is named sso.redhat.con; did you mean sso.redhat.com?",
		"http-status:host=proxy,1/2":         "no host of this network is named proxy",
		"http-status:host=nowhere.example":   "it has registry.redhat.io, sso.redhat.com",
		"tls-reset:host=resolver":            "no host of this network is named resolver",
		"tcp-drop:address=192.0.2.99":        "no part of this network has the address 192.0.2.99",
		"tcp-drop:host=resolver-2":           "no host of this network is named resolver-2",

		"http-stall:bytes=100M": "longer than the image's layer, 3072 KiB; --layer-size",

		"http-stall:bytes=100K,1/3":           "",
		"connect-status:host=SSO.redhat.com.": "",
		"connect-status:host=203.0.113.102":   "",
		"http-status":                         "",
		"dns-silent":                          "",
		"dns-rcode:host=proxy.corp.example":   "",
		"tcp-drop:host=resolver-1":            "",
		"tcp-drop:host=proxy-1":               "",
		"tcp-drop:address=203.0.113.53":       "",
		"tls-alert:host=proxy":                "",
		"conn-slow:host=proxy,times=2":        "",
		"proxy-port-ssh":                      "",
	} {
		f, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := (World{}).Misses(f); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestPlacesAreThoseOfTheNetwork(t *testing.T) {
	for text, holds := range map[string]bool{
		"tcp-drop:behind=3": true, "tcp-drop:behind=4": false, "tls-reset:behind=1": true, "tls-reset:behind=9,times=1": false,
		"dns-silent:resolver=2": true, "dns-silent:resolver=3": false, "connect-close:node=1": true, "connect-close:node=2": false,
	} {
		f, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := (World{Resolvers: 2}).CheckPlaces(f); (err == nil) != holds {
			t.Errorf("%s: %v", text, err)
		}
	}
}
