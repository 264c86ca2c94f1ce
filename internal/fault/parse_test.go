package fault

import (
	"cmp"
	"reflect"
	"strings"
	"testing"
	"time"

	"pullpath/internal/cost"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Fault{
		"connect-status": Connect{Status: 403},
		"connect-status:host=a.b,status=407,phrase=No way": Connect{Host: "a.b", Status: 407, Phrase: "No way"},
		// A value runs to the comma before the next known parameter.
		"connect-status:header=X: a, b,status=500":   Connect{Status: 500, Headers: []string{"X: a, b"}},
		"connect-flood:host=a.b,status=403":          Connect{Host: "a.b", Status: 403, Effect: Flood},
		"connect-close:agent=curl,unless-agent=8.14": Connect{Effect: Close, Agent: "curl", UnlessAgent: "8.14"},
		// In quotation marks, all of a value is the value's.
		`connect-status:header='X-Squid-Error: ERR_ACCESS_DENIED 0',status=502`: Connect{Status: 502,
			Headers: []string{"X-Squid-Error: ERR_ACCESS_DENIED 0"}},
		`http-body:body="a,path=/x,1/2",host='a.b',1/3`: Counted{Every: 3, Fault: HTTP{Host: "a.b",
			Body: "a,path=/x,1/2"}},
		`connect-status:phrase='it''s "odd"',status=500`:     Connect{Status: 500, Phrase: `it's "odd"`},
		`connect-status:phrase=said "no",body='',status=500`: Connect{Status: 500, Phrase: `said "no"`},
		"connect-late":                   Connect{Effect: Late},
		"socks-reply:host=a.b,reply=5":   Connect{Host: "a.b", Reply: 5},
		"proxy-port-socks-alone":         ProxyPort{Effect: SOCKSAlone},
		"tls-alert:host=proxy,number=70": Handshake{Host: TheProxy, Effect: Alert, Alert: 70},
		"tcp-drop:host=proxy":            Socket{Host: TheProxy, Effect: Drop},
		"tcp-prohibit:host=a.b,family=6,port=443,behind=2,address=2001:db8::1": Socket{Host: "a.b", Effect: Prohibit, Family: 6,
			Port: 443, Behind: 2,
			Address: "2001:db8::1"},
		"dns-rcode:host=a.b,rcode=nxdomain": DNS{Name: "a.b", Rcode: "NXDOMAIN"},
		"dns-rcode:resolver=2,rcode=NXDOMAIN,ede=15,text=category, blocked,soa=rpz": DNS{Resolver: 2, Rcode: "NXDOMAIN", ExtendedError: 15,
			ExtendedText: "category, blocked", Authority: "rpz"},
		"dns-answer:host=a.b,address=::1":                    DNS{Name: "a.b", Rcode: "NOERROR", Addresses: []string{"::1"}},
		"dns-delay:host=a.b,ms=100":                          DNS{Name: "a.b", Delay: 100 * time.Millisecond},
		"http-status:host=CDN.Quay.IO.,method=get,path=/v2/": HTTP{Host: "cdn.quay.io", Method: "GET", Path: "/v2/", Status: 503},
		"proxy-auth:hangs-up=yes,scheme=NTLM":                ProxyAuth{Schemes: []string{"NTLM"}, HangsUp: true},
		"tls-intercept:ca-key=no,expired-ca=yes":             Certificate{Issuer: "interceptor", ExpiredAuthority: true},
		"tcp-drop:address=2001:DB8::1":                       Socket{Effect: Drop, Address: "2001:db8::1"},
		"dns-silent:type=aaaa":                               DNS{Type: "AAAA", Silent: true},
		"dns-truncate":                                       DNS{Truncate: true},
		"dns-wrong-id:resolver=1":                            DNS{Resolver: 1, WrongID: true},
		"dns-bogus:host=a.b":                                 DNS{Name: "a.b", Rcode: "SERVFAIL", Unsigned: true},
		"tls-alert:number=49":                                Handshake{Effect: Alert, Alert: 49},
		"tls-reset:host=a.b,only=split,behind=2,first=1,warning=112": Handshake{Host: "a.b", Effect: Reset,
			Only: Hello{Split: true}, Behind: 2, First: 1, Warning: 112},
		"path-mtu:host=a.b,mtu=1400": PathMTU{Host: "a.b", MTU: 1400},
		"path-mtu:direction=out":     PathMTU{MTU: 1000, Outbound: true},
		"http-silence:path=/v2/":     HTTP{Path: "/v2/", Effect: Silence},
		"connect-status:status=403,host=a.b,header=X-A: 1, 2,header=X-B: 3,body=no, never,1/3,after=2": Counted{Every: 3, After: 2,
			Fault: Connect{Host: "a.b", Status: 403, Headers: []string{"X-A: 1, 2", "X-B: 3"}, Body: "no, never"}},
		"connect-redirect:to=https://x/?a=1,b":       Connect{Status: 302, To: "https://x/?a=1,b"},
		"connect-delay:delay=2s,host=a.b":            Connect{Host: "a.b", Delay: 2 * time.Second},
		"conn-reset:host=proxy,bytes=64K":            Stream{Host: TheProxy, Effect: Reset, Bytes: 64 << 10},
		"conn-slow:times=1":                          Counted{Times: 1, Fault: Stream{}},
		"tls-wrong-name:names=x.y,issuer=private":    Certificate{Issuer: "private", Names: []string{"x.y"}},
		"tls-version:max=1.2":                        TLSServer{MaxVersion: 0x0303},
		"http-header:strip=A,strip=B,header=C: d":    HTTP{Remove: []string{"A", "B"}, Headers: []string{"C: d"}},
		"http-stall:bytes=10,method=GET,login=token": HTTP{Effect: Stall, Bytes: 10, Method: "GET", Login: Token},
	} {
		got, err := Parse(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v; want %#v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "nothing", "connect-status:colour=red", "connect-status:status=many",
		"tls-alert:number=999", "socks-reply:reply=0", "tcp-drop:family=5", "tcp-drop:port=x",
		"dns-answer:address=x", "dns-rcode:ede=70000", "dns-rcode:resolver=first", "dns-delay:ms=long", "path-mtu:mtu=9", "path-mtu:direction=in",
		"path-mtu:mtu=x", "tls-reset:warning=300", "tls-reset:first=x", "tls-reset:only=some",
		"connect-status:status=40", "connect-status:host=a,host=b", "connect-status:every=0", "connect-delay:delay=soon", "http-rate:rate=fast",
		"http-status:host=*.quay.io", "http-status:host=a.b:443", "http-status:host=", "http-status:path=/v2/*",
		"http-status:path=*", "http-status:path=v2/",
		"dns-rcode:rcode=FOO", "dns-rcode:rcode=3", "dns-silent:type=MX", "tcp-drop:address=999",
		"tcp-drop:address=::1,address=::2", "tcp-drop:behind=0", "tcp-drop:port=0",
		"socks-reply:reply=9", "connect-redirect:status=403", "http-redirect:status=200", "proxy-auth:hangs-up=perhaps",
		"tls-intercept:ca-key=", "http-header:header=foo",
		"connect-status:header=a b: c", "http-body:body='a", "http-body:body='a'b", "http-body:body='a',b",
		"http-body:1/3,body='a'x=1", "connect-status:0/3", "dns-delay:ms=-1",
		"tls-expired:issuer=me", "tls-version:max=9", "http-status:login=some", "tcp-drop:every=2"} {
		if f, err := Parse(text); err == nil {
			t.Errorf("%q is read as %#v", text, f)
		}
	}
}

func TestKindsHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Kinds() {
		if seen[k.Name] || k.About == "" {
			t.Errorf("%s is there twice or says nothing", k.Name)
		}
		seen[k.Name] = true
		for _, name := range k.Params() {
			if !has(k.fields(), name) {
				t.Errorf("%s: no field has the parameter %s", k.Name, name)
			}
		}
	}
}

// TestEveryFieldCanBeSet: each parameter of a type of faults is one of some kind.
func TestEveryFieldCanBeSet(t *testing.T) {
	used := map[reflect.Type]map[string]bool{}
	for _, k := range Kinds() {
		of := reflect.TypeOf(k.prototype)
		if used[of] == nil {
			used[of] = map[string]bool{}
		}
		for _, name := range k.Params() {
			used[of][name] = true
		}
	}
	for of, names := range used {
		for _, f := range fieldsOf(of) {
			if !names[f.name] {
				t.Errorf("%s: no kind has the parameter %s", of, f.name)
			}
		}
	}
}

func TestUnknownNamesAreCorrected(t *testing.T) {
	for text, want := range map[string]string{
		"conect-status":               `no fault "conect-status": did you mean connect-status`,
		"connect-status:stauts=403":   `fault connect-status: no parameter "stauts"; did you mean status`,
		"connect-status:0/3":          `0/3 is not a count; 1/3 is one time in so many`,
		"http-body:body='it''s":       `body: ' is not closed; inside, '' stands for one`,
		`http-body:body="a"b`:         `"b" behind the closing "; a comma ends a value`,
		"connect-status:status=1,x=2": `fault connect-status: no parameter "x"`,
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestCountedStrikesByNumbers(t *testing.T) {
	for name, c := range map[string]struct {
		Counted
		want string
	}{
		"each third":      {Counted{Every: 3}, "..x..x..x."},
		"after two":       {Counted{After: 2}, "..xxxxxxxx"},
		"twice":           {Counted{Times: 2}, "xx........"},
		"all three":       {Counted{After: 1, Every: 2, Times: 3}, "..x.x.x..."},
		"always, said so": {Counted{Every: 1}, "xxxxxxxxxx"},
	} {
		got, struck := "", 0
		for i := range len(c.want) {
			if c.Strikes(i, struck) {
				struck++
				got += "x"
			} else {
				got += "."
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestEveryKindIsLoggedByItsName: but for those that are another kind with one value.
func TestEveryKindIsLoggedByItsName(t *testing.T) {
	other := map[string]string{"tls-old": "tls-version"}
	for _, k := range Kinds() {
		f, err := Parse(k.Name)
		if err != nil {
			t.Fatal(err)
		}
		if name := Name(f); name != cmp.Or(other[k.Name], k.Name) {
			t.Errorf("%s is logged as %s", k.Name, name)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("connect-status:status=403,header=A: b, c,1/3")
	f.Add(`http-body:body='a,path=/x, it\'\'s',header="A: b",2/3`)
	f.Add(`chain:host=a,cert='cn=a,name=a,not-before=-1h',anchor='cn=''b, c'',ca=yes'`)
	f.Add("tls-reset:only=name,only=split,first=1")
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			s, err := Parse(text)
			if err != nil {
				return
			}
			written, ok := Typed(s)
			if again, err := Parse(written); !ok || err != nil || !reflect.DeepEqual(s, again) {
				t.Errorf("%q is read as %#v, and written %q, which is read as %#v, %v", text, s, written, again, err)
			}
		})
	})
}
