package pac

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// friday is a Friday, 13:30:45 in a zone where UTC says 11:30:45.
var friday = time.Date(2026, time.November, 27, 13, 30, 45, 0, time.FixedZone("EET", 2*60*60))

// names are what the tests' resolver knows.
var names = map[string][]string{
	"in.corp.example":   {"10.1.2.3"},
	"both.corp.example": {"2001:db8::7", "10.9.9.9", "10.9.9.8"},
	"six.corp.example":  {"2001:db8::6"},
	"out.example":       {"203.0.113.9"},
}

func testHost() Host {
	return Host{
		Now:    func() time.Time { return friday },
		Random: func() float64 { return 0.25 },
		Own:    []netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("10.0.0.5")},
		LookUp: func(_ context.Context, name string) ([]netip.Addr, error) {
			var out []netip.Addr
			for _, a := range names[name] {
				out = append(out, netip.MustParseAddr(a))
			}
			if out == nil {
				return nil, errors.New("no such host")
			}
			return out, nil
		},
	}
}

// find asks a script that is the text for a URL.
func find(t *testing.T, script, target string) (Answer, error) {
	t.Helper()
	s, err := Parse("proxy.pac", []byte(script))
	if err != nil {
		return Answer{}, err
	}
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	return s.Find(t.Context(), testHost(), u)
}

// value returns what an expression is, as text.
func value(t *testing.T, expression string) string {
	t.Helper()
	a, err := find(t, "function FindProxyForURL(url, host) { alert("+expression+"); return 'DIRECT'; }", "https://in.corp.example/")
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return a.Alerts[0]
}

// The functions by the examples of their specification (MDN, and Microsoft's for the Ex
// ones) and by the corners in which implementations have gone wrong.
func TestFunctions(t *testing.T) {
	for expression, want := range map[string]string{
		`isPlainHostName("www")`:                                                  "true",
		`isPlainHostName("www.mozilla.org")`:                                      "false",
		`isPlainHostName("::1")`:                                                  "false",
		`dnsDomainIs("www.mozilla.org", ".mozilla.org")`:                          "true",
		`dnsDomainIs("www", ".mozilla.org")`:                                      "false",
		`dnsDomainIs("evilmozilla.org", "mozilla.org")`:                           "true",
		`dnsDomainIs("www.Mozilla.org", ".mozilla.org")`:                          "false",
		`localHostOrDomainIs("www.mozilla.org", "www.mozilla.org")`:               "true",
		`localHostOrDomainIs("www", "www.mozilla.org")`:                           "true",
		`localHostOrDomainIs("www.google.com", "www.mozilla.org")`:                "false",
		`localHostOrDomainIs("home.mozilla.org", "www.mozilla.org")`:              "false",
		`localHostOrDomainIs("ww", "www.mozilla.org")`:                            "false",
		`isResolvable("in.corp.example")`:                                         "true",
		`isResolvable("nowhere.example")`:                                         "false",
		`isResolvable("six.corp.example")`:                                        "false",
		`isResolvable("a b")`:                                                     "false",
		`isInNet("198.95.249.79", "198.95.249.79", "255.255.255.255")`:            "true",
		`isInNet("198.95.6.8", "198.95.0.0", "255.255.0.0")`:                      "true",
		`isInNet("198.96.6.8", "198.95.0.0", "255.255.0.0")`:                      "false",
		`isInNet("in.corp.example", "10.0.0.0", "255.0.0.0")`:                     "true",
		`isInNet("out.example", "10.0.0.0", "255.0.0.0")`:                         "false",
		`isInNet("nowhere.example", "0.0.0.0", "0.0.0.0")`:                        "false",
		`isInNet("10.1.2.3", "10.0.0.0", "8")`:                                    "false",
		`isInNet("10.1.2.3", "10.0.0.256", "255.0.0.0")`:                          "false",
		`dnsResolve("in.corp.example")`:                                           "10.1.2.3",
		`dnsResolve("both.corp.example")`:                                         "10.9.9.9",
		`dnsResolve("127.0.0.1")`:                                                 "127.0.0.1",
		`dnsResolve("nowhere.example")`:                                           "null",
		`convert_addr("104.16.41.2")`:                                             "1745889538",
		`convert_addr("255.255.255.255")`:                                         "-1",
		`myIpAddress()`:                                                           "10.0.0.5",
		`dnsDomainLevels("www")`:                                                  "0",
		`dnsDomainLevels("mozilla.org")`:                                          "1",
		`dnsDomainLevels("www.mozilla.org")`:                                      "2",
		`shExpMatch("http://home.netscape.com/people/ari/index.html", "*/ari/*")`: "true",
		`shExpMatch("http://home.netscape.com/people/montulli/", "*/ari/*")`:      "false",
		`shExpMatch("foo.bar", "f??.bar")`:                                        "true",
		`shExpMatch("fo.bar", "f??.bar")`:                                         "false",
		`shExpMatch("fooxbar", "foo.bar")`:                                        "false",
		`shExpMatch("Foo", "foo")`:                                                "false",
		`shExpMatch("a.example", "(a|b).example")`:                                "true",
		`isResolvableEx("six.corp.example")`:                                      "true",
		`isResolvableEx("nowhere.example")`:                                       "false",
		`dnsResolveEx("both.corp.example")`:                                       "2001:db8::7;10.9.9.9;10.9.9.8",
		`dnsResolveEx("nowhere.example") === ""`:                                  "true",
		`myIpAddressEx()`:                                                         "2001:db8::1;10.0.0.5",
		`isInNetEx("198.95.249.79", "198.95.249.79/32")`:                          "true",
		`isInNetEx("198.95.115.8", "198.95.0.0/16")`:                              "true",
		`isInNetEx("3ffe:8311:ffff:abcd::1", "3ffe:8311:ffff::/48")`:              "true",
		`isInNetEx("3ffe:8312::1", "3ffe:8311:ffff::/48")`:                        "false",
		`isInNetEx("10.0.0.1", "::/0")`:                                           "true",
		`isInNetEx("10.0.0.1", "2001:db8::/32")`:                                  "false",
		`isInNetEx("::ffff:10.0.0.1", "10.0.0.0/8")`:                              "true",
		`isInNetEx("::ffff:11.0.0.1", "10.0.0.0/8")`:                              "false",
		`isInNetEx("in.corp.example", "10.0.0.0/8")`:                              "false",
		`isInNetEx("10.0.0.1", "10.0.0.0")`:                                       "false",
		`sortIpAddressList("10.2.3.9;2001:db8::2;::1;127.0.0.1;::9")`:             "::1;::9;2001:db8::2;10.2.3.9;127.0.0.1",
		`sortIpAddressList(" 10.0.0.2 ; 10.0.0.1 ")`:                              "10.0.0.1;10.0.0.2",
		`sortIpAddressList("10.0.0.1;x")`:                                         "false",
		`sortIpAddressList("")`:                                                   "false",
		`getClientVersion()`:                                                      "1.0",
	} {
		if got := value(t, expression); got != want {
			t.Errorf("%s is %s, want %s", expression, got, want)
		}
	}
}

// The ranges at Friday 27 November 2026, 13:30:45, which is 11:30:45 in UTC.
func TestRanges(t *testing.T) {
	yes := []string{
		`weekdayRange("FRI")`, `weekdayRange("MON", "FRI")`, `weekdayRange("MON", "FRI", "GMT")`, `weekdayRange("THU", "SUN")`,
		`weekdayRange("FRI", "MON")`, `weekdayRange("SAT", "FRI")`,
		`dateRange(27)`, `dateRange(27, "GMT")`, `dateRange(1, 27)`, `dateRange(20, 5)`, `dateRange("NOV")`, `dateRange("OCT", "DEC")`,
		`dateRange("NOV", "JAN")`, `dateRange(2026)`, `dateRange(2020, 2030)`, `dateRange(1, "JUN", 27, "NOV")`,
		`dateRange(24, "DEC", 30, "NOV")`, `dateRange("OCT", 2025, "DEC", 2026)`, `dateRange(31, "OCT", 2026, 1, "DEC", 2026)`,
		`timeRange(13)`, `timeRange(11, "GMT")`, `timeRange(9, 17)`, `timeRange(12, 13)`, `timeRange(13, 30, 13, 30)`,
		`timeRange(8, 30, 17, 0)`, `timeRange(13, 30, 45, 13, 30, 45)`, `timeRange(22, 0, 14, 0)`, `timeRange(0, 0, 0, 23, 59, 59)`,
	}
	no := []string{
		`weekdayRange("SAT")`, `weekdayRange("MON", "THU")`, `weekdayRange("SAT", "THU")`, `weekdayRange("fri")`, `weekdayRange()`,
		`weekdayRange("MON", "XXX")`,
		`dateRange(26)`, `dateRange(28, 31)`, `dateRange(28, 26)`, `dateRange("DEC")`, `dateRange("DEC", "OCT")`, `dateRange(2025)`,
		`dateRange(1, "JUN", 26, "NOV")`, `dateRange("JAN", 2025, "OCT", 2026)`, `dateRange(28, "NOV", 2026, 1, "DEC", 2026)`, `dateRange()`,
		`dateRange(1, "XXX", 30, "NOV")`,
		`timeRange(12)`, `timeRange(11)`, `timeRange(13, "GMT")`, `timeRange(14, 20)`, `timeRange(22, 14)`, `timeRange(13, 31, 14, 0)`,
		`timeRange(13, 30, 46, 14, 0, 0)`, `timeRange(14, 0, 13, 0)`,
	}
	for _, e := range yes {
		if value(t, e) != "true" {
			t.Errorf("%s is false", e)
		}
	}
	for _, e := range no {
		if value(t, e) != "false" {
			t.Errorf("%s is true", e)
		}
	}
}

// What the script is given of a URL.
func TestURLAsGiven(t *testing.T) {
	for target, want := range map[string]string{
		"https://u:p@r.example:443/v2/?x=1#f": "https://r.example/ r.example",
		"https://r.example:5000/v2/":          "https://r.example:5000/ r.example",
		"http://u:p@r.example:80/v2/?x=1#f":   "http://r.example/v2/?x=1 r.example",
		"http://r.example":                    "http://r.example/ r.example",
		"https://[2001:db8::1]:5000":          "https://[2001:db8::1]:5000/ 2001:db8::1",
	} {
		a, err := find(t, `function FindProxyForURL(url, host) { alert(url + " " + host); return "DIRECT"; }`, target)
		if err != nil || a.Alerts[0] != want {
			t.Errorf("%s: %v %v, want %s", target, a.Alerts, err, want)
		}
	}
}

// What an answer depends on is said, and what it does not is not.
func TestWhatWasAsked(t *testing.T) {
	a, err := find(t, `function FindProxyForURL(url, host) {
	  if (isInNet(host, "10.0.0.0", "255.0.0.0") && isResolvable(host) && !isResolvable("nowhere.example")) return "PROXY p:3128; DIRECT";
	  return "DIRECT"; }`, "https://in.corp.example/")
	want := Answer{Text: "PROXY p:3128; DIRECT", Ways: []Way{{HTTP, "p", "3128"}, {Kind: Direct}}, Decided: []Line{
		{2, `if (isInNet(host, "10.0.0.0", "255.0.0.0") && isResolvable(host) && !isResolvable("nowhere.example"))`},
		{2, `return "PROXY p:3128; DIRECT"`}}, Asked: []Question{
		{Function: "dnsResolve", Name: "in.corp.example", Addresses: []netip.Addr{netip.MustParseAddr("10.1.2.3")}},
		{Function: "dnsResolve", Name: "nowhere.example", Failure: "no such host"}}}
	compareAddr := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	if diff := cmp.Diff(want, a, compareAddr); diff != "" || err != nil {
		t.Error(err, diff)
	}
	a, err = find(t, `function FindProxyForURLEx() {} function FindProxyForURL(url, host) {
	  new Date(); Math.random(); myIpAddress(); return "DIRECT" }`, "https://in.corp.example/")
	if err != nil || !a.Clock || !a.Random || !a.Own || !a.Ex {
		t.Errorf("%+v %v", a, err)
	}
}

// Ordinary JavaScript works: also what is put into the place of a built-in function.
func TestLanguage(t *testing.T) {
	for expression, want := range map[string]string{
		`[3,1,2].sort().join("-")`:                                           "1-2-3",
		`[1,[2,3],null].toString()`:                                          "1,2,3,",
		`new Array(3).join("ab")`:                                            "abab",
		`new Array(1, 2).length + Array(7).length`:                           "9",
		`[] instanceof Array && /a/ instanceof RegExp`:                       "true",
		`Array.prototype.slice.call({0: "a", length: 1}).length`:             "1",
		`"a.b.c".split(".").reverse().join(".")`:                             "c.b.a",
		`"a1b22".split(/[0-9]+/).length`:                                     "3",
		`"x-y-z".replace(/-/g, "+")`:                                         "x+y+z",
		`"ab".replace(/(a)(b)/, "$2$1")`:                                     "ba",
		`"ab".replace("a", function (m) { return m + m; })`:                  "aab",
		`"Reg.Example".match(/reg\.(\w+)/i)[1]`:                              "Example",
		`"abc".search("c")`:                                                  "2",
		`new RegExp("^a+$", "i").test("AAA")`:                                "true",
		`RegExp(/x/g).global`:                                                "true",
		`(function () { return Math.max.apply(null, arguments); })(1, 5, 2)`: "5",
		`[1, 2, 3].map(function (x) { return x * 2; }).indexOf(6)`:           "2",
		`Object.keys({a: 1, b: 2}).join()`:                                   "a,b",
		`"ab".repeat(2) + encodeURIComponent("/")`:                           "abab%2F",
		`parseInt("10", 10) + parseFloat("1.5")`:                             "11.5",
		`(() => { let s = 0; for (const x of [1, 2]) s += x; return s; })()`: "3",
		"`${1 + 1}`": "2",
	} {
		if got := value(t, expression); got != want {
			t.Errorf("%s is %s, want %s", expression, got, want)
		}
	}
}

// A file that is no PAC file, or fails, ends with a sentence that says where.
func TestFailures(t *testing.T) {
	for script, want := range map[string]string{
		"function FindProxyForURL(url, host) {\n  return \"DIRECT\"\n": "proxy.pac: Line 3:",
		"var x = 1;":      "the file has no function FindProxyForURL",
		"":                "the file has no function FindProxyForURL",
		"<html><body>404": "proxy.pac: Line 1:",
		"function FindProxyForURL(u, h) {\n return nope(h); }":                            "nope is not defined at FindProxyForURL (proxy.pac:2",
		"function FindProxyForURL(u, h) { throw 'no'; }":                                  "no at FindProxyForURL",
		"function FindProxyForURL() {}":                                                   "returned no text but undefined",
		"function FindProxyForURL() { return null; }":                                     "returned no text but null",
		"function FindProxyForURL() { return 7; }":                                        "returned no text but a value of another kind",
		"function FindProxyForURL() { return ''; }":                                       "it is empty",
		"function FindProxyForURL() { return /(?=a)b/.test('b'); }":                       "/(?=a)b/ is wrong, or needs backtracking",
		"function FindProxyForURL() { return RegExp('(a)\\\\1'); }":                       "needs backtracking",
		"function FindProxyForURL() { return 1n << 99999999999n; }":                       "is a BigInt",
		"function FindProxyForURL() { return eval('1'); }":                                "eval is not for PAC files",
		"function FindProxyForURL() { return (function(){}).constructor('return 1')(); }": "compiles text",
		"function FindProxyForURL() { return new XMLHttpRequest(); }":                     "XMLHttpRequest is not defined",
		"function FindProxyForURL() { return require('fs'); }":                            "require is not defined",
		"var x = " + strings.Repeat("(", 100000):                                          "nested more than",
		"var x = " + strings.Repeat("!", 100000):                                          "nested more than",
	} {
		_, err := find(t, script, "https://in.corp.example/")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %q", script, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%.60s: more than a line: %v", script, err)
		}
	}
	if _, err := Parse("p", slices.Repeat([]byte(" "), MaxSource+1)); err == nil {
		t.Error("a file of more than 1 MiB is taken")
	}
	if s, err := Parse("p", []byte("\xEF\xBB\xBFvar x = 1")); err != nil || s == nil {
		t.Error("a byte order mark:", err)
	}
	if s, err := Parse("p", []byte("// caf\xE9")); err != nil || s == nil {
		t.Error("Latin-1:", err)
	}
}

// Each of these wants all of the time, the memory or the stack, and is ended.
func TestBounds(t *testing.T) {
	for name, body := range map[string]string{
		"loop":                  `for (;;) {}`,
		"loop that catches":     `for (;;) { try { for (;;) {} } catch (e) {} finally { for (;;) {} } }`,
		"loop while read":       `return "DIRECT"; } for (;;) {} {`,
		"doubled text":          `var s = "x"; for (;;) s += s;`,
		"doubled list":          `var a = [1]; for (;;) a = a.concat(a);`,
		"growing list":          `var a = []; for (;;) a.push("0123456789" + a.length);`,
		"growing objects":       `var o = {}; for (var i = 0; ; i++) o = {o: o, i: i};`,
		"repeat":                `var s = "x".repeat(1e9);`,
		"many repeats":          `var s = []; for (;;) s.push("x".repeat(1e6));`,
		"new Array":             `new Array(4e9).join("xxxxxxxx");`,
		"length":                `var a = []; a.length = 4e9; a.indexOf(1);`,
		"length and join":       `var a = []; a.length = 4e9; a + "";`,
		"like a list":           `[].indexOf.call({length: 4e9}, 1);`,
		"length that grows":     `var n = 0; [].indexOf.call({get length() { return n++ ? 4e9 : 1; }}, 1); for (;;) {}`,
		"apply":                 `Math.max.apply(null, {length: 4e9});`,
		"replacement":           `var s = "x".repeat(1e5); s.replace(/x/g, s);`,
		"replacement by itself": `var s = "x".repeat(1e4); s.replace(/x/g, "$'$'$'$'");`,
		"exec of its own":       `var r = /a/; r.exec = function () { return {length: 4e9, 0: "a"}; }; "a".replace(r, "b"); for (;;) {}`,
		"String of its own":     `String = function () { return {length: 1}; }; "".concat.call({}); for (;;) {}`,
		"nested lists":          `var a = ["xxxx"]; for (var i = 0; i < 60; i++) a = [a, a]; "" + a;`,
		"backtracking":          `/(a+)+$/.test("a".repeat(1e5) + "b"); for (;;) {}`,
		"recursion":             `(function f() { f(); })();`,
		"recursion by toString": `var o = {toString: function () { return "" + o; }}; "" + o;`,
		"recursion by sort":     `(function f() { [1, 2].sort(f); })();`,
		"recursion by getter":   `var o = {get x() { return this.x; }}; o.x;`,
		"lookups":               `for (var i = 0; ; i++) dnsResolve("h" + i + ".example");`,
		"alerts":                `for (;;) alert("x".repeat(1e6));`,
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Parse("proxy.pac", []byte("function FindProxyForURL(url, host) { "+body+" }"))
			if err != nil {
				t.Fatal(err)
			}
			s.mayRun = 300 * time.Millisecond
			_, err = s.Find(t.Context(), testHost(), &url.URL{Scheme: "https", Host: "in.corp.example"})
			var exceeded *Exceeded
			if !errors.As(err, &exceeded) && (err == nil || !strings.Contains(err.Error(), "than pullpath lets a PAC file have")) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A caller that goes away ends a script and its lookup.
func TestTheCallersEnd(t *testing.T) {
	s, err := Parse("p", []byte(`function FindProxyForURL(url, host) { dnsResolve(host); for (;;) {} }`))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	host := Host{LookUp: func(ctx context.Context, _ string) ([]netip.Addr, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	if _, err := s.Find(ctx, host, &url.URL{Scheme: "https", Host: "a.example"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Whatever the script, it ends, without a panic, with an answer or a sentence.
func FuzzScript(f *testing.F) {
	for _, seed := range []string{`return "PROXY p:1; DIRECT"`, `for (;;) {}`,
		`return isInNet(host, "10.0.0.0", "255.0.0.0") ? "DIRECT" : "SOCKS5 s"`,
		`var a = []; a.length = 4e9; return a.sort()`, `return "x".replace(/(?=x)/, "y")`, `return [..."abc"].map(x => x).join()`,
		`return dateRange(1, "JAN", 2026, 2, "FEB", 2027)`, `class A { get x() { return 1 } } return new A().x`} {
		f.Add(seed)
	}
	target := &url.URL{Scheme: "https", Host: "in.corp.example"}
	f.Fuzz(func(t *testing.T, body string) {
		s, err := Parse("p", []byte("function FindProxyForURL(url, host) { "+body+"\n}"))
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		a, err := s.Find(ctx, testHost(), target)
		if err == nil && len(a.Ways) == 0 {
			t.Errorf("neither ways nor an error: %+v", a)
		}
	})
}
