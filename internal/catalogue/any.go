package catalogue

import (
	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
)

func anyLayer() []diagnosis.Entry {
	return []diagnosis.Entry{unexplained()}
}

func unexplained() diagnosis.Entry {
	return diagnosis.Entry{
		Code: diagnosis.Unexplained, Since: "0.1.0",
		Layer: diagnosis.Any, Severity: diagnosis.Error, Strength: diagnosis.Possible, Audience: diagnosis.NetworkTeam,
		Title:     "a step of the path to {hosts} failed, and no known cause fits",
		Seen:      "{op} failed ({kind}): {text}",
		Means:     "This version knows no cause that fits what was seen. The step did fail.",
		Remedy:    "send the report (-o json) to whoever maintains this tool, and the find line to the network team",
		NoSymptom: "no client message belongs to what is not explained",
		Cite:      []string{"docs/rules.md#findings"},
		Values:    []string{"op", "kind", "text"},
		Provoke: fault.World{Title: "the registry answers with a status that no rule knows", Faults: []fault.Fault{
			fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", Status: 418}}},
	}
}
