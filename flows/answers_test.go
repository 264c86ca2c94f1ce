package flows

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pullpath/internal/cost"
	"pullpath/internal/evidence"
	"pullpath/internal/route"
)

// jwtOf makes an unsigned token of a header and claims: nothing here verifies it.
func jwtOf(header, claims string) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(header)) + "." + enc([]byte(claims)) + ".c2lnbmF0dXJl"
}

func TestTokenAnswers(t *testing.T) {
	article := jwtOf(`{"alg":"RS256","typ":"JWT","jwk":{"kty":"RSA","n":"`+strings.Repeat("A", 683)+`","e":"AQAB"}}`,
		`{"exp":1534193091,"nbf":1534192791,"iat":1534192791,"iss":"https://sso.redhat.com/auth/realms/rhcc",`+
			`"aud":"docker-registry","sub":"testuser","access":[]}`)
	at := func(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
	for name, row := range map[string]struct {
		body  string
		token string
		want  evidence.Token
	}{
		"the article's": {`{"token":"` + article + `","access_token":"` + article + `","expires_in":300,"issued_at":"2018-08-13T20:32:49Z"}`,
			article,
			evidence.Token{Length: len(article), ExpiresIn: 300, IssuedAt: "2018-08-13T20:32:49Z", Access: []string{},
				Algorithm: "RS256", KeyBits: 4096,
				Issuer: "https://sso.redhat.com/auth/realms/rhcc", Audience: []string{"docker-registry"}, Subject: "t******, 8 characters",
				Expires: at(1534193091), NotBefore: at(1534192791), Issued: at(1534192791)}},
		"access_token alone": {`{"access_token":"opaque"}`, "opaque", evidence.Token{Length: 6}},
		"with access": {`{"token":"` + jwtOf(`{"alg":"ES256"}`,
			`{"aud":["a","b"],"access":[{"type":"repository","name":"ubi9/ubi","actions":["pull","push"]}]}`) + `"}`,
			jwtOf(`{"alg":"ES256"}`, `{"aud":["a","b"],"access":[{"type":"repository","name":"ubi9/ubi","actions":["pull","push"]}]}`),
			evidence.Token{Length: 160, Algorithm: "ES256", Audience: []string{"a", "b"}, Access: []string{"repository:ubi9/ubi:pull,push"}}},
		"three parts and no JWT": {`{"token":"a.b.c"}`, "a.b.c", evidence.Token{Length: 5}},
		"a date out of range": {`{"token":"` + jwtOf(`{}`, `{"exp":1e300,"nbf":-1}`) + `"}`, jwtOf(`{}`, `{"exp":1e300,"nbf":-1}`),
			evidence.Token{Length: 47, Access: []string{}}},
		"neither": {`{}`, "", evidence.Token{Problem: "the JSON has neither token nor access_token"}},
		"a page":  {`<html>`, "", evidence.Token{Problem: "the answer is not a JSON object with a token"}},
	} {
		token, got := readToken([]byte(row.body), evidence.Scribe{})
		if diff := cmp.Diff(row.want, got); diff != "" || token != row.token {
			t.Errorf("%s: token %q (-want +got):\n%s", name, token, diff)
		}
	}
}

// Of several challenges the client's is taken, wherever it stands; a realm that is no URL of a
// host does not count.
func TestPickingAChallenge(t *testing.T) {
	bearer := `Bearer realm="https://auth.example/token",service="registry"`
	for name, row := range map[string]struct {
		values        []string
		scheme, realm string
	}{
		"one":                        {[]string{bearer}, "Bearer", "https://auth.example/token"},
		"Negotiate first":            {[]string{"Negotiate", bearer}, "Bearer", "https://auth.example/token"},
		"in one field":               {[]string{`Negotiate, ` + bearer}, "Bearer", "https://auth.example/token"},
		"Basic before Bearer":        {[]string{`Basic realm="x"`, bearer}, "Bearer", "https://auth.example/token"},
		"Basic alone":                {[]string{"Negotiate", `Basic realm="x"`}, "Basic", ""},
		"Bearer in the clear":        {[]string{`Bearer realm="http://auth.example/token"`}, "Bearer", "http://auth.example/token"},
		"Bearer by name alone":       {[]string{`Bearer realm="auth.example"`}, "", ""},
		"Bearer by name alone, else": {[]string{`Bearer realm="auth.example"`, `Basic realm="x"`}, "Basic", ""},
		"nothing":                    {nil, "", ""},
	} {
		c, realm := pick(row.values)
		got := ""
		if realm != nil {
			got = realm.String()
		}
		if c.Scheme != row.scheme || got != row.realm {
			t.Errorf("%s: %q %q, want %q %q", name, c.Scheme, got, row.scheme, row.realm)
		}
	}
}

// Of a client's environment its proxy variables alone enter evidence.
func TestOnlyProxyVariablesAreTold(t *testing.T) {
	env := route.Environment{{Name: "HOME", Value: "/home/somebody"}, {Name: "HTTPS_PROXY", Value: "http://u:p@proxy:3128"},
		{Name: "no_proxy", Value: "corp"},
		{Name: "SSL_CERT_FILE", Value: "/home/somebody/ca.pem"}, {Name: "REQUEST_METHOD", Value: "GET"}}
	var got []string
	for _, v := range proxySettings(env) {
		got = append(got, v.Name+"="+v.Value)
	}
	if diff := cmp.Diff([]string{"HTTPS_PROXY=http://REDACTED@proxy:3128", "no_proxy=corp"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzReadToken(f *testing.F) {
	f.Add([]byte(`{"token":"` + jwtOf(`{"alg":"RS256"}`, `{"exp":1,"access":[{"type":"r","name":"n","actions":["pull"]}]}`) + `"}`))
	f.Add([]byte(`{"access_token":"a.b.c"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		cost.Linear(t, len(body), func() {
			token, got := readToken(body, evidence.Scribe{})
			if (token == "") != (got.Problem != "") || len(got.Access) > maxAccess {
				t.Errorf("token %q, %+v", token, got)
			}
			if _, err := json.Marshal(got); err != nil {
				t.Errorf("it cannot be written: %v", err)
			}
		})
	})
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"config":{"digest":"sha256:a","size":1},"layers":[{"digest":"sha256:b","size":-2}],` +
		`"manifests":[{"platform":{"os":"linux"}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		cost.Linear(t, len(body), func() {
			var m manifest
			if json.Unmarshal(body, &m) != nil {
				return
			}
			smallest(m.Layers)
			if len(m.Manifests) > 0 {
				(&conversation{run: &run{}}).ofPlatform(m)
				m.platforms(evidence.Scribe{})
			}
		})
	})
}

// FuzzIssuer tries what an authority's address may serve.
func FuzzIssuer(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"))
	f.Add([]byte("0\x82\x01\x00"))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		cost.Linear(t, len(body), func() {
			if got := certificateIn(body); len(got) > len(body) {
				t.Errorf("%d bytes of %d", len(got), len(body))
			}
		})
	})
}

// FuzzHead gives the head of an answer whatever a peer may send: a bounded part is
// looked at, the rest is counted, and the fields that show who answered are never among
// the rest.
func FuzzHead(f *testing.F) {
	f.Add("A: b\r\nServer: squid\r\nWww-Authenticate: Basic realm=\"x\"\r\n", 3)
	f.Add("Set-Cookie: a=b\r\n", 5000)
	f.Fuzz(func(t *testing.T, lines string, times int) {
		text := strings.Repeat(lines, min(max(times, 1), 1+(64<<10)/max(len(lines), 1)))
		head, err := textproto.NewReader(bufio.NewReader(strings.NewReader("Server: marker\r\n" + text + "\r\n"))).ReadMIMEHeader()
		if err != nil {
			return
		}
		total := 0
		for _, values := range head {
			total += len(values)
		}
		cost.Linear(t, len(text), func() {
			kept, left := boundHead(http.Header(head))
			if len(kept)+left != total || len(kept) > evidence.MaxHeaders {
				t.Errorf("%d kept and %d left out of %d", len(kept), left, total)
			}
			if v, _ := evidence.HeaderValue(kept, "Server"); !strings.HasPrefix(v, "marker") {
				t.Errorf("the server's name is %q", v)
			}
			for _, v := range boundValues(head["Www-Authenticate"]) {
				if got := (evidence.Scribe{}).Challenges(v); len(got) > 16 {
					t.Errorf("%d challenges", len(got))
				}
			}
		})
	})
}
