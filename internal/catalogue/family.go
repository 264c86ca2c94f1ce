package catalogue

import (
	"cmp"
	"slices"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// shared is a row with what it has in common with its sisters filled in: the layer and
// the like where the row says nothing of its own, and Values, Needs and After besides
// the row's own.
func shared(common, own diagnosis.Entry) diagnosis.Entry {
	own.Family = cmp.Or(own.Family, common.Family)
	own.Layer = cmp.Or(own.Layer, common.Layer)
	own.Severity = cmp.Or(own.Severity, common.Severity)
	own.Strength = cmp.Or(own.Strength, common.Strength)
	own.Audience = cmp.Or(own.Audience, common.Audience)
	own.Seen = cmp.Or(own.Seen, common.Seen)
	own.Values = slices.Concat(common.Values, own.Values)
	own.Needs = slices.Concat(common.Needs, own.Needs)
	own.After = slices.Concat(common.After, own.After)
	return own
}

// when is what a row says of a hop that it takes with its own texts: nothing more. It is
// nil where the row does not take it.
func when(takes bool) *diagnosis.Match {
	if takes {
		return &diagnosis.Match{}
	}
	return nil
}

// takenBy makes the matches of a row of a family: of the hops that it takes, each group
// is one. base makes a match of a group; what the row's When and Refine say replaces it.
func takenBy(v *diagnosis.View, e diagnosis.Entry, hops []evidence.Hop, group func(evidence.Hop) string,
	base func([]evidence.Hop) diagnosis.Match) []diagnosis.Match {
	own := slices.DeleteFunc(slices.Clone(hops), func(h evidence.Hop) bool { return !v.Takes(e.Family, e.Code, h) })
	if e.Group != nil {
		group = func(h evidence.Hop) string { return e.Group(v, h) }
	}
	return matchEachWith(diagnosis.Group(own, group), func(g []evidence.Hop) diagnosis.Match {
		out := base(g)
		_, said := v.Taken(e.Family, g[0])
		out.Severity, out.Strength = cmp.Or(said.Severity, out.Severity), cmp.Or(said.Strength, out.Strength)
		out.Audience = cmp.Or(said.Audience, out.Audience)
		out.Means = cmp.Or(said.Means, out.Means)
		if said.Remedy != "" {
			out.Remedy, out.Or = said.Remedy, said.Or
		}
		if e.Refine != nil {
			e.Refine(v, g, &out)
		}
		return out
	})
}
