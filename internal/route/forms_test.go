package route

import (
	"strings"
	"testing"
)

func TestForms(t *testing.T) {
	const loopback = "localhost,127.0.0.1,::1"
	for _, r := range []struct{ list, want string }{
		{loopback, ""},
		{loopback + ",corp.example,.corp.example,registry.other.example,10.1.2.3", ""},
		{loopback + ",10.0.0.0/8", "cidr:10.0.0.0/8"},
		{loopback + ",.corp.example", "domain-without-apex:.corp.example"},
		{loopback + ",*.corp.example", "wildcard:*.corp.example"},
		{loopback + ",reg*.corp.example", "wildcard:reg*.corp.example"},
		{loopback + ",*", "star-in-list:*"},
		{"*", ""},
		{loopback + ",r.example:5000", "port:r.example:5000"},
		{loopback + ",r.example.", "trailing-dot:r.example."},
		{loopback + ",https://r.example", "url:https://r.example"},
		{loopback + ",r.example #x", "separator:r.example #x"},
		{loopback + ",a b", "separator:a b"},
		{loopback + ",a;b", "separator:a;b"},
		{loopback + ",a\tb", "separator:a\tb breaks-httpx:" + loopback + ",a\tb"},
		{loopback + ",\"a\"", "quoted:\"a\""},
		{loopback + ",[fd00::1]", "ipv6:[fd00::1] breaks-httpx:" + loopback + ",[fd00::1]"},
		{loopback + ",[fd00::1]:5000", "ipv6:[fd00::1]:5000 breaks-httpx:" + loopback + ",[fd00::1]:5000"},
		{loopback + ",fd00::/8", "ipv6:fd00::/8 breaks-httpx:" + loopback + ",fd00::/8"},
		{loopback + ",fd00::1", ""},
		{loopback + ",bücher.example", "idn:bücher.example"},
		{"corp.example", "loopback-missing:corp.example"},
		{"", ""}, {" , ", ""},
	} {
		var got []string
		for _, f := range Forms(r.list) {
			got = append(got, f.Code+":"+f.Entry)
		}
		if text := strings.Join(got, " "); text != r.want {
			t.Errorf("%q: %s, want %s", r.list, text, r.want)
		}
	}
}
