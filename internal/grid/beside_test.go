package grid

import (
	"strings"
	"testing"

	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
)

// A refusal is read beside the answers for other hosts: one that failed only behind the proxy
// shows that this source may use it.
func TestRefusalsAreReadBesideOtherHosts(t *testing.T) {
	squid := func(host string, status int, page string) fault.Fault {
		return fault.Connect{Host: host, Status: status, Headers: []string{"Server: squid/5.7", "X-Squid-Error: " + page + " 0"}}
	}
	const either, mayUse = "either this source or user may not use the proxy", "so this source may use the proxy"
	for name, row := range map[string]struct {
		other fault.Fault
		want  string
	}{
		"a name that the proxy cannot look up": {squid("registry.redhat.io", 503, "ERR_DNS_FAIL"), mayUse},
		"a parent that does not answer":        {squid("registry.redhat.io", 500, "ERR_CANNOT_FORWARD"), mayUse},
		"a connection that fails":              {squid("registry.redhat.io", 503, "ERR_CONNECT_FAIL"), mayUse},
		"a bare 502, which may be a rule's":    {fault.Connect{Host: "registry.redhat.io", Status: 502}, either},
		"another refusal":                      {squid("registry.redhat.io", 403, "ERR_ACCESS_DENIED"), either},
	} {
		w := walk(fault.World{Targets: []string{"registry.redhat.io"}, Faults: []fault.Fault{squid("sso.redhat.com", 403, "ERR_ACCESS_DENIED"),
			row.other}})
		if w.err != nil {
			t.Fatal(w.err)
		}
		f, found := findingOf(w.result, "proxy-connect-denied")
		if !found || !strings.Contains(f.Explanation, row.want) {
			t.Errorf("%s: %q, want %q", name, f.Explanation, row.want)
		}
	}
}

func findingOf(r diagnosis.Result, code string) (diagnosis.Finding, bool) {
	for _, f := range r.Unmasked() {
		if f.Code == code {
			return f, true
		}
	}
	return diagnosis.Finding{}, false
}
