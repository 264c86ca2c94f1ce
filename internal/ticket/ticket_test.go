package ticket

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// twoHosts returns a report of a host behind a proxy, one that is reached directly, and
// one on another port; hop 1 is the connection to the proxy, hop 2 a CONNECT.
func twoHosts() *evidence.Trace {
	proxied := evidence.Route{Kind: "proxy", Proxy: "http://proxy.corp:3128"}
	return &evidence.Trace{Run: evidence.Run{Client: "podman", Profile: "redhat"},
		Targets: []evidence.Target{{ID: "a.io:443", Endpoint: evidence.Endpoint{Host: "a.io", Port: 443}, Route: proxied},
			{ID: "b.io:443", Endpoint: evidence.Endpoint{Host: "b.io", Port: 443}, Route: evidence.Route{Kind: "direct"}},
			{ID: "c.io:5000", Endpoint: evidence.Endpoint{Host: "c.io", Port: 5000}, Route: evidence.Route{Kind: "direct"},
				Images: []string{"c.io:5000/x/y:1"}}},
		Hops: []evidence.Hop{{ID: 1, Op: evidence.OpDial, Role: evidence.Proxy, Via: "http://proxy.corp:3128", Target: "a.io:443"},
			{ID: 2, Op: evidence.OpTunnel, Role: evidence.Proxy, Via: "http://proxy.corp:3128", Target: "a.io:443"}}}
}

// found returns an error of a code about targets.
func found(code string, a diagnosis.Audience, targets ...string) diagnosis.Finding {
	return diagnosis.Finding{Code: code, Severity: diagnosis.Error, Layer: diagnosis.TLS, Strength: diagnosis.Proven, Audience: a,
		Targets: targets, Hops: []int{2},
		Explanation: "why", Seen: "seen", Remedy: "remedy", Find: []string{"line"}, Values: map[string]string{"source": "10.0.0.7"}}
}

func made(t *evidence.Trace, findings []diagnosis.Finding, entries ...diagnosis.Entry) []Ticket {
	return Make(t, diagnosis.Result{Findings: findings}, entries)
}

// outline is "audience: change code, ..." of each request.
func outline(all []Ticket) []string {
	var out []string
	for _, request := range all {
		var blocks []string
		for _, b := range request.Blocks {
			text := string(b.Change) + " " + b.Code
			if b.Need != Required {
				text += " " + string(b.Need)
			}
			for _, a := range b.Alternatives {
				text += " or by " + string(a)
			}
			blocks = append(blocks, text)
		}
		out = append(out, string(request.Audience)+": "+strings.Join(blocks, ", "))
	}
	return out
}

func TestWhoIsAskedForWhat(t *testing.T) {
	of := func(code string, severity diagnosis.Severity, optional bool) diagnosis.Finding {
		f := found(code, diagnosis.HostAdmin, "a.io:443")
		f.Severity, f.Optional = severity, optional
		return f
	}
	masked := found("x", diagnosis.HostAdmin, "a.io:443")
	masked.MaskedBy = "y"
	two := diagnosis.Entry{Code: "two", Changes: []diagnosis.Change{diagnosis.Mend, diagnosis.AllowConnect}}
	one := diagnosis.Entry{Code: "one", Changes: []diagnosis.Change{diagnosis.AllowHost}}
	for name, c := range map[string]struct {
		findings []diagnosis.Finding
		want     []string
	}{
		"nothing":         {nil, nil},
		"masked and info": {[]diagnosis.Finding{masked, of("x", diagnosis.Info, false)}, nil},
		"the needed first": {[]diagnosis.Finding{of("w", diagnosis.Warning, false), of("o", diagnosis.Warning, true), found("x",
			diagnosis.HostAdmin)}, []string{"host-admin: mend x, mend o optional, mend w warning"}},
		"no kind of change": {[]diagnosis.Finding{found("x", diagnosis.HostAdmin)}, []string{"host-admin: mend x"}},
		"audiences in order": {[]diagnosis.Finding{found("x", diagnosis.RegistryOperator), found("y", diagnosis.NetworkTeam),
			found("z", diagnosis.ProxyAdmin)}, []string{"network-team: mend y", "proxy-admin: mend z", "registry-operator: mend x"}},
		"one audience once": {[]diagnosis.Finding{found("x", diagnosis.HostAdmin), found("y", diagnosis.HostAdmin)},
			[]string{"host-admin: mend x, mend y"}},
		"two kinds, two owners": {[]diagnosis.Finding{found("two", diagnosis.HostAdmin, "a.io:443")},
			[]string{"proxy-admin: allow-connect two or by host-admin", "host-admin: mend two or by proxy-admin"}},
		"two kinds, one owner": {[]diagnosis.Finding{found("two", diagnosis.ProxyAdmin, "a.io:443")},
			[]string{"proxy-admin: allow-connect two or by proxy-admin, mend two or by proxy-admin"}},
		"kinds in their order": {[]diagnosis.Finding{found("x", diagnosis.NetworkTeam), found("one", diagnosis.NetworkTeam, "b.io:443")},
			[]string{"network-team: allow-host one, mend x"}},
		"an audience of no table": {[]diagnosis.Finding{found("x", "nobody")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := outline(made(twoHosts(), c.findings, one, two)); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// Rows are the connections to allow, from where the device that is asked sees them come.
func TestRows(t *testing.T) {
	tcp := func(host string, port int, source, via string) Row { return Row{host, port, "tcp", source, via} }
	proxied := tcp("a.io", 443, "10.0.0.7", "proxy.corp:3128")
	for name, c := range map[string]struct {
		change  diagnosis.Change
		layer   diagnosis.Layer
		hops    []int
		targets []string
		rows    []Row
		note    string
	}{
		"proxied and direct": {diagnosis.ExemptInspection, diagnosis.TLS, []int{2}, []string{"a.io:443", "b.io:443"},
			[]Row{proxied, tcp("b.io", 443, "10.0.0.7", "")}, natWarning},
		"a port of its own": {diagnosis.AllowHost, diagnosis.TCP, []int{2}, []string{"c.io:5000"},
			[]Row{tcp("c.io", 5000, "10.0.0.7", "")}, natWarning},
		"a target twice": {diagnosis.AllowConnect, diagnosis.Proxy, []int{2}, []string{"a.io:443", "a.io:443"}, []Row{proxied},
			natWarning},
		"no target of the report": {diagnosis.AllowConnect, diagnosis.Proxy, []int{2}, []string{"z:1"}, nil, natWarning},
		"the proxy is not reached": {diagnosis.AllowHost, diagnosis.TCP, []int{1}, []string{"a.io:443"},
			[]Row{tcp("proxy.corp", 3128, "10.0.0.7", "")}, natWarning},
		"the proxy does not reach": {diagnosis.AllowHost, diagnosis.Proxy, []int{2}, []string{"a.io:443"},
			[]Row{tcp("a.io", 443, "proxy.corp", "")}, "the proxy; the firewall behind it sees its outer address"},
		"a login at the proxy":         {diagnosis.ExemptProxyAuth, diagnosis.Proxy, []int{1}, []string{"a.io:443"}, []Row{proxied}, natWarning},
		"mended, and nothing to allow": {diagnosis.Mend, diagnosis.TLS, []int{2}, []string{"a.io:443"}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := found("x", diagnosis.ProxyAdmin, c.targets...)
			f.Layer, f.Hops = c.layer, c.hops
			b := made(twoHosts(), []diagnosis.Finding{f}, diagnosis.Entry{Code: "x", Changes: []diagnosis.Change{c.change}})[0].Blocks[0]
			if diff := cmp.Diff(c.rows, b.Rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if b.SourceNote != c.note {
				t.Errorf("note %q, want %q", b.SourceNote, c.note)
			}
			if (len(b.Advice) > 0) != (len(c.rows) > 0) {
				t.Errorf("advice %q for %d rows", b.Advice, len(c.rows))
			}
		})
	}
}

// The finding's text goes into its block unchanged; the block asks for the remedy where
// the kind of change has no words of its own.
func TestBlockHasWhatTheFindingSays(t *testing.T) {
	f := found("x", diagnosis.ProxyAdmin, "a.io:443", "b.io:443")
	f.Strength = diagnosis.Likely
	for change, want := range map[diagnosis.Change]string{
		diagnosis.Mend:             "remedy",
		diagnosis.AllowConnect:     "remedy",
		diagnosis.AllowContent:     "remedy",
		diagnosis.ExemptInspection: "do not decrypt the connections from 10.0.0.7 to the hosts below",
		diagnosis.ExemptProxyAuth:  "let 10.0.0.7 CONNECT to the hosts below without a login and without a login page",
	} {
		b := made(twoHosts(), []diagnosis.Finding{f}, diagnosis.Entry{Code: "x", Changes: []diagnosis.Change{change}})[0].Blocks[0]
		if b.What != want || b.Why != "why" || b.Seen != "seen" || b.Strength != diagnosis.Likely || !slices.Equal(b.Find,
			[]string{"line"}) || b.Unasked == "" {
			t.Errorf("%s: %+v, want %q", change, b, want)
		}
	}
	entry := diagnosis.Entry{Code: "x", Changes: []diagnosis.Change{diagnosis.AllowHost}}
	// A target that the report lacks leaves one row, which is not the proxy's.
	f.Targets = []string{"a.io:443", "z:1"}
	if b := made(twoHosts(), []diagnosis.Finding{f}, entry)[0].Blocks[0]; b.What != "remedy" {
		t.Errorf("%q for %+v", b.What, b.Rows)
	}
	f.Hops = []int{1}
	b := made(twoHosts(), []diagnosis.Finding{f}, entry)[0].Blocks[0]
	if want := "allow TCP from 10.0.0.7 to the proxy below"; b.What != want {
		t.Errorf("%q, want %q", b.What, want)
	}
}

func TestVerify(t *testing.T) {
	var many []string
	crowd := twoHosts()
	for _, id := range []string{"1", "2", "3", "4", "5", "6"} {
		crowd.Targets = append(crowd.Targets, evidence.Target{ID: id + ":443", Endpoint: evidence.Endpoint{Host: id, Port: 443}})
		many = append(many, id+":443")
	}
	for name, c := range map[string]struct {
		client  string
		targets []string
		want    string
	}{
		"the usual port":      {"podman", []string{"a.io:443"}, "pullpath check a.io"},
		"images of the host":  {"podman", []string{"c.io:5000"}, "pullpath check c.io:5000/x/y:1"},
		"another client":      {"skopeo", []string{"a.io:443"}, "pullpath check --client skopeo a.io"},
		"a survey's":          {evidence.SurveyClient, []string{"a.io:443"}, "pullpath check a.io"},
		"as many as a line":   {"", many[:5], "pullpath check 1 2 3 4 5"},
		"more than a line":    {"", many, "pullpath check --profile redhat"},
		"no target there":     {"", []string{"z:1"}, "pullpath check"},
		"a client to obey by": {"x; reboot", nil, "pullpath check --client 'x; reboot'"},
	} {
		t.Run(name, func(t *testing.T) {
			crowd.Run.Client = c.client
			b := made(crowd, []diagnosis.Finding{found("x", diagnosis.HostAdmin, c.targets...)})[0].Blocks[0]
			if got := b.Verify; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// A wildcard is spoken of where a host lies under its domain, and nowhere else.
func TestAdviceOnWildcards(t *testing.T) {
	for host, want := range map[string]string{"cdn01.quay.io": "*.quay.io may", "CDN.Quay.IO": "*.quay.io may", "notquay.io": "",
		"x.s3.amazonaws.com": "amazonaws.com is shared", "quay.io.evil.example": ""} {
		got := advice([]Row{{Host: host}})
		if want == "" && len(got) != 1 || want != "" && (len(got) != 2 || !strings.HasPrefix(got[1], want)) {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
}

// A report may name a proxy that does not exist.
func TestProxiesThatAreNone(t *testing.T) {
	for via, want := range map[string]string{"http://p:1": "p", "socks5://[::1]:1080": "::1", "": "", "p": "", "p:http": "", "http://p:": "",
		"http://:3128": "", "http://p:99999": ""} {
		trace := twoHosts()
		trace.Hops[0].Via = via
		f := found("x", diagnosis.NetworkTeam, "b.io:443")
		f.Hops = []int{1}
		host, _, ok := proxyAlone(trace, f)
		if ok != (want != "") || host != want {
			t.Errorf("%q: %q, %v", via, host, ok)
		}
	}
}
