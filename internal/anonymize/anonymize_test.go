package anonymize

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pullpath/internal/evidence"
)

// details returns the shapes of a hop's detail.
func details() map[evidence.Op]evidence.Detail {
	return map[evidence.Op]evidence.Detail{evidence.OpSetting: evidence.Setting{}, evidence.OpResolve: evidence.Resolve{},
		evidence.OpDial:   evidence.Dial{},
		evidence.OpTunnel: evidence.Tunnel{}, evidence.OpHandshake: evidence.Handshake{}, evidence.OpRequest: evidence.Request{}}
}

// reach calls visit with every field that holds text, in every type that a trace
// holds.
func reach(t reflect.Type, done map[reflect.Type]bool, visit func(string)) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		reach(t.Elem(), done, visit)
	case reflect.Struct:
		if done[t] {
			return
		}
		done[t] = true
		for i := range t.NumField() {
			f := t.Field(i)
			if !f.IsExported() {
				continue
			}
			if holdsText(f.Type) {
				visit(t.Name() + "." + f.Name)
			}
			reach(f.Type, done, visit)
		}
	}
}

func holdsText(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Map:
		return true
	case reflect.Slice:
		return holdsText(t.Elem())
	}
	return false
}

// A field of the evidence without a class fails here: somebody has to decide what
// may leave the company. A class without a field is left over.
func TestEveryFieldHasAClass(t *testing.T) {
	found := map[string]bool{}
	done := map[reflect.Type]bool{}
	visit := func(field string) {
		found[field] = true
		if _, ok := fields[field]; !ok {
			t.Errorf("%s holds text and has no class", field)
		}
	}
	reach(reflect.TypeFor[evidence.Trace](), done, visit)
	for _, d := range details() {
		reach(reflect.TypeOf(d), done, visit)
	}
	for field := range fields {
		if !found[field] {
			t.Errorf("%s has a class and is no field", field)
		}
	}
}

// canary returns a company's own text as a field of the class holds it.
func canary(c class, n int) string {
	switch c {
	case name:
		return fmt.Sprintf("srv%d.px01.acme.local", n)
	case list:
		return "localhost,.acme.local,10.77.0.0/16,10.77.3.9"
	case page:
		return "Acme blocks this for jdoe"
	case user:
		return "j***|d***"
	case hash:
		return fmt.Sprintf("acme%060x", n)
	case subject, issuer, wanted:
		return "CN=Acme Root CA,O=Acme Widgets Inc,OU=Acme IT,C=DE"
	case attribute, issuerPart:
		return "Acme Widgets Root CA"
	case link:
		return "http://pki.acme.local/Acme%20Root.crl"
	case keep:
		return "kept"
	case label:
		return "acme-dmz"
	case headers:
		return "1.1 acmeproxy7 (squid)"
	case params, text:
	}
	return "ACME Widgets policy: jdoe may not, says acme-gw/px01; dial tcp 10.77.3.9:443 through http://proxy.acme.local:3128 " +
		"[fd12:77::9]:443: /home/jdoe/.config/acme-root.crt, lookup acmehost on 10.77.0.53:53"
}

// fill puts a canary into every field that holds text.
func fill(v reflect.Value, c class, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(canary(c, *n))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), c, n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), c, n)
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"realm": "Acme users", "scope": canary(text, *n)}))
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && v.Type() != reflect.TypeFor[evidence.Hop]() {
				fill(v.Field(i), fields[v.Type().Name()+"."+f.Name], n)
			}
		}
		if v.Type() == reflect.TypeFor[evidence.Header]() {
			v.Set(reflect.ValueOf(evidence.Header{Name: []string{"Via", "X-Acme-Policy"}[*n%2], Value: canary(headers, *n)}))
		}
	}
}

func filled() *evidence.Trace {
	trace := &evidence.Trace{}
	n := 0
	fill(reflect.ValueOf(trace).Elem(), text, &n)
	trace.Hops = nil
	for op, d := range details() {
		v := reflect.New(reflect.TypeOf(d)).Elem()
		fill(v, text, &n)
		trace.Hops = append(trace.Hops, evidence.Hop{Op: op, Target: "proxy.acme.local:443", Via: "http://proxy.acme.local:3128",
			Peer:  "10.77.3.9:3128",
			Local: "[fd12:77::9]:4711", Failure: evidence.Fail(evidence.Timeout, canary(text, n), nil), Detail: v.Interface().(evidence.Detail)})
	}
	return trace
}

func TestNoCanaryIsLeftInAnyField(t *testing.T) {
	before := filled()
	out := fmt.Sprint(dump(reflect.ValueOf(*Trace(before))))
	for _, c := range []string{"acme", "Acme", "ACME", "Widgets", "px01", "jdoe", "10.77", "fd12"} {
		if i := strings.Index(out, c); i >= 0 {
			t.Errorf("%q is left: %q", c, out[max(0, i-80):min(len(out), i+80)])
		}
	}
	if !strings.Contains(fmt.Sprint(dump(reflect.ValueOf(*before))), "acme") {
		t.Error("the trace that was made anonymous was changed, or had no canary")
	}
}

// dump collects every text.
func dump(v reflect.Value) []string {
	switch v.Kind() {
	case reflect.String:
		return []string{v.String()}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return dump(v.Elem())
		}
	case reflect.Slice:
		var out []string
		for i := range v.Len() {
			out = append(out, dump(v.Index(i))...)
		}
		return out
	case reflect.Map:
		var out []string
		for _, k := range v.MapKeys() {
			out = append(out, v.MapIndex(k).String())
		}
		slices.Sort(out)
		return out
	case reflect.Struct:
		var out []string
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out = append(out, dump(v.Field(i))...)
			}
		}
		return out
	}
	return nil
}

func TestPseudonymsKeepStructure(t *testing.T) {
	a := newMaker(&evidence.Trace{Vantage: evidence.Vantage{Hostname: "build-07"}})
	proxy, domain, other := a.host("proxy.acme.local"), a.host("acme.local"), a.host("www.other.com")
	for what, ok := range map[string]bool{
		"the same name, the same pseudonym":  a.host("Proxy.acme.local.") == proxy+".",
		"a name stays under its domain":      strings.HasSuffix(proxy, "."+domain) && domain != proxy,
		"another domain is another":          !strings.HasSuffix(other, domain),
		"the suffix of a list is the domain": a.hosts(".acme.local,acme.local:443") == "."+domain+","+domain+":443",
		"public hosts stay":                  a.text("GET https://cdn01.quay.io/x") == "GET https://cdn01.quay.io/x",
		"a public suffix in a list stays":    a.hosts("io,.redhat.io,*") == "io,.redhat.io,*",
		"files and versions stay":            a.text("docker.service, go-1.26.8, daemon.json") == "docker.service, go-1.26.8, daemon.json",
		"the subnet is kept":                 sameSubnet(a.text("10.1.2.3"), a.text("10.1.2.77"), 24),
		"another subnet is another": !sameSubnet(a.text("10.1.2.3"), a.text("10.1.9.3"), 24) &&
			sameSubnet(a.text("10.1.2.3"), a.text("10.1.9.3"), 16),
		"a network stays one": a.text("10.1.0.0/16") == a.text("10.1.0.0")+"/16" && strings.HasSuffix(a.text("10.1.0.0"), ".0.0"),
		"private stays private": netip.MustParseAddr(a.text("172.30.1.1")).IsPrivate() &&
			netip.MustParseAddr(a.text("fd12::7")).IsPrivate(),
		"an address has one pseudonym":    a.text("https://10.1.2.3/x") == "https://"+a.text("10.1.2.3")+"/x",
		"loopback and metadata stay":      a.text("127.0.0.1 169.254.169.254 ::1") == "127.0.0.1 169.254.169.254 ::1",
		"public addresses of others stay": a.text("8.8.8.8") == "8.8.8.8",
		"times are no addresses":          a.text("18:14:15.780") == "18:14:15.780",
		"a vendor's domain stays":         strings.HasSuffix(a.host("gateway.acme.zscaler.net"), ".zscaler.net"),
		"the vantage's name is a word":    !strings.Contains(a.text("via build-07 said"), "build-07"),
	} {
		if !ok {
			t.Error(what)
		}
	}
}

func sameSubnet(a, b string, bits int) bool {
	p, _ := netip.MustParseAddr(a).Prefix(bits)
	return p.Contains(netip.MustParseAddr(b))
}

func TestAnonymousStaysAsItIs(t *testing.T) {
	once := Trace(filled())
	if diff := cmp.Diff(dump(reflect.ValueOf(*once)), dump(reflect.ValueOf(*Trace(once)))); diff != "" {
		t.Errorf("made anonymous twice (-once +twice):\n%s", diff)
	}
}

// Targets that have one pseudonym keep an ID each, and their hops stay theirs.
func TestTargetsStayApart(t *testing.T) {
	trace := &evidence.Trace{Schema: evidence.Schema}
	for i, host := range []string{"A.corp", "a.corp", "b.corp", "a.Corp"} {
		trace.Targets = append(trace.Targets, evidence.Target{ID: host + ":443", Endpoint: evidence.Endpoint{Host: host}})
		trace.Hops = append(trace.Hops, evidence.Hop{ID: i + 1, Op: evidence.OpDial, Target: host + ":443", Purpose: evidence.Path,
			State: evidence.OK})
	}
	once := Trace(trace)
	for _, again := range []*evidence.Trace{once, Trace(once)} {
		if err := again.Check(); err != nil {
			t.Fatal(err)
		}
		for i, h := range again.Hops {
			if h.Target != again.Targets[i].ID {
				t.Errorf("hop %d went to %q, the target is %q", h.ID, h.Target, again.Targets[i].ID)
			}
		}
	}
	if a, b := once.Targets[0].ID, once.Targets[1].ID; b != a+"-2" {
		t.Errorf("%q and %q", a, b)
	}
}

// A name under a top domain that nobody knows is one where a later field shows it, and
// then in the fields before it too.
func TestNamesAreLearntFirst(t *testing.T) {
	trace := &evidence.Trace{Run: evidence.Run{NotModelled: "registry.acmecorp"},
		Targets: []evidence.Target{{ID: "registry.acmecorp:443", Endpoint: evidence.Endpoint{Host: "registry.acmecorp"}}},
		Hops:    []evidence.Hop{{ID: 1, Op: evidence.OpDial, Target: "registry.acmecorp:443", Purpose: evidence.Path, State: evidence.OK}}}
	if out := fmt.Sprint(dump(reflect.ValueOf(*Trace(trace)))); strings.Contains(out, "acmecorp") {
		t.Error(out)
	}
}

// A name with more labels than a name can have is one pseudonym, made at once.
func TestNamesThatAreTooLong(t *testing.T) {
	a := newMaker(&evidence.Trace{})
	long := strings.Repeat("a.", 100000) + "corp"
	got := a.host(long)
	if len(got) > 30 || a.host(got) != got || a.host(long) != got || a.host("b."+long) == got {
		t.Errorf("%q", got)
	}
	if usual := a.host("x." + strings.Repeat("a.", 120) + "corp"); !strings.HasSuffix(usual, "."+a.host("a.corp")) {
		t.Errorf("a name of usual length left its domain: %q", usual)
	}
}

// What peers say of the company in free text loses its words and keeps the rest.
func TestCompanyWordsLeaveFreeText(t *testing.T) {
	trace := &evidence.Trace{Vantage: evidence.Vantage{Hostname: "ws-4711.intra.acme-corp.example"},
		Targets: []evidence.Target{{ID: "harbor.intra.acme-corp.example:443", Endpoint: evidence.Endpoint{Host: "harbor.intra.acme-corp.example"},
			Images: []string{"harbor.intra.acme-corp.example/finance-app/api:1"}},
			{ID: "quay.io:443", Endpoint: evidence.Endpoint{Host: "quay.io"}, Public: true}},
		Hops: []evidence.Hop{{ID: 1, Op: evidence.OpHandshake, Via: "http://px01.intra.acme-corp.example:3128",
			Detail: evidence.Handshake{ServerName: "harbor.intra.acme-corp.example",
				Anchor: evidence.Anchor{Kind: evidence.AnchorPublic}, Chain: []evidence.Certificate{{SubjectCN: "harbor.intra.acme-corp.example",
					SubjectOrg: []string{"ACME Widgets GmbH"}, Names: []string{"harbor.intra.acme-corp.example"}}}}}}}
	a := newMaker(trace)
	for _, row := range []struct{ in, want string }{
		{"Blocked by ACME Finance", "Blocked by word-1 Finance"},
		{"HTTP/1.1 403 for px01, says acme-gw/1", "HTTP/1.1 403 for word-2, says word-1-gw/1"},
		{"Widgets may not read finance-app/api", "word-3 may not read repository-1"},
		{"SSH-2.0-ACME px01", "SSH-2.0-word-1 word-2"},
		{"registry.redhat.io and quay.io stay", "registry.redhat.io and quay.io stay"},
		{"Squid, harbor, denied, requests", "Squid, harbor, denied, requests"},
		{"/home/jdoe/x: jdoe, jdoes", "/home/user-1/x: word-4, jdoes"},
	} {
		a.text(row.in) // the pass that learns
		if got := a.text(row.in); got != row.want {
			t.Errorf("%q\n got %q\nwant %q", row.in, got, row.want)
		}
	}
}

// A report may call any host public; only what a registry of the public web gives out
// can be.
func TestPublicByTheReportsWord(t *testing.T) {
	trace := &evidence.Trace{Targets: []evidence.Target{{Endpoint: evidence.Endpoint{Host: "registry.acme.corp"}, Public: true},
		{Endpoint: evidence.Endpoint{Host: "mirror.example-vendor.com"}, Public: true}}}
	a := newMaker(trace)
	if got := a.host("registry.acme.corp"); strings.Contains(got, "acme") {
		t.Errorf("an inner name stays: %q", got)
	}
	if got := a.host("mirror.example-vendor.com"); got != "mirror.example-vendor.com" {
		t.Errorf("a public name became %q", got)
	}
}

// A chain that was presented without a name, or under another one, is anonymous unless
// the leaf itself names public hosts alone.
func TestChainsOfProbesAreAnonymous(t *testing.T) {
	public := evidence.Anchor{Kind: evidence.AnchorPublic}
	wrong := []evidence.Judgement{{Store: "public", Aspect: "name", OK: false}}
	inner := evidence.Certificate{Subject: "CN=harbor.acme.example,O=ACME,1.2.840.113549.1.9.1=#0c166a64", SubjectCN: "harbor.acme.example",
		SubjectOrg: []string{"ACME"}, Names: []string{"harbor.acme.example"}}
	known := evidence.Certificate{Subject: "CN=*.quay.io,O=Red Hat", SubjectCN: "*.quay.io", SubjectOrg: []string{"Red Hat"},
		Names: []string{"*.quay.io", "quay.io"}}
	for name, row := range map[string]struct {
		handshake evidence.Handshake
		stays     bool
	}{
		"no name was sent": {evidence.Handshake{Anchor: public, Chain: []evidence.Certificate{inner}}, false},
		"a public name, another's leaf": {evidence.Handshake{ServerName: "quay.io", Anchor: public, Judgements: wrong,
			Chain: []evidence.Certificate{inner}}, false},
		"no name was sent, a public host": {evidence.Handshake{Anchor: public, Chain: []evidence.Certificate{known}}, true},
		"a public host": {evidence.Handshake{ServerName: "quay.io", Anchor: public, Chain: []evidence.Certificate{known}},
			true},
	} {
		trace := &evidence.Trace{Hops: []evidence.Hop{{ID: 1, Op: evidence.OpHandshake, Purpose: evidence.Probing, Detail: row.handshake}}}
		leaf := evidence.DetailOf[evidence.Handshake](Trace(trace).Hops[0]).Chain[0]
		if stays := leaf.Subject == row.handshake.Chain[0].Subject; stays != row.stays || !row.stays &&
			strings.Contains(fmt.Sprint(leaf), "ACME") {
			t.Errorf("%s: the leaf is %q", name, leaf.Subject)
		}
	}
}

// The zone that denies a name stays above it, whatever the top domain: a zone that is not
// above a name is the sign of a filter.
func TestZonesStayAboveTheirNames(t *testing.T) {
	for name, zone := range map[string]string{"registry.redhat.oi": "oi", "token.corp.example": "example", "http": "http",
		"quay.io": "io", "harbor.corp.example": "corp.example", "a.b.internal": "internal"} {
		trace := &evidence.Trace{Hops: []evidence.Hop{{ID: 1, Op: evidence.OpResolve, Detail: evidence.Resolve{Name: name,
			Questions: []evidence.Question{{Name: name, Authority: zone}}}}}}
		q := evidence.DetailOf[evidence.Resolve](Trace(trace).Hops[0]).Questions[0]
		if q.Name != q.Authority && !strings.HasSuffix(q.Name, "."+q.Authority) {
			t.Errorf("%s under %s became %s under %s", name, zone, q.Name, q.Authority)
		}
	}
}
