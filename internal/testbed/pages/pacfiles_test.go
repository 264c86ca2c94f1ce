//go:build linux

package pages

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"pullpath/internal/pac"
	"pullpath/internal/testbed"
)

// files are bodies of PAC files, in the idioms that people, products and generators write. None looks
// up a name, so that Chromium and package pac have the same to go by.
var files = []string{
	`function FindProxyForURL(url, host) { return "DIRECT"; }`,
	`function FindProxyForURL(url, host) { if (isPlainHostName(host)) return "DIRECT"; return "PROXY p:3128; DIRECT"; }`,
	`function FindProxyForURL(url, host) { if (dnsDomainIs(host, ".corp.example") || dnsDomainIs(host, "corp.example")) return "DIRECT";
	 else return "PROXY p:3128"; }`,
	`function FindProxyForURL(url, host) { if (shExpMatch(url, "*.example/*")) return "DIRECT"; return "PROXY p:1"; }`,
	`function FindProxyForURL(url, host) { return shExpMatch(host, "(*.quay.io|quay.io)") ? "PROXY q:1" : "PROXY p:1"; }`,
	`function FindProxyForURL(url, host) { if (/^[0-9.]+$/.test(host) && (isInNet(host, "10.0.0.0", "255.0.0.0") ||
	 isInNet(host, "192.168.0.0", "255.255.0.0")))
	 return "DIRECT"; return "SOCKS5 s:1080; SOCKS s:1080"; }`,
	`function FindProxyForURL(url, host) { switch (url.substring(0, 5).toLowerCase()) { case "https": return "PROXY s:1"; case "http:":
	 return "PROXY h:1"; default: return "DIRECT"; } }`,
	`var bypass = ["quay.io", "www"]; function FindProxyForURL(url, host) { for (var i = 0; i < bypass.length; i++)
	 if (bypass[i] == host) return "DIRECT"; return "PROXY p:1"; }`,
	`var bypass = {"quay.io": 1, "www": 2}; function FindProxyForURL(url, host) { return bypass[host] ? "DIRECT" : "PROXY p:1"; }`,
	`var o = {"quay.io": 1}; function FindProxyForURL(url, host) { if (o.hasOwnProperty(host)) return "DIRECT"; return "PROXY p:1"; }`,
	`function FindProxyForURL(url, host) { var parts = host.split("."); return "PROXY p" + parts.length + ":1"; }`,
	`function FindProxyForURL(url, host) { var n = 0; for (var i = 0; i < host.length; i++) n += host.charCodeAt(i);
	 return n % 2 ? "PROXY a:1; PROXY b:1" : "PROXY b:1; PROXY a:1"; }`,
	`function FindProxyForURL(url, host) { var r = "PROXY p:1"; if (/^(.+\.)?corp\.example$/.test(host)) r = "DIRECT"; return r; }`,
	`function FindProxyForURL(url, host) { var m = url.match(/^([a-z]+):\/\/([^\/]+)(\/.*)?$/); return "PROXY " + m[1] + ":" + m[2].length; }`,
	`function FindProxyForURL(url, host) { return "PROXY p:" + (1000 + dnsDomainLevels(host)); }`,
	`function FindProxyForURL(url, host) { if (localHostOrDomainIs(host, "www.corp.example")) return "DIRECT"; return "PROXY p:1"; }`,
	`function FindProxyForURL(url, host) { host = host.toUpperCase(); return host.indexOf("CORP") >= 0 ? "DIRECT" : "PROXY p:1"; }`,
	`function inside(host) { return host.slice(-13) === ".corp.example"; }
	 function FindProxyForURL(url, host) { return inside(host) ? "DIRECT" : "PROXY p:1"; }`,
	`function FindProxyForURL(url, host) { function pick(a) { return a.length > 1 ? pick(a.slice(1)) : a[0]; }
	 return "PROXY " + pick(host.split("")) + "x:1"; }`,
	`const F = (url, host) => host.includes("corp") ? "DIRECT" : "PROXY p:1"; function FindProxyForURL(url, host) { return F(url, host); }`,
	"function FindProxyForURL(url, host) { const n = host.length; return `PROXY p${n}:1`; }",
	`function FindProxyForURL(url, host) { return ["quay.io", "redhat.io"].some(d => host === d || host.endsWith("." + d)) ? "PROXY r:1"
	 : "DIRECT"; }`,
	`function FindProxyForURL(url, host) { let [first, second = "none"] = host.split("."); return "PROXY " + second + ":1"; }`,
	`function FindProxyForURL(url, host) { try { return undefinedThing(host); } catch (e) { return "PROXY caught:1"; } }`,
	`function FindProxyForURL(url, host) { try { null.x; } catch (e) { return e instanceof TypeError ? "PROXY t:1" : "PROXY o:1"; } }`,
	`var FindProxyForURL = function (url, host) { return "PROXY " + (typeof host) + ":1"; };`,
	`FindProxyForURL = function (url, host) { return arguments.length === 2 ? "PROXY two:1" : "DIRECT"; };`,
	`function FindProxyForURL(url, host) { var o = {a: 1, b: 2, c: 3}, s = ""; for (var k in o) s += k + o[k]; return "PROXY " + s + ":1"; }`,
	`function FindProxyForURL(url, host) { return "PROXY p:" + [3, 1, 2].sort().join(""); }`,
	`function FindProxyForURL(url, host) { return "PROXY p:" + [10, 9, 1].sort(function (a, b) { return a - b; }).join(""); }`,
	`function FindProxyForURL(url, host) { return "PROXY " + host.replace(/[^a-z]/g, "") + ":1"; }`,
	`function FindProxyForURL(url, host) { return "PROXY " + host.replace(/(\w+)\.(\w+)/, "$2-$1").replace(/[:\[\]]/g, "x") + ":1"; }`,
	`function FindProxyForURL(url, host) { var c = convert_addr("10.1.2.3"); return "PROXY p:" + (c >>> 16); }`,
	`function FindProxyForURL(url, host) { return "PROXY p:" + parseInt("0x1F", 16) + parseInt("12abc", 10); }`,
	`function FindProxyForURL(url, host) { return "PROXY p:" + ` +
		`Math.max.apply(null, host.split("").map(function (c) { return c.charCodeAt(0); })); }`,
	`function FindProxyForURL(url, host) { return encodeURIComponent(host + " /?").length > 20 ? "PROXY long:1" : "PROXY short:1"; }`,
	`function FindProxyForURL(url, host) { var i = url.lastIndexOf("/"); return "PROXY p:" + (i + 1); }`,
	`function FindProxyForURL(url, host) { return host.localeCompare("m") < 0 ? "PROXY a:1" : "PROXY z:1"; }`,
	`function FindProxyForURL(url, host) { var s = host; while (s.length < 40) s += s; return "PROXY p:" + s.length; }`,
	`function FindProxyForURL(url, host) { a: for (var i = 0; i < 3; i++) { for (var j = 0; j < 3; j++) { if (j == 1) continue a;
	 if (i == 2) break a; } } return "PROXY p:" + i + j; }`,
	`function FindProxyForURL(url, host) { var f = []; for (var i = 0; i < 3; i++) f.push(function () { return i; }); ` +
		`return "PROXY p:" + f[0](); }`,
	`function FindProxyForURL(url, host) { let f = []; for (let i = 0; i < 3; i++) f.push(() => i); return "PROXY p:1" + f[0](); }`,
	`var n = 0; function FindProxyForURL(url, host) { var seen = n; return "PROXY p:1" + seen; }`,
	`function P(h) { this.h = h; } P.prototype.text = function () { return "PROXY " + this.h + ":1"; };
	 function FindProxyForURL(url, host) { return new P("made").text(); }`,
	`class P { constructor(h) { this.h = h; } get text() { return "PROXY " + this.h + ":1"; } }
	 function FindProxyForURL(url, host) { return new P("classy").text; }`,
	`function FindProxyForURL(url, host) { var x = host.length > 8 && "PROXY long:1" || "PROXY short:1"; return x; }`,
	`function FindProxyForURL(url, host) { return host.charAt(0) + host[1] === "qu" ? "PROXY qu:1" : "DIRECT"; }`,
	`function FindProxyForURL(url, host) { if (host === "quay.io") { return; } return "PROXY p:1"; }`,
	`function FindProxyForURL(url, host) { return isInNetEx("10.1.2.3", "10.0.0.0/8") ? "PROXY in:1" : "DIRECT"; }`,
	`function FindProxyForURL(url, host) { return "PROXY " + sortIpAddressList("10.2.3.9;::1").length + ":1"; }`,
	`function FindProxyForURL(url, host) { return "PROXY p:1" + (0.1 + 0.2).toFixed(2).substr(2) + (255).toString(16).length; }`,
	`function FindProxyForURL(url, host) { return ("" + [] + {} + null + undefined + true).length > 5 ? "PROXY w:1" : "DIRECT"; }`,
	`function FindProxyForURL(url, host) { return "10" == 10 && null == undefined && NaN != NaN && "b" > "a" ? "PROXY eq:1" : "DIRECT"; }`,
	`function FindProxyForURL(url, host) { var d = new Date(2026, 0, 31); d.setMonth(1); return "PROXY p:" + d.getDate() + d.getMonth(); }`,
	`function FindProxyForURL(url, host) { return "PROXY p:" + "a,b,,c".split(",").length + "abc".split("").reverse().join("").length; }`,
	`function FindProxyForURL(url, host) { return "PROXY p:" + [1, 2, 3, 4].filter(function (x) { return x % 2; }).reduce(function (a, b)
	 { return a * 10 + b; }, 0); }`,
	`function FindProxyForURL(url, host) { var s = "x"; s.y = 1; return s.y === undefined ? "PROXY u:1" : "DIRECT"; }`,
	`function FindProxyForURL(url, host) { return (function () { return this === undefined || this === null ? 1 : 2; })() === 2 ?
	 "PROXY sloppy:1" : "PROXY strict:1"; }`,
	`function FindProxyForURL(url, host) { var {length} = host; const g = (a, ...rest) => rest.length; return "PROXY p:" + length +
	 g(1, 2, 3); }`,
	`/* <!-- */ function FindProxyForURL(url, host) { // a comment with "quotes'
	 return "PROXY p:1" /* ; */ + "; DIRECT"; } // -->`,
	`function FindProxyForURL(url, host) { return host.trim().padded ? "" : "PROXY p:1;;; PROXY q:2 ;DIRECT"; }`,
	`function FindProxyForURL(url, host) { var re = /o/g, n = 0; while (re.exec(host)) n++; return "PROXY p:1" + n; }`,
}

// urls are what each file is asked for. Images have paths and queries, which a file is given for http.
var urls = []string{
	"http://registry.redhat.io/i/v2/", "http://quay.io/i", "http://cdn01.quay.io/i/a/b.tar.gz?sig=x", "http://www/i",
	"http://intranet.corp.example/i/", "http://a.b.corp.example:8081/i", "http://10.1.2.3/i", "http://192.168.7.9:8080/i/x",
	"http://[2001:db8::7]/i", "http://evilcorp.example/i?u=http://quay.io/",
}

// Chromium and package pac are told the same by each file for each URL.
func TestPACFilesAsChromium(t *testing.T) {
	testbed.Require(t, "chromium")
	var images []string
	want := map[string]string{}
	for i, file := range files {
		script, err := pac.Parse("proxy.pac", []byte(file))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, text := range urls {
			image := fmt.Sprintf("%s%sf=%d", text, map[bool]string{true: "&", false: "?"}[strings.Contains(text, "?")], i)
			u, err := url.Parse(image)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := script.Find(t.Context(), pac.Host{Now: time.Now}, u)
			if err != nil && answer.Text == "" && !strings.Contains(file, "return;") {
				t.Fatalf("%s: %s: %v", file, image, err)
			}
			images, want[image] = append(images, image), answer.Text
		}
	}
	if len(files) < 60 || len(urls) < 10 {
		t.Errorf("%d files and %d URLs", len(files), len(urls))
	}
	b := chromiumByPAC(t, images)
	got := b.goes(t, b.at.Replace(pacOfFiles(t, want)))
	for _, image := range images {
		if got[image] != "YES" {
			u, _ := url.Parse(image)
			t.Errorf("%s: Chromium does not say %q of %s", files[atoi(u.Query().Get("f"))], want[image], image)
		}
	}
}

func atoi(text string) (n int) {
	_, _ = fmt.Sscan(text, &n)
	return n
}

// pacOfFiles is one file made of all: for each URL it goes to YES where the file that the URL names
// says what we say.
func pacOfFiles(t *testing.T, want map[string]string) string {
	list, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "var want = %s;\nvar files = [];\n", list)
	for _, file := range files {
		fmt.Fprintf(&out, "files.push((function () {\n%s\nreturn FindProxyForURL; })());\n", file)
	}
	return out.String() + `FindProxyForURL = function (url, host) {
  if (host === "start.pac.example") return "PROXY YES";
  var m = /[?&]f=([0-9]+)$/.exec(url);
  if (!m) return "PROXY 127.0.0.1:9";
  var said = files[+m[1]](url, host);
  if (said === undefined) said = "";
  return said.substring(0, 280) === want[url] ? "PROXY YES" : "PROXY NO";
};
`
}
