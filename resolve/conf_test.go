package resolve

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pullpath/internal/cost"
)

func TestParseResolvConf(t *testing.T) {
	plain := Conf{Servers: []string{"192.0.2.53:53"}, Ndots: 1, Timeout: 5 * time.Second, Attempts: 2}
	with := func(change func(*Conf)) Conf {
		c := plain
		change(&c)
		return c
	}
	for name, row := range map[string]struct {
		text string
		want Conf
	}{
		"empty":    {"", DefaultConf()},
		"comments": {"# nameserver 192.0.2.1\n; x\nnameserver\nnameserver no-address\n", DefaultConf()},
		"plain":    {"nameserver 192.0.2.53\n", plain},
		"four servers": {"nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 2001:db8::3\nnameserver 192.0.2.4\n",
			with(func(c *Conf) { c.Servers = []string{"192.0.2.1:53", "192.0.2.2:53", "[2001:db8::3]:53"} })},
		"the last of domain and search counts": {"nameserver 192.0.2.53\ndomain a.example\nsearch b.example. c.example\n",
			with(func(c *Conf) { c.Search = []string{"b.example.", "c.example."} })},
		"options": {"nameserver 192.0.2.53\noptions timeout:2 attempts:1 ndots:3 rotate use-vc edns0 nonsense:x\n",
			with(func(c *Conf) {
				c.Timeout, c.Attempts, c.Ndots, c.Rotate, c.TCP = 2*time.Second, 1, 3, true, true
			})},
		"options out of bounds": {"nameserver 192.0.2.53\noptions timeout:0 attempts:-1 ndots:99 timeout:\n",
			with(func(c *Conf) { c.Timeout, c.Attempts, c.Ndots = time.Second, 1, 15 })},
	} {
		got, err := ParseResolvConf(strings.NewReader(row.text))
		if err != nil || !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, row.want)
		}
	}
}

func TestNames(t *testing.T) {
	search := Conf{Search: []string{"corp.example.", "example."}, Ndots: 1}
	deep := Conf{Search: []string{"corp.example."}, Ndots: 5}
	for _, row := range []struct {
		conf Conf
		name string
		want []string
	}{
		{Conf{}, "proxy", []string{"proxy"}},
		{search, "proxy", []string{"proxy.corp.example", "proxy.example", "proxy"}},
		{search, "registry.redhat.io", []string{"registry.redhat.io", "registry.redhat.io.corp.example", "registry.redhat.io.example"}},
		{search, "registry.redhat.io.", []string{"registry.redhat.io"}},
		// As in a Kubernetes pod: ndots:5 asks the search list first.
		{deep, "registry.redhat.io", []string{"registry.redhat.io.corp.example", "registry.redhat.io"}},
		{search, strings.Repeat("a.", 126) + "a", []string{strings.Repeat("a.", 126) + "a"}},
	} {
		if got := row.conf.Names(row.name); !slices.Equal(got, row.want) {
			t.Errorf("%s, ndots %d: %q, want %q", row.name, row.conf.Ndots, got, row.want)
		}
	}
}

func FuzzParseResolvConf(f *testing.F) {
	f.Add("nameserver ::1\nsearch a b\noptions timeout:99999999999 attempts:0 ndots:-3 rotate\n", "name")
	f.Add("options\nsearch .\ndomain ..\n", ".")
	f.Fuzz(func(t *testing.T, text, name string) {
		cost.Linear(t, len(text)+len(name), func() {
			c, err := ParseResolvConf(strings.NewReader(text))
			if err != nil {
				return
			}
			if len(c.Servers) == 0 || len(c.Servers) > 3 || c.Timeout < time.Second || c.Attempts < 1 || c.Ndots < 0 || c.Ndots > 15 {
				t.Errorf("%q: %+v", text, c)
			}
			for _, s := range c.Servers {
				if _, err := ParseServer(s); err != nil {
					t.Errorf("%q: %v", text, err)
				}
			}
			if len(c.Names(name)) == 0 {
				t.Errorf("no name is asked for %q", name)
			}
		})
	})
}
