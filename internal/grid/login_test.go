package grid

import (
	"testing"

	"pullpath/flows"
	"pullpath/internal/credentials"
	"pullpath/internal/fault"
	"pullpath/mockproxy"
)

// Two registries with one token server: their stored logins are sent once each,
// and one that is the same and was rejected is not sent again (CONTRACT.md 4.1).
func TestStoredLoginsAreSentOnceEach(t *testing.T) {
	right := credentials.NewLogin(credentials.Password, fault.AccountUser, fault.AccountPassword)
	wrong := credentials.NewLogin(credentials.Password, fault.AccountUser, fault.AccountPassword+"-wrong")
	other := credentials.NewLogin(credentials.Password, fault.AccountUser, fault.AccountPassword+"-other")
	token := credentials.NewLogin(credentials.IdentityToken, "", "canary-identity-token")
	world := fault.World{Direct: true, Targets: []string{"registry.redhat.io", "registry.redhat.io:8443"}, Anonymous: true}
	for name, row := range map[string]struct {
		first, second credentials.Login
		sent          int
	}{
		"the same, wrong": {wrong, wrong, 1},
		"two, wrong":      {wrong, other, 2},
		"one of two":      {wrong, right, 2},
		"the same, right": {right, right, 2},
		"one has none":    {right, credentials.Login{}, 1},
		"a token is kept": {token, right, 1},
	} {
		w := walk(world, func(c *flows.Config) {
			c.Logins = map[string]credentials.Answer{"registry.redhat.io:443": {Login: row.first}, "registry.redhat.io:8443": {Login: row.second}}
		})
		if w.err != nil {
			t.Fatal(w.err)
		}
		sent := count(w.events, func(e mockproxy.Event) bool { return e.Host == "sso.redhat.com" && e.Auth != "" })
		if sent != row.sent {
			t.Errorf("%s: %d requests with a login, want %d", name, sent, row.sent)
		}
		if elsewhere := count(w.events, func(e mockproxy.Event) bool { return e.Host != "sso.redhat.com" && e.Auth == "Basic" }); elsewhere > 0 {
			t.Errorf("%s: %d logins went to another host than the realm's", name, elsewhere)
		}
	}
}
