package resolve

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// atHome is what macOS prints at home, vpn with a VPN that has DNS of its own for two domains.
const atHome = `DNS configuration

resolver #1
  search domain[0] : fritz.box
  nameserver[0] : 192.168.178.1
  nameserver[1] : fd00::1
  if_index : 14 (en0)
  flags    : Request A records, Request AAAA records
  reach    : 0x00020002 (Reachable,Directly Reachable Address)

resolver #2
  domain   : local
  options  : mdns
  timeout  : 5
  flags    : Request A records, Request AAAA records
  reach    : 0x00000000 (Not Reachable)
  order    : 300000

DNS configuration (for scoped queries)

resolver #1
  search domain[0] : fritz.box
  nameserver[0] : 10.9.9.9
  if_index : 14 (en0)
  flags    : Scoped, Request A records
`

const vpn = `DNS configuration

resolver #1
  nameserver[0] : 192.168.178.1
  order    : 200000

resolver #2
  domain   : corp.example
  nameserver[0] : 10.1.0.53
  nameserver[1] : 10.2.0.53
  port     : 5353
  timeout  : 3
  order    : 102400

resolver #3
  domain   : lab.corp.example.
  nameserver[0] : 10.3.0.53

resolver #4
  domain   : corp.example
  nameserver[0] : 10.9.0.53
  order    : 300000
`

func TestScutilDNS(t *testing.T) {
	for name, row := range map[string]struct {
		text, ask string
		want      []string
	}{
		"the default":            {atHome, "registry.redhat.io", []string{"192.168.178.1:53", "[fd00::1]:53"}},
		"no server for local":    {atHome, "printer.local", nil},
		"a domain of the VPN":    {vpn, "Registry.corp.example.", []string{"10.1.0.53:5353", "10.2.0.53:5353"}},
		"the domain itself":      {vpn, "corp.example", []string{"10.1.0.53:5353", "10.2.0.53:5353"}},
		"the longer domain":      {vpn, "a.lab.corp.example", []string{"10.3.0.53:53"}},
		"a name that looks like": {vpn, "evilcorp.example", []string{"192.168.178.1:53"}},
		"nothing":                {"No DNS configuration available\n", "a.example", nil},
	} {
		list, err := ParseScutilDNS(strings.NewReader(row.text))
		if err != nil {
			t.Fatal(err)
		}
		if d, _ := DomainFor(list, row.ask); !slices.Equal(d.Servers, row.want) {
			t.Errorf("%s: %s is asked at %q, want %q", name, row.ask, d.Servers, row.want)
		}
	}
}

// A resolver by domain asks each name where macOS asks it, and the system where mDNS is.
func TestByDomain(t *testing.T) {
	list, err := ParseScutilDNS(strings.NewReader(atHome + vpn[:0]))
	if err != nil {
		t.Fatal(err)
	}
	r := (&Resolver{Conf: DefaultConf(), Now: time.Now, System: func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("192.0.2.7")}, nil
	}}).ByDomain(list)
	want := []string{"192.168.178.1:53", "[fd00::1]:53"}
	if !slices.Equal(r.Servers, want) || !slices.Equal(r.Conf.Search, []string{"fritz.box."}) {
		t.Errorf("asks %q with %q", r.Servers, r.Conf.Search)
	}
	found := r.Lookup(t.Context(), "printer.local")
	if len(found) != 1 || !slices.Equal(found[0].Detail.Addresses, []string{"192.0.2.7"}) {
		t.Errorf("%+v", found)
	}
}

func FuzzParseScutilDNS(f *testing.F) {
	f.Add(atHome)
	f.Add(vpn)
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ParseScutilDNS(strings.NewReader(text))
		if err == nil && len(list) > maxDomains {
			t.Error(len(list))
		}
		_, _ = DomainFor(list, "a.corp.example")
	})
}
