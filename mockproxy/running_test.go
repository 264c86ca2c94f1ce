package mockproxy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/fault"
)

// get asks for a URL through the network's proxy and returns status and body, 0 and
// the error's text for none.
func get(t *testing.T, n *Network, target string) (int, string) {
	t.Helper()
	c := client(t, n)
	defer c.CloseIdleConnections()
	resp, err := c.Get(target)
	if err != nil {
		return 0, err.Error()
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return resp.StatusCode, string(body) + " then " + err.Error()
	}
	return resp.StatusCode, string(body)
}

const ping = "https://registry.redhat.io/v2/"

func TestFaultsAtEverySeam(t *testing.T) {
	for text, want := range map[string]string{
		"conn-reset:host=registry.redhat.io":            "EOF|reset",
		"conn-reset:host=proxy":                         "EOF|reset",
		"conn-close:host=proxy":                         "EOF|reset",
		"conn-close:host=registry.redhat.io,bytes=2000": "EOF|reset",
		"connect-redirect":                              "Found",
		"connect-delay:delay=1ms":                       "UNAUTHORIZED",
		"tls-wrong-name:names=other.example":            "not registry.redhat.io",
		"tls-missing-intermediate":                      "unknown authority",
		"tls-not-yet-valid":                             "expired or is not yet valid",
		"tls-private":                                   "unknown authority",
		"tls-version:max=1.1":                           "protocol version",
		"tls-alert:number=40,delay=1ms":                 "handshake failure",
		"http-body:body=blocked here":                   "^blocked here$",
		"http-limit:head=10":                            "^$",
		"http-truncate:bytes=10":                        "then unexpected EOF",
		"http-delay:delay=1ms":                          "UNAUTHORIZED",
		"http-rate:rate=100K":                           "UNAUTHORIZED",
		"conn-slow:rate=1M":                             "UNAUTHORIZED",
		"tcp-reset:host=registry.redhat.io,times=0":     "",
	} {
		t.Run(text, func(t *testing.T) {
			f, err := fault.Parse(text)
			if want == "" {
				if err == nil {
					t.Fatalf("%#v", f)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			n := start(t, fault.World{Faults: []fault.Fault{f}})
			_, got := get(t, n, ping)
			ok := false
			for _, w := range strings.Split(want, "|") {
				if strings.HasPrefix(w, "^") {
					ok = ok || got == strings.Trim(w, "^$")
				} else {
					ok = ok || strings.Contains(got, w)
				}
			}
			if !ok {
				t.Errorf("%q, want %s", got, want)
			}
			if struck := n.Faults()[0].Struck; struck == 0 {
				t.Error("it is not counted")
			}
		})
	}
}

// TestFieldsOfTheServersOwn: those that a Go server makes up can be taken away and
// replaced as well.
func TestFieldsOfTheServersOwn(t *testing.T) {
	for _, row := range [][2]string{
		{"http-header:strip=Date",
			"Content-Length: 99|Content-Type: application/json|Docker-Distribution-Api-Version: registry/2.0"},
		{"http-header:strip=content-type,strip=Content-Length,strip=Date",
			"Docker-Distribution-Api-Version: registry/2.0"},
		{"http-header:header='Date: Tue, 24 Nov 2020 00:00:00 GMT',header=X-A: b,strip=Content-Type",
			"Content-Length: 99|Date: Tue, 24 Nov 2020 00:00:00 GMT|Docker-Distribution-Api-Version: registry/2.0|X-A: b"},
		{"http-header:strip=Docker-Distribution-Api-Version,strip=Date,header='WWW-Authenticate: Basic realm=x',header=content-type: a/b",
			"Content-Length: 99|Content-Type: a/b|Www-Authenticate: Basic realm=x"},
		{"http-header:strip=Date,strip=Server,strip=Content-Type,header=content-type: a/b",
			"Content-Length: 99|Content-Type: a/b|Docker-Distribution-Api-Version: registry/2.0"},
		{"http-status:status=503,header='Date: Tue, 24 Nov 2020 00:00:00 GMT',header='Retry-After: 5'",
			"Content-Length: 0|Date: Tue, 24 Nov 2020 00:00:00 GMT|Retry-After: 5"},
	} {
		text, want := row[0], row[1]
		f, err := fault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client(t, start(t, fault.World{Faults: []fault.Fault{f}})).Get(ping)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		var got []string
		for name, values := range resp.Header {
			for _, v := range values {
				if !strings.HasPrefix(v, "Bearer ") {
					got = append(got, name+": "+v)
				}
			}
		}
		slices.Sort(got)
		if strings.Join(got, "|") != want {
			t.Errorf("%s: %s, want %s", text, strings.Join(got, "|"), want)
		}
	}
}

// TestNothingIsCutBehindTheEnd: a body that is shorter than what is let through is whole,
// and the connection serves the next request.
func TestNothingIsCutBehindTheEnd(t *testing.T) {
	for text, whole := range map[string]bool{"http-truncate:bytes=99": true, "http-truncate:bytes=98": false,
		"http-stall:bytes=99": true, "http-stall:bytes=1M": true,
		"http-truncate:bytes=1M,method=HEAD": true} {
		f, err := fault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		n := start(t, fault.World{Faults: []fault.Fault{f}})
		c := client(t, n)
		for range 2 {
			resp, err := c.Get(ping)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if (err == nil && len(body) == 99 && resp.ContentLength == 99) != whole {
				t.Errorf("%s: %d bytes of %d, %v", text, len(body), resp.ContentLength, err)
			}
		}
		shaken := 0
		for _, e := range n.Events() {
			if e.Kind == "handshake" {
				shaken++
			}
		}
		if whole && shaken != 1 {
			t.Errorf("%s: %d connections", text, shaken)
		}
	}
}

func TestAnswerLosesAndGainsFields(t *testing.T) {
	n := start(t, fault.World{Faults: []fault.Fault{fault.HTTP{Remove: []string{"Www-Authenticate"}, Headers: []string{"X-More: here"}}}})
	c := client(t, n)
	resp, err := c.Get(ping)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 401 || resp.Header.Get("Www-Authenticate") != "" || resp.Header.Get("X-More") != "here" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}

// TestAgentSelects: what names a client is for that client, as every parameter that names
// something is.
func TestAgentSelects(t *testing.T) {
	for text, denied := range map[string]bool{
		"connect-status:agent=Go-http":                         true,
		"connect-status:agent=curl":                            false,
		"connect-status:unless-agent=Go-http":                  false,
		"connect-status:unless-agent=curl":                     true,
		"connect-status:agent=Go-http,unless-agent=client/1.1": false,
	} {
		f, err := fault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if status, got := get(t, start(t, fault.World{Faults: []fault.Fault{f}}), ping); (status == 0) != denied {
			t.Errorf("%s: %d %s", text, status, got)
		}
	}
}

func TestCountedFaultStrikesEachThird(t *testing.T) {
	f, err := fault.Parse("connect-status:status=403,1/3")
	if err != nil {
		t.Fatal(err)
	}
	n := start(t, fault.World{Faults: []fault.Fault{f}})
	got := ""
	for range 6 {
		if status, _ := get(t, n, ping); status == 401 {
			got += "."
		} else {
			got += "x"
		}
	}
	if got != "..x..x" {
		t.Error(got)
	}
}

func TestAdminChangesARunningNetwork(t *testing.T) {
	n := start(t, fault.World{})
	admin := n.Admin(fault.Parse)
	ask := func(method, path, body string) (int, string) {
		r := httptest.NewRequest(method, "http://127.0.0.1:1"+path, strings.NewReader(body))
		w := httptest.NewRecorder()
		admin.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	if status, body := ask("POST", "/faults", "tls-expired:host=registry.redhat.io"); status != 201 || strings.TrimSpace(body) != `{"id":1}` {
		t.Fatal(status, body)
	}
	if _, got := get(t, n, ping); !strings.Contains(got, "expired") {
		t.Error(got)
	}
	if _, body := ask("GET", "/faults", ""); !strings.Contains(body, `"struck":1`) {
		t.Error(body)
	}
	if status, _ := ask("DELETE", "/faults/1", ""); status != 204 {
		t.Error(status)
	}
	if status, _ := get(t, n, ping); status != 401 {
		t.Error(status)
	}
	var counters []Counter
	_, body := ask("GET", "/counters", "")
	if err := json.Unmarshal([]byte(body), &counters); err != nil || !strings.Contains(body,
		`{"kind":"handshake","host":"registry.redhat.io","fault":"tls-expired","count":1}`) {
		t.Error(err, body)
	}
	for _, bad := range []struct {
		method, path, body string
		status             int
	}{{"POST", "/faults", "nonsense", 400}, {"POST", "/faults", "tcp-drop", 409}, {"DELETE", "/faults/1", "", 404},
		{"DELETE", "/faults/x", "", 404}} {
		if status, body := ask(bad.method, bad.path, bad.body); status != bad.status || !strings.Contains(body, `"error"`) {
			t.Errorf("%v: %d %s", bad, status, body)
		}
	}
	w := httptest.NewRecorder()
	admin.ServeHTTP(w, httptest.NewRequest("GET", "http://rebound.example/faults", nil))
	if w.Code != 403 {
		t.Error("a name in the Host field is answered", w.Code)
	}
	for origin, status := range map[string]int{"https://evil.example": 403, "null": 403, "http://127.0.0.1:2": 403,
		"http://127.0.0.1:1": 201} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("POST", "http://127.0.0.1:1/faults", strings.NewReader("tls-old"))
		r.Header.Set("Origin", origin)
		if admin.ServeHTTP(w, r); w.Code != status {
			t.Errorf("origin %s: %d", origin, w.Code)
		}
	}
}

// TestFaultsAreListedAsTyped: those of the start too, and none by a type of Go.
func TestFaultsAreListedAsTyped(t *testing.T) {
	n := start(t, fault.World{Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Status: 407}, fault.Chain{Host: "sso.redhat.com"},
		fault.Connect{Host: "sso.redhat.com", Raw: "HTTP/1.1 403 No, never\r\n\r\n"}}})
	w := httptest.NewRecorder()
	n.Admin(fault.Parse).ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1:1/faults", nil))
	for _, want := range []string{`"connect-status:host=sso.redhat.com,status=407"`, `"chain:host=sso.redhat.com"`,
		`"connect-raw:host=sso.redhat.com,raw='HTTP/1.1 403 No, never\r\n\r\n'"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s lacks %s", w.Body, want)
		}
	}
}

// TestAdminNotesWhatIsNoPartOfIt: a fault for a host that the network lacks.
func TestAdminNotesWhatIsNoPartOfIt(t *testing.T) {
	n := start(t, fault.World{})
	for text, want := range map[string]string{
		"tls-old:host=sso.redhat.con": `"note":"no host of this network is named sso.redhat.con; did you mean sso.redhat.com?"`,
		"tls-reset:behind=9":          `"error":"fault tls-reset: there is no behind=9; routers on the way: 3"`} {
		w := httptest.NewRecorder()
		n.Admin(fault.Parse).ServeHTTP(w, httptest.NewRequest("POST", "http://127.0.0.1:1/faults", strings.NewReader(text)))
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %s", text, w.Body)
		}
	}
}

func TestCompleteNetworkHasEveryPort(t *testing.T) {
	n, err := Start(fault.World{}, Complete())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	for _, proxy := range []url.URL{{Scheme: "http", Host: n.ProxyAddress()}, {Scheme: "https", Host: n.SecureProxy()},
		{Scheme: "socks5", Host: n.SOCKS()}} {
		c := client(t, n)
		transport, _ := c.Transport.(*http.Transport)
		transport.Proxy = http.ProxyURL(&proxy)
		resp, err := c.Get(ping)
		if err != nil {
			t.Errorf("%s: %v", proxy.Scheme, err)
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode != 401 {
			t.Errorf("%s: %d", proxy.Scheme, resp.StatusCode)
		}
		c.CloseIdleConnections()
	}
	r, err := http.NewRequest("GET", "http://"+n.Plain()+"/v2/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "registry.redhat.io"
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil || resp.StatusCode != 401 {
		t.Fatal(resp, err)
	}
	_ = resp.Body.Close()
}

func TestAddressesOfOthersAreRefused(t *testing.T) {
	for address, ok := range map[string]bool{"127.0.0.1:0": true, "[::1]:3128": true, "0.0.0.0:3128": false,
		"192.0.2.1:1": false, "localhost:1": false, ":3128": false} {
		if err := CheckAddress(address, false); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
	if n, err := Start(fault.World{}, Listen(Ports{HTTP: "0.0.0.0:0"})); err == nil {
		n.Close()
		t.Error("it listens for everybody")
	}
	first := start(t, fault.World{})
	if n, err := Start(fault.World{}, Listen(Ports{HTTP: first.ProxyAddress()})); err == nil {
		n.Close()
		t.Error("two on one port")
	}
}

// TestListensAtEveryAddress: of the family that was asked for, and is itself told where it
// can be reached.
func TestListensAtEveryAddress(t *testing.T) {
	n, err := Start(fault.World{}, Listen(Ports{HTTP: "0.0.0.0:0", DNS: "0.0.0.0:0", Anywhere: true}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	if !strings.HasPrefix(n.ProxyAddress(), "127.0.0.1:") || !n.ResolverAddress().Addr().IsLoopback() {
		t.Errorf("%s, %s", n.ProxyAddress(), n.ResolverAddress())
	}
	if status, body := get(t, n, ping); status != 401 {
		t.Error(status, body)
	}
	if conn, err := net.Dial("tcp", "[::1]:"+portOf(n.ProxyAddress())); err == nil {
		_ = conn.Close()
		t.Error("0.0.0.0 is every address of IPv6 too")
	}
}

func TestAuthoritiesAreKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	roots := func() string {
		n, err := Start(fault.World{TrustInterceptor: true}, KeepIn(dir))
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		if status, body := get(t, n, ping); status != 401 {
			t.Error(status, body)
		}
		return string(n.ClientRoots())
	}
	if first, second := roots(), roots(); first != second || strings.Count(first, "BEGIN") != 2 {
		t.Error("another authority the second time")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.pem"))
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Error(f, info.Mode(), err)
		}
	}
	if err := os.WriteFile(files[0], []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := Start(fault.World{}, KeepIn(dir)); err == nil {
		n.Close()
		t.Error("a broken file is taken")
	}
}

func TestGeneratedLayerIsWhatItSays(t *testing.T) {
	g, err := newGenerated(3 << 20)
	if err != nil {
		t.Fatal(err)
	}
	body := g.open()
	hash := sha256.New()
	size, err := io.Copy(hash, body)
	_ = body.Close()
	if err != nil || size != g.size() || "sha256:"+hex.EncodeToString(hash.Sum(nil)) != g.sum {
		t.Errorf("%d bytes of %d, %v", size, g.size(), err)
	}
	whole, _ := io.ReadAll(g.open())
	part := &seeking{blob: g}
	defer part.Close()
	for _, offset := range []int64{1 << 20, 10, g.size() - 5} {
		if _, err := part.Seek(offset, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 5)
		if _, err := io.ReadFull(part, got); err != nil || string(got) != string(whole[offset:offset+5]) {
			t.Errorf("at %d: %x, %v", offset, got, err)
		}
	}
}

func TestJournalIsBounded(t *testing.T) {
	n := start(t, fault.World{})
	for range maxEvents + 10 {
		n.journal.add(Event{Kind: "request", Host: "a", Headers: []string{"A: b"}})
	}
	events := n.Events()
	if len(events) > maxEvents || len(events) < maxEvents/2 || events[0].Headers != nil {
		t.Errorf("%d events, headers %v", len(events), events[0].Headers)
	}
	if counters := n.Counters(); len(counters) != 1 || counters[0].Count != maxEvents+10 {
		t.Errorf("%v", counters)
	}
}
