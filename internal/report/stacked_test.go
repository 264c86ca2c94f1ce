package report

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/evidence"
)

// laidOut returns the form of rows at a width.
func laidOut(t *testing.T, form layout, rows []row) string {
	t.Helper()
	return string(render(t, func(b *bytes.Buffer) error { return form.write(b, rows) }))
}

// Each host is followed by its own hops, in their order, however long the cells are.
func TestStackedKeepsHopsBelowTheirHost(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	token := regexp.MustCompile(`\b[hs]\d+x\d+\b`)
	for range 300 {
		var rows []row
		var want []string
		for host := range 1 + r.IntN(6) {
			for hop := range 1 + r.IntN(4) {
				next := row{hop: "TLS", result: resultOK, time: "1 ms", seen: fmt.Sprintf("s%dx%d %s", host, hop, strings.Repeat("word ", r.IntN(40)))}
				if hop == 0 {
					next.host = fmt.Sprintf("h%dx0 %s", host, strings.Repeat("name.", r.IntN(40)))
					want = append(want, fmt.Sprintf("h%dx0", host))
				}
				if r.IntN(3) == 0 {
					next.peer = "[2001:db8::1]:443"
				}
				want, rows = append(want, fmt.Sprintf("s%dx%d", host, hop)), append(rows, next)
			}
		}
		width := 60 + r.IntN(columnsFrom-60)
		got := laidOut(t, layout{width: width}, rows)
		if found := token.FindAllString(got, -1); !slices.Equal(found, want) {
			t.Fatalf("at %d the order is %s, want %s\n%s", width, found, want, got)
		}
	}
}

func TestStackedGivesSeenRoom(t *testing.T) {
	rows := []row{
		{host: "registry.redhat.io:443", hop: "GET manifest", peer: "203.0.113.10:3128", result: resultFail, time: "999 ms",
			seen: strings.Repeat("x", 50)},
		{hop: "TLS", result: resultOK, time: "1 ms", seen: "y"},
	}
	if got := laidOut(t, layout{width: 80}, rows); !strings.Contains(got, strings.Repeat("x", 50)+"\n") {
		t.Errorf("SEEN has no 50 columns at 80:\n%s", got)
	}
	if got := laidOut(t, layout{width: 109}, rows); !strings.Contains(got, "GET manifest  203.0.113.10:3128  FAIL  999 ms  xxx") {
		t.Errorf("the peer has no column at 109:\n%s", got)
	}
	if got := laidOut(t, layout{width: columnsFrom}, rows); !strings.HasPrefix(got, "HOST ") {
		t.Errorf("hosts have no column at %d:\n%s", columnsFrom, got)
	}
}

// The longest name that DNS knows, addresses of IPv6 and wide characters keep the form.
func TestStackedFormOfLongNames(t *testing.T) {
	host := strings.Repeat(strings.Repeat("a", 62)+".", 4)[:251] + "zz"
	rows := []row{
		{host: host + ":443", hop: "CONNECT", peer: "[2001:db8:1111:2222:3333:4444:5555:6666]:3128", result: resultOK, time: "2 ms",
			seen: "200 Connection established"},
		{hop: "TLS", result: resultOK, time: "2 ms", seen: "TLS 1.3, CN=" + host + ", issued by 企業プロキシ認証局株式会社, publicly trusted"},
		{host: "例え.example:443", hop: "TLS", result: resultOK, time: "2 ms", seen: "公開"},
		{host: host + ":8443", hop: "TLS", result: resultOK, time: "2 ms", seen: "publicly trusted"},
	}
	isGolden(t, "stacked/long-names.80.txt", []byte(laidOut(t, layout{width: 80}, rows)))
	isGolden(t, "stacked/long-names.109.txt", []byte(laidOut(t, layout{width: 109}, rows)))
}

func TestShortURLs(t *testing.T) {
	long := "https://cdn01.quay.io/quayio-production-s3/sha256/a5/a5863f1dc54f63c0d90e3d4fba8f40dc10559bfad946edae6b4eeeb290d361ab?…"
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"302 to " + long + ", Bearer sent", 50, "302 to https://cdn01.quay.io/quayio-produc…eb290d361ab?…, Bearer sent"},
		{long, 300, long},
		{"https://a.example/v2/", 12, "https://a.example/v2/"},
		{"https://" + strings.Repeat("a", 60) + "/path/to/what", 50, "https://" + strings.Repeat("a", 60) + "/path/to/what"},
		{strings.Repeat("no-url/", 20), 50, strings.Repeat("no-url/", 20)},
		{"https://" + strings.Repeat("b", 60), 50, "https://" + strings.Repeat("b", 60)},
	} {
		if got := shortURLs(c.text, c.width); got != c.want {
			t.Errorf("at %d\n got %s\nwant %s", c.width, got, c.want)
		}
	}
}

// The wide and the verbose table, and the findings, have URLs in full.
func TestOnlyTheTableShortensURLs(t *testing.T) {
	s := healthyProxied()
	s.trace.Hops[0].State = evidence.Skipped
	realm := "https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth"
	for i, h := range s.trace.Hops {
		if d, ok := h.Detail.(evidence.Request); ok && d.Step == evidence.StepPing {
			d.Location = realm + "/further"
			s.trace.Hops[i].Detail = d
		}
	}
	s.result.Findings[0].Title = realm
	for name, c := range map[string]struct {
		opts TableOptions
		want int
	}{"table": {TableOptions{Width: 130}, 1}, "narrow": {TableOptions{Width: 80}, 1}, "wide": {TableOptions{Width: 130, Wide: true},
		3}, "verbose": {TableOptions{Width: 80, Verbose: true}, 3}} {
		got := render(t, func(b *bytes.Buffer) error { return Table(b, s.trace, s.result, c.opts) })
		if n := strings.Count(strings.Join(strings.Fields(string(got)), ""), realm); n != c.want {
			t.Errorf("%s has the URL %d times in full, want %d:\n%s", name, n, c.want, got)
		}
	}
}
