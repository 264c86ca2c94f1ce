package mockproxy

import (
	"strings"
	"sync"
	"testing"

	"pullpath/internal/fault"
)

// effect is a parameter with the fault that it is added to: without it and with it the
// network does not do the same.
type effect struct {
	kind, param   string
	without, with string
}

// companions are parameters without which others of a kind have nothing to change.
var companions = map[string]string{
	"conn-slow": "rate=1", "conn-alter": "bytes=10", "dns-delay": "delay=1h", "connect-delay": "delay=1h", "http-delay": "delay=1h",
	"http-limit":  "head=1",
	"http-header": "header=X-A: b", "tls-certificate": "not-after=48h",
	"chain": "host=registry.redhat.io," + leafOfReport,
}

const leafOfReport = "cert='cn=registry.redhat.io,name=registry.redhat.io,issuer=Above,not-before=-1h,not-after=1h,key-id=1'"

// values are those with which a parameter is sent, where nothing else is said below.
var values = map[string]string{
	"host": "cdn01.quay.io", "address": "203.0.113.110", "family": "6", "port": "8443", "behind": "1", "tcp-only": "yes",
	"bytes": "10", "delay": "1h", "rate": "1", "ms": "3600000",
	"resolver": "2", "type": "AAAA", "unsigned": "yes", "rcode": "REFUSED", "ede": "15", "text": "why", "soa": "rpz", "alias": "other.example",
	"owner": "other.example", "own": "yes", "truncate": "yes",
	"other-ports": "443", "node": "2", "agent": "podman", "unless-agent": "podman", "plain": "yes", "http2": "yes",
	"ranged": "yes", "what": "ecr-no-policy",
	"acknowledged": "yes",
	"status":       "418",
	"phrase":       "Never", "header": "X-B: c",
	"body": "other words", "to": "https://elsewhere.example/", "raw": "HTTP/1.1 599 What\r\n\r\n", "reply": "5",
	"scheme": "Digest", "realm": "other", "hangs-up": "yes", "garbled": "yes", "by-reset": "yes",
	"only": "tls-1.3", "sni": "other.example", "first": "1", "warning": "112", "number": "49",
	"issuer": "interceptor", "organization": "Other", "name": "Other", "ca-key": "yes", "expired-ca": "yes", "no-intermediate": "yes",
	"negative-serial": "yes", "sha1": "yes", "no-names": "yes", "copied-timestamps": "yes", "for-clients": "yes", "only-for": "example",
	"names": "other.example", "not-before": "-1h", "not-after": "3h", "max": "1.2", "client-certificate": "yes", "suite": "49171",
	"group": "CurveP521",
	"mtu":   "60000", "direction": "out", "path": "/other", "method": "HEAD", "login": "basic", "head": "200", "blob": "config",
	"kept": "yes", "granted": "yes", "over": "100h", "share": "0.9", "field": "Range", "strip": "Content-Type",
	"every": "2", "after": "1", "times": "1",
}

// effects are the parameters that need another fault, or another value, to be seen.
func effects() []effect {
	out := []effect{
		{"conn-slow", "rate", "rate=1M", "rate=1"}, {"conn-slow", "delay", "rate=1M", "rate=1M,delay=1h"},
		{"connect-redirect", "status", "", "status=307"}, {"http-redirect", "status", "", "status=307"},
		{"conn-silence", "delay", "bytes=10", "bytes=10,delay=1h"}, {"conn-alter", "bytes", "bytes=10M", "bytes=10"},
		{"dns-bogus", "text", "ede=6", "ede=6,text=why"},
		{"dns-delay", "delay", "delay=1ms", "delay=1h"}, {"dns-delay", "ms", "ms=1", "ms=3600000"},
		{"connect-delay", "delay", "delay=1ms", "delay=1h"}, {"http-delay", "delay", "delay=1ms", "delay=1h"},
		{"proxy-auth", "garbled", "scheme=NTLM", "scheme=NTLM,garbled=yes"},
		{"tls-silence", "delay", "warning=112", "warning=112,delay=1h"},
		{"tls-intercept", "issuer", "", "issuer=private"},
		{"tls-certificate", "not-after", "", "not-after=48h"},
		{"http-limit", "head", "", "head=1"},
		{"http-header", "strip", "", "strip=Content-Type"},
	}
	for _, kind := range []string{"tls-alert", "tls-close", "tls-reset", "tls-silence", "tls-plaintext", "tls-garbage"} {
		out = append(out, effect{kind, "bytes", "", "bytes=3000"})
	}
	for _, kind := range []string{"conn-reset", "conn-close", "conn-half-close", "conn-silence"} {
		out = append(out, effect{kind, "rate", "bytes=100", "bytes=100,rate=1"})
	}
	for _, k := range fault.Kinds() {
		if strings.HasPrefix(k.Name, "http-") {
			out = append(out, effect{k.Name, "whole", joined(companions[k.Name], "path=/v2"), joined(companions[k.Name], "path=/v2,whole=yes")},
				effect{k.Name, "bad-token", joined(companions[k.Name], "login=token"), joined(companions[k.Name], "login=token,bad-token=yes")})
		}
	}
	for _, kind := range []string{"dns-answer", "dns-rcode"} {
		out = append(out, effect{kind, "text", "ede=15", "ede=15,text=why"}, effect{kind, "address", "", "address=192.0.2.7"},
			effect{kind, "owner", "address=192.0.2.7", "address=192.0.2.7,owner=other.example"})
	}
	for _, kind := range []string{"tls-expired", "tls-not-yet-valid", "tls-wrong-name", "tls-missing-intermediate", "tls-certificate"} {
		for _, param := range []string{"organization", "name"} {
			out = append(out, effect{kind, param, "issuer=interceptor", "issuer=interceptor," + param + "=Other"})
		}
	}
	for _, param := range []string{"expired-ca", "copied-timestamps"} {
		out = append(out, effect{"tls-certificate", param, "issuer=interceptor", "issuer=interceptor," + param + "=yes"})
	}
	return append(out, chainEffects()...)
}

// chainEffects are those of a chain of a report.
func chainEffects() []effect {
	chain := companions["chain"]
	const anchor = ",anchor='cn=Other,ca=yes,self-signed=yes,key-id=2'"
	return []effect{
		{"chain", "host", chain, strings.Replace(chain, "registry", "other", 1)}, {"chain", "cert", "host=registry.redhat.io", chain},
		{"chain", "anchor", chain, chain + anchor}, {"chain", "public", chain, chain + ",public=yes"},
		{"chain", "trusted", chain, chain + ",trusted=yes"},
		{"chain", "given", chain, chain + ",given=yes"},
		{"chain", "trusted-by", chain, chain + ",trusted-by=docker"},
	}
}

// effectOf is how a parameter of a kind is sent.
func effectOf(kind, param string) effect {
	if param == nothing {
		return effect{kind, param, companions[kind], companions[kind]}
	}
	for _, e := range effects() {
		if e.kind == kind && e.param == param {
			return e
		}
	}
	return effect{kind, param, companions[kind], joined(companions[kind], param+"="+values[param])}
}

// joined are parameters behind others.
func joined(before, params string) string {
	if before == "" {
		return params
	}
	return before + "," + params
}

// unseen says that this client cannot see what a parameter changes. Copied timestamps are
// seen by those who know the keys of the transparency logs: the grid walks a report with
// them (tls-intercepted-untrusted). A good token gets the proper answer in any case, so
// granting it to bad tokens alone is the same as granting it to all. Whether a hello was
// acknowledged is told by the network to whoever asks for TCP_INFO.
func unseen(kind, param string) bool {
	return kind == "chain" && param == "copied" || kind == "http-granted" && param == "bad-token" ||
		kind == "tls-silence" && param == "acknowledged"
}

// asked is the fault with parameters.
func asked(t *testing.T, kind, params string) fault.Fault {
	t.Helper()
	text := kind
	if params != "" {
		text += ":" + params
	}
	f, err := fault.Parse(text)
	if err != nil {
		t.Error(err)
	}
	return f
}

// memory keeps what was observed.
type memory struct{ all sync.Map }

func (m *memory) of(t *testing.T, f fault.Fault, param string) string {
	t.Helper()
	if param == nothing {
		return healthy(t, f)
	}
	key := fault.Text(f)
	if counts(param) {
		key += " counted"
	}
	observe, _ := m.all.LoadOrStore(key, sync.OnceValue(func() string { return observed(t, f, param) }))
	once, _ := observe.(func() string)
	return once()
}

// counts tells a parameter of every fault that counts.
func counts(param string) bool { return param == "every" || param == "after" || param == "times" }

// nothing stands for the kind itself: a network without it is not the same.
const nothing = ""

// TestEveryParameterHasAnEffect sends each kind of fault with each of its parameters, and
// fails where a client meets the same without; and each kind, against a healthy network.
func TestEveryParameterHasAnEffect(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute")
	}
	const atOnce = 48 // most of it is waiting for what does not come
	var wg sync.WaitGroup
	free := make(chan bool, atOnce)
	var without memory
	for _, k := range fault.Kinds() {
		params := append([]string{nothing}, k.Params()...)
		if _, err := fault.Parse(k.Name + ":times=1"); err == nil {
			params = append(params, "every", "after", "times")
		}
		for _, p := range params {
			if unseen(k.Name, p) {
				continue
			}
			e := effectOf(k.Name, p)
			base, changed := asked(t, k.Name, e.without), asked(t, k.Name, e.with)
			if base == nil || changed == nil {
				continue
			}
			free <- true
			wg.Go(func() {
				defer func() { <-free }()
				if a := without.of(t, base, p); a != observed(t, changed, p) {
					return
				}
				// Once more: a busy machine may keep everything waiting.
				var again memory
				if a := again.of(t, base, p); a == observed(t, changed, p) {
					t.Errorf("%s: the same with %q as without: %.2000s", k.Name, p, a)
				}
			})
		}
	}
	wg.Wait()
}
