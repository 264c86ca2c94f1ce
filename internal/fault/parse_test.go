package fault

import (
	"reflect"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Fault{
		"connect-status": Connect{Host: Everyone, Status: 403},
		"connect-status:host=a.b,status=407,phrase=No way": Connect{Host: "a.b", Status: 407, Phrase: "No way"},
		// A value runs to the comma before the next known parameter.
		"connect-status:header=X: a, b,status=500": Connect{Host: Everyone, Status: 500, Headers: []string{"X: a, b"}},
		"tcp-drop:host=proxy":                      Socket{Host: TheProxy, Effect: Drop},
		"dns-rcode:host=a.b,rcode=nxdomain":        DNS{Name: "a.b", Rcode: "NXDOMAIN"},
		"tls-alert:number=49":                      Handshake{Host: Everyone, Effect: Alert, Alert: 49},
		"http-silence:path=/v2/":                   HTTP{Host: Everyone, Path: "/v2/", Effect: Silence},
	} {
		got, err := Parse(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v; want %#v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "nothing", "connect-status:colour=red", "connect-status:status=many", "tls-alert:number=999"} {
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
