package diagnosis

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
	// Find are lines by which others search their logs: time, ends, request.
	Find []string `json:"find,omitempty"`
	// Reproduce are commands that show the same without this tool.
	Reproduce []string          `json:"reproduce,omitempty"`
	Values    map[string]string `json:"values,omitempty"`
	// MaskedBy is the code of the finding that explains this one away.
	MaskedBy string `json:"masked_by,omitempty"`
	// Docs is the anchor in docs/diagnoses.md.
	Docs string `json:"docs"`
}

// Verdict is the sum of a run.
type Verdict struct {
	// Status is pass, warn, fail or incomplete.
	Status  string `json:"status"`
	Summary string `json:"summary"`
	// RootCauses are the codes of the unmasked errors, most basic layer first.
	RootCauses []string `json:"root_causes"`
}

// Verdict states.
const (
	StatusPass       = "pass"
	StatusWarn       = "warn"
	StatusFail       = "fail"
	StatusIncomplete = "incomplete"
	StatusSkipped    = "skipped"
)

// Result is what Diagnose makes of a trace.
type Result struct {
	Findings []Finding `json:"findings"`
	Verdict  Verdict   `json:"verdict"`
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
