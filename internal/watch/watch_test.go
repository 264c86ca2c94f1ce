package watch

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// through is a walk that failed or passed by an address of the proxy.
func through(n int, address, status string, more ...Attribute) Walk {
	return Walk{At: time.Unix(int64(n), 0), Fingerprint: status, Status: status, Headline: status,
		Attributes: append([]Attribute{{ByProxy, address}}, more...)}
}

// The sentence of a watch: what failed, how often, and what came with it.
func TestStatement(t *testing.T) {
	const bad, good = "10.0.0.12:3128", "10.0.0.11:3128"
	for name, c := range map[string]struct {
		// walks are f for one that failed through the bad address, p for one that passed through
		// the good one, q for one that passed through the bad one.
		walks        string
		want, strict string
	}{
		"none": {"", "no walk was made", "no walk was made"},
		"all pass": {"ppppp", "none of 5 walks failed",
			"none of 5 walks failed; with 95 % confidence fewer than 52 of 100 fail"},
		"one fails of one":  {"f", "the one walk failed", "the one walk failed"},
		"one passes of one": {"p", "the one walk did not fail", "the one walk did not fail"},
		"the bad one of two": {strings.Repeat("pppppfp", 3), "3 of 21 walks failed, all 3 and no other through the proxy address " + bad,
			"3 of 21 walks failed, all 3 and no other through the proxy address " + bad +
				" (chance alone gives such a coincidence in 1 of 1330 series); with 95 % confidence between 3 and 36 of 100 fail"},
		"too few": {"pf", "1 of 2 walks failed, that one and no other through the proxy address " + bad,
			"1 of 2 walks failed; too few to say what came with it: chance alone gives such a coincidence in 1 of 1 series, " +
				"and 1 of 20 is the bound; with 95 % confidence between 1 and 99 of 100 fail"},
		"not always by it": {"ppfq", "1 of 4 walks failed", "1 of 4 walks failed; with 95 % confidence between 1 and 81 of 100 fail"},
	} {
		t.Run(name, func(t *testing.T) {
			var tally Tally
			for i, r := range c.walks {
				tally.Add(map[rune]Walk{'f': through(i, bad, "fail"), 'p': through(i, good, "pass"), 'q': through(i, bad, "pass")}[r])
			}
			if got := tally.Statement(false); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if got := tally.Statement(true); got != c.strict {
				t.Errorf("strict: %q, want %q", got, c.strict)
			}
		})
	}
}

// Over random walks in which nothing bears on anything, a strict statement names something no
// more often than its bound says.
func TestStrictIsSeldomWrong(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	const series = 2000
	wrong := 0
	for range series {
		var tally Tally
		for i := range 4 + random.IntN(20) {
			status := []string{"pass", "fail"}[random.IntN(2)]
			tally.Add(through(i, fmt.Sprint(random.IntN(2)), status, Attribute{ByResolver, fmt.Sprint(random.IntN(3))},
				Attribute{ByCDN, fmt.Sprint(random.IntN(4))}))
		}
		if strings.Contains(tally.Statement(true), "and no other") {
			wrong++
		}
	}
	if share := float64(wrong) / series; share > chanceBound {
		t.Errorf("%d of %d statements name what has no bearing", wrong, series)
	}
}

func TestOutcomes(t *testing.T) {
	var tally Tally
	changes := 0
	for i, status := range []string{"pass", "pass", "fail", "pass", "fail"} {
		if tally.Add(through(i, status, status)) {
			changes++
		}
	}
	got := tally.Outcomes()
	if changes != 3 || len(got) != 2 || got[0].Status != "pass" || got[0].Count != 3 || got[1].Share != 0.4 ||
		!got[1].Last.Equal(time.Unix(4, 0)) || !slices.Equal(got[1].Only, []Attribute{{ByProxy, "fail"}}) {
		t.Errorf("%d changes, %+v", changes, got)
	}
	if tally.Telling() != "fail" || !tally.ChangedSinceFirst() || tally.Total() != 5 {
		t.Errorf("%q, %t", tally.Telling(), tally.ChangedSinceFirst())
	}
}

// A watch of weeks keeps a bounded record.
func TestTallyIsBounded(t *testing.T) {
	var tally Tally
	for i := range 10 * maxValues {
		w := through(i, fmt.Sprint(i), "fail")
		w.Fingerprint = fmt.Sprint(i % (3 * maxOutcomes))
		tally.Add(w)
	}
	if len(tally.values) > maxValues || len(tally.outcomes) > maxOutcomes+4 {
		t.Errorf("%d values, %d outcomes", len(tally.values), len(tally.outcomes))
	}
	sum := 0
	for _, o := range tally.Outcomes() {
		sum += o.Count
	}
	if sum != tally.Total() {
		t.Errorf("%d walks of %d are in an outcome", sum, tally.Total())
	}
}

// Values of the literature: 0 of n has about 3/n (the rule of three), and the rest are from
// R's binom.test.
func TestInterval(t *testing.T) {
	for _, c := range []struct {
		k, n      int
		low, high float64
	}{{0, 100, 0, 0.0362}, {5, 10, 0.1871, 0.8129}, {10, 10, 0.6915, 1}, {3, 21, 0.0305, 0.3634}} {
		low, high := Interval(c.k, c.n)
		if math.Abs(low-c.low) > 0.0002 || math.Abs(high-c.high) > 0.0002 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", c.k, c.n, low, high, c.low, c.high)
		}
	}
}

// Each address of each kind is met, and each pair of two kinds.
func TestPlaces(t *testing.T) {
	for _, n := range []Addresses{{2, 2, 2}, {3, 2, 1}, {4, 2, 2}, {1, 1, 3}, {2, 4, 3}, {}} {
		pairs := map[[3]int]bool{}
		p, h, r := max(n.Proxy, 1), max(n.Host, 1), max(n.Resolver, 1)
		for walk := 1; walk <= 8*p*h*r; walk++ {
			a, b, c := n.Place(walk)
			pairs[[3]int{0, a % p, b % h}] = true
			pairs[[3]int{1, a % p, c % r}] = true
			pairs[[3]int{2, b % h, c % r}] = true
		}
		if want := p*h + p*r + h*r; len(pairs) != want {
			t.Errorf("%+v: %d of %d pairs are met", n, len(pairs), want)
		}
	}
	if a, b, c := (Addresses{2, 2, 2}).Place(0); a+b+c != 0 {
		t.Error("the first walk does not go by the answer's order")
	}
}

func TestOf(t *testing.T) {
	trace := &evidence.Trace{Started: time.Date(2026, 11, 1, 14, 5, 0, 0, time.UTC), Vantage: evidence.Vantage{Resolvers: []string{"a", "b"}},
		Targets: []evidence.Target{{ID: "r:443", Route: evidence.Route{Kind: "proxy", Proxy: "http://p:3128"}, FoundBy: "argument"},
			{ID: "cdn01:443", Endpoint: evidence.Endpoint{Host: "cdn01"}, Route: evidence.Route{Kind: "direct"}, FoundBy: "redirect"}},
		Hops: []evidence.Hop{
			{Role: evidence.Proxy, Purpose: evidence.Path, Detail: evidence.Resolve{Server: "10.0.0.53:53", Addresses: []string{"1", "2"}}},
			{Role: evidence.Proxy, Purpose: evidence.Path, Peer: "10.0.0.12:3128", Target: "r:443", Detail: evidence.Dial{}},
			{Role: evidence.Proxy, Purpose: evidence.Probing, Peer: "10.0.0.13:3128", Target: "r:443", Detail: evidence.Dial{}},
			{Role: evidence.Blob, Purpose: evidence.Path, Peer: "203.0.113.1:443", Target: "cdn01:443", Detail: evidence.Dial{}}}}
	w := Of(trace, diagnosis.Result{Verdict: diagnosis.Verdict{Status: "pass", Summary: "clear"}})
	want := []Attribute{{ByCDN, "cdn01"}, {ByHost, "203.0.113.1:443 of cdn01:443"}, {ByHour, "14:00 UTC"}, {ByProxy, "10.0.0.12:3128"},
		{ByResolver, "10.0.0.53:53"}, {ByRoute, "direct"}, {ByRoute, "through p:3128"}}
	slices.SortFunc(want, compareAttributes)
	if !slices.Equal(w.Attributes, want) || w.Addresses != (Addresses{Proxy: 2, Resolver: 2}) {
		t.Errorf("%+v, %+v", w.Attributes, w.Addresses)
	}
}
