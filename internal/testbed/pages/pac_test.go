//go:build linux

package pages

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"pullpath/internal/pac"
	"pullpath/internal/testbed"
)

// questions are expressions of a PAC file, each of which Chromium and package pac have to find
// true or false alike. None looks up a name.
var questions = []string{
	`isPlainHostName("www")`, `isPlainHostName("a.b")`, `isPlainHostName("::1")`, `isPlainHostName("")`,
	`dnsDomainIs("www.a.example", ".a.example")`, `dnsDomainIs("evila.example", "a.example")`, `dnsDomainIs("A.example", "a.example")`,
	`localHostOrDomainIs("www", "www.a.example")`, `localHostOrDomainIs("ww", "www.a.example")`,
	`localHostOrDomainIs("www.b", "www.a.example")`,
	`isInNet("10.1.2.3", "10.0.0.0", "255.0.0.0")`, `isInNet("10.1.2.3", "10.0.0.0", "8")`, `isInNet("10.1.2.3", "10.0.0.256", "255.0.0.0")`,
	`isInNet("11.1.2.3", "10.0.0.0", "255.0.0.0")`, `isInNet("010.1.2.3", "10.0.0.0", "255.0.0.0")`,
	`dnsResolve("127.0.0.1") === "127.0.0.1"`, `convert_addr("104.16.41.2") === 1745889538`, `convert_addr("255.255.255.255") === -1`,
	`dnsDomainLevels("a.b.c") === 2`, `shExpMatch("foo.bar", "f??.bar")`, `shExpMatch("fooxbar", "foo.bar")`, `shExpMatch("Foo", "foo")`,
	`shExpMatch("a.example", "(a|b).example")`, `shExpMatch("http://a.example/x/ari/i", "*/ari/*")`, `shExpMatch("a+b", "a+b")`,
	`shExpMatch("aab", "a[ab]b")`, `isInNetEx("10.1.2.3", "10.0.0.0/8")`, `isInNetEx("10.1.2.3", "::/0")`,
	`isInNetEx("2001:db8::1", "2001:db8::/32")`,
	`isInNetEx("10.1.2.3", "10.0.0.0")`, `isInNetEx("10.1.2.3", "2001:db8::/32")`, `isInNetEx("::ffff:11.1.2.3", "10.0.0.0/8")`,
	`isInNetEx("10.1.2.3", "::ffff:10.0.0.0/104")`, `isInNetEx("10.1.2.3", "::ffff:11.0.0.0/104")`,
	`isInNetEx("::ffff:10.1.2.3", "10.0.0.0/8")`,
	`sortIpAddressList("10.2.3.9;2001:db8::2;::1;127.0.0.1;::9") === "::1;::9;2001:db8::2;10.2.3.9;127.0.0.1"`,
	`sortIpAddressList("10.0.0.1;x") === false`, `sortIpAddressList("") === false`,
	`sortIpAddressList(" 10.0.0.2 ; 10.0.0.1 ") === "10.0.0.1;10.0.0.2"`,
	`weekdayRange("MON", "SUN")`, `weekdayRange("SAT", "FRI")`, `weekdayRange("mon")`, `weekdayRange("MON", "XXX")`,
	`weekdayRange("MON", "WED")`, `weekdayRange("FRI", "MON", "GMT")`, `dateRange(1, 31)`, `dateRange("JAN", "JUN")`,
	`dateRange("JUL", "DEC")`,
	`dateRange("OCT", "MAR")`, `dateRange(2000)`, `dateRange(2000, 2100)`, `dateRange(1, "JAN", 31, "DEC")`, `dateRange(1, "OCT", 1, "MAR")`,
	`dateRange("JAN", 2000, "DEC", 2100)`, `dateRange(1, "JAN", 2000, 31, "DEC", 2100, "GMT")`, `dateRange("XXX")`, `dateRange(20, 5)`,
	`timeRange(0, 23)`, `timeRange(23, 0)`, `timeRange(12, 11)`, `timeRange(0, 0, 23, 59)`, `timeRange(12, 0, 11, 59)`,
	`timeRange(0, 0, 0, 23, 59, 59)`,
	`timeRange(0, 12)`, `timeRange(13, 23, "GMT")`,
	`url === "http://" + host + "/i?q=1"`, `host.indexOf("e") === 0`, `typeof FindProxyForURLEx === "undefined"`,
	`typeof alert === "function"`,
}

// answers are texts that a PAC file returns; YES and NO are proxies.
var answers = []string{
	"PROXY YES", "proxy YES", " PROXY\tYES ;", ";;PROXY YES", "PROXY YES; PROXY NO", "PROXY NO; PROXY YES", "HTTP2 NO; PROXY YES",
	"PROXY http://NO; PROXY YES", "PROXY NO:1; PROXY YES", "PROXY; PROXY YES", "PROXY YES; DIRECT", "DIRECT x; PROXY YES",
}

// Chromium goes where package pac says.
func TestPACAsChromium(t *testing.T) {
	testbed.Require(t, "chromium")
	var images []string
	for i := range questions {
		images = append(images, fmt.Sprintf("http://e%d.pac.example/i?q=1", i))
	}
	for i := range answers {
		images = append(images, fmt.Sprintf("http://a%d.pac.example/i", i))
	}
	browser := chromiumByPAC(t, images)
	file := browser.at.Replace(pacOfQuestions())
	want := saidByUs(t, file, browser.names)
	got := browser.goes(t, file)
	// Meanwhile an hour, or a day, may have begun.
	later := saidByUs(t, file, browser.names)
	for i, q := range questions {
		if host := fmt.Sprintf("e%d.pac.example", i); got[images[i]] != want[host] && got[images[i]] != later[host] {
			t.Errorf("%s: Chromium says %s, we %s", q, got[images[i]], want[host])
		}
	}
	for i, a := range answers {
		if host := fmt.Sprintf("a%d.pac.example", i); got[images[len(questions)+i]] != want[host] {
			t.Errorf("%s: Chromium goes to %s, we to %s", a, got[images[len(questions)+i]], want[host])
		}
	}
}

// pacBrowser is Chromium between two proxies, YES and NO, and a page of images.
type pacBrowser struct {
	images []string
	seen   chan string
	at     *strings.Replacer // YES and NO by their addresses
	names  map[string]string // and the addresses by their names
}

// chromiumByPAC prepares it.
func chromiumByPAC(t *testing.T, images []string) pacBrowser {
	b := pacBrowser{images: images, seen: make(chan string, 2*len(images)), names: map[string]string{}}
	proxy := func(name string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Host != "start.pac.example" {
				b.seen <- r.URL.String() + " " + name
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", "text/html")
			for _, image := range images {
				_, _ = fmt.Fprintf(w, `<img src="%s">`, image)
			}
		}))
		t.Cleanup(s.Close)
		b.names[s.Listener.Addr().String()] = name
		return s.Listener.Addr().String()
	}
	b.at = strings.NewReplacer("YES", proxy("YES"), "NO", proxy("NO"))
	return b
}

// goes opens the page with a PAC file, and returns the proxy that each image is asked of.
func (b pacBrowser) goes(t *testing.T, file string) map[string]string {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("/usr/bin/chromium"), chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("proxy-pac-url", "data:application/x-ns-proxy-autoconfig;base64,"+base64.StdEncoding.EncodeToString([]byte(file))))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate("http://start.pac.example/")); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for len(got) < len(b.images) {
		select {
		case line := <-b.seen:
			if image, name, _ := strings.Cut(line, " "); slices.Contains(b.images, image) {
				got[image] = name
			}
		case <-ctx.Done():
			t.Fatalf("%d of %d came", len(got), len(b.images))
		}
	}
	return got
}

// pacOfQuestions is a file with a host for each question and for each answer.
func pacOfQuestions() string {
	var out strings.Builder
	out.WriteString("function FindProxyForURL(url, host) {\n  switch (host) {\n")
	for i, q := range questions {
		fmt.Fprintf(&out, "  case \"e%d.pac.example\": return %s ? \"PROXY YES\" : \"PROXY NO\";\n", i, q)
	}
	for i, a := range answers {
		fmt.Fprintf(&out, "  case \"a%d.pac.example\": return %q;\n", i, a)
	}
	return out.String() + "  case \"start.pac.example\": return \"PROXY YES\";\n  }\n  return \"PROXY 127.0.0.1:9\";\n}\n"
}

// saidByUs returns for each host the proxy that package pac names.
func saidByUs(t *testing.T, file string, names map[string]string) map[string]string {
	t.Helper()
	script, err := pac.Parse("proxy.pac", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	ask := func(host, query string) {
		answer, err := script.Find(t.Context(), pac.Host{Now: time.Now},
			&url.URL{Scheme: "http", Host: host, Path: "/i", RawQuery: query})
		if len(answer.Ways) == 0 {
			t.Fatal(host, err)
		}
		out[host] = names[answer.Ways[0].Host+":"+answer.Ways[0].Port]
	}
	for i := range questions {
		ask(fmt.Sprintf("e%d.pac.example", i), "q=1")
	}
	for i := range answers {
		ask(fmt.Sprintf("a%d.pac.example", i), "")
	}
	return out
}
