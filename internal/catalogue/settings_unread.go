package catalogue

import (
	"cmp"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// sourceUnreadRemark is the code of a remark on a place that decides and was not read (package
// settings, SourceUnread).
const sourceUnreadRemark = "source-unread"

// matchSourceUnread takes the way of a walk that cannot be told, and in a survey each place that
// decides and was not read.
func matchSourceUnread(v *diagnosis.View) []diagnosis.Match {
	if v.Run().Client == evidence.SurveyClient {
		return unreadPlaces(v)
	}
	hops := v.Hops(evidence.OpSetting, func(h evidence.Hop) bool { return h.OnPath() && setting(h).Outcome == evidence.OutcomeUnknown })
	if len(hops) == 0 {
		return nil
	}
	d := setting(hops[0])
	find := cmp.Or(command(d.Find), "look at the files of the client as root")
	return []diagnosis.Match{{Hops: diagnosis.IDs(hops), Reproduce: []string{find}, Values: map[string]string{"client": d.Client,
		"why": d.Why, "find": find}}}
}

// command is what is to be typed of an advice, which says itself where that is to be done.
func command(find string) string {
	for _, where := range []string{"run: ", "run on that host: ", "run on the host: ", "log in on the host and run: "} {
		if rest, found := strings.CutPrefix(find, where); found {
			return rest
		}
	}
	return find
}

// unreadPlaces makes a match of each place that a survey did not read.
func unreadPlaces(v *diagnosis.View) []diagnosis.Match {
	var out []diagnosis.Match
	for _, fact := range facts(v) {
		r := fact.remarks[0]
		if r.Code != sourceUnreadRemark {
			continue
		}
		out = append(out, diagnosis.Match{Hops: fact.hops, Values: map[string]string{"client": cmp.Or(r.Variable, "a client"),
			"why": "not read: " + r.Text, "find": cmp.Or(r.Write, "look at it")}})
	}
	return out
}
