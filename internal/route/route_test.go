package route

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/cost"

	"golang.org/x/net/http/httpproxy"
)

// environment makes an Environment of NAME=VALUE words.
func environment(pairs ...string) Environment {
	var env Environment
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		env = append(env, Variable{Name: name, Value: value, Source: "environment"})
	}
	return env
}

func parse(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// codes returns the codes of the problems, joined.
func codes(problems []Problem) string {
	var out []string
	for _, p := range problems {
		out = append(out, p.Code)
	}
	return strings.Join(out, " ")
}

// TestProxyValues has the forms of a proxy's URL that go wrong in the field
// (docs/field-notes.md#proxy-urls).
func TestProxyValues(t *testing.T) {
	const direct = "direct"
	for _, r := range []struct {
		value, want, problems string // want: the address that is dialled, or direct
		broken                bool
	}{
		{"http://proxy:3128", "proxy:3128", "", false},
		{"proxy:3128", "proxy:3128", "scheme-missing", false},
		{"http://proxy:3128 ", "http:80", "wrong-host default-port trailing-blank", true},
		{"http://u:p#s@proxy:3128", "http:80", "wrong-host default-port unescaped-credentials", true},
		{"http://u:p/s@proxy:3128", "http:80", "wrong-host default-port unescaped-credentials", true},
		{"http://u:p?s@proxy:3128", "http:80", "wrong-host default-port unescaped-credentials", true},
		{"http://u:p s@proxy:3128", "http:80", "wrong-host default-port unescaped-credentials", true},
		{`http://DOM\u:p@proxy:3128`, "http:80", "wrong-host default-port unescaped-credentials", true},
		{"http://u:pässe@proxy:3128", "http:80", "wrong-host default-port unescaped-credentials", true},
		{"http:/proxy:3128", "http:80", "wrong-host default-port scheme-malformed", true},
		{"http//proxy:3128", "http:80", "wrong-host default-port scheme-malformed", true},
		{"http:proxy:3128", ":80", "no-host default-port scheme-malformed", true},
		{"http://proxy:port", "http:80", "wrong-host default-port bad-port", true},
		{"http://a:3128,http://b:3128", "http:80", "wrong-host default-port several-proxies", true},
		{"a:3128,b:3128", ":", "no-host no-port scheme-missing several-proxies", true},
		{"http://fd00::77:3128", "http:80", "wrong-host default-port ipv6-brackets", true},
		{"http://[fd00::77]:3128", "[fd00::77]:3128", "", false},
		{"::1:3128", direct, "ignored scheme-missing ipv6-brackets", true},
		{" http://proxy:3128", direct, "ignored leading-blank", true},
		{"http://proxy:3128\r", direct, "ignored control-character", true},
		{"http://proxy:3128\r\n", direct, "ignored control-character", true},
		{"http://proxy:3128\n", direct, "ignored control-character", true},
		{"http://u:p%ss@proxy:3128", direct, "ignored bad-percent", true},
		{"http://u:p%%40ss@proxy:3128", direct, "ignored bad-percent", true},
		{"http://u:p%40ss@proxy:3128", "proxy:3128", "", false},
		{"http://u:p@ss@proxy:3128", "proxy:3128", "", false},
		{`"http://proxy:3128"`, `"http:80`, "wrong-host default-port quoted", true},
		{"https://proxy:3128", "proxy:3128", "", false},
		{"https://proxy", "proxy:443", "default-port", false},
		{"http://proxy", "proxy:80", "default-port", false},
		{"http://proxy:", "proxy:80", "default-port", false},
		{"socks5://proxy", "proxy:1080", "default-port", false},
		{"socks5h://proxy:1080", "proxy:1080", "", false},
		{"socks4://proxy:1080", "proxy:1080", "scheme-unknown", false},
		{"ftp://proxy", "proxy:", "no-port scheme-unknown", true},
		{"http://proxy:0", "proxy:0", "bad-port", true},
		{"http://proxy:99999", "proxy:99999", "bad-port", true},
		{"http://:3128", ":3128", "no-host", true},
		{"DIRECT", "DIRECT:80", "default-port scheme-missing keyword", true},
		{"http://wpad.corp/proxy.pac", "wpad.corp:80", "default-port pac-url", false},
		{"http://wpad.corp:8080/wpad.dat?x=1", "wpad.corp:8080", "pac-url", false},
		{"http://u:12/ss@proxy:3128", "u:12", "part-of-login unescaped-credentials", true},
		{"http://u:p@s#s@proxy:3128", "s:80", "part-of-login default-port unescaped-credentials", true},
		{"http://u:p@s/s@proxy:3128", "s:80", "part-of-login default-port unescaped-credentials", true},
		{"http://u:p@s?s@proxy.corp", "s:80", "part-of-login default-port unescaped-credentials", true},
		{"u:p@s#s@proxy:3128", "s:80", "part-of-login default-port unescaped-credentials scheme-missing", true},
		{"http://u:p@proxy:3128/#a@b", "proxy:3128", "unescaped-credentials", false},
		{"http://proxy:3128/?x=a@b", "proxy:3128", "unescaped-credentials", false},
	} {
		d := GoStrict().Decide(environment("HTTPS_PROXY="+r.value), parse(t, "https://registry.redhat.io/v2/"))
		got := direct
		if d.Kind == Proxy {
			got = d.Host + ":" + d.Port
			if strings.Contains(d.Host, ":") {
				got = d.Address()
			}
		}
		if got != r.want || codes(d.Problems) != r.problems || d.Broken() != r.broken {
			t.Errorf("%q\n got %s [%s] broken=%v\nwant %s [%s] broken=%v",
				r.value, got, codes(d.Problems), d.Broken(), r.want, r.problems, r.broken)
		}
		if (d.Kind == Proxy) != (d.Proxy() != nil) || (d.Kind == Direct) != (d.Reason == Unusable) {
			t.Errorf("%q: kind %s, reason %s, proxy %v", r.value, d.Kind, d.Reason, d.Proxy() != nil)
		}
	}
}

// TestNoProxyEntries has forms of NO_PROXY entries that match and that do not.
func TestNoProxyEntries(t *testing.T) {
	for _, r := range []struct{ list, token, miss string }{
		{"registry.redhat.io", "registry.redhat.io", ""},
		{"redhat.io", "redhat.io", ""},
		{".redhat.io", ".redhat.io", ""},
		{"*.redhat.io", "*.redhat.io", ""},
		{".REDHAT.IO", ".REDHAT.IO", ""},
		{"io", "io", ""},
		{"*", "*", ""},
		{"a.example,*,redhat.io", "*", ""},
		{"a.example, redhat.io ,*", "redhat.io", ""},
		{"registry.redhat.io:443", "registry.redhat.io:443", ""},
		{"localhost, redhat.io", "redhat.io", ""},
		{"redhat.*", "", ""},
		{"registry.redhat.*", "", "registry.redhat.*: wildcard"},
		{"*redhat.io", "", "*redhat.io: wildcard"},
		{"dhat.io", "", ""},
		{"localhost redhat.io", "", "localhost redhat.io: separator"},
		{"localhost;redhat.io", "", "localhost;redhat.io: separator"},
		{"https://registry.redhat.io", "", "https://registry.redhat.io: url"},
		{"registry.redhat.io/", "", "registry.redhat.io/: url"},
		{"registry.redhat.io:8443", "", "registry.redhat.io:8443: port"},
		{`"redhat.io"`, "", `"redhat.io": quoted`},
		{"redhat.io.", "", "redhat.io.: trailing-dot"},
		{".registry.redhat.io", "", ".registry.redhat.io: subdomains-only"},
		{"0.0.0.0/0,10.0.0.0/8,::/0", "", ""},
		{"redhat.io #internal", "", "redhat.io #internal: separator"},
		{"quay.io,example.com", "", ""},
		{",, ,", "", ""},
	} {
		env := environment("HTTPS_PROXY=http://proxy:3128", "NO_PROXY="+r.list)
		d := Go().Decide(env, parse(t, "https://registry.redhat.io/v2/"))
		var misses []string
		for _, m := range d.NearMisses {
			misses = append(misses, m.Entry+": "+m.Code)
		}
		if got := strings.Join(misses, ", "); d.Token != r.token || got != r.miss {
			t.Errorf("%q: token %q, near misses %q; want %q, %q", r.list, d.Token, got, r.token, r.miss)
		}
		if (d.Kind == Direct) != (r.token != "") || (d.Reason == NoProxy) != (r.token != "") {
			t.Errorf("%q: %s by %s", r.list, d.Kind, d.Reason)
		}
		if d.NoProxyVariable != "NO_PROXY" || d.NoProxySource != "environment" {
			t.Errorf("%q: list from %q, %q", r.list, d.NoProxyVariable, d.NoProxySource)
		}
	}
}

func TestNearMissOfAnIPv6Address(t *testing.T) {
	d := Go().Decide(environment("HTTPS_PROXY=http://p:1", "NO_PROXY=[fd00::1]"), parse(t, "https://[fd00::1]/"))
	if len(d.NearMisses) != 1 || d.NearMisses[0].Code != "brackets" {
		t.Errorf("near misses %+v", d.NearMisses)
	}
}

// TestWhichVariable has the rules of precedence, and which settings are named as
// set in vain.
func TestWhichVariable(t *testing.T) {
	const a, b = "http://a:1", "http://b:2"
	for _, r := range []struct {
		env, url, want, unused string
	}{
		{"", "https://h/", "direct not-set", ""},
		{"HTTPS_PROXY=" + a, "https://h/", "proxy HTTPS_PROXY", ""},
		{"https_proxy=" + a, "https://h/", "proxy https_proxy", ""},
		{"https_proxy=" + a + " HTTPS_PROXY=" + b, "https://h/", "proxy HTTPS_PROXY", "https_proxy:shadowed"},
		{"https_proxy=" + a + " HTTPS_PROXY=" + a, "https://h/", "proxy HTTPS_PROXY", ""},
		{"https_proxy=" + a + " HTTPS_PROXY=", "https://h/", "proxy https_proxy", ""},
		{"HTTP_PROXY=" + a, "https://h/", "direct not-set", "HTTP_PROXY:other-scheme"},
		{"HTTP_PROXY=" + a, "http://h/", "proxy HTTP_PROXY", ""},
		{"HTTP_PROXY=" + a + " HTTPS_PROXY=" + b, "https://h/", "proxy HTTPS_PROXY", ""},
		{"HTTPS_PROXY=" + a, "http://h/", "direct not-set", "HTTPS_PROXY:other-scheme"},
		{"ALL_PROXY=" + a + " all_proxy=" + b, "https://h/", "direct not-set", "ALL_PROXY:not-read all_proxy:not-read"},
		{"Https_Proxy=" + a + " No_Proxy=h", "https://h/", "direct not-set", "Https_Proxy:not-read No_Proxy:not-read"},
		{"HTTPS_PROXY=" + a + " NO_PROXY=x no_proxy=h", "https://h/", "proxy HTTPS_PROXY", "no_proxy:shadowed"},
		{"HTTPS_PROXY=" + a + " NO_PROXY= no_proxy=h", "https://h/", "direct no-proxy", ""},
		{"HTTPS_PROXY=" + a + " HTTPS_PROXY=" + b, "https://h/", "proxy HTTPS_PROXY", ""},
		{"HTTPS_PROXY=" + a, "https://localhost:5000/", "direct implicit", ""},
		{"HTTPS_PROXY=" + a, "https://127.1.2.3/", "direct implicit", ""},
		{"HTTPS_PROXY=" + a, "https://[::1]/", "direct implicit", ""},
		{"HTTPS_PROXY=" + a, "https://LOCALHOST/", "proxy HTTPS_PROXY", ""},
		{"HTTPS_PROXY=" + a, "ftp://h/", "direct other-scheme", "HTTPS_PROXY:other-scheme"},
		{"HTTP_PROXY=" + a + " REQUEST_METHOD=GET", "http://h/", "refused cgi", ""},
		{"HTTPS_PROXY=" + a + " REQUEST_METHOD=GET", "https://h/", "proxy HTTPS_PROXY", ""},
		{"PATH=/bin HTTPS_PROXY_X=" + a, "https://h/", "direct not-set", ""},
	} {
		d := Go().Decide(environment(strings.Fields(r.env)...), parse(t, r.url))
		got := fmt.Sprintf("%s %s", d.Kind, d.Reason)
		if d.Kind == Proxy {
			got = "proxy " + d.Variable
		}
		var unused []string
		for _, u := range d.Unused {
			unused = append(unused, u.Variable+":"+u.Code)
		}
		if u := strings.Join(unused, " "); got != r.want || u != r.unused {
			t.Errorf("%s %s\n got %s [%s]\nwant %s [%s]", r.env, r.url, got, u, r.want, r.unused)
		}
		if (d.Implicit != "") != (d.Reason == Implicit) {
			t.Errorf("%s %s: reason %s, implicit %q", r.env, r.url, d.Reason, d.Implicit)
		}
	}
}

func TestLastLayerCounts(t *testing.T) {
	env := append(environment("HTTPS_PROXY=http://a:1"), Variable{Name: "HTTPS_PROXY", Value: "http://b:2", Source: "unit:3"})
	d := Go().Decide(env, parse(t, "https://h/"))
	if d.Host != "b" || d.Source != "unit:3" || len(d.Unused) != 0 {
		t.Errorf("host %s, source %s, unused %v", d.Host, d.Source, d.Unused)
	}
}

func TestNilTargetIsDirect(t *testing.T) {
	if d := Go().Decide(environment("HTTPS_PROXY=http://a:1"), nil); d.Kind != Direct || d.Reason != OtherKind {
		t.Errorf("%s by %s", d.Kind, d.Reason)
	}
}

func TestFlagsReplaceVariables(t *testing.T) {
	base := environment("https_proxy=http://a:1", "HTTPS_PROXY=http://a:1", "ALL_PROXY=http://c:3",
		"NO_PROXY=h", "REQUEST_METHOD=GET", "HOME=/root")
	for _, r := range []struct {
		name string
		env  Environment
		want string
	}{
		{"-x keeps NO_PROXY", base.WithProxy(Variable{Value: "http://b:2", Source: "-x flag"}), "direct no-proxy"},
		{"-x and --noproxy ''", base.WithProxy(Variable{Value: "http://b:2", Source: "-x flag"}).WithNoProxy(Variable{}),
			"proxy variable b -x flag"},
		{"--noproxy replaces", base.WithNoProxy(Variable{Value: "other", Source: "--noproxy flag"}), "proxy variable a environment"},
		{"--proxy ''", base.WithProxy(Variable{}).WithNoProxy(Variable{}), "direct not-set"},
	} {
		for _, scheme := range []string{"https", "http"} {
			if scheme == "http" && strings.HasPrefix(r.name, "--noproxy") {
				continue // there is no HTTP_PROXY below
			}
			d := Go().Decide(r.env, parse(t, scheme+"://h/"))
			got := fmt.Sprintf("%s %s", d.Kind, d.Reason)
			if d.Kind == Proxy {
				got += " " + d.Host + " " + d.Source
			}
			if got != r.want || (len(d.Unused) != 0) != strings.HasPrefix(r.name, "--noproxy") {
				t.Errorf("%s, %s: %s, unused %v; want %s", r.name, scheme, got, d.Unused, r.want)
			}
		}
	}
	if len(base) != 6 || base[0].Value != "http://a:1" {
		t.Error("the environment was changed in place")
	}
}

// TestNothingPrintsCredentials covers every way by which a decision reaches an
// output, for values that parse and values that do not.
func TestNothingPrintsCredentials(t *testing.T) {
	for _, value := range []string{
		"http://user:SECRET@proxy:3128", "user:SECRET@proxy:3128", "http://user:SEC#SECRET@proxy", "user:12#SECRET@proxy",
		"SECRET:12/x@proxy:3128", "http://SECRET:12/x@proxy:3128", "SECRET:x#y@proxy", "http://u:SECRET%zz@proxy", "http:u:SECRET@proxy",
		`"http://u:SECRET@proxy"`, "http://u:SECRET%40proxy:1", "http://u:SECRET", "http://u:SECRET@a:1,http://u:SECRET@b:1",
	} {
		env := environment("HTTPS_PROXY="+value, "https_proxy="+value+"x", "ALL_PROXY="+value, "HTTP_PROXY="+value)
		d := Go().Decide(env, parse(t, "https://h/"))
		encoded, err := json.Marshal(struct {
			D Decision
			E Environment
		}{d, env})
		if err != nil {
			t.Fatal(err)
		}
		d.Host, d.Port = "", "" // documented: for the dialler, not for output
		for _, text := range []string{string(encoded), fmt.Sprintf("%v %+v %#v", d, d, d), fmt.Sprintf("%v %+v %#v", env, env, env)} {
			if strings.Contains(strings.ToUpper(text), "SECRET") {
				t.Errorf("%q leaks: %s", value, text)
			}
		}
	}
}

func TestProxyTextShowsWhatIsDialled(t *testing.T) {
	for _, r := range [][2]string{
		{"user:pw@proxy", "http://REDACTED@proxy:80"},
		{"HTTPS://proxy", "https://proxy:443"},
		{"socks5h://[fd00::1]", "socks5h://[fd00::1]:1080"},
		{"http://u:p#w@proxy:3128", "http://http:80"},
		{"http://u:12/w@proxy:3128", "http://REDACTED@proxy:3128"}, // the value: what is dialled is a part of the password
	} {
		d := Go().Decide(environment("HTTPS_PROXY="+r[0]), parse(t, "https://h/"))
		if d.ProxyText != r[1] {
			t.Errorf("%q: %s, want %s", r[0], d.ProxyText, r[1])
		}
	}
}

func TestProxyIsACopyWithCredentials(t *testing.T) {
	d := Go().Decide(environment("HTTPS_PROXY=http://u:p%40w@proxy:3128"), parse(t, "https://h/"))
	d.Proxy().Host = "changed"
	if password, _ := d.Proxy().User.Password(); password != "p@w" || d.Proxy().Host != "proxy:3128" {
		t.Errorf("password %q, host %q", password, d.Proxy().Host)
	}
}

// FuzzExplanation holds explanation and decision together: the decision is the
// one of httpproxy, and an entry or an implicit rule is named exactly if a usable
// proxy was set and the request goes direct.
func FuzzExplanation(f *testing.F) {
	for _, list := range []string{"", "*", "a, *.b.c ,.c", "10.0.0.0/8:443,10.1.2.3:443", "[::1]:1,::1,fd00::/8", "bücher.example", ":443",
		"*.", ".", "[]", "h:", " \t,"} {
		f.Add("http://proxy:1", list, "https", "a.b.c:443", "")
		f.Add(" bad", list, "http", "10.1.2.3", "GET")
		f.Add("p", list, "https", "[fd00::1]:443", "")
	}
	f.Add("http://p", "x", "https", "localhost", "")
	f.Fuzz(func(t *testing.T, proxy, list, scheme, host, method string) {
		cost.Linear(t, len(proxy)+len(list)+len(scheme)+len(host)+len(method), func() {
			target := &url.URL{Scheme: scheme, Host: host}
			env := environment("HTTPS_PROXY="+proxy, "HTTP_PROXY="+proxy, "NO_PROXY="+list, "REQUEST_METHOD="+method)
			config := httpproxy.Config{HTTPProxy: proxy, HTTPSProxy: proxy, NoProxy: list, CGI: method != ""}
			want, err := config.ProxyFunc()(target)
			d := Go().Decide(env, target)

			if (err != nil) != (d.Kind == Refused) || (want != nil) != (d.Kind == Proxy) {
				t.Fatalf("httpproxy: %v, %v; we: %s by %s", want, err, d.Kind, d.Reason)
			}
			if want != nil && want.String() != d.Proxy().String() {
				t.Fatalf("httpproxy: %v; we: %v", want, d.Proxy())
			}
			usable := Go().rules.read(proxy, target).proxy != nil && slices.Contains([]string{"http", "https"}, scheme)
			exempt := usable && d.Kind == Direct
			explained := d.Reason == NoProxy && d.Implicit == "" || d.Reason == Implicit && d.Implicit != "" && d.Token == ""
			if exempt != explained || d.Reason == "" {
				t.Fatalf("exempt %v, reason %s, token %q, implicit %q", exempt, d.Reason, d.Token, d.Implicit)
			}
			if d.Reason == NoProxy && d.Token == "" {
				t.Fatalf("an empty entry decided: list %q", list)
			}
		})
	})
}

// FuzzDecisionHoldsNoPassword looks for a password in the JSON of a decision,
// whatever stands around it.
func FuzzDecisionHoldsNoPassword(f *testing.F) {
	for _, sign := range []string{"", "#", "/", "?", "@", `\`, " ", "%", "%40", ":1/", "\r\n"} {
		f.Add("http://", "user", sign, "", "proxy:3128")
		f.Add("", "user", "", sign, "proxy")
	}
	f.Fuzz(func(t *testing.T, scheme, user, before, after, host string) {
		cost.Linear(t, len(scheme)+len(user)+len(before)+len(after)+len(host), func() {
			if strings.Contains(strings.ToLower(scheme+user+before+after+host), "secret") {
				t.Skip("the password stands elsewhere too")
			}
			env := environment("HTTPS_PROXY=" + scheme + user + ":" + before + "secret" + after + "@" + host)
			encoded, err := json.Marshal(Go().Decide(env, &url.URL{Scheme: "https", Host: "h"}))
			if err != nil || strings.Contains(strings.ToLower(string(encoded)), "secret") {
				t.Errorf("%v: %q leaks: %s", err, env[0].Value, encoded)
			}
		})
	})
}
