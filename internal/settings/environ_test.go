package settings

import (
	"net/url"
	"testing"

	"pullpath/internal/route"
)

// On Windows a variable counts in whatever case it is written.
func TestCaseless(t *testing.T) {
	target := &url.URL{Scheme: "https", Host: "registry.redhat.io", Path: "/"}
	for name, env := range map[string]route.Environment{
		"upper": {{Name: "HTTPS_PROXY", Value: "http://p:1"}},
		"lower": {{Name: "https_proxy", Value: "http://p:1"}},
		"mixed": {{Name: "Https_Proxy", Value: "http://p:1"}, {Name: "Path", Value: "C:\\"}},
	} {
		both := caseless(env)
		for _, family := range []string{"go", "curl", "wget"} {
			d, err := route.Named(family)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Decide(both, target); got.Kind != route.Proxy {
				t.Errorf("%s: %s goes %s", name, family, got.Kind)
			}
		}
	}
	exempt := caseless(route.Environment{{Name: "HTTPS_PROXY", Value: "http://p:1"}, {Name: "No_Proxy", Value: "redhat.io"}})
	if got := route.Go().Decide(exempt, target); got.Kind != route.Direct {
		t.Errorf("goes %s", got.Kind)
	}
}
