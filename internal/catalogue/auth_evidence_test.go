package catalogue

import (
	gohttp "net/http"
	"testing"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// A refused token is about rights, about nodes that differ, or about nothing that is known.
func TestWhatARefusedTokenIsAbout(t *testing.T) {
	const host, repository = "https://a", "https://a/v2/team/app/"
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	request := func(id, code int, url, reason string, date time.Time) evidence.Hop {
		d := evidence.Request{Method: "GET", URL: url, Code: code, AuthSent: "Bearer", Step: evidence.StepManifest,
			Headers: []evidence.Header{{Name: "Date", Value: date.Format(gohttp.TimeFormat)}}}
		h := evidence.Hop{ID: id, Op: evidence.OpRequest, Target: "a:443", Purpose: evidence.Path, State: evidence.OK, BeganMS: float64(id)}
		if code == 401 {
			h.State, h.Failure = evidence.Failed, evidence.Fail(evidence.UnexpectedAnswer, "401", nil)
			d.Challenges = []evidence.Challenge{{Scheme: "Bearer", Params: map[string]string{"error": reason}}}
		}
		h.Detail = d
		return h
	}
	ping, manifest, blob := host+"/v2/", repository+"manifests/1", repository+"blobs/x"
	for name, row := range map[string]struct {
		took, refused           evidence.Hop
		rights, disagree, clock bool
	}{
		"says that it lacks a right": {request(1, 200, manifest, "", noon), request(2, 401, blob, "insufficient_scope", noon),
			true, false, false},
		"took it for no repository": {request(1, 200, ping, "", noon), request(2, 401, manifest, "", noon), true, false, false},
		"took it for no repository, and calls it bad": {request(1, 200, ping, "", noon), request(2, 401, manifest, "invalid_token", noon),
			false, true, false},
		"took it for another repository": {request(1, 200, host+"/v2/other/manifests/1", "", noon), request(2, 401, manifest, "", noon),
			true, false, false},
		"took it for the same repository": {request(1, 200, manifest, "", noon), request(2, 401, blob, "", noon.Add(29*time.Second)),
			false, true, false},
		"has another time": {request(1, 200, manifest, "", noon), request(2, 401, blob, "", noon.Add(-10*time.Minute)), false, true, true},
		"never took it":    {request(1, 401, ping, "", noon), request(2, 401, manifest, "", noon), false, false, false},
	} {
		v := diagnosis.NewView(&evidence.Trace{Hops: []evidence.Hop{row.took, row.refused}}, nil)
		took, disagree := nodeDisagrees(v, row.refused)
		clock := disagree && nodeClocks(took, row.refused) != ""
		if got := lacksRight(v, row.refused); got != row.rights || disagree != row.disagree || clock != row.clock {
			t.Errorf("%s: rights %t, nodes differ %t, in their time %t", name, got, disagree, clock)
		}
	}
}
