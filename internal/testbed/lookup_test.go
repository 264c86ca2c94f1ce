//go:build linux

package testbed_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/testbed"
)

// Addresses of the name servers in corp.
const (
	filtering = "10.77.1.21" // unbound with local zones, policy zone and false signatures
	clean     = "10.77.1.22" // unbound as it should be, with TLS and HTTPS
	inventing = "10.77.1.23" // dnsmasq with addresses of its own
	cutting   = "10.77.1.24" // dnsdist, whose TCP port 53 the firewall drops
	dropped   = "10.77.1.25" // the firewall drops what is sent there
	rejected  = "10.77.1.26" // the firewall rejects it
	linked    = "10.77.1.80" // leads to the token server: a private link
	secure    = "dns.corp.example"
)

const firewall = `
table inet names {
	chain in {
		type filter hook input priority 0; policy accept;
		ip daddr ` + dropped + ` udp dport 53 drop
		ip daddr ` + rejected + ` udp dport 53 reject
		ip daddr ` + cutting + ` ip saddr ` + testbed.ClientAddr + ` tcp dport 53 drop
	}
	chain links {
		type nat hook prerouting priority dstnat;
		ip daddr ` + linked + ` dnat ip to 203.0.113.11
	}
}
`

// lookups are what pullpath must say of name servers, each given by --resolver.
var lookups = []walk{
	{
		name: "unbound answers", network: resolvers(clean), exit: 0, status: "pass",
	},
	{
		name: "unbound answers over TCP", network: resolvers("tcp://" + clean), exit: 0, status: "pass",
	},
	{
		name: "unbound answers over TLS", network: resolvers("tls://" + clean + "#" + secure), exit: 0, status: "pass",
	},
	{
		name: "unbound answers over HTTPS", network: resolvers("https://" + secure), exit: 0, status: "pass",
	},
	{
		name: "over TLS with a certificate for another name", network: resolvers("tls://" + clean + "#other.example"),
		exit: 1, status: "fail", finding: []expected{{code: "dns-resolver-unreachable"}}, noLogin: true,
	},
	{
		name: "unbound filters, each name in its own way", network: resolvers(filtering), exit: 1, status: "fail", noLogin: true,
		finding: []expected{{code: "dns-name-not-found", target: ""}, {code: "dns-refused", target: "sso.redhat.com:443"},
			{code: "dns-sinkhole", target: "cdn.quay.io:443"},
			{code: "dns-no-address", target: "cdn01.quay.io:443"}, {code: "dns-servfail", target: ""}},
	},
	{
		name: "dnsmasq leads to a private link and to another host", network: resolvers(inventing, clean), exit: 1, status: "fail", noLogin: true,
		finding: []expected{{code: "dns-private-address", target: "sso.redhat.com:443"},
			{code: "dns-sinkhole", target: "registry.redhat.io:443"}},
	},
	{
		name: "dnsdist filters one name, cuts one answer and delays another", network: resolvers(cutting), exit: 1, status: "fail",
		finding: []expected{{code: "dns-filtered", target: "cdn03.quay.io:443"}, {code: "dns-truncated-tcp-blocked", target: "cdn.quay.io:443"},
			{code: "dns-slow", target: "sso.redhat.com:443"}},
	},
	{
		name: "the first of two is dropped", network: resolvers(dropped, clean), exit: 0, status: "warn",
		finding: []expected{{code: "dns-resolver-down"}},
	},
	{
		name: "the second of two is rejected", network: resolvers(clean, rejected), exit: 0, status: "warn",
		finding: []expected{{code: "dns-resolver-down"}},
	},
	{
		name: "two that disagree", network: resolvers(clean, filtering), exit: 0, status: "warn",
		finding: []expected{{code: "dns-resolvers-disagree"}},
	},
	{
		name: "all are dropped or rejected", network: resolvers(dropped, rejected), exit: 1, status: "fail", noLogin: true,
		finding: []expected{{code: "dns-resolver-unreachable"}},
	},
}

func resolvers(servers ...string) func(*testing.T, *testbed.Bed) []string {
	return func(*testing.T, *testbed.Bed) []string {
		// Longer than dnsdist's delay, and short for what is dropped.
		flags := []string{"--hop-timeout", "3500ms"}
		for _, s := range servers {
			flags = append(flags, "--resolver", s)
		}
		return flags
	}
}

// nameServers starts all of them in one bed.
func nameServers(t *testing.T, b *testbed.Bed) {
	t.Helper()
	zone := testbed.CorpZone().With(testbed.PublicZone()).With(testbed.Zone{secure: netip.MustParseAddr(clean)})
	b.ServeNames(b.Corp, testbed.CorpAddr, zone)
	certificate := b.Public.Leaf(t, secure)
	b.StartUnbound(testbed.Unbound{Addr: clean, Secure: &certificate})
	b.StartUnbound(testbed.Unbound{Addr: filtering, Denied: []string{"cdn02.quay.io"}, Bogus: []string{"cdn04.quay.io"},
		Dead: []string{"cdn05.quay.io"},
		Local: map[string]string{"registry.redhat.io": "always_nxdomain", "sso.redhat.com": "always_refuse",
			"cdn.quay.io": "always_null", "cdn01.quay.io": "always_nodata"}})
	b.StartDnsmasq(testbed.Dnsmasq{Addr: inventing, Addresses: map[string]string{"registry.redhat.io": "203.0.113.11",
		"sso.redhat.com": linked}})
	b.StartDnsdist(testbed.Dnsdist{Addr: cutting, Backend: clean, Denied: []string{"cdn03.quay.io"}, Cut: []string{"cdn.quay.io"},
		Late: []string{"sso.redhat.com"}, DelayMS: 2300})
	b.CorpAddresses(dropped, rejected, linked)
	b.Firewall(firewall)
}

// TestLookups meets real name servers and a real firewall.
func TestLookups(t *testing.T) {
	testbed.Require(t, "nginx", "docker-registry", "unbound", "dnsmasq", "dnsdist", "nftables")
	t.Parallel()
	b := testbed.New(t)
	origin := b.ServeOrigin(testbed.Site{})
	b.OpenEgress()
	nameServers(t, b)
	testbed.PullPath(t) // built before the clock of the first walk runs
	t.Run("resolver", func(t *testing.T) {
		for _, w := range lookups {
			t.Run(w.name, func(t *testing.T) {
				t.Parallel()
				w.ask(t, b, origin)
			})
		}
	})
	// These change the files of the client's house, so they go one by one.
	for _, f := range files {
		t.Run(f.walk.name, func(t *testing.T) {
			b.ClientFile("resolv.conf", f.resolvConf)
			b.ClientFile("hosts", "127.0.0.1 localhost\n"+f.hosts)
			got := f.walk.ask(t, b, origin)
			// Nobody waits for the host's own ways, so a busy machine may miss them.
			for range 3 {
				if got.resolvedBy(f.ways, "registry.redhat.io") {
					return
				}
				got = f.walk.ask(t, b, origin)
			}
			t.Errorf("not all of %q gave an address", f.ways)
		})
	}
}

// resolvedBy reports whether each of the sources gave an address for the name.
func (r report) resolvedBy(servers []string, name string) bool {
	return !slices.ContainsFunc(servers, func(server string) bool {
		return !slices.ContainsFunc(r.Hops, func(h hop) bool {
			return h.Detail.Server == server && h.Detail.Name == name && h.State == "ok" && len(h.Detail.Addresses) > 0
		})
	})
}

// ask runs pullpath in a bed that others use too.
func (w walk) ask(t *testing.T, b *testbed.Bed, origin *testbed.Origin) report {
	t.Helper()
	args := []string{"check", "-o", "json", "--public-roots", b.Roots, "-u", origin.User, "--password-stdin"}
	got, exit := check(t, b, append(args, w.network(t, b)...), origin.Password)
	if exit != w.exit || got.Verdict.Status != w.status {
		t.Errorf("verdict %q, exit %d; want %q, %d: %s", got.Verdict.Status, exit, w.status, w.exit, got.Verdict.Summary)
	}
	w.compare(t, got)
	for _, f := range got.Findings {
		if f.Code == "dns-servfail" && (len(f.Targets) != 1 || strings.Contains(f.Explanation,
			"DNSSEC validation") != (f.Targets[0] == "cdn04.quay.io:443")) {
			t.Errorf("%s of %q: %s", f.Code, f.Targets, f.Explanation)
		}
		if denied := []string{"registry.redhat.io:443", "cdn02.quay.io:443"}; f.Code == "dns-name-not-found" && !slices.Equal(f.Targets, denied) {
			t.Errorf("%s names %q, want %q", f.Code, f.Targets, denied)
		}
	}
	return got
}

// files are what pullpath must say of the client's own files.
var files = []struct {
	walk              walk
	resolvConf, hosts string
	// ways are the host's own ways that must have answered.
	ways []string
}{
	{
		walk:       walk{name: "resolv.conf names a server", network: direct, exit: 0, status: "pass"},
		resolvConf: "nameserver " + testbed.CorpAddr + "\n", ways: []string{"go", "getent"},
	},
	{
		walk: walk{name: "resolv.conf is empty", network: direct, exit: 1, status: "fail", noLogin: true,
			finding: []expected{{code: "dns-no-resolver"}}},
	},
	{
		walk: walk{name: "the hosts file pins the registry to another host", network: direct, exit: 1, status: "fail",
			finding: []expected{{code: "dns-hosts-override", target: "registry.redhat.io:443"}}},
		resolvConf: "nameserver " + testbed.CorpAddr + "\n", hosts: "203.0.113.11 registry.redhat.io\n",
	},
	{
		walk: walk{name: "the hosts file pins the registry to itself", network: direct, exit: 0, status: "warn",
			finding: []expected{{code: "dns-hosts-override", target: "registry.redhat.io:443"}}},
		resolvConf: "nameserver " + testbed.CorpAddr + "\n", hosts: "203.0.113.10 registry.redhat.io\n",
	},
}
