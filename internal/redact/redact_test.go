package redact

import (
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"pullpath/internal/cost"
)

// row is one call and its exact result; want is compared whole, so what is
// missing and what is too much both fail.
type row struct{ in, want string }

func check(t *testing.T, f func(string) string, rows []row) {
	t.Helper()
	for _, r := range rows {
		if got := f(r.in); got != r.want {
			t.Errorf("%q\n got %s\nwant %s", r.in, got, r.want)
		}
	}
}

func TestProxyURL(t *testing.T) {
	check(t, ProxyURL, []row{
		{"", ""},
		{"http://proxy.corp:3128", "http://proxy.corp:3128"},
		{"http://proxy.corp:3128/", "http://proxy.corp:3128/"},
		{"proxy.corp:3128", "proxy.corp:3128"},
		{"proxy", "proxy"},
		{"HTTP://proxy", "HTTP://proxy"},
		{"socks5h://[fd00::77]:1080", "socks5h://[fd00::77]:1080"},
		{"http://[fe80::1%25eth0]:3128", "http://[fe80::1%25eth0]:3128"},
		{"http://fd00::77:3129", "http://fd00::77:3129"},
		{"::1:3128", "::1:3128"},
		{":3128", ":3128"},
		// credentials
		{"http://user:secret@proxy:3128", "http://REDACTED@proxy:3128"},
		{"http://user@proxy:3128", "http://REDACTED@proxy:3128"},
		{"user:secret@proxy:3128", "REDACTED@proxy:3128"},
		{"http://u:p@ss@proxy:3128", "http://REDACTED@proxy:3128"},
		{`http://DOM\user:p#w@proxy:3128`, "http://REDACTED@proxy:3128"},
		{"http://user:pa/ss@proxy:3128", "http://REDACTED@proxy:3128"},
		{"http://user:123/ss@proxy:3128", "http://REDACTED@proxy:3128"},
		{"http://user:pa?ss@proxy:3128", "http://REDACTED@proxy:3128"},
		{"http://user:pa ss@proxy:3128", "http://REDACTED@proxy:3128"},
		{"http://user:p,w;x@proxy:3128", "http://REDACTED@proxy:3128"},
		{"http://user:p%zz@proxy:3128", "http://REDACTED@proxy:3128"},
		{"http://user:secret%40proxy:3128", "http://REDACTED@proxy:3128"},
		{"http://user:se%40cret%2540proxy:3128", "http://REDACTED@proxy:3128"},
		{"http:/user:secret@proxy:3128", "http:/REDACTED@proxy:3128"},
		{"http//user:secret@proxy:3128", "http//REDACTED@proxy:3128"},
		{"http:user:secret@proxy:3128", "http:REDACTED@proxy:3128"},
		{"socket5://user:secret@proxy:3128", "socket5://REDACTED@proxy:3128"},
		{"http://u:secret@a:1,http://u:secret2@b:2", "http://REDACTED@b:2"},
		{"http://user:sec\r\nret@proxy:3128\r\n", `http://REDACTED@proxy:3128\x0d\x0a`},
		{"http://user:secret@", "http://REDACTED@"},
		{"http://user:secret@proxy/x?y=z", "http://REDACTED@proxy/…"},
		// without an @ a password can stand in the port's place
		{"http://user:secret", "http://user:REDACTED"},
		{"http://user:12secret", "http://user:REDACTED"},
		{"http://proxy:9999999", "http://proxy:REDACTED"},
		{`DOM\user:secret`, `DOM\…`},
		{"user:dead:beef", "user:REDACTED"},
		// what is wrong stays to be seen
		{" http://proxy:3128", `\x20http://proxy:3128`},
		{"http://proxy:3128 ", `http://proxy:3128\x20`},
		{"http://proxy:3128\r", `http://proxy:3128\x0d`},
		{`"http://user:secret@proxy:3128"`, `"http://REDACTED@proxy:3128"`},
		{"\u201chttp://proxy:3128\u201d", "\u201chttp://proxy:3128\u201d"},
		{"\u200bhttp://proxy:3128", `\u{200b}http://proxy:3128`},
		{"http:/proxy:3128", "http:/proxy:3128"},
		{"http//proxy:3128", "http//proxy:3128"},
		{"http://pro xy:3128", `http://pro\x20REDACTED`},
		{"http://proxy:3128 user:1234", `http://proxy:3128\x20REDACTED`},
		{"http://a:1,http://b.corp:2", "http://a:1,http://b.corp:2"},
		{"a.corp:1; b.corp:2", `a.corp:1;\x20b.corp:2`},
		{"http://wpad.corp/proxy.pac", "http://wpad.corp/…"},
		{"http://proxy:3128/?password=secret", "http://proxy:3128/…"},
		{"http://proxy:3128#secret", "http://proxy:3128#…"},
		{"http://proxy$secret", "http://proxy…"},
		{"\x1b[31mhttp://p", "…"},
		{"DIRECT", "DIRECT"},
	})
}

func TestURL(t *testing.T) {
	check(t, URL, []row{
		{"", ""},
		{"https://quay.io/v2/a/manifests/1", "https://quay.io/v2/a/manifests/1"},
		{"/v2/", "/v2/"},
		{"https://u:secret@quay.io/v2/", "https://REDACTED@quay.io/v2/"},
		{"https://sso.example:5001:5001/token", "https://sso.example:5001:5001/token"},
		{"https://sso.example:5001:secret/token", "https://sso.example:REDACTED"},
		{"https://u:12/secret@quay.io/v2/", "https://REDACTED@quay.io/…"},
		{"https://u:%zz@quay.io/v2/", "https://REDACTED@quay.io/…"},
		{"https://sso.example/auth?service=r&scope=repository:a/b:pull&account=1%7Cme",
			"https://sso.example/auth?service=r&scope=repository:a/b:pull&account=REDACTED"},
		{"https://c.example/sha256/ab?X-Amz-Signature=0f&X-Amz-Credential=K%2Fus&region=us-east-1#frag",
			"https://c.example/sha256/ab?X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED&region=us-east-1"},
		{"https://c.example/x?cf_sign=a&Signature=b&sig=c&token=d&client_id=curl&offline_token=true",
			"https://c.example/x?cf_sign=REDACTED&Signature=REDACTED&sig=REDACTED&token=REDACTED&client_id=curl&offline_token=true"},
		{"https://c.example/x?baresecret", "https://c.example/x?REDACTED"},
		{"https://c.example/x?sig%3Dsecret=1;b=2", "https://c.example/x?REDACTED&b=REDACTED"},
		{"https://c.example/~exp=17~hmac=0f3a/blob", "https://c.example/~exp=REDACTED~hmac=REDACTED/blob"},
		{"https://c.example/eyJhbGciOiJI.eyJzdWIi.c2ln/blob", "https://c.example/REDACTED/blob"},
		{"a://u:0secret:?@h", "a://u:REDACTED?REDACTED"},
		{"https://u:12#secret@h/", "https://REDACTED@h/"},
		{"mailto:me@corp.example", "REDACTED@corp.example"},
		{"https://h/a\x1bb", "https://h/…"},
	})
}

func TestHeader(t *testing.T) {
	jwt := "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"
	for _, r := range []struct{ name, value, want string }{
		{"Date", "Mon, 23 Nov 2026 10:00:00 GMT", "Mon, 23 Nov 2026 10:00:00 GMT"},
		{"VIA", "1.1 px.corp (squid/5.7)", "1.1 px.corp (squid/5.7)"},
		{"X-Squid-Error", "ERR_ACCESS_DENIED 0", "ERR_ACCESS_DENIED 0"},
		{"X-Cache-Lookup", "NONE from px:3128", "NONE from px:3128"},
		{"RateLimit-Remaining", "99;w=21600", "99;w=21600"},
		{"Server", "a\x1b]0;x", `a\x1b]0;x`},
		{"Server", "admin is jane@corp.example", "admin is [e-mail REDACTED]"},
		{"X-Api-Key", "secret", "REDACTED (6 bytes)"},
		{"X-Forwarded-For", "10.1.2.3", "REDACTED (8 bytes)"},
		{"Location", "https://u:pw@h/p?sig=1", "https://REDACTED@h/p?sig=REDACTED"},
		{"Set-Cookie", "SID=31d4; Path=/; HttpOnly", "SID=REDACTED"},
		{"Set-Cookie", "31d4", "REDACTED"},
		{"Cookie", "a=1; b=2", "a=REDACTED; b=REDACTED"},
		{"Authorization", "Bearer " + jwt, "Bearer REDACTED (29 bytes)"},
		{"Proxy-Authorization", "Basic dTpw", "Basic REDACTED (4 bytes)"},
		{"Authorization", jwt, "REDACTED (29 bytes)"},
		{"Authorization", "my secret", "REDACTED (9 bytes)"},
		{"WWW-Authenticate", `Bearer realm="https://a.example/token?key=1",service="r",scope="repository:a:pull",error="x"`,
			`Bearer realm="https://a.example/token?key=REDACTED", service="r", scope="repository:a:pull", error="x"`},
		{"Proxy-Authenticate", `Digest realm="Corp, Inc", nonce="31d4", qop="auth", opaque="5c", stale=false`,
			`Digest realm="Corp, Inc", nonce=REDACTED, qop="auth", opaque=REDACTED, stale=false`},
		{"Proxy-Authenticate", "NTLM TlRMTVNTUAACAAAA==", "NTLM"},
		{"Proxy-Authenticate", `Negotiate oYG2MIGz, Basic realm=Corp Proxy`, "Negotiate, Basic realm=Corp Proxy"},
		{"Proxy-Authenticate", "Basic dTpwYXNz", "Basic REDACTED"},
		{"WWW-Authenticate", "CorpSSO ticket=31d4", "CorpSSO"},
		{"WWW-Authenticate", "Basic realm=x, looseend", "Basic realm=x, REDACTED"},
		{"WWW-Authenticate", "", ""},
	} {
		if got := Header(r.name, r.value); got != r.want {
			t.Errorf("%s: %q\n got %s\nwant %s", r.name, r.value, got, r.want)
		}
	}
}

func TestText(t *testing.T) {
	for _, r := range []struct {
		in   string
		max  int
		want string
	}{
		{"plain é 漢", 20, "plain é 漢"},
		{"a\tb\n\x00\x7f", 40, `a\x09b\x0a\x00\x7f`},
		{"\u009b31m", 40, `\u{009b}31m`},
		{"\xff\xfe", 40, `\xff\xfe`},
		{"a\u202eb\u2066c\u200dd\u2028e\ufefff\u00a0g", 90, `a\u{202e}b\u{2066}c\u{200d}d\u{2028}e\u{feff}f\u{00a0}g`},
		{"\u3164", 40, `\u{3164}`},
		{"\U000e0041", 40, `\u{e0041}`},
		{"abcdef", 6, "abcdef"},
		{"abcdefg", 6, "abcde…"},
		{"abc", 1, "…"},
		{"abc", 0, ""},
		{"abc", -1, ""},
		{"write to jane.doe+x@corp.example.", 60, "write to [e-mail REDACTED]."},
		{"helpdesk@corp", 60, "[e-mail REDACTED]"},
	} {
		if got := Text(r.in, r.max); got != r.want {
			t.Errorf("Text(%q, %d)\n got %s\nwant %s", r.in, r.max, got, r.want)
		}
	}
}

func TestUser(t *testing.T) {
	check(t, User, []row{
		{"", ""},
		{"12345678|mytok", "1******|m***, 14 characters"}, // the contract's example
		{"jane", "j***, 4 characters"},
		{"x", "x, 1 character"},
		{"|m", "|m, 2 characters"},
		{"élan\x1b", "é****, 5 characters"},
		{"\x1bx", `\x1b*, 2 characters`},
	})
}

func TestSecretsScrubsEveryWrittenForm(t *testing.T) {
	var s Secrets
	s.Add(`p/w "1&`, "abc")
	s.AddPair("1|me", "tok+en")
	s.AddProxyURL("http://DOM%5Cu:pr%23xy@proxy:3128")
	check(t, s.Scrub, []row{
		{"", ""},
		{"abc stays", "abc stays"},
		{`p/w "1&`, Mark},
		{"x=p%2Fw+%221%26", "x=" + Mark},
		{"x=p%2fw%20%221%26", "x=" + Mark},
		{`{"p":"p/w \"1\u0026"}`, `{"p":"` + Mark + `"}`},
		{"p/w &#34;1&amp;", Mark},
		{"Authorization: Basic MXxtZTp0b2srZW4=", "Authorization: Basic " + Mark},
		{"MXxtZTp0b2srZW4 unpadded", Mark + " unpadded"},
		{"tok+en tok%2Ben dG9rK2Vu", Mark + " " + Mark + " " + Mark},
		{"pr#xy pr%23xy", Mark + " " + Mark},
		{"RE9NXHU6cHIjeHk=", Mark},
		{"1|me is no secret", UserMark + " is no secret"},
	})
	s.Add("learned later")
	check(t, s.Scrub, []row{{"it was learned later", "it was " + Mark}})
	if s.String() != Mark || s.GoString() != Mark {
		t.Error("a Secrets value prints its secrets")
	}
}

func TestSecretsTakeOutWhatOverlaps(t *testing.T) {
	var s Secrets
	s.Add("pass", "password", "swordfish")
	check(t, s.Scrub, []row{{"password", Mark}, {"passwordfish", Mark}, {"swordfish", Mark}})
}

func TestSecretsFromUnparsableProxyURL(t *testing.T) {
	for _, raw := range []string{
		"user:sec/ret#1@proxy:3128", `http://DOM\user:sec/ret#1@proxy`, ` "http://user:sec/ret#1@proxy"`,
		"http://user:sec/ret#1%40proxy:3128", "http:user:sec/ret#1@proxy",
	} {
		var s Secrets
		s.AddProxyURL(raw)
		if got := s.Scrub(raw); strings.Contains(got, "sec/ret") {
			t.Errorf("%q leaks as %q", raw, got)
		}
	}
	var s Secrets
	s.AddProxyURL("http://proxy.corp:3128")
	s.AddProxyURL("@proxy")
	check(t, s.Scrub, []row{{"http://proxy.corp:3128", "http://proxy.corp:3128"}})
}

func TestNilSecretsScrubNothing(t *testing.T) {
	var s *Secrets
	s.Add("password")
	s.AddPair("user", "password")
	s.AddProxyURL("http://u:password@p")
	check(t, s.Scrub, []row{{"password", "password"}})
}

func TestSecretsAreSafeForConcurrentUse(t *testing.T) {
	var s Secrets
	var wg sync.WaitGroup
	for _, secret := range []string{"first-secret", "second-secret", "third-secret"} {
		wg.Go(func() {
			s.Add(secret)
			if got := s.Scrub(secret); got != Mark {
				t.Errorf("just added, not scrubbed: %q", got)
			}
		})
	}
	wg.Wait()
}

func FuzzProxyURL(f *testing.F) {
	for _, seed := range []string{"", "p#", "p/", "p?", "p@", "p%40", " ", "\r\n", `DOM\`, "://", "a,b", "\xff", "％40"} {
		f.Add("http", "user", seed, seed, "proxy:3128")
		f.Add("socket5", seed, seed, seed, "[::1]:1")
	}
	const secret = "S3CR3T!marker"
	f.Fuzz(func(t *testing.T, scheme, user, before, after, host string) {
		cost.Linear(t, len(scheme)+len(user)+len(before)+len(after)+len(host), func() {
			if strings.Contains(scheme+user+before+after+host, "S3CR3T") {
				t.Skip("the secret stands elsewhere too")
			}
			raw := scheme + "://" + user + ":" + before + secret + after + "@" + host
			got := ProxyURL(raw)
			if strings.Contains(got, "S3CR3T") {
				t.Errorf("%q leaks as %q", raw, got)
			}
			if fromURL := URL(raw); strings.Contains(fromURL, "S3CR3T") {
				t.Errorf("URL: %q leaks as %q", raw, fromURL)
			}
			holdsNothingHidden(t, got)
		})
	})
}

func FuzzText(f *testing.F) {
	f.Add("a\x1b[0m\u202e@\xff b@c", 10)
	f.Add("x@y-@z a@b@c", 100)
	f.Fuzz(func(t *testing.T, s string, max int) {
		cost.Linear(t, len(s), func() {
			got := Text(s, max)
			holdsNothingHidden(t, got)
			if n := utf8.RuneCountInString(got); n > 0 && n > max {
				t.Errorf("%d runes, at most %d were asked for", n, max)
			}
			if again := Text(got, max); again != got {
				t.Errorf("not idempotent: %q, then %q", got, again)
			}
			for _, h := range []string{"Server", "Location", "WWW-Authenticate", "Cookie", "X-Unknown"} {
				holdsNothingHidden(t, Header(h, s))
			}
			holdsNothingHidden(t, User(s))
		})
	})
}

// holdsNothingHidden fails unless s is valid UTF-8 without control, format or
// separator characters. It asks Unicode's categories on its own account.
func holdsNothingHidden(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("not UTF-8: %q", s)
	}
	for _, r := range s {
		if unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) {
			t.Errorf("hidden character %U in %q", r, s)
		}
	}
}
