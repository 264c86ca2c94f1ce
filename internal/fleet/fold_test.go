package fleet

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

func TestFold(t *testing.T) {
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf("10.0.%d.%d", i/250, i%250))
	}
	for name, c := range map[string]struct {
		addresses []string
		want      string
	}{
		"none":  {nil, ""},
		"a few": {[]string{"10.0.0.2", "10.0.0.1", "10.0.0.2"}, "10.0.0.1/32 10.0.0.2/32"},
		"many":  {many, "10.0.0.0/22"},
		"halves": {[]string{"10.0.0.3", "10.0.0.1", "10.0.0.2", "10.0.0.4", "10.0.0.6"},
			"10.0.0.1/32 10.0.0.2/31 10.0.0.4/32 10.0.0.6/32"},
		"both families": {[]string{"10.0.0.1", "2001:db8::1"}, "10.0.0.1/32 2001:db8::1/128"},
	} {
		var list []netip.Addr
		for _, a := range c.addresses {
			list = append(list, netip.MustParseAddr(a))
		}
		var got []string
		for _, p := range Fold(list) {
			got = append(got, p.String())
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %s, want %s", name, text, c.want)
		}
	}
}

func TestSourcesOf(t *testing.T) {
	reports := hosts(4, func(i int) (string, []string) { return []string{"fail", "fail", "fail", "pass"}[i], nil })
	reports[0].Source, reports[1].Source, reports[3].Source = netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"),
		netip.MustParseAddr("10.0.0.1")
	f := New(reports, "")
	g, _ := f.Group("fail")
	if s := f.SourcesOf(g); len(s.Networks) != 2 || s.Unknown != 1 || s.Others != 1 {
		t.Errorf("%+v", s)
	}
}
