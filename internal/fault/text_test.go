package fault

import (
	"reflect"
	"testing"
)

// TestTextIsReadAgain: what a fault is called can be typed, and is the same fault.
func TestTextIsReadAgain(t *testing.T) {
	texts := []string{
		"connect-status:host=a.b,port=443,node=2,agent=x,unless-agent=y,status=407,phrase=No way," +
			"header=A: b,header='C: d, e',body='<p>,x',delay=2s,every=3,after=1,times=4",
		"connect-redirect:to=https://x/?a=1", "socks-reply:host=a.b,reply=5", "proxy-auth:scheme=Basic,scheme=NTLM,realm='a, b',hangs-up=yes",
		"tcp-prohibit:host=a.b,address=2001:db8::1,family=6,port=443,behind=2", "conn-reset:host=proxy,bytes=10,rate=5,delay=1ms",
		"dns-rcode:host=a.b,resolver=2,type=A,rcode=NXDOMAIN,ede=15,text='category, blocked',soa=rpz", "dns-answer:address=::1,address=192.0.2.1",
		"tls-alert:number=0,only=post-quantum,bytes=5,first=1,behind=2,warning=112,delay=1s", "tls-plaintext:body=no",
		"tls-reset:only=tls-1.3", "tls-close:only=split",
		"tls-wrong-name:names=x.y,issuer=private", "tls-intercept:ca-key=yes,expired-ca=yes,organization=O,name=N",
		"tls-expired:issuer=interceptor",
		"tls-version:host=a.b,max=1.2", "path-mtu:mtu=1400,direction=out", "http-limit:head=400,status=431",
		"http-header:path=/v2/,method=GET,login=token,header=A: b,strip=C,strip=D", "http-strip:login=basic,field=Cookie",
		"http-stall:bytes=9", "http-rate:rate=9",
	}
	for _, k := range Kinds() {
		texts = append(texts, k.Name)
	}
	for _, text := range texts {
		want, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Parse(Text(want)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is written %s: %#v, %v", text, Text(want), got, err)
		}
	}
}

func TestTextOfWhatCannotBeTyped(t *testing.T) {
	for want, f := range map[string]Fault{
		"connect of a.b": Connect{Host: "a.b", Raw: "HTTP/1.1 200 OK\r\n\r\n", Reply: 1},
		"connect-status": Connect{Status: 1234},
		"tls-reset":      Handshake{Effect: Reset, Only: Hello{Group: 29}},
	} {
		if got := Text(f); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
