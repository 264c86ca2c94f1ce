package evidence

import (
	"encoding/json"
	"net/url"
	"testing"
)

func TestEndpoint(t *testing.T) {
	for _, row := range []struct {
		endpoint    Endpoint
		id, urlHost string
	}{
		{Endpoint{"registry.example", 443}, "registry.example:443", "registry.example"},
		{Endpoint{"registry.example", 5000}, "registry.example:5000", "registry.example:5000"},
		{Endpoint{"Registry.Example.", 443}, "registry.example:443", "Registry.Example."},
		{Endpoint{"2001:db8::1", 443}, "[2001:db8::1]:443", "[2001:db8::1]"},
		{Endpoint{"2001:DB8:0::1", 8443}, "[2001:db8::1]:8443", "[2001:DB8:0::1]:8443"},
		{Endpoint{"192.0.2.1", 443}, "192.0.2.1:443", "192.0.2.1"},
	} {
		if row.endpoint.ID() != row.id || row.endpoint.URLHost() != row.urlHost {
			t.Errorf("%v: %q and %q, want %q and %q", row.endpoint, row.endpoint.ID(), row.endpoint.URLHost(), row.id, row.urlHost)
		}
		if !EndpointOf(row.endpoint.URL()).Is(row.endpoint) {
			t.Errorf("%v: the URL %s leads elsewhere", row.endpoint, row.endpoint.URL())
		}
	}
	if u := (&url.URL{Scheme: "http", Host: "a"}); EndpointOf(u) != (Endpoint{"a", 80}) {
		t.Errorf("%s leads to %v", u, EndpointOf(u))
	}
	if (Endpoint{"a", 1}).Is(Endpoint{"a", 2}) || (Endpoint{"a", 1}).Is(Endpoint{"b", 1}) || !(Endpoint{"A.", 1}).Is(Endpoint{"a", 1}) {
		t.Error("endpoints are told apart by something else than host and port")
	}
}

// A saved report has host and port beside the target's ID.
func TestTargetKeepsItsForm(t *testing.T) {
	got, err := json.Marshal(Target{ID: "a:443", Endpoint: Endpoint{"a", 443}, Role: Registry, Status: "pass"})
	want := `{"id":"a:443","host":"a","port":443,"role":"registry","required":false,"public":false,` +
		`"found_by":"","route":{"kind":""},"status":"pass"}`
	if err != nil || string(got) != want {
		t.Errorf("%s %v, want %s", got, err, want)
	}
}
