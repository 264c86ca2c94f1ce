package grid

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/report"
)

// caused lists the unmasked codes with their targets.
func caused(r diagnosis.Result) []string {
	var out []string
	for _, f := range r.Unmasked() {
		if slices.Contains(visible(r), f.Code) {
			out = append(out, fmt.Sprint(f.Code, " ", f.Targets))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Further networks that come back, of forms that no row's World has.
func TestFurtherNetworksAreRebuilt(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it rebuilds networks")
	}
	onCDN := fault.Hosts()
	for i := range onCDN[4:] {
		onCDN[4+i].Address = onCDN[3].Address
	}
	secure := []string{"tls://203.0.113.7:853#dns.example", "https://dns.example:443/dns-query", "tcp://203.0.113.8:53"}
	for name, c := range map[string]struct {
		world fault.World
		codes string
	}{
		"a proxy on the client's own machine, beside a name server there": {fault.World{
			Site:   &fault.Site{Proxies: []fault.Host{{Name: "127.0.0.1", Address: "127.0.0.1"}}, Resolvers: []string{"127.0.0.1:53"}},
			Env:    map[string]string{"HTTPS_PROXY": "http://127.0.0.1:3128"},
			Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Status: 403}}}, "proxy-connect-denied"},
		"six hosts at one address, of which one is cut by its name": {fault.World{Direct: true, Hosts: onCDN,
			Faults: []fault.Fault{fault.Handshake{Host: onCDN[4].Name, Effect: fault.Reset, Only: fault.Hello{OwnName: true}}}}, "tls-sni-blocked"},
		"six hosts at one address, of which one has another's certificate": {fault.World{Direct: true, Hosts: onCDN,
			Faults: []fault.Fault{fault.Certificate{Host: onCDN[5].Name, Names: []string{"another.example"}}}}, "tls-name-mismatch"},
		"name servers by TLS, HTTPS and TCP": {fault.World{Direct: true, Pins: map[string]string{"dns.example": "203.0.113.9"},
			Site:   &fault.Site{Proxies: []fault.Host{{Name: fault.ProxyName, Address: fault.ProxyAddress}}, Resolvers: secure},
			Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Rcode: "NXDOMAIN"}}}, "dns-name-not-found"},
		"a ticket at the proxy, and a client that has none": {fault.World{ProxyLogin: "right", ProxyLoginBeside: true,
			Flags:  []string{"--proxy-negotiate"},
			Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Negotiate"}}}}, "proxy-auth-scheme-unsupported"},
		"a ticket that the proxy refuses": {fault.World{ProxyLogin: "wrong", ProxyLoginBeside: true,
			Flags:  []string{"--proxy-negotiate", "--client=curl"},
			Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Negotiate"}}}}, "proxy-auth-rejected"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := walk(c.world)
			if w.err != nil {
				t.Fatal(w.err)
			}
			if got := caused(w.result); len(got) != 1 || !strings.HasPrefix(got[0], c.codes+" ") {
				t.Fatalf("%v, want %s alone", got, c.codes)
			}
			sameWhenRebuilt(t, w)
		})
	}
}

// saved is a trace as a report brings it back.
func saved(t *testing.T, w walked) *evidence.Trace {
	t.Helper()
	var b bytes.Buffer
	if err := report.JSON(&b, w.trace, w.result); err != nil {
		t.Fatal(err)
	}
	out, err := evidence.Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
