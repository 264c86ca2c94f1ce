// Package way writes down as evidence which way a client takes to a target, and why: a decision of
// package route.
package way

import (
	"pullpath/internal/evidence"
	"pullpath/internal/redact"
	"pullpath/internal/route"
)

// Detail returns a decision as evidence, and the failure of a client that cannot
// do what the setting asks.
func Detail(d route.Decision) (evidence.Setting, *evidence.Failure) {
	out := evidence.Setting{Dialect: d.Dialect, Decision: string(d.Kind), Outcome: evidence.Outcome(d.Outcome()),
		Why: d.Why, Proxy: d.ProxyText,
		Variable: d.Variable, Source: d.Source, Value: d.Value, NoProxyVariable: d.NoProxyVariable, NoProxySource: d.NoProxySource,
		Token: d.Token, Implicit: d.Implicit, NoProxyNetworks: d.Networks, Credentials: d.Proxy() != nil && d.Proxy().User != nil}
	out.Reads, out.NoProxyReads = otherName(d.Reads, d.Variable), otherName(d.NoProxyReads, d.NoProxyVariable)
	for _, u := range d.Unused {
		out.Unused = append(out.Unused, evidence.UnusedVariable{Name: u.Variable, Value: u.Value, Source: u.Source, Code: u.Code, Why: u.Text})
	}
	for _, m := range d.NearMisses {
		out.NearMisses = append(out.NearMisses, evidence.NearMiss(m))
	}
	var broken *evidence.Failure
	for _, p := range d.Problems {
		out.Problems = append(out.Problems, evidence.SettingProblem(p))
		if p.Broken && broken == nil {
			broken = evidence.Fail(evidence.Invalid, redact.Text(p.Text, maxProblem), nil)
		}
	}
	if broken == nil && d.Kind == route.Refused {
		broken = evidence.Fail(evidence.Invalid, redact.Text(d.Why, maxProblem), nil)
	}
	return out, broken
}

// otherName is the variable that a client reads, empty where its source calls it so too.
func otherName(reads, called string) string {
	if reads == called {
		return ""
	}
	return reads
}

// maxProblem bounds the text of a setting's failure; ours are one sentence.
const maxProblem = 400
