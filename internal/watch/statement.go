package watch

import (
	"fmt"
	"math"
	"strings"
)

// chanceBound is how improbable a coincidence must be before it is called none: one in twenty,
// as tests of significance commonly take it.
const chanceBound = 0.05

// Statement says in one line, or a few sentences of it, what the walks came to. Strict takes
// back what chance alone might have given.
func (t *Tally) Statement(strict bool) string {
	f := t.failures()
	switch {
	case t.total == 0:
		return "no walk was made"
	case t.total == 1:
		return map[bool]string{true: "the one walk failed", false: "the one walk did not fail"}[f.Count == 1]
	case f.Count == 0:
		return fmt.Sprintf("none of %s failed", walks(t.total)) + t.upTo(strict)
	case f.Count == t.total:
		return fmt.Sprintf("all %s failed", walks(t.total)) + t.apart()
	}
	text := fmt.Sprintf("%d of %s failed", f.Count, walks(t.total))
	if len(f.Only) > 0 {
		with := fmt.Sprintf(", %s and no other %s", all(f.Count), joined(f.Only))
		p := t.chance(f.Count)
		switch {
		case !strict:
			text += with
		case p <= chanceBound:
			text += with + fmt.Sprintf(" (chance alone gives such a coincidence in 1 of %.0f series)", math.Floor(1/p))
		default:
			text += fmt.Sprintf("; too few to say what came with it: chance alone gives such a coincidence in 1 of %.0f series, "+
				"and 1 of 20 is the bound", math.Max(1, math.Floor(1/p)))
		}
	}
	if strict {
		low, high := Interval(f.Count, t.total)
		text += fmt.Sprintf("; with 95 %% confidence %s fail", between(low, high))
	}
	return text
}

// upTo says how often walks may fail of which none did.
func (t *Tally) upTo(strict bool) string {
	if !strict {
		return ""
	}
	_, high := Interval(0, t.total)
	return fmt.Sprintf("; with 95 %% confidence fewer than %s of 100 fail", percent(high))
}

// apart says how many outcomes there are where all failed.
func (t *Tally) apart() string {
	if n := len(t.outcomes); n > 1 {
		return fmt.Sprintf(", in %d ways", n)
	}
	return ""
}

func walks(n int) string {
	return fmt.Sprintf("%d walks", n)
}

func all(n int) string {
	if n == 1 {
		return "that one"
	}
	return fmt.Sprintf("all %d", n)
}

// joined are attributes in a sentence.
func joined(list []Attribute) string {
	var out []string
	for _, a := range list {
		word := "with"
		switch a.Kind {
		case ByProxy, ByHost, ByResolver, ByCDN:
			word = "through"
		case ByHour:
			word = "in"
		}
		out = append(out, word+" the "+a.String())
	}
	return strings.Join(out, ", and also ")
}

// between says a share from low to high as numbers of a hundred.
func between(low, high float64) string {
	return "between " + percent(low) + " and " + percent(high) + " of 100"
}

func percent(share float64) string { return fmt.Sprintf("%.0f", math.Round(100*share)) }

// chance is how probable it is that some attribute, were it without any bearing, had exactly the
// walks that failed: 1 in the number of ways to choose so many of all, for each value that some
// walks have and others have not (Bonferroni's bound). An attribute whose walks are not as many
// cannot coincide, and is not counted.
func (t *Tally) chance(failed int) float64 {
	candidates := 0
	for _, n := range t.values {
		if n == failed {
			candidates++
		}
	}
	return math.Min(1, float64(candidates)/choose(t.total, failed))
}

// choose is how many ways there are to take k of n.
func choose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return math.Exp(a - b - c)
}

// Interval bounds the share of walks that fail, of which k of n did, with 95 % confidence:
// Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the
// binomial", https://doi.org/10.1093/biomet/26.4.404.
func Interval(k, n int) (low, high float64) {
	const tail = 0.025
	low, high = 0, 1
	if k > 0 {
		low = bisect(func(p float64) bool { return 1-atMost(k-1, n, p) < tail })
	}
	if k < n {
		high = bisect(func(p float64) bool { return atMost(k, n, p) > tail })
	}
	return low, high
}

// bisect returns where a condition that holds for small shares ends.
func bisect(holds func(p float64) bool) float64 {
	low, high := 0.0, 1.0
	for range 50 { // more than a float64 has digits
		if mid := (low + high) / 2; holds(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// atMost is how probable it is that at most k of n happen, each with probability p.
func atMost(k, n int, p float64) float64 {
	if p <= 0 {
		return 1
	}
	if p >= 1 {
		return number(k >= n)
	}
	sum := 0.0
	for i := 0; i <= k; i++ {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(i + 1))
		c, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(a - b - c + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return math.Min(sum, 1)
}

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
