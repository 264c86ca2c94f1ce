package diagnosis

import "slices"

// Finding is one occurrence of an entry, with its texts filled in.
type Finding struct {
	ID       int      `json:"id"`
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	Strength Strength `json:"strength"`
	Layer    Layer    `json:"layer"`
	// Targets are the targets whose path runs through the hops.
	Targets  []string `json:"targets"`
	Hops     []int    `json:"hops"`
	Audience Audience `json:"audience"`
	Title    string   `json:"title"`
	// Seen is the evidence in one sentence.
	Seen        string `json:"seen"`
	Explanation string `json:"explanation"`
	Remedy      string `json:"remedy"`
	// Or is the other way to fix it, nil for none.
	Or *Way `json:"or,omitempty"`
	// Find are lines by which others search their logs: time, ends, request.
	Find []string `json:"find,omitempty"`
	// Reproduce are commands that show the same without this tool.
	Reproduce []string          `json:"reproduce,omitempty"`
	Values    map[string]string `json:"values,omitempty"`
	// Optional marks an error that is a warning because a pull can do without each of the
	// targets.
	Optional bool `json:"optional,omitempty"`
	// Fallback means that a pull can do without them because the client goes on to the next
	// place of its registry configuration, not because a profile says so.
	Fallback bool `json:"fallback,omitempty"`
	// MaskedBy is the code of the finding that explains this one away.
	MaskedBy string `json:"masked_by,omitempty"`
	// Docs is the anchor in docs/diagnoses.md.
	Docs string `json:"docs"`

	subject subject
	// explains are the targets of which all findings follow from this one.
	explains []string
}

// Result is what Diagnose makes of a trace.
type Result struct {
	Findings []Finding `json:"findings"`
	// Candidates are what steps that were read may come from, best first, where the text does
	// not decide.
	Candidates []Candidate `json:"candidates,omitempty"`
	Verdict    Verdict     `json:"verdict"`
	// Targets is the status of each target by its ID.
	Targets map[string]string `json:"-"`
}

// Unmasked returns the findings that no other explains away.
func (r Result) Unmasked() []Finding {
	var out []Finding
	for _, f := range r.Findings {
		if f.MaskedBy == "" {
			out = append(out, f)
		}
	}
	return out
}

// OfLayer keeps what is of a layer; the empty layer is all.
func (r Result) OfLayer(layer Layer) Result {
	if layer == "" {
		return r
	}
	r.Findings = slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return f.Layer != layer })
	r.Candidates = slices.DeleteFunc(slices.Clone(r.Candidates), func(c Candidate) bool { return c.layer != layer })
	return r
}
