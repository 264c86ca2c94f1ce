package fault

import (
	"reflect"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Fault{
		"connect-status": Connect{Host: Everyone, Status: 403},
		"connect-status:host=a.b,status=407,phrase=No way": Connect{Host: "a.b", Status: 407, Phrase: "No way"},
		// A value runs to the comma before the next known parameter.
		"connect-status:header=X: a, b,status=500": Connect{Host: Everyone, Status: 500, Headers: []string{"X: a, b"}},
		"connect-flood:host=a.b,status=403":        Connect{Host: "a.b", Status: 403, Effect: Flood},
		"connect-late":                             Connect{Host: Everyone, Effect: Late},
		"socks-reply:host=a.b,reply=5":             Connect{Host: "a.b", Reply: 5},
		"proxy-port-socks-alone":                   ProxyPort{Effect: SOCKSAlone},
		"tls-alert:host=proxy,number=70":           Handshake{Host: TheProxy, Effect: Alert, Alert: 70},
		"tcp-drop:host=proxy":                      Socket{Host: TheProxy, Effect: Drop},
		"tcp-prohibit:host=a.b,family=6,port=443,behind=2,address=2001:db8::1": Socket{Host: "a.b", Effect: Prohibit, Family: 6, Port: 443, Behind: 2,
			Address: "2001:db8::1"},
		"dns-rcode:host=a.b,rcode=nxdomain": DNS{Name: "a.b", Rcode: "NXDOMAIN"},
		"dns-rcode:resolver=2,rcode=NXDOMAIN,ede=15,text=category, blocked,soa=rpz": DNS{Resolver: 2, Rcode: "NXDOMAIN", ExtendedError: 15,
			ExtendedText: "category, blocked", Authority: "rpz"},
		"dns-answer:host=a.b,address=::1": DNS{Name: "a.b", Rcode: "NOERROR", Addresses: []string{"::1"}},
		"dns-delay:host=a.b,ms=100":       DNS{Name: "a.b", Delay: 100 * time.Millisecond},
		"dns-silent:type=aaaa":            DNS{Type: "AAAA", Silent: true},
		"dns-truncate":                    DNS{Truncate: true},
		"dns-wrong-id:resolver=1":         DNS{Resolver: 1, WrongID: true},
		"dns-bogus:host=a.b":              DNS{Name: "a.b", Rcode: "SERVFAIL", Unsigned: true},
		"tls-alert:number=49":             Handshake{Host: Everyone, Effect: Alert, Alert: 49},
		"tls-reset:host=a.b,only=split,behind=2,first=1,warning=112": Handshake{Host: "a.b", Effect: Reset, Text: "<html><title>Blocked</title></html>",
			Only: Hello{Split: true}, Behind: 2, First: 1, Warning: 112},
		"path-mtu:host=a.b,mtu=1400": PathMTU{Host: "a.b", MTU: 1400},
		"http-silence:path=/v2/":     HTTP{Host: Everyone, Path: "/v2/", Effect: Silence},
	} {
		got, err := Parse(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v; want %#v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "nothing", "connect-status:colour=red", "connect-status:status=many", "tls-alert:number=999", "socks-reply:reply=0", "tcp-drop:family=5", "tcp-drop:port=x",
		"dns-answer:address=x", "dns-rcode:ede=70000", "dns-rcode:resolver=first", "dns-delay:ms=long", "path-mtu:mtu=9",
		"path-mtu:mtu=x", "tls-reset:warning=300", "tls-reset:first=x", "tls-reset:only=some"} {
		if f, err := Parse(text); err == nil {
			t.Errorf("%q is read as %#v", text, f)
		}
	}
}

func TestKindsHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Kinds() {
		if seen[k.Name] || k.About == "" {
			t.Errorf("%s is there twice or says nothing", k.Name)
		}
		seen[k.Name] = true
		if _, err := k.build(params{}); err != nil {
			t.Errorf("%s needs a parameter: %v", k.Name, err)
		}
	}
}
