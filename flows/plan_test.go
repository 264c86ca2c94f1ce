package flows

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pullpath/internal/evidence"
	"pullpath/internal/profile"
	"pullpath/internal/route"
)

// arguments reads TARGETs as the command line has them.
func arguments(t *testing.T, texts ...string) []Argument {
	t.Helper()
	out, err := ParseArguments(texts)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// siteProfile is a registry with its token server, a CDN host, a service and what is not walked.
func siteProfile() profile.Profile {
	return profile.Profile{Name: "site", Hosts: []profile.Host{
		{Host: "registry.example", Port: 443, Role: evidence.Registry, Required: true, Public: true},
		{Host: "auth.example", Port: 443, Role: evidence.Auth, Required: true},
		{Host: "cdn.example", Port: 443, Role: evidence.Blob},
		{Host: "api.example", Port: 443, Role: evidence.Service},
		{Host: "*.wild.example", Port: 443, Role: evidence.Blob},
	}}
}

// planned says a target in one line.
func planned(p Planned) string {
	t := p.Target
	out := fmt.Sprintf("%s %s by %s", t.ID, t.Role, t.FoundBy)
	if t.Required {
		out += " required"
	}
	if t.Listed {
		out += " listed"
	}
	if t.Public {
		out += " public"
	}
	if p.AllowListOnly {
		out += " for the list"
	}
	if len(t.Images) > 0 {
		out += " images " + strings.Join(t.Images, ",")
	}
	return out + " " + t.Route.Kind
}

func TestPlan(t *testing.T) {
	for name, row := range map[string]struct {
		targets []string
		want    []string
	}{
		"the whole profile": {nil, []string{
			"registry.example:443 registry by profile required listed public direct", "auth.example:443 auth by profile required listed direct",
			"cdn.example:443 blob by profile listed for the list direct", "api.example:443 service by profile listed for the list direct"}},
		"a host that nobody knows": {[]string{"other.example:5000"}, []string{"other.example:5000 registry by argument required direct"}},
		"a registry of the profile brings its token server": {[]string{"registry.example"}, []string{
			"registry.example:443 registry by argument required listed public direct", "auth.example:443 auth by profile required listed direct"}},
		"a CDN host by name": {[]string{"cdn.example"}, []string{"cdn.example:443 blob by argument required listed for the list direct"}},
		"an image at a CDN host makes a registry of it": {[]string{"cdn.example/a:1"}, []string{
			"cdn.example:443 registry by argument required listed images cdn.example/a:1 direct"}},
		"two images of one registry are one target": {[]string{"other.example/a:1", "other.example/b:2"}, []string{
			"other.example:443 registry by argument required images other.example/a:1,other.example/b:2 direct"}},
		"a host, then an image of it": {[]string{"cdn.example", "cdn.example/a:1"}, []string{
			"cdn.example:443 registry by argument required listed images cdn.example/a:1 direct"}},
		"one host by two spellings": {[]string{"other.example", "OTHER.example"},
			[]string{"other.example:443 registry by argument required direct"}},
		"Docker Hub": {[]string{"docker.io/library/a"},
			[]string{"registry-1.docker.io:443 registry by argument required public images docker.io/library/a direct"}},
		"a registry that everybody knows, and no profile has": {[]string{"nvcr.io/nvidia/cuda:12"},
			[]string{"nvcr.io:443 registry by argument required public images nvcr.io/nvidia/cuda:12 direct"}},
	} {
		plan, err := NewPlan(Config{Profile: siteProfile(), Dialect: route.Go(), Targets: arguments(t, row.targets...)})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, p := range plan.Targets {
			got = append(got, planned(p))
			if len(p.Images) != len(p.Target.Images) {
				t.Errorf("%s: %d images to pull, %d in the report", name, len(p.Images), len(p.Target.Images))
			}
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Each target has the route that the client's settings give it.
func TestPlanRoutes(t *testing.T) {
	env := route.Environment{{Name: "HTTPS_PROXY", Value: "http://u:p@proxy.example:3128", Source: "environment"},
		{Name: "NO_PROXY", Value: "inside.example", Source: "environment"}}
	for host, want := range map[string]evidence.Route{
		"outside.example": {Kind: "proxy", Proxy: "http://REDACTED@proxy.example:3128", Source: "HTTPS_PROXY"},
		"inside.example":  {Kind: "direct", Rule: "inside.example", Source: "NO_PROXY"},
	} {
		plan, err := NewPlan(Config{Dialect: route.Go(), Env: env, Targets: arguments(t, host)})
		if err != nil {
			t.Fatal(err)
		}
		if got := plan.Targets[0].Target.Route; got != want {
			t.Errorf("%s: %+v, want %+v", host, got, want)
		}
	}
}

func TestPlansThatAreRefused(t *testing.T) {
	var many []string
	for i := range evidence.MaxTargets + 1 {
		many = append(many, fmt.Sprintf("h%d.example", i))
	}
	for name, row := range map[string]struct {
		targets []string
		proxy   string
		want    string
	}{
		"more hosts than a run walks":   {many, "", "a run does not walk so many"},
		"a proxy that is not spoken to": {[]string{"a.example"}, "socks4://proxy.example:1080", "cannot be walked"},
	} {
		curl, err := route.Named("curl")
		if err != nil {
			t.Fatal(err)
		}
		c := Config{Dialect: curl, Targets: arguments(t, row.targets...)}
		if row.proxy != "" {
			c.Env = route.Environment{{Name: "https_proxy", Value: row.proxy, Source: "environment"}}
		}
		if _, err := NewPlan(c); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q in it", name, err, row.want)
		}
	}
}
