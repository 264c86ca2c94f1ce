package grid

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pullpath/flows"
	"pullpath/internal/credentials"
	"pullpath/internal/fault"
	"pullpath/internal/report"
	"pullpath/mockproxy"
)

// Two registries with one token server: their stored logins are sent once each,
// and one that is the same and was rejected is not sent again (docs/rules.md, rule 1).
func TestStoredLoginsAreSentOnceEach(t *testing.T) {
	t.Parallel()
	right := credentials.NewLogin(credentials.Password, fault.AccountUser, fault.AccountPassword)
	wrong := credentials.NewLogin(credentials.Password, fault.AccountUser, fault.AccountPassword+"-wrong")
	other := credentials.NewLogin(credentials.Password, fault.AccountUser, fault.AccountPassword+"-other")
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

// A stored token is presented as its kind asks: an identity token to the token server
// in a form, a registry token to the registry itself, and neither anywhere else.
func TestStoredTokensArePresented(t *testing.T) {
	t.Parallel()
	const realm = "/auth/realms/rhcc/protocol/redhat-docker-v2/auth"
	bad := "canary-token-7d1c"
	for name, row := range map[string]struct {
		login            credentials.Login
		registry, tokens []string
		code             string
	}{
		"identity token": {credentials.NewLogin(credentials.IdentityToken, "", fault.AccountIdentity),
			[]string{"GET /v2/", "GET /v2/ Bearer"}, []string{"POST " + realm}, ""},
		"identity token, refused": {credentials.NewLogin(credentials.IdentityToken, "", bad),
			[]string{"GET /v2/"}, []string{"POST " + realm}, "auth-credentials-rejected"},
		"registry token, refused": {credentials.NewLogin(credentials.RegistryToken, "", bad),
			[]string{"GET /v2/", "GET /v2/ Bearer", "GET /v2/ Bearer"}, nil, "registry-token-rejected"},
	} {
		w := walk(fault.World{Direct: true, Targets: []string{"registry.redhat.io"}, Anonymous: true}, func(c *flows.Config) {
			c.Scribe.Secrets.AddPair("", row.login.Secret())
			c.Logins = map[string]credentials.Answer{"registry.redhat.io:443": {Login: row.login}}
		})
		if diff := cmp.Diff(row.registry, requests(w, "registry.redhat.io")); diff != "" {
			t.Errorf("%s at the registry (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(row.tokens, requests(w, "sso.redhat.com")); diff != "" {
			t.Errorf("%s at the token server (-want +got):\n%s", name, diff)
		}
		if got := strings.Join(w.result.Verdict.RootCauses, " "); got != row.code {
			t.Errorf("%s: root causes %q, want %q", name, got, row.code)
		}
		var out bytes.Buffer
		if err := report.JSON(&out, w.trace, w.result); err != nil || strings.Contains(out.String(), row.login.Secret()) {
			t.Errorf("%s: the report holds the token (%v)", name, err)
		}
	}
}

// A client that takes a token for too old asks for a new one; podman takes each for a minute.
func TestTokensAreRenewed(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a token has to run out")
	}
	for client, row := range map[string]struct {
		asked int
		want  string
	}{"containerd": {2, "pass"}, "podman": {1, "fail auth-token-expired"}} {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			w := walk(fault.World{Direct: true, Targets: []string{fault.Image + ":" + fault.ImageTag}, Flags: []string{"--client=" + client},
				TokenLife: 3 * time.Second, Faults: []fault.Fault{fault.HTTP{Host: fault.BlobHost, Blob: "config", Delay: 3500 * time.Millisecond}}})
			if w.err != nil || told(w) != row.want {
				t.Errorf("%s, want %s %v\n%s", told(w), row.want, w.err, failedHops(w.trace))
			}
			asked := count(w.events, func(e mockproxy.Event) bool { return e.Host == "sso.redhat.com" && e.Kind == "request" })
			if asked != row.asked {
				t.Errorf("a token was asked for %d times, want %d", asked, row.asked)
			}
		})
	}
}
