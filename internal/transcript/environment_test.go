package transcript

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestEnvironment(t *testing.T) {
	const failed = "* connect to 192.0.2.1 port 443 failed: Connection refused\n"
	const dial = "dial failed kind=refused of=192.0.2.1:443\n"
	for _, tt := range []struct{ name, text, settings, want string }{
		{"the way of a host", "HTTPS_PROXY=http://p.example:3128\nNO_PROXY=localhost\n" + failed,
			"HTTPS_PROXY=http://p.example:3128 NO_PROXY=localhost",
			dial + "setting ok of=192.0.2.1:443 decision=proxy proxy=http://p.example:3128 variable=HTTPS_PROXY"},
		{"exempt", "export https_proxy='http://p.example:3128'\nexport no_proxy=192.0.2.0/24\n" + failed,
			"https_proxy=http://p.example:3128 no_proxy=192.0.2.0/24",
			dial + "setting ok of=192.0.2.1:443 decision=direct variable=https_proxy"},
		{"of a unit", "Environment=\"HTTPS_PROXY=http://u:geheim@p.example:3128\" NO_PROXY=.corp\n" + failed,
			"HTTPS_PROXY=http://REDACTED@p.example:3128 NO_PROXY=.corp",
			dial + "setting ok of=192.0.2.1:443 decision=proxy proxy=http://REDACTED@p.example:3128 variable=HTTPS_PROXY"},
		{"a login that is not escaped", "https_proxy=http://u:ge#heim@p.example:3128\n" + failed, "https_proxy=http://REDACTED@p.example:3128",
			dial + "setting failed kind=invalid of=192.0.2.1:443 decision=refused variable=https_proxy"},
		{"without a proxy", "PATH=/usr/bin:/bin\nHOME=/root\n", "", ""},
		{"without a host", "HTTPS_PROXY=http://p.example:3128\n", "HTTPS_PROXY=http://p.example:3128", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			trace := reading(t, tt.text)
			same(t, sketch(trace), tt.want)
			var have []string
			for _, s := range trace.Run.ProxySettings {
				have = append(have, s.Name+"="+s.Value)
			}
			if got := strings.Join(have, " "); got != tt.settings {
				t.Errorf("settings %q, want %q", got, tt.settings)
			}
			whole, err := json.Marshal(trace)
			if err != nil || strings.Contains(string(whole), "heim") {
				t.Errorf("a login is kept (%v): %s", err, whole)
			}
			if !strings.Contains(formOf(trace), "environment") {
				t.Errorf("recognised %q", formOf(trace))
			}
		})
	}
}

func TestResolvConf(t *testing.T) {
	trace := reading(t, "# made by NetworkManager\nsearch corp.example\nnameserver 192.0.2.53\nnameserver 192.0.2.54\noptions timeout:1 "+
		"attempts:4 ndots:5\n")
	if got := strings.Join(trace.Vantage.Resolvers, " "); got != "192.0.2.53:53 192.0.2.54:53" {
		t.Errorf("servers %q", got)
	}
	s := trace.Vantage.Stub
	if s == nil || s.TimeoutMS != 1000 || s.Attempts != 4 || s.Ndots != 5 || strings.Join(s.Search, " ") != "corp.example" {
		t.Errorf("stub %+v", s)
	}
	if formOf(trace) != "resolv.conf" || len(trace.Hops) > 0 {
		t.Errorf("recognised %q with %d hops", formOf(trace), len(trace.Hops))
	}
}
